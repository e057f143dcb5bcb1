"""A vault compared with what the cache recorded of it, without a server: what is missing, what was changed, what nobody put there.

Everything here blocks. It is for a process that has the account's lock, so that nothing moves meanwhile.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.partfile import file_sha256, part_path, whole_file
from tobs_tui.pipeline.records import FileRecord, FileState
from tobs_tui.pipeline.tables import FileEnd, Tables, end_files
from tobs_tui.pipeline.vault import Vault, disk_errors


class Wrong(StrEnum):
    """What is wrong with a path of the vault."""

    MISSING = "missing"
    CHANGED = "changed"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Finding:
    """One path that isn't as it should be. `chat_id` is marked, 0 for what belongs to no chat; `media` tells files from notes."""

    wrong: Wrong
    path: str
    why: str
    chat_id: int
    media: bool = True

    @property
    def repairable(self) -> bool:
        """Whether fetching it again mends it."""
        return self.media and self.wrong is not Wrong.EXTRA


@dataclass(slots=True)
class Verified:
    """The figures of a check: `files` that should be there, `notes` likewise, `failed` files that are known not to be."""

    files: int = 0
    notes: int = 0
    failed: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def repairable(self) -> int:
        """How many findings a repair mends."""
        return sum(finding.repairable for finding in self.findings)


class Manifest:
    """What one cache says of one vault. Raises CacheError and VaultError."""

    def __init__(self, cache: Cache, root: str) -> None:
        self._cache = cache
        self._tables = Tables(cache)
        self._vault = Vault(Path(root))
        self._root = os.path.realpath(root)
        self._number = self._tables.known_vault(self._root)

    def verify(self, checked: Callable[[int, int], None], expected: Set[str] = frozenset()) -> Verified:
        """Compare size and SHA-256 of each file, and whether each note is there. `checked` is told how many of how many files are done.
        Files on `expected` paths should be there too, whatever became of their repair.
        """
        if not self._number:
            return Verified()
        chats = self._tables.chats(self._number)
        records = {record.path: record for record in self._tables.all_files(self._number)}
        done = [record for record in records.values() if record.state is FileState.DONE or record.path in expected]
        notes = [(path, chat.id) for chat in chats for path in self._tables.notes(self._number, chat.id)]
        findings = [*self._files(done, checked), *self._notes(notes), *self._extras([chat.folder for chat in chats], records)]
        failed = sum(record.state is FileState.FAILED for record in records.values())
        return Verified(len(done), len(notes), failed, tuple(findings))

    def _files(self, done: list[FileRecord], checked: Callable[[int, int], None]) -> Iterator[Finding]:
        for count, record in enumerate(done, 1):
            if found := self._file(record):
                yield found
            checked(count, len(done))

    def _file(self, record: FileRecord) -> Finding | None:
        path, size = record.path, record.file.size
        place = self._vault.path(path)
        with disk_errors(f"{path} can't be read"):
            try:
                length = place.stat().st_size
            except FileNotFoundError:
                return Finding(Wrong.MISSING, path, "it isn't there", record.chat_id)
        if length != size or not whole_file(self._vault, path, size):
            return Finding(Wrong.CHANGED, path, f"it has {length:,} bytes instead of {size:,}", record.chat_id)
        if record.sha256 and file_sha256(self._vault, path) != record.sha256:
            return Finding(Wrong.CHANGED, path, "its SHA-256 is another one", record.chat_id)
        return None

    def _notes(self, notes: Iterable[tuple[str, int]]) -> Iterator[Finding]:
        """A note that is there is its reader's to change; only one that is gone is told."""
        for path, chat in notes:
            if not self._vault.path(path).exists():
                yield Finding(Wrong.MISSING, path, "the note isn't there", chat, media=False)

    def _extras(self, folders: Iterable[str], records: dict[str, FileRecord]) -> Iterator[Finding]:
        """Files in the media folders that no record names. Parts of a file that is still to come belong there."""
        known = {_same(path) for path in records}
        known |= {_same(part_path(path)) for path, record in records.items() if record.state is not FileState.DONE}
        for folder in sorted(set(filter(None, folders))):
            for path in self._under(f"{folder}/media"):
                if _same(path) not in known:
                    yield Finding(Wrong.EXTRA, path, "no message of this vault shows it", 0)

    def _under(self, folder: str) -> Iterator[str]:
        top = self._vault.path(folder)
        for place, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(names):
                yield (PurePosixPath(folder) / Path(place, name).relative_to(top).as_posix()).as_posix()

    def queue(self, findings: Iterable[Finding]) -> None:
        """Let the next export fetch what is wrong. A file that somebody changed stays, under another name beside the right one."""
        again = [finding for finding in findings if finding.repairable]
        for finding in again:
            if finding.wrong is Wrong.CHANGED:
                self._set_aside(finding.path)
        with self._cache.transaction() as db:
            end_files(db, self._number, (FileEnd(finding.path, FileState.QUEUED) for finding in again))

    def _set_aside(self, path: str) -> None:
        place = self._vault.path(path)
        with disk_errors(f"{path} can't be set aside"):
            place.rename(_free(place))


def _free(place: Path) -> Path:
    number = 1
    while (aside := place.with_name(f"{place.stem} (changed{f' {number}' if number > 1 else ''}){place.suffix}")).exists():
        number += 1
    return aside


def _same(path: str) -> str:
    """Some file systems hand names back in another normal form than they were given."""
    return unicodedata.normalize("NFC", path)


@contextmanager
def manifest(cache_file: Path, root: str) -> Iterator[Manifest]:
    """The manifest of the vault `root` in a cache. Raises CacheError."""
    cache = Cache(cache_file)
    cache.open()
    try:
        yield Manifest(cache, root)
    finally:
        cache.close()
