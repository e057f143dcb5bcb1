"""Commands: every one is in the help and the palette, does something, and has its ЙЦУКЕН alias."""

from __future__ import annotations

import pytest

from tests.ui import scripted
from tests.ui.scripted import ScriptedEngine
from tests.ui.stage import NARROW, WIDE, staged
from tobs_tui.engine.snapshot import JobState
from tobs_tui.ui.commands import BY_ID, COMMANDS, Pane, cyrillic, shown_key
from tobs_tui.ui.screens.help import HelpScreen
from tobs_tui.ui.screens.palette import CommandList


async def test_every_command_is_in_the_help_with_all_its_keys() -> None:
    async with staged(ScriptedEngine(scripted.snapshot())) as stage:
        await stage.press("question_mark")
        assert isinstance(stage.app.screen, HelpScreen)
        text = "\n".join("".join(piece.text for piece in line) for line in stage.app.screen.lines(100))
        for command in COMMANDS:
            assert command.text in text
            for key in command.keys:
                assert shown_key(key) in text


async def test_every_command_but_cursor_keys_is_in_the_palette() -> None:
    async with staged(ScriptedEngine(scripted.snapshot())) as stage:
        await stage.press("ctrl+p")
        listed = {command.id for command in stage.app.screen.query_one(CommandList).commands}
        assert listed == {command.id for command in COMMANDS if not command.moves} - {"palette"}


async def test_the_palette_does_what_is_chosen() -> None:
    async with staged(ScriptedEngine(scripted.snapshot())) as stage:
        await stage.press("ctrl+p")
        await stage.type("all chats shown")
        await stage.press("enter")
        await stage.until(lambda: len(stage.main.chats.selected) == 10)


async def test_every_command_is_done_by_something() -> None:
    async with staged(ScriptedEngine(scripted.snapshot())) as stage:
        for command in COMMANDS:
            assert callable(stage.app._actions.find(command.id))


def test_letters_have_their_cyrillic_neighbours_and_no_key_is_taken_twice() -> None:
    assert cyrillic("p") == "з"
    assert cyrillic("K") == "Л"
    assert cyrillic("ctrl+q") == "ctrl+й"
    assert cyrillic("left_square_bracket") == "х"
    assert (cyrillic("slash"), cyrillic("question_mark")) == ("full_stop", "comma")
    assert cyrillic("enter") == ""
    for pane in (Pane.CHATS, Pane.QUEUE, Pane.METRICS):
        keys = [key for command in COMMANDS if command.pane in (pane, Pane.ANY) for key in command.all_keys]
        assert len(keys) == len(set(keys))
    assert not {"ctrl+m", "ctrl+i", "ctrl+h"} & {key for command in COMMANDS for key in command.keys}


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_tab_goes_round_the_panes(size: tuple[int, int]) -> None:
    async with staged(ScriptedEngine(scripted.busy_snapshot()), size) as stage:
        panes = []
        for _ in range(4):
            panes.append(stage.main.pane)
            assert stage.app.focused is not None
            assert stage.app.focused.display
            await stage.press("tab")
        assert panes == [Pane.CHATS, Pane.QUEUE, Pane.METRICS, Pane.CHATS]
        await stage.press("shift+tab")
        assert stage.main.pane is Pane.CHATS


async def test_a_small_terminal_shows_one_pane_with_headlines_of_all() -> None:
    async with staged(ScriptedEngine(scripted.busy_snapshot()), NARROW) as stage:
        assert "1 Chats 10" in stage.text
        assert "2 Queue ▶1 ◷1" in stage.text
        assert "3 Metrics 1,412/s" in stage.text
        assert "flushes" not in stage.text
        await stage.press("3")
        assert "flushes" in stage.text
        assert "Rust Weekly" not in stage.text


async def test_the_chats_keep_their_rows_on_a_wide_screen() -> None:
    async with staged(ScriptedEngine(scripted.busy_snapshot())) as stage:
        assert stage.main.chats.size.height >= 14
        assert stage.app.focused is stage.main.chats


async def test_the_filter_and_the_help_open_on_a_russian_keyboard() -> None:
    async with staged(ScriptedEngine(scripted.snapshot())) as stage:
        await stage.press("comma")
        assert isinstance(stage.app.screen, HelpScreen)
        await stage.press("й", "full_stop")
        assert stage.app.focused is stage.main.filter
        await stage.press("full_stop", "comma", "question_mark", "slash")
        assert stage.main.filter.value == ".,?/"
        await stage.press("f1")
        assert isinstance(stage.app.screen, HelpScreen)
        await stage.press("escape")
        assert stage.app.focused is stage.main.filter


async def test_a_small_key_bar_keeps_what_matters() -> None:
    async with staged(ScriptedEngine(scripted.busy_snapshot()), NARROW) as stage:
        for text in ("space select", "enter queue", "e estimate", "/ filter", "tab pane"):
            assert text in stage.text
        assert "c clear" not in stage.text
        await stage.press("space")
        for text in ("space select", "enter queue", "c clear", "/ filter", "tab pane"):
            assert text in stage.text


async def test_keys_with_nothing_left_to_do_say_so() -> None:
    first = scripted.job(1, "Ada", JobState.QUEUED)
    async with staged(ScriptedEngine(scripted.snapshot(queue=(first,)))) as stage:
        await stage.press("escape")
        await stage.shows("There is no filter and no range to leave")
        await stage.press("2", "K")
        await stage.shows("This job is at the top already")
        await stage.press("3", "plus")
        await stage.shows("It looks every 1 s already")
        await stage.press("minus", "minus", "minus", "minus")
        await stage.shows("It looks every 10 s already")


async def test_pace_freeze_and_the_whole_screen() -> None:
    async with staged(ScriptedEngine(scripted.busy_snapshot())) as stage:
        await stage.press("3", "minus", "minus")
        await stage.shows("every 5 s")
        await stage.press("plus", "plus", "plus")
        assert stage.main.pace == 1.0
        await stage.press("P")
        await stage.shows("frozen: P lets them go on")
        await stage.press("m")
        await stage.shows("Requests by method")
        for text in ("upload.getFile", "dc2          2,412  requests   getHistory: 18 of 20 in 30 s", "dc4            300  requests"):
            assert text in stage.text
        for text in ("12 talk.mp4", "48 MiB of 191 MiB   25 %  12.3 MB/s · 6 parts", "13 [b]slow[/b].zip", "waiting: no answer"):
            assert text in stage.text
        await stage.press("m")
        assert "Requests by method" not in stage.text


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(COMMANDS)
