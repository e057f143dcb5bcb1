"""Shares of what a server grants: counted on a clock of the test's own, and over the wire."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections import Counter, deque

from tests.support.sandbox import SandboxProcess
from tests.telegram.support import faults
from tobs_tui.metrics import Metrics
from tobs_tui.telegram.account import TelegramAccount
from tobs_tui.telegram.turns import Turns

TRIP = 0.05
FLOOD = {"messages.getHistory": {"requests": 20, "seconds": 1}}


async def simulate(parties: list[tuple[int, float]], limit: int, seconds: float, windows: int, late: float = 0.0) -> Counter[int]:
    """Grants by party in the last half of so many windows. Each party is (how many it asks for at once, its pause after an answer);
    all but the first come late by so many seconds."""
    turns, sent, got = Turns[int](), deque[float](), Counter[int]()
    order = itertools.count()
    events = [(late if party else 0.0, next(order), party, "ask") for party, (width, _) in enumerate(parties) for _ in range(width)]
    heapq.heapify(events)
    while events[0][0] < windows * seconds:
        now, _, party, what = heapq.heappop(events)
        if what == "ask":
            turns.add(party)
        elif what in ("share", "gift"):
            if what == "share":
                turns.end(party)
                turns.granted(party, now - TRIP, 1000)
            got[party] += now > windows * seconds / 2
            heapq.heappush(events, (now + parties[party][1], next(order), party, "ask"))
        while (first := turns.first(now, seconds)) is not None:
            while sent and sent[0] <= now - seconds:
                sent.popleft()
            gift = turns.gift_at(first, limit, seconds)
            free = max(gift, sent[0] + seconds if len(sent) >= limit else now)
            if free > now:
                heapq.heappush(events, (free, next(order), first, "look"))
                break
            turns.go(first, now, share=math.isinf(gift))
            sent.append(now)
            heapq.heappush(events, (now + TRIP, next(order), first, "share" if math.isinf(gift) else "gift"))
    return got


async def test_the_width_of_a_party_gives_it_no_more_than_its_share() -> None:
    for late in (0.0, 7.0):
        got = await simulate([(16, 0.0), (2, 0.0)], 30, 30.0, 10, late)
        assert got.total() >= 0.97 * 150
        assert min(got.values()) >= 0.45 * got.total(), got


async def test_three_parties_have_a_third_each() -> None:
    got = await simulate([(16, 0.0), (3, 0.0), (2, 0.01)], 48, 5.0, 20)
    assert got.total() >= 0.97 * 480
    assert min(got.values()) >= 0.3 * got.total(), got


async def test_what_a_slow_party_leaves_is_used_by_the_other() -> None:
    for pause in (0.3, 0.6, 2.0, 9.0):
        got = await simulate([(16, 0.0), (1, pause)], 48, 5.0, 20)
        assert got.total() >= 0.95 * 480, (pause, got)
        assert got[1] >= 0.75 * min(240, 50 / (pause + TRIP)), (pause, got)


async def test_a_party_that_waits_no_more_is_forgotten() -> None:
    turns = Turns[int]()
    gone, there = turns.add(1), turns.add(2)
    gone.cancel()
    assert turns.first(0.0, 1.0) == 2
    turns.go(2, 0.0, share=True)
    assert there.done()
    assert turns.first(0.0, 1.0) is None


async def test_two_chats_get_the_same_of_a_limit_however_much_each_asks_for(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    chats = [await account.find(name) for name in ("Python Talk", "Rust Weekly")]
    jobs = [Metrics(), Metrics()]
    got = Counter[int]()

    async def ask(number: int) -> None:
        while True:
            await account.extent(chats[number], jobs[number])
            if jobs[number].snapshot().budgets:  # the pace is known
                got[number] += 1
            if got.total() >= 60:
                return

    with faults(sandbox, limits=FLOOD):
        async with asyncio.TaskGroup() as group:
            for number in [0] * 12 + [1] * 2:
                group.create_task(ask(number))
    assert min(got.values()) >= 0.4 * got.total(), got
