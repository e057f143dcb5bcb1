"""What the server says of a file's bytes: its hashes, asked for as parts arrive and forgotten when they have held."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tobs_tui.pipeline.parts import PART
from tobs_tui.pipeline.ports import RangeHash
from tobs_tui.pipeline.spans import Range, Spans

Ask = Callable[[int], Awaitable[tuple[RangeHash, ...]]]


@dataclass(frozen=True, slots=True)
class _Asking:
    """A request under way, and up to where its answer may reach."""

    start: int
    end: int
    answered: asyncio.Event = field(default_factory=asyncio.Event)


def _offset(known: RangeHash) -> int:
    return known.offset


class HashTable:
    """The hashes of one file of `size` bytes. `ask` fetches those from an offset on; it retries by itself."""

    def __init__(self, size: int, ask: Ask) -> None:
        self._size = size
        self._ask = ask
        self._known = Spans()
        self._pending: list[RangeHash] = []
        self._taken: list[RangeHash] = []
        self._longest = 0
        self._asking: list[_Asking] = []
        self._reach = PART

    async def cover(self, start: int, end: int) -> None:
        """Learn the hashes of these bytes, or that there are none. Requests under way are waited for instead of sent again."""
        while (position := self._known.after(start)) < end:
            if under_way := next((each for each in self._asking if each.start <= position < each.end), None):
                await under_way.answered.wait()
            else:
                await self._learn(position)

    async def _learn(self, position: int) -> None:
        asking = _Asking(position, position + self._reach)
        self._asking.append(asking)
        try:
            answer = await self._ask(position)
        finally:
            self._asking.remove(asking)
            asking.answered.set()
        for each in answer:
            self._add(each)
        if not self._known.covers(position, position + 1):  # no hash for these bytes
            self._known.add(position, self._known.next_start(position, self._size))
        self._reach = max(self._reach, *(each.offset + each.length - position for each in answer), 0)

    def _add(self, found: RangeHash) -> None:
        """Keep a hash that is new. One that reaches behind the declared end holds for the bytes up to it."""
        length = min(found.length, self._size - found.offset)
        if found.offset < 0 or length <= 0 or self._known.covers(found.offset, found.offset + length):
            return
        self._known.add(found.offset, found.offset + length)
        self._longest = max(self._longest, length)
        insort(self._pending, RangeHash(found.offset, length, found.sha256), key=_offset)

    def take(self, start: int, end: int, present: Spans) -> list[RangeHash]:
        """The hashes that touch these bytes and whose own bytes are all `present`. The caller checks them, then calls `settled`."""
        taken = [each for each in self._touching(start, end) if present.covers(each.offset, each.offset + each.length)]
        for each in taken:
            self._pending.remove(each)
        self._taken.extend(taken)
        return taken

    def settled(self, found: RangeHash) -> None:
        """The bytes of a taken hash are right."""
        self._taken.remove(found)

    def put_back(self, found: RangeHash) -> None:
        """The bytes of a taken hash aren't right, and will be fetched as if nobody had looked."""
        self._taken.remove(found)
        insort(self._pending, found, key=_offset)

    def unsettled(self, start: int, end: int) -> list[Range]:
        """Which of these bytes have a hash that hasn't held yet."""
        found = [(max(start, each.offset), min(end, each.offset + each.length)) for each in (*self._touching(start, end), *self._taken)]
        return [(a, b) for a, b in found if a < b]

    def _touching(self, start: int, end: int) -> list[RangeHash]:
        first = bisect_left(self._pending, start - self._longest, key=_offset)
        last = bisect_left(self._pending, end, key=_offset)
        return [each for each in self._pending[first:last] if each.offset + each.length > start]
