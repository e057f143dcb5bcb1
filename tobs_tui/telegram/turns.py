"""Whose turn it is where a server grants less than is wanted: each party has its share of what is granted in a window.

A party that can use its share finds it free, however many requests the others have waiting. What it leaves unused is given away, but not
at once: first the others must have left the lane alone for as long as a party that uses its share leaves between two requests.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, OrderedDict, deque
from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

P = TypeVar("P", bound=Hashable)


class Turns(Generic[P]):
    """Who waits for one lane, and what each had of its share lately. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[P, deque[asyncio.Future[bool]]] = OrderedDict()
        self._flying: Counter[P] = Counter()
        self._granted: deque[tuple[float, P]] = deque()
        self._recent: Counter[P] = Counter()
        self._last: dict[P, float] = {}
        self._last_gift = -math.inf

    def add(self, party: P) -> asyncio.Future[bool]:
        """Wait for a turn; the future is done when it has come, and says whether it is one of the party's share."""
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(party, deque()).append(waiting)
        return waiting

    @property
    def waiting(self) -> Collection[P]:
        """Who waits."""
        return self._waiting.keys()

    def first(self, now: float, seconds: float) -> P | None:
        """The party that is next: of those who wait the one that had least in the last `seconds`, else the one that waits for longest.
        None for nobody."""
        while self._granted and self._granted[0][0] <= now - seconds:
            _less(self._recent, self._granted.popleft()[1])
        for party, queue in tuple(self._waiting.items()):
            while queue and queue[0].done():  # cancelled
                queue.popleft()
            if not queue:
                del self._waiting[party]
        return min(self._waiting, key=self._used, default=None)

    def _used(self, party: P) -> int:
        return self._recent[party] + self._flying[party]

    def gift_at(self, party: P, limit: int, seconds: float) -> float:
        """When the party that is first may go if it has had its share of the `limit` requests in any `seconds`; minus infinity for one
        that hasn't."""
        parties = self._waiting.keys() | self._recent.keys() | self._flying.keys()
        if len(parties) == 1 or self._used(party) < limit / len(parties):
            return -math.inf
        self._last = {each: last for each, last in self._last.items() if each in parties}
        others = (last for each, last in self._last.items() if each != party)
        return max(self._last_gift, max(others, default=-math.inf)) + len(parties) * seconds / limit

    def go(self, party: P, now: float, share: bool) -> None:
        """Give the party that is first its turn, of its `share` or as a gift of the others."""
        queue = self._waiting[party]
        queue.popleft().set_result(share)
        self._waiting.move_to_end(party)
        if not queue:
            del self._waiting[party]
        if share:
            self._flying[party] += 1
            self._last[party] = now
        else:
            self._last_gift = now

    def end(self, party: P) -> None:
        """A turn of a party's share is over, whatever came of it."""
        _less(self._flying, party)

    def granted(self, party: P, sent: float, kept: int) -> None:
        """The server granted what a party asked for in a turn of its share. The latest `kept` are remembered."""
        self._granted.append((sent, party))
        self._recent[party] += 1
        while len(self._granted) > kept:
            _less(self._recent, self._granted.popleft()[1])


def _less(counts: Counter[P], party: P) -> None:
    counts[party] -= 1
    if not counts[party]:
        del counts[party]
