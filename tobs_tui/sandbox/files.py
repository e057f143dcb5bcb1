"""The account's files: their bytes are computed from their id, never stored, so that a file may have any size.

A file's bytes are SHAKE-128 streams of 64 KiB, keyed by the world's seed, the file, the photo size and the stream's number
(about 700 MB/s of one core). File references expire and are renewed as Telegram's are: a message that is fetched again
shows its files with references of the present epoch.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tobs_tui.sandbox.seeding import number

STREAM = 64 * 1024
RANGE = 128 * 1024
REFERENCE = struct.Struct(">BIq")


@dataclass(frozen=True, slots=True)
class FileSpec:
    """What the server knows of a file. `sizes` are the bytes of each photo size or thumbnail by its type; `size` those of a document.

    `range` is the length of the ranges that hashes are given for, 0 for a file without hashes; `uneven` makes their lengths vary.
    `head` are the file's first bytes, where it should look like a file of its type.
    """

    id: int
    access_hash: int
    dc: int
    size: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    range: int = RANGE
    uneven: bool = False
    head: bytes = b""

    def length(self, thumb: str) -> int | None:
        """Bytes of the document (an empty `thumb`) or of one size of it; None where there is no such thing."""
        if thumb:
            return self.sizes.get(thumb)
        return self.size or None


@lru_cache(maxsize=64)
def _stream(seed: int, file_id: int, thumb: str, block: int) -> bytes:
    return hashlib.shake_128(f"{seed}/{file_id}/{thumb}/{block}".encode()).digest(STREAM)


class FileBook:
    """All files of a world, with their bytes, hashes and references. Computed files are found by `find_more`."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._specs: dict[int, FileSpec] = {}
        self.emoji: dict[int, Any] = {}
        """Documents of custom emoji."""
        self._expired: dict[int, int] = {}
        self._epoch = 1
        self._outside = 0
        self.generation = 0
        """Grows whenever a reference expires: what shows references is out of date then."""
        self.find_more: Callable[[int], FileSpec | None] = lambda _file_id: None

    def add(self, spec: FileSpec) -> FileSpec:
        self._specs[spec.id] = spec
        return spec

    def find(self, file_id: int) -> FileSpec | None:
        """The file with that id, or None."""
        return self._specs.get(file_id) or self.find_more(file_id)

    def specs(self) -> tuple[FileSpec, ...]:
        """The files that are kept in the book (computed ones aren't)."""
        return tuple(self._specs.values())

    def read(self, file_id: int, offset: int, length: int, thumb: str = "") -> bytes:
        """Up to `length` bytes from `offset`; short or empty only at the end. Raises KeyError for a file that isn't there."""
        spec = self.find(file_id)
        size = spec.length(thumb) if spec else None
        if spec is None or size is None:
            raise KeyError(file_id, thumb)
        end = min(offset + length, size)
        if offset >= end:
            return b""
        first, last = offset // STREAM, (end - 1) // STREAM
        body = b"".join(_stream(self._seed, file_id, thumb, block) for block in range(first, last + 1))
        data = body[offset - first * STREAM : end - first * STREAM]
        return spec.head[offset:end] + data[max(0, min(len(spec.head), end) - offset) :] if offset < len(spec.head) else data

    def ranges(self, spec: FileSpec, thumb: str, offset: int, count: int) -> list[tuple[int, int, bytes]]:
        """(offset, length, SHA-256) of up to `count` ranges from the one that holds `offset`; empty for a file without hashes."""
        size = spec.length(thumb)
        if not spec.range or size is None:
            return []
        found: list[tuple[int, int, bytes]] = []
        start = offset - offset % (4 * spec.range)
        while start < size and len(found) < count:
            length = min(spec_range(spec, start), size - start)
            if start + length > offset:
                found.append((start, length, hashlib.sha256(self.read(spec.id, start, length, thumb)).digest()))
            start += length
        return found

    def reference(self, file_id: int) -> bytes:
        """The file's reference of now."""
        head = REFERENCE.pack(1, self._epoch + self._expired.get(file_id, 0), file_id)
        return head + self._tag(head)

    def reference_error(self, file_id: int, reference: bytes) -> str:
        """What is wrong with a reference, as Telegram's error message; empty for a good one."""
        if not reference:
            return "FILE_REFERENCE_EMPTY"
        head = reference[: REFERENCE.size]
        if len(head) != REFERENCE.size or reference[REFERENCE.size :] != self._tag(head) or REFERENCE.unpack(head)[2] != file_id:
            return "FILE_REFERENCE_INVALID"
        return "" if reference == self.reference(file_id) else "FILE_REFERENCE_EXPIRED"

    def expire(self, *file_ids: int) -> None:
        """Lets the references of these files expire, of all files without arguments."""
        if not file_ids:
            self._epoch += 1
        for file_id in file_ids:
            self._expired[file_id] = self._expired.get(file_id, 0) + 1
        self.generation += 1

    def advance(self, epoch: int) -> None:
        """Expires all references when an epoch that is counted outside (the faults' `reference_epoch`) has moved on."""
        if epoch > self._outside:
            self._outside = epoch
            self.expire()

    def _tag(self, head: bytes) -> bytes:
        return number(self._seed, head.hex()).to_bytes(8, "big") + b"tag"


def spec_range(spec: FileSpec, start: int) -> int:
    """The length of the hash range that begins at `start`: uneven ones are 1, 2 and 1 times as long in turn."""
    if not spec.uneven:
        return spec.range
    return spec.range * 2 if start % (4 * spec.range) == spec.range else spec.range
