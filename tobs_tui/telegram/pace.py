"""What the server grants of one method, learned from its floods: so many requests in any so many seconds.

A flood answer says when the next request is free, and what was granted before it is known. That limits how many requests fit into a
window, and how long the window is, to within a second (waits are whole seconds). What two floods agree on makes a pace. It is kept as
a sliding window, which also obeys windows that begin at fixed times. Now and then one request more is tried: what a server grants changes.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from operator import sub

# Grants and floods that are remembered.
GRANTS = 1200
FLOODS = 4
# Seconds of obeying a pace before a wider one is tried, and so many of its windows.
CLEAN_SECONDS = 60.0
CLEAN_WINDOWS = 10
# How much of a window may be uncertain before a shorter one is tried, and how many floods such trials may cost.
ROUGH = 0.025
TRIALS = 1
# How many corrections a pace may need before it is learned anew.
MISTAKES = 3
# Seconds between the end of a window and the next request, for clocks that don't tick together.
MARGIN = 0.004


@dataclass(frozen=True, slots=True)
class Grant:
    """A request that the server answered: when it was sent, and when its answer came; it was granted in between."""

    sent: float
    heard: float

    @property
    def seconds(self) -> float:
        """How long the answer took."""
        return self.heard - self.sent


@dataclass(frozen=True, slots=True)
class Flood:
    """A refusal: when it was asked for and heard, the seconds to wait, and how many grants came before, in all and since the last flood."""

    sent: float
    heard: float
    wait: int
    grants: int
    group: int


@dataclass(frozen=True, slots=True)
class Window:
    """`count` requests fit into a window that is longer than `low` and at most `high` seconds."""

    count: int
    low: float
    high: float

    @property
    def seconds(self) -> float:
        """The length to keep: whole seconds where they are possible, else rather too long than too short."""
        whole = math.floor(self.high)
        return float(whole) if whole > self.low else self.high


class Pace:
    """One lane's pace: `limit` requests in any `seconds`. Times are of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        self.limit = 0
        self.seconds = 0.0
        self._grants: deque[Grant] = deque(maxlen=GRANTS)
        self._floods: deque[Flood] = deque(maxlen=FLOODS)
        self._total = 0
        self._group = 0
        self._trip = math.inf
        self._low = self._high = 0.0
        self._trials = TRIALS
        self._clean_since = 0.0
        self._clean_needed = CLEAN_SECONDS
        self._extra = 0
        self._mistakes = 0

    @property
    def known(self) -> bool:
        """Whether there is a pace to keep."""
        return self.limit > 0

    @property
    def most(self) -> int:
        """How many requests are let go in one window: `limit`, and now and then some more."""
        return self.limit + self._extra

    def _recent(self, now: float) -> list[float]:
        """When the grants that count for a request sent now cease to count, latest first.

        Between a grant and the arrival of the next request lies the time between answer and sending, and a round trip at least.
        """
        recent: list[float] = []
        for grant in reversed(self._grants):
            over = grant.heard - self._trip + self.seconds + MARGIN
            if over <= now:
                break
            recent.append(over)
        return recent

    def used(self, now: float) -> int:
        """How many grants lie in the window that ends now."""
        return len(self._recent(now))

    def free_at(self, now: float, in_flight: int) -> float:
        """When one request more fits; infinite while only an answer can tell."""
        if not self.known:
            return math.inf if in_flight and self._near_the_last_flood(in_flight) else now
        recent = self._recent(now)
        room = self.most - in_flight
        if len(recent) < room:
            return now
        return recent[room - 1] if room > 0 else math.inf

    def _near_the_last_flood(self, in_flight: int) -> bool:
        """Whether as many are granted as before the only flood so far: then one at a time goes, so that one alone meets the next."""
        if not self._floods:
            return False
        count = self._floods[-1].group
        return count <= self._group + in_flight <= count + max(2, count // 10)

    def granted(self, grant: Grant, answered: bool = True) -> None:
        """The server granted a request. One that was given up before its answer counts as granted, but tells nothing of the round trip."""
        if answered:
            self._trip = min(1.0001 * self._trip, grant.seconds)
        elif grant.seconds < self._trip < math.inf:
            grant = Grant(grant.sent, grant.sent + self._trip)
        self._grants.append(grant)
        self._total += 1
        self._group += 1
        if self.known:
            self._confirm(grant)

    def _confirm(self, grant: Grant) -> None:
        """A request that the pace allowed was granted: the window is no longer than this; after a long time more is tried."""
        if len(self._grants) > self.limit:
            earlier = self._grants[-self.limit - 1]
            self._high = max(self.seconds, min(self._high, grant.heard - earlier.sent - self._trip))
            self._shorten()
        if grant.heard - self._clean_since > max(self._clean_needed, CLEAN_WINDOWS * self.seconds):
            self._clean_since = grant.heard
            self._mistakes = 0
            self.limit += self._extra
            self._extra = 2 * self._extra or 1

    def _shorten(self) -> None:
        """Try a window between those that are possible, while that is worth a flood."""
        if self._trials and self.seconds % 1 and self.seconds >= self._high and self._high - self._low > ROUGH * self._high:
            self.seconds = (self._low + self._high) / 2

    def flooded(self, sent: float, heard: float, wait: int) -> None:
        """The server refused a request for so many seconds. Refusals of requests that were under way with it aren't told here."""
        flood = Flood(sent, heard, wait, self._total, self._group)
        self._group = 0
        self._clean_since = heard
        if self.known:
            self._correct(flood)
            return
        self._floods.append(flood)
        if window := self._agreed():
            self.limit, self._low, self._high = window.count, window.low, window.high
            self.seconds = window.seconds

    def _correct(self, flood: Flood) -> None:
        """A flood in spite of the pace: what was tried was too much, or the window is longer; else all is learned anew."""
        if self._extra:
            self._extra = 0
            self._clean_needed *= 4
            return
        self._mistakes += 1
        if self._mistakes > MISTAKES or len(self._grants) < self.limit:
            self.limit = self._mistakes = 0
            self._floods.clear()
            return
        if self.seconds % 1 and self._trials:
            self._trials -= 1
        _, high = self._bounds(self._grants[-self.limit], flood)
        self._low = max(self._low, self.seconds)
        self._high = max(min(self._high, high), 1.01 * self.seconds)
        self.seconds = Window(self.limit, self._low, self._high).seconds

    def _agreed(self) -> Window | None:
        """What the last floods, as many as can, agree on."""
        for count in range(len(self._floods), 1, -1):
            if window := self._common(list(self._floods)[-count:]):
                return window
        return self._alike(*list(self._floods)[-2:]) if len(self._floods) > 1 else None

    def _common(self, floods: Sequence[Flood]) -> Window | None:
        """A sliding window that explains these floods, and all that was granted: as many as between two floods, else the fewest."""
        grants = list(self._grants)
        sent, heard = [grant.sent for grant in grants], [grant.heard - self._trip for grant in grants]
        oldest = self._total - len(grants)
        most = min(flood.grants - oldest for flood in floods)
        for count in (*(flood.group for flood in floods if 0 < flood.group <= most), *range(1, most + 1)):
            bounds = [self._bounds(grants[flood.grants - oldest - count], flood) for flood in floods]
            low, high = max(low for low, _ in bounds), min(high for _, high in bounds)
            # All spans of all counts are some million steps, in which nothing else runs: few counts come here, and of these most end here.
            if low >= high or (len(grants) > count and heard[-1] - sent[-1 - count] <= low):
                continue
            if low < (high := min(high, min(map(sub, heard[count:], sent), default=math.inf))):
                return Window(count, low, high)
        return None

    def _alike(self, one: Flood, other: Flood) -> Window | None:
        """Windows that begin at fixed times: as many grants between floods. The one that begins with its first request tells its length."""
        oldest = self._total - len(self._grants)
        count = max(one.group, other.group)
        if not min(one.group, other.group) or count - min(one.group, other.group) > max(1, 0.1 * count) or one.grants - one.group < oldest:
            return None
        low, high = max(self._bounds(self._grants[flood.grants - oldest - flood.group], flood) for flood in (one, other))
        return Window(count, low, high)

    def _bounds(self, first: Grant, flood: Flood) -> tuple[float, float]:
        """How long a window is that begins with this grant and ends with the flood's wait: more than the first, at most the second."""
        longest = flood.heard - first.sent - self._trip
        shortest = flood.sent - first.heard + self._trip
        return max(0.0, shortest + flood.wait - 1), longest + flood.wait
