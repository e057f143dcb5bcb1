"""Blocks among other blocks: each where its id belongs, each day under one heading."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.pipeline.store_support import entry
from tobs_tui.pipeline.placing import block_ids, day_at, insert_blocks
from tobs_tui.pipeline.records import Entry

ALL = [entry(Path("vault"), number) for number in range(1, 30)]


def note_of(blocks: list[Entry]) -> bytes:
    data = b"---\ntelegram_id: 7\n---\n\n"
    return insert_blocks(data, blocks, len(data))[0]


@given(st.lists(st.sets(st.integers(0, len(ALL) - 1)), max_size=4))
def test_in_whatever_portions_blocks_come_the_note_is_the_same(portions: list[set[int]]) -> None:
    data, seen = note_of([]), set[int]()
    for portion in [*portions, set(range(len(ALL)))]:
        fresh = sorted(portion - seen)
        if fresh:
            data, length = insert_blocks(data, [ALL[number] for number in fresh], len(data))
            assert length == len(data)
            seen |= portion
    assert data == note_of(ALL)


def test_ids_in_code_are_a_senders() -> None:
    data = b"**Ada** \xc2\xb7 14:05 ^m5\n\n```\nx ^m9\n## 2025-01-01\n```\n\n*Ada joined* ^m6\n\nno^m7\n"
    assert [id for id, _ in block_ids(data)] == [5, 6]


def test_the_day_is_that_of_the_last_heading() -> None:
    assert day_at(b"## 2025-01-01\n\nx\n\n## 2025-01-02\n\n", 20) == b"2025-01-01"
    assert day_at(b"x\n", 2) == b""


def test_words_between_heading_and_block_stay_there() -> None:
    data = note_of([ALL[10]]).replace(b"## 2025-01-03\n\n", b"## 2025-01-03\n\nmine\n\n")
    made, _ = insert_blocks(data, [ALL[0]], len(data))
    assert made.index(b"mine") < made.index(b"^m11")
    assert [id for id, _ in block_ids(made)] == [1, 11]
