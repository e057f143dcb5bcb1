"""What the cache knows of blocks that stand in notes: their bytes as the program last wrote them, and what their messages were then."""

from __future__ import annotations

import sqlite3
import sys
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import orjson

from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.linkbook import forget_links, save_links
from tobs_tui.pipeline.notefile import NoteRow
from tobs_tui.pipeline.placing import block_ids
from tobs_tui.pipeline.records import Entry, FileState
from tobs_tui.pipeline.tables import FileEnd, FileFacts, end_files, save_files

# The stamp of a message that is gone at Telegram, and that its note says so of.
DELETED = -1
# The stamp of a message whose block stands in its note otherwise than it was to be written.
OTHERWISE = -2


@dataclass(frozen=True, slots=True)
class BlockMark:
    """What becomes true of a message; None leaves what was known."""

    id: int
    stamp: int | None = None
    size: int | None = None
    crc: int | None = None
    snippet: str | None = None


@dataclass(frozen=True, slots=True)
class BlockProof:
    """The bytes of a block as the program wrote them: how many, and their CRC-32."""

    size: int
    crc: int

    @classmethod
    def of(cls, data: bytes) -> BlockProof:
        return cls(len(data), zlib.crc32(data))

    def holds(self, data: bytes) -> bool:
        """Whether `data` begins with the block."""
        return len(data) >= self.size and zlib.crc32(data[: self.size]) == self.crc


@dataclass(frozen=True, slots=True)
class Known:
    """A message as the cache knows it: its note's path, the first message of its block, its stamp (None where it isn't known)."""

    note: str
    head: int
    stamp: int | None


def known_messages(cache: Cache, vault: int, chat: int, low: int, high: int, limit: int) -> dict[int, Known]:
    """The newest messages of a chat with ids from `low` up to `high` (0: to the end), at most so many."""
    query = """SELECT m.id, n.path, m.head, m.stamp FROM messages m JOIN notes n ON n.id = m.note
        WHERE m.vault = ? AND m.chat = ? AND m.id BETWEEN ? AND ? ORDER BY m.id DESC LIMIT ?"""
    with cache.errors():
        rows = cache.db.execute(query, (vault, chat, low, high or sys.maxsize, limit))
        return {id: Known(note, head or id, stamp) for id, note, head, stamp in rows}


def otherwise(cache: Cache, vault: int, chat: int) -> tuple[int, ...]:
    """The messages of a chat whose blocks stand in their notes otherwise than they were to be written, by rising id."""
    query = "SELECT id FROM messages WHERE vault = ? AND chat = ? AND stamp = ? ORDER BY id"
    with cache.errors():
        return tuple(id for (id,) in cache.db.execute(query, (vault, chat, OTHERWISE)))


def forget_stamps(cache: Cache, vault: int, chat: int, ids: Collection[int]) -> None:
    """Of these messages it isn't known any more what stands in their notes."""
    with cache.transaction() as db:
        query = "UPDATE messages SET stamp = NULL WHERE vault = ? AND chat = ? AND id IN (SELECT value FROM json_each(?))"
        db.execute(query, (vault, chat, orjson.dumps(list(ids)).decode()))


def block_proofs(cache: Cache, vault: int, row: NoteRow) -> dict[int, BlockProof]:
    """The blocks of a note by the ids of their headers, as far as they are known."""
    query = "SELECT id, size, crc FROM messages WHERE vault = ? AND chat = ? AND id BETWEEN ? AND ? AND note = ? AND crc IS NOT NULL"
    with cache.errors():
        rows = cache.db.execute(query, (vault, row.chat, row.first_id, row.last_id, row.id))
        return {id: BlockProof(size, crc) for id, size, crc in rows}


def kept_marks(old: bytes, new: bytes, proofs: Mapping[int, BlockProof]) -> list[BlockMark]:
    """What the program's own blocks are after lines of them became other lines, one for one."""
    places, marks = dict(reversed(list(block_ids(new)))), []
    for id, at in reversed(list(block_ids(old))):
        proof = proofs.get(id)
        if proof is None or id not in places or not proof.holds(old[at : at + proof.size]):
            continue
        start = places[id]
        fresh = new[start : _behind_lines(new, start, old.count(b"\n", at, at + proof.size))]
        if fresh != old[at : at + proof.size]:
            marks.append(_mark(id, fresh))
    return marks


def _mark(id: int, data: bytes) -> BlockMark:
    proof = BlockProof.of(data)
    return BlockMark(id, size=proof.size, crc=proof.crc)


def _behind_lines(data: bytes, start: int, count: int) -> int:
    """The place behind so many lines."""
    for _ in range(count):
        start = data.find(b"\n", start) + 1 or len(data)
    return start


def packed(marks: Sequence[BlockMark]) -> bytes:
    """Marks for an intent, which a crash may let the next run apply."""
    return orjson.dumps(marks) if marks else b""


def apply_marks(db: sqlite3.Connection, vault: int, chat: int, marks: bytes) -> None:
    """Say what blocks are now, inside the caller's transaction."""
    if not marks:
        return
    query = """UPDATE messages SET stamp = coalesce(?, stamp), size = coalesce(?, size), crc = coalesce(?, crc),
        snippet = coalesce(?, snippet) WHERE vault = ? AND chat = ? AND id = ?"""
    found = msgspec.json.decode(marks, type=list[BlockMark])
    db.executemany(query, ((mark.stamp, mark.size, mark.crc, mark.snippet, vault, chat, mark.id) for mark in found))


def save_renewed(db: sqlite3.Connection, vault: int, entries: Iterable[Entry]) -> None:
    """The files and links of blocks that were renewed, in the place of those that they had; inside the caller's transaction."""
    for entry in entries:
        _forget_files(db, vault, entry)
        save_files(db, vault, entry.files)
        forget_links(db, vault, entry.chat_id, entry.messages[0].id)
        save_links(db, vault, entry.links)


def _forget_files(db: sqlite3.Connection, vault: int, entry: Entry) -> None:
    """A file that was never there and that nothing names any more isn't missing; one with other bytes than before isn't there yet."""
    ids, paths = {message.id for message in entry.messages}, {file.path: file.file.key for file in entry.files}
    query = """SELECT path, key, state, record FROM files WHERE vault = :vault AND chat = :chat AND state IN (:queued, :failed)
        UNION SELECT path, key, state, record FROM files WHERE vault = :vault AND path IN (SELECT value FROM json_each(:paths))"""
    values = {"vault": vault, "chat": entry.chat_id, "queued": FileState.QUEUED, "failed": FileState.FAILED}
    rows = db.execute(query, values | {"paths": orjson.dumps(list(paths)).decode()}).fetchall()
    gone = [path for path, _, state, record in rows if path not in paths and state != FileState.DONE and _of(record) in ids]
    changed = [path for path, key, _, _ in rows if path in paths and paths[path] != key]
    end_files(db, vault, [FileEnd(path, FileState.QUEUED) for path in (*gone, *changed)])
    for table in ("files", "parts"):
        db.executemany(f"DELETE FROM {table} WHERE vault = ? AND path = ?", ((vault, path) for path in gone))  # noqa: S608 - constants


def replaced_files(cache: Cache, vault: int, entries: Iterable[Entry]) -> list[str]:
    """Paths where a file is whole, or may be without its end being recorded yet, and where these blocks name other bytes."""
    keys = {file.path: file.file.key for entry in entries for file in entry.files}
    query = "SELECT path, key FROM files WHERE vault = ? AND path IN (SELECT value FROM json_each(?))"
    with cache.errors():
        rows = cache.db.execute(query, (vault, orjson.dumps(list(keys)).decode())).fetchall()
    return [path for path, key in rows if keys[path] != key]


def is_wanted(cache: Cache, vault: int, path: str, key: str) -> bool:
    """Whether the file of a path is to have these bytes."""
    with cache.errors():
        query = "SELECT 1 FROM files WHERE vault = ? AND path = ? AND key = ?"
        return cache.db.execute(query, (vault, path, key)).fetchone() is not None


def _of(record: bytes) -> int:
    return msgspec.json.decode(record, type=FileFacts).message_id


def count_queued(cache: Cache, vault: int, paths: Collection[str]) -> int:
    """How many of these files wait to be fetched."""
    query = "SELECT count(*) FROM files WHERE vault = ? AND state = ? AND path IN (SELECT value FROM json_each(?))"
    with cache.errors():
        return int(cache.db.execute(query, (vault, FileState.QUEUED, orjson.dumps(list(paths)).decode())).fetchone()[0])
