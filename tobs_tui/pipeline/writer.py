"""The notes of one vault on the store's I/O thread: flushed, made durable, and brought back to what was committed. Everything blocks."""

from __future__ import annotations

import os
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tobs_tui.errors import TobsError, VaultError
from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.batch import Batch
from tobs_tui.pipeline.edittables import (
    OTHERWISE,
    BlockMark,
    apply_marks,
    block_proofs,
    kept_marks,
    packed,
    replaced_files,
    save_renewed,
)
from tobs_tui.pipeline.notefile import ANCHOR, NoteFile, NoteRow
from tobs_tui.pipeline.placing import block_ids, complete_last, day_at, insert_blocks
from tobs_tui.pipeline.records import Entry
from tobs_tui.pipeline.renewal import Change, Renewed, renewed
from tobs_tui.pipeline.tables import Intent, MessageRow, Progress, Tables, VaultRecords, drop_intents, put_intent
from tobs_tui.pipeline.vault import BINARY, Vault, disk_errors, sync_file, sync_folder, temporary_name

# A note's bytes and a place in them become other bytes, the place in those, and how many lines changed.
Swap = Callable[[bytes, int], tuple[bytes, int, int]]

# Notes that are kept open in memory when nothing of them waits for a checkpoint.
_KEPT_NOTES = 128


@dataclass(frozen=True, slots=True)
class Flush:
    """One note's buffer was written: so many messages, `size` bytes, in so many milliseconds; counted in `metrics`, the job's."""

    metrics: Metrics
    messages: int
    size: int
    milliseconds: float


class NoteIds:
    """Gives new notes their ids, which messages refer to before the note is in the cache."""

    def __init__(self, last: int) -> None:
        self._last = last

    def next(self) -> int:
        self._last += 1
        return self._last


class NoteWriter:
    """Writes the notes of a vault, and collects in `records` what the next transaction will say of them."""

    def __init__(self, vault: Vault, number: int, tables: Tables, ids: NoteIds) -> None:
        self.vault = vault
        self.number = number
        self.records = VaultRecords()
        self.failed: TobsError | None = None
        self._tables = tables
        self._ids = ids
        self._notes: OrderedDict[str, NoteFile] = OrderedDict()
        self._changed: set[str] = set()
        self._new: set[str] = set()

    @contextmanager
    def failing(self) -> Iterator[None]:
        """After an error nothing more is written to this vault until it is opened again: what was committed stays true, the
        rest is dropped, and the next run reads it again. Raises what failed it, in words."""
        if self.failed is not None:
            raise self.failed
        try:
            yield
        except BaseException as error:
            words = VaultError(f"Writing to the vault {self.vault.root} failed", f"{type(error).__name__}: {error}")
            self.failed = error if isinstance(error, TobsError) else words
            self.records.drop_notes()
            self._notes.clear()
            self._changed.clear()
            self._new.clear()
            raise

    def flush(self, path: str, entries: list[Entry]) -> Flush:
        """Write the blocks to the end of their note. Raises VaultError and CacheError."""
        start = time.perf_counter()
        with self.failing():
            batch = Batch.of(entries)
            size = self._append(path, batch)
            note = self._notes[path]
            self._record(batch, note.row, note.others)
        return Flush(entries[-1].metrics, len(batch.messages), size, (time.perf_counter() - start) * 1000)

    def _append(self, path: str, batch: Batch) -> int:
        note = self._note(path, batch.chat_id)
        file = self.vault.make_folder(path) if note.end == 0 else self.vault.path(path)
        with disk_errors(f"The note {path} can't be written"):
            if not file.exists() or file.stat().st_size != note.end:
                note.examine(file)
                file = self.vault.make_folder(path)
            data = note.compose(batch)
            if note.end == 0:
                self._new.add(path)
            self._changed.add(path)
            if data:
                self._write(note, file, data)
        note.advance(batch)
        return len(data)

    def _write(self, note: NoteFile, file: Path, data: bytes) -> None:
        """First what is about to be written goes to the cache, so that the next run knows it for ours if this one dies."""
        written = note.promise(data)
        with self._tables.cache.transaction(durable=False) as db:
            put_intent(db, self.number, Intent(note.row.path, written.start, note.end + len(data), written.crc))
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | BINARY, 0o666)
        try:
            note.append(descriptor, data)
        finally:
            os.close(descriptor)

    def _note(self, path: str, chat: int) -> NoteFile:
        note = self._notes.get(path)
        if note is None:
            row = self._tables.note(self.number, path) or NoteRow(self._ids.next(), chat, path)
            with disk_errors(f"The note {path} can't be read"):
                note = self._notes[path] = NoteFile.of(row, self.vault.path(path))
        self._notes.move_to_end(path)
        return note

    def _record(self, batch: Batch, row: NoteRow, others: Collection[int] = ()) -> None:
        """What the next transaction says of blocks; of the messages `others` it isn't known what stands in the note."""
        records, chat = self.records, batch.chat_id
        records.notes[row.path] = row
        records.progress.setdefault(chat, Progress()).add(batch.messages)
        records.messages.setdefault(chat, []).extend(_message_rows(batch, row.id, others))
        records.files.extend(file for entry in batch.entries for file in entry.files)
        records.links.extend(link for entry in batch.entries for link in entry.links)

    def sync(self) -> None:
        """Make every changed note durable, and the names of new ones. Raises VaultError."""
        with self.failing():
            for path in sorted(self._changed):
                with disk_errors(f"The note {path} can't be written"):
                    sync_file(self.vault.path(path))
            for folder in {self.vault.path(path).parent for path in self._new}:
                with disk_errors(f"The folder {folder} can't be written"):
                    sync_folder(folder)
            self._changed.clear()
            self._new.clear()

    def committed(self) -> None:
        """The transaction is through: what was written is ours for good."""
        for path in self.records.notes:
            if note := self._notes.get(path):
                note.written = None
        self.records = VaultRecords()
        while len(self._notes) > _KEPT_NOTES:
            self._notes.popitem(last=False)

    def change(self, path: str, swap: Swap) -> int | None:
        """Write a note anew with what `swap` makes of it; returns how many lines that changed, or None while the note has text that isn't
        committed."""
        if path in self.records.notes:
            return None
        row = self._tables.note(self.number, path)
        with self.failing():
            return self._rewrite(row, swap) if row and self.vault.path(path).is_file() else 0

    def _rewrite(self, row: NoteRow, swap: Swap) -> int:
        """The note as `swap` makes it."""
        old, length = self._read(row)
        data, length, count = swap(old, length)
        if count:
            self._put(row, old, data, length, kept_marks(old, data, block_proofs(self._tables.cache, self.number, row)))
        return count

    def _read(self, row: NoteRow) -> tuple[bytes, int]:
        """A note's bytes, and up to where they are ours."""
        file = self.vault.path(row.path)
        with disk_errors(f"The note {row.path} can't be read"):
            length, _ = NoteFile.of(row, file).ours()
            return file.read_bytes(), length

    def _put(self, row: NoteRow, old: bytes, data: bytes, length: int, marks: Sequence[BlockMark], renewed: Sequence[Entry] = ()) -> None:
        """Other bytes for a note of ours, and what its blocks are then. Where ours are the same, an intent can't tell whether the others
        came: the next run looks again then."""
        self._write_whole(row, data, length, marks if data[:length] != old[:length] else (), renewed)
        self._save_row(replace(row, length=length, anchor=data[max(0, length - ANCHOR) : length]), packed(marks))

    def renew(self, path: str, changes: Sequence[Change]) -> Renewed | None:
        """Bring messages of a note up to what became of them; returns what was done, or None while the note has text that isn't committed.

        Only blocks that still stand as they were written are renewed; see renewal.py.
        """
        if path in self.records.notes:
            return None
        row = self._tables.note(self.number, path)
        with self.failing():
            if row is None or not self.vault.path(path).is_file():
                return Renewed()
            data, length = self._read(row)
            done = renewed(data, length, changes, block_proofs(self._tables.cache, self.number, row))
            self._make_way(done.entries)
            if done.data != data:
                self._put(row, data, done.data, done.length, done.marks, done.entries)
            else:
                with self._tables.cache.transaction() as db:
                    save_renewed(db, self.number, done.entries)
                    apply_marks(db, self.number, row.chat, packed(done.marks))
        return done

    def insert(self, path: str, entries: list[Entry]) -> frozenset[int] | None:
        """Blocks by rising id to where their ids belong; returns the ids that stand there already, or None while the note has text that
        isn't committed."""
        if path in self.records.notes:
            return None
        with self.failing():
            row = self._tables.note(self.number, path) or NoteRow(self._ids.next(), entries[0].chat_id, path)
            file = self.vault.make_folder(path)
            row = row if file.is_file() else NoteRow(row.id, row.chat, path)
            with disk_errors(f"The note {path} can't be read"):
                data, length = _whole(row, file)
            standing = frozenset(id for id, _ in block_ids(data))
            whole = complete_last(data, entries)
            length = length if whole == data else len(whole)
            missing = [entry for entry in entries if entry.messages[0].id not in standing]
            if missing or whole != data:
                head = entries[0].head.encode()
                data, length = insert_blocks(whole or head, missing, length or len(head))
                self._write_whole(row, data, length)
            batch, anchor = Batch.of(entries), data[max(0, length - ANCHOR) : length]
            self._record(batch, row.grown(batch, length, anchor, day_at(data, length).decode() or row.day))
        return standing

    def _make_way(self, entries: Sequence[Entry]) -> None:
        """Other bytes will come in the place of these files. A file that stands there would be taken for them, if it has their size."""
        for path in replaced_files(self._tables.cache, self.number, entries):
            with disk_errors(f"The file {path} can't be replaced"):
                self.vault.path(path).unlink(missing_ok=True)

    def _write_whole(self, row: NoteRow, data: bytes, length: int, marks: Sequence[BlockMark] = (), renewed: Sequence[Entry] = ()) -> None:
        """The cache hears first what the note will be, so that a crash between the two can't part them: also of the files and links that
        `renewed` blocks bring, which do no harm when the note doesn't come."""
        anchor = data[max(0, length - ANCHOR) : length]
        with self._tables.cache.transaction() as db:
            put_intent(db, self.number, Intent(row.path, 0, length, zlib.crc32(data[:length]), anchor, packed(marks)))
            save_renewed(db, self.number, renewed)
        self.vault.write_whole(row.path, data)
        self._notes.pop(row.path, None)

    def adopt(self, rows: tuple[NoteRow, ...]) -> None:
        """Know notes that lie in the vault already; the next transaction says so."""
        for row in rows:
            self.records.notes[row.path] = replace(row, id=self._ids.next())

    def forget(self, path: str) -> None:
        """Look at a note anew before it is written to again."""
        self._notes.pop(path, None)

    def recover(self) -> None:
        """Settle what the last run was about to do when it ended. What it began in notes that the cache doesn't know, and that a person
        changed or moved since, stays noted until these are found. Raises VaultError and CacheError."""
        settled = []
        with self.failing():
            for intent in self._tables.intents(self.number):
                with disk_errors(f"The note {intent.path} can't be read"):
                    if self._settle(intent) or self._tables.note(self.number, intent.path):
                        settled.append(intent.path)
        with self._tables.cache.transaction() as db:
            drop_intents(db, self.number, settled)

    def _settle(self, intent: Intent) -> bool:
        """Returns whether the note is there as it was left."""
        file = self.vault.path(intent.path)
        temporary_name(file).unlink(missing_ok=True)
        if not file.is_file():
            return False
        with file.open("r+b") as content:
            content.seek(intent.start)
            data = content.read(intent.length - intent.start)
            if len(data) != intent.length - intent.start or zlib.crc32(data) != intent.crc:
                return False
            if intent.anchor:
                self._take_new(intent)
            elif content.read(1):
                return False
            else:  # nobody wrote behind it: back to the committed length
                content.truncate(intent.start)
                os.fsync(content.fileno())
        if not intent.anchor and not file.stat().st_size:
            file.unlink()
        return True

    def _take_new(self, intent: Intent) -> None:
        """The new whole note stands there: its committed length is the one that was meant."""
        row = self._tables.note(self.number, intent.path)
        if row is not None:
            self._save_row(replace(row, length=intent.length, anchor=intent.anchor), intent.marks)

    def _save_row(self, row: NoteRow, marks: bytes) -> None:
        with self._tables.cache.transaction(durable=False) as db:
            db.execute("UPDATE notes SET length = ?, anchor = ? WHERE id = ?", (row.length, row.anchor, row.id))
            apply_marks(db, self.number, row.chat, marks)
            drop_intents(db, self.number, [row.path])


def _message_rows(batch: Batch, note: int, others: Collection[int]) -> Iterator[MessageRow]:
    """The rows of blocks' messages: that of a header tells its block from what a person makes of it. Of those of `others` what is new
    is still to be added."""
    for entry, text in zip(batch.entries, batch.texts, strict=True):
        head, size, crc = 0, len(text), zlib.crc32(text)
        for message in entry.messages:
            if message.id in others:
                yield message.id, note, message.author, message.snippet, OTHERWISE, head, None, None
            elif head:
                yield message.id, note, message.author, message.snippet, message.stamp, head, None, None
            else:
                yield message.id, note, message.author, message.snippet, message.stamp, 0, size, crc
            head = head or message.id


def _whole(row: NoteRow, file: Path) -> tuple[bytes, int]:
    """A note's bytes, and up to where they are ours: all of them in a note of ours that the cache doesn't know."""
    if not file.is_file():
        return b"", 0
    data = file.read_bytes()
    return data, NoteFile.of(row, file).ours()[0] if row.length else len(data)
