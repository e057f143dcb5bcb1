"""The question after a queue that an earlier run left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ui import scripted
from tests.ui.scripted import ScriptedEngine
from tests.ui.stage import staged
from tobs_tui.engine.commands import Command, Pause, Resume
from tobs_tui.engine.snapshot import JobState, Snapshot


def kept() -> Snapshot:
    """Jobs of an earlier run, one of which was paused then."""
    first, second, third = scripted.jobs()[:3]
    waiting = [replace(job, state=JobState.QUEUED, held=True) for job in (first, second)]
    return scripted.snapshot(queue=(*waiting, replace(third, state=JobState.PAUSED)))


@pytest.mark.parametrize(("key", "command"), [("c", Resume), ("l", Pause), ("escape", Pause)])
async def test_the_answer_is_for_the_jobs_that_wait(key: str, command: type[Resume | Pause]) -> None:
    engine = ScriptedEngine(kept())
    wanted: list[Command] = [command(job.id) for job in engine.snapshots[0].jobs[:2]]
    async with staged(engine) as stage:
        await stage.shows("Exports of an earlier run that aren't finished: 2.")
        await stage.press(key)
        await stage.until(lambda: engine.submitted == wanted)


async def test_nothing_is_asked_where_nothing_waits() -> None:
    async with staged(ScriptedEngine(scripted.snapshot())) as stage:
        assert "earlier run" not in stage.text
