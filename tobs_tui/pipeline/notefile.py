"""One note that is being written: where its committed text ends, and what stands behind it."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from tobs_tui.pipeline.batch import Batch
from tobs_tui.pipeline.records import MessageRecord
from tobs_tui.pipeline.tail import Tail
from tobs_tui.pipeline.vault import write_all

# As many bytes before the committed length tell whether a note is still what it was. The last block's id is among them, mostly.
ANCHOR = 128
# Fewer bytes are no sign that it is our text.
_TELLING = 12


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note as the cache knows it: `length` bytes are committed, the last of which are `anchor`. `day` is its last day."""

    id: int
    chat: int
    path: str
    length: int = 0
    anchor: bytes = b""
    day: str = ""
    messages: int = 0
    first_id: int = 0
    last_id: int = 0

    def grown(self, batch: Batch, length: int, anchor: bytes, day: str) -> NoteRow:
        """The note with these blocks in it, the last of them of `day`, when `length` bytes are committed that end with `anchor`."""
        ids = [message.id for message in batch.messages]
        return replace(
            self,
            length=length,
            anchor=anchor,
            day=day,
            messages=self.messages + len(ids),
            first_id=min(filter(None, (self.first_id, *ids)), default=0),
            last_id=max((self.last_id, *ids)),
        )


@dataclass(slots=True)
class Written:
    """What was written since the last checkpoint: from `start`, with the CRC-32 of the bytes that follow."""

    start: int
    crc: int = 0


@dataclass(slots=True)
class NoteFile:
    """A note open for appending. `row` is what the next checkpoint will say of it; `end` is the file's length as it was left.

    `base` is where the tail begins, `before` the last bytes in front of it; `last` are the file's last bytes. `others` are messages
    that were composed last and stand there otherwise.
    """

    row: NoteRow
    end: int = 0
    last: bytes = b""
    written: Written | None = None
    tail: Tail = field(default_factory=lambda: Tail(b""))
    base: int = 0
    before: bytes = b""
    others: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, row: NoteRow, path: Path) -> NoteFile:
        """Look at the file of a note. Raises OSError."""
        note = cls(row)
        note.examine(path)
        return note

    def examine(self, path: Path) -> None:
        """Find where our text ends and what stands behind it: anew when somebody else changed the file. Raises OSError."""
        self.written = None
        if not path.exists() or not path.stat().st_size:
            self.row = replace(self.row, length=0, anchor=b"", day="")
            self._stand(0, Tail(b""))
            return
        with path.open("r+b") as file:
            size = _without_padding(file.fileno(), self.row.length)
            file.seek(self.row.length - len(self.row.anchor))
            if size >= self.row.length and file.read(len(self.row.anchor)) == self.row.anchor:
                self._stand(self.row.length, Tail(file.read()))
                return
            file.seek(0)
            self._search(file.read())

    def _search(self, data: bytes) -> None:
        """Somebody changed what stands before the committed length: look for our last block elsewhere."""
        base = _end_of_ours(data, self.row)
        self.row = replace(self.row, anchor=data[max(0, (base or len(data)) - ANCHOR) : base])
        if base is None:
            self._stand(len(data), Tail(b"", behind=data[-ANCHOR:]))
        else:
            self._stand(base, Tail(data[base:]))

    def _stand(self, base: int, tail: Tail) -> None:
        self.base, self.before, self.tail = base, self.row.anchor, tail
        self.end = base + len(tail.data)
        self.last = (self.before + tail.data)[-ANCHOR:]

    def compose(self, batch: Batch) -> bytes:
        """What must be added at the file's end for these blocks."""
        self.others = set()
        pieces = self._pieces(batch)
        if self.tail.open:
            return self.tail.append(b"".join([piece for piece, _ in pieces]))
        return b"".join([self.tail.take(piece) for piece, messages in pieces if not self._stands_otherwise(piece, messages)])

    def _pieces(self, batch: Batch) -> Iterator[tuple[bytes, Collection[MessageRecord]]]:
        """What the note is to be made of, and whose blocks that is; its head and the headings of days are nobody's."""
        day = self.row.day
        head = batch.entries[0].head.encode()
        if self.row.length == 0 and not day and self._headed(head):
            yield head, ()
        for entry, text in zip(batch.entries, batch.texts, strict=True):
            if entry.day != day:
                day = entry.day
                yield entry.day_heading.encode(), ()
            yield text, entry.messages

    def _stands_otherwise(self, text: bytes, messages: Collection[MessageRecord]) -> bool:
        ids = {message.id for message in messages}
        found = self.tail.other(text, ids)
        if found:
            self.others |= ids
        return found

    def _headed(self, head: bytes) -> bool:
        """Whether the note begins with its head, also one that is there in part. A file that we don't know gets none."""
        return self.tail.data.startswith(head) or head.startswith(self.tail.data)

    def promise(self, data: bytes) -> Written:
        """What will have been written since the last checkpoint once `data` is at the end."""
        self.written = self.written or Written(self.end)
        self.written.crc = zlib.crc32(data, self.written.crc)
        return self.written

    def append(self, descriptor: int, data: bytes) -> None:
        """Write at the file's end; what was written in part is taken back when the disk refuses. Raises OSError."""
        try:
            write_all(descriptor, data)
        except OSError:
            with suppress(OSError):  # the first error is the one that counts; recovery knows the rest
                os.ftruncate(descriptor, self.end)
            raise
        self.end += len(data)
        self.last = (self.last + data)[-ANCHOR:]

    def advance(self, batch: Batch) -> None:
        """The blocks stand in the file now: move what the next checkpoint says."""
        self.row = self.row.grown(batch, *self.ours(), batch.entries[-1].day)

    def ours(self) -> tuple[int, bytes]:
        """Up to where the file is ours to answer for (the end, once we wrote there), and the bytes before that place."""
        if self.tail.appended:
            return self.end, self.last
        consumed = self.tail.consumed
        return self.base + consumed, (self.before + self.tail.data[:consumed])[-ANCHOR:]


def _end_of_ours(data: bytes, row: NoteRow) -> int | None:
    """Where the committed text ends in a note that somebody changed: behind as many of its last lines as still stand together, or
    behind its last block id; of several such places the one nearest to where it was. None when nothing of it is left."""
    lines = row.anchor.splitlines(keepends=True)
    ends = (b"".join(lines[at:]) for at in range(len(lines)))
    patterns = [re.escape(end) for end in ends if len(end.strip()) >= _TELLING]
    for pattern in (*patterns, rb"\^m%d[ \t]*\r?\n" % row.last_id):
        if places := [found.end() for found in re.finditer(pattern, data)]:
            return min(places, key=lambda place: abs(place - row.length))
    return None


def swap_lines(data: bytes, lines: tuple[tuple[str, str], ...], mark: int) -> tuple[bytes, int, int]:
    """`data` with whole lines replaced (old, new; the first of each that is there), where the place `mark` is then, and how many were."""
    wanted = {old.encode(): new.encode() for old, new in lines}
    out, at, moved, count = [], 0, 0, 0
    for line in data.splitlines(keepends=True):
        at += len(line)
        new = wanted.pop(line.removesuffix(b"\n"), None)
        if new is not None:
            count += 1
            new += b"\n" * line.endswith(b"\n")
            moved += (len(new) - len(line)) * (at <= mark)
        out.append(line if new is None else new)
    return b"".join(out), mark + moved, count


def _without_padding(descriptor: int, length: int) -> int:
    """The file's size, after zeros at its end were cut off: a crash of the machine leaves them where bytes never came to the disk."""
    size = os.fstat(descriptor).st_size
    if size <= length:
        return size
    os.lseek(descriptor, length, os.SEEK_SET)
    kept = length + len(os.read(descriptor, size - length).rstrip(b"\0"))
    if kept < size:
        os.ftruncate(descriptor, kept)
    return kept
