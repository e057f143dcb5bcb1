"""How jobs end: in the state that was asked for, told once each, and never with the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from telethon.tl.functions.auth import LogOutRequest

from tests.engine.conftest import driver_on
from tests.engine.driver import EngineDriver
from tests.engine.test_queue import MESSAGES, job_of, listed, partly_done, seen
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine import linking
from tobs_tui.engine.commands import Cancel, Estimate, Export, LogOut, Pause, Resume, Stop
from tobs_tui.engine.events import Event, JobEnded, Stopped
from tobs_tui.engine.export import ChatExport
from tobs_tui.engine.files import JobFiles
from tobs_tui.engine.job import Job
from tobs_tui.engine.linking import Linker
from tobs_tui.engine.runner import JobRunner
from tobs_tui.engine.snapshot import JobState
from tobs_tui.errors import CacheError, ChatNotFound, ExitCode, GaveUp, TobsError, VaultError
from tobs_tui.headless import export_chats
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, ChatKind, ExportOptions, bare_id
from tobs_tui.sandbox import cast
from tobs_tui.sandbox.bulk import BIG_CHAT
from tobs_tui.telegram.account import TelegramAccount
from tobs_tui.telegram.calls import Caller


@pytest.fixture(scope="module")
def slow() -> Iterator[SandboxProcess]:
    with SandboxProcess(messages=MESSAGES, rtt_ms=200, bandwidth=600_000) as running:
        yield running


def begun(driver: EngineDriver, options: ExportOptions) -> tuple[Chat, int]:
    """A long chat of which some is there, and its job."""
    chat = listed(driver)["Big chat"]
    driver.submit(Export((chat.id,), options))
    return chat, partly_done(driver, chat).id


def until_stopped(driver: EngineDriver) -> list[Event]:
    events = [driver.next()]
    while not isinstance(events[-1], Stopped):
        events.append(driver.next())
    return events


def test_a_vault_that_is_gone_at_the_next_start_fails_its_job_alone(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(slow, tmp_path) as driver:
        begun(driver, options)
    Path(options.vault).rename(tmp_path / "unplugged")
    with driver_on(slow, tmp_path) as driver:
        ended = driver.ready().wait_for(JobEnded)
        assert (ended.report.state, ended.exit_code) == (JobState.FAILED, ExitCode.VAULT)
        driver.until(lambda now: now.chats.complete)


def test_a_kept_job_of_another_vault_can_be_cancelled(slow: SandboxProcess, tmp_path: Path) -> None:
    with driver_on(slow, tmp_path) as driver:
        chat, job = begun(driver, ExportOptions(str(tmp_path / "elsewhere")))
        driver.submit(Pause(job))
        seen(driver, chat, JobState.PAUSED)
    with driver_on(slow, tmp_path) as driver:
        listed(driver)
        driver.submit(Cancel(job))
        assert driver.wait_for(JobEnded).report.state is JobState.CANCELLED


def test_a_message_that_breaks_the_renderer_costs_its_links_alone(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(linking, "render", broken)
    with driver_on(sandbox, tmp_path) as driver:
        chats = tuple(chat.id for chat in listed(driver).values())
        driver.submit(Export(chats, options))
        driver.submit(Stop(finish=True))
        *ended, stopped = until_stopped(driver)
    assert stopped == Stopped(ExitCode.OK)
    assert len([event for event in ended if isinstance(event, JobEnded)]) == len(chats)


def test_a_cancellation_outlives_a_stop(
    slow: SandboxProcess, tmp_path: Path, options: ExportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_off = JobFiles.break_off
    breaking = asyncio.Event()

    async def slowly(self: JobFiles) -> None:
        breaking.set()
        await asyncio.sleep(0.5)
        await broken_off(self)

    monkeypatch.setattr(JobFiles, "break_off", slowly)
    with driver_on(slow, tmp_path) as driver:
        chat, job = begun(driver, options)
        driver.submit(Cancel(job))
        driver.until(lambda _now: breaking.is_set())
    with driver_on(slow, tmp_path) as driver:
        listed(driver)
        assert job_of(driver.engine.snapshot(), chat).state is JobState.CANCELLED


def test_what_a_run_was_interrupted_for_is_nothing_to_the_next_one() -> None:
    job = Job(1, Chat(7, ChatKind.GROUP, "A group"), ExportOptions("/vault"), meant=JobState.CANCELLED)
    job.begin(Metrics())
    assert job.meant is JobState.QUEUED


def test_a_job_that_is_resumed_before_it_has_paused_goes_on(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(slow, tmp_path) as driver:
        _, job = begun(driver, options)
        driver.submit(Pause(job))
        driver.submit(Resume(job))
        assert driver.wait_for(JobEnded).report.state is JobState.DONE


def test_a_chat_that_is_queued_again_while_its_job_is_cancelled_is_exported(
    slow: SandboxProcess, tmp_path: Path, options: ExportOptions
) -> None:
    with driver_on(slow, tmp_path) as driver:
        chat, job = begun(driver, options)
        driver.submit(Cancel(job))
        driver.submit(Export((chat.id,), options))
        while (state := driver.wait_for(JobEnded).report.state) is JobState.CANCELLED:
            pass  # it was over before the chat was queued again, which is another job then
        assert state is JobState.DONE


def test_what_was_asked_for_before_the_engine_may_finish_is_done(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(sandbox, tmp_path) as driver:
        chat = listed(driver)["PollBot"]
        driver.submit(Export((chat.id,), options))
        driver.submit(Stop(finish=True))
        assert driver.wait_for(JobEnded).report.state is JobState.DONE


def test_an_engine_that_finishes_tells_every_end(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = JobRunner._mark

    async def slowly(self: JobRunner, job: Job) -> None:
        await marked(self, job)
        await asyncio.sleep(1.5 * (job.chat.title == "PollBot"))

    monkeypatch.setattr(JobRunner, "_mark", slowly)
    with driver_on(sandbox, tmp_path) as driver:
        driver.submit(Export((listed(driver)["PollBot"].id, cast.ADA), options))
        driver.submit(Stop(finish=True))
        ended = [event for event in until_stopped(driver) if isinstance(event, JobEnded)]
    assert sorted(event.report.chat for event in ended) == ["Ada Lovelace", "PollBot"]


def test_an_export_waits_as_long_as_links_are_led(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tobs_tui.headless.IDLE_TICKS", 1)
    settled = Linker._settle

    async def slowly(self: Linker, vault: str) -> None:
        await asyncio.sleep(3)
        await settled(self, vault)

    with driver_on(sandbox, tmp_path) as driver:
        listed(driver)
    monkeypatch.setattr(Linker, "_settle", slowly)
    (ended,) = export_chats(driver_on(sandbox, tmp_path).engine, (str(bare_id(cast.ADA)),), options)
    assert ended.report.state is JobState.DONE


def test_logging_out_without_a_server_ends_the_engine(tmp_path: Path) -> None:
    with SandboxProcess() as lost, driver_on(lost, tmp_path) as driver:
        listed(driver)
        lost.stop()
        driver.submit(LogOut())
        stopped = until_stopped(driver)[-1]
    assert isinstance(stopped, Stopped)
    assert stopped.exit_code == ExitCode.ACCOUNT
    assert stopped.trouble


def test_an_end_that_cant_be_recorded_is_the_same_after_a_restart(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise CacheError("The cache can't be read")

    monkeypatch.setattr(JobRunner, "_mark", broken)
    with driver_on(sandbox, tmp_path) as driver:
        chat = listed(driver)["PollBot"]
        driver.submit(Export((chat.id,), options))
        assert driver.wait_for(JobEnded).report.state is JobState.FAILED
    with driver_on(sandbox, tmp_path) as driver:
        listed(driver)
        kept = job_of(driver.engine.snapshot(), chat)
    assert (kept.state, kept.reason) == (JobState.FAILED, "The cache can't be read")


def test_a_vault_that_another_job_fails_costs_none_that_is_saved(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ChatExport.run

    async def run(self: ChatExport) -> tuple[JobState, str]:
        outcome = await whole(self)
        self._store._at(options.vault).writer.failed = VaultError("The vault can't be written", "the disk reports an error")
        return outcome

    monkeypatch.setattr(ChatExport, "run", run)
    with driver_on(sandbox, tmp_path) as driver:
        chat = listed(driver)["PollBot"]
        driver.submit(Export((chat.id,), options))
        ended = driver.wait_for(JobEnded)
    with driver_on(sandbox, tmp_path) as driver:
        listed(driver)
        now = driver.engine.snapshot()
    assert (ended.report.state, ended.exit_code) == (JobState.DONE, ExitCode.OK)
    assert job_of(now, chat).state is JobState.DONE
    assert next(row for row in now.chats.rows if row.chat.id == chat.id).exported


def test_logging_out_breaks_off_an_estimate(slow: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for behind the end of the session looks like a lost login, if its answer comes before everything is closed."""
    ask = Caller.ask

    async def slowly(self: Caller, request: object, metrics: Metrics, *, patient: bool = True) -> object:
        answer: object = await ask(self, request, metrics, patient=patient)
        await asyncio.sleep(1.0 * isinstance(request, LogOutRequest))
        return answer

    monkeypatch.setattr(Caller, "ask", slowly)
    with driver_on(slow, tmp_path) as driver:
        listed(driver)
        driver.submit(Estimate((Export((BIG_CHAT,), ExportOptions("/nowhere")),)))
        driver.submit(LogOut())
        assert until_stopped(driver)[-1] == Stopped(ExitCode.OK)


@pytest.mark.parametrize(
    ("error", "code"), [(GaveUp("Given up", "no answer"), ExitCode.INCOMPLETE), (ChatNotFound("No chat"), ExitCode.USAGE)]
)
def test_a_server_that_cant_be_asked_is_no_mistake_of_the_users(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions, monkeypatch: pytest.MonkeyPatch, error: TobsError, code: ExitCode
) -> None:
    with driver_on(sandbox, tmp_path) as driver:
        listed(driver)
    monkeypatch.setattr(TelegramAccount, "find", AsyncMock(side_effect=error))
    with pytest.raises(TobsError, match="Can't tell which chat '@ada' is") as raised:
        list(export_chats(driver_on(sandbox, tmp_path).engine, ("@ada",), options))
    assert raised.value.exit_code is code
