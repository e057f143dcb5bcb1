"""What the tests of this room share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.sandbox import SandboxProcess
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, Message
from tobs_tui.sandbox.world import World
from tobs_tui.settings import MediaSettings
from tobs_tui.telegram.account import TelegramAccount


@asynccontextmanager
async def connected(sandbox: SandboxProcess, file: Path, **changes: Any) -> AsyncIterator[TelegramAccount]:
    """An account that is connected, with the session in `file` or none. `changes` are of the settings."""
    account = TelegramAccount(sandbox.telegram_settings(**changes), MediaSettings(), file, Metrics())
    try:
        await account.connect()
        yield account
    finally:
        await account.close()


@asynccontextmanager
async def logged_in(sandbox: SandboxProcess, file: Path, **changes: Any) -> AsyncIterator[TelegramAccount]:
    """An account that has just logged in."""
    async with connected(sandbox, file, **changes) as account:
        await account.send_code(sandbox.login.phone)
        if await account.sign_in(sandbox.login.code) is None:
            await account.check_password(sandbox.login.password)
        yield account


@contextmanager
def faults(sandbox: SandboxProcess, **switches: Any) -> Iterator[None]:
    """Faults for a while; afterwards each is what it was before anything was switched."""
    sandbox.faults(**switches)
    try:
        yield
    finally:
        sandbox.faults(**{name: _OFF[name] for name in switches if name in _OFF})


_OFF: dict[str, Any] = {
    "rtt_ms": 0, "floods": {}, "limits": {}, "failures": {}, "drop": 0, "drop_after": 0, "silent": {}, "expired": 0, "parts": {},
    "code_expired": False, "phone_migrate": True, "gzip": False, "clock": 0, "bandwidth": 0,
}  # fmt: skip


@cache
def twin(sandbox: SandboxProcess) -> World:
    """The account as it was made, in this process; made once, so nobody may change it."""
    return sandbox.twin()


async def eventually(condition: Callable[[], bool]) -> None:
    """Waits until something is so; the test's own time-out ends it."""
    for _ in range(50_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise TimeoutError("it never came about")


async def all_chats(account: TelegramAccount) -> dict[int, Chat]:
    """Every chat, by id, in the order of the list."""
    return {chat.id: chat async for page in account.chats() for chat in page.chats}


async def messages(account: TelegramAccount, chat: Chat, after: int = 0, metrics: Metrics | None = None) -> list[Message]:
    """A chat's messages above an id."""
    return [message async for page in account.history(chat, after, metrics or Metrics()) for message in page.messages]
