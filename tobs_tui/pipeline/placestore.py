"""The part of the store that knows where notes lie: which they are, and what changes when a person moves them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.linkstore import Do
from tobs_tui.pipeline.writer import NoteWriter

_MOVE_NOTE = (
    "UPDATE notes SET path = :new WHERE vault = :vault AND path = :old",
    "UPDATE links SET note = :new WHERE vault = :vault AND note = :old",
    """UPDATE files SET record = CAST(json_set(CAST(record AS TEXT), '$.note', :new) AS BLOB)
    WHERE vault = :vault AND chat = :chat AND json_extract(CAST(record AS TEXT), '$.note') = :old""",
)
_MOVE_FILES = (
    "UPDATE parts SET path = :new || substr(path, :cut) WHERE vault = :vault AND substr(path, 1, :cut - 1) = :old",
    "UPDATE files SET path = :new || substr(path, :cut) WHERE vault = :vault AND chat = :chat AND substr(path, 1, :cut - 1) = :old",
)


class PlaceStore:
    """Where the notes of the store's open vaults lie; as of the last checkpoint. All methods raise CacheError.

    `writer` gives the writer of an open vault.
    """

    def __init__(self, cache: Cache, do: Do, writer: Callable[[str], NoteWriter]) -> None:
        self._cache = cache
        self._do = do
        self._writer = writer

    async def any_notes(self, vault: str) -> bool:
        """Whether notes were written to a vault."""
        number = self._writer(vault).number
        return bool(await self._do(lambda: self._ask("SELECT 1 FROM notes WHERE vault = ? LIMIT 1", number)))

    async def ranges(self, vault: str, chat_id: int) -> dict[str, tuple[int, int]]:
        """The ids of the first and last message of each note of a chat, by the note's path."""
        number = self._writer(vault).number
        query = "SELECT path, first_id, last_id FROM notes WHERE vault = ? AND chat = ? ORDER BY first_id, id"
        rows = await self._do(lambda: self._ask(query, number, chat_id))
        return {path: (first, last) for path, first, last in rows}

    async def begun(self, vault: str) -> frozenset[str]:
        """Notes that a run which died may have begun; beside these, notes that are being written."""
        number = self._writer(vault).number
        return frozenset(path for (path,) in await self._do(lambda: self._ask("SELECT path FROM intents WHERE vault = ?", number)))

    async def forget_begun(self, vault: str, paths: Collection[str]) -> None:
        """These notes were looked for; true at once."""
        query = "DELETE FROM intents WHERE vault = :vault AND path = :path"
        await self._do(lambda: self._run(self._writer(vault).number, (query,), [{"path": path} for path in paths]))

    async def posts(self, vault: str, chat_id: int, ids: Collection[int]) -> dict[int, str]:
        """The notes between whose first and last messages these ids lie, by them: of an album the first may be deleted since."""
        number = self._writer(vault).number
        query = "SELECT path, last_id FROM notes WHERE vault = ? AND chat = ? AND first_id <= ? ORDER BY first_id DESC LIMIT 1"
        found = await self._do(lambda: {id: self._ask(query, number, chat_id, id) for id in ids})
        return {id: rows[0][0] for id, rows in found.items() if rows and id <= rows[0][1]}

    def _ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._cache.errors():
            return self._cache.db.execute(query, values).fetchall()

    async def move_notes(self, vault: str, chat_id: int, moved: Mapping[str, str]) -> None:
        """Notes of a chat lie elsewhere now (old paths and new ones); true at once."""
        await self._do(lambda: self._move_notes(self._writer(vault), chat_id, moved))

    async def move_media(self, vault: str, chat_id: int, old: str, new: str) -> None:
        """The files of a chat lie in the folder `new` instead of `old`; true at once."""
        values = {"chat": chat_id, "old": f"{old}/", "new": f"{new}/", "cut": len(old) + 2}
        await self._do(lambda: self._run(self._writer(vault).number, _MOVE_FILES, [values]))

    def _move_notes(self, writer: NoteWriter, chat_id: int, moved: Mapping[str, str]) -> None:
        self._run(writer.number, _MOVE_NOTE, [{"chat": chat_id, "old": old, "new": new} for old, new in moved.items()])
        for path in moved:
            writer.forget(path)

    def _run(self, vault: int, queries: tuple[str, ...], values: Iterable[dict[str, object]]) -> None:
        with self._cache.transaction() as db:
            for each in values:
                _all(db, queries, {"vault": vault, **each})


def _all(db: sqlite3.Connection, queries: tuple[str, ...], values: dict[str, object]) -> None:
    for query in queries:
        db.execute(query, values)
