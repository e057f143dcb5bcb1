"""A session that its user ends in another app while jobs run: told as such, and everything goes on after the next login."""

from __future__ import annotations

from pathlib import Path

from tests.engine.conftest import driver_on
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Export
from tobs_tui.engine.events import ChatsListed, Stopped
from tobs_tui.engine.snapshot import JobState
from tobs_tui.errors import ExitCode
from tobs_tui.model import ExportOptions

CHATS = 6


def test_a_lost_session_ends_nothing_but_the_run(tmp_path: Path, options: ExportOptions) -> None:
    with SandboxProcess(messages=2000, rtt_ms=80, bandwidth=200_000) as sandbox:
        with driver_on(sandbox, tmp_path) as driver:
            driver.ready().wait_for(ChatsListed)
            rows = driver.engine.snapshot().chats.rows
            big = next(row.chat.id for row in rows if row.title == "Big chat")
            chats = (big, *(row.chat.id for row in rows if row.chat.id != big))[:CHATS]
            driver.submit(Export(chats, options))
            driver.until(lambda now: any(job.messages for job in now.jobs) and sum(job.state is JobState.RUNNING for job in now.jobs) == 2)
            sandbox.faults(revoke=True)
            stopped = driver.wait_for(Stopped)
            states = [job.state for job in driver.engine.snapshot().jobs]
        assert stopped.exit_code == ExitCode.ACCOUNT, stopped
        assert len(states) == CHATS
        assert not {JobState.FAILED, JobState.INCOMPLETE, JobState.CANCELLED} & set(states)
        sandbox.faults(rtt_ms=0, bandwidth=0)
        with driver_on(sandbox, tmp_path) as driver:
            driver.ready()
            driver.until(lambda now: [job.state for job in now.jobs] == [JobState.DONE] * CHATS)
