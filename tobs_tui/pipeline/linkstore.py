"""The part of the store that knows what blocks point at: other messages, chats, threads, articles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol, TypeVar

from tobs_tui.pipeline.articlebook import ArticleBook
from tobs_tui.pipeline.blocks import swap_in_blocks
from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.linkbook import LinkBook
from tobs_tui.pipeline.records import ArticleRecord, BlockChange, OpenLink, OpenThread
from tobs_tui.pipeline.writer import Swap

T = TypeVar("T")


class Do(Protocol):
    """Runs something on the store's I/O thread."""

    async def __call__(self, work: Callable[[], T]) -> T: ...


class LinkStore:
    """Links and articles of the store's open vaults; as of the last checkpoint. All methods raise CacheError.

    `number` gives the id of a vault in the cache, `change` writes a note anew with what a Swap makes of it.
    """

    def __init__(self, cache: Cache, do: Do, number: Callable[[str], int], change: Callable[[str, str, Swap], Awaitable[int]]) -> None:
        self._links = LinkBook(cache)
        self._articles = ArticleBook(cache)
        self._do = do
        self._number = number
        self._change = change

    async def ready(self, vault: str, usernames: Mapping[str, int], indexed: Collection[int]) -> tuple[str, ...]:
        """Notes with blocks that point at something which is in the vault by now, and don't lead there yet.

        `usernames` are marked ids by casefolded public name, `indexed` those of chats that have an index note.
        """
        number = self._number(vault)
        return await self._do(lambda: self._links.mark_ready(number, usernames, indexed))

    async def open(self, vault: str, note: str) -> tuple[OpenLink, ...]:
        """The blocks of a note that `ready` found."""
        number = self._number(vault)
        return await self._do(lambda: self._links.open_links(number, note))

    async def settle(self, vault: str, note: str, changes: tuple[BlockChange, ...]) -> int:
        """Change lines of blocks where they still stand, and record that the note leads to all that is ready; returns how many changed.

        Raises VaultError too.
        """
        number = self._number(vault)
        count = await self._change(vault, note, lambda data, mark: swap_in_blocks(data, changes, mark))
        await self._do(lambda: self._links.settle(number, note))
        return count

    async def open_threads(self, vault: str, channel: int, group: int) -> tuple[OpenThread, ...]:
        """The threads of a discussion group that don't lead to their posts yet, where both are in the vault."""
        number = self._number(vault)
        return await self._do(lambda: self._links.open_threads(number, channel, group))

    async def settle_threads(self, vault: str, group: int, posts: Collection[int]) -> None:
        """Record that the threads of these posts, and the posts, lead to each other, at once."""
        number = self._number(vault)
        await self._do(lambda: self._links.settle_threads(number, group, posts))

    async def waiting_articles(self, vault: str, chat_id: int) -> tuple[str, ...]:
        """Paths of articles that a chat's blocks point at and that nothing is known of."""
        number = self._number(vault)
        return await self._do(lambda: self._articles.waiting(number, chat_id))

    async def put_article(self, vault: str, record: ArticleRecord) -> None:
        """Record an article that lies in the vault, or that is gone, at once."""
        number = self._number(vault)
        await self._do(lambda: self._articles.put(number, record))

    async def articles(self, vault: str, paths: Collection[str]) -> dict[str, ArticleRecord]:
        """What is known of articles, by their paths."""
        number = self._number(vault)
        return await self._do(lambda: self._articles.find(number, paths))
