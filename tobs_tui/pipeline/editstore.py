"""The part of the store that brings messages of notes up to what became of them since they were written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol, TypeVar

from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.edittables import Known, count_queued, known_messages
from tobs_tui.pipeline.linkstore import Do
from tobs_tui.pipeline.renewal import Change, Renewed
from tobs_tui.pipeline.writer import NoteWriter

T = TypeVar("T")


class Rewritten(Protocol):
    """Lets a vault's writer do something to a note none of whose text waits for a checkpoint; it answers None while some does."""

    def __call__(self, vault: str, note: str, work: Callable[[NoteWriter], T | None]) -> Awaitable[T]: ...


class EditStore:
    """Known messages of the store's open vaults, as of the last checkpoint, and their blocks. All methods raise CacheError.

    `number` gives the id of a vault in the cache.
    """

    def __init__(self, cache: Cache, do: Do, number: Callable[[str], int], rewritten: Rewritten) -> None:
        self._cache = cache
        self._do = do
        self._number = number
        self._rewritten = rewritten

    async def known(self, vault: str, chat_id: int, low: int, limit: int) -> dict[int, Known]:
        """The newest messages of a chat with ids from `low` on, at most so many."""
        number = self._number(vault)
        return await self._do(lambda: known_messages(self._cache, number, chat_id, low, limit))

    async def renew(self, vault: str, note: str, changes: Sequence[Change]) -> Renewed:
        """Bring blocks of a note up to date, by writing it anew where it changes; true at once. Raises VaultError too."""
        return await self._rewritten(vault, note, lambda writer: writer.renew(note, changes))

    async def queued(self, vault: str, paths: Collection[str]) -> int:
        """How many of these files wait to be fetched."""
        number = self._number(vault)
        return await self._do(lambda: count_queued(self._cache, number, paths))
