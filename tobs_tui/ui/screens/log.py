"""The log screen: what went wrong, why, and what to do, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tobs_tui.display import display_text
from tobs_tui.engine.events import Trouble
from tobs_tui.ui import words
from tobs_tui.ui.lines import Line, Look, Piece, plain, wrapped
from tobs_tui.ui.screens.popup import Page


class LogScreen(Page[None]):
    """Lists the troubles of this session."""

    def __init__(self, troubles: Sequence[Trouble]) -> None:
        super().__init__("Log")
        self._troubles = troubles

    def lines(self, width: int) -> Iterator[Line]:
        if not self._troubles:
            yield plain("Nothing went wrong so far.", Look.MUTED)
        for trouble in reversed(self._troubles):
            yield Piece(f"{words.clock(trouble.at)}  ", Look.MUTED), Piece(display_text(trouble.what), Look.TROUBLE)
            for label, text in (("why", trouble.why), ("what to do", trouble.todo)):
                if text:
                    yield from wrapped(f"{label}: {display_text(text)}", width, " " * 21)
            yield ()
