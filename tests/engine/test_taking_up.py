"""What earlier runs left: parts of a chat, a lost cache, a person's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from telethon.tl import types

from tests.engine.conftest import driver_on
from tests.engine.driver import EngineDriver
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Export
from tobs_tui.engine.events import ChatsListed
from tobs_tui.engine.snapshot import JobReport, JobState
from tobs_tui.model import Chat, ExportOptions, Layout
from tobs_tui.sandbox import cast

TITLES = ("Big chat", "Python Talk", "Makers' Corner", "Rust Weekly", "Ada Lovelace")


@pytest.fixture(scope="module")
def account() -> Iterator[SandboxProcess]:
    with SandboxProcess(messages=1_200) as running:
        yield running


def export(driver: EngineDriver, options: ExportOptions, titles: tuple[str, ...] = TITLES) -> list[JobReport]:
    """Export chats by their titles; all of them come to an end."""
    chats = chats_of(driver)
    driver.submit(Export(tuple(chats[title].id for title in titles), options))
    reports = [ended.report for ended in driver.jobs_ended(len(titles))]
    return sorted(reports, key=lambda report: titles.index(report.chat))


def chats_of(driver: EngineDriver) -> dict[str, Chat]:
    if not any(isinstance(event, ChatsListed) for event in driver.seen):
        driver.ready().wait_for(ChatsListed)
    return {row.title: row.chat for row in reversed(driver.engine.snapshot().chats.rows)}


def export_in(sandbox: SandboxProcess, home: Path, options: ExportOptions, titles: tuple[str, ...] = TITLES) -> list[JobReport]:
    """The same by an engine of its own."""
    with driver_on(sandbox, home) as driver:
        return export(driver, options, titles)


def options_at(home: Path, layout: Layout = Layout.MONTH) -> ExportOptions:
    return ExportOptions(str(home / "vault"), layout, timezone="Europe/Berlin")


def pictured(home: Path) -> dict[str, bytes]:
    return VaultReader(home / "vault").picture()


def dates(sandbox: SandboxProcess, title: str) -> list[int]:
    """The dates of a chat's messages, in order, in Unix seconds."""
    world = sandbox.twin()
    record = next(each for each in world.ordered() if getattr(each.entity, "title", None) == title)
    return [int(message.date) for _, message in sorted(record.messages.items())]


@pytest.mark.parametrize("layout", [Layout.MONTH, Layout.CHAT])
def test_what_since_left_out_comes_to_its_place_later(account: SandboxProcess, tmp_path: Path, layout: Layout) -> None:
    options = options_at(tmp_path / "a", layout)
    times = dates(account, "Big chat")
    with driver_on(account, tmp_path / "a") as driver:
        late = export(driver, replace(options, since=times[900]))
        middle = export(driver, replace(options, since=times[400], until=times[600]))
        whole = export(driver, options)
    export_in(account, tmp_path / "b", options_at(tmp_path / "b", layout))
    assert [report.state for report in (*late, *middle, *whole)] == [JobState.DONE] * 3 * len(TITLES)
    assert [reports[0].messages for reports in (late, middle, whole)] == [300, 200, 700]
    assert sorted(pictured(tmp_path / "a").items()) == sorted(pictured(tmp_path / "b").items())


def test_a_pin_leads_to_a_message_that_came_later(account: SandboxProcess, tmp_path: Path) -> None:
    options = options_at(tmp_path / "a")
    pin = next(message for message in account.twin().chat(cast.FAMILY).messages.values() if is_pin(message))
    with driver_on(account, tmp_path / "a") as driver:
        title = next(title for title, chat in chats_of(driver).items() if chat.id == cast.FAMILY)
        export(driver, replace(options, since=pin.date), (title,))
        assert f" pinned a message* ^m{pin.id}\n" in "".join(VaultReader(tmp_path / "a" / "vault").notes.values())
        export(driver, options, (title,))
    export_in(account, tmp_path / "b", options_at(tmp_path / "b"), (title,))
    assert sorted(pictured(tmp_path / "a").items()) == sorted(pictured(tmp_path / "b").items())


def is_pin(message: Any) -> bool:
    return isinstance(getattr(message, "action", None), types.MessageActionPinMessage)


def test_a_lost_cache_is_found_again_in_the_vault(account: SandboxProcess, tmp_path: Path) -> None:
    options = options_at(tmp_path)
    export_in(account, tmp_path, options)
    before, written = pictured(tmp_path), times_of_notes(tmp_path)
    lose_cache(tmp_path)
    reports = export_in(account, tmp_path, options) + export_in(account, tmp_path, options)
    assert [(report.chat, report.state, report.messages) for report in reports] == [(title, JobState.DONE, 0) for title in TITLES] * 2
    assert times_of_notes(tmp_path) == written
    assert [path for path, data in pictured(tmp_path).items() if before.get(path) != data] == []


def times_of_notes(home: Path) -> dict[str, int]:
    """When each note was written last, in nanoseconds."""
    return {str(note): note.stat().st_mtime_ns for note in (home / "vault").rglob("*.md")}


def test_words_stay_and_new_messages_follow_when_the_cache_is_lost(account: SandboxProcess, tmp_path: Path) -> None:
    options = options_at(tmp_path)
    with driver_on(account, tmp_path) as driver:
        chat = chats_of(driver)["Big chat"]
        export(driver, options, ("Big chat",))
    newest = max((tmp_path / "vault/Telegram/Big chat").glob("Big chat 2*.md"))
    newest.write_text(newest.read_text() + "My own words\n")
    lose_cache(tmp_path)
    added = account.world(add_message={"chat": chat.id, "text": "Hello again", "count": 2})["add_message"]
    report = export_in(account, tmp_path, options, ("Big chat",))[0]
    account.world(delete={"chat": chat.id, "ids": added})
    reader = VaultReader(tmp_path / "vault")
    ids = reader.ids("Telegram/Big chat")
    assert (report.state, report.messages) == (JobState.DONE, 2)
    assert ids == sorted(set(ids))
    assert ids[-2:] == added
    assert sum(text.count("My own words\n") for text in reader.notes.values()) == 1


def test_a_posts_note_is_found_when_its_beginning_is_another_and_the_cache_lost(account: SandboxProcess, tmp_path: Path) -> None:
    options = options_at(tmp_path, Layout.POST)
    added = account.world(add_message={"chat": cast.RUST, "text": "First line", "count": 2})["add_message"]
    album = account.world(add_message={"chat": cast.RUST, "text": "Files", "count": 3, "size": 100, "album": True})["add_message"]
    export_in(account, tmp_path, options, ("Rust Weekly",))
    lose_cache(tmp_path)
    written = times_of_notes(tmp_path)
    account.world(edit={"chat": cast.RUST, "id": added[0], "text": "Another first line"}, delete={"chat": cast.RUST, "ids": album[:1]})
    report = export_in(account, tmp_path, options, ("Rust Weekly",))[0]
    account.world(delete={"chat": cast.RUST, "ids": added + album})
    assert (report.state, report.messages, times_of_notes(tmp_path).keys()) == (JobState.DONE, 0, written.keys())


def lose_cache(home: Path) -> None:
    files = list((home / "data").glob("*.sqlite*"))
    assert files
    for file in files:
        file.unlink()
