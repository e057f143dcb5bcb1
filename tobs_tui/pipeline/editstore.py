"""The part of the store that brings messages of notes up to what became of them since they were written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol, TypeVar

from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.edittables import Known, count_queued, forget_stamps, is_wanted, known_messages, otherwise
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

    async def known(self, vault: str, chat_id: int, low: int, high: int, limit: int) -> dict[int, Known]:
        """The newest messages of a chat with ids from `low` up to `high` (0: to the end), at most so many."""
        number = self._number(vault)
        return await self._do(lambda: known_messages(self._cache, number, chat_id, low, high, limit))

    async def otherwise(self, vault: str, chat_id: int) -> tuple[int, ...]:
        """The messages of a chat whose blocks stand in their notes otherwise than they were to be written, by rising id."""
        number = self._number(vault)
        return await self._do(lambda: otherwise(self._cache, number, chat_id))

    async def forget_stamps(self, vault: str, chat_id: int, ids: Collection[int]) -> None:
        """Of these messages it isn't known any more what stands in their notes; true at once."""
        number = self._number(vault)
        await self._do(lambda: forget_stamps(self._cache, number, chat_id, ids))

    async def renew(self, vault: str, note: str, changes: Sequence[Change]) -> Renewed:
        """Bring blocks of a note up to date, by writing it anew where it changes; true at once. Raises VaultError too."""
        return await self._rewritten(vault, note, lambda writer: writer.renew(note, changes))

    async def queued(self, vault: str, paths: Collection[str]) -> int:
        """How many of these files wait to be fetched."""
        number = self._number(vault)
        return await self._do(lambda: count_queued(self._cache, number, paths))

    async def wanted(self, vault: str, path: str, key: str) -> bool:
        """Whether a path's file is still to have the bytes of this key (`RemoteFile.key`)."""
        number = self._number(vault)
        return await self._do(lambda: is_wanted(self._cache, number, path, key))
