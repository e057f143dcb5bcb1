"""What the cache knows of vaults that needn't be open, as of the last checkpoint. Nothing here opens, makes or changes a vault."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tobs_tui.pipeline.records import ChatState, TopicState
from tobs_tui.pipeline.tables import Tables


@dataclass(frozen=True, slots=True)
class Waiting:
    """Files of a chat that notes name and that aren't there yet: how many, their bytes, and the parts of 1 MiB in them."""

    files: int = 0
    bytes: int = 0
    parts: int = 0


@dataclass(frozen=True, slots=True)
class Remembered:
    """How far a chat is in a vault. `do` runs something on the cache's thread; all methods raise CacheError."""

    tables: Tables
    do: Callable[[Callable[[], Any]], Awaitable[Any]]

    async def chat(self, root: str, chat_id: int) -> ChatState | None:
        """The chat's state; None for one that was never written there."""
        found: tuple[ChatState, ...] = await self.do(lambda: self.tables.chats(self._vault(root), chat_id))
        return found[0] if found else None

    async def topics(self, root: str, chat_id: int) -> dict[int, TopicState]:
        """What is known of a forum's topics, by id."""
        found: dict[int, TopicState] = await self.do(lambda: self.tables.topics(self._vault(root), chat_id))
        return found

    async def waiting(self, root: str, chat_id: int) -> Waiting:
        """The chat's files that are queued, or failed and will be tried again."""
        return Waiting(*await self.do(lambda: self.tables.waiting_files(self._vault(root), chat_id)))

    def _vault(self, root: str) -> int:
        """The vault's id, 0 for one that was never opened."""
        return self.tables.known_vault(os.path.realpath(root))
