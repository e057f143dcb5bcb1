"""Browse, filter, select, queue, watch, quit, start again: on a pty, in tmux, in 120 columns and in 80."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.e2e.conftest import FAST, MESSAGES, SLOW, SMALL, WIDE, User
from tests.e2e.journey import answer_quit, block_ids, cursor_line, filter_to, leave_filter, queue, to_queue
from tests.support.sandbox import SandboxProcess
from tests.support.terminal import CTRL_L, CTRL_P, CTRL_Q, DOWN, ENTER, ESCAPE, Terminal, on_pty

NASTY_SHOWN = "[/red][2J../../x"
Place = Callable[[User, tuple[int, int]], AbstractContextManager[Terminal]]


def pty(user: User, size: tuple[int, int]) -> AbstractContextManager[Terminal]:
    """The app itself on a pty."""
    return user.app(size)


@contextmanager
def tmux(user: User, size: tuple[int, int]) -> Iterator[Terminal]:
    """The app in a tmux of its own, with tmux on the pty. tmux ends with its only window; the app's exit code is kept in a file."""
    app = f"{shlex.join(user.command)}; echo $? > {shlex.quote(str(user.home.folder / 'code'))}"
    own = ["tmux", "-S", str(user.home.folder / "tmux"), "-f", "/dev/null"]
    try:
        with on_pty([*own, "new-session", app], user.environ(), size) as terminal:
            yield terminal
    finally:
        subprocess.run([*own, "kill-server"], check=False, stderr=subprocess.DEVNULL)


PLACES = [(pty, WIDE), (tmux, SMALL)] if shutil.which("tmux") else [(pty, WIDE), (pty, SMALL)]


@pytest.mark.parametrize(("place", "size"), PLACES, ids=[f"{place.__name__}-{size[0]}x{size[1]}" for place, size in PLACES])
def test_a_queue_outlives_the_app(user: User, sandbox: SandboxProcess, place: Place, size: tuple[int, int]) -> None:
    with place(user, size) as terminal:
        browse(terminal)
        sandbox.faults(**SLOW)
        queue(terminal, "Big chat", "Family", "Python Talk")
        to_queue(terminal)
        terminal.shows("▶ running", "· queued")
        look_at_details(terminal)
        answer_quit(terminal, "t")
        terminal.shows("▶ running")
        answer_quit(terminal, "s")
        terminal.end()
        assert terminal.left_clean
    assert code_of(user, terminal) == 0
    assert len(block_ids(user.vault / "Big chat")) < MESSAGES

    with place(user, size) as terminal:
        terminal.shows("Chats")
        to_queue(terminal)
        terminal.shows("Big chat", "Family", "Python Talk")
        sandbox.faults(**FAST)
        terminal.until(lambda: terminal.text.count("✓ done") == 3)
        terminal.send(CTRL_Q)
        terminal.end()
    assert code_of(user, terminal) == 0
    ids = block_ids(user.vault / "Big chat")
    assert len(ids) == len(set(ids)) == MESSAGES
    assert not list(user.vault.rglob("*.part"))


def code_of(user: User, terminal: Terminal) -> int:
    """The app's exit code, be it within tmux."""
    told = user.home.folder / "code"
    return int(told.read_text()) if told.exists() else terminal.child.returncode


def browse(terminal: Terminal) -> None:
    """All chats are there, also the nasty one; the cursor moves; a filter narrows and lets go."""
    terminal.shows("Rust Weekly", "Python Talk", NASTY_SHOWN)
    first = cursor_line(terminal)
    terminal.send(DOWN)
    terminal.until(lambda: cursor_line(terminal) != first)
    terminal.send("k")
    terminal.until(lambda: cursor_line(terminal) == first)
    filter_to(terminal, "rust", "Rust Weekly")
    assert "Python Talk" not in terminal.text
    leave_filter(terminal)
    terminal.shows("Python Talk")


def look_at_details(terminal: Terminal) -> None:
    """The details of the job under the cursor, and back."""
    terminal.send(ENTER)
    terminal.shows("esc closes", "messages")
    terminal.send("G")
    terminal.shows("What failed")
    terminal.send(ESCAPE)
    terminal.hides("esc closes")


def test_finishing_is_an_answer_too(user: User, sandbox: SandboxProcess) -> None:
    with user.app() as terminal:
        terminal.shows("Rust Weekly")
        sandbox.faults(**SLOW)
        queue(terminal, "Big chat", "Python Talk")
        terminal.shows("2 running")
        answer_quit(terminal, "f")
        terminal.shows("finishing the queue, then quitting")
        sandbox.faults(**FAST)
        assert (terminal.end(), terminal.left_clean) == (0, True)
    ended = user.home.run("export", "Big chat", "Python Talk", "--json", "--config", str(user.settings))
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count('"state":"done"') == ended.stdout.count('"messages":0') == 2


def test_pausing_cancelling_and_trying_again(user: User, sandbox: SandboxProcess) -> None:
    with user.app() as terminal:
        terminal.shows("Rust Weekly")
        sandbox.faults(**SLOW)
        queue(terminal, "Big chat")
        to_queue(terminal)
        terminal.shows("▶ running")
        for key, state in (("p", "paused"), ("p", "running"), ("x", "Cancel this export?"), ("x", "cancelled"), ("r", "running")):
            terminal.send(key)
            terminal.shows(state)
        sandbox.faults(**FAST)
        terminal.shows("✓ done")
        terminal.send("y")
        terminal.shows(str(user.vault / "Big chat")[-30:])
        terminal.send(CTRL_Q)
        assert terminal.end() == 0
    assert len(block_ids(user.vault / "Big chat")) == MESSAGES


def test_every_box_opens_and_closes_and_selections_grow(user: User, sandbox: SandboxProcess) -> None:
    boxes = (("?", "Select the chat"), (CTRL_P, "what to do"), (CTRL_L, "Nothing went wrong"))
    with user.app(SMALL) as terminal:
        terminal.shows("Rust Weekly")
        for key, words in boxes:
            terminal.send(key)
            terminal.shows(words)
            terminal.send(ESCAPE)
            terminal.hides(words)
        terminal.send("a")
        terminal.shows(f"{len(sandbox.twin().account.chats)} selected")
        terminal.send("i")
        terminal.hides("selected")
        terminal.send("3")
        terminal.shows("totals")
        terminal.send(CTRL_Q)
        assert terminal.end() == 0


def test_a_hostile_title_does_nothing_but_appear(user: User) -> None:
    with user.app() as terminal:
        terminal.shows(NASTY_SHOWN)
        filter_to(terminal, "[/red]", NASTY_SHOWN)
        terminal.send(" ")
        terminal.shows("1 selected")
        assert "Chats" in terminal.text, "the screen was wiped"
        terminal.send(ENTER)
        terminal.shows("enter queues")
        terminal.send(ENTER)
        terminal.shows("✓ done")
        terminal.send(CTRL_Q)
        assert terminal.end() == 0
        assert b"\x1b[2J../" not in terminal.tail
        assert b"\x1b[2J" not in terminal.tail.partition(b"Rust Weekly")[2]
    (folder,) = user.vault.iterdir()
    assert folder.parent == user.vault
    assert not {"/", "\x1b", "#"} & set(folder.name)
    written = {file.relative_to(user.home.folder).parts[0] for file in user.home.files() if file.suffix == ".md"}
    assert written == {"vault"}


def test_a_second_app_says_who_has_the_account(user: User) -> None:
    with user.app() as first:
        first.shows("Rust Weekly")
        with user.app() as second:
            assert second.end() == 3
            assert f"process {first.child.pid}".encode() in second.tail
        first.send(CTRL_Q)
        assert first.end() == 0
