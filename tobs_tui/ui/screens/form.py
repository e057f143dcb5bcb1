"""Forms: labelled fields, each with room for what is wrong with it below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from tobs_tui.display import display_text
from tobs_tui.ui.lines import Lines, Look, Piece, left, plain, wrapped
from tobs_tui.ui.screens.popup import Popup, Result
from tobs_tui.ui.widgets.filter_input import CalmInput

LABEL = 12


class Wrong(Lines):
    """What is wrong with a field, wrapped anew when the width changes."""

    def __init__(self) -> None:
        super().__init__(classes="field-wrong")
        self._words = ""

    def say(self, words: str) -> None:
        """Say this from now on; an empty text takes no room."""
        self._words = words
        lines = wrapped(f"✗ {display_text(words)}", max(20, self.size.width or 50), "", Look.TROUBLE) if words else []
        self.styles.height = len(lines)
        self.show(*lines)

    def on_resize(self) -> None:
        self.say(self._words)


class Field(Vertical):
    """A label, the widget that holds the value, and what is wrong with it."""

    def __init__(self, label: str, widget: Widget, note: str = "") -> None:
        super().__init__(classes="field")
        self._label = label
        self._note = note
        self.widget = widget

    def compose(self) -> ComposeResult:
        with Horizontal(classes="field-row"):
            yield Lines(classes="field-label")
            yield self.widget
            if self._note:
                yield Lines(classes="field-note")
        yield Wrong()

    def on_mount(self) -> None:
        self.query_one(".field-label", Lines).show((Piece(left(self._label, LABEL), Look.MUTED),))
        if self._note:
            self.query_one(".field-note", Lines).show(plain(f" {self._note}", Look.MUTED))

    def set_wrong(self, words: str) -> None:
        """Say what is wrong; nothing for an empty text."""
        self.query_one(Wrong).say(words)


class Form(Popup[Result]):
    """A box with fields. ↑↓ and tab go from field to field, enter is done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,shift+tab", "app.focus_previous", "Field before", show=False, priority=True),
        Binding("down,tab", "app.focus_next", "Next field", show=False, priority=True),
        Binding("enter", "done", "Done", show=False),
    ]
    AUTO_FOCUS = "CalmInput"

    def fields(self) -> Iterable[Field]:
        """The fields, from top to bottom."""
        raise NotImplementedError

    def body(self) -> Iterable[Widget]:
        yield from self.fields()

    def field(self, name: str) -> Field:
        """The field whose widget has this id."""
        return next(field for field in self.query(Field) if field.widget.id == name)

    def text(self, name: str) -> str:
        """What is typed into a field."""
        return self.query_one(f"#{name}", CalmInput).value

    def show_wrong(self, wrong: dict[str, str]) -> None:
        """Say what is wrong under each field, and go to the first such field."""
        for field in self.query(Field):
            field.set_wrong(wrong.get(field.widget.id or "", ""))
        if wrong:
            self.set_focus(self.field(next(iter(wrong))).widget)

    @on(Input.Submitted)
    async def _submitted(self) -> None:
        await self.action_done()

    async def action_done(self) -> None:
        """Take what is typed, or say what is wrong with it."""
        raise NotImplementedError
