"""The app on a real pty: what it writes, how it ends, what it leaves behind. Bytes are counted, times are not."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import AbstractContextManager
from functools import partial

import pytest

from tests.support.terminal import CTRL_Q, DOWN, PAGE_DOWN, Terminal
from tests.support.terminal import on_pty as terminal_of
from tests.ui.pty_app import SECRET

RESTORED = (b"\x1b[?1049l", b"\x1b[?25h")


def on_pty(scene: str, size: tuple[int, int] = (120, 40), environ: dict[str, str] | None = None) -> AbstractContextManager[Terminal]:
    """Run a scene on a new pty that is its controlling terminal."""
    own = {"TERM": "xterm-256color", "TZ": "UTC", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR", "COLORTERM")}
    return terminal_of([sys.executable, "-m", "tests.ui.pty_app", scene], {**inherited, **own, **(environ or {})}, size)


@pytest.mark.parametrize("keys", ["", "m"], ids=["panes", "whole-metrics"])
def test_idle_writes_nothing(keys: str) -> None:
    with on_pty("idle") as terminal:
        terminal.shows("Rust Weekly")
        terminal.send(keys)
        terminal.until(lambda: terminal.read(0.5) == 0)
        assert terminal.read(3) == 0


def test_an_idle_login_writes_nothing() -> None:
    with on_pty("login", (80, 24)) as terminal:
        terminal.shows("your phone number")
        terminal.until(lambda: terminal.read(0.5) == 0)
        assert terminal.read(2) == 0


def test_a_running_export_writes_little() -> None:
    with on_pty("busy") as terminal:
        terminal.shows("Another one")
        terminal.read(1)
        assert 0 < terminal.read(3) <= 3 * 4_000


def test_whole_metrics_write_little_too() -> None:
    with on_pty("busy") as terminal:
        terminal.shows("Another one")
        terminal.send("m")
        terminal.shows("12 talk.mp4")
        terminal.read(1)
        assert 0 < terminal.read(3) <= 3 * 4_000


def test_an_arrow_key_in_ten_thousand_rows_writes_little() -> None:
    with on_pty("many") as terminal:
        terminal.shows("Chat number 3")
        terminal.until(lambda: terminal.read(0.3) == 0)
        before = terminal.written
        for place in range(2, 42):
            terminal.send(DOWN)
            terminal.until(partial(cursor_is_at, terminal, f"Chat number {place}"))
        assert (terminal.written - before) / 40 < 1_000
        before = terminal.written
        terminal.send(PAGE_DOWN)
        terminal.until(lambda: not cursor_is_at(terminal, "Chat number 41"))
        terminal.until(lambda: terminal.read(0.3) == 0)
        assert terminal.written - before < 9_500


def cursor_is_at(terminal: Terminal, title: str) -> bool:
    """Whether the row with the cursor has this title."""
    return any(line.startswith(" ▸") and f"{title} " in line for line in terminal.text.splitlines())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_cleanly_without_asking(number: signal.Signals) -> None:
    with on_pty("busy") as terminal:
        terminal.shows("Another one")
        terminal.child.send_signal(number)
        assert terminal.end() == 128 + number
        for sequence in RESTORED:
            assert sequence in terminal.tail


def test_a_terminal_that_goes_away_ends_it() -> None:
    with on_pty("busy") as terminal:
        terminal.shows("Another one")
        terminal.hang_up()
        assert terminal.child.wait() == 128 + signal.SIGHUP


def test_a_stalled_terminal_does_not_keep_it_alive() -> None:
    with on_pty("many") as terminal:
        terminal.shows("Chat number 3")
        for _ in range(100):
            terminal.send(PAGE_DOWN)
        terminal.child.send_signal(signal.SIGTERM)
        assert terminal.child.wait() == 128 + signal.SIGTERM


def test_quitting_leaves_the_terminal_clean() -> None:
    with on_pty("idle", (80, 24)) as terminal:
        terminal.shows("Rust Weekly")
        terminal.send(CTRL_Q)
        assert terminal.end() == 0
        for sequence in RESTORED:
            assert sequence in terminal.tail


def test_a_crash_shows_no_local_variable_and_fails() -> None:
    with on_pty("crash") as terminal:
        assert terminal.end() == 1
        assert b"ZeroDivisionError" in terminal.tail
        assert SECRET.encode() not in terminal.tail
        for sequence in RESTORED:
            assert sequence in terminal.tail


@pytest.mark.parametrize("environ", [{"TERM": "xterm"}, {"NO_COLOR": "1"}])
def test_few_colours_stay_few(environ: dict[str, str]) -> None:
    with on_pty("busy", environ=environ) as terminal:
        terminal.shows("Another one")
        assert b"38;2;" not in terminal.tail
        assert b"38;5;" not in terminal.tail


def test_keys_that_come_in_a_burst_are_taken_in_order() -> None:
    """Over a slow line several keys arrive at once; those after a `/` are no commands."""
    with on_pty("idle") as terminal:
        terminal.shows("Rust Weekly")
        terminal.send(b" /unia\r")
        terminal.shows("No chat matches the filter.")
        assert "1 selected" in terminal.text
        terminal.send(b"\x1b")
        terminal.shows("Rust Weekly")
        terminal.send(b"2/tal")
        terminal.until(lambda: "Rust Weekly" not in terminal.text)
        assert "Python Talk" in terminal.text


def test_keys_that_come_before_the_first_paint_wait_for_it() -> None:
    with on_pty("idle") as terminal:
        terminal.send("2")
        terminal.shows("enter details")


def test_keys_that_outrun_a_box_do_no_harm() -> None:
    with on_pty("busy") as terminal:
        terminal.shows("Another one")
        terminal.send(b"\r\r\r2\r\r\x11\x11\r")
        terminal.read(1)
        assert terminal.child.poll() is None
        terminal.child.send_signal(signal.SIGTERM)
        assert terminal.end() == 128 + signal.SIGTERM


def test_mending_a_word_in_a_burst_mends_it() -> None:
    """What is typed, taken back and typed again in one packet stays in its order: else a path or a password is another one."""
    with on_pty("idle") as terminal:
        terminal.shows("Rust Weekly")
        terminal.send(b"/rush\x7ft wo\x17py\x1b[D\x1b[Dx\x1b[3~")
        terminal.shows("rust xy")
