"""What is asked of the cache and what is written to it. Each lookup goes through an index: no cost grows with the cache."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from itertools import chain
from typing import Any

import msgspec
import orjson

from tobs_tui.content import RemoteFile
from tobs_tui.errors import CacheError
from tobs_tui.model import ChatKind
from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.linkbook import save_links
from tobs_tui.pipeline.notefile import NoteRow
from tobs_tui.pipeline.records import (
    ChatState,
    FileRecord,
    FileState,
    JobRecord,
    LinkRecord,
    MessageAt,
    MessageRecord,
    MovedNote,
    TopicState,
)

# Many rows in one statement cost two thirds of what they do one by one; 500 values are allowed everywhere.
_ROWS_PER_INSERT = 50
_PLACES = 32
# What the store counts of a chat, in the order of its query.
_COUNTED = ("first_id", "last_id", "messages", "notes", "files", "missing", "first_date", "last_date")


@dataclass(frozen=True, slots=True)
class ChatFacts:
    """What `put_chat` said of a chat: the free part of its record."""

    folder: str = ""
    name: str = ""
    title: str = ""
    kind: ChatKind = ChatKind.PRIVATE
    timezone: str = ""
    exported_at: float = 0.0
    username: str = ""
    holes: tuple[tuple[int, int], ...] = ()
    moved: tuple[MovedNote, ...] = ()
    about: str = ""
    before: int = 0
    away: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, state: ChatState) -> ChatFacts:
        return cls(**{each.name: getattr(state, each.name) for each in fields(cls)})

    def given(self) -> dict[str, Any]:
        """The fields by their names, which are those of ChatState."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The free part of a file's record."""

    note: str
    line: str
    message_id: int
    date: int
    file: RemoteFile


@dataclass(frozen=True, slots=True)
class Intent:
    """What was about to be done to a note: bytes from `start` to `length` have the CRC-32 `crc` if it was.

    With an `anchor` it is a new whole note, of which `length` bytes are committed and end with the anchor; `marks` (see edittables.py) say
    what its blocks are then.
    """

    path: str
    start: int
    length: int
    crc: int
    anchor: bytes = b""
    marks: bytes = b""


@dataclass(frozen=True, slots=True)
class FileEnd:
    """A file came to an end, or is to be tried again. With a `key` it is one of those bytes alone: an edit may want others there by now."""

    path: str
    state: FileState
    reason: str = ""
    sha256: str = ""
    key: str = ""


@dataclass(slots=True)
class Progress:
    """How far a chat came since the last checkpoint."""

    first_id: int = 0
    last_id: int = 0
    first_date: int = 0
    last_date: int = 0

    def add(self, messages: Collection[MessageRecord]) -> None:
        ids = [message.id for message in messages]
        self.first_id = min(filter(None, (self.first_id, *ids)), default=0)
        self.last_id = max((self.last_id, *ids))
        dates = [message.date for message in messages]
        self.first_date = min(filter(None, (self.first_date, *dates)), default=0)
        self.last_date = max((self.last_date, *dates))


# Id, note, author, snippet, stamp, head, size, crc: see schema.py.
MessageRow = tuple[int, int, str, str, int, int, int | None, int | None]


@dataclass(slots=True)
class VaultRecords:
    """What the next transaction says of one vault. `messages` are rows of the table, by chat, `topics` are by chat and id,
    `threads` the first messages of threads by chat and post."""

    chats: dict[int, ChatFacts] = field(default_factory=dict)
    progress: dict[int, Progress] = field(default_factory=dict)
    notes: dict[str, NoteRow] = field(default_factory=dict)
    messages: dict[int, list[MessageRow]] = field(default_factory=dict)
    files: list[FileRecord] = field(default_factory=list)
    links: list[LinkRecord] = field(default_factory=list)
    ended: list[FileEnd] = field(default_factory=list)
    parts: dict[str, bytes | None] = field(default_factory=dict)
    topics: dict[tuple[int, int], TopicState] = field(default_factory=dict)
    threads: dict[tuple[int, int], int] = field(default_factory=dict)

    def drop_notes(self) -> None:
        """Forget what hangs on text that could not be written."""
        self.progress, self.notes, self.messages, self.files, self.links = {}, {}, {}, [], []
        self.topics, self.threads = {}, {}


class Tables:
    """The questions. `vault` is the vault's id in the cache. All raise CacheError."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self.cache.errors():
            try:
                yield self.cache.db
            except msgspec.DecodeError as error:
                raise CacheError("The cache holds a record that can't be read", str(error)) from error

    def vault_id(self, root: str) -> int:
        """The id of a vault, which it gets when it is first seen."""
        with self.cache.transaction() as db:
            db.execute("INSERT OR IGNORE INTO vaults (root) VALUES (?)", (root,))
            return int(db.execute("SELECT id FROM vaults WHERE root = ?", (root,)).fetchone()[0])

    def last_note_id(self) -> int:
        with self._read() as db:
            return int(db.execute("SELECT coalesce(max(id), 0) FROM notes").fetchone()[0])

    def has_notes(self, vault: int) -> bool:
        with self._read() as db:
            return db.execute("SELECT 1 FROM notes WHERE vault = ? LIMIT 1", (vault,)).fetchone() is not None

    def note(self, vault: int, path: str) -> NoteRow | None:
        columns = "id, chat, path, length, anchor, day, messages, first_id, last_id"
        with self._read() as db:
            row = db.execute(f"SELECT {columns} FROM notes WHERE vault = ? AND path = ?", (vault, path)).fetchone()  # noqa: S608 - a constant
        return NoteRow(*row) if row else None

    def notes(self, vault: int, chat: int) -> tuple[str, ...]:
        with self._read() as db:
            rows = db.execute("SELECT path FROM notes WHERE vault = ? AND chat = ? ORDER BY first_id, id", (vault, chat))
            return tuple(path for (path,) in rows)

    def intents(self, vault: int) -> tuple[Intent, ...]:
        with self._read() as db:
            rows = db.execute("SELECT path, start, length, crc, anchor, marks FROM intents WHERE vault = ?", (vault,))
            return tuple(Intent(*row) for row in rows)

    def messages(self, vault: int, chat: int, ids: Collection[int]) -> dict[int, MessageAt]:
        query = """SELECT m.id, n.path, m.author, m.snippet FROM messages m JOIN notes n ON n.id = m.note
            WHERE m.vault = ? AND m.chat = ? AND m.id IN (SELECT value FROM json_each(?))"""
        with self._read() as db:
            rows = db.execute(query, (vault, chat, orjson.dumps(list(ids)).decode()))
            return {id: MessageAt(note, author, snippet) for id, note, author, snippet in rows}

    def chats(self, vault: int, chat: int | None = None) -> tuple[ChatState, ...]:
        """All chats of a vault, or the one that is asked for."""
        query = """SELECT id, record, first_id, last_id, messages,
            (SELECT count(*) FROM notes n WHERE n.vault = c.vault AND n.chat = c.id), files, missing, first_date, last_date
            FROM chats c WHERE vault = ?"""
        with self._read() as db:
            rows = db.execute(query, (vault,)) if chat is None else db.execute(f"{query} AND id = ?", (vault, chat))
            return tuple(_chat_state(row) for row in rows)

    def chats_of_root(self, root: str) -> tuple[ChatState, ...]:
        """All chats of a vault by its real path; none for one that was never opened."""
        vault = self.known_vault(root)
        return self.chats(vault) if vault else ()

    def files(self, vault: int, chat: int, state: FileState, limit: int = -1, after_seq: int = 0) -> tuple[FileRecord, ...]:
        """Files of a chat in one state, in the order of the queue. A negative limit is none."""
        query = """SELECT seq, path, chat, state, reason, sha256, record FROM files
            WHERE vault = ? AND chat = ? AND state = ? AND seq > ? ORDER BY seq LIMIT ?"""
        with self._read() as db:
            return tuple(_file_record(row) for row in db.execute(query, (vault, chat, state, after_seq, limit)))

    def waiting_files(self, vault: int, chat: int) -> tuple[int, int, int]:
        """Of a chat's files that are queued or failed: how many, their bytes, and the parts of 1 MiB in them."""
        query = """SELECT count(*), coalesce(sum(size), 0), coalesce(sum(size / 1048576 + 1), 0) FROM (
            SELECT json_extract(CAST(record AS TEXT), '$.file.size') AS size FROM files WHERE vault = ? AND chat = ? AND state IN (?, ?))"""
        with self._read() as db:
            row = db.execute(query, (vault, chat, FileState.QUEUED, FileState.FAILED)).fetchone()
        return row[0], row[1], row[2]

    def known_vault(self, root: str) -> int:
        """The id of a vault by its real path; 0 for one that was never opened."""
        with self._read() as db:
            row = db.execute("SELECT id FROM vaults WHERE root = ?", (root,)).fetchone()
        return row[0] if row else 0

    def all_files(self, vault: int) -> tuple[FileRecord, ...]:
        """Every file of a vault, whatever its state."""
        query = "SELECT seq, path, chat, state, reason, sha256, record FROM files WHERE vault = ? ORDER BY seq"
        with self._read() as db:
            return tuple(_file_record(row) for row in db.execute(query, (vault,)))

    def parts(self, vault: int, path: str) -> bytes | None:
        with self._read() as db:
            row = db.execute("SELECT map FROM parts WHERE vault = ? AND path = ?", (vault, path)).fetchone()
        return row[0] if row else None

    def places(self, vault: int, key: str) -> tuple[str, ...]:
        """Some of the paths, the newest first: of a sticker there are tens of thousands."""
        query = "SELECT path FROM files WHERE vault = ? AND key = ? AND state = ? ORDER BY seq DESC LIMIT ?"
        with self._read() as db:
            return tuple(path for (path,) in db.execute(query, (vault, key, FileState.DONE, _PLACES)))

    def topics(self, vault: int, chat: int) -> dict[int, TopicState]:
        with self._read() as db:
            rows = db.execute("SELECT record FROM topics WHERE vault = ? AND chat = ?", (vault, chat))
            states = [msgspec.json.decode(record, type=TopicState) for (record,) in rows]
        return {state.id: state for state in states}

    def threads(self, vault: int, chat: int, posts: Collection[int] | None = None) -> dict[int, int]:
        """The threads of all posts, or of some."""
        query, some = "SELECT post, thread FROM threads WHERE vault = ? AND chat = ?", list[str]()
        if posts is not None:
            query += " AND post IN (SELECT value FROM json_each(?))"
            some = [orjson.dumps(list(posts)).decode()]
        with self._read() as db:
            return dict(db.execute(query, (vault, chat, *some)).fetchall())

    def jobs(self) -> tuple[JobRecord, ...]:
        with self._read() as db:
            return tuple(JobRecord(*row) for row in db.execute("SELECT id, position, state, body FROM jobs ORDER BY position, id"))


def _chat_state(row: tuple[int, bytes, int, int, int, int, int, int, int, int]) -> ChatState:
    facts = msgspec.json.decode(row[1], type=ChatFacts)
    counted: dict[str, Any] = dict(zip(_COUNTED, row[2:], strict=True))
    return ChatState(row[0], **facts.given(), **counted)


def _file_record(row: tuple[int, str, int, str, str, str, bytes]) -> FileRecord:
    seq, path, chat, state, reason, sha256, record = row
    facts = msgspec.json.decode(record, type=FileFacts)
    return FileRecord(
        seq, path, facts.note, facts.line, chat, facts.message_id, facts.date, facts.file, FileState(state), reason, sha256
    )


def put_intent(db: sqlite3.Connection, vault: int, intent: Intent) -> None:
    values = (vault, intent.path, intent.start, intent.length, intent.crc, intent.anchor, intent.marks)
    db.execute("INSERT OR REPLACE INTO intents VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def drop_intents(db: sqlite3.Connection, vault: int, paths: Iterable[str]) -> None:
    db.executemany("DELETE FROM intents WHERE vault = ? AND path = ?", ((vault, path) for path in paths))


def save(db: sqlite3.Connection, vault: int, records: VaultRecords) -> None:
    """Everything of one vault, inside the caller's transaction."""
    _save_chats(db, vault, records)
    _save_notes(db, vault, records.notes.values())
    drop_intents(db, vault, records.notes)
    save_files(db, vault, records.files)
    save_links(db, vault, records.links)
    end_files(db, vault, records.ended)
    topics = ((vault, chat, number, orjson.dumps(state)) for (chat, number), state in records.topics.items())
    db.executemany("INSERT OR REPLACE INTO topics VALUES (?, ?, ?, ?)", topics)
    threads = ((vault, chat, post, thread) for (chat, post), thread in records.threads.items())
    db.executemany("INSERT OR IGNORE INTO threads (vault, chat, post, thread) VALUES (?, ?, ?, ?)", threads)
    save_parts(db, vault, records.parts)


def save_parts(db: sqlite3.Connection, vault: int, maps: Mapping[str, bytes | None]) -> None:
    """Part maps by path; None forgets one."""
    db.executemany("DELETE FROM parts WHERE vault = ? AND path = ?", [(vault, path) for path, parts in maps.items() if parts is None])
    kept = [(vault, path, parts) for path, parts in maps.items() if parts is not None]
    db.executemany("INSERT OR REPLACE INTO parts VALUES (?, ?, ?)", kept)


def _save_chats(db: sqlite3.Connection, vault: int, records: VaultRecords) -> None:
    for chat, facts in records.chats.items():
        query = "INSERT INTO chats (vault, id, record) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET record = excluded.record"
        db.execute(query, (vault, chat, orjson.dumps(facts)))
    for chat, rows in records.messages.items():
        if rows:
            _move_chat(db, vault, chat, records.progress[chat], _insert_messages(db, vault, chat, rows))


def _insert_messages(db: sqlite3.Connection, vault: int, chat: int, rows: Sequence[MessageRow]) -> int:
    """Returns how many of them weren't known."""
    count = 0
    for start in range(0, len(rows), _ROWS_PER_INSERT):
        some = rows[start : start + _ROWS_PER_INSERT]
        marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?)"] * len(some))
        query = f"""INSERT OR IGNORE INTO messages (vault, chat, id, note, author, snippet, stamp, head, size, crc)
            SELECT ?, ?, * FROM (VALUES {marks})"""  # noqa: S608 - only marks
        count += db.execute(query, (vault, chat, *chain.from_iterable(some))).rowcount
    return count


def _move_chat(db: sqlite3.Connection, vault: int, chat: int, progress: Progress, count: int) -> None:
    db.execute("INSERT OR IGNORE INTO chats (vault, id, record) VALUES (?, ?, '{}')", (vault, chat))
    query = """UPDATE chats SET messages = messages + :count,
        last_id = max(last_id, :last_id), last_date = max(last_date, :last_date),
        first_id = CASE WHEN first_id = 0 OR :first_id < first_id THEN :first_id ELSE first_id END,
        first_date = CASE WHEN first_date = 0 OR (:first_date > 0 AND :first_date < first_date) THEN :first_date ELSE first_date END
        WHERE vault = :vault AND id = :chat"""
    db.execute(query, asdict(progress) | {"count": count, "vault": vault, "chat": chat})


def _save_notes(db: sqlite3.Connection, vault: int, notes: Iterable[NoteRow]) -> None:
    query = """INSERT INTO notes (id, vault, chat, path, length, anchor, day, messages, first_id, last_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (vault, path) DO UPDATE SET length = excluded.length,
        anchor = excluded.anchor, day = excluded.day, messages = excluded.messages, first_id = excluded.first_id,
        last_id = excluded.last_id"""
    rows = (
        (n.id, vault, n.chat, n.path, n.length, n.anchor, n.day, n.messages, n.first_id, n.last_id) for n in notes
    )
    db.executemany(query, rows)


def save_files(db: sqlite3.Connection, vault: int, files: Iterable[FileRecord]) -> None:
    """Queue files. One that is known stays what it was, unless other bytes belong there now."""
    query = """INSERT INTO files (vault, chat, path, key, state, reason, sha256, record) VALUES (?, ?, ?, ?, ?, '', '', ?)
        ON CONFLICT (vault, path) DO UPDATE SET record = excluded.record, key = excluded.key,
        state = CASE WHEN key = excluded.key THEN state ELSE excluded.state END"""
    facts = ((f, FileFacts(f.note, f.line, f.message_id, f.date, f.file)) for f in files)
    rows = ((vault, f.chat_id, f.path, f.file.key, FileState.QUEUED, msgspec.json.encode(record)) for f, record in facts)
    db.executemany(query, rows)


def end_files(db: sqlite3.Connection, vault: int, ended: Iterable[FileEnd]) -> None:
    """Files that came to an end, or are queued again."""
    for end in ended:
        _end_file(db, vault, end)


def _end_file(db: sqlite3.Connection, vault: int, end: FileEnd) -> None:
    row = db.execute("SELECT chat, state, key FROM files WHERE vault = ? AND path = ?", (vault, end.path)).fetchone()
    if row is None or (end.key and end.key != row[2]):
        return
    chat, old, _ = row
    query = "UPDATE files SET state = ?, reason = ?, sha256 = ? WHERE vault = ? AND path = ?"
    db.execute(query, (end.state, end.reason, end.sha256, vault, end.path))
    done = (end.state is FileState.DONE) - (old == FileState.DONE)
    missing = (end.state is FileState.FAILED) - (old == FileState.FAILED)
    db.execute("UPDATE chats SET files = files + ?, missing = missing + ? WHERE vault = ? AND id = ?", (done, missing, vault, chat))


def save_jobs(db: sqlite3.Connection, jobs: dict[int, JobRecord | None]) -> None:
    """Jobs that changed; None for one that is dropped."""
    for number, job in jobs.items():
        if job is None:
            db.execute("DELETE FROM jobs WHERE id = ?", (number,))
        else:
            db.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?)", (job.id, job.position, job.state, job.body))
