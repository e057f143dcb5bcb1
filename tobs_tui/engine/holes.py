"""Ranges of ids that earlier runs left out of a chat: kept with the chat, read later, put where they belong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace

from tobs_tui.engine.albums import AlbumGatherer, Block
from tobs_tui.engine.job import Job
from tobs_tui.engine.stations import Stations
from tobs_tui.model import Message
from tobs_tui.pipeline.records import ChatState

# Messages that are put into notes together: each time the notes that they belong to are written anew.
TOGETHER = 2_000


class Holes:
    """The holes of one chat in one run. `take` chooses among the messages of a page, `insert` puts blocks into their notes."""

    def __init__(
        self,
        job: Job,
        state: ChatState,
        stations: Stations,
        take: Callable[[tuple[Message, ...]], list[Message]],
        insert: Callable[[list[Block]], Awaitable[None]],
    ) -> None:
        self._job = job
        self._state = state
        self._telegram = stations.telegram
        self._store = stations.store
        self._take = take
        self._insert = insert
        self._holes = list(state.holes)

    def __bool__(self) -> bool:
        return bool(self._holes)

    @property
    def end(self) -> int:
        """The greatest id that lies in a hole, 0 where there is none: new messages come behind it."""
        return max((upto for _, upto in self._holes), default=0)

    async def leave(self, after: int, upto: int) -> None:
        """Messages between two ids aren't wanted now; a later run may bring them."""
        if after < upto:
            self._holes.append((after, upto))
            await self._keep()

    async def fill(self, since: int) -> None:
        """Read what lies in holes above the id `since` and before the job's `until`; what lies beside stays a hole."""
        until = self._job.options.until
        end = await self._telegram.id_before(self._job.chat, until, self._job.metrics) if until and self._holes else 0
        for hole in tuple(self._holes):
            after, upto = max(hole[0], since), min(hole[1], end) if until else hole[1]
            if after < upto:
                self._holes.remove(hole)
                await self._fill(after, upto, [each for each in ((hole[0], after), (upto, hole[1])) if each[0] < each[1]])

    async def _fill(self, after: int, upto: int, beside: list[tuple[int, int]]) -> None:
        """Read one range; after each portion the hole begins behind it."""
        kept = [*self._holes, *beside]
        gatherer, blocks, count = AlbumGatherer(), list[Block](), 0
        async with aclosing(self._telegram.history(self._job.chat, after, self._job.metrics, upto)) as pages:
            async for page in pages:
                inside = tuple(message for message in page.messages if message.id <= upto)
                wanted = self._take(inside)
                blocks += gatherer.add(wanted)
                count += len(wanted)
                if page.last_id >= upto or count >= TOGETHER:
                    last = page.last_id >= upto
                    await self._put(blocks + (gatherer.rest() if last else []))
                    blocks, count = [], 0
                    if last:
                        break
                    self._holes = [*kept, (_before(gatherer, page.last_id), upto)]
                    await self._keep()
        await self._put(blocks + gatherer.rest())
        self._holes = kept
        await self._keep()

    async def _put(self, blocks: list[Block]) -> None:
        if blocks:
            await self._insert(blocks)

    async def _keep(self) -> None:
        """A hole is smaller only when what was in it is true: an error of the disk may undo it until then."""
        await self._store.checkpoint(self._job.options.vault, self._state.id)
        state = await self._store.chat(self._job.options.vault, self._state.id) or self._state
        await self._store.put_chat(self._job.options.vault, replace(state, holes=tuple(sorted(self._holes))))


def _before(gatherer: AlbumGatherer, last: int) -> int:
    """Up to which id everything is put, when an album may still be held."""
    held = gatherer.held
    return min(held[0].id - 1, last) if held else last
