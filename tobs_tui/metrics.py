"""What the program counts about itself, and frozen snapshots of it.

One `Metrics` belongs to the engine's loop, and is written there alone. Everyone else sees `MetricsSnapshot`s:
the screen, the report and the log can't disagree.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tobs_tui.errors import RetryCause

HISTORY_SECONDS = 60
SAMPLES = 512


@dataclass(frozen=True, slots=True)
class TimingSnapshot:
    """Times in milliseconds over the last `SAMPLES` events; `count` is of all events."""

    count: int = 0
    last: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    longest: float = 0.0


class Timing:
    """How long something takes, in milliseconds; keeps the last `SAMPLES` values."""

    def __init__(self) -> None:
        self._values: deque[float] = deque(maxlen=SAMPLES)
        self._count = 0
        self._longest = 0.0

    def add(self, milliseconds: float) -> None:
        self._values.append(milliseconds)
        self._count += 1
        self._longest = max(self._longest, milliseconds)

    def snapshot(self) -> TimingSnapshot:
        if not self._values:
            return TimingSnapshot()
        ranked = sorted(self._values)
        middle, high = (ranked[min(len(ranked) - 1, int(share * len(ranked)))] for share in (0.5, 0.95))
        return TimingSnapshot(self._count, self._values[-1], middle, high, self._longest)


@dataclass(frozen=True, slots=True)
class RateSnapshot:
    """A rate per second: the last full seconds (oldest first), now (mean of three seconds), peak and total."""

    seconds: tuple[int, ...] = ()
    now: float = 0.0
    peak: float = 0.0
    total: int = 0


class Rate:
    """Counts per second over the last minute. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: deque[int] = deque([0] * HISTORY_SECONDS, maxlen=HISTORY_SECONDS)
        self._second = int(clock())
        self._current = 0
        self._total = 0
        self._peak = 0.0

    def add(self, amount: int = 1) -> None:
        self._roll()
        self._current += amount
        self._total += amount

    def _roll(self) -> None:
        passed = int(self._clock()) - self._second
        if passed <= 0:
            return
        self._second += passed
        self._buckets.append(self._current)
        self._current = 0
        self._peak = max(self._peak, self._mean())
        self._buckets.extend([0] * min(passed - 1, HISTORY_SECONDS))

    def _mean(self) -> float:
        return sum(list(self._buckets)[-3:]) / 3

    @property
    def total(self) -> int:
        return self._total

    def snapshot(self) -> RateSnapshot:
        self._roll()
        return RateSnapshot(tuple(self._buckets), self._mean(), self._peak, self._total)


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait that the server imposes: which request, on which data centre, for which cause, until when (Unix seconds)."""

    method: str
    dc: int
    until: float
    cause: RetryCause = RetryCause.FLOOD_WAIT


@dataclass(frozen=True, slots=True)
class Budget:
    """What the server grants of one method, as floods taught it: `limit` requests in any `seconds`, of which `used` are used.

    `free_at` is when (Unix seconds) the next one may start.
    """

    method: str
    dc: int
    takeout: bool
    in_flight: int
    used: int
    limit: int
    seconds: float
    free_at: float


@dataclass(frozen=True, slots=True)
class MetricsSnapshot:
    """Everything counted, at one moment. Times are milliseconds, sizes bytes, `requests` are by method and `centres` by data centre,
    `gauges` are present levels, `caches` how many names and paths were found ready-made, and how many were asked for."""

    messages: RateSnapshot = field(default_factory=RateSnapshot)
    media: RateSnapshot = field(default_factory=RateSnapshot)
    flushes: TimingSnapshot = field(default_factory=TimingSnapshot)
    flush_messages: int = 0
    flush_bytes: int = 0
    cache_saves: TimingSnapshot = field(default_factory=TimingSnapshot)
    retries: tuple[tuple[str, int], ...] = ()
    worst_file: tuple[str, int] = ("", 0)
    requests: tuple[tuple[str, int], ...] = ()
    centres: tuple[tuple[int, int], ...] = ()
    gauges: tuple[tuple[str, int], ...] = ()
    waits: tuple[Wait, ...] = ()
    budgets: tuple[Budget, ...] = ()
    memory: int = 0
    caches: tuple[tuple[str, int, int], ...] = ()

    def hit_rate(self, cache: str) -> float:
        """The share of what was found in a cache, from 0 to 1; 0 for one that nothing was asked of."""
        return next((found / asked for name, found, asked in self.caches if name == cache and asked), 0.0)

    def gauge(self, name: str) -> int:
        """The level of one gauge, 0 when it was never set."""
        return dict(self.gauges).get(name, 0)

    def retried(self, cause: RetryCause) -> int:
        """How often requests were sent again for a cause."""
        return dict(self.retries).get(cause, 0)


class Metrics:
    """The counters of one engine (or of one job: jobs keep their own beside the engine's, by `parent`).

    Gauges in use: `pages`, `parts`, `files` (in flight), `note_queue` (blocks waiting to be written), `file_queue` (files waiting).
    """

    def __init__(self, parent: Metrics | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._all: tuple[Metrics, ...] = (self, *parent._all) if parent else (self,)
        self._messages = Rate(clock)
        self._media = Rate(clock)
        self._flushes = Timing()
        self._cache_saves = Timing()
        self._flush_messages = 0
        self._flush_bytes = 0
        self._retries: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        self._centres: Counter[int] = Counter()
        self._gauges: Counter[str] = Counter()
        self._worst_file = ("", 0)
        self._waits: dict[tuple[str, int], Wait] = {}
        self._budgets: dict[tuple[str, int, bool], Budget] = {}

    def messages(self, count: int) -> None:
        """`count` messages were rendered and handed to the writer."""
        for each in self._all:
            each._messages.add(count)

    def media_bytes(self, count: int) -> None:
        """`count` bytes of files were received and found right."""
        for each in self._all:
            each._media.add(count)

    def flush(self, messages: int, size: int, milliseconds: float) -> None:
        """One note's buffer was written: so many messages and bytes."""
        for each in self._all:
            each._flushes.add(milliseconds)
            each._flush_messages += messages
            each._flush_bytes += size

    def cache_save(self, milliseconds: float) -> None:
        """One transaction of the cache was committed."""
        for each in self._all:
            each._cache_saves.add(milliseconds)

    def retry(self, cause: RetryCause) -> None:
        for each in self._all:
            each._retries[cause] += 1

    def file_attempts(self, name: str, attempts: int) -> None:
        """A file failed `attempts` times by now; the worst one is kept."""
        for each in self._all:
            if attempts > each._worst_file[1]:
                each._worst_file = (name, attempts)

    def request(self, method: str, dc: int = 0) -> None:
        """One request was sent, counted under its TL name (`messages.getHistory`) and its data centre (0: it went to none)."""
        for each in self._all:
            each._requests[method] += 1
            if dc:
                each._centres[dc] += 1

    @contextmanager
    def in_flight(self, gauge: str, amount: int = 1) -> Iterator[None]:
        """Raise a gauge while something is under way."""
        self.level(gauge, amount)
        try:
            yield
        finally:
            self.level(gauge, -amount)

    def level(self, gauge: str, change: int) -> None:
        """Change a gauge by so much."""
        for each in self._all:
            each._gauges[gauge] += change

    def wait(self, wait: Wait) -> None:
        """The server imposes a wait; it is shown until its time is over."""
        for each in self._all:
            each._waits[wait.method, wait.dc] = wait

    def budget(self, budget: Budget) -> None:
        """What a method's pace is, and how much of it is used."""
        for each in self._all:
            each._budgets[budget.method, budget.dc, budget.takeout] = budget

    def snapshot(self, memory: int = 0, caches: tuple[tuple[str, int, int], ...] = ()) -> MetricsSnapshot:
        """All of it, frozen. `memory` is the process's resident size in bytes, `caches` their use, if the caller knows it."""
        now = time.time()
        return MetricsSnapshot(
            messages=self._messages.snapshot(),
            media=self._media.snapshot(),
            flushes=self._flushes.snapshot(),
            flush_messages=self._flush_messages,
            flush_bytes=self._flush_bytes,
            cache_saves=self._cache_saves.snapshot(),
            retries=tuple(sorted(self._retries.items())),
            worst_file=self._worst_file,
            requests=tuple(sorted(self._requests.items())),
            centres=tuple(sorted(self._centres.items())),
            gauges=tuple(sorted(self._gauges.items())),
            waits=tuple(wait for wait in self._waits.values() if wait.until > now),
            budgets=tuple(self._budgets.values()),
            memory=memory,
            caches=caches,
        )


def shared_cache_save(milliseconds: float, parties: Iterable[Metrics]) -> None:
    """One transaction in which several jobs took part: each of them counts it, and a parent that they share counts it once."""
    for each in {id(each): each for party in parties for each in party._all}.values():
        each._cache_saves.add(milliseconds)
