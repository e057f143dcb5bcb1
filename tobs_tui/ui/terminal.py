"""What the terminal can do, read from the environment."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
from collections.abc import Mapping

_RICH_COLOURS = ("256color", "truecolor", "direct", "kitty", "ghostty", "alacritty", "foot", "wezterm")


# Kitty's keyboard mode, mouse, focus and paste reports off, lines wrap, the alternate screen is left, the cursor is shown.
_LEAVE = b"\x1b[<u\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h"


def unfit(environ: Mapping[str, str], has_terminal: bool) -> str:
    """Why the screen can't be shown on this terminal, and the command that needs none; empty if it can."""
    instead = "Use `tobs-tui export CHAT…`, which needs no screen"
    if not has_terminal:
        return f"tobs-tui: there is no terminal to draw on. {instead}"
    if environ.get("TERM", "") in ("", "dumb"):
        return f"tobs-tui: this terminal can't draw a screen (TERM is {environ.get('TERM', '') or 'not set'}). {instead}"
    return ""


def has_terminal() -> bool:
    """Whether input comes from a terminal and the picture goes to one. Textual draws on stderr."""
    return bool(sys.__stdin__ and sys.__stdin__.isatty() and sys.__stderr__ and sys.__stderr__.isatty())


def few_colours(environ: Mapping[str, str]) -> bool:
    """Whether to use the terminal's own 16 colours: it has no more, or NO_COLOR asks for none."""
    if "NO_COLOR" in environ:
        return True
    if environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return False
    return not any(name in environ.get("TERM", "") for name in _RICH_COLOURS)


def still_there() -> bool:
    """Whether the terminal is there. With SIGHUP ignored (nohup) nothing else tells that it has gone."""
    return bool(sys.__stdin__ and sys.__stdin__.isatty())


class State:
    """The terminal as it was before the app drew on it."""

    def __init__(self) -> None:
        self._input = sys.__stdin__.fileno() if still_there() and sys.__stdin__ else -1
        self._attributes = termios.tcgetattr(self._input) if self._input >= 0 else None

    def restore(self) -> None:
        """Give the terminal back, as far as it takes anything; never waits for it."""
        if self._attributes is None:
            return
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(self._input, termios.TCOFLUSH)
            termios.tcsetattr(self._input, termios.TCSANOW, self._attributes)
            if select.select([], [self._input], [], 0)[1]:
                os.write(self._input, _LEAVE)
