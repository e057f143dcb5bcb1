"""Terminals that know less."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import SMALL, User
from tests.support.terminal import CTRL_Q, on_pty

COLOURS_256, COLOURS_16M = b"[38;5;", b"[38;2;"


@pytest.mark.parametrize("environ", [{"TERM": "xterm"}, {"NO_COLOR": "1"}], ids=["16-colours", "NO_COLOR"])
def test_few_colours_are_enough(user: User, environ: dict[str, str]) -> None:
    with user.app(SMALL, **environ) as terminal:
        terminal.shows("Rust Weekly", "▸")
        terminal.send(CTRL_Q)
        assert (terminal.end(), terminal.left_clean) == (0, True)
        assert COLOURS_256 not in terminal.tail
        assert COLOURS_16M not in terminal.tail


def test_a_terminal_that_cant_draw_is_refused_in_words(user: User) -> None:
    with on_pty(user.command, user.environ(TERM="dumb")) as terminal:
        assert terminal.end() == 2
        assert "tobs-tui export" in terminal.text
        assert b"\x1b" not in terminal.tail
