"""The palette: every command by its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from tobs_tui.ui.commands import COMMANDS, Command, ScreenState
from tobs_tui.ui.line_list import LineList
from tobs_tui.ui.lines import Line, Look, Piece, left, plain
from tobs_tui.ui.screens.popup import Popup
from tobs_tui.ui.widgets.filter_input import CalmInput

_KEY = 12


class CommandList(LineList):
    """The commands that match; those that can't be used now are greyed, with the reason."""

    def __init__(self, state: ScreenState) -> None:
        super().__init__(classes="popup-page")
        self.can_focus = False
        self.commands: tuple[Command, ...] = ()
        self._state = state

    def show_matching(self, text: str) -> None:
        """Show the commands with all words of `text`."""
        parts = text.casefold().split()
        wanted = (command for command in COMMANDS if not command.moves and command.id != "palette")
        self.commands = tuple(command for command in wanted if all(part in command.text.casefold() for part in parts))
        self.resize_to(len(self.commands), 0)

    def line(self, index: int, width: int) -> Line:
        command = self.commands[index]
        why = command.why_not(self._state)
        text = f"{command.text} ({why})" if why else command.text
        marker = "▸" if index == self.cursor else " "
        return (
            Piece(f" {marker} {left(command.key, _KEY)}", Look.MUTED if why else Look.ACCENT),
            Piece(left(text, width - _KEY - 3), Look.MUTED if why else Look.PLAIN),
        )

    def empty_lines(self, width: int) -> tuple[Line, ...]:
        return (plain(left("   No command is called so.", width), Look.MUTED),)


class PaletteScreen(Popup[str]):
    """Finds a command; the result is its id."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,ctrl+k", "move(-1)", "Up", show=False),
        Binding("down,ctrl+j", "move(1)", "Down", show=False),
        Binding("pageup", "move(-10)", "A page up", show=False),
        Binding("pagedown", "move(10)", "A page down", show=False),
    ]
    AUTO_FOCUS = "Input"

    def __init__(self, state: ScreenState) -> None:
        super().__init__("Commands", "type a part of its name · ↑↓ move · enter does it · esc closes")
        self._state = state

    def body(self) -> Iterable[Widget]:
        yield CalmInput(placeholder="what to do", id="palette-input")
        yield CommandList(self._state)

    def on_mount(self) -> None:
        self.query_one(CommandList).show_matching("")

    def action_move(self, rows: int) -> None:
        """Move the cursor of the list while the field keeps the focus."""
        self.query_one(CommandList).move_by(rows)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.query_one(CommandList).show_matching(event.value)

    @on(Input.Submitted)
    def _chosen(self) -> None:
        found = self.query_one(CommandList)
        if found.commands:
            self.end(found.commands[found.cursor].id)
