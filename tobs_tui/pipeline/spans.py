"""A set of bytes of a file, kept as few ranges."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

Range = tuple[int, int]
"""Half open: from the first byte up to, not with, the second."""


class Spans:
    """Disjoint, sorted, half-open ranges. Ranges that touch are one."""

    __slots__ = ("_ends", "_starts", "total")

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.total = 0
        """Bytes in the set."""
        for start, end in ranges:
            self.add(start, end)

    def __iter__(self) -> Iterator[Range]:
        return iter(list(zip(self._starts, self._ends, strict=True)))

    def __bool__(self) -> bool:
        return bool(self._starts)

    @property
    def end(self) -> int:
        """The end of the last range, 0 for an empty set."""
        return self._ends[-1] if self._ends else 0

    def add(self, start: int, end: int) -> int:
        """Add a range; returns how many of its bytes are new."""
        if end <= start:
            return 0
        first, last = bisect_left(self._ends, start), bisect_right(self._starts, end)
        before = sum(self._ends[i] - self._starts[i] for i in range(first, last))
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]
        self.total += end - start - before
        return end - start - before

    def remove(self, start: int, end: int) -> None:
        """Take a range out, as far as it is in the set."""
        if end <= start:
            return
        kept = [(a, b) for old, stop in self for a, b in ((old, min(stop, start)), (max(old, end), stop)) if a < b]
        self._starts = [a for a, _ in kept]
        self._ends = [b for _, b in kept]
        self.total = sum(b - a for a, b in kept)

    def covers(self, start: int, end: int) -> bool:
        """Whether every byte of the range is in the set."""
        place = bisect_right(self._starts, start) - 1
        return start >= end or (place >= 0 and self._ends[place] >= end)

    def after(self, position: int) -> int:
        """The end of the range that holds `position`, or `position` itself where none does."""
        place = bisect_right(self._starts, position) - 1
        return max(position, self._ends[place]) if place >= 0 else position

    def next_start(self, position: int, default: int) -> int:
        """Where the first range after `position` begins; `default` where there is none."""
        place = bisect_right(self._starts, position)
        return self._starts[place] if place < len(self._starts) else default

    def gaps(self, start: int, end: int) -> Iterator[Range]:
        """What the set lacks of a range, in order. The set must not change meanwhile."""
        position = self.after(start)
        while position < end:
            stop = min(end, self.next_start(position, end))
            yield position, stop
            position = self.after(stop)
