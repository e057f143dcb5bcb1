"""What the screen says of a takeout."""

from __future__ import annotations

import pytest

from tests.ui import scripted
from tests.ui.scripted import ScriptedEngine
from tests.ui.stage import staged
from tobs_tui.engine.commands import UseTakeout
from tobs_tui.model import Takeout, TakeoutState
from tobs_tui.ui import takeout


@pytest.mark.parametrize("state", list(TakeoutState))
def test_every_state_has_its_words_and_something_to_decide(state: TakeoutState) -> None:
    now = Takeout(state, until=7300.0, why="not \x1b[31mallowed")
    assert takeout.ABOUT in takeout.question(now, 100.0)
    assert "\x1b" not in takeout.question(now, 100.0) + takeout.headline(now, 100.0)
    assert len(takeout.choices(now)) == 2
    if state is TakeoutState.WAITING:
        assert "2 h 0 m" in takeout.headline(now, 100.0)
    assert bool(takeout.headline(now, 100.0)) is (state.value in {"waiting", "open", "replaced", "refused"})


async def test_the_key_asks_and_the_answer_goes_to_the_engine() -> None:
    engine = ScriptedEngine(scripted.snapshot())
    async with staged(engine) as stage:
        await stage.press("T", "a")
        await stage.until(lambda: UseTakeout(True) in engine.submitted)
