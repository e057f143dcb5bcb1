"""How many pages of one chat are asked for at once: as many as make the reading faster, and fewer after a flood.

It is one number for all chats that are read, judged by what they bring together: with one of their own each, the first to climb would
take the line from the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

START = 3
LEAST = 2
MOST = 16
# Another width is worth having when it brings so much more.
GAIN = 1.12
# Pages in one measurement, and how many measurements a width stands before a wider one is tried again.
TRIAL = 8
REST = 24


class Width:
    """Climbs while the throughput grows. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.size = START
        self._clock = clock
        self._best = 0.0
        self._before = START
        self._rest = 0
        self._readers = 0
        self._begin(0)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Enclose the reading of one chat. What was measured with fewer or more of them tells nothing any more."""
        self._join(1)
        try:
            yield
        finally:
            self._join(-1)

    def _join(self, change: int) -> None:
        self._readers += change
        self.size, self._best, self._rest = self._before, 0.0, 0
        self._begin(self._floods)

    def _begin(self, floods: int) -> None:
        self._pages = self._waits = 0
        self._floods = floods
        self._since = self._clock()

    def delivered(self, waited: bool, floods: int) -> None:
        """A page was handed on; whether it had to be waited for, and how many floods were met by now."""
        if floods > self._floods:
            self.size = self._before = max(LEAST, self.size // 2)
            self._best, self._rest = 0.0, REST
            self._begin(floods)
            return
        self._pages += 1
        self._waits += waited
        if self._pages >= max(TRIAL, 2 * self.size * self._readers):
            self._judge(self._pages / max(self._clock() - self._since, 1e-6))
            self._begin(floods)

    def _judge(self, rate: float) -> None:
        """Go on to a wider one, rest, or go back, by the pages per second that this one brought."""
        if self._rest > 1:
            self._rest -= 1
        elif 4 * self._waits < self._pages:
            self._rest = 0  # those who take the pages are the slow ones: more of them would only wait
        elif self._rest or rate > self._best * GAIN:
            self._rest = 0
            self._best, self._before = rate, self.size
            self.size = min(MOST, self.size + (self.size + 1) // 2)
        else:
            self.size, self._rest = self._before, REST
