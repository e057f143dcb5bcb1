"""What stands behind the committed length of a note, compared with what is about to be written.

A run that was interrupted may have left blocks there, the last one in part; a person may have typed there as well. What equals the
next texts of the note is the program's and is not written again; everything else is a person's, stays where it is, and the rest of
the program's text goes behind it. Nothing here ever removes a byte.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from tobs_tui.pipeline.placing import block_end, block_ids

# A line that ends with a block id opens a message of its own.
_BLOCK_ID = re.compile(rb"\^m\d+\s*$")


class Tail:
    """The bytes behind a committed length. `consumed` counts those that turned out to be the program's, from the front (with a person's
    words that stand among them); `appended` tells whether anything had to be added at the end."""

    def __init__(self, data: bytes, behind: bytes = b"") -> None:
        """`behind`: the last bytes before `data` where somebody else wrote them; the first text then starts on a line of its own."""
        self.data = data
        self._behind = behind
        self.appended = False
        self.consumed = 0

    @property
    def open(self) -> bool:
        """Whether nothing stands there (any more) that a text must be compared with or kept apart from."""
        return self.consumed == len(self.data) and (self.appended or not self._behind)

    def append(self, text: bytes) -> bytes:
        """What must be added at the end of the file when it is `open`: all of `text`."""
        self.appended = self.appended or bool(text)
        return text

    def other(self, text: bytes, ids: Collection[int]) -> bool:
        """Whether the block of these messages stands there with another header line than in `text`: an interrupted run wrote it, and it was
        edited since, or a person changed it. It is passed over then."""
        rest = self.data[self.consumed :]
        if not rest or text.startswith(rest) or rest.startswith(text):
            return False
        places = list(block_ids(rest))
        at = next((at for id, at in places if id in ids), -1)
        line = rest[at : rest.find(b"\n", at) + 1] if at >= 0 else b""
        if not line or line in text.splitlines(keepends=True):
            return False
        self.consumed += block_end(rest, places, at, ids)
        self._behind = rest[-2:] if self.consumed == len(self.data) else b""
        return True

    def take(self, text: bytes) -> bytes:
        """What must be added at the end of the file so that `text` stands in it; empty when it is there already."""
        if self.data.startswith(text, self.consumed):
            self.consumed += len(text)
            return b""
        rest = self.data[self.consumed :]
        if not rest or (text.startswith(rest) and not self.appended):
            self.consumed = len(self.data)
            return self._at_end(text[len(rest) :], glued=bool(rest))
        return self._among_words(text, rest)

    def _at_end(self, text: bytes, glued: bool) -> bytes:
        """`text` for the end of the file; behind a person's words with an empty line between."""
        foreign = self._behind or self.data[self.consumed :]
        behind_words = bool(foreign) and not self.appended and not glued
        self.appended = self.appended or bool(text)
        return b"\n" * (2 - _line_ends(foreign[-2:])) + text if behind_words and text else text

    def _among_words(self, text: bytes, rest: bytes) -> bytes:
        """Find the lines of `text` in order among a person's lines; those that are missing go to the end."""
        wanted, present = text.splitlines(keepends=True), rest.splitlines(keepends=True)
        found, at = _in_order(wanted, present)
        self.consumed += sum(map(len, present[:at]))
        missing = b"".join(wanted[found:])
        last = present[at] if at == len(present) - 1 else b""
        if found and last and not self.appended and missing.startswith(last):  # cut off in the middle of a line
            self.consumed += len(last)
            return self._at_end(missing[len(last) :], glued=True)
        return self._at_end(missing, glued=False) if missing.strip() else b""


def _line_ends(end: bytes) -> int:
    """How many line ends (0 to 2) stand at the end of a text."""
    return len(end) - len(end.rstrip(b"\n"))


def _in_order(wanted: list[bytes], present: list[bytes]) -> tuple[int, int]:
    """How many of the `wanted` lines stand in `present`, in order, from the first on, and the index behind the last of them.

    Other lines may stand between them, but no line that opens another message. Empty lines may be missing.
    """
    if wanted[0] not in present:
        return 0, 0
    at = present.index(wanted[0]) + 1
    for number, line in enumerate(wanted[1:], 1):
        if not line.strip():
            at += at < len(present) and not present[at].strip()
            continue
        there = _next(line, present, at)
        if there is None:
            return number, at
        at = there + 1
    return len(wanted), at


def _next(line: bytes, present: list[bytes], start: int) -> int | None:
    for at in range(start, len(present)):
        if present[at] == line:
            return at
        if _BLOCK_ID.search(present[at]):
            return None
    return None
