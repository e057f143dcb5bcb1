"""The files of one job: the cache holds their queue, the shared downloader fetches them, notes are told what failed."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from weakref import WeakValueDictionary

from tobs_tui.display import display_text
from tobs_tui.engine.job import Job
from tobs_tui.engine.snapshot import Failure, FileView
from tobs_tui.engine.stations import Stations
from tobs_tui.errors import DiskFull
from tobs_tui.metrics import Wait
from tobs_tui.notes.message import NoteFile, missing_line
from tobs_tui.pipeline.downloader import FileOutcome, FileProgress, FileTask
from tobs_tui.pipeline.records import FileRecord, FileState
from tobs_tui.pipeline.vault import Vault

BATCH = 100
"""So many files are handed to the downloader at once: their references are renewed together, 100 in a request."""
LOOK_AGAIN_SECONDS = 1.0
QUEUE = "file_queue"
FILE_METHODS = "upload."
BROKEN_OFF = "the export ended before it came"


class JobFiles:
    """Downloads what the blocks of a job named, while the job is still reading."""

    def __init__(self, job: Job, vault: Vault, stations: Stations) -> None:
        self._job = job
        self._root = job.options.vault
        self._vault = vault
        self._store = stations.store
        self._downloader = stations.downloader
        self._room = stations.room
        self._news = asyncio.Event()
        self._complete = False
        self._seen = 0
        self._running: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._tried_again: dict[str, FileRecord] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def added(self, count: int) -> None:
        """So many files were appended to the store with their notes."""
        if count:
            self._expect(count)
            self._news.set()

    def _expect(self, count: int) -> None:
        self._job.files_total += count
        self._wait_for(count)

    def _wait_for(self, change: int) -> None:
        self._waiting += change
        self._job.metrics.level(QUEUE, change)

    def finish(self) -> None:
        """No file will be added any more."""
        self._complete = True
        self._news.set()

    async def run(self) -> None:
        """Fetch all files of the chat that aren't there. Returns when none is left and none will come.

        Raises VaultError.
        """
        try:
            async with asyncio.TaskGroup() as group:
                await self._start(group, await self._left_over())
                while await self._step(group):
                    pass
        finally:
            self._wait_for(-self._waiting)

    async def _left_over(self) -> tuple[FileRecord, ...]:
        """What failed in an earlier run is tried again, and what was queued there still is."""
        failed = await self._store.failed_files(self._root, self._job.chat.id)
        self._tried_again = {record.path: record for record in failed}
        self._expect((await self._store.remembered.waiting(self._root, self._job.chat.id)).files)
        return failed

    async def _step(self, group: asyncio.TaskGroup) -> bool:
        """Start what is queued, or wait for news; False when all is done, which only a look behind a checkpoint can tell."""
        complete, saved = self._complete, not self._running
        if saved:
            await self._store.checkpoint(self._root)
        if batch := await self._store.queued_files(self._root, self._job.chat.id, BATCH, self._seen):
            self._seen = batch[-1].seq
            await self._start(group, batch)
        elif self._running:
            await asyncio.wait(self._running, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        elif complete and saved and self._seen:
            self._seen = 0  # other bytes may have come in the place of a file that was queued long ago
        elif complete:
            return not saved
        else:
            await self._news.wait()
            self._news.clear()
        return True

    async def _start(self, group: asyncio.TaskGroup, records: Iterable[FileRecord]) -> None:
        for record in records:
            while len(self._running) >= BATCH:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            task = group.create_task(self._fetch(record))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _fetch(self, record: FileRecord) -> None:
        """Fetch one file. An edit may want other bytes at its path meanwhile: they wait for its end, and find nothing there."""
        async with self._turns.setdefault(record.path, asyncio.Lock()):
            outcome = await self._brought(FileTask(self._vault, record, self._job.metrics))
            self._wait_for(-1)
            if await self._store.edits.wanted(self._root, record.path, record.file.key):
                self._end(record, outcome)
            else:
                await asyncio.to_thread(self._vault.remove, record.path)

    def _end(self, record: FileRecord, outcome: FileOutcome) -> None:
        if outcome.done:
            self._store.file_ended(self._root, record.path, FileState.DONE, sha256=outcome.sha256, key=record.file.key)
            self._job.files += 1
            self._job.run_files += 1
        else:
            self._store.file_ended(self._root, record.path, FileState.FAILED, outcome.reason, key=record.file.key)
            self._job.files_failed += 1
            name = display_text(record.path.rsplit("/", 1)[-1])
            self._job.fail(record.path, Failure(name, outcome.reason, "Retry the job (r), or export the chat again"))

    async def _brought(self, task: FileTask) -> FileOutcome:
        """Fetch a file as soon as there is room for it. A disk that fills up on the way is waited for too: what came of the file is kept.

        Raises VaultError, also for a disk that is full though it says that it has room.
        """
        while True:
            try:
                missing = await self._downloader.missing(task)
                async with self._room.held(self._job, missing, lambda: self._downloader.rest(task)):
                    return await self._downloader.fetch(task)
            except DiskFull:
                if not await self._room.full(self._job, await self._downloader.missing(task)):
                    raise

    async def break_off(self) -> None:
        """The job ends before its files are there: none of them is embedded meanwhile, and the chat's next export tries them again."""
        root, chat = self._root, self._job.chat.id
        await self._store.checkpoint(root, chat)
        seen = 0
        while batch := await self._store.queued_files(root, chat, BATCH, seen):
            seen = batch[-1].seq
            for record in batch:
                self._store.file_ended(root, record.path, FileState.FAILED, BROKEN_OFF)
        await self._store.checkpoint(root, chat)
        await self.settle_lines()

    async def settle_lines(self) -> None:
        """Make the notes say what is there: embeds of failed files become words, words of recovered files embeds again."""
        changes: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        failed = {record.path: record for record in await self._store.failed_files(self._root, self._job.chat.id)}
        for path, record in self._tried_again.items():
            changes[record.note].append((_words(record), _words(failed[path]) if path in failed else record.line))
        for record in failed.values():
            changes[record.note].append((record.line, _words(record)))
        for note, lines in changes.items():
            await self._store.replace_lines(self._root, note, tuple(lines))


def _words(record: FileRecord) -> str:
    """The line that stands in a note for a file that couldn't be had."""
    return missing_line(NoteFile(record.file, record.path, record.line, record.message_id, record.date), record.reason)


def files_of(job: Job, files: Iterable[FileProgress], waits: Iterable[Wait]) -> tuple[FileView, ...]:
    """What the downloader is at for a job, whose folder lies in the vault as the file system calls it; `waits` are the job's."""
    floods = [wait for wait in waits if wait.method.startswith(FILE_METHODS)]
    return tuple(
        FileView(
            display_text(each.path.rpartition("/")[2]),
            each.received,
            each.size,
            each.parts,
            each.rate,
            each.attempts,
            each.waiting or ("" if each.rate else _flood_words(floods)),
        )
        for each in files
        if each.chat_id == job.chat.id and job.folder.startswith(f"{each.root}/")
    )


def _flood_words(floods: Iterable[Wait]) -> str:
    longest = max(floods, key=lambda wait: wait.until, default=None)
    return f"flood wait, {longest.method}, {max(0.0, longest.until - time.time()):.0f} s left" if longest else ""
