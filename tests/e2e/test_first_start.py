"""The very first start: what is missing is asked for, what is wrong is said, and asked for again."""

from __future__ import annotations

from tests.e2e.conftest import SMALL, User
from tests.support.sandbox import SandboxProcess
from tests.support.terminal import CTRL_Q, ENTER, Terminal


def type_in(terminal: Terminal, text: str, shown: str = "") -> None:
    """Type into a field, wait until it shows, and go on."""
    terminal.send(text)
    terminal.shows(shown or text)
    terminal.send(ENTER)


def wipe(terminal: Terminal, letters: int) -> None:
    """Take back what was typed."""
    for _ in range(letters):
        terminal.send(b"\x7f")
    terminal.settle(0.15)


def test_from_nothing_to_the_chats(newcomer: User, sandbox: SandboxProcess) -> None:
    phone, code, password = sandbox.login
    facts = sandbox.facts
    with newcomer.app() as terminal:
        set_up(terminal, str(facts["api_id"]), str(facts["api_hash"]))
        terminal.shows("Log in: your phone number")
        terminal.resize(SMALL)
        terminal.shows("1 Chats", "Log in: your phone number")
        type_in(terminal, "12")
        terminal.shows("A phone number is needed")
        wipe(terminal, 2)
        type_in(terminal, phone)
        terminal.shows("Log in: the code")
        type_in(terminal, "00000")
        terminal.shows("The code is wrong")
        type_in(terminal, code)
        terminal.shows("Log in: your password", "battery staple")
        type_in(terminal, "wrong", "•••••")
        terminal.shows("The password is wrong")
        type_in(terminal, password, "•" * len(password))
        terminal.shows("Rust Weekly", "@robin_demo")
        assert password not in terminal.tail.decode("utf-8", "replace")
        assert facts["api_hash"] not in terminal.tail.decode("utf-8", "replace")
        terminal.send(CTRL_Q)
        assert (terminal.end(), terminal.left_clean) == (0, True)
    assert newcomer.settings.stat().st_mode & 0o777 == 0o600
    for secret in (phone.lstrip("+"), password, facts["api_hash"]):
        assert secret not in newcomer.home.logs()
    with newcomer.app(SMALL) as terminal:
        terminal.shows("Rust Weekly")
        terminal.send(CTRL_Q)
        assert terminal.end() == 0


def set_up(terminal: Terminal, api_id: str, api_hash: str) -> None:
    """Fill the form of the first start, wrongly before rightly."""
    terminal.shows("First start", "my.telegram.org", "api_hash")
    terminal.settle(0.2)
    terminal.send(ENTER)
    terminal.shows("api_id is a number")
    type_in(terminal, api_id)
    terminal.hides("api_id is a number")
    terminal.settle(0.2)
    type_in(terminal, "00", "••")
    terminal.shows("api_hash has 32 characters")
    wipe(terminal, 2)
    terminal.hides("••")
    type_in(terminal, api_hash, "•" * 32)


def test_quitting_before_anything_is_set_up_leaves_nothing(newcomer: User) -> None:
    before = newcomer.settings.read_text()
    with newcomer.app() as terminal:
        terminal.shows("First start")
        terminal.send(CTRL_Q)
        assert (terminal.end(), terminal.left_clean) == (0, True)
    assert newcomer.settings.read_text() == before
