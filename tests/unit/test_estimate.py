"""What an estimate is worked out from, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.records import replace
from tobs_tui.content import MediaKind, RemoteFile, WebPage
from tobs_tui.engine.estimate import ChatEstimate, ExportEstimate, Figure, KindEstimate, Pace, Sure, about, total, totals_of
from tobs_tui.engine.estimate_words import Tone, estimate_lines, progress_words
from tobs_tui.engine.reckoning import by_kind, how_many, kinds_of, of_kind, parts_of, present_pace, uncounted, wanted_ids
from tobs_tui.engine.room import free_bytes, room_left
from tobs_tui.metrics import Budget, MetricsSnapshot, RateSnapshot, Wait
from tobs_tui.model import ChatKind, Entity, EntityKind, ExportOptions, Message, Sender
from tobs_tui.pipeline.parts import PART, pieces
from tobs_tui.pipeline.spans import Spans
from tobs_tui.telegram.counters import Count, Look

OPTIONS = ExportOptions("/vault")
MIB = 1024**2


def photo(id: int, size: int = MIB, file: int = 0) -> Message:
    return Message(id, 1_700_000_000 + id, Sender(1, "Ada"), content=RemoteFile(file or id, MediaKind.PHOTO, size, 1, thumb="y"))


def look(ids: range, count: int, *, complete: bool = False, size: int = MIB) -> Look:
    messages = tuple(photo(id, size) for id in reversed(ids))
    return Look(messages, count, min(ids, default=0), complete)


def test_a_sum_is_as_sure_as_its_least_sure_part() -> None:
    assert total([Figure(1), Figure(2)]) == Figure(3, Sure.EXACT)
    assert total([Figure(1), about(2.4)]) == Figure(3, Sure.ABOUT)
    assert total([]) == Figure(0)


def test_what_is_wanted_lies_above_the_front_and_in_holes() -> None:
    wanted = wanted_ids(100, 0, 200, ((10, 20), (40, 50)))
    assert wanted.ranges == ((10, 20), (40, 50), (100, 200))
    assert [message.id for message in wanted.of(map(photo, (10, 11, 20, 21, 100, 101, 200, 201)))] == [11, 20, 101, 200]
    assert wanted.below(46) == 10 + 5
    assert wanted_ids(100, 45, 200, ((10, 20), (40, 50))).ranges == ((45, 50), (100, 200))
    assert wanted_ids(0, 0, 200).narrowed is False
    assert wanted_ids(200, 0, 200).ranges == ()
    topics = replace(wanted, marks={7: 150})
    assert [message.id for message in topics.of([replace(photo(140), topic=7), replace(photo(140), topic=8)])] == [140]


@pytest.mark.parametrize(
    ("seen", "front", "in_all", "found"),
    [
        (look(range(901, 1001), 1000), 0, Count(1000), Figure(1000)),
        (look(range(901, 1001), 1000), 0, Count(1000, exact=False), about(1000)),
        (look(range(901, 1001), 1000), 950, Count(1000), Figure(50)),
        (look(range(901, 1001), 1000), 900, Count(1000), Figure(100)),
        (look(range(901, 1001), 1000), 400, Count(1000), about(600)),
        (look(range(901, 1001), 1000), 400, Count(420), about(420)),
        (look(range(995, 1001), 6, complete=True), 10, Count(6), Figure(6)),
        (replace(look(range(995, 1001), 900), short=True), 10, Count(900), about(6)),
    ],
)
def test_how_many_are_seen_counted_or_worked_out(seen: Look, front: int, in_all: Count, found: Figure) -> None:
    assert how_many(seen, wanted_ids(front, 0, 1000), in_all) == found


def test_files_have_the_mean_of_those_seen_and_come_once() -> None:
    kind = of_kind("photo", look(range(901, 1001), 500), wanted_ids(0, 0, 1000), Count(500), OPTIONS)
    assert kind == KindEstimate("photo", Figure(500), about(500), about(500 * MIB), about(1000))
    limited = of_kind("photo", look(range(901, 1001), 500), wanted_ids(0, 0, 1000), Count(500), replace(OPTIONS, max_size=MIB - 1))
    assert limited == KindEstimate("photo", Figure(500), about(0), about(0), about(0))
    twice = by_kind([photo(1, 10, file=5), photo(2, 10, file=5)], OPTIONS)
    assert twice == (KindEstimate("photo", Figure(2), Figure(2), Figure(10), Figure(1)),)


def test_a_photo_with_an_address_is_measured_once_and_a_previews_picture_only_when_it_is_taken() -> None:
    captioned = replace(photo(1, 10), text="https://a.b", entities=(Entity(EntityKind.URL, 0, 11),))
    picture = RemoteFile(9, MediaKind.WEB_PICTURE, 30, 1, thumb="x")
    preview = replace(photo(2), content=WebPage("https://a.b", picture=picture))
    assert (kinds_of(captioned), kinds_of(preview)) == (("photo", "link"), ("link",))
    assert [(kind.kind, kind.bytes.value) for kind in by_kind([captioned, preview], OPTIONS)] == [("link", 0), ("photo", 10)]
    taken = replace(OPTIONS, media=OPTIONS.media | {MediaKind.WEB_PICTURE})
    assert [(kind.kind, kind.bytes.value) for kind in by_kind([captioned, preview], taken)] == [("link", 30), ("photo", 10)]


@pytest.mark.parametrize("size", [1, PART - 1, PART, PART + 1, 5 * PART])
def test_the_parts_of_a_file_are_those_that_the_downloader_asks_for(size: int) -> None:
    assert parts_of(size) == len(list(pieces(Spans(), size)))


def test_what_telegram_has_no_counter_of() -> None:
    assert uncounted(OPTIONS) == ("paid media",)
    assert uncounted(replace(OPTIONS, media=frozenset({MediaKind.STICKER}))) == ("sticker",)
    assert uncounted(replace(OPTIONS, media=frozenset())) == ()


def test_the_present_pace_is_what_is_granted_or_was_measured() -> None:
    budget = Budget("messages.getHistory", 2, False, 0, 0, 30, 30.0, 0.0)
    busy = RateSnapshot((0, 0, 300, 0, 100, 200, 0))
    measured = MetricsSnapshot(messages=busy, budgets=(budget, replace(budget, method="messages.search", limit=1)))
    assert present_pace(measured, takeout=False) == Pace(1.0, 150.0, None)
    assert present_pace(measured, takeout=True) == Pace(None, 150.0, None)


CHAT = ChatEstimate(1, "Rust", ChatKind.CHANNEL, messages=Figure(300), pages=about(5), kinds=(KindEstimate("photo", Figure(9)),))
PHOTOS = KindEstimate("photo", Figure(200), about(200), about(300 * MIB), about(400))
FULL = replace(CHAT, kinds=(PHOTOS,), uncounted=("paid media",)).summed()


def words(estimate: ExportEstimate) -> str:
    return "\n".join(text for text, _ in estimate_lines(estimate))


def of(*chats: ChatEstimate, pace: Pace = Pace(), left: int | None = 10**12) -> ExportEstimate:  # noqa: B008 - frozen
    return ExportEstimate(1, "/vault", len(chats), len(chats), chats, totals_of(chats, pace, left))


def test_figures_that_arent_sure_say_about_and_what_isnt_known_says_so() -> None:
    said = words(of(FULL))
    for text in ("about 300 MiB", "about 200", "requests: about 805", "time: unknown", "not counted by Telegram: paid media"):
        assert text in said, said
    assert "messages about 5 s, files unknown" in words(of(FULL, pace=Pace(pages=1.0)))
    assert "messages about 3 s, files about 5 m 0 s" in words(of(FULL, pace=Pace(messages=100.0, bytes=MIB)))
    assert "next to none" in words(of(replace(CHAT, messages=Figure(0), kinds=())))
    assert "room: unknown" in words(of(FULL, left=None))


def test_too_little_room_is_said_as_trouble() -> None:
    lines = dict(estimate_lines(of(FULL, left=100 * MIB)))
    trouble = [text for text, tone in lines.items() if tone is Tone.TROUBLE]
    assert trouble == ["✗ Too little room on the disk: 200 MiB more needed, the reserve kept. The export would wait for it"]


def test_a_chat_that_cant_be_asked_says_why() -> None:
    assert "✗ Rust can't be asked: it is closed" in words(of(replace(CHAT, why="it is closed")))


def test_bytes_of_several_chats_are_no_more_than_about_known() -> None:
    exact = replace(CHAT, kinds=(replace(PHOTOS, files=Figure(1), bytes=Figure(5)),)).summed()
    assert of(exact).totals.bytes == Figure(5)
    assert of(exact, exact).totals.bytes == about(10)
    assert of(exact, exact).totals.kinds[0].messages == Figure(400)


def test_progress_tells_how_far_it_is_and_what_it_waits_for() -> None:
    half = ExportEstimate(1, "/vault", 3, 40)
    assert progress_words(half, (Wait("upload.getFile", 2, 14.0),), 0) == "asked 3 of 40 chats"
    assert progress_words(half, (), 0) == "asked 3 of 40 chats"
    assert progress_words(half, (Wait("messages.search", 2, 14.0),), 0) == "asked 3 of 40 chats · flood wait, messages.search: 14 s left"


def test_room_is_told_of_a_folder_that_isnt_there_yet(tmp_path: Path) -> None:
    left = room_left(str(tmp_path / "not" / "yet"), 1000)
    assert left is not None
    assert left == pytest.approx(free_bytes(str(tmp_path)) - 1000, abs=256 * MIB)
    assert not (tmp_path / "not").exists()
