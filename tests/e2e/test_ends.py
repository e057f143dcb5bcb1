"""How the app ends when it is told to from outside, and that nothing of the export is lost."""

from __future__ import annotations

import signal

from tests.e2e.conftest import FAST, MESSAGES, SLOW, User
from tests.e2e.journey import block_ids, queue
from tests.support.sandbox import SandboxProcess
from tests.support.terminal import CTRL_Q, Terminal, on_pty


def test_whatever_ends_it_the_next_run_goes_on(user: User, sandbox: SandboxProcess) -> None:
    """Three signals, a dropped line and kill -9, one after the other in the same export, and the vault is whole at last."""
    with user.app() as terminal:
        terminal.shows("Rust Weekly")
        sandbox.faults(**SLOW)
        queue(terminal, "Big chat")
        end_by(terminal, signal.SIGTERM)
    for number in (signal.SIGHUP, signal.SIGINT):
        with user.app() as terminal:
            end_by(terminal, number)
    with user.app() as terminal:
        terminal.shows("1 running")
        terminal.hang_up()
        assert terminal.child.wait() == 128 + signal.SIGHUP
    with user.app() as terminal:
        terminal.shows("1 running")
        terminal.child.kill()
        terminal.child.wait()
    assert len(block_ids(user.vault / "Big chat")) < MESSAGES
    sandbox.faults(**FAST)
    assert_completed_by_the_next_run(user)


def end_by(terminal: Terminal, number: signal.Signals) -> None:
    """A signal never asks, and leaves the terminal clean."""
    terminal.shows("1 running")
    terminal.child.send_signal(number)
    assert (terminal.end(), terminal.left_clean) == (128 + number, True)
    assert b"Quit?" not in terminal.tail
    assert b"Traceback" not in terminal.tail


def assert_completed_by_the_next_run(user: User) -> None:
    with user.app() as terminal:
        terminal.shows("\N{CHECK MARK} done")
        terminal.send(CTRL_Q)
        assert terminal.end() == 0
    ids = block_ids(user.vault / "Big chat")
    assert len(ids) == len(set(ids)) == MESSAGES
    assert ids == sorted(ids)
    assert not list(user.vault.rglob("*.part"))


def test_a_dropped_line_ends_it_with_sighup_ignored_too(user: User) -> None:
    """As under nohup, where nothing tells the app and a reader would spin on the dead terminal for ever."""
    command = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *user.command]
    with on_pty(command, user.environ()) as terminal:
        terminal.shows("Rust Weekly")
        terminal.hang_up()
        assert terminal.child.wait() == 128 + signal.SIGHUP
