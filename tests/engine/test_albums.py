"""Albums become one block wherever the pages were cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tobs_tui.engine.albums import AlbumGatherer, Block
from tobs_tui.model import Message, Sender


def message(id: int, album: int) -> Message:
    return Message(id, 0, Sender(1, "Ada"), album=album)


def gathered(pages: list[list[Message]]) -> list[Block]:
    gatherer = AlbumGatherer()
    return [block for page in pages for block in gatherer.add(page)] + gatherer.rest()


def test_neighbours_of_one_album_are_one_block() -> None:
    messages = [message(1, 0), message(2, 7), message(3, 7), message(4, 8), message(5, 8), message(6, 0)]
    assert [[m.id for m in block] for block in gathered([messages])] == [[1], [2, 3], [4, 5], [6]]


@given(albums=st.lists(st.integers(0, 2), max_size=40), cuts=st.sets(st.integers(0, 40)))
def test_the_cut_of_pages_never_shows(albums: list[int], cuts: set[int]) -> None:
    messages = [message(id, album) for id, album in enumerate(albums, 1)]
    edges = [0, *sorted(cut for cut in cuts if cut < len(messages)), len(messages)]
    pages = [messages[start:end] for start, end in pairwise(edges)]
    assert gathered(pages) == gathered([messages])
    assert [m for block in gathered(pages) for m in block] == messages
