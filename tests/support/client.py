"""An unmodified Telethon client on a sandbox, as any user of Telethon would set it up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import Any

from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import MemorySession
from telethon.tl import TLRequest

from tests.support.sandbox import shared_key
from tobs_tui.sandbox.faults import Faults
from tobs_tui.sandbox.handlers import REGISTRY, Handler, handles
from tobs_tui.sandbox.keys import RsaKey
from tobs_tui.sandbox.server import Sandbox
from tobs_tui.sandbox.world import World

PATIENCE: dict[str, Any] = {"flood_sleep_threshold": 0, "request_retries": 1, "retry_delay": 0, "connection_retries": 3}
"""Telethon's own repeating and waiting kept out of the way."""


@cache
def shared_world() -> World:
    """One demo account for all tests that change nothing in it but its password."""
    return World()


@cache
def demo_password() -> str:
    return World().account.password


def inner_sandbox(world: World | None = None, *, password: bool = True, **faults: Any) -> Sandbox:
    """A sandbox for this very loop, whose parts a test can look at."""
    world = world or shared_world()
    world.account.password = demo_password() if password else ""
    return Sandbox(world, Faults(**faults), RsaKey.kept_in(shared_key()))


def new_client(pem: str, dc: int, port: int, **options: Any) -> TelegramClient:
    """A client that isn't connected yet."""
    rsa.add_key(pem, old=False)
    TelegramClient._config = None  # Telethon keeps the addresses of another test's sandbox in its class
    session = MemorySession()
    session.set_dc(dc, "127.0.0.1", port)
    return TelegramClient(session, 17349, "0" * 32, **PATIENCE | options)


@contextmanager
def answering(request: type[TLRequest], handler: Handler) -> Iterator[None]:
    """Has a method of Telegram's, which the sandbox doesn't know, answered by a test's own handler."""
    handles(request, login=False)(handler)
    try:
        yield
    finally:
        del REGISTRY[request.CONSTRUCTOR_ID]


@asynccontextmanager
async def connected(sandbox: Sandbox, dc: int = 0, **options: Any) -> AsyncIterator[TelegramClient]:
    """A connected client that isn't logged in."""
    dc = dc or sandbox.home
    client = new_client(sandbox.public_key_pem, dc, sandbox.dcs[dc], **options)
    await client.connect()
    try:
        yield client
    finally:
        await client.disconnect()


@asynccontextmanager
async def logged_in(sandbox: Sandbox, **options: Any) -> AsyncIterator[TelegramClient]:
    """A connected client that is logged in, by code and password."""
    async with connected(sandbox, **options) as client:
        account = sandbox.world.account
        await client.start(phone=_given(account.phone), code_callback=_given(account.code), password=_given(account.password))
        yield client


def _given(answer: str) -> Callable[[], str]:
    return lambda: answer
