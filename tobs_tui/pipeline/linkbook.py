"""Which blocks of notes point at what: kept until every target is in the vault and the block leads there."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from enum import IntEnum

from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.records import LinkRecord, LinkTarget, OpenLink, OpenThread


class LinkState(IntEnum):
    """Where a target stands: not in the vault, in the vault, or in the vault and linked."""

    WAITING = 0
    READY = 1
    SETTLED = 2


def save_links(db: sqlite3.Connection, vault: int, links: Iterable[LinkRecord]) -> None:
    """Keep blocks that point at something, inside the caller's transaction."""
    for link in links:
        key = (vault, link.chat_id, link.message_id)
        db.execute("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?, ?)", (*key, link.note, link.body))
        query = "INSERT OR IGNORE INTO link_targets (vault, chat, id, name, target_id, target_chat) VALUES (?, ?, ?, ?, ?, ?)"
        db.executemany(query, ((*key, target.name, target.message_id, target.chat_id) for target in link.targets))


def forget_links(db: sqlite3.Connection, vault: int, chat: int, message: int) -> None:
    """A block points at other things now: what it pointed at, and what was settled of it, is no longer so."""
    for table in ("link_targets", "links"):
        db.execute(f"DELETE FROM {table} WHERE vault = ? AND chat = ? AND id = ?", (vault, chat, message))  # noqa: S608 - constants


class LinkBook:
    """The questions about links, and what is recorded of their answers. `vault` is the vault's id in the cache. All raise CacheError."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def mark_ready(self, vault: int, usernames: Mapping[str, int], indexed: Collection[int]) -> tuple[str, ...]:
        """Find out which targets are in the vault by now; returns the notes with blocks that can lead to one.

        `usernames` are marked ids by casefolded public name, `indexed` those of chats that have an index note.
        """
        with self._cache.transaction() as db:
            self._resolve(db, vault, usernames)
            self._mark_messages(db, vault)
            self._mark_chats(db, vault, indexed)
            self._mark_articles(db, vault)
            query = """SELECT DISTINCT l.note FROM link_targets t JOIN links l ON l.vault = t.vault AND l.chat = t.chat AND l.id = t.id
                WHERE t.vault = ? AND t.state = ? ORDER BY l.note"""
            return tuple(note for (note,) in db.execute(query, (vault, LinkState.READY)))

    def _resolve(self, db: sqlite3.Connection, vault: int, usernames: Mapping[str, int]) -> None:
        query = "SELECT DISTINCT name FROM link_targets WHERE vault = ? AND state = ? AND name <> '' AND target_chat = 0"
        names = [name for (name,) in db.execute(query, (vault, LinkState.WAITING)) if name in usernames]
        update = "UPDATE link_targets SET target_chat = ? WHERE vault = ? AND state = ? AND name = ? AND target_chat = 0"
        db.executemany(update, ((usernames[name], vault, LinkState.WAITING, name) for name in names))

    def _mark_messages(self, db: sqlite3.Connection, vault: int) -> None:
        query = """UPDATE link_targets SET state = ? WHERE vault = ? AND state = ? AND target_id > 0 AND target_chat <> 0 AND EXISTS
            (SELECT 1 FROM messages m WHERE m.vault = link_targets.vault AND m.chat = target_chat AND m.id = target_id)"""
        db.execute(query, (LinkState.READY, vault, LinkState.WAITING))

    def _mark_chats(self, db: sqlite3.Connection, vault: int, indexed: Collection[int]) -> None:
        query = "UPDATE link_targets SET state = ? WHERE vault = ? AND state = ? AND target_id = 0 AND target_chat = ?"
        db.executemany(query, ((LinkState.READY, vault, LinkState.WAITING, chat) for chat in indexed))

    def _mark_articles(self, db: sqlite3.Connection, vault: int) -> None:
        query = """UPDATE link_targets SET state = ? WHERE vault = ? AND state = ? AND name LIKE 'article:%'
            AND EXISTS (SELECT 1 FROM articles a WHERE a.vault = link_targets.vault AND a.name = link_targets.name)"""
        db.execute(query, (LinkState.READY, vault, LinkState.WAITING))

    def open_links(self, vault: int, note: str) -> tuple[OpenLink, ...]:
        """The blocks of a note that can lead to more than they do."""
        query = """SELECT l.chat, l.id, l.body, t.target_chat, t.name, t.target_id, t.state FROM links l
            JOIN link_targets t ON t.vault = l.vault AND t.chat = l.chat AND t.id = l.id
            WHERE l.vault = ? AND l.note = ? AND t.state <> ?"""
        found: dict[tuple[int, int, bytes], list[tuple[int, str, int, int]]] = {}
        with self._cache.errors():
            for chat, number, body, *target in self._cache.db.execute(query, (vault, note, LinkState.WAITING)):
                found.setdefault((chat, number, body), []).append((target[0], target[1], target[2], target[3]))
        links = (_open_link(*key, rows) for key, rows in sorted(found.items()))
        return tuple(link for link in links if link.ready)

    def settle(self, vault: int, note: str) -> None:
        """The blocks of a note lead to all that is ready. One with nothing left to wait for is forgotten."""
        of_note = "(chat, id) IN (SELECT chat, id FROM links WHERE vault = ? AND note = ?)"
        with self._cache.transaction() as db:
            query = f"UPDATE link_targets SET state = ? WHERE vault = ? AND state = ? AND {of_note}"  # noqa: S608 - a constant
            db.execute(query, (LinkState.SETTLED, vault, LinkState.READY, vault, note))
            query = """SELECT chat, id FROM links l WHERE vault = ? AND note = ? AND NOT EXISTS (SELECT 1 FROM link_targets t
                WHERE t.vault = l.vault AND t.chat = l.chat AND t.id = l.id AND t.state <> ?)"""
            done = db.execute(query, (vault, note, LinkState.SETTLED)).fetchall()
            for table in ("link_targets", "links"):
                db.executemany(f"DELETE FROM {table} WHERE vault = ? AND chat = ? AND id = ?", ((vault, *key) for key in done))  # noqa: S608

    def open_threads(self, vault: int, channel: int, group: int) -> tuple[OpenThread, ...]:
        """The threads of a group that don't lead to their posts yet, where both are in the vault."""
        query = """SELECT t.post, above.path, t.thread, below.path FROM threads t INDEXED BY open_threads
            JOIN messages p ON p.vault = t.vault AND p.chat = ? AND p.id = t.post JOIN notes above ON above.id = p.note
            JOIN messages h ON h.vault = t.vault AND h.chat = t.chat AND h.id = t.thread JOIN notes below ON below.id = h.note
            WHERE t.vault = ? AND t.chat = ? AND t.settled = 0 ORDER BY t.post"""
        with self._cache.errors():
            return tuple(OpenThread(*row) for row in self._cache.db.execute(query, (channel, vault, group)))

    def settle_threads(self, vault: int, group: int, posts: Collection[int]) -> None:
        """The threads of these posts lead there, and the posts to them."""
        query = "UPDATE threads SET settled = 1 WHERE vault = ? AND chat = ? AND post = ?"
        with self._cache.transaction() as db:
            db.executemany(query, ((vault, group, post) for post in posts))


def _open_link(chat: int, number: int, body: bytes, rows: list[tuple[int, str, int, int]]) -> OpenLink:
    """A name that was resolved keeps standing for the target: that is how the block writes it."""
    targets = {LinkTarget(0 if name else chat_id, name, target_id): (chat_id, state) for chat_id, name, target_id, state in rows}
    of_state = {wanted: frozenset(t for t, (_, state) in targets.items() if state == wanted) for wanted in LinkState}
    chats = {target: target_chat for target, (target_chat, _) in targets.items()}
    return OpenLink(chat, number, body, of_state[LinkState.SETTLED], of_state[LinkState.READY], chats)
