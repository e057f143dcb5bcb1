"""What the screen costs: `python -m tests.benchmarks.screen`, the real app on a pty, against the sandbox in a process of its own.

Prints first paint, bytes written when idle, when running and for a key, and the longest stall of the screen's loop while
10,000 chats arrive. On a busy machine the times mean little; the bytes are what they are.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.cli.conftest import Home
from tests.e2e.conftest import FAST, SLOW, User
from tests.e2e.journey import queue
from tests.support.sandbox import SandboxProcess
from tests.support.terminal import CTRL_Q, DOWN, PAGE_DOWN, Terminal, on_pty
from tobs_tui.engine.engine import Engine
from tobs_tui.paths import Paths
from tobs_tui.settings import load_settings
from tobs_tui.setup import save_setup
from tobs_tui.ui.app import TobsApp

CHATS, MESSAGES = 10_000, 6_000
BEAT_SECONDS = 0.002
KEYS = 20


class WatchedApp(TobsApp):
    """The app with a clock on its loop; says at its end how long the loop stood still at most, from the first chats to the quit."""

    longest = 0.0
    _last = 0.0

    def on_mount(self) -> None:
        self.call_after_refresh(self._beat)

    def _beat(self) -> None:
        if self._exit:
            return
        now = time.monotonic()
        if self.main.chats.total and self._last:
            self.longest = max(self.longest, now - self._last - BEAT_SECONDS)
        self._last = now
        asyncio.get_running_loop().call_later(BEAT_SECONDS, self._beat)


def run_watched(config: Path, result: Path) -> None:
    """In the child: the app as the command runs it, but watched."""
    settings, paths = load_settings(config), Paths.of_platform(config)
    app = WatchedApp(settings, lambda complete: Engine(complete, paths), lambda *given: save_setup(config, *given))
    app.run()
    app.finish()
    result.write_text(str(app.longest))


def told(what: str, figure: str) -> None:
    sys.stdout.write(f"{what:<44} {figure}\n")
    sys.stdout.flush()


def seconds_until(terminal: Terminal, holds: Callable[[], object]) -> float:
    began = time.monotonic()
    terminal.until(holds)
    return time.monotonic() - began


def first_paints(user: User) -> None:
    for _ in range(3):
        with user.app() as terminal:
            paint = seconds_until(terminal, lambda: "Metrics" in terminal.text)
            core = sum(psutil.Process(terminal.child.pid).cpu_times()[:2])
            told("first paint", f"{paint:.2f} s, {core:.2f} s of a core")
            terminal.shows("Rust Weekly")
            terminal.send(CTRL_Q)
            terminal.end()


def idle_and_running(user: User, sandbox: SandboxProcess) -> None:
    with user.app() as terminal:
        terminal.shows("Rust Weekly")
        terminal.settle(1.5)
        told("written in 3 s when idle", f"{terminal.read(3.0):,} bytes")
        sandbox.faults(**SLOW)
        queue(terminal, "Big chat", "Python Talk")
        terminal.shows("2 running")
        terminal.read(8.0)
        told("written while running", f"{terminal.read(8.0) / 8:,.0f} bytes/s")
        sandbox.faults(**FAST)
        terminal.send(CTRL_Q)
        terminal.shows("Quit?")
        terminal.send("s")
        terminal.end()


def many_chats(user: User) -> None:
    result = user.home.folder / "longest"
    command = [sys.executable, "-m", "tests.benchmarks.screen", str(user.settings), str(result)]
    with on_pty(command, user.environ()) as terminal:
        terminal.shows("Metrics")
        listed = seconds_until(terminal, lambda: "Chats 10," in terminal.line_with("all │")[:20])
        told(f"{CHATS:,} chats and more listed after", f"{listed:.1f} s")
        terminal.settle(1.5)
        for name, key in (("down", DOWN), ("page down", PAGE_DOWN)):
            before = terminal.written
            for _ in range(KEYS):
                terminal.send(key)
                terminal.settle(0.1)
            told(f"written for {name}", f"{(terminal.written - before) / KEYS:,.0f} bytes")
        terminal.send(CTRL_Q)
        terminal.end()
    told("longest stall of the screen's loop", f"{float(result.read_text()) * 1000:.0f} ms")


def known_user(folder: Path, sandbox: SandboxProcess) -> User:
    home = Home(folder)
    user = User(home, home.settings_for(sandbox))
    home.run("login", "--config", str(user.settings), typed="\n".join([*sandbox.login, ""]))
    return user


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, SandboxProcess(messages=MESSAGES) as sandbox:
        user = known_user(Path(folder), sandbox)
        first_paints(user)
        idle_and_running(user, sandbox)
    with tempfile.TemporaryDirectory() as folder, SandboxProcess(chats=CHATS) as sandbox:
        many_chats(known_user(Path(folder), sandbox))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run_watched(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
