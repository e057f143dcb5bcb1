"""One open connection: requests that each have a deadline, and the end of all of them when the line is lost.

Telethon's sender is told not to reconnect: it would send old requests again behind the back of those who wait for them.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from telethon.crypto import AuthKey
from telethon.errors import AuthKeyNotFound, InvalidBufferError, RPCError
from telethon.network import MTProtoSender
from telethon.tl import TLRequest

from tobs_tui.errors import RequestFailed, RetryCause
from tobs_tui.telegram.transport import SILENCE, Line

# A large answer on a slow line may take so many times the deadline, as long as its bytes keep coming.
PATIENCE = 4.0
# The part of a deadline in which at least one byte of a half-read answer must come.
STALL_SHARE = 0.34


class KeyUnknown(Exception):
    """The server doesn't know the authorisation key (transport error -404)."""


class _NoUpdates:
    """Where the sender puts updates: nowhere. This program asks, it doesn't listen."""

    def put_nowait(self, update: object) -> None:
        """Forgets the update."""


class Link:
    """An open connection with one key. Not to be used again once `lost`."""

    def __init__(self, line: Line, key: bytes) -> None:
        self._line = line
        self._sender = MTProtoSender(AuthKey(key), loggers=SILENCE, retries=0, delay=0, auto_reconnect=False, updates_queue=_NoUpdates())
        self._asked: set[asyncio.Future[Any]] = set()
        self._ended: asyncio.Future[Any] | None = None
        self._closing: asyncio.Task[None] | None = None
        self.lost = False

    async def connect(self, seconds: float) -> None:
        """Open the line. Raises RequestFailed."""
        try:
            async with asyncio.timeout(seconds):
                await self._sender.connect(self._line)
        except (OSError, TimeoutError) as error:
            raise RequestFailed(RetryCause.NETWORK, why_unreachable(self._line.failure or error)) from error
        self._ended = self._sender.disconnected
        self._ended.add_done_callback(self._line_lost)

    def _line_lost(self, ended: asyncio.Future[Any]) -> None:
        self.lost = True
        if not ended.cancelled():
            ended.exception()  # looked at, so that asyncio doesn't report it; each request gets its own
        for future in tuple(self._asked):
            future.cancel()

    async def ask(self, query: TLRequest, seconds: float) -> Any:
        """The answer to one request. Raises RPCError as the server's refusal, KeyUnknown, or RequestFailed."""
        try:
            future: asyncio.Future[Any] = self._sender.send(query)
        except ConnectionError as error:
            self.lost = True
            raise RequestFailed(RetryCause.NETWORK, "the connection was lost") from error
        self._asked.add(future)
        try:
            await self._wait(future, seconds)
        finally:
            self._asked.discard(future)
            future.cancel()
        try:
            return _outcome(future)
        except RequestFailed as failed:
            self.lost = self.lost or failed.cause is RetryCause.NETWORK  # the sender tells so only when it has tidied up
            raise

    async def _wait(self, future: asyncio.Future[Any], seconds: float) -> None:
        """Until the answer is there. Raises RequestFailed when its time is over."""
        sent = time.monotonic()
        deadline, last = sent + seconds, sent + PATIENCE * seconds
        while True:
            await asyncio.wait((future,), timeout=max(0.0, deadline - time.monotonic()))
            if future.done():
                return
            now = time.monotonic()
            stalled = now - self._line.heard > STALL_SHARE * seconds
            if not self._line.receiving or stalled or now >= last:
                break
            deadline = min(now + STALL_SHARE * seconds, last)
        if self._line.heard < sent or self._line.receiving:
            self._drop()  # not a byte since the question: the line is dead, even if nobody says so
        raise RequestFailed(RetryCause.TIMEOUT, f"no answer within {seconds:g} s")

    def _drop(self) -> None:
        self.lost = True
        if self._closing is None:
            self._line.abort()
            self._closing = asyncio.get_running_loop().create_task(self._sender.disconnect())

    async def close(self) -> None:
        """Close the line; requests that still wait fail."""
        self._drop()
        if self._closing is not None:
            await asyncio.wait((self._closing,))


def _outcome(future: asyncio.Future[Any]) -> Any:
    if future.cancelled():
        raise RequestFailed(RetryCause.NETWORK, "the connection was lost")
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, RPCError):
        raise error
    if isinstance(error, AuthKeyNotFound):
        raise KeyUnknown from None
    raise _failed(error) from error


def _failed(error: BaseException) -> RequestFailed:
    if isinstance(error, InvalidBufferError) and error.code == 429:
        return RequestFailed(RetryCause.NETWORK, "the server closed the connection: too many of them, or too many requests")
    if isinstance(error, OSError | EOFError | BufferError):
        return RequestFailed(RetryCause.NETWORK, "the connection was lost")
    return RequestFailed(RetryCause.SERVER, f"an answer that can't be read ({type(error).__name__})")


def why_unreachable(error: BaseException) -> str:
    """Why a line can't be opened, in words."""
    if isinstance(error, TimeoutError):
        return "the server doesn't answer"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
