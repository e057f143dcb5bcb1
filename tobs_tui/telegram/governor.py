"""The governor of floods: what is in flight, what was granted, and what must wait until when, by method and data centre.

Every request passes through `turn`. A flood answer names a time; no request of that method is sent to that data centre before it is over,
and nothing else waits for it. Floods that agree teach a pace (pace.py), which is kept from then on. Jobs share it fairly (turns.py).
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from telethon.errors import RPCError

from tobs_tui.errors import RetryCause
from tobs_tui.metrics import Budget, Metrics, Wait
from tobs_tui.telegram.pace import GRANTS, Grant, Pace
from tobs_tui.telegram.refusals import FLOODS
from tobs_tui.telegram.turns import Turns

# Seconds on top of what the server says: its clock and ours don't tick together, and a request that comes early is refused again.
MARGIN = 0.05
# Telegram's test servers were seen to answer FLOOD_WAIT_0, which would be asked again without a pause.
SHORTEST = 1
# Waits for a turn that are shorter than so many seconds aren't worth telling.
WORTH_TELLING = 1.0


@dataclass(frozen=True, slots=True)
class Lane:
    """What floods apart from everything else: a method at a data centre, inside of a takeout or not."""

    method: str
    dc: int
    takeout: bool = False


@dataclass(slots=True)
class Ticket:
    """One request's turn: whose it is, when it was sent, and in which run between floods; whether it is of the job's share."""

    lane: Lane
    metrics: Metrics
    sent: float
    run: int
    share: bool
    refused: bool = False


class _State:
    """One lane. `flooded` until a request was granted again; till then one at a time tries."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.pace = Pace()
        self.until = 0.0
        self.flooded = False
        self.in_flight = 0
        self.run = 0
        self.turns = Turns[Metrics]()
        self._timer: asyncio.TimerHandle | None = None

    def free_at(self, now: float) -> float:
        """When the next request may start; infinite while only the end of another one can tell."""
        if self.flooded and self.in_flight:
            return math.inf
        return max(self.until, self.pace.free_at(now, self.in_flight))

    def pump(self) -> None:
        """Let those go whose time has come, and come back when the next one's has."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = time.monotonic()
        while (party := self.turns.first(now, self.pace.seconds)) is not None:
            gift = self.turns.gift_at(party, self.pace.most, self.pace.seconds) if self.pace.known else -math.inf
            free = max(self.free_at(now), gift)
            if free > now:
                self._come_back(free - now)
                return
            self.in_flight += 1
            self.turns.go(party, now, share=math.isinf(gift))

    def _come_back(self, seconds: float) -> None:
        if not math.isinf(seconds):
            self._timer = asyncio.get_running_loop().call_later(seconds, self.pump)

    def end(self, party: Metrics, share: bool) -> None:
        """A request is over, whatever came of it."""
        self.in_flight -= 1
        if share:
            self.turns.end(party)
        self.pump()

    def budget(self, now: float) -> Budget:
        free = self.free_at(now)
        wait = 0.0 if math.isinf(free) else max(0.0, free - now)
        lane, pace = self.lane, self.pace
        return Budget(lane.method, lane.dc, lane.takeout, self.in_flight, pace.used(now), pace.limit, pace.seconds, time.time() + wait)


class Governor:
    """Turns by lane. Times are of the monotonic clock."""

    def __init__(self) -> None:
        self._states: dict[Lane, _State] = _States()

    @asynccontextmanager
    async def turn(self, lane: Lane, metrics: Metrics) -> AsyncIterator[Ticket]:
        """Enclose one request: it begins when the lane is free. A long wait is shown in `metrics`, also where another job met the flood.

        After a flood one request goes first, so that those who waited with it don't all run into the next one.
        """
        state = self._states[lane]
        share = await self._wait(state, metrics)
        ticket, answered = Ticket(lane, metrics, time.monotonic(), state.run, share), False
        try:
            yield ticket
            answered = True
            state.flooded = state.flooded and ticket.refused
        except FLOODS:
            ticket.refused = True
            raise
        except RPCError:
            answered = True
            raise
        finally:
            if not ticket.refused:
                state.pace.granted(Grant(ticket.sent, time.monotonic()), answered)
                if share:
                    state.turns.granted(metrics, ticket.sent, GRANTS)
            state.end(metrics, share)
            if state.pace.known:
                metrics.budget(state.budget(time.monotonic()))

    async def _wait(self, state: _State, metrics: Metrics) -> bool:
        """Until the turn comes; whether it is of the job's share."""
        now = time.monotonic()
        waiting = state.turns.add(metrics)
        state.pump()
        if not waiting.done():
            self._tell(state, metrics, now)
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                state.end(metrics, waiting.result())
            raise

    def _tell(self, state: _State, metrics: Metrics, now: float) -> None:
        free = state.free_at(now)
        if not math.isinf(free) and free - now >= WORTH_TELLING:
            metrics.wait(Wait(state.lane.method, state.lane.dc, time.time() + free - now))

    def waiting(self, lane: Lane) -> float:
        """Seconds until the lane's flood is over; 0 when it is."""
        return max(0.0, self._states[lane].until - time.monotonic())

    def waits(self) -> list[tuple[Lane, float]]:
        """The lanes that are flooded, and until when (Unix seconds)."""
        return [(lane, time.time() + self.waiting(lane)) for lane in self._states if self.waiting(lane)]

    def resume(self, waits: Iterable[tuple[Lane, float]], noted: float = 0.0) -> None:
        """Go on with what `waits` said in an earlier run, at `noted`: also a new process sends nothing before its time.

        A clock that was set back meanwhile makes no wait longer than it was then.
        """
        now = max(time.time(), noted)
        for lane, until in waits:
            if (seconds := until - now) > 0:
                state = self._states[lane]
                state.flooded, state.until = True, time.monotonic() + seconds

    def floods(self, method: str) -> int:
        """How many floods of a method there were so far; what was under way together is refused by one."""
        return sum(state.run for lane, state in self._states.items() if lane.method == method)

    def flooded(self, ticket: Ticket, seconds: int) -> None:
        """The server answered, within its turn, that a request's lane must wait for so long."""
        state = self._states[ticket.lane]
        now = time.monotonic()
        ticket.refused = state.flooded = True
        state.until = max(state.until, now + max(seconds, SHORTEST) + MARGIN)
        if ticket.run == state.run:  # those that were under way with it are refused for the same reason
            state.run += 1
            state.pace.flooded(ticket.sent, now, max(seconds, SHORTEST))
        ticket.metrics.retry(RetryCause.FLOOD_WAIT)
        wait = Wait(ticket.lane.method, ticket.lane.dc, time.time() + self.waiting(ticket.lane))
        for each in (ticket.metrics, *state.turns.waiting):  # those behind it wait for as long
            each.wait(wait)


class _States(defaultdict[Lane, _State]):
    """A state for each lane that is asked for."""

    def __missing__(self, lane: Lane) -> _State:
        state = self[lane] = _State(lane)
        return state
