"""How many bytes may be asked for at once: as many as the settings say where answers come quickly, fewer on a slow line.

What is asked for behind more than the line can carry within a request's deadline is fetched twice: it comes, but too late.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager

from tobs_tui.errors import RequestFailed, RetryCause
from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.budget import Budget
from tobs_tui.pipeline.parts import PART

PARTS_ALLOWED = "parts_allowed"
LEAST = PART // 4
QUICK = 0.5
SLOW = 1.0
"""Shares of a request's deadline: an answer within the first lets more be asked for, one that took longer than the second less."""


class Flow:
    """Grants bytes in flight, at most `parts` parts, never less than the smallest request. `seconds` is a request's deadline."""

    def __init__(self, parts: int, seconds: float, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = self._allowed = parts * PART
        self._seconds = seconds
        self._metrics = metrics
        self._clock = clock
        self._budget = Budget(self._allowed)
        self._changed = clock()
        metrics.level(PARTS_ALLOWED, parts)

    @property
    def allowed(self) -> int:
        """Bytes that may be in flight now."""
        return self._allowed

    @property
    def largest(self) -> int:
        """The most bytes that one request should ask for: on a slow line a whole part would miss its deadline."""
        if self._allowed * 2 > self._most:
            return PART
        return PART // 2 if self._allowed * 4 > self._most else LEAST

    def close(self) -> None:
        """Take back what the metrics were told."""
        self._metrics.level(PARTS_ALLOWED, -_parts(self._allowed))

    @asynccontextmanager
    async def grant(self, job: Hashable, cost: int) -> AsyncIterator[None]:
        """Enclose one request for a part: `cost` bytes are in flight meanwhile; how long it takes decides on later ones."""
        async with self._budget.grant(job, cost):
            sent = self._clock()
            try:
                yield
            except RequestFailed as error:
                if error.cause is RetryCause.TIMEOUT:
                    self._less(sent)
                raise
            self._answered(sent, cost)

    def _answered(self, sent: float, cost: int) -> None:
        seconds = self._clock() - sent
        if seconds > SLOW * self._seconds:
            self._less(sent)
        elif seconds < QUICK * self._seconds and self._allowed < self._most:
            more = min(PART, self._allowed) * cost // self._allowed  # a part more, at most twice as much, for all that are in flight now
            self._allow(min(self._most, self._allowed + more))

    def _less(self, sent: float) -> None:
        """Half as much from now on; what was sent before the last change says nothing of what is allowed since."""
        if sent >= self._changed and self._allowed > LEAST:
            self._changed = self._clock()
            self._allow(max(LEAST, self._allowed // 2))

    def _allow(self, amount: int) -> None:
        self._metrics.level(PARTS_ALLOWED, _parts(amount) - _parts(self._allowed))
        self._allowed = amount
        self._budget.resize(amount)


def _parts(amount: int) -> int:
    """Bytes in parts, a part that isn't whole as one."""
    return -(-amount // PART)
