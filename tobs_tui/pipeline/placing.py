"""The blocks of a note's text: which messages stand where, and new ones put among them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, groupby

from tobs_tui.pipeline.records import Entry

# A code fence, also inside a quote: what stands between its lines is a sender's, block ids too.
FENCE = re.compile(rb"^(?:> ?)*(`{3,}|~{3,})")
_ID = re.compile(rb"(?:^| )\^m(\d+)[ \t]*\r?\n?$")
_HEADING = re.compile(rb"^## (\d{4,}-\d\d-\d\d)\r?\n", re.MULTILINE)
HEADING_BEFORE = re.compile(rb"(?:(?<=\n)|\A)## (\d{4,}-\d\d-\d\d)\n\n\Z")
# How far before a block its day heading may begin.
NEAR = 32


def block_ids(data: bytes) -> Iterator[tuple[int, int]]:
    """Ids of the messages that stand in a note, each with where its line begins, in the order of the text."""
    fence, at = b"", 0
    for line in data.splitlines(keepends=True):
        if opened := FENCE.match(line):
            if not fence:
                fence = opened[1]
            elif opened[1].startswith(fence) and not line[opened.end() :].strip():
                fence = b""
        elif not fence and (found := _ID.search(line)):
            yield int(found[1]), at
        at += len(line)


def block_end(data: bytes, places: Sequence[tuple[int, int]], start: int, own: Collection[int]) -> int:
    """Where the block ends that begins at `start` and has these ids: where the next one begins, with its day's heading. `places` are those
    of `block_ids`."""
    heads = (at for id, at in places if at > start and id not in own and not data.startswith((b"![[", "📎".encode()), at))
    place = next(heads, len(data))
    heading = HEADING_BEFORE.search(data, max(start, place - NEAR), place) if place < len(data) else None
    return heading.start() if heading else place


def complete_last(data: bytes, entries: Sequence[Entry]) -> bytes:
    """A note whose last block was written in part only, with all of it; any other note as it is."""
    places = dict(reversed(list(block_ids(data))))
    last = max(places, key=lambda id: places[id], default=0)
    entry = next((entry for entry in entries if any(message.id == last for message in entry.messages)), None)
    if entry is None:
        return data
    at, text = places.get(entry.messages[0].id, len(data)), entry.text.encode()
    return data[:at] + text if text.startswith(data[at:]) else data


def insert_blocks(data: bytes, entries: Sequence[Entry], length: int) -> tuple[bytes, int]:
    """A note with blocks, by rising id, before the first block of a greater id each; behind everything where there is none.

    Returns where the program's text ends then, when it ended at `length`.
    """
    heads = [(id, at) for id, at in block_ids(data) if not data.startswith((b"![[", "📎".encode()), at)]
    highest = list(accumulate((id for id, _ in heads), max))
    groups = groupby(entries, lambda entry: _behind(highest, heads, entry.messages[0].id))
    for place, group in reversed([(place, list(group)) for place, group in groups]):
        if place < 0:
            data += b"\n" * (2 - _line_ends(data))
            data += _with_headings(group, day_at(data, len(data)))
            length = len(data)
        else:
            data, moved, start = _between(data, group, place)
            length += moved * (start <= length)
    return data, length


def _behind(highest: Sequence[int], heads: Sequence[tuple[int, int]], id: int) -> int:
    """Where the first block of a greater id begins, -1 where there is none. `highest` are the greatest ids up to each block."""
    number = bisect_right(highest, id)
    return heads[number][1] if number < len(heads) else -1


def _between(data: bytes, group: Sequence[Entry], place: int) -> tuple[bytes, int, int]:
    """Blocks in front of the one at `place`, each day under its heading; by how much the rest has moved, and from where on."""
    heading = HEADING_BEFORE.search(data, max(0, place - NEAR), place)
    start = heading.start() if heading else place
    before = day_at(data, start)
    after = heading[1] if heading else before
    text = _with_headings(group, before)
    if after and after != group[-1].day.encode():
        text += b"## %s\n\n" % after
    return data[:start] + text + data[place:], len(text) - (place - start), start


def _with_headings(group: Sequence[Entry], day: bytes) -> bytes:
    """The blocks' text behind one of `day`."""
    text = b""
    for entry in group:
        text += (entry.day_heading.encode() if entry.day.encode() != day else b"") + entry.text.encode()
        day = entry.day.encode()
    return text


def day_at(data: bytes, end: int) -> bytes:
    """The day of the last heading in front of a place."""
    found = b""
    for heading in _HEADING.finditer(data, 0, end):
        found = heading[1]
    return found


def _line_ends(data: bytes) -> int:
    """How many line ends (0 to 2) stand at the end; an empty text counts as if it ended with both."""
    return 2 if not data else len(data[-2:]) - len(data[-2:].rstrip(b"\n"))
