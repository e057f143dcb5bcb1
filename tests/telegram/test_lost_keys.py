"""Keys that one data centre forgot, and answers that got lost, against a sandbox in this very loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import inner_sandbox
from tests.telegram.support import messages
from tobs_tui.content import RemoteFile
from tobs_tui.metrics import Metrics
from tobs_tui.sandbox import service
from tobs_tui.sandbox.faults import Fate
from tobs_tui.sandbox.server import Sandbox
from tobs_tui.settings import MediaSettings, ServerSettings, TelegramSettings
from tobs_tui.telegram.account import TelegramAccount


@asynccontextmanager
async def asked_for_a_code(server: Sandbox, folder: Path) -> AsyncIterator[TelegramAccount]:
    """An account that has got its code and may sign in."""
    key = folder / "key.pem"
    key.write_text(server.public_key_pem)
    home = ServerSettings(dc=server.home, host=server.host, port=server.dcs[server.home], public_key=str(key))
    settings = TelegramSettings(api_id=17349, api_hash="0" * 32, server=home)
    account = TelegramAccount(settings, MediaSettings(), folder / "session.json", Metrics())
    await account.connect()
    try:
        await account.send_code(server.world.account.phone)
        yield account
    finally:
        await account.close()


async def test_a_key_that_another_data_centre_forgot_ends_nothing(tmp_path: Path) -> None:
    async with inner_sandbox(password=False) as server, asked_for_a_code(server, tmp_path) as account:
        assert await account.sign_in(server.world.account.code)
        shown = await messages(account, await account.find("Ada Lovelace"))
        file = next(m.content for m in shown if isinstance(m.content, RemoteFile) and m.content.dc != server.home)
        part = await account.fetch(file, 0, 4096)
        next(centre for centre in server._centres if centre.id == file.dc).keys.clear()
        assert await account.fetch(file, 0, 4096) == part


@pytest.mark.parametrize("method", ["SignInRequest", "CheckPasswordRequest"])
async def test_a_login_whose_answer_got_lost_is_found_out(tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    password = method == "CheckPasswordRequest"
    async with inner_sandbox(password=password) as server, asked_for_a_code(server, tmp_path) as account:
        losing, answer = [method], vars(service)["answer"]

        def lose_one(centre: Any, key: Any, message_id: int, request: Any) -> tuple[Fate, bytes]:
            fate, body = answer(centre, key, message_id, request)
            if type(request).__name__ not in losing:
                return fate, body
            losing.clear()
            return Fate.DROP, b""

        monkeypatch.setattr(service, "answer", lose_one)
        entered = await account.sign_in(server.world.account.code)
        if password:
            assert entered is None
            entered = await account.check_password(server.world.account.password)
        assert entered == await account.account() is not None
