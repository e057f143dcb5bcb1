"""The engine beside a screen's loop. From Python 3.12 on Textual makes its tasks eager, and on such a loop Telethon's own end at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.engine.conftest import driver_on
from tests.engine.driver import PATIENCE, EngineDriver
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Answer, Export, Stop
from tobs_tui.engine.events import ChatsListed, Event, JobEnded, LoginNeeded, Stopped
from tobs_tui.engine.snapshot import JobState
from tobs_tui.model import ExportOptions

EAGER = getattr(asyncio, "eager_task_factory", None)
KINDS = {"default": None} | ({"eager": EAGER} if EAGER else {})
"""Kinds of loops by their task factories. Python 3.11 has no eager ones: there only the default kind is tried."""


async def export_family(driver: EngineDriver, options: ExportOptions) -> JobEnded:
    """What a screen does, on this loop: hears events, answers, submits. The engine works in a thread of its own."""
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[Event] = asyncio.Queue()

    def hear(event: Event) -> None:
        loop.call_soon_threadsafe(heard.put_nowait, event)

    driver.engine.start(hear)
    while True:
        match await heard.get():
            case LoginNeeded(question=question):
                driver.submit(Answer(driver.answers[question.kind]))
            case ChatsListed():
                family = next(row.chat.id for row in driver.engine.snapshot().chats.rows if row.title.startswith("Family"))
                driver.submit(Export((family,), options))
            case JobEnded() as ended:
                return ended
            case Stopped() as stopped:
                raise AssertionError(stopped)


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_beside_a_loop_of_any_kind(kind: str, sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    async def main() -> JobEnded:
        asyncio.get_running_loop().set_task_factory(KINDS[kind])
        try:
            return await export_family(driver, options)
        finally:
            driver.submit(Stop())
            assert await asyncio.to_thread(driver.engine.join, PATIENCE)

    driver = driver_on(sandbox, tmp_path)
    ended = asyncio.run(main())
    assert (ended.report.state, ended.report.files_failed) == (JobState.DONE, 0)
    assert ended.report.messages > 0
