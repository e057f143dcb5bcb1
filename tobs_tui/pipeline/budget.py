"""Who may have how much in flight: one place that grants it, first come first served within a job, jobs in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class _Waiter:
    cost: int
    granted: asyncio.Future[None]


class Budget:
    """So many units may be out at once. A request that doesn't fit isn't overtaken, so that none waits for ever."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._used = 0
        self._turns: dict[Hashable, deque[_Waiter]] = {}

    @property
    def used(self) -> int:
        """Units that are out."""
        return self._used

    @property
    def waiting(self) -> int:
        """How many wait for a grant."""
        return sum(map(len, self._turns.values()))

    def resize(self, capacity: int) -> None:
        """Allow more or less from now on; what is out stays out."""
        self._capacity = capacity
        self._dispatch()

    @asynccontextmanager
    async def grant(self, job: Hashable, cost: int = 1) -> AsyncIterator[None]:
        """Hold `cost` units; waits for them. More than there are at all counts as all."""
        await self._take(job, cost)
        try:
            yield
        finally:
            self._used -= cost
            self._dispatch()

    async def _take(self, job: Hashable, cost: int) -> None:
        if not self._turns and self._fits(cost):
            self._used += cost
            return
        waiter = _Waiter(cost, asyncio.get_running_loop().create_future())
        self._turns.setdefault(job, deque()).append(waiter)
        try:
            await waiter.granted
        except asyncio.CancelledError:
            self._forget(job, waiter)
            raise

    def _fits(self, cost: int) -> bool:
        return self._used + cost <= self._capacity or not self._used

    def _forget(self, job: Hashable, waiter: _Waiter) -> None:
        """A waiter was cancelled; its grant, if it came in the same moment, goes to the next one."""
        queue = self._turns.get(job, ())
        if waiter in queue:
            self._turns[job].remove(waiter)
            if not queue:
                del self._turns[job]
        elif not waiter.granted.cancelled():
            self._used -= waiter.cost
        self._dispatch()

    def _dispatch(self) -> None:
        while self._turns:
            job, queue = next(iter(self._turns.items()))
            if not self._fits(queue[0].cost):
                return
            waiter = queue.popleft()
            del self._turns[job]
            if queue:
                self._turns[job] = queue  # behind the other jobs
            if not waiter.granted.done():
                self._used += waiter.cost
                waiter.granted.set_result(None)
