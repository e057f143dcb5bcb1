"""The real app on a real terminal, with the real engine, on a sandbox: nothing is scripted but the user's fingers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import Home
from tests.support.sandbox import SandboxProcess
from tests.support.terminal import Terminal, on_pty

WIDE, SMALL = (120, 40), (80, 24)
MESSAGES = 3000
SLOW = {"rtt_ms": 100, "bandwidth": 40_000}
"""A line on which the long chat takes some ten seconds, so that a job can be watched and broken off."""
FAST = {"rtt_ms": 0, "bandwidth": 0}


def pytest_report_header() -> str:
    """Says whether tmux is tried."""
    return f"tmux: {shutil.which('tmux') or 'not installed; the screen is tried on a pty alone'}"


@dataclass(frozen=True)
class User:
    """Somebody with a home, a settings file and a terminal."""

    home: Home
    settings: Path

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "tobs_tui", "--config", str(self.settings)]

    def environ(self, **changes: str) -> dict[str, str]:
        """Of a terminal that knows 256 colours and says nothing of its size."""
        dropped = ("COLUMNS", "LINES", "NO_COLOR", "COLORTERM", "TMUX")
        kept = {name: value for name, value in self.home.environ.items() if name not in dropped}
        return kept | {"TERM": "xterm-256color"} | changes

    def app(self, size: tuple[int, int] = WIDE, **environ: str) -> AbstractContextManager[Terminal]:
        """Start the app on a pty of so many columns and rows."""
        return on_pty(self.command, self.environ(**environ), size)

    @property
    def vault(self) -> Path:
        return self.home.folder / "vault" / "Telegram"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    """A sandbox with a long chat, so that a job can be watched."""
    with SandboxProcess(messages=MESSAGES) as process:
        yield process


@pytest.fixture
def newcomer(home: Home, sandbox: SandboxProcess) -> User:
    """Somebody who has never started the program; the settings file only leads to the sandbox."""
    file = home.settings_for(sandbox)
    kept = (line for line in file.read_text().splitlines() if not line.startswith(("api_", "path")))
    file.write_text("\n".join(kept) + "\n")
    return User(home, file)


@pytest.fixture(scope="module")
def known_home(tmp_path_factory: pytest.TempPathFactory, sandbox: SandboxProcess) -> Home:
    """A home that is logged in, to be copied."""
    home = Home(tmp_path_factory.mktemp("known"))
    home.settings_for(sandbox)
    ended = home.run("login", "--config", "settings.toml", typed="\n".join([*sandbox.login, ""]))
    assert ended.returncode == 0, ended.stderr
    return home


@pytest.fixture
def user(tmp_path: Path, known_home: Home, sandbox: SandboxProcess) -> Iterator[User]:
    """Somebody who is logged in, with a vault of their own; the sandbox answers at once when the test has ended."""
    home = Home(tmp_path / "home")
    shutil.copytree(known_home.folder, home.folder)
    yield User(home, home.settings_for(sandbox, "[pipeline]\nflush_seconds = 0.3\n"))
    sandbox.faults(**FAST)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)
