"""A connection to one data centre that opens itself when it is needed, and again after it was lost."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from telethon.errors import SecurityError
from telethon.tl import TLRequest

from tobs_tui.errors import RequestFailed, RetryCause
from tobs_tui.retry import RetryPolicy
from tobs_tui.telegram.link import KeyUnknown, Link, why_unreachable
from tobs_tui.telegram.session import Address, Session
from tobs_tui.telegram.transport import Line, exchange_key

log = logging.getLogger(__name__)

# Pauses between attempts to open a line; how many there are is the matter of who asks.
PAUSES = RetryPolicy(first=0.1, longest=10.0)
EXCHANGES = 3


class Surroundings(Protocol):
    """What a connection needs of the pool that it belongs to."""

    session: Session
    seconds: float

    def line(self, dc: int, address: Address) -> Line:
        """A line to an address, through the proxy if there is one."""
        ...

    async def greet(self, dc: int, link: Link) -> None:
        """Say who we are on a new link."""
        ...

    async def authorise(self, dc: int, link: Link) -> None:
        """Log the account in on the key of another data centre than its home, if it isn't yet."""
        ...

    async def ask_home(self) -> None:
        """Ask home for a sign of life. Raises KeyUnknown where it doesn't know the account's key."""
        ...

    def lock(self, dc: int) -> asyncio.Lock:
        """Guards the making of a data centre's key and login."""
        ...


class Connection:
    """One line to one data centre, `home` for the account's own, where nobody need be logged in."""

    def __init__(self, dc: int, around: Surroundings, *, home: bool) -> None:
        self.dc = dc
        self.in_flight = 0
        self.used = time.monotonic()
        self._around = around
        self._home = home
        self._link: Link | None = None
        self._opening: asyncio.Task[Link] | None = None
        self._failures = 0
        self._not_before = 0.0
        self._closed = False

    @property
    def online(self) -> bool:
        """Whether the line is open, as far as one knows."""
        return self._link is not None and not self._link.lost

    async def request(self, query: TLRequest) -> Any:
        """The answer to one request. Raises RPCError, KeyUnknown or RequestFailed."""
        self.in_flight += 1
        try:
            link = await self.ready()
            return await link.ask(query, self._around.seconds)
        except KeyUnknown:
            if self._home or not self._with_home_key:
                raise
            await self._around.ask_home()
            raise RequestFailed(RetryCause.SERVER, "the server didn't know a key that it knows") from None
        finally:
            self.in_flight -= 1
            self.used = time.monotonic()

    @property
    def _with_home_key(self) -> bool:
        """Whether the line's key is the one that the account is logged in with: no line may replace that, only a new login."""
        return self._home or self.dc == self._around.session.dc

    async def ready(self) -> Link:
        """An open link; one attempt to open it, which all who wait share. Raises as `request`."""
        if self._closed:
            raise RequestFailed(RetryCause.NETWORK, "the connection is closed")
        if self._link is not None and not self._link.lost:
            return self._link
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._attempt())
            self._opening.add_done_callback(self._opened)
        return await _shared(self._opening)

    def _opened(self, opening: asyncio.Task[Link]) -> None:
        self._opening = None
        if not opening.cancelled():
            opening.exception()  # those who wait raise it

    async def _attempt(self) -> Link:
        await asyncio.sleep(max(0.0, self._not_before - time.monotonic()))
        if self._link is not None:
            await self._link.close()
            self._link = None
        try:
            self._link = await self._open()
        except RequestFailed:
            self._failures += 1
            self._not_before = time.monotonic() + PAUSES.pause(self._failures)
            raise
        self._failures = 0
        log.debug("Connected to data centre %d", self.dc)
        return self._link

    async def _open(self) -> Link:
        try:
            return await self._open_with(await self._key())
        except KeyUnknown:
            if self._with_home_key:
                raise
        self._around.session.set_key(self.dc, None)
        return await self._open_with(await self._key())

    async def _open_with(self, key: bytes) -> Link:
        link = Link(self._around.line(self.dc, self._address()), key)
        done = False
        try:
            await link.connect(self._around.seconds)
            await self._around.greet(self.dc, link)
            if not self._home:
                await self._around.authorise(self.dc, link)
            done = True
        finally:
            if not done:
                await link.close()
        return link

    def _address(self) -> Address:
        address = self._around.session.address(self.dc)
        if address is None:
            raise RequestFailed(RetryCause.NETWORK, f"the server didn't tell where its data centre {self.dc} is")
        return address

    async def _key(self) -> bytes:
        session = self._around.session
        async with self._around.lock(self.dc):
            if (key := session.key(self.dc)) is None:
                key = await _new_key(lambda: self._around.line(self.dc, self._address()), self._around.seconds)
                session.set_key(self.dc, key)
                await session.save()
        return key

    async def close(self) -> None:
        """Close the line for good."""
        self._closed = True
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait((self._opening,))
        if self._link is not None:
            await self._link.close()

    async def drop(self) -> None:
        """Close the line; the next request opens it again."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()


async def _new_key(line: Callable[[], Line], seconds: float) -> bytes:
    """A key exchange. Telethon drops leading zeros of a key, so that one exchange in 256 fails its check: it is tried again."""
    error: Exception | None = None
    for _ in range(EXCHANGES):
        try:
            return await exchange_key(line(), seconds)
        except (SecurityError, AssertionError) as refused:
            error = refused
        except (OSError, TimeoutError, EOFError, BufferError) as lost:
            raise RequestFailed(RetryCause.NETWORK, why_unreachable(lost)) from lost
    raise RequestFailed(RetryCause.NETWORK, "the server doesn't prove to be the one whose public key we have") from error


async def _shared(opening: asyncio.Task[Link]) -> Link:
    """Wait for a task that others wait for too: whoever is cancelled leaves the others alone, and one that is closed cancels nobody."""
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        waiter = asyncio.current_task()
        if not opening.cancelled() or (waiter and waiter.cancelling()):
            raise
    raise RequestFailed(RetryCause.NETWORK, "the connection is closed")
