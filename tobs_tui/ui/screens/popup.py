"""Screens that open over the main one: a box with a title, a body and a line of keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget

from tobs_tui.engine.snapshot import Snapshot
from tobs_tui.ui.line_list import LinePage
from tobs_tui.ui.lines import Line, Lines, Look, plain

Result = TypeVar("Result")


class Popup(ModalScreen[Result | None]):
    """A box over the main screen; esc closes it without a result."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close", show=False)]

    def __init__(self, title: str, keys: str) -> None:
        super().__init__()
        self._title = title
        self._keys = keys
        self._result: Result | None = None
        self._ended = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="popup"):
            yield Lines(classes="popup-title")
            yield from self.body()
            yield Lines(classes="popup-keys")

    def body(self) -> Iterable[Widget]:
        """The widgets between title and keys."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.set_title(self._title)
        self.set_keys(self._keys)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's signature
        """Keys that come in a burst with the one that opened the box wait for its parts."""
        return self.is_mounted

    def end(self, result: Result | None) -> None:
        """Close with a result, once: keys may come faster than a box closes. Below another box, wait for that one."""
        if not self._ended:
            self._ended, self._result = True, result
            if self.is_active:
                self.dismiss(result)

    def on_screen_resume(self) -> None:
        if self._ended:
            self.dismiss(self._result)

    def set_title(self, title: str) -> None:
        """Show another title."""
        self.query_one(".popup-title", Lines).show(plain(title, Look.ACCENT))

    def set_keys(self, keys: str) -> None:
        """Show another line of keys."""
        self.query_one(".popup-keys", Lines).show(plain(keys, Look.MUTED))

    def action_close(self) -> None:
        """Close without a result."""
        self.end(None)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take up a snapshot; most boxes don't care."""


class Page(Popup[Result]):
    """A box with lines to read."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,q,й", "close", "Close", show=False)]
    AUTO_FOCUS = "LinePage"

    def __init__(self, title: str, keys: str = "↑↓ PgUp PgDn move · esc closes") -> None:
        super().__init__(title, keys)

    def body(self) -> Iterable[Widget]:
        yield LinePage(classes="popup-page")

    def lines(self, width: int) -> Iterable[Line]:
        """What to read."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the lines for the present width."""
        page = self.query_one(LinePage)
        page.show(*self.lines(page.row_width))

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)
