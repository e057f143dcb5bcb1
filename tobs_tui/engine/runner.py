"""Runs the queue's jobs, several at a time, and does what is asked of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tobs_tui.engine.chat_list import KnownChats
from tobs_tui.engine.commands import Cancel, ClearEnded, Export, Move, Pause, Resume, Retry
from tobs_tui.engine.events import Event, JobEnded, Trouble
from tobs_tui.engine.export import ChatExport
from tobs_tui.engine.faults import first_error
from tobs_tui.engine.files import JobFiles, files_of
from tobs_tui.engine.folders import Folders
from tobs_tui.engine.job import Job
from tobs_tui.engine.linking import Linker
from tobs_tui.engine.queue import JobQueue
from tobs_tui.engine.snapshot import JobState, JobView
from tobs_tui.engine.stations import Stations
from tobs_tui.engine.topics import WHOLE
from tobs_tui.errors import CacheError, ExitCode, NotLoggedIn, RequestError, TobsError, UsageError, VaultError
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, ChatKind
from tobs_tui.pipeline.downloader import FileProgress
from tobs_tui.pipeline.records import ChatState
from tobs_tui.settings import Settings

log = logging.getLogger(__name__)
JobCommand = Export | Pause | Resume | Cancel | Retry | Move | ClearEnded


class JobRunner:
    """The jobs of one account. Its tasks live in the group that it is given."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        settings: Settings,
        stations: Stations,
        chats: KnownChats,
        metrics: Metrics,
        tell: Callable[[Event], None],
        start_kept: bool,
    ) -> None:
        self._group = group
        self._settings = settings
        self._stations = stations
        self._store = stations.store
        self._chats = chats
        self._tell = tell
        self._queue = JobQueue(stations.store, start_kept)
        self._folders = Folders(stations.store)
        self._linker = Linker(stations.store)
        self._home = str(Path(settings.vault.path).expanduser().absolute())
        self._metrics = metrics
        self._when_idle: Callable[[], None] | None = None
        self._stopping = False
        self._opened: set[str] = set()

    async def load(self) -> None:
        """Take up the jobs of earlier runs, and what was exported before. Raises CacheError."""
        await self._queue.load()
        if await asyncio.to_thread(Path(self._home).is_dir):
            await self._mark_exported()
        self._schedule()

    async def _mark_exported(self) -> None:
        """Tell the chat list what the vault of the settings holds; a vault that can't be opened is told, and no more."""
        try:
            await self._store.vault(self._home)
            states = await self._store.chats(self._home)
        except VaultError as error:
            self._tell(Trouble(time.time(), error.what, error.why, error.todo))
            return
        self._chats.mark({state.id: await self._exported(self._home, state) for state in states if state.exported_at})

    async def _exported(self, vault: str, state: ChatState) -> tuple[float, int]:
        """When a chat was exported and up to which message: of a forum, up to where all of its topics were read."""
        whole = (await self._store.topics(vault, state.id)).get(WHOLE) if state.kind is ChatKind.FORUM else None
        return state.exported_at, whole.read if whole else state.last_id

    def views(self, online: bool) -> tuple[JobView, ...]:
        files = self._stations.downloader.progress()
        return tuple(self._view(job, online, files) for job in self._queue)

    @staticmethod
    def _view(job: Job, online: bool, files: tuple[FileProgress, ...]) -> JobView:
        view = job.view(online)
        return replace(view, under_way=files_of(job, files, view.metrics.waits)) if view.state.active else view

    def when_idle(self, call: Callable[[], None]) -> None:
        """Call once nothing runs or waits to run."""
        self._when_idle = call
        self._schedule()

    async def stop(self) -> None:
        """Interrupt what runs; it goes on at the next start."""
        self._stopping = True
        running = [job.task for job in self._queue if job.task]
        for job in self._queue:
            if job.task and job.meant is JobState.QUEUED:  # others are on their way to the state that the user asked for
                job.interrupt(JobState.QUEUED)
        if running:
            await asyncio.wait(running)

    async def obey(self, command: JobCommand) -> None:
        """Do what is asked of one job, or of all. Raises UsageError for a job or chat that isn't there, VaultError."""
        match command:
            case Export():
                await self._add(command)
            case Pause(job):
                self._interrupt(job, JobState.PAUSED)
            case Resume(job):
                self._resume(job)
            case Cancel(job):
                await self._cancel(self._job(job))
            case Retry(job):
                self._retry(self._job(job))
            case Move(job, places):
                self._queue.move(self._job(job), places)
            case ClearEnded():
                self._clear_ended()
        self._schedule()

    async def _add(self, command: Export) -> None:
        chats = [self._chat(chat_id) for chat_id in command.chats]
        with suppress(VaultError, CacheError):  # each job meets it again and ends with it
            await self._folders.reserve(chats, command.options)
        for chat in chats:
            self._queue.add(chat, command.options)

    def _chat(self, chat_id: int) -> Chat:
        if chat := self._chats.get(chat_id):
            return chat
        raise UsageError("That chat isn't in the list", f"its id is {chat_id}", "Read the list again")

    def _job(self, job_id: int) -> Job:
        try:
            return self._queue[job_id]
        except KeyError as error:
            raise UsageError("That job isn't in the queue", f"its number is {job_id}") from error

    def _chosen(self, job_id: int) -> list[Job]:
        return [self._job(job_id)] if job_id else list(self._queue)

    def _interrupt(self, job_id: int, meant: JobState) -> None:
        for job in self._chosen(job_id):
            if not job.state.ended:
                job.interrupt(meant)
                self._queue.keep(job)

    def _resume(self, job_id: int) -> None:
        for job in self._chosen(job_id):
            if job.state is JobState.PAUSED or (job_id and job.held):
                job.requeue()
                self._queue.keep(job)
            elif job.state.active and job.meant is JobState.PAUSED:
                job.go_on()

    async def _cancel(self, job: Job) -> None:
        if job.state.ended:
            raise UsageError("That job has ended already", todo="Retry it (r) to go on")
        job.again = None
        job.interrupt(JobState.CANCELLED)
        if not job.task:
            job.settle(ending=True)
            await self._break_off(job)
            await self._end(job, JobState.CANCELLED)

    async def _break_off(self, job: Job) -> None:
        """A job that was paused, or waited to go on, ends: its notes embed no file that isn't there."""
        if job.folder:
            with suppress(TobsError):
                vault = await self._store.vault(job.options.vault)
                self._opened.add(job.options.vault)
                await JobFiles(job, vault, self._stations).break_off()

    def _retry(self, job: Job) -> None:
        if not job.state.ended:
            raise UsageError("That job hasn't ended", todo="Resume it (p) if it is paused")
        if job.ending:
            job.ask_again(job.options)
        else:
            job.requeue()
        self._queue.keep(job)

    def _clear_ended(self) -> None:
        self._queue.remove([job for job in self._queue if job.state in (JobState.DONE, JobState.CANCELLED)])

    def _schedule(self) -> None:
        while not self._stopping and (job := self._queue.next(self._settings.pipeline.jobs)):
            job.begin(Metrics(self._metrics))
            job.task = self._group.create_task(self._run(job))
        if self._when_idle and not self._queue.busy and not any(job.ending for job in self._queue):
            self._when_idle()

    async def _run(self, job: Job) -> None:
        """One run of a job, to whatever end: one chat's trouble is its own, but for a session that the server dropped."""
        code, lost, saved = ExitCode.OK, None, False
        try:
            state, reason = await self._export(job)
            saved = True
        except asyncio.CancelledError:
            state, reason = job.meant, ""
            if task := asyncio.current_task():
                task.uncancel()
        except Exception as error:  # noqa: BLE001 - a chat that fails must not end the others
            state, reason, code = failed(error, job)
            lost = first_error(error) if isinstance(first_error(error), NotLoggedIn) else None
            self._stopping = self._stopping or lost is not None  # nothing begins any more: the group is about to end
        await self._end(job, state, reason, code, saved)
        if lost:
            raise lost

    async def _export(self, job: Job) -> tuple[JobState, str]:
        vault = await self._store.vault(job.options.vault)
        self._opened.add(job.options.vault)
        state = await self._folders.state(job.chat, job.options)
        job.messages = state.messages
        job.files = job.files_total = state.files
        job.folder = str(vault.path(state.folder))
        export = ChatExport(job, state, vault, self._stations, self._queue_beside)
        try:
            return await export.run()
        except (asyncio.CancelledError, Exception) as error:
            if broken_off(error, job):
                with suppress(TobsError):  # the job ends for a reason of its own, which is told
                    await export.break_off()
            raise

    async def _queue_beside(self, main: Job, chat: Chat) -> None:
        """Queue a chat that belongs to the one of a job, with the job's options. Raises VaultError."""
        if self._queue.served(chat, main):
            return
        await self._folders.reserve_beside(chat, main.options)
        self._chats.remember(chat)
        self._queue.add(self._chats[chat.id], main.options, beside=main.chat.id)
        self._schedule()

    async def _end(self, job: Job, state: JobState, reason: str = "", code: ExitCode = ExitCode.OK, saved: bool = False) -> None:
        """Record how a run ended; `saved` says that it came to its own last checkpoint. A job that is only interrupted isn't reported."""
        job.end(state, reason)
        self._queue.keep(job)
        job.settle(ending=True)
        try:
            await self._record(job, saved)
            await self._mark(job)
            await self._settle_links(job)
        except TobsError as error:
            log.error("the end of a job couldn't be recorded: %s", error)
            state, code = JobState.FAILED, error.exit_code
            job.end(state, str(error))
            self._queue.keep(job)
        finally:
            job.settle(ending=False)
        if state.ended:
            worst = code or (ExitCode.OK if state is JobState.DONE else ExitCode.INCOMPLETE)
            self._tell(JobEnded(job.id, job.report(), worst, job.chat.id))
        if again := job.again:
            job.again = None
            job.requeue(again)
            self._queue.keep(job)
        self._schedule()

    async def _settle_links(self, job: Job) -> None:
        """Lead the links of all vaults to what is there when nothing is left to run, so that the order of jobs doesn't show."""
        if job.folder and job.options.vault in self._opened:
            self._linker.changed(job.options.vault)
        if not self._queue.busy:
            for error in await self._linker.settle():
                self._tell(Trouble(time.time(), "Links between chats couldn't be led to their targets", str(error)))

    async def _record(self, job: Job, saved: bool) -> None:
        """Make the job's end durable. Of a vault that couldn't even be opened there is nothing more to tell; one that has failed since
        the job was saved failed by another job, which tells it."""
        if job.options.vault in self._opened and not saved:
            await self._store.checkpoint(job.options.vault)
        else:
            with suppress(VaultError):
                await self._store.checkpoint()

    async def _mark(self, job: Job) -> None:
        """Tell the chat list of an export into the vault that it speaks of."""
        if job.options.vault != self._home or job.state not in (JobState.DONE, JobState.INCOMPLETE):
            return
        state = await self._store.chat(job.options.vault, job.chat.id)
        if state and state.exported_at:
            self._chats.mark({job.chat.id: await self._exported(job.options.vault, state)})


def broken_off(error: BaseException, job: Job) -> bool:
    """Whether a job ends by this, rather than go on by itself later, and its vault can still be written."""
    if isinstance(error, asyncio.CancelledError):
        return job.meant is JobState.CANCELLED
    return not isinstance(first_error(error), NotLoggedIn | VaultError | CacheError)


def failed(error: Exception, job: Job) -> tuple[JobState, str, ExitCode]:
    """How a job ends that raised: its state, the reason in words, and the exit code that it means."""
    known = first_error(error)
    match known:
        case None:
            log.error("the export of chat %s ended by a defect", job.chat.id, exc_info=error)
            return JobState.FAILED, f"a defect of the program ({type(error).__name__}), see the log", ExitCode.INCOMPLETE
        case NotLoggedIn():
            return JobState.QUEUED, str(known), known.exit_code
        case RequestError():
            return JobState.INCOMPLETE, str(known), ExitCode.INCOMPLETE
        case _:
            return JobState.FAILED, str(known), known.exit_code
