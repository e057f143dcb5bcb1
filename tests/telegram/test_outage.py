"""A line that is gone for a while, and a server whose clock or answers are odd."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sandbox import SandboxProcess
from tests.telegram.support import connected, eventually, faults, logged_in, messages, twin
from tobs_tui.content import RemoteFile
from tobs_tui.errors import CacheError, GaveUp, RetryCause
from tobs_tui.metrics import Metrics
from tobs_tui.settings import MediaSettings
from tobs_tui.telegram import pool, session
from tobs_tui.telegram.account import TelegramAccount


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(messages=700) as process:
        yield process


async def test_a_line_that_is_gone_for_a_while_ends_nothing(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    chat = await account.find("Big chat")
    job, got = Metrics(), list[int]()
    async for page in account.history(chat, 0, job):
        if not got:
            sandbox.faults(refuse=1.5)
            sandbox.faults(drop_now=True)
        got += [message.id for message in page.messages]
    assert got == list(twin(sandbox).chat(chat.id).messages.ids)
    assert job.snapshot().retried(RetryCause.NETWORK)


async def test_an_idle_line_comes_back_by_itself(
    sandbox: SandboxProcess, session_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "LOOK_EVERY", 0.05)
    async with connected(sandbox, session_file) as account:
        assert account.online
        sandbox.faults(drop_now=True)
        await eventually(lambda: not account.online)
        await eventually(lambda: account.online)


async def test_idle_transfer_lines_are_closed_and_an_idle_home_is_pinged(
    sandbox: SandboxProcess, session_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOOK_EVERY", "CLOSE_AFTER", "PING_AFTER"):
        monkeypatch.setattr(pool, name, 0.05)
    async with connected(sandbox, session_file) as account:
        chat = await account.find("Ada Lovelace")
        files = [m.content for m in await messages(account, chat) if isinstance(m.content, RemoteFile)]
        part = await account.fetch(files[0], 0, 4096)
        await eventually(lambda: sandbox.stats()["open_connections"] == 1)
        assert account.online
        assert await account.fetch(files[0], 0, 4096) == part


async def test_a_server_that_answers_nothing_more_is_given_up(sandbox: SandboxProcess, session_file: Path) -> None:
    account = TelegramAccount(sandbox.telegram_settings(request_seconds=0.5), MediaSettings(attempts=3), session_file, Metrics())
    await account.connect()
    try:
        chat = await account.find("Ada Lovelace")
        with faults(sandbox, silent={"*": 1.0}), pytest.raises(GaveUp, match="no answer within"):
            await messages(account, chat)
    finally:
        await account.close()




async def test_a_clock_that_is_wrong_is_corrected(sandbox: SandboxProcess, tmp_path: Path) -> None:
    with faults(sandbox, clock=4000):
        async with logged_in(sandbox, tmp_path / "session.json") as account:
            assert await messages(account, await account.find("Ada Lovelace"))


async def test_a_session_that_cant_be_kept_is_said(sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(session, "_write_secret", full)
    with pytest.raises(CacheError, match="No space left"):
        async with connected(sandbox, tmp_path / "session.json"):
            pass
