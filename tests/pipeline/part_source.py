"""Where the downloader's tests get parts from: computed files, Telegram's rules for requests, and faults on demand."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tests.support.records import replace
from tobs_tui.content import MediaKind, RemoteFile
from tobs_tui.errors import ReferenceExpired, RequestFailed, RequestRefused, RetryCause
from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.downloader import Downloader, FileTask
from tobs_tui.pipeline.ports import FileStore, PartSource, RangeHash
from tobs_tui.pipeline.records import FileRecord
from tobs_tui.pipeline.vault import Vault
from tobs_tui.settings import MediaSettings

KIB = 1024
MIB = 1024 * KIB
BLOCK = 64 * KIB
Fault = Callable[[RemoteFile, int, bytes], bytes]


@lru_cache(maxsize=256)
def block_of(file_id: int) -> bytes:
    return hashlib.shake_128(b"%d" % file_id).digest(BLOCK - 8)


def content(file_id: int, start: int, end: int) -> bytes:
    """Bytes of a file, computed from its id: blocks that begin with their number."""
    first, last = start // BLOCK, -(-end // BLOCK)
    blocks = b"".join(block.to_bytes(8, "big") + block_of(file_id) for block in range(first, last))
    return blocks[start - first * BLOCK : end - first * BLOCK]


def sha256(file_id: int, size: int) -> str:
    digest = hashlib.sha256()
    for start in range(0, size, MIB):
        digest.update(content(file_id, start, min(size, start + MIB)))
    return digest.hexdigest()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    while not condition():  # noqa: ASYNC110 - what is waited for is a number inside the subject, nobody sets an event
        await asyncio.sleep(0.001)


def untouched(_file: RemoteFile, _offset: int, data: bytes) -> bytes:
    return data


@dataclass
class Source(PartSource):
    """`sizes` are what the server has by file id, where that isn't what it declares. `hash_length` is 0 for a server without hashes.

    `fault` gets each part before it is sent, and may raise; `fresh` makes the answer to a refresh. Answers wait for `gate`.
    """

    hash_length: int = 128 * KIB
    hashes_at_once: int = 8
    fault: Fault = untouched
    hash_fault: Callable[[RemoteFile], None] = lambda _file: None
    fresh: Callable[[RemoteFile], RemoteFile] = lambda file: file
    sizes: dict[int, int] = field(default_factory=dict)
    valid_references: Callable[[str], bool] = lambda _reference: True
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    requests: list[tuple[int, int, int]] = field(default_factory=list)
    hash_requests: list[tuple[int, int]] = field(default_factory=list)
    refreshed: Counter[int] = field(default_factory=Counter)
    beside: list[set[int]] = field(default_factory=list)
    in_flight: int = 0
    most: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    async def fetch(self, file: RemoteFile, offset: int, limit: int, metrics: Metrics | None = None) -> bytes:
        check_limits(offset, limit)
        self.requests.append((file.id, offset, limit))
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await asyncio.sleep(0)
            await self.gate.wait()
            self.check_reference(file)
            end = max(offset, min(offset + limit, self.size(file)))
            return self.fault(file, offset, content(file.id, offset, end))
        finally:
            self.in_flight -= 1

    async def hashes(self, file: RemoteFile, offset: int, metrics: Metrics | None = None) -> tuple[RangeHash, ...]:
        self.hash_requests.append((file.id, offset))
        await asyncio.sleep(0)
        await self.gate.wait()
        self.check_reference(file)
        self.hash_fault(file)
        if not self.hash_length:
            return ()
        start = offset - offset % self.hash_length
        starts = range(start, self.size(file), self.hash_length)[: self.hashes_at_once]
        return tuple(self._hash(file, each) for each in starts)

    def _hash(self, file: RemoteFile, start: int) -> RangeHash:
        end = min(start + self.hash_length, self.size(file))
        return RangeHash(start, end - start, hashlib.sha256(content(file.id, start, end)).digest())

    async def refresh(self, file: RemoteFile, metrics: Metrics | None = None, beside: Iterable[RemoteFile] = ()) -> RemoteFile:
        self.refreshed[file.id] += 1
        self.beside.append({each.id for each in beside})
        await asyncio.sleep(0)
        return self.fresh(replace(file, reference=f"{self.refreshed[file.id]:02x}"))

    def check_reference(self, file: RemoteFile) -> None:
        if not self.valid_references(file.reference):
            raise ReferenceExpired("The reference is out of date")

    async def busy(self, count: int) -> None:
        """Wait until so many requests for parts are in flight."""
        await until(lambda: self.in_flight >= count)

    def size(self, file: RemoteFile) -> int:
        return self.sizes.get(file.id, file.size)

    @property
    def bytes_asked(self) -> int:
        return sum(limit for _, _, limit in self.requests)


def check_limits(offset: int, limit: int) -> None:
    """Telegram's rules. Source: core.telegram.org/api/files."""
    right = offset % (4 * KIB) == 0 and limit > 0 and limit % (4 * KIB) == 0 and MIB % limit == 0
    if not right or offset // MIB != (offset + limit - 1) // MIB:
        raise RequestRefused("The request is wrong", f"LIMIT_INVALID: {offset} {limit}")


@dataclass
class MemoryStore(FileStore):
    """The downloader's part of a store, in memory."""

    maps: dict[tuple[str, str], bytes] = field(default_factory=dict)
    places: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    saves: int = 0

    async def parts(self, vault: str, path: str) -> bytes | None:
        return self.maps.get((vault, path))

    def put_parts(self, vault: str, path: str, parts: bytes | None) -> None:
        if parts is None:
            self.maps.pop((vault, path), None)
        else:
            self.saves += 1
            self.maps[vault, path] = parts

    async def places_of(self, vault: str, key: str) -> tuple[str, ...]:
        return self.places.get((vault, key), ())


@dataclass
class FolderStore(MemoryStore):
    """A store whose maps outlive the process: each is a file of `folder`."""

    folder: Path = Path()

    async def parts(self, vault: str, path: str) -> bytes | None:
        place = self._place(path)
        return place.read_bytes() if place.exists() else None

    def put_parts(self, vault: str, path: str, parts: bytes | None) -> None:
        if parts is None:
            self._place(path).unlink(missing_ok=True)
            return
        draft = self._place(path + ".new")
        draft.write_bytes(parts)
        draft.replace(self._place(path))

    def _place(self, path: str) -> Path:
        return self.folder / path.replace("/", "%")


DATE = 1_700_000_000


def remote(file_id: int, size: int, reference: str = "00") -> RemoteFile:
    return RemoteFile(file_id, MediaKind.DOCUMENT, size, 2, reference=reference)


def record(file: RemoteFile, path: str = "", chat: int = 7, date: int = DATE) -> FileRecord:
    return FileRecord(0, path or f"Telegram/Chat/media/2023-11/{file.id} file.bin", "note.md", "![[…]]", chat, 1, date, file)


@dataclass
class Pauses:
    """Takes the downloader's pauses down instead of waiting."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@dataclass
class Bench:
    """A downloader with a vault, a source and a store to look into."""

    vault: Vault
    source: Source = field(default_factory=Source)
    store: MemoryStore = field(default_factory=MemoryStore)
    settings: MediaSettings = field(default_factory=MediaSettings)
    metrics: Metrics = field(default_factory=Metrics)
    pauses: Pauses = field(default_factory=Pauses)

    def downloader(self) -> Downloader:
        return Downloader(self.source, self.store, self.settings, self.metrics, sleep=self.pauses)

    def task(self, file: RemoteFile, path: str = "", chat: int = 7, date: int = DATE) -> FileTask:
        return FileTask(self.vault, record(file, path, chat, date), Metrics(self.metrics))

    def place(self, task: FileTask) -> Path:
        return self.vault.path(task.record.path)

    def hidden(self) -> list[str]:
        """Names of what is left besides whole files."""
        return [path.name for path in self.vault.root.rglob("*") if path.is_file() and path.name.startswith(".")]


def failing(cause: RetryCause = RetryCause.SERVER, times: int = -1) -> Fault:
    """A fault for the first `times` parts, for all with a negative number."""
    left = times

    def fault(_file: RemoteFile, _offset: int, data: bytes) -> bytes:
        nonlocal left
        if left == 0:
            return data
        left -= 1
        raise RequestFailed(cause, "the server had trouble")

    return fault
