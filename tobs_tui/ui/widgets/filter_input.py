"""Fields to type into, with a cursor that doesn't blink: a blinking one writes to the terminal for ever."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

_EDITING = {
    binding.key: binding.action
    for binding in Binding.make_bindings(Input.BINDINGS)
    if binding.action.startswith(("cursor_", "delete_", "home", "end"))
}
"""Keys that move in what is typed or take some of it back, and what they do."""


class CalmInput(Input):
    """A field of one line, without a border."""

    def __init__(self, value: str = "", *, placeholder: str = "", password: bool = False, id: str | None = None) -> None:
        super().__init__(value, placeholder, password=password, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False

    async def on_key(self, event: events.Key) -> None:
        """Edit at once. A binding waits until the key has been through the whole screen, and over a slow line, where keys come in
        bursts, the letters behind a backspace would be typed before it."""
        if action := _EDITING.get(event.key):
            event.stop()
            event.prevent_default()
            await self.run_action(action)


class FilterInput(CalmInput):
    """The filter of the chats. Enter and ↓ go back to the list, esc leaves the filter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave the filter", show=False),
        Binding("down", "submit", "Back to the list", show=False),
    ]

    class Left(Message):
        """The filter is to be emptied."""

    def __init__(self) -> None:
        super().__init__(placeholder="/ filter", id="filter")

    def action_leave(self) -> None:
        """Empty the filter and go back to the list."""
        self.post_message(self.Left())
