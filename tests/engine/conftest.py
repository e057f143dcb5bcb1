"""A sandbox and an engine on it, for the tests of whole exports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.driver import EngineDriver
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.snapshot import QuestionKind
from tobs_tui.model import ExportOptions
from tobs_tui.settings import ArticleSettings, Settings, VaultSettings


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess() as running:
        yield running


@pytest.fixture
def options(tmp_path: Path) -> ExportOptions:
    return ExportOptions(str(tmp_path / "vault"), timezone="Europe/Berlin")


def driver_on(sandbox: SandboxProcess, home: Path, keep_queue: bool = True, request_seconds: float = 15.0, **tables: Any) -> EngineDriver:
    """An engine for the sandbox's account, with its files under `home`; `tables` are further ones of the settings."""
    login = sandbox.login
    answers = {QuestionKind.PHONE: login.phone, QuestionKind.CODE: login.code, QuestionKind.PASSWORD: login.password}
    tables.setdefault("articles", ArticleSettings(service=sandbox.facts["articles"]))
    telegram = sandbox.telegram_settings(request_seconds=request_seconds)
    settings = Settings(**{"telegram": telegram, "vault": VaultSettings(path=str(home / "vault"))} | tables)
    return EngineDriver(settings, home, answers, keep_queue)


@pytest.fixture
def driver(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[EngineDriver]:
    with driver_on(sandbox, tmp_path) as running:
        yield running
