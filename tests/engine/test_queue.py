"""The queue: pause, resume, cancel, retry, move, stop and start again. Each on a real export that is slowed down by its server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.conftest import driver_on
from tests.engine.driver import EngineDriver
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Cancel, ClearEnded, Export, Move, Pause, Resume, Retry
from tobs_tui.engine.events import ChatsListed, JobEnded, Trouble
from tobs_tui.engine.snapshot import JobState, JobView, Snapshot
from tobs_tui.model import Chat, ExportOptions, bare_id
from tobs_tui.sandbox import cast
from tobs_tui.settings import KeptQueue, PipelineSettings

MESSAGES = 3_000


@pytest.fixture(scope="module")
def slow() -> Iterator[SandboxProcess]:
    """A server with one long chat that takes seconds, so that some snapshot shows it in part."""
    with SandboxProcess(messages=MESSAGES, rtt_ms=60, bandwidth=300_000) as running:
        yield running


def listed(driver: EngineDriver) -> dict[str, Chat]:
    driver.ready().wait_for(ChatsListed)
    return {row.title: row.chat for row in driver.engine.snapshot().chats.rows}


def job_of(snapshot: Snapshot, chat: Chat) -> JobView:
    return next(job for job in snapshot.jobs if job.chat_id == chat.id)


def seen(driver: EngineDriver, chat: Chat, state: JobState) -> JobView:
    """Wait until the chat's job is in a state."""
    return job_of(driver.until(lambda now: any(job.chat_id == chat.id and job.state is state for job in now.jobs)), chat)


def partly_done(driver: EngineDriver, chat: Chat) -> JobView:
    """Wait until some of the chat is there and some is not."""
    return job_of(driver.until(lambda now: any(job.chat_id == chat.id and 200 <= job.messages < MESSAGES for job in now.jobs)), chat)


def check_whole(vault: Path, chat: Chat, sandbox: SandboxProcess) -> None:
    reader = VaultReader(vault)
    assert reader.ids(reader.folder_of(bare_id(chat.id), chat.kind)) == sorted(sandbox.twin().chat(chat.id).messages)


def test_a_paused_job_goes_on_where_it_stood(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(slow, tmp_path) as driver:
        chat = listed(driver)["Big chat"]
        driver.submit(Export((chat.id,), options))
        job = partly_done(driver, chat)
        driver.submit(Pause(job.id))
        paused = seen(driver, chat, JobState.PAUSED)
        driver.submit(Resume(job.id))
        report = driver.jobs_ended(1)[0].report
    assert 200 <= paused.messages < MESSAGES
    assert (report.state, report.messages) == (JobState.DONE, MESSAGES - paused.messages)
    check_whole(Path(options.vault), chat, slow)


def test_a_queue_outlives_its_process(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(slow, tmp_path) as driver:
        chats = listed(driver)
        big, small = chats["Big chat"], chats["Ada Lovelace"]
        driver.submit(Export((big.id,), options))
        partly_done(driver, big)
    with driver_on(slow, tmp_path, keep_queue=False) as screenless:
        chats = listed(screenless)
        screenless.submit(Export((small.id,), options))
        assert screenless.jobs_ended(1)[0].report.chat == "Ada Lovelace"
        assert job_of(screenless.engine.snapshot(), big).state is JobState.QUEUED
    with driver_on(slow, tmp_path) as driver:
        report = driver.ready().jobs_ended(1)[0].report
    assert report.chat == "Big chat"
    assert 0 < report.messages < MESSAGES
    check_whole(Path(options.vault), big, slow)


def test_a_kept_queue_waits_for_a_word_where_the_settings_say_so(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(slow, tmp_path) as driver:
        big = listed(driver)["Big chat"]
        driver.submit(Export((big.id,), options))
        partly_done(driver, big)
    with driver_on(slow, tmp_path, pipeline=PipelineSettings(kept_queue=KeptQueue.ASK)) as driver:
        listed(driver)
        job = job_of(driver.engine.snapshot(), big)
        assert (job.state, job.held) == (JobState.QUEUED, True)
        driver.submit(Resume(job.id))
        report = driver.jobs_ended(1)[0].report
    assert (report.chat, report.state) == ("Big chat", JobState.DONE)


def test_a_chat_queued_again_joins_its_unfinished_job(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(slow, tmp_path) as driver:
        chat = listed(driver)["Big chat"]
        driver.submit(Export((chat.id,), options))
        partly_done(driver, chat)
        driver.submit(Export((chat.id,), options))
        driver.jobs_ended(1)
        assert len(driver.engine.snapshot().jobs) == 1
    check_whole(Path(options.vault), chat, slow)


def test_a_chat_renamed_since_its_job_was_queued_has_its_new_title(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    chat = slow.world(add_chat={"title": "Before", "kind": "supergroup"})["add_chat"]
    slow.world(add_message={"chat": chat, "text": "Hello"})
    with driver_on(slow, tmp_path, keep_queue=False) as driver:
        big = listed(driver)["Big chat"]
        driver.submit(Export((big.id, cast.RUST, chat), options))
        partly_done(driver, big)
    slow.world(rename={"chat": chat, "title": "After"})
    with driver_on(slow, tmp_path, keep_queue=False) as driver:
        listed(driver)
        driver.submit(Export((chat,), options))
        driver.jobs_ended(1)
    slow.world(remove_chat={"chat": chat})
    reader = VaultReader(tmp_path / "vault")
    folder = Path(reader.folder_of(bare_id(chat), "supergroup"))
    assert "\n# After\n" in reader.notes[f"{folder}/{folder.name}.md"]


def test_a_cancelled_job_ends_and_can_be_retried(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(slow, tmp_path) as driver:
        chat = listed(driver)["Big chat"]
        driver.submit(Export((chat.id,), options))
        job = partly_done(driver, chat)
        driver.submit(Cancel(job.id))
        assert driver.wait_for(JobEnded).report.state is JobState.CANCELLED
        driver.submit(Retry(job.id))
        assert driver.wait_for(JobEnded).report.state is JobState.DONE
    check_whole(Path(options.vault), chat, slow)


def test_jobs_move_and_run_two_at_a_time(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(slow, tmp_path) as driver:
        chats = listed(driver)
        wanted = [chats[title] for title in ("Big chat", "Python Talk", "Ada Lovelace", "PollBot")]
        driver.submit(Export(tuple(chat.id for chat in wanted), replace(options, media=frozenset())))
        first = driver.until(lambda now: len(now.jobs) == 4)
        last = first.jobs[3]
        driver.submit(Move(last.id, -1))
        driver.until(lambda now: [job.title for job in now.jobs][2:] == ["PollBot", "Ada Lovelace"])
        running = [sum(job.state.active for job in first.jobs)]
        ended = [driver.wait_for(JobEnded).report.chat for _ in wanted]
    assert max(running) <= 2
    assert ended.index("PollBot") < ended.index("Ada Lovelace")


def test_ended_jobs_outlive_a_restart_and_can_be_cleared(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(slow, tmp_path) as driver:
        chat = listed(driver)["PollBot"]
        driver.submit(Export((chat.id,), options))
        driver.jobs_ended(1)
        ended = job_of(driver.engine.snapshot(), chat)
    with driver_on(slow, tmp_path) as driver:
        listed(driver)
        kept = job_of(driver.engine.snapshot(), chat)
        driver.submit(ClearEnded())
        driver.until(lambda now: not now.jobs)
    assert (kept.state, kept.folder, kept.kinds, kept.messages) == (JobState.DONE, ended.folder, ended.kinds, ended.messages)
    assert kept.folder.endswith("PollBot")


def test_what_cannot_be_done_is_told(slow: SandboxProcess, tmp_path: Path) -> None:
    with driver_on(slow, tmp_path) as driver:
        driver.ready()
        driver.submit(Cancel(99))
        trouble = driver.wait_for(Trouble)
    assert "99" in trouble.why


def test_a_file_in_place_of_the_vault_fails_the_job_and_nothing_else(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("mine")
    with driver_on(slow, tmp_path) as driver:
        chats = listed(driver)
        driver.submit(Export((chats["PollBot"].id,), ExportOptions(str(blocked))))
        failed = driver.wait_for(JobEnded)
        driver.submit(Export((chats["PollBot"].id,), options))
        assert driver.wait_for(JobEnded).report.state is JobState.DONE
    assert failed.report.state is JobState.FAILED
    assert failed.exit_code == 4
    assert blocked.read_text() == "mine"


def test_what_a_running_job_wasn_t_asked_for_comes_after_it(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    """A chat queued again while it runs joins its job, and what is new in the options isn't lost."""
    with driver_on(slow, tmp_path) as driver:
        chat = listed(driver)["Big chat"]
        middle = sorted(slow.twin().chat(chat.id).messages.items())[MESSAGES // 2][1]
        driver.submit(Export((chat.id,), replace(options, until=middle.date)))
        partly_done(driver, chat)
        driver.submit(Export((chat.id,), options))
        driver.jobs_ended(2)
        assert len(driver.engine.snapshot().jobs) == 1
    check_whole(Path(options.vault), chat, slow)
