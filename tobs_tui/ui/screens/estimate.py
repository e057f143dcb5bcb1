"""What an export of the selection would bring, before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from tobs_tui.display import display_text
from tobs_tui.engine.estimate import ExportEstimate
from tobs_tui.engine.estimate_words import Tone, estimate_lines, progress_words
from tobs_tui.engine.snapshot import Snapshot
from tobs_tui.ui import words
from tobs_tui.ui.lines import Line, Look, plain, wrapped
from tobs_tui.ui.screens.popup import Page

_LOOKS = {Tone.HEAD: Look.MUTED, Tone.ROW: Look.PLAIN, Tone.WORDS: Look.PLAIN, Tone.TROUBLE: Look.TROUBLE}


class EstimateScreen(Page[bool]):
    """Follows the estimate with this ticket; the result is whether to go on to the export's options."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "go_on", "Export", show=False)]

    def __init__(self, amount: int, ticket: int) -> None:
        super().__init__(f"Estimate: {words.count(amount, 'chat')}", "enter goes on to the export · ↑↓ move · esc leaves")
        self._shown = ExportEstimate(ticket, chats=amount)
        self._snapshot = Snapshot()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        if snapshot.estimate is not None and snapshot.estimate.ticket == self._shown.ticket:
            self._shown = snapshot.estimate
        if self.is_mounted:  # an answer may come faster than the box opens; it is drawn with it
            self.draw()

    def lines(self, width: int) -> Iterator[Line]:
        snapshot = self._snapshot
        yield from wrapped(progress_words(self._shown, snapshot.metrics.waits, snapshot.at), width, "", Look.MUTED)
        yield ()
        for text, tone in estimate_lines(self._shown) if self._shown.asked else ():
            if tone in (Tone.HEAD, Tone.ROW):
                yield plain(text, _LOOKS[tone])
            else:
                yield from wrapped(display_text(text), width, "", _LOOKS[tone]) or [()]

    def action_go_on(self) -> None:
        """Go on to the options of the export."""
        self.end(True)
