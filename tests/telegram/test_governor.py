"""Paces that are learned from floods, against servers of several habits."""

from __future__ import annotations

import math
import random
import time
from collections import deque

import pytest

from tobs_tui.telegram.governor import Governor, Lane
from tobs_tui.telegram.pace import FLOODS, GRANTS, Flood, Grant, Pace


class Server:
    """Grants `limit` requests in any `seconds`, or in each period of so many from the first one."""

    def __init__(self, limit: int, seconds: float, fixed: bool) -> None:
        self.limit = limit
        self.seconds = seconds
        self.fixed = fixed
        self.start = -math.inf
        self.grants: deque[float] = deque()

    def wait(self, now: float) -> int:
        """0 for a grant, or the whole seconds until one is free."""
        if self.fixed and now >= self.start + self.seconds:
            self.start = now if math.isinf(self.start) else self.start + (now - self.start) // self.seconds * self.seconds
            self.grants.clear()
        while not self.fixed and self.grants and self.grants[0] <= now - self.seconds:
            self.grants.popleft()
        if len(self.grants) < self.limit:
            self.grants.append(now)
            return 0
        free = (self.start if self.fixed else self.grants[0]) + self.seconds
        return max(1, math.ceil(free - now))


def run(server: Server, seconds: float, trip: float, seed: int = 1) -> tuple[Pace, int, list[float]]:
    """One request after the other for so long: the pace, how many were granted, and when floods came."""
    chance = random.Random(seed)
    pace, now, granted, floods = Pace(), 0.0, 0, list[float]()
    while now < seconds:
        now = max(now, pace.free_at(now, 0)) + 1e-6
        sent, arrives = now, now + trip * chance.uniform(0.3, 0.6)
        wait = server.wait(arrives)
        now = arrives + trip * chance.uniform(0.3, 0.6)
        if wait:
            floods.append(now)
            pace.flooded(sent, now, wait)
            now += wait + 0.05
        else:
            granted += 1
            pace.granted(Grant(sent, now))
    return pace, granted, floods


LIMITS = [(30, 30.0), (30, 3.0), (48, 5.0), (288, 30.0), (96, 10.0), (10, 1.0)]


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(("limit", "seconds"), LIMITS)
@pytest.mark.parametrize("trip", [0.001, 0.05])
def test_three_minutes_use_what_is_granted_and_meet_few_floods(limit: int, seconds: float, fixed: bool, trip: float) -> None:
    if limit / seconds * trip > 0.9:
        trip = 0.5 * seconds / limit
    pace, granted, floods = run(Server(limit, seconds, fixed), 180.0, trip)
    allowed = limit * math.ceil(180 / seconds)
    assert granted >= 0.97 * allowed, (granted, allowed, pace.limit, pace.seconds, floods)
    assert len(floods) <= 4, (granted / allowed, pace.seconds, floods)
    assert pace.known


def test_a_limit_that_is_no_whole_second_is_found_too() -> None:
    pace, granted, floods = run(Server(10, 1.0417, False), 180.0, 0.02)
    assert granted >= 0.95 * 180 * 9.6, (granted, pace.limit, pace.seconds, floods)
    assert len(floods) <= 5


def test_one_flood_teaches_nothing() -> None:
    pace = Pace()
    for number in range(5):
        pace.granted(Grant(number * 0.1, number * 0.1 + 0.05))
    pace.flooded(0.5, 0.55, 3)
    assert not pace.known
    assert pace.free_at(4.0, 10) == 4.0


def test_a_limit_that_is_lifted_is_found_out() -> None:
    server = Server(10, 1.0, False)
    pace, *_ = run(server, 30.0, 0.02)
    assert pace.limit == 10
    now, granted = 30.0, 0
    while now < 400:
        now = max(now, pace.free_at(now, 0)) + 0.02
        pace.granted(Grant(now - 0.02, now))
        granted += 1
    assert pace.limit > 20


def test_a_flood_behind_a_long_history_is_weighed_at_once() -> None:
    pace, now = Pace(), 0.0
    for _ in range(FLOODS):
        for _ in range(GRANTS // FLOODS):
            now += 0.05
            pace.granted(Grant(now, now + 0.04))
        pace._floods.append(Flood(now, now + 0.04, 3 + int(now), pace._total, 0))
    began = time.process_time()
    pace._agreed()
    assert time.process_time() - began < 0.02


@pytest.mark.parametrize(("ahead", "left"), [(-1000.0, 60.0), (-10.0, 60.0), (0.0, 60.0), (20.0, 40.0), (90.0, 0.0)])
async def test_a_kept_wait_is_no_longer_than_it_was(ahead: float, left: float) -> None:
    """The next run's clock is so many seconds ahead of where the first one noted that 60 s are left."""
    noted, lane = time.time() - ahead, Lane("messages.getHistory", 2)
    governor = Governor()
    governor.resume([(lane, noted + 60)], noted)
    assert governor.waiting(lane) == pytest.approx(left, abs=1)
