"""The life of a takeout, over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from tests.support.sandbox import SandboxProcess
from tests.telegram.support import connected, eventually, faults, logged_in, messages, twin
from tobs_tui.metrics import Metrics
from tobs_tui.model import TakeoutState
from tobs_tui.settings import TakeoutChoice
from tobs_tui.telegram import takeout
from tobs_tui.telegram.account import TelegramAccount

CHAT = "Python Talk"


@asynccontextmanager
async def kept(account: TelegramAccount) -> AsyncIterator[TelegramAccount]:
    """The account with its takeout looked after."""
    keeper = asyncio.create_task(account.keep_takeout())
    try:
        yield account
    finally:
        keeper.cancel()
        await asyncio.wait((keeper,))


@asynccontextmanager
async def wanting(sandbox: SandboxProcess, file: Path, choice: TakeoutChoice = TakeoutChoice.ALWAYS) -> AsyncIterator[TelegramAccount]:
    async with connected(sandbox, file, takeout=choice) as account, kept(account):
        yield account


def state(account: TelegramAccount) -> TakeoutState:
    return account.takeout.state


async def open_(account: TelegramAccount) -> None:
    await eventually(lambda: state(account) is TakeoutState.OPEN)


def forget_takeout(file: Path) -> None:
    """Makes the takeout in a session file one that the server doesn't know."""
    stored = orjson.loads(file.read_bytes())
    file.write_bytes(orjson.dumps(stored | {"takeout": stored["takeout"] + 1}))


async def read(sandbox: SandboxProcess, account: TelegramAccount) -> int:
    """Reads a chat whole; how many requests came inside of a takeout for it."""
    chat = await account.find(CHAT)
    before = sandbox.stats()["in_takeout"]
    assert [m.id for m in await messages(account, chat)] == list(twin(sandbox).chat(chat.id).messages.ids)
    return int(sandbox.stats()["in_takeout"] - before)


async def test_it_is_opened_used_kept_for_the_next_run_and_finished(sandbox: SandboxProcess, session_file: Path) -> None:
    async with wanting(sandbox, session_file) as account:
        await open_(account)
        assert await read(sandbox, account) > 0
    asked = sandbox.requests("account.initTakeoutSession")
    async with wanting(sandbox, session_file, TakeoutChoice.ASK) as account:
        await open_(account)
        assert await read(sandbox, account) > 0
        assert sandbox.requests("account.initTakeoutSession") == asked
        await account.want_takeout(False)
        assert state(account) is TakeoutState.FINISHED
        assert await read(sandbox, account) == 0
    assert sandbox.requests("account.finishTakeoutSession") == 1


async def test_nothing_is_asked_unless_somebody_says_so(sandbox: SandboxProcess, session_file: Path) -> None:
    asked = sandbox.requests("account.initTakeoutSession")
    async with wanting(sandbox, session_file, TakeoutChoice.ASK) as account:
        assert await read(sandbox, account) == 0
        assert state(account) is TakeoutState.NOT_ASKED
        assert sandbox.requests("account.initTakeoutSession") == asked
        await account.want_takeout(True)
        await open_(account)
        await account.want_takeout(False)


async def test_the_wait_for_the_permission_is_shown_and_hinders_nothing(
    sandbox: SandboxProcess, session_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeout, "ASK_EVERY", 0.05)
    with faults(sandbox, takeout_delay=3600):
        async with wanting(sandbox, session_file) as account:
            await eventually(lambda: state(account) is TakeoutState.WAITING)
            assert account.takeout.until > 0
            assert await read(sandbox, account) == 0
            sandbox.faults(takeout_delay=0)  # the user allows it in another app
            await open_(account)
            assert await read(sandbox, account) > 0
            await account.want_takeout(False)


async def test_another_export_replaces_it_and_the_reading_goes_on(sandbox: SandboxProcess, session_file: Path, tmp_path: Path) -> None:
    async with wanting(sandbox, session_file) as account:
        await open_(account)


        async with connected(sandbox, tmp_path / "other.json") as stranger:
            await stranger.send_code(sandbox.login.phone)
            if await stranger.sign_in(sandbox.login.code) is None:
                await stranger.check_password(sandbox.login.password)
            async with kept(stranger):
                await stranger.want_takeout(True)
                await open_(stranger)
                await read(sandbox, account)
                assert state(account) is TakeoutState.REPLACED
                assert await read(sandbox, account) == 0
                await stranger.want_takeout(False)


async def test_one_that_an_earlier_run_left_and_the_server_forgot_is_asked_for_anew(sandbox: SandboxProcess, session_file: Path) -> None:
    async with wanting(sandbox, session_file) as account:
        await open_(account)
    forget_takeout(session_file)
    async with wanting(sandbox, session_file) as account:
        assert await read(sandbox, account) > 0
        await open_(account)
        assert await read(sandbox, account) > 0
        await account.want_takeout(False)


async def test_a_refusal_is_told_in_words(sandbox: SandboxProcess, session_file: Path) -> None:
    refused = {"account.initTakeoutSession": {"code": 403, "message": "CHAT_FORBIDDEN"}}
    with faults(sandbox, failures=refused):
        async with wanting(sandbox, session_file) as account:
            await eventually(lambda: state(account) is TakeoutState.REFUSED)
            assert account.takeout.why
            assert await read(sandbox, account) == 0


async def test_its_floods_are_its_own(sandbox: SandboxProcess, session_file: Path) -> None:
    job = Metrics()
    async with wanting(sandbox, session_file) as account:
        await open_(account)
        with faults(sandbox, limits={"messages.getHistory": {"requests": 1, "seconds": 0.5}}):
            chat = await account.find(CHAT)
            await messages(account, chat, after=twin(sandbox).chat(chat.id).messages.ids[-250], metrics=job)
        await account.want_takeout(False)
    assert {each.takeout for each in job.snapshot().budgets} == {True}


async def test_a_key_that_the_server_forgot_ends_nothing_here(sandbox: SandboxProcess, session_file: Path, tmp_path: Path) -> None:
    async with logged_in(sandbox, tmp_path / "session.json", takeout=TakeoutChoice.ASK) as account, kept(account):
        await account.want_takeout(True)
        await open_(account)
        sandbox.faults(forget_keys=True)
        await account.want_takeout(False)
        assert state(account) is TakeoutState.FINISHED
        await account.want_takeout(True)
        await eventually(lambda: state(account) is TakeoutState.REFUSED)
        assert "doesn't know this session" in account.takeout.why
