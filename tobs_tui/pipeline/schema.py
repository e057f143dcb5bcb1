"""The tables of the cache, and how an older cache becomes one of today.

`PRAGMA user_version` counts the steps of `MIGRATIONS` that a file has behind it. A step is never changed once it was released; a
new one is added. Structure that is looked up or counted has columns; the rest of a record is orjson in `record`.
"""

from __future__ import annotations

import sqlite3

from tobs_tui.errors import CacheError

_FIRST = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE vaults (id INTEGER PRIMARY KEY, root TEXT NOT NULL UNIQUE);
CREATE TABLE chats (
    vault INTEGER NOT NULL, id INTEGER NOT NULL, record BLOB NOT NULL,
    first_id INTEGER NOT NULL DEFAULT 0, last_id INTEGER NOT NULL DEFAULT 0, messages INTEGER NOT NULL DEFAULT 0,
    files INTEGER NOT NULL DEFAULT 0, missing INTEGER NOT NULL DEFAULT 0,
    first_date INTEGER NOT NULL DEFAULT 0, last_date INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (vault, id)
) WITHOUT ROWID;
CREATE TABLE notes (
    id INTEGER PRIMARY KEY, vault INTEGER NOT NULL, chat INTEGER NOT NULL, path TEXT NOT NULL,
    length INTEGER NOT NULL, anchor BLOB NOT NULL, day TEXT NOT NULL,
    messages INTEGER NOT NULL, first_id INTEGER NOT NULL, last_id INTEGER NOT NULL,
    UNIQUE (vault, path)
);
CREATE INDEX notes_of_chat ON notes (vault, chat, first_id);
CREATE TABLE messages (
    vault INTEGER NOT NULL, chat INTEGER NOT NULL, id INTEGER NOT NULL,
    note INTEGER NOT NULL, author TEXT NOT NULL, snippet TEXT NOT NULL,
    PRIMARY KEY (vault, chat, id)
) WITHOUT ROWID;
CREATE TABLE files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, vault INTEGER NOT NULL, chat INTEGER NOT NULL, path TEXT NOT NULL,
    key TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, sha256 TEXT NOT NULL, record BLOB NOT NULL,
    UNIQUE (vault, path)
);
CREATE INDEX files_of_chat ON files (vault, chat, state, seq);
CREATE INDEX files_of_key ON files (vault, key, state);
CREATE TABLE parts (vault INTEGER NOT NULL, path TEXT NOT NULL, map BLOB NOT NULL, PRIMARY KEY (vault, path)) WITHOUT ROWID;
CREATE TABLE jobs (id INTEGER PRIMARY KEY, position INTEGER NOT NULL, state TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE intents (
    vault INTEGER NOT NULL, path TEXT NOT NULL,
    start INTEGER NOT NULL, length INTEGER NOT NULL, crc INTEGER NOT NULL, anchor BLOB NOT NULL,
    PRIMARY KEY (vault, path)
) WITHOUT ROWID;
"""

_TOPICS = """
CREATE TABLE topics (
    vault INTEGER NOT NULL, chat INTEGER NOT NULL, id INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY (vault, chat, id)
) WITHOUT ROWID;
"""

_LINKS = """
CREATE TABLE links (
    vault INTEGER NOT NULL, chat INTEGER NOT NULL, id INTEGER NOT NULL, note TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (vault, chat, id)
) WITHOUT ROWID;
CREATE TABLE link_targets (
    vault INTEGER NOT NULL, chat INTEGER NOT NULL, id INTEGER NOT NULL,
    name TEXT NOT NULL, target_id INTEGER NOT NULL, target_chat INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (vault, chat, id, name, target_id, target_chat)
) WITHOUT ROWID;
CREATE INDEX targets_by_state ON link_targets (vault, state, name, target_chat);
"""

_ARTICLES = """
CREATE TABLE articles (
    vault INTEGER NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, title TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (vault, name)
) WITHOUT ROWID;
"""

_THREADS = """
CREATE TABLE threads (
    vault INTEGER NOT NULL, chat INTEGER NOT NULL, post INTEGER NOT NULL, thread INTEGER NOT NULL, PRIMARY KEY (vault, chat, post)
) WITHOUT ROWID;
"""

# `stamp` tells what Telegram showed of a message when it was last looked at. `head` is the first message of its album, 0 for a block's own
# header; there `size` and `crc` (CRC-32) are those of the block's bytes as the program last wrote them. NULL: not known.
_EDITS = """
ALTER TABLE messages ADD COLUMN stamp INTEGER;
ALTER TABLE messages ADD COLUMN head INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN size INTEGER;
ALTER TABLE messages ADD COLUMN crc INTEGER;
ALTER TABLE intents ADD COLUMN marks BLOB NOT NULL DEFAULT x'';
"""

# A thread is settled when its post and its first message lead to each other.
_SETTLED = """
ALTER TABLE threads ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
CREATE INDEX open_threads ON threads (vault, chat) WHERE settled = 0;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _TOPICS, _LINKS, _ARTICLES, _THREADS, _EDITS, _SETTLED)


def migrate(db: sqlite3.Connection) -> None:
    """Bring a cache to today's schema, each step in a transaction of its own.

    Raises CacheError when it is newer than the program, and sqlite3.Error.
    """
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        reason = f"a newer tobs-tui wrote it (schema {version}, this program knows {len(MIGRATIONS)})"
        raise CacheError("The cache can't be used", reason, "Update tobs-tui")
    for number, step in enumerate(MIGRATIONS[version:], version + 1):
        db.executescript(f"BEGIN IMMEDIATE;\n{step}\nPRAGMA user_version = {number};\nCOMMIT;")
