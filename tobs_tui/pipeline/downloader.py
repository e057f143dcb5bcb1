"""The one downloader of all jobs: how many files and parts are under way, each file fetched once, every end with a reason."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tobs_tui.content import RemoteFile
from tobs_tui.errors import GaveUp, RequestError, RequestRefused, VaultError
from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.attempts import Pulse
from tobs_tui.pipeline.budget import Budget
from tobs_tui.pipeline.flow import Flow
from tobs_tui.pipeline.partfile import date_back, file_sha256, gathered, part_path, whole_file
from tobs_tui.pipeline.parts import PART
from tobs_tui.pipeline.ports import FileStore, PartSource
from tobs_tui.pipeline.threads import DiskThreads
from tobs_tui.pipeline.transfer import SMALL_COST, FileTask, Means, Transfer
from tobs_tui.retry import RetryPolicy
from tobs_tui.settings import MediaSettings

__all__ = ["Downloader", "FileOutcome", "FileProgress", "FileTask"]

RECENT = 4096


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """How a file ended: done (with its SHA-256 in hex), or not, with the reason in words. `attempts` are requests that failed."""

    done: bool
    reason: str
    size: int
    attempts: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class FileProgress:
    """A file that is under way in the vault at `root` for a chat. `received` bytes are right, `parts` in flight, `rate` in bytes per
    second, `attempts` failed; `waiting` says what for, and is empty while bytes come."""

    root: str
    chat_id: int
    path: str
    received: int
    size: int
    parts: int
    rate: float
    attempts: int
    waiting: str


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the first of several tasks for the same file leaves to the others: where it lies, or why nobody gets it."""

    path: str = ""
    sha256: str = ""
    reason: str = ""


class Downloader:
    """Fetches files for all jobs. Belongs to one event loop. `seconds` is a request's deadline, `sleep` pauses for seconds."""

    def __init__(
        self,
        source: PartSource,
        store: FileStore,
        settings: MediaSettings,
        metrics: Metrics,
        seconds: float = 15.0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._threads = DiskThreads()
        self._store = store
        self._flow = Flow(settings.parts, seconds, metrics)
        policy = RetryPolicy.of_limit(settings.attempts)
        held = settings.parts + settings.parts // 2 + 1
        self._means = Means(source, store, self._flow, Budget(held * PART), self._threads, policy, Pulse(), held, self._files_of, sleep)
        self._large = Budget(settings.files)
        self._small = Budget(2 * settings.parts * PART // SMALL_COST)  # some of them are on their way to the disk
        self._fetching: dict[tuple[str, str], asyncio.Future[_Shared | None]] = {}
        self._recent: dict[tuple[str, str], _Shared] = {}
        self._transfers: dict[Transfer, None] = {}
        self._wanted: defaultdict[int, dict[str, RemoteFile]] = defaultdict(dict)

    async def close(self) -> None:
        """End the threads. Every fetch must have ended, or been cancelled and waited for."""
        self._flow.close()
        self._threads.close()

    def progress(self) -> tuple[FileProgress, ...]:
        """The files that are under way, the longest first."""
        return tuple(_progress(each) for each in self._transfers)

    async def fetch(self, task: FileTask) -> FileOutcome:
        """Bring a file to its place. Ends in bounded time; only CancelledError and VaultError get out.

        A cancelled fetch, and one that the disk ended, is taken up where it stood by the next one of the same path.
        """
        if await self._stands(task, task.record.path):
            await self._tidy(task)
            return await self._done(task)
        wanted = self._wanted[task.record.chat_id]
        wanted[task.record.path] = task.record.file
        try:
            return await self._bring(task)
        finally:
            wanted.pop(task.record.path, None)

    async def missing(self, task: FileTask) -> int:
        """Bytes that the disk must have room for until the file is there. Raises VaultError."""
        size = task.record.file.size
        places = await self._store.places_of(str(task.vault.root), task.record.file.key)
        for path in (task.record.path, *places):
            if await self._stands(task, path):
                return 0
        return max(0, size - await self._threads.run(gathered, task.vault, task.record.path))

    def rest(self, task: FileTask) -> int:
        """Bytes of a file that are still to come, as far as one knows."""
        size = task.record.file.size
        return next((size - transfer.verified.total for transfer in self._transfers if transfer.task is task), size)

    def _files_of(self, chat_id: int) -> tuple[RemoteFile, ...]:
        """The files of a chat that were asked for and aren't there yet."""
        return tuple(self._wanted[chat_id].values())

    async def _bring(self, task: FileTask) -> FileOutcome:
        """Bring a file that isn't in its place, by whatever way."""
        key = (str(task.vault.root), task.record.file.key)
        while (first := self._fetching.get(key)) is not None:
            if outcome := await self._share(task, await asyncio.shield(first)):
                return outcome
        return await self._lead(task, key)

    async def _stands(self, task: FileTask, path: str) -> bool:
        return await self._threads.run(whole_file, task.vault, path, task.record.file.size)

    async def _done(self, task: FileTask, sha256: str = "") -> FileOutcome:
        """The outcome of a file that stands in its place, without a request."""
        known = sha256 or await self._threads.run(file_sha256, task.vault, task.record.path)
        return FileOutcome(True, "", task.record.file.size, 0, known)

    async def _share(self, task: FileTask, shared: _Shared | None) -> FileOutcome | None:
        """What another task for the same file leaves to this one; None when this one has to try by itself."""
        if shared is None:
            return None
        if shared.path:
            return await self._link(task, shared.path, shared.sha256)
        return FileOutcome(False, shared.reason, task.record.file.size, 0)

    async def _link(self, task: FileTask, source: str, sha256: str = "") -> FileOutcome | None:
        """Give the file that stands at `source` this task's path too; None when it doesn't stand there any more."""
        path = task.record.path
        if source != path:
            try:
                await self._threads.run(_link, task, source)
            except VaultError:
                if await self._stands(task, source):
                    raise
        if not await self._stands(task, path):
            return None
        await self._tidy(task)
        return await self._done(task, sha256)

    async def _tidy(self, task: FileTask) -> None:
        """What an earlier run gathered of a file that came by another way isn't needed any more."""
        await self._threads.run(task.vault.remove, part_path(task.record.path))
        if task.record.file.size > PART:
            self._store.put_parts(str(task.vault.root), task.record.path, None)

    async def _lead(self, task: FileTask, key: tuple[str, str]) -> FileOutcome:
        """Fetch a file, for all who want the same meanwhile."""
        shared: _Shared | None = None
        future: asyncio.Future[_Shared | None] = asyncio.get_running_loop().create_future()
        self._fetching[key] = future
        try:
            outcome = await self._elsewhere(task, key)
            if outcome is None:
                outcome, shared = await self._transfer(task)
            if outcome.done:
                shared = _Shared(task.record.path, outcome.sha256)
                self._remember(key, shared)
            return outcome
        finally:
            del self._fetching[key]
            future.set_result(shared)

    def _remember(self, key: tuple[str, str], shared: _Shared) -> None:
        """The store learns from the caller that a file is done, and tells it only then; until then this does."""
        self._recent[key] = shared
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]

    async def _elsewhere(self, task: FileTask, key: tuple[str, str]) -> FileOutcome | None:
        """The same file under another message of the vault."""
        if (recent := self._recent.get(key)) and (outcome := await self._link(task, recent.path, recent.sha256)):
            return outcome
        for source in await self._store.places_of(*key):
            if outcome := await self._link(task, source):
                return outcome
        return None

    async def _transfer(self, task: FileTask) -> tuple[FileOutcome, _Shared | None]:
        """Fetch the file itself, when there is room for one more; a refusal isn't shared: another message may still show the file."""
        slots = self._small if task.record.file.size < PART else self._large
        async with slots.grant((str(task.vault.root), task.record.chat_id)):
            transfer = Transfer(task, self._means)
            self._transfers[transfer] = None
            try:
                with task.metrics.in_flight("files"):
                    sha256 = await transfer.run()
            except GaveUp as error:
                return _failed(transfer, error), _Shared(reason=_words(error))
            except RequestRefused as error:
                return _failed(transfer, error), None
            finally:
                del self._transfers[transfer]
        return FileOutcome(True, "", transfer.size, transfer.attempts.failures, sha256), None


def _failed(transfer: Transfer, error: RequestError) -> FileOutcome:
    return FileOutcome(False, _words(error), transfer.size, transfer.attempts.failures)


def _words(error: RequestError) -> str:
    """Why a file isn't there, as a phrase."""
    return error.why or error.what


def _link(task: FileTask, source: str) -> None:
    task.vault.link_or_copy(source, task.record.path)
    date_back(task.vault, task.record.path, task.record.date)


def _progress(transfer: Transfer) -> FileProgress:
    return FileProgress(
        str(transfer.task.vault.root),
        transfer.task.record.chat_id,
        transfer.task.record.path,
        transfer.verified.total,
        transfer.size,
        transfer.in_flight,
        transfer.rate.snapshot().now,
        transfer.attempts.failures,
        transfer.waiting,
    )
