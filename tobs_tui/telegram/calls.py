"""The one way on which every request goes to the server: counted, in its turn, with a deadline, its refusals in our own words."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from telethon import errors
from telethon.tl import TLRequest

from tobs_tui.errors import CacheError, RequestFailed, RequestRefused, RetryCause
from tobs_tui.metrics import Metrics
from tobs_tui.retry import Attempts, RetryPolicy
from tobs_tui.telegram.connection import Connection
from tobs_tui.telegram.governor import Governor, Lane
from tobs_tui.telegram.link import KeyUnknown
from tobs_tui.telegram.pool import Pool
from tobs_tui.telegram.refusals import FLOODS, HOME_MOVES, LOST_LOGINS, PASSING, explained, not_logged_in, passing
from tobs_tui.telegram.takeout import METHODS, TakeoutSession

log = logging.getLogger(__name__)
T = TypeVar("T")

# How often one request is sent on to another data centre before it counts as refused.
MOVES = 4
# Waits of so many seconds outlive the process: shorter ones are over before it could start again.
LONG_WAIT = 5


def method_name(request: TLRequest) -> str:
    """The request's name in Telegram's schema: `messages.getHistory`."""
    return _schema_name(type(request).__module__, type(request).__name__)


@lru_cache(maxsize=512)
def _schema_name(module: str, name: str) -> str:
    space = module.removeprefix("telethon.tl.functions").lstrip(".")
    name = name.removesuffix("Request")
    name = name[0].lower() + name[1:]
    return f"{space}.{name}" if space else name


@dataclass(slots=True)
class _Way:
    """Where one request goes: `dc` is 0 for home, `takeout` the id of that it goes in. What happened to it on the way so far."""

    dc: int
    transfer: bool
    moved: Callable[[int], None] | None
    takeout: int = 0
    moves: int = 0
    line: Connection | None = None
    renewed: bool = False


class Caller:
    """Sends requests. `policy` bounds the attempts of `call_retrying`."""

    def __init__(self, pool: Pool, governor: Governor, policy: RetryPolicy, takeout: TakeoutSession) -> None:
        self._pool = pool
        self._takeout = takeout
        self._governor = governor
        self._policy = policy

    def floods(self, method: str) -> int:
        """How many floods of a method there were so far."""
        return self._governor.floods(method)

    async def call(
        self, request: TLRequest, metrics: Metrics, *, dc: int = 0, transfer: bool = False, moved: Callable[[int], None] | None = None
    ) -> Any:
        """The answer to one request: at home, or on a transfer line to `dc`. Floods are slept through, moves to another data centre
        followed, and told to `moved`.

        Raises RequestFailed for a cause that may pass, RequestRefused, ReferenceExpired or NotLoggedIn.
        """
        try:
            return await self._ask(request, metrics, _Way(dc, transfer, moved), patient=True)
        except errors.RPCError as error:
            raise explained(error) from error
        except KeyUnknown as error:
            raise not_logged_in() from error

    async def call_retrying(self, request: TLRequest, metrics: Metrics) -> Any:
        """As `call` at home, through faults that pass. Raises GaveUp after the policy's number of attempts."""
        return await retrying(lambda: self.call(request, metrics), self._policy, metrics)

    async def ask(self, request: TLRequest, metrics: Metrics, *, patient: bool = True) -> Any:
        """As `call` at home, but refusals stay Telethon's RPCError (and KeyUnknown). Without `patient`, floods are refusals too."""
        return await self._ask(request, metrics, _Way(0, False, None), patient=patient)

    async def ask_retrying(self, request: TLRequest, metrics: Metrics) -> Any:
        """As `ask`, through faults that pass. Raises GaveUp as `call_retrying`."""
        return await retrying(lambda: self.ask(request, metrics), self._policy, metrics)

    async def _ask(self, request: TLRequest, metrics: Metrics, way: _Way, *, patient: bool) -> Any:
        while True:
            method = method_name(request)
            way.takeout = self._takeout.id if method in METHODS else 0
            lane = Lane(method, way.dc or self._pool.session.dc, bool(way.takeout))
            try:
                async with self._governor.turn(lane, metrics) as ticket:
                    try:
                        return await self._send(request, metrics, way, lane)
                    except FLOODS as flood:
                        if not patient:
                            raise
                        log.info("Flood wait of %d s for %s at data centre %d", flood.seconds, lane.method, lane.dc)
                        self._governor.flooded(ticket, flood.seconds)
                        await self._keep_waits(flood.seconds)
            except (errors.FileMigrateError, *HOME_MOVES) as elsewhere:
                await self._move(elsewhere, metrics, way)
            except errors.TakeoutInvalidError:
                if not way.takeout:
                    raise
                await self._takeout.replaced(way.takeout)
            except (*LOST_LOGINS, KeyUnknown):
                if not await self._renew(way):
                    raise
            except PASSING as fault:
                raise passing(fault) from fault

    async def _keep_waits(self, seconds: int) -> None:
        """Keep what must wait for long for the next run."""
        if seconds >= LONG_WAIT:
            self._pool.session.waits, self._pool.session.noted = self._governor.waits(), time.time()
            with suppress(CacheError):  # the wait itself is kept all the same
                await self._pool.session.save()

    async def _send(self, request: TLRequest, metrics: Metrics, way: _Way, lane: Lane) -> Any:
        way.line = self._pool.transfer(lane.dc) if way.transfer else self._pool.home
        metrics.request(lane.method, lane.dc)
        return await way.line.request(self._takeout.wrapped(request, way.takeout) if way.takeout else request)

    async def _move(self, elsewhere: Any, metrics: Metrics, way: _Way) -> None:
        """Send the request on to where the server says: a file lies there, or the account lives there."""
        way.moves += 1
        if way.moves > MOVES:
            why = f"the server sends it from one data centre to the next, {way.moves} times by now"
            raise RequestRefused("Telegram refused a request", why)
        if not isinstance(elsewhere, errors.FileMigrateError):
            await self._pool.move_home(elsewhere.new_dc)
            return
        way.dc = elsewhere.new_dc
        metrics.retry(RetryCause.FILE_MOVED)
        if way.moved is not None:
            way.moved(way.dc)

    async def _renew(self, way: _Way) -> bool:
        """A login or a key that another data centre forgot is made there again, once; false where that heals nothing."""
        session, line = self._pool.session, way.line
        if line is None or line.dc == session.dc or way.renewed:
            return False
        way.renewed = True
        session.set_authorised(line.dc, False)
        await line.drop()
        return True


async def retrying(attempt: Callable[[], Awaitable[T]], policy: RetryPolicy, metrics: Metrics) -> T:
    """Do something until it works. Raises GaveUp when the policy's limit of failures is reached."""
    attempts = Attempts(policy)
    while True:
        try:
            return await attempt()
        except RequestFailed as failed:
            pause = attempts.failed(failed)
            log.info("%s", failed)
            metrics.retry(failed.cause)
        await asyncio.sleep(pause)
