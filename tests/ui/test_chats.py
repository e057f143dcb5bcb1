"""Browsing, filtering and selecting chats."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ui import scripted
from tests.ui.scripted import ScriptedEngine
from tests.ui.stage import NARROW, WIDE, staged
from tobs_tui.content import MediaKind
from tobs_tui.engine.commands import Export
from tobs_tui.engine.snapshot import ChatList, ExportMark, JobState, Phase, Snapshot
from tobs_tui.model import ChatKind, Deleted, Layout
from tobs_tui.ui.screens.export_options import ExportOptionsScreen
from tobs_tui.ui.screens.form import Wrong


def account() -> ScriptedEngine:
    return ScriptedEngine(scripted.snapshot())


async def test_all_chats_are_shown_with_what_was_exported() -> None:
    async with staged(account()) as stage:
        for text in ("Rust Weekly", "+12 since 3 Nov", "exported today", "? since 4 Oct 2023", "● 12k", "Old Friend", "~48,210", "@ada"):
            assert text in stage.text


async def test_a_filter_works_while_typing_and_escape_leaves_it() -> None:
    async with staged(account()) as stage:
        await stage.press("slash")
        await stage.type("ru")
        assert [row.title for row in stage.main.chats.rows] == ["Rust Weekly"]
        assert "1 of 10" in stage.text
        await stage.press("escape")
        assert len(stage.main.chats.rows) == 10
        assert stage.app.focused is stage.main.chats


async def test_a_chat_that_goes_by_itself_leaves_the_cursor_near_its_place() -> None:
    """Else the next enter would export another chat than the one that the user looks at."""
    engine = account()
    async with staged(engine) as stage:
        await stage.press("slash")
        await stage.type("!exported")
        await stage.press("enter", "down", "down")
        following = stage.main.chats.rows[3].title
        done = tuple(replace(row, exported=ExportMark(scripted.NOW, 1, 0)) if row.chat.id == 78 else row for row in scripted.chat_rows())
        now = scripted.snapshot(done)
        engine.snapshots = [replace(now, chats=replace(now.chats, version=2))]
        await stage.until(lambda: len(stage.main.chats.rows) == 6)
        assert stage.main.chats.row is not None
        assert (stage.main.chats.cursor, stage.main.chats.row.title) == (2, following)
        await stage.press("slash")
        await stage.type(" friend")
        assert stage.main.chats.cursor == 0


async def test_the_selection_survives_filters_and_folders() -> None:
    async with staged(account()) as stage:
        await stage.press("space", "slash")
        await stage.type("type:private")
        await stage.press("enter", "a", "escape", "right_square_bracket")
        assert stage.main.chats.tab.key == "unread"
        assert stage.main.chats.selected == {-1000000048210, 77, 80}
        assert "3 selected" in stage.text


async def test_folders_of_the_account_are_tabs() -> None:
    async with staged(account()) as stage:
        await stage.press(*["right_square_bracket"] * 5)
        assert [row.title for row in stage.main.chats.rows] == ["Rust Weekly", "Python Talk"]
        await stage.press("right_square_bracket")
        await stage.shows("No chat is in this folder.")
        await stage.press("right_square_bracket")
        assert [row.title for row in stage.main.chats.rows] == ["Old Friend"]
        await stage.press("left_square_bracket", "left_square_bracket")
        assert stage.main.chats.tab.title == "Work"


async def test_ranges_inverting_and_clearing() -> None:
    async with staged(account()) as stage:
        await stage.press("down", "v", "down", "down", "v")
        assert len(stage.main.chats.selected) == 3
        await stage.press("i")
        assert len(stage.main.chats.selected) == 7
        await stage.press("c")
        assert not stage.main.chats.selected
        await stage.press("home", "shift+down", "shift+down")
        assert len(stage.main.chats.selected) == 3


async def test_space_selects_and_moves_on() -> None:
    async with staged(account()) as stage:
        await stage.press("space", "space")
        assert stage.main.chats.cursor == 2
        await stage.press("up", "space")
        assert stage.main.chats.selected == {-1000000048210}


@pytest.mark.parametrize("keys", [("j", "j", "k"), ("о", "о", "л"), ("down", "down", "up")])
async def test_arrows_vim_keys_and_their_cyrillic_letters(keys: tuple[str, ...]) -> None:
    async with staged(account()) as stage:
        await stage.press(*keys)
        assert stage.main.chats.cursor == 1


async def test_rows_arrive_without_moving_the_cursor() -> None:
    rows = scripted.many_rows(60)
    first = scripted.snapshot(rows[:40], chats=ChatList(1, rows[:40], (), 60, False))
    engine = ScriptedEngine(first)
    async with staged(engine) as stage:
        await stage.press("end")
        before = stage.main.chats.row
        engine.snapshots = [replace(first, chats=ChatList(2, (*rows[40:], *rows[:40]), (), 60, True))]
        await stage.until(lambda: stage.main.chats.total == 60 and len(stage.main.chats.rows) == 60)
        assert stage.main.chats.row == before
        assert stage.main.chats.cursor == 59


async def test_enter_shows_the_options_once_and_enter_again_queues() -> None:
    async with staged(account()) as stage:
        await stage.press("space", "space", "enter")
        await stage.shows("Export 2 chats")
        await stage.press("enter")
        (command,) = stage.engine.submitted
        assert isinstance(command, Export)
        assert command.chats == (-1000000048210, -1000000091002)
        assert command.options.vault == "/vaults/notes"
        assert command.options.layout is Layout.MONTH
        assert MediaKind.STICKER not in command.options.media
        assert not stage.main.chats.selected
        await stage.shows("Queued: 2 chats")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_options_are_checked_in_words(size: tuple[int, int]) -> None:
    async with staged(account(), size) as stage:
        await stage.press("enter", "ctrl+u")
        await stage.type("notes")
        await stage.press("down", "right", "down", "n", "space", "down")
        await stage.type("huge")
        await stage.press("down")
        await stage.type("yesterday")
        await stage.press("enter")
        await stage.shows("The whole path is needed")
        for text in ("'huge' isn't a size", "'yesterday' isn't a date"):
            assert text in stage.text
        assert not stage.engine.submitted


async def test_chosen_options_reach_the_engine() -> None:
    async with staged(account()) as stage:
        await stage.press("enter", "ctrl+u")
        await stage.type("/other")
        await stage.press("down", "right", "down", "n", "space", "down")
        await stage.type("20 MB")
        await stage.press("down")
        await stage.type("2024-02-01")
        await stage.press("down")
        await stage.type("2024-03-01")
        await stage.press("down", "down", "right", "down", "right", "enter")
        (command,) = stage.engine.submitted
        assert isinstance(command, Export)
        options = command.options
        assert (options.vault, options.layout, options.media) == ("/other", Layout.DAY, frozenset({MediaKind.PHOTO}))
        assert (options.max_size, options.since, options.until) == (20_000_000, 1_706_745_600, 1_709_251_200)
        assert (options.deleted, options.restore) == (Deleted.MARK, True)


async def test_until_must_come_after_since() -> None:
    async with staged(account()) as stage:
        await stage.press("enter", *["down"] * 4)
        await stage.type("2024-02-01")
        await stage.press("down")
        await stage.type("2024-01-01")
        await stage.press("enter")
        await stage.shows("It must be after the day in since")
        assert not stage.engine.submitted


async def test_a_hostile_title_is_only_cleaned_text() -> None:
    nasty = scripted.row(5, ChatKind.CHANNEL, scripted.NASTY)
    failed = scripted.job(1, scripted.NASTY, JobState.FAILED, reason=scripted.NASTY)
    engine = ScriptedEngine(scripted.snapshot((nasty,), (failed,)))
    async with staged(engine) as stage:
        assert "\x1b" not in stage.text
        assert "\u202e" not in stage.text
        assert stage.text.count("[/red][2J../../x[bold]") == 3
        await stage.press("enter", "escape", "2", "enter")
        await stage.shows("What failed")
        stage.app.say(scripted.NASTY, title=scripted.NASTY)
        await stage.press("escape")
        assert "[/red][2J../../x[bold]" in stage.text


async def test_an_empty_account_says_what_to_do() -> None:
    async with staged(ScriptedEngine(scripted.snapshot(()))) as stage:
        assert "This account has no chats." in stage.text
        assert "Nothing is queued. Select chats with space, then press enter." in stage.text
        await stage.press("enter")
        await stage.shows("This account has no chats")


LISTING = scripted.snapshot((), chats=ChatList(0, (), (), 0, False))


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (Snapshot(at=scripted.NOW), "The chat list isn't here yet: tobs-tui is starting"),
        (Snapshot(at=scripted.NOW, phase=Phase.CONNECTING), "The chat list isn't here yet: Telegram is being reached"),
        (Snapshot(at=scripted.NOW, phase=Phase.LOGIN), "You aren't logged in yet"),
        (LISTING, "The chat list is still being fetched"),
    ],
    ids=["starting", "connecting", "login", "listing"],
)
@pytest.mark.parametrize("key", ["enter", "space", "e"])
async def test_before_the_list_has_come_keys_say_that_it_hasnt(now: Snapshot, words: str, key: str) -> None:
    kept = replace(now, jobs=scripted.jobs())  # from an earlier run
    async with staged(ScriptedEngine(kept)) as stage:
        await stage.press(key)
        await stage.shows(words)
        assert not stage.engine.submitted


async def test_a_queue_that_isnt_read_yet_isnt_called_empty() -> None:
    engine = ScriptedEngine(Snapshot(at=scripted.NOW, phase=Phase.CONNECTING))
    async with staged(engine) as stage:
        assert "empty" not in stage.text
        assert "What was queued before is shown once the account is known." in stage.text
        await stage.press("2", "p")
        await stage.shows("What was queued before isn't known yet")
        engine.snapshots = [scripted.snapshot()]
        await stage.shows("Nothing is queued. Select chats with space, then press enter.")
        assert "Queue   empty" in stage.text


async def test_no_match_says_how_to_get_out() -> None:
    async with staged(account()) as stage:
        await stage.press("slash")
        await stage.type("zzz")
        await stage.shows("No chat matches the filter.")
        await stage.press("enter", "enter")
        await stage.shows("No chat matches the filter: esc leaves it")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_a_kind_that_isnt_one_is_told_with_those_that_are(size: tuple[int, int]) -> None:
    async with staged(account(), size) as stage:
        await stage.press("slash")
        await stage.type("type:bogus rust")
        await stage.shows("No kind of chat is called bogus.")
        assert "There are: private, bot, group, supergroup, channel, forum, saved, people" in stage.text
        await stage.press("escape", "slash")
        await stage.type("type:chan")
        assert len(stage.main.chats.rows) == 3


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_key_bar_tells_the_keys_of_the_filter_while_one_types(size: tuple[int, int]) -> None:
    async with staged(account(), size) as stage:
        assert "space select" in stage.text
        await stage.press("slash")
        for text in ("!word", "type:channel", "unread", "exported", "enter to the list", "esc all chats"):
            assert text in stage.text
        assert "space select" not in stage.text
        await stage.press("enter")
        assert "space select" in stage.text


@pytest.mark.parametrize(
    ("phase", "words"), [(Phase.CONNECTING, "connecting to Telegram…"), (Phase.STOPPING, "stopping at the next checkpoint…")]
)
async def test_phases_are_words(phase: Phase, words: str) -> None:
    async with staged(ScriptedEngine(Snapshot(at=scripted.NOW, phase=phase))) as stage:
        assert words in stage.text


async def test_offline_is_shown() -> None:
    async with staged(ScriptedEngine(scripted.snapshot(online=False))) as stage:
        assert "offline, connecting again…" in stage.text


async def test_errors_of_a_form_are_wrapped_anew_when_the_terminal_shrinks() -> None:
    async with staged(account()) as stage:
        await stage.press("enter", "down", "down", "down")
        await stage.type("huge")
        await stage.press("enter")
        await stage.shows("isn't a size")
        assert isinstance(stage.app.screen, ExportOptionsScreen)
        wrong = stage.app.screen.field("max_size").query_one(Wrong)
        wide, words = wrong.size.width, " ".join(wrong.text.split())
        await stage.pilot.resize_terminal(*NARROW)
        await stage.until(lambda: wrong.size.width < wide and wrong.size.height == len(wrong.text.splitlines()))
        assert max(map(len, wrong.text.splitlines())) <= wrong.size.width
        assert " ".join(wrong.text.split()) == words


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_form_says_all_its_keys(size: tuple[int, int]) -> None:
    async with staged(account(), size) as stage:
        await stage.press("enter")
        await stage.shows("a all · n none · esc back")
        assert "[ ] custom emoji" in stage.text


async def test_a_form_with_errors_scrolls_on_a_small_screen() -> None:
    """Its lowest fields must not take keys out of sight."""
    async with staged(account(), NARROW) as stage:
        await stage.press("enter")
        await stage.shows("max size")
        await stage.press("down", "down", "down", "z", "down", "z", "down", "z", "enter")
        await stage.shows("isn't a size")
        await stage.press("down", "down", "down", "down", "down")
        await stage.shows("notes you deleted")
