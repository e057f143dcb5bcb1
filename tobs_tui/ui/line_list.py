"""A list on Textual's line API: ten thousand rows cost no more than those on the screen."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tobs_tui.ui.commands import bindings_to_move
from tobs_tui.ui.lines import LOOKS, NOTHING, Line, Lined, Look, changed_cells, cropped

_Drawn = tuple[Line, Look]


class LineList(ScrollView, Lined, can_focus=True):
    """Rows drawn by `line(index, width)`, with a cursor.

    After a change call `sync`: it compares the visible rows with what was drawn, and repaints the cells that differ.
    The view jumps by most of a page when the cursor leaves it, so that a held arrow key doesn't repaint the list for each row.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_to_move()]
    COMPONENT_CLASSES: ClassVar[set[str]] = LOOKS  # Textual takes those of the first base only, and its style sheets too
    HAS_CURSOR: ClassVar[bool] = True

    class Moved(Message):
        """The cursor is on another row."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cursor = 0
        self.count = 0
        self._drawn: dict[int, _Drawn] = {}

    def line(self, index: int, width: int) -> Line:
        """The row at `index`, as drawn at this width."""
        raise NotImplementedError

    def empty_lines(self, width: int) -> tuple[Line, ...]:  # noqa: ARG002 - for those that have something to say
        """What stands there when there are no rows."""
        return ()

    # Drawing

    def render_line(self, y: int) -> Strip:
        index = self.scroll_offset.y + y
        self._drawn[index] = line, look = self._wanted(index)
        return self.strip_of(line, self.row_width, look)

    def _wanted(self, index: int) -> _Drawn:
        width = self.row_width
        if not self.count:
            lines = self.empty_lines(width)
            return (lines[index] if index < len(lines) else NOTHING), Look.PLAIN
        if index >= self.count:
            return NOTHING, Look.PLAIN
        over = Look.CURSOR if self.HAS_CURSOR and index == self.cursor else Look.PLAIN
        return self.line(index, width), over

    @property
    def row_width(self) -> int:
        """Cells of a row: without the scrollbar, whose place is kept."""
        return self.scrollable_content_region.width

    def sync(self) -> None:
        """Repaint the cells of visible rows that changed since they were drawn."""
        top = self.scroll_offset.y
        self._drawn = {y: drawn for y, drawn in self._drawn.items() if top <= y < top + self.size.height}
        for index in list(self._drawn):
            old, new = self._drawn[index], self._wanted(index)
            cells = (0, self.row_width) if old[1] != new[1] else changed_cells(old[0], new[0])
            if cells is not None:
                self.refresh(Region(cells[0], index - top, cells[1] - cells[0], 1))

    def resize_to(self, count: int, cursor: int) -> None:
        """There are `count` rows now; the cursor's row keeps its place on the screen."""
        place = self.cursor - self.scroll_offset.y
        moved = cursor - self.cursor
        self.count = count
        self.cursor = max(0, min(cursor, count - 1))
        if self.virtual_size.height != max(1, count):
            self.virtual_size = Size(1, max(1, count))
        if moved and 0 <= place < self.size.height:
            self.scroll_to(y=max(0, self.cursor - place), animate=False)
        self.keep_cursor_visible()
        self.sync()

    # Moving

    def move_to(self, index: int) -> None:
        """Put the cursor on a row."""
        index = max(0, min(index, self.count - 1))
        if index == self.cursor:
            return
        self.cursor = index
        self.keep_cursor_visible()
        self.sync()
        self.post_message(self.Moved())

    def keep_cursor_visible(self) -> None:
        """Scroll so that the cursor is in the view; if it had left it, by two thirds of a page."""
        height = self.size.height
        top = self.scroll_offset.y
        if not self.HAS_CURSOR or not height or top <= self.cursor < top + height:
            return
        above = height // 3 if self.cursor >= top else height - 1 - height // 3
        self.scroll_to(y=max(0, self.cursor - above), animate=False)

    def move_by(self, rows: int) -> None:
        """Move the cursor; without a cursor, the view."""
        if self.HAS_CURSOR:
            self.move_to(self.cursor + rows)
        else:
            self.scroll_to(y=self.scroll_offset.y + rows, animate=False)

    def move_by_pages(self, pages: int) -> None:
        """Move by whole pages, the view with the cursor."""
        rows = pages * max(1, self.size.height - 1)
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False)
        if self.HAS_CURSOR:
            self.move_to(self.cursor + rows)

    def move_to_end(self, last: bool) -> None:
        """Move to the first or last row."""
        if self.HAS_CURSOR:
            self.move_to(self.count - 1 if last else 0)
        else:
            self.scroll_to(y=self.max_scroll_y if last else 0, animate=False)

    def on_resize(self) -> None:
        self.keep_cursor_visible()

    def on_click(self, event: events.Click) -> None:
        index = self.scroll_offset.y + event.y
        if self.HAS_CURSOR and index < self.count:
            self.move_to(index)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_to(y=self.scroll_offset.y + 3, animate=False)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_to(y=self.scroll_offset.y - 3, animate=False)


class LinePage(LineList):
    """Lines to read: without a cursor, the view moves."""

    HAS_CURSOR: ClassVar[bool] = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()

    def show(self, *lines: Line) -> None:
        """Show these lines from now on."""
        self._lines = lines
        self.resize_to(len(lines), 0)

    @property
    def text(self) -> str:
        """What is shown, without looks."""
        return "\n".join("".join(piece.text for piece in line) for line in self._lines)

    def line(self, index: int, width: int) -> Line:
        return cropped(self._lines[index], width)
