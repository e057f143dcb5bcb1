"""An account on the sandbox, logged in once for a module."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.sandbox import SandboxProcess
from tests.telegram.support import logged_in
from tobs_tui.metrics import Metrics
from tobs_tui.settings import MediaSettings
from tobs_tui.telegram.account import TelegramAccount


@pytest.fixture(scope="module")
def session_file(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The session of an account that is logged in on the module's sandbox."""
    file = tmp_path_factory.mktemp("session") / "session.json"

    async def log_in() -> None:
        async with logged_in(sandbox, file):
            pass

    asyncio.run(log_in())
    return file


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def account(sandbox: SandboxProcess, session_file: Path, tmp_path: Path, metrics: Metrics) -> AsyncIterator[TelegramAccount]:
    """An account that is connected and logged in."""
    copy = tmp_path / "session.json"
    shutil.copy(session_file, copy)
    subject = TelegramAccount(sandbox.telegram_settings(), MediaSettings(), copy, metrics)
    await subject.connect()
    try:
        yield subject
    finally:
        await subject.close()
