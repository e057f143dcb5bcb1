"""A file on its way: bytes at their offsets in a hidden `.name.part` beside the final place, and the map of those that are right."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import PurePosixPath

import msgspec

from tobs_tui.content import RemoteFile
from tobs_tui.pipeline.spans import Range, Spans
from tobs_tui.pipeline.vault import Vault, disk_errors, sync_folder

BLOCK = 1024 * 1024
_sync_data = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class PartMap(msgspec.Struct, frozen=True, array_like=True):
    """Which bytes of a `.part` file are right. `modified` is the file's time in ns when they were made durable."""

    key: str
    size: int
    modified: int
    ranges: tuple[Range, ...]

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(self)


def part_map(data: bytes | None, file: RemoteFile) -> PartMap | None:
    """The map in `data` if it is one of this file."""
    if not data:
        return None
    try:
        found = msgspec.msgpack.decode(data, type=PartMap)
    except msgspec.DecodeError:  # a damaged map is no map; the file is fetched from its beginning
        return None
    sound = all(0 <= start < end <= found.size for start, end in found.ranges)
    return found if sound and (found.key, found.size) == (file.key, file.size) else None


def part_path(path: str) -> str:
    """Where the parts of `path` gather."""
    pure = PurePosixPath(path)
    return str(pure.with_name(f".{pure.name}.part"))


def whole_file(vault: Vault, path: str, size: int) -> bool:
    """Whether a regular file of that size stands at `path`. Raises VaultError."""
    with disk_errors(f"{path} can't be read"):
        try:
            found = vault.path(path).lstat()
        except FileNotFoundError:
            return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size


def gathered(vault: Vault, path: str) -> int:
    """Bytes of the disk that the `.part` file of `path` takes. Raises VaultError."""
    hidden = part_path(path)
    with disk_errors(f"{hidden} can't be read"):
        try:
            found = vault.path(hidden).lstat()
        except FileNotFoundError:
            return 0
    return found.st_blocks * 512 if hasattr(found, "st_blocks") else found.st_size


def file_sha256(vault: Vault, path: str) -> str:
    """The SHA-256 of a file of the vault, in hex. Raises VaultError."""
    with disk_errors(f"{path} can't be read"), vault.path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def date_back(vault: Vault, path: str, date: int) -> None:
    """A file that several messages show bears the date of the earliest of them. Raises VaultError."""
    place = vault.path(path)
    with disk_errors(f"The date of {path} can't be set"):
        if date < place.stat().st_mtime:
            os.utime(place, (date, date))


class PartFile:
    """The `.part` file of one path, which bears `date` (Unix seconds) in the end.

    Methods block and raise VaultError; different ranges may be written and read at once.
    """

    def __init__(self, vault: Vault, path: str, size: int, date: int) -> None:
        self._vault = vault
        self._path = path
        self._hidden = part_path(path)
        self._size = size
        self._date = date
        self.found = 0
        """Bytes that an earlier run left; those that its map doesn't tell of may be right all the same."""
        self._descriptor = -1
        self._sha256 = hashlib.sha256()
        self._hashed = 0

    def open(self, known: PartMap | None) -> Spans:
        """Open the file, or make it; returns the ranges that are in it and right, by the map if it fits the file."""
        place = self._vault.make_folder(self._hidden)
        with disk_errors(f"{self._hidden} can't be written"):
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
            self._descriptor = os.open(place, flags, 0o666)
            present = self._trusted(known)
            if not present:
                os.ftruncate(self._descriptor, 0)
            self.found = os.fstat(self._descriptor).st_size
        return present

    def _trusted(self, known: PartMap | None) -> Spans:
        """A file that is older or shorter than its map says was put there by somebody else."""
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EISDIR, "not a file")
        present = Spans(known.ranges if known else ())
        if known is None or not present.end <= found.st_size <= self._size:
            return Spans()
        finished = found.st_mtime_ns == self._date * 1_000_000_000  # a crash came right before its final name
        return present if finished or found.st_mtime_ns >= known.modified else Spans()

    def empty(self) -> bool:
        """Whether nothing of the file was gathered."""
        with disk_errors(f"{self._hidden} can't be read"):
            try:
                return not self._vault.path(self._hidden).lstat().st_size
            except FileNotFoundError:
                return True

    def write(self, offset: int, data: bytes | memoryview) -> None:
        """Write all of `data` at `offset`."""
        with disk_errors(f"{self._path} can't be written"):
            while data:
                written = os.pwrite(self._descriptor, data, offset)
                data, offset = memoryview(data)[written:], offset + written

    def digests(self, ranges: Iterable[Range]) -> list[bytes]:
        """The SHA-256 of each range, as it stands in the file."""
        return [self._digest(start, end) for start, end in ranges]

    def _digest(self, start: int, end: int) -> bytes:
        digest = hashlib.sha256()
        self._feed(digest, start, end)
        return digest.digest()

    def _feed(self, digest: hashlib._Hash, start: int, end: int) -> None:
        with disk_errors(f"{self._path} can't be read"):
            while start < end:
                block = os.pread(self._descriptor, min(BLOCK, end - start), start)
                if not block:
                    raise OSError(errno.EIO, "the file was cut by somebody else")
                digest.update(block)
                start += len(block)

    def hash_up_to(self, end: int, most: int = sys.maxsize) -> None:
        """Go on with the SHA-256 of the whole file up to `end`, by `most` bytes: they are right. One caller at a time."""
        end = min(end, self._hashed + most)
        if end > self._hashed:
            self._feed(self._sha256, self._hashed, end)
            self._hashed = end

    def spoilt(self, start: int) -> None:
        """Bytes from `start` on that were called right aren't."""
        if start < self._hashed:
            self._sha256, self._hashed = hashlib.sha256(), 0

    def sync(self) -> int:
        """Make what was written durable; returns the file's time in ns."""
        with disk_errors(f"{self._path} can't be written"):
            _sync_data(self._descriptor)
            return os.fstat(self._descriptor).st_mtime_ns

    def finish(self) -> str:
        """Give the whole, right file its date and final name, durably; returns its SHA-256 in hex."""
        self.hash_up_to(self._size)
        hidden, place = self._vault.path(self._hidden), self._vault.path(self._path)
        with disk_errors(f"{self._path} can't be written"):
            if os.fstat(self._descriptor).st_size != self._size:
                raise OSError(errno.EIO, "somebody else wrote into the file")
            os.utime(self._descriptor, (self._date, self._date))
            os.fsync(self._descriptor)
            hidden.replace(place)
            sync_folder(place.parent)
        return self._sha256.hexdigest()

    def close(self) -> None:
        """Close the file, if it is open."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            with disk_errors(f"{self._path} can't be written"):
                os.close(descriptor)

    def remove(self) -> None:
        """Close the file and remove it."""
        self.close()
        self._vault.remove(self._hidden)
