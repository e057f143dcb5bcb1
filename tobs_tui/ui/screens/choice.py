"""A question with a few answers, each with a letter of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tobs_tui.ui.commands import cyrillic
from tobs_tui.ui.line_list import LineList
from tobs_tui.ui.lines import Line, Lines, Look, Piece, left, wrapped
from tobs_tui.ui.screens.popup import Popup


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: the letter that gives it, its name for the program, and its text."""

    key: str
    id: str
    text: str


class ChoiceList(LineList):
    """The answers as rows."""

    def __init__(self, choices: tuple[Choice, ...]) -> None:
        super().__init__(classes="choices")
        self.choices = choices
        self.styles.height = len(choices)

    def on_mount(self) -> None:
        self.resize_to(len(self.choices), 0)

    def line(self, index: int, width: int) -> Line:
        choice = self.choices[index]
        marker = "▸" if index == self.cursor else " "
        return Piece(f" {marker} {choice.key}  ", Look.ACCENT), Piece(left(choice.text, width - 6))


class ChoiceScreen(Popup[str]):
    """Asks; the result is the id of the answer, or None for esc."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "Choose", show=False)]
    AUTO_FOCUS = "ChoiceList"

    def __init__(self, title: str, text: str, choices: tuple[Choice, ...]) -> None:
        super().__init__(title, "↑↓ move · enter or the letter chooses · esc goes back")
        self.add_class("small")
        self._text = text
        self._choices = choices

    def body(self) -> Iterable[Widget]:
        yield Lines(classes="popup-text")
        yield ChoiceList(self._choices)

    def on_mount(self) -> None:
        text = wrapped(self._text, 62)
        lines = self.query_one(".popup-text", Lines)
        lines.styles.height = len(text) + 1
        lines.show(*text)

    def action_choose(self) -> None:
        """Give the answer under the cursor."""
        self.end(self._choices[self.query_one(ChoiceList).cursor].id)

    def on_key(self, event: events.Key) -> None:
        for choice in self._choices if self.is_mounted else ():
            if event.character and event.character in (choice.key, cyrillic(choice.key)):
                event.stop()
                self.end(choice.id)
                return


class QuitScreen(ChoiceScreen):
    """Asks how to quit; of its own kind, so that it comes over any other question, but once."""
