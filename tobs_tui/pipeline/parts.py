"""How a file is cut into requests that Telegram allows.

Source: core.telegram.org/api/files, "Downloading files": offset and limit are multiples of 4 KiB, 1 MiB is a multiple of the limit, and a
part doesn't cross a border of 1 MiB. So limits are powers of two from 4 KiB to 1 MiB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tobs_tui.pipeline.spans import Range, Spans

STEP = 4 * 1024
PART = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PartRequest:
    """One request: `limit` bytes from `offset` are asked for, of which those from `start` to `end` are wanted."""

    offset: int
    limit: int
    start: int
    end: int

    def expected(self, size: int) -> int:
        """How many bytes a right answer has, in a file of `size` bytes."""
        return max(0, min(self.limit, size - self.offset))


def pieces(present: Spans, size: int) -> Iterator[Range]:
    """What is missing of a file, cut at the borders of parts.

    A file that ends on a border ends with an empty piece: only a request behind its end can tell that it really ends there.
    """
    for gap_start, gap_end in present.gaps(0, size):
        start = gap_start
        while start < gap_end:
            end = min(gap_end, start - start % PART + PART)
            yield start, end
            start = end
    if size % PART == 0:
        yield size, size


def requests(start: int, end: int, size: int, largest: Callable[[], int] = lambda: PART) -> Iterator[PartRequest]:
    """The requests for the bytes from `start` to `end`: one, or a few where a border of 1 MiB is in the way or `largest` is less.

    The last one of a file asks for more than the file has, so that a longer file shows itself.
    """
    target = end + 1 if end == size and (size % PART or start == size) else end
    offset = start - start % STEP
    while offset < target:
        limit = _limit(target - offset, min(PART - offset % PART, largest()))
        yield PartRequest(offset, limit, max(start, offset), min(end, offset + limit))
        offset += limit


def _limit(wanted: int, border: int) -> int:
    """The smallest limit that holds `wanted` bytes, or the largest that stays before `border`."""
    limit = STEP
    while limit < wanted and limit * 2 <= border:
        limit *= 2
    return limit
