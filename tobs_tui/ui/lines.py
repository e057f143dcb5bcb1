"""Lines of text with looks: what all panes are made of.

A widget here is told its lines, compares them with those on the screen and repaints only the cells between the
first and the last that differ. Over SSH each cell is sent again, and Textual itself doesn't compare them.
Text is never parsed as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Look(Enum):
    """How a piece of text looks; the value is its component class in tobs.tcss."""

    PLAIN = ""
    MUTED = "line--muted"
    STRONG = "line--strong"
    ACCENT = "line--accent"
    TROUBLE = "line--trouble"
    CURSOR = "line--cursor"


LOOKS = {look.value for look in Look if look.value}


class Piece(NamedTuple):
    """A run of text with one look."""

    text: str
    look: Look = Look.PLAIN


Line = tuple[Piece, ...]
NOTHING: Line = ()


def plain(text: str, look: Look = Look.PLAIN) -> Line:
    """A line of one piece."""
    return (Piece(text, look),)


def width_of(line: Iterable[Piece]) -> int:
    """Cells that a line takes."""
    return sum(cell_len(piece.text) for piece in line)


def left(text: str, width: int) -> str:
    """`text` in exactly `width` cells, cut with an ellipsis or padded on the right."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text + " " * (width - cell_len(text))
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)


def right(text: str, width: int) -> str:
    """`text` in exactly `width` cells, padded on the left."""
    return " " * (width - cell_len(text)) + text if cell_len(text) < width else left(text, width)


def apart(start: Line, end: Line, width: int) -> Line:
    """`start` at the left and `end` at the right of a line; `start` gives way where both don't fit."""
    room = width - width_of(end)
    return (*cropped(start, room), Piece(" " * max(0, room - width_of(start))), *end)


def cropped(line: Line, width: int) -> Line:
    """A line of at most `width` cells."""
    pieces: list[Piece] = []
    for piece in line:
        room = width - width_of(pieces)
        if room <= 0:
            break
        pieces.append(Piece(left(piece.text, room), piece.look) if cell_len(piece.text) > room else piece)
    return tuple(pieces)


def merged(line: Line) -> Line:
    """The same line in fewer pieces: each change of look costs some twenty bytes on the wire. A blank takes the look before it."""
    pieces: list[Piece] = []
    for piece in line:
        if pieces and (piece.look is pieces[-1].look or piece.text.isspace()):
            pieces[-1] = Piece(pieces[-1].text + piece.text, pieces[-1].look)
        elif piece.text:
            pieces.append(piece)
    return tuple(pieces)


def wrapped(text: str, width: int, indent: str = "", look: Look = Look.PLAIN) -> list[Line]:
    """`text` broken at spaces into lines of at most `width` cells, each after `indent`."""
    lines: list[str] = []
    room = max(8, width - cell_len(indent))
    for word in text.split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= room:
            lines[-1] += " " + word
        else:
            lines.extend(_chopped(word, room))
    return [plain(indent + line, look) for line in lines]


def _chopped(word: str, width: int) -> list[str]:
    """A word in pieces of at most `width` cells, for words such as paths."""
    pieces = [""]
    for char in word:
        if cell_len(pieces[-1] + char) > width:
            pieces.append("")
        pieces[-1] += char
    return pieces


def changed_cells(old: Line, new: Line) -> tuple[int, int] | None:
    """The first cell that differs and the cell after the last; None where the lines are equal."""
    if old == new:
        return None
    before, after = ([(char, piece.look) for piece in line for char in piece.text] for line in (old, new))
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    wide = max(_cells(before), _cells(after))
    end = 0
    if _cells(before) == _cells(after):
        while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
            end += 1
    return _cells(after[:start]), wide - _cells(after[len(after) - end :])


def _cells(chars: Sequence[tuple[str, Look]]) -> int:
    return cell_len("".join(char for char, _ in chars))


class Lined(Widget):
    """A widget that draws lines. Looks are styled in tobs.tcss."""

    COMPONENT_CLASSES: ClassVar[set[str]] = LOOKS
    ALLOW_SELECT = False

    def style_of(self, look: Look, over: Look = Look.PLAIN) -> Style:
        """The Rich style of a look, with another one over it."""
        style = self.rich_style
        for each in (look, over):
            if each.value:
                style += self.get_component_rich_style(each.value, partial=True)
        return style

    def strip_of(self, line: Line, width: int, over: Look = Look.PLAIN) -> Strip:
        """A line as Textual draws it, in exactly `width` cells."""
        segments = [Segment(piece.text, self.style_of(piece.look, over)) for piece in merged(line)]
        return Strip(segments).adjust_cell_length(width, self.style_of(Look.PLAIN, over))


class Lines(Lined):
    """A few lines that are told whole; `show` repaints what changed."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()

    @property
    def text(self) -> str:
        """What is shown, without looks."""
        return "\n".join("".join(piece.text for piece in line) for line in self._lines)

    def show(self, *lines: Line) -> None:
        """Show these lines from now on."""
        old, self._lines = self._lines, lines
        for y in range(max(len(old), len(lines))):
            cells = changed_cells(_at(old, y), _at(lines, y))
            if cells is not None:
                self.refresh(Region(cells[0], y, cells[1] - cells[0], 1))

    def render_line(self, y: int) -> Strip:
        return self.strip_of(_at(self._lines, y), self.size.width)


def _at(lines: Sequence[Line], y: int) -> Line:
    return lines[y] if y < len(lines) else NOTHING
