"""One file on its way from the server to its place: parts in flight, each proved, kept in a map, and finished or given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from tobs_tui.content import RemoteFile
from tobs_tui.errors import FileGone, GaveUp, ReferenceExpired, RequestFailed, RequestRefused, RetryCause, VaultError
from tobs_tui.metrics import Metrics, Rate
from tobs_tui.pipeline.attempts import SILENCE, FileAttempts, PartAttempts, Pulse
from tobs_tui.pipeline.budget import Budget
from tobs_tui.pipeline.flow import Flow
from tobs_tui.pipeline.hashes import HashTable
from tobs_tui.pipeline.partfile import PartFile, PartMap, part_map
from tobs_tui.pipeline.parts import PART, PartRequest, pieces, requests
from tobs_tui.pipeline.ports import FileStore, PartSource, RangeHash
from tobs_tui.pipeline.records import FileRecord
from tobs_tui.pipeline.spans import Range, Spans
from tobs_tui.pipeline.threads import DiskThreads, apart
from tobs_tui.pipeline.vault import Vault
from tobs_tui.retry import RetryPolicy

T = TypeVar("T")

MAP_BYTES = 4 * 1024 * 1024
MAP_SECONDS = 1.0
"""So many right bytes, or so long after one, the map is saved."""
HASH_BYTES = 64 * 1024 * 1024
"""So much of a file is read between two maps for the SHA-256 of the whole: after a restart gigabytes are there to be read again."""
UNSAVED = 2 * MAP_BYTES
"""A slow disk holds the parts up rather than let a crash cost more than this."""
REFRESHES = 10
"""So many fresh references in a row without a right byte, and the server isn't believed any more."""
SMALL_COST = PART // 3
"""What a small request costs of the budget: three of them keep the line as busy as one whole part."""


@dataclass(frozen=True, slots=True)
class FileTask:
    """A file to fetch into a vault. `metrics` are the job's."""

    vault: Vault
    record: FileRecord
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Means:
    """What all transfers share.

    `flight` grants bytes asked for; `memory` bytes held, a few more: the line stays full while what came goes to the disk. `workers` bounds
    the parts of one file that are under way, `wanted` tells the files of a chat that are to come, `sleep` pauses for seconds.
    """

    source: PartSource
    store: FileStore
    flight: Flow
    memory: Budget
    threads: DiskThreads
    policy: RetryPolicy
    pulse: Pulse
    workers: int
    wanted: Callable[[int], Iterable[RemoteFile]]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


class Transfer:
    """Fetches the file of one task. `waiting` says in words what it waits for; empty while bytes come."""

    def __init__(self, task: FileTask, means: Means) -> None:
        self.task = task
        self.size = task.record.file.size
        self.verified = Spans()
        self.attempts = FileAttempts(means.policy, means.pulse)
        self.in_flight = 0
        self.rate = Rate()
        self.waiting = ""
        self._means = means
        self._file = task.record.file
        self._part = PartFile(task.vault, task.record.path, self.size, task.record.date)
        self._written = Spans()
        self._hashes = HashTable(self.size, self._ask_hashes)
        self._refreshes = 0
        self._refreshing = asyncio.Lock()
        self._alone = asyncio.Lock()
        self._asked_alone = 0
        self._saved = 0
        self._opened = False
        self._room = asyncio.Event()
        self._room.set()
        self._news = asyncio.Event()
        self._enough = asyncio.Event()

    async def run(self) -> str:
        """Fetch the file, or what an earlier run left to fetch; returns its SHA-256 in hex.

        Raises GaveUp, RequestRefused and VaultError; what a later run can use is kept, unless the file is gone for good.
        """
        try:
            return await self._run()
        except FileGone:
            await self._drop()
            raise
        except BaseException:
            await self._suspend()
            raise
        finally:
            await self._means.threads.run(self._part.close)

    async def _run(self) -> str:
        known = await self._known_map()
        self.verified = await self._means.threads.run(self._part.open, known)
        self._opened = True
        self._written = Spans(self.verified)
        self._saved = self.verified.total
        try:
            await apart(self._salvage())
            await apart(self._fetch_all(list(pieces(self.verified, self.size))))
        except BaseExceptionGroup as group:
            raise leading(group) from group
        digest = await self._means.threads.run(self._part.finish)
        self._keep(None)
        return digest

    async def _salvage(self) -> None:
        """Keep what a killed run wrote after its last map, where the server's hashes prove it."""
        for start, end in Spans(self.verified).gaps(0, self._part.found):
            await self._hashes.cover(start, end)
            for each in self._hashes.take(start, end, Spans([(0, self._part.found)])):
                place = each.offset, each.offset + each.length
                if await self._means.threads.run(self._part.digests, [place]) == [each.sha256]:
                    self._written.add(*place)
                    self._settle(each)
                else:
                    self._hashes.put_back(each)

    async def _fetch_all(self, missing: list[Range]) -> None:
        if len(missing) == 1:
            await self._piece(*missing[0])
            return
        todo = iter(missing)
        async with asyncio.TaskGroup() as group:
            keeper = group.create_task(self._keep_maps())
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(len(missing), self._means.workers)):
                    workers.create_task(self._work(todo))
            keeper.cancel()

    async def _work(self, todo: Iterator[Range]) -> None:
        for start, end in todo:
            await self._piece(start, end)
            await self._room.wait()

    async def _piece(self, start: int, end: int) -> None:
        """Fetch a range and prove it; its hashes are asked for meanwhile."""
        attempts = self.attempts.part()
        if start == end and self.size:
            with suppress(RequestRefused):  # nothing is to be had behind the end: that is all this asks
                await self._receive(start, end, attempts)
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hashes.cover(start, end))
            await self._receive(start, end, attempts)
        await self._prove(start, end, attempts)

    # Asking

    async def _receive(self, start: int, end: int, attempts: PartAttempts) -> None:
        """Fetch a range; after a failure what came of it isn't asked for again, and the rest in requests as large as may be by then."""

        async def fetch(file: RemoteFile) -> None:
            nonlocal start
            for request in requests(start, end, self.size, lambda: self._means.flight.largest):
                await self._request(file, request, attempts)
                start = request.end

        await self._tried(attempts, fetch)

    async def _request(self, file: RemoteFile, request: PartRequest, attempts: PartAttempts) -> None:
        cost = max(request.limit, SMALL_COST)
        async with self._means.memory.grant(self._job, cost):
            async with self._means.flight.grant(self._job, cost):
                with self._flying():
                    data = await self._means.source.fetch(file, request.offset, request.limit, self.task.metrics)
            attempts.check_length(request, len(data), self.size)
            await self._write(request, data)

    async def _ask_hashes(self, offset: int) -> tuple[RangeHash, ...]:
        async def ask(file: RemoteFile) -> tuple[RangeHash, ...]:
            try:
                return await self._means.source.hashes(file, offset, self.task.metrics)
            except RequestRefused:  # no hashes are to be had; whether the file is, its parts tell
                return ()

        return await self._tried(self.attempts.part(), ask)

    async def _tried(self, attempts: PartAttempts, ask: Callable[[RemoteFile], Awaitable[T]]) -> T:
        """Ask until there is an answer, a refusal, or no attempt left."""
        turn = self._turn(None, attempts)
        while True:
            async with turn:
                file = self._file
                try:
                    return await ask(file)
                except RequestFailed as error:
                    self._count(error, attempts)
                    turn = self._turn(error, attempts)
                except ReferenceExpired:
                    await self._refresh(file, attempts)
                    turn = self._turn(None, attempts)

    @asynccontextmanager
    async def _turn(self, failed: RequestFailed | None, attempts: PartAttempts) -> AsyncIterator[None]:
        """Enclose one request, after a pause if the last one `failed`.

        A lost line fails all that is in flight at once. Then one part after the other asks alone whether it is back: all together would
        use up the file's attempts within a minute. Once something came, the others follow without a pause. The pause grows with the
        times that somebody asked, however many parts the loss had cost.
        """
        if failed is None or failed.cause not in SILENCE:
            if failed:
                await self._pause(failed, self._in_a_row(attempts))
            yield
            return
        async with self._alone:
            if lost := self.attempts.in_a_row > 0:
                self._asked_alone += 1
                await self._pause(failed, self._asked_alone)
                yield
        if not lost:
            yield

    async def _pause(self, error: RequestFailed, failures: int) -> None:
        pause = self._means.policy.pause(failures)
        self.waiting = f"{error.why}; next attempt in {pause:.0f} s"
        await self._means.sleep(pause)

    async def _failed(self, error: RequestFailed, attempts: PartAttempts) -> None:
        """Count a failure and pause. Raises GaveUp at a limit."""
        self._count(error, attempts)
        await self._pause(error, self._in_a_row(attempts))

    def _in_a_row(self, attempts: PartAttempts) -> int:
        """Failures of the part, or of all parts since anything came: a server in trouble isn't asked more often for many parts."""
        return max(attempts.failures.in_a_row, self.attempts.in_a_row)

    def _count(self, error: RequestFailed, attempts: PartAttempts) -> None:
        """Count a failure. Raises GaveUp at a limit."""
        metrics = self.task.metrics
        metrics.retry(error.cause)
        try:
            self.attempts.failed(error, attempts)
        finally:
            metrics.file_attempts(self.name, self.attempts.failures)

    async def _refresh(self, used: RemoteFile, attempts: PartAttempts) -> None:
        """Get a fresh reference, unless another part has got one since `used`."""
        async with self._refreshing:
            if self._file is not used:
                return
            self._refreshes += 1
            if self._refreshes > REFRESHES:
                raise RequestRefused("The file can't be had", "Telegram refuses each reference to it as expired, also fresh ones")
            self.task.metrics.retry(RetryCause.FILE_REFERENCE)
            self.waiting = "a fresh reference"
            self._file = await self._fresh(used, attempts)
            self.waiting = ""

    async def _fresh(self, used: RemoteFile, attempts: PartAttempts) -> RemoteFile:
        while True:
            try:
                fresh = await self._means.source.refresh(used, self.task.metrics, self._means.wanted(used.chat_id))
            except RequestFailed as error:
                await self._failed(error, attempts)
                continue
            if (fresh.key, fresh.size) != (used.key, used.size):
                raise FileGone("The file can't be had", "its message shows another file now")
            return fresh

    @contextmanager
    def _flying(self) -> Iterator[None]:
        self.in_flight += 1
        try:
            with self.task.metrics.in_flight("parts"):
                yield
        finally:
            self.in_flight -= 1

    # Proving

    async def _write(self, request: PartRequest, data: bytes) -> None:
        """Write what was wanted of an answer; what surrounds it may be proved already."""
        wanted = memoryview(data)[request.start - request.offset : request.end - request.offset]
        await self._means.threads.run(self._part.write, request.start, wanted)
        self._written.add(request.start, request.end)

    async def _prove(self, start: int, end: int, attempts: PartAttempts) -> None:
        """Check the hashes that these bytes complete. What no hash speaks of is right as it is.

        A range that crosses a border is checked by whoever completes it.
        """
        taken = self._hashes.take(start, end, self._written)
        spans = [(each.offset, each.offset + each.length) for each in taken]
        digests = await self._means.threads.run(self._part.digests, spans) if taken else []
        bad = [each for each, digest in zip(taken, digests, strict=True) if digest != each.sha256]
        for each in taken:
            if each not in bad:
                self._settle(each)
        for gap_start, gap_end in Spans(self._hashes.unsettled(start, end)).gaps(start, end):
            self._right(gap_start, gap_end)
        for each in bad:
            await self._mend(each, attempts)

    async def _mend(self, bad: RangeHash, attempts: PartAttempts) -> None:
        """Fetch a bad range again, alone, until it is right."""
        start, end = bad.offset, bad.offset + bad.length
        error = RequestFailed(RetryCause.BAD_PART, "bytes came that don't match Telegram's own hash")
        self.verified.remove(start, end)
        self._part.spoilt(start)
        while True:
            await self._failed(error, attempts)
            self._written.remove(start, end)
            await self._receive(start, end, attempts)
            if await self._means.threads.run(self._part.digests, [(start, end)]) == [bad.sha256]:
                break
        self._settle(bad)

    def _settle(self, held: RangeHash) -> None:
        self._hashes.settled(held)
        self._right(held.offset, held.offset + held.length)

    def _right(self, start: int, end: int) -> None:
        """These bytes are right."""
        if not (new := self.verified.add(start, end)):
            return
        self.attempts.progressed()
        self._asked_alone = 0
        self.task.metrics.media_bytes(new)
        self.rate.add(new)
        self.waiting = ""
        self._refreshes = 0
        self._news.set()
        if self.verified.total - self._saved >= MAP_BYTES:
            self._enough.set()
        if self.verified.total - self._saved >= UNSAVED:
            self._room.clear()

    # Keeping

    async def _known_map(self) -> PartMap | None:
        """The map of an earlier run; a file of one part has none."""
        if self.size <= PART:
            return None
        return part_map(await self._means.store.parts(self._root, self.task.record.path), self._file)

    async def _keep_maps(self) -> None:
        """Save the map as often as it must be, as long as there is news."""
        while True:
            await self._news.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(MAP_SECONDS):
                    await self._enough.wait()
            await self._save_map()
            await self._means.threads.run(self._part.hash_up_to, self.verified.after(0), HASH_BYTES)

    async def _save_map(self) -> None:
        """Make the bytes durable, then say that they are right."""
        ranges, total = tuple(self.verified), self.verified.total
        self._news.clear()
        self._enough.clear()
        modified = await self._means.threads.run(self._part.sync)
        self._keep(PartMap(self._file.key, self.size, modified, ranges).encode())
        self._saved = total
        self._room.set()

    def _keep(self, data: bytes | None) -> None:
        if self.size > PART:
            self._means.store.put_parts(self._root, self.task.record.path, data)

    async def _suspend(self) -> None:
        """Keep what a later run can use. When the disk refuses even that, the last map stands, and why it all ended is told already.
        What an earlier run left stays as it is where nobody has looked at it yet."""
        with suppress(VaultError):
            if not self._opened and not await self._means.threads.run(self._part.empty):
                return
            if self.verified and self.size > PART:
                await self._save_map()
            else:
                await self._drop()

    async def _drop(self) -> None:
        await self._means.threads.run(self._part.remove)
        self._keep(None)

    @property
    def name(self) -> str:
        """The file's name in the vault."""
        return self.task.record.path.rpartition("/")[2]

    @property
    def _root(self) -> str:
        return str(self.task.vault.root)

    @property
    def _job(self) -> tuple[str, int]:
        """Whose turn a part in flight takes."""
        return self._root, self.task.record.chat_id


def leading(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error of a group that tells why it all ended: a fault of the program or the disk before one of the file."""
    return min(_leaves(group), key=_rank)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


def _rank(error: BaseException) -> int:
    order = (VaultError, RequestRefused, GaveUp)
    return next((place for place, kind in enumerate(order, 1) if isinstance(error, kind)), 0)
