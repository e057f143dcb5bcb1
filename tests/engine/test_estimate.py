"""Estimates over the wire: the figures are those of the account, and nothing is written for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import driver_on
from tests.engine.driver import EngineDriver
from tests.support.sandbox import SandboxProcess
from tobs_tui.content import MediaKind
from tobs_tui.engine.commands import Estimate, Export
from tobs_tui.engine.estimate import ChatEstimate, ExportEstimate, Figure, Sure, about
from tobs_tui.engine.events import ChatsListed, Estimated, JobEnded
from tobs_tui.engine.snapshot import JobReport
from tobs_tui.model import ExportOptions, bare_id
from tobs_tui.sandbox import cast
from tobs_tui.sandbox.bulk import BIG_CHAT, FILES_CHAT
from tobs_tui.sandbox.chats import topic_of
from tobs_tui.sandbox.search import document_kind, has_url, is_photo
from tobs_tui.sandbox.world import World
from tobs_tui.settings import MediaSettings

MESSAGES, FILES, SIZE = 1500, 12, 1_200_000
DOCUMENTS = ("video", "round", "voice", "audio", "document", "gif")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(messages=MESSAGES, files=(FILES, SIZE)) as running:
        yield running


@pytest.fixture(scope="module")
def world(sandbox: SandboxProcess) -> World:
    return sandbox.twin()


@pytest.fixture
def driver(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[EngineDriver]:
    with driver_on(sandbox, tmp_path, media=MediaSettings(attempts=2)) as running:
        running.ready().wait_for(ChatsListed)
        yield running
    sandbox.faults(failures={}, floods={})


def estimate(driver: EngineDriver, *chats: int, options: ExportOptions) -> ExportEstimate:
    driver.submit(Estimate((Export(chats, options),), ticket=7))
    told = driver.wait_for(Estimated).estimate
    assert (told.ticket, told.complete, told.vault) == (7, True, options.vault)
    return told


def one(driver: EngineDriver, chat: int, options: ExportOptions) -> ChatEstimate:
    (found,) = estimate(driver, chat, options=options).each
    assert not found.why, found
    return found


def export(driver: EngineDriver, chat: int, options: ExportOptions) -> JobReport:
    driver.submit(Export((chat,), options))
    return driver.wait_for(JobEnded).report


def kinds_in(messages: list[Any]) -> dict[str, int]:
    """What the generator says that Telegram would count."""
    kinds = Counter(kind for message in messages if (kind := document_kind(message)) in DOCUMENTS)
    return dict(+(kinds + Counter(photo=sum(map(is_photo, messages)), link=sum(map(has_url, messages)))))


def told_kinds(chat: ChatEstimate) -> dict[str, int]:
    return {kind.kind: kind.messages.value for kind in chat.kinds if kind.kind in (*DOCUMENTS, "photo", "link")}


def test_every_chat_has_the_counts_of_the_account_and_nothing_is_written(
    driver: EngineDriver, sandbox: SandboxProcess, world: World, options: ExportOptions
) -> None:
    chats = tuple(row.chat.id for row in driver.engine.snapshot().chats.rows)
    sandbox.stats(reset=True)
    told = estimate(driver, *chats, options=options)
    assert told.chats == len(chats)
    by_id = {bare_id(chat): chat for chat in chats}
    for each in told.each:
        messages = list(world.chat(by_id[each.chat_id]).messages.values())
        assert each.messages == Figure(len(messages)), each
        assert told_kinds(each) == kinds_in(messages), each
    assert told.totals.messages == Figure(sum(len(world.chat(chat).messages) for chat in chats))
    assert (told.totals.message_seconds, told.totals.file_seconds) == (None, None)
    assert told.totals.enough
    asked = sandbox.stats()["requests"]
    assert asked["messages.getHistory"] == len(chats)
    assert asked["messages.search"] <= 8 * asked["messages.getSearchCounters"]
    assert not Path(options.vault).exists()
    assert driver.engine.snapshot().jobs == ()


@pytest.mark.parametrize("chat", [cast.FAMILY, cast.RUST, FILES_CHAT])
def test_files_bytes_and_requests_are_those_of_the_export(driver: EngineDriver, chat: int, options: ExportOptions) -> None:
    told, report = one(driver, chat, options), export(driver, chat, options)
    assert (told.messages.value, told.files.value) == (report.messages, report.files)
    assert told.bytes.value == pytest.approx(report.bytes, rel=0.15)
    assert told.requests.value == pytest.approx(report.requests, rel=0.15)
    if chat == FILES_CHAT:
        assert told.bytes == Figure(FILES * SIZE)
        assert driver.engine.snapshot().metrics.media.total == FILES * SIZE
    again = one(driver, chat, options)
    assert (again.messages, again.files, again.bytes) == (Figure(0), Figure(0), Figure(0))


def test_only_what_the_options_take_is_counted(driver: EngineDriver, options: ExportOptions) -> None:
    everything = one(driver, cast.RUST, options)
    photos = one(driver, cast.RUST, replace(options, media=frozenset({MediaKind.PHOTO})))
    assert photos.messages == everything.messages
    assert photos.files.value == next(kind.files.value for kind in everything.kinds if kind.kind == "photo") < everything.files.value
    assert one(driver, FILES_CHAT, replace(options, max_size=SIZE - 1)).files == Figure(0)
    assert one(driver, FILES_CHAT, replace(options, extensions=frozenset({"!bin"}))).bytes == Figure(0)
    stickers = one(driver, cast.ADA, replace(options, media=frozenset({MediaKind.STICKER})))
    assert stickers.uncounted == ("sticker",)
    assert stickers.files == about(0)


def test_dates_narrow_the_figures(driver: EngineDriver, world: World, options: ExportOptions) -> None:
    record = world.chat(cast.ADA).messages
    dates = [message.date for message in record.values()]
    since, until = dates[-60], dates[-20]
    inside = [message for message in record.values() if since <= message.date < until]
    few = one(driver, cast.ADA, replace(options, since=since, until=until))
    assert few.messages == Figure(len(inside))
    assert told_kinds(few) == kinds_in(inside)
    half = world.chat(BIG_CHAT).messages
    middle = half.date(half.ids[len(half) // 2])
    many = one(driver, BIG_CHAT, replace(options, since=middle))
    assert many.messages.sure is Sure.ABOUT
    assert many.messages.value == pytest.approx(sum(half.date(id) >= middle for id in half.ids), rel=0.1)
    links = next(kind.messages.value for kind in many.kinds if kind.kind == "link")
    assert links == pytest.approx(kinds_in(list(half.values()))["link"] / 2, rel=0.2)
    assert one(driver, cast.ADA, replace(options, until=dates[0])).messages == Figure(0)


def test_topics_are_counted_alone(driver: EngineDriver, world: World, options: ExportOptions) -> None:
    record = world.chat(cast.FORUM)
    for topic in [topic.id for topic in record.topics.values() if not topic.deleted][:3]:
        inside = [message for message in record.messages.values() if topic_of(message) == topic]
        told = one(driver, cast.FORUM, replace(options, topics=(topic,)))
        assert told.messages == Figure(len(inside))
        assert told_kinds(told) == kinds_in(inside)
    topic = next(topic.id for topic in record.topics.values() if topic.title == "News 📰")
    assert export(driver, cast.FORUM, replace(options, topics=(topic,))).messages
    rest = [message for message in record.messages.values() if topic_of(message) != topic]
    assert one(driver, cast.FORUM, replace(options, topics=(topic,))).messages == Figure(0)
    assert one(driver, cast.FORUM, options).messages.value == pytest.approx(len(rest), abs=len(record.messages) - len(rest))


def test_what_is_new_and_what_is_left_over_is_counted(driver: EngineDriver, sandbox: SandboxProcess, options: ExportOptions) -> None:
    sandbox.faults(failures={"upload.getFile": {"code": 400, "message": "LOCATION_INVALID"}})
    assert export(driver, FILES_CHAT, options).files_failed == FILES
    sandbox.faults(failures={})
    waiting = one(driver, FILES_CHAT, options)
    assert (waiting.messages, waiting.files, waiting.bytes) == (Figure(0), Figure(FILES), Figure(FILES * SIZE))
    export(driver, cast.GRACE, options)
    sandbox.world(add_message={"chat": cast.GRACE, "text": "see https://example.org", "size": 4096, "name": "a.bin", "count": 3})
    new = one(driver, cast.GRACE, options)
    assert (new.messages, new.files, new.bytes) == (Figure(3), Figure(3), Figure(3 * 4096))
    report = export(driver, cast.GRACE, options)
    assert (report.messages, report.files) == (3, 3)


def test_a_chat_that_cant_be_asked_costs_its_own_figures_and_floods_are_waited_for(
    driver: EngineDriver, sandbox: SandboxProcess, world: World, options: ExportOptions
) -> None:
    sandbox.faults(floods={"messages.getSearchCounters": {"seconds": 1, "count": 1}})
    sandbox.world(forbid={"chat": cast.CONTROLS})
    told = estimate(driver, cast.CONTROLS, cast.PYTHON, 12345, options=options)
    closed, python, unknown = told.each
    assert closed.why
    assert unknown.why == "it isn't in the list"
    assert python.messages.value == len(world.chat(cast.PYTHON).messages)
    assert told.totals.messages == python.messages
    assert sandbox.stats()["floods"]["messages.getSearchCounters"] == 1
    driver.submit(Estimate(()))
    driver.until(lambda now: now.estimate is None)


def test_a_new_estimate_takes_the_place_of_the_one_before(driver: EngineDriver, sandbox: SandboxProcess, options: ExportOptions) -> None:
    chats = tuple(row.chat.id for row in driver.engine.snapshot().chats.rows)
    sandbox.faults(rtt_ms=100)
    driver.submit(Estimate((Export(chats, options),), ticket=1))
    begun = driver.until(lambda now: now.estimate is not None and 0 < now.estimate.asked < now.estimate.chats).estimate
    assert begun is not None
    assert (begun.ticket, begun.chats, len(begun.each)) == (1, len(chats), begun.asked)
    driver.submit(Estimate((Export((cast.ADA,), options),), ticket=2))
    sandbox.faults(rtt_ms=0)
    told = driver.wait_for(Estimated).estimate
    assert (told.ticket, [each.title for each in told.each]) == (2, ["Ada Lovelace"])


def test_chats_that_come_along_are_counted_too(driver: EngineDriver, world: World, options: ExportOptions) -> None:
    told = estimate(driver, cast.RUST, options=replace(options, comments=True))
    assert [each.beside for each in told.each] == [0, bare_id(cast.RUST)]
    group = world.chat(world.chat(cast.RUST).linked)
    assert (told.chats, told.each[1].messages) == (2, Figure(len(group.messages)))
