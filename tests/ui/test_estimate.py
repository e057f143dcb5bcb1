"""The estimate of a selection: asked for, followed, left, or led on to the export."""

from __future__ import annotations

from dataclasses import replace

from tests.ui import scripted
from tests.ui.scripted import ScriptedEngine
from tests.ui.stage import WIDE, Stage, staged
from tobs_tui.engine.commands import Estimate, Export
from tobs_tui.engine.estimate import ExportEstimate
from tobs_tui.engine.events import Estimated
from tobs_tui.engine.snapshot import Phase
from tobs_tui.options import export_options

CHATS = (-1000000048210, -1000000091002)


def account() -> ScriptedEngine:
    return ScriptedEngine(scripted.snapshot())


def tell(stage: Stage, estimate: ExportEstimate) -> None:
    stage.engine.snapshots = [replace(scripted.snapshot(), at=scripted.NOW + estimate.asked, estimate=estimate)]
    stage.engine.tell(Estimated(estimate))


async def test_it_asks_for_the_selection_and_shows_what_comes() -> None:
    async with staged(account(), WIDE) as stage:
        await stage.press("space", "space", "e")
        await stage.shows("asked 0 of 2 chats")
        exports = (Export(CHATS, export_options(stage.app.settings)),)
        assert stage.engine.submitted == [Estimate(exports, 1)]
        full = scripted.estimate()
        tell(stage, replace(full, ticket=5))  # one that somebody asked for before
        tell(stage, replace(full, asked=1))
        await stage.shows("asked 1 of 2 chats")
        tell(stage, full)
        await stage.shows("asked 2 of 2 chats")
        for text in ("about 1.1 GiB", "48,210", "Too little room on the disk", "files unknown", "not counted by Telegram: sticker"):
            assert text in stage.text
        assert "✗ Python Talk can't be asked: this chat is closed to the account" in stage.text
        await stage.press("escape")
        assert stage.engine.submitted[1:] == [Estimate(())]
        assert len(stage.main.chats.selected) == 2


async def test_enter_goes_on_to_the_exports_options() -> None:
    async with staged(account(), WIDE) as stage:
        await stage.press("у")
        await stage.shows("Estimate: 1 chat")
        await stage.press("enter")
        await stage.shows("Export 1 chat")
        await stage.press("enter")
        asked, stopped, queued = stage.engine.submitted
        assert isinstance(asked, Estimate)
        assert stopped == Estimate(())
        assert queued == asked.exports[0]


async def test_a_second_one_has_a_ticket_of_its_own() -> None:
    async with staged(account(), WIDE) as stage:
        await stage.press("e")
        await stage.shows("asked 0 of 1 chat")
        await stage.press("escape", "e")
        await stage.shows("asked 0 of 1 chat")
        assert [command.ticket for command in stage.engine.submitted if isinstance(command, Estimate) and command.exports] == [1, 2]


async def test_without_a_connection_the_key_says_why() -> None:
    async with staged(ScriptedEngine(scripted.snapshot(phase=Phase.CONNECTING)), WIDE) as stage:
        await stage.press("e")
        await stage.shows("It isn't connected yet")
        assert stage.engine.submitted == []
