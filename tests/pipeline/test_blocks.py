"""Lines are replaced inside the block that they belong to, and nowhere else."""

from __future__ import annotations

from tobs_tui.pipeline.blocks import swap_in_blocks
from tobs_tui.pipeline.records import BlockChange

NOTE = """---
tags: [telegram]
---

**Ada** · 14:05 ^m1

see it

see it

**Ada** · 14:06 ^m2

see it
**Ada** · forwarded from B ^m3

my own words
"""


def swapped(*changes: BlockChange, mark: int = 0) -> tuple[str, int, int]:
    data, moved, count = swap_in_blocks(NOTE.encode(), changes, mark)
    return data.decode(), moved, count


def test_each_line_is_replaced_as_often_as_it_is_asked_for() -> None:
    text, _, count = swapped(BlockChange(2, (("see it", "see [[it]]"),)))
    assert count == 1
    assert text == NOTE.replace("^m2\n\nsee it", "^m2\n\nsee [[it]]")
    text, _, count = swapped(BlockChange(1, (("see it", "1"), ("see it", "2"))))
    assert count == 2
    assert text == NOTE.replace("see it", "1", 1).replace("see it", "2", 1)


def test_a_header_is_a_line_of_its_block() -> None:
    text, _, count = swapped(BlockChange(3, (("**Ada** · forwarded from B ^m3", "**Ada** · forwarded from [[B]] ^m3"),)))
    assert (text, count) == (NOTE.replace("from B", "from [[B]]"), 1)


def test_lines_that_somebody_changed_stay() -> None:
    assert swapped(BlockChange(3, (("my words", "x"),)), BlockChange(9, (("see it", "x"),))) == (NOTE, 0, 0)


def test_a_place_in_the_note_moves_with_what_stands_before_it() -> None:
    mark = len(NOTE[: NOTE.index("**Ada** · 14:06")].encode())
    assert swapped(BlockChange(1, (("see it", "see it there"),)), BlockChange(2, (("see it", "x"),)), mark=mark)[1] == mark + len(" there")
