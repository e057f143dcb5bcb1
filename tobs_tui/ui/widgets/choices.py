"""Options side by side, one or several of them chosen: `(•) month  ( ) day`, `[x] photo  [ ] video`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from tobs_tui.display import kind_words
from tobs_tui.ui.lines import NOTHING, Line, Lined, Look, Piece


class Choices(Lined, can_focus=True):
    """←→ move, space chooses; enter is left to the screen. With `single`, moving chooses."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h,р", "move(-1)", "Left", show=False),
        Binding("right,l,д", "move(1)", "Right", show=False),
        Binding("space", "choose", "Choose", show=False),
        Binding("a,ф", "all(True)", "All", show=False),
        Binding("n,т", "all(False)", "None", show=False),
    ]

    class Submitted(Message):
        """Enter was pressed."""

    def __init__(self, options: Iterable[str], chosen: Iterable[str], *, single: bool, id: str) -> None:
        super().__init__(id=id)
        self.options = tuple(options)
        self.chosen = set(chosen)
        self._single = single
        self._at = next((place for place, option in enumerate(self.options) if option in self.chosen), 0) if single else 0

    def action_move(self, step: int) -> None:
        """Go to another option."""
        self._at = (self._at + step) % len(self.options)
        if self._single:
            self.chosen = {self.options[self._at]}
        self.refresh()

    def action_choose(self) -> None:
        """Choose the option, or take it out."""
        option = {self.options[self._at]}
        self.chosen = option if self._single else self.chosen ^ option
        self.refresh()

    def action_all(self, chosen: bool) -> None:
        """Choose all or none, where several may be chosen."""
        if not self._single:
            self.chosen = set(self.options) if chosen else set()
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        return len(self._rows(width))

    def render_line(self, y: int) -> Strip:
        rows = self._rows(self.size.width)
        return self.strip_of(rows[y] if y < len(rows) else NOTHING, self.size.width)

    def _rows(self, width: int) -> list[Line]:
        wide = max(len(option) for option in self.options) + 6
        per_row = max(1, width // wide)
        pieces = [self._piece(place, wide) for place in range(len(self.options))]
        return [tuple(piece for pair in pieces[start : start + per_row] for piece in pair) for start in range(0, len(pieces), per_row)]

    def _piece(self, place: int, wide: int) -> Line:
        option = self.options[place]
        opened, mark, closed = "(•)" if self._single else "[x]"
        mark = mark if option in self.chosen else " "
        look = Look.CURSOR if self.has_focus and place == self._at else Look.STRONG if option in self.chosen else Look.MUTED
        text = f"{opened}{mark}{closed} {kind_words(option)}"
        return Piece(text, look), Piece(" " * (wide - len(text)))
