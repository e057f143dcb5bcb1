"""The help: every key, and what a filter may say."""

from __future__ import annotations

from collections.abc import Iterator

from tobs_tui.ui.commands import COMMANDS, Pane, shown_key
from tobs_tui.ui.lines import Line, Look, Piece, left, plain, wrapped
from tobs_tui.ui.screens.popup import Page

_FILTER = (
    ("rust weekly", "both words are in the title or the @name"),
    ("!old", "the word isn't there"),
    ("type:channel", "private, bot, group, supergroup, channel, forum, saved, people"),
    ("unread", "has unread messages"),
    ("exported", "was exported before; !exported was not"),
)
_KEYS = 20


class HelpScreen(Page[None]):
    """Lists every command with its keys."""

    def __init__(self) -> None:
        super().__init__("Keys")

    def lines(self, width: int) -> Iterator[Line]:
        for pane in Pane:
            yield plain(pane.value, Look.STRONG)
            for command in COMMANDS:
                if command.pane is pane:
                    keys = " ".join(shown_key(key) for key in command.keys) or "(ctrl+p)"
                    yield from _entry(keys, command.text, width)
            yield ()
        yield plain("Filter", Look.STRONG)
        for example, meaning in _FILTER:
            yield from _entry(example, meaning, width)
        yield ()
        text = "Letters, / ? [ and ] work on a Russian keyboard too. The mouse can click and scroll, and is never needed."
        yield from wrapped(text, width, "  ", Look.MUTED)


def _entry(keys: str, text: str, width: int) -> Iterator[Line]:
    first, *rest = wrapped(text, width - _KEYS - 2)
    yield Piece(f"  {left(keys, _KEYS)}", Look.ACCENT), *first
    for line in rest:
        yield Piece(" " * (_KEYS + 2)), *line
