"""Files of whole exports: through faults, past a server that falls silent, and back when they can be had again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest

from tests.engine.conftest import driver_on
from tests.engine.driver import EngineDriver
from tests.engine.faulty_files import trial
from tests.engine.vault_reader import VaultReader
from tests.pipeline.store_support import chat_state, entry, file_of, open_store, until
from tests.support.records import replace
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Cancel, Export, Pause, Retry
from tobs_tui.engine.events import ChatsListed, JobEnded
from tobs_tui.engine.files import JobFiles
from tobs_tui.engine.job import Job
from tobs_tui.engine.room import Room
from tobs_tui.engine.runner import broken_off
from tobs_tui.engine.snapshot import JobState
from tobs_tui.errors import GaveUp, NotLoggedIn, RequestRefused, VaultError
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, ChatKind, ExportOptions
from tobs_tui.pipeline.downloader import FileOutcome, FileTask
from tobs_tui.pipeline.records import FileState
from tobs_tui.pipeline.renewal import Edit
from tobs_tui.sandbox.bulk import FILES_CHAT
from tobs_tui.settings import MediaSettings

COUNT, SIZE = 12, 1_200_000
IMPATIENT = MediaSettings(attempts=5)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(files=(COUNT, SIZE)) as running:
        yield running


@pytest.fixture
def driver(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[EngineDriver]:
    with driver_on(sandbox, tmp_path, media=IMPATIENT) as running:
        running.ready().wait_for(ChatsListed)
        yield running


@pytest.fixture(autouse=True)
def healed(sandbox: SandboxProcess) -> Iterator[None]:
    yield
    sandbox.faults(silent={}, failures={}, floods={})


def test_files_come_right_through_every_fault_or_are_listed(tmp_path: Path) -> None:
    """A scaled form of `python -m tests.engine.faulty_files`."""
    report, gone = trial(tmp_path, files=60, size=300_000, chance=0.05)
    assert report.files + report.files_failed == 60
    assert report.state is (JobState.INCOMPLETE if report.files_failed else JobState.DONE)
    assert report.files >= 60 - len(gone)


def test_a_job_whose_server_falls_silent_ends_and_goes_on_later(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    sandbox.faults(floods={"upload.getFile": {"seconds": 1, "count": 2}})
    with driver_on(sandbox, tmp_path, media=IMPATIENT, request_seconds=0.5) as impatient:
        impatient.ready().wait_for(ChatsListed)
        impatient.submit(Export((FILES_CHAT,), options))
        impatient.until(lambda snapshot: bool(snapshot.jobs) and snapshot.jobs[0].messages == COUNT)
        sandbox.faults(silent={"*": 1.0})
        asking = impatient.until(lambda snapshot: any("next attempt" in file.waiting for file in snapshot.jobs[0].under_way))
        assert {file.size for file in asking.jobs[0].under_way} == {SIZE}
        report = impatient.wait_for(JobEnded).report
    assert report.state is JobState.INCOMPLETE
    assert report.files + report.files_failed == COUNT
    assert len(report.failures) == report.files_failed > 0
    assert all("after" in failure.why or "nothing" in failure.why for failure in report.failures)
    sandbox.faults(silent={})
    with driver_on(sandbox, tmp_path) as patient:  # whose deadlines bear a busy machine
        patient.ready().wait_for(ChatsListed)
        patient.submit(Export((FILES_CHAT,), options))
        assert patient.wait_for(JobEnded).report.state is JobState.DONE


def test_files_that_an_interrupted_run_left_are_counted(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    sandbox.faults(floods={"upload.getFile": {"seconds": 1, "count": 2}})
    with driver_on(sandbox, tmp_path, media=IMPATIENT) as first:
        first.ready().wait_for(ChatsListed)
        first.submit(Export((FILES_CHAT,), options))
        first.until(lambda snapshot: bool(snapshot.jobs) and snapshot.jobs[0].messages == COUNT)
    with driver_on(sandbox, tmp_path, media=IMPATIENT) as second:
        assert second.ready().wait_for(JobEnded).report.state is JobState.DONE
        job = second.engine.snapshot().jobs[0]
    assert (job.files, job.files_total, job.metrics.gauge("file_queue")) == (COUNT, COUNT, 0)


def test_a_failed_file_is_a_line_of_text_until_a_later_run_gets_it(
    sandbox: SandboxProcess, driver: EngineDriver, options: ExportOptions
) -> None:
    sandbox.faults(failures={"upload.getFile": {"code": 400, "message": "LOCATION_INVALID"}})
    driver.submit(Export((FILES_CHAT,), options))
    ended = driver.wait_for(JobEnded)
    assert (ended.report.state, ended.report.files_failed) == (JobState.INCOMPLETE, COUNT)
    vault = VaultReader(Path(options.vault))
    words = "".join(vault.notes.values())
    assert words.count("📎 large ") == COUNT
    assert words.count("not downloaded: ") >= COUNT
    assert vault.broken_links() == []
    assert [file for file in vault.root.rglob("*") if file.is_file() and file.suffix != ".md"] == []
    sandbox.faults(failures={})
    driver.submit(Retry(ended.job))
    report = driver.wait_for(JobEnded).report
    assert (report.state, report.files, report.failures) == (JobState.DONE, COUNT, ())
    check_same_as_a_clean_run(driver, options)


def test_a_cancelled_job_leaves_no_embed_of_what_isnt_there(
    sandbox: SandboxProcess, driver: EngineDriver, options: ExportOptions
) -> None:
    sandbox.faults(floods={"upload.getFile": {"seconds": 3, "count": 4, "premium": True}})
    driver.submit(Export((FILES_CHAT,), options))
    job = driver.until(lambda snapshot: bool(snapshot.jobs) and snapshot.jobs[0].messages == COUNT).jobs[0]
    driver.until(lambda snapshot: any("flood wait, upload.getFile, " in file.waiting for file in snapshot.jobs[0].under_way))
    driver.submit(Cancel(job.id))
    assert driver.wait_for(JobEnded).report.state is JobState.CANCELLED
    vault = VaultReader(Path(options.vault))
    assert [target for _, target in vault.broken_links() if target.endswith(".bin")] == []
    words = "".join(vault.notes.values())
    assert words.count("![[") + words.count("not downloaded: the export ended before it came") == COUNT
    assert "not downloaded" in words
    sandbox.faults(floods={})
    driver.submit(Retry(job.id))
    assert driver.wait_for(JobEnded).report.state is JobState.DONE
    check_same_as_a_clean_run(driver, options)


@pytest.mark.parametrize(
    ("error", "meant", "broken"),
    [
        (asyncio.CancelledError(), JobState.CANCELLED, True),
        (asyncio.CancelledError(), JobState.PAUSED, False),
        (asyncio.CancelledError(), JobState.QUEUED, False),
        (ExceptionGroup("", [RequestRefused("No more", "the chat is private")]), JobState.QUEUED, True),
        (GaveUp("Given up"), JobState.QUEUED, True),
        (ZeroDivisionError(), JobState.QUEUED, True),
        (ExceptionGroup("", [NotLoggedIn("Not logged in")]), JobState.QUEUED, False),
        (VaultError("The vault can't be written"), JobState.QUEUED, False),
    ],
)
def test_a_job_is_broken_off_when_it_wont_go_on_by_itself(error: BaseException, meant: JobState, broken: bool) -> None:
    job = Job(1, Chat(7, ChatKind.GROUP, "A group"), ExportOptions("/vault"))
    job.meant = meant
    assert broken_off(error, job) is broken


def check_same_as_a_clean_run(driver: EngineDriver, options: ExportOptions) -> None:
    clean = ExportOptions(f"{options.vault} clean", timezone=options.timezone)
    driver.submit(Export((FILES_CHAT,), clean))
    assert driver.wait_for(JobEnded).report.state is JobState.DONE
    assert VaultReader(Path(options.vault)).picture() == VaultReader(Path(clean.vault)).picture()


def test_a_paused_job_that_is_cancelled_leaves_no_embed_of_what_isnt_there(
    sandbox: SandboxProcess, driver: EngineDriver, options: ExportOptions
) -> None:
    sandbox.faults(floods={"upload.getFile": {"seconds": 3, "count": 4, "premium": True}})
    driver.submit(Export((FILES_CHAT,), options))
    job = driver.until(lambda snapshot: bool(snapshot.jobs) and snapshot.jobs[0].messages == COUNT).jobs[0]
    driver.submit(Pause(job.id))
    driver.until(lambda snapshot: snapshot.jobs[0].state is JobState.PAUSED)
    driver.submit(Cancel(job.id))
    assert driver.wait_for(JobEnded).report.state is JobState.CANCELLED
    assert [target for _, target in VaultReader(Path(options.vault)).broken_links() if target.endswith(".bin")] == []


async def test_a_file_that_is_queued_anew_behind_later_ones_is_fetched(tmp_path: Path) -> None:
    """A run begins with the files that an earlier one left; then an edit brings other bytes to a message long before them."""
    async with open_store(tmp_path) as (store, vault):
        root, fetched = str(vault), list[str]()

        async def fetch(task: FileTask) -> FileOutcome:
            fetched.append(task.record.file.key)
            return FileOutcome(True, "", 10, 0, "ab")

        await store.put_chat(root, chat_state())
        for number in range(1, 21):
            store.append(entry(vault, number))
        store.file_ended(root, file_of(10, 7).path, FileState.DONE)
        await store.checkpoint()
        job = Job(1, Chat(7, ChatKind.GROUP, "A group"), ExportOptions(root), Metrics())
        downloader = Mock(missing=AsyncMock(return_value=0), fetch=fetch)
        files = JobFiles(job, await store.vault(root), Mock(store=store, downloader=downloader, room=Room(0)))
        run = asyncio.create_task(files.run())
        await until(lambda: fetched == [file_of(20, 7).file.key])
        old = entry(vault, 10)
        other = replace(old.files[0], file=replace(old.files[0].file, id=99))
        new = replace(old, text=old.text.replace("line 0", "another line"), files=(other,))
        await store.edits.renew(root, new.note, [Edit(10, new, new.text)])
        files.added(await store.edits.queued(root, {other.path}))
        files.finish()
        await run
    assert fetched == [file_of(20, 7).file.key, other.file.key]


@pytest.mark.parametrize("landed", [True, False])
async def test_what_an_edit_replaced_while_it_came_ends_for_its_own_bytes_alone(tmp_path: Path, landed: bool) -> None:
    """A file of an earlier run is under way when an edit brings another one, as large as it, to the same path."""
    async with open_store(tmp_path) as (store, vault):
        root, begun, edited = str(vault), list[str](), asyncio.Event()

        async def fetch(task: FileTask) -> FileOutcome:
            file, key = task.vault.make_folder(task.record.path), task.record.file.key
            begun.append(key)
            if key == old.files[0].file.key:
                await edited.wait()
                if not landed:
                    return FileOutcome(False, "gone", 10, 0)
            if not file.exists():
                file.write_text(key)
            return FileOutcome(True, "", 10, 0, key)

        await store.put_chat(root, chat_state())
        old = entry(vault, 10)
        store.append(old)
        await store.checkpoint()
        job = Job(1, Chat(7, ChatKind.GROUP, "A group"), ExportOptions(root), Metrics())
        downloader = Mock(missing=AsyncMock(return_value=0), fetch=fetch)
        files = JobFiles(job, await store.vault(root), Mock(store=store, downloader=downloader, room=Room(0)))
        run = asyncio.create_task(files.run())
        await until(lambda: begun == [old.files[0].file.key])
        other = replace(old.files[0], file=replace(old.files[0].file, id=99))
        new = replace(old, text=old.text.replace("line 0", "another line"), files=(other,))
        await store.edits.renew(root, new.note, [Edit(10, new, new.text)])
        files.added(await store.edits.queued(root, {other.path}))
        files.finish()
        edited.set()
        await run
        assert begun == [old.files[0].file.key, other.file.key]
        assert (vault / other.path).read_text() == other.file.key
        assert await store.places_of(root, other.file.key) == (other.path,)
        assert await store.failed_files(root, 7) == ()
    assert (job.files, job.files_failed) == (1, 0)


async def test_an_end_that_isnt_recorded_when_an_edit_comes_is_nothing_to_the_new_bytes(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        root, old = str(vault), entry(vault, 10)
        store.append(old)
        await store.checkpoint()
        file = (await store.vault(root)).make_folder(old.files[0].path)
        file.write_text("old bytes.")
        store.file_ended(root, old.files[0].path, FileState.DONE, key=old.files[0].file.key)
        other = replace(old.files[0], file=replace(old.files[0].file, id=99))
        new = replace(old, text=old.text.replace("line 0", "another line"), files=(other,))
        await store.edits.renew(root, new.note, [Edit(10, new, new.text)])
        await store.checkpoint()
        assert [each.file for each in await store.queued_files(root, 7, 10)] == [other.file]
        assert not file.exists()
