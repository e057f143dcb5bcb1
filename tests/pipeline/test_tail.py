"""A half-written tail is told from a person's words, and nothing that stands in a note is ever taken away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tobs_tui.pipeline.tail import Tail

ONE = b"**Ada** \xc2\xb7 14:05 ^m1\n\nfirst line\nsecond line\n\n"
TWO = b"**Ada** \xc2\xb7 14:06 ^m2\n\nanother text\n\n"


def whole(data: bytes, *texts: bytes) -> bytes:
    tail = Tail(data)
    return data + b"".join(tail.take(text) for text in texts)


def test_without_a_tail_the_text_is_written() -> None:
    assert whole(b"", ONE, TWO) == ONE + TWO


@given(st.integers(0, len(ONE + TWO)))
def test_whatever_part_is_there_the_rest_is_added(cut: int) -> None:
    assert whole((ONE + TWO)[:cut], ONE, TWO) == ONE + TWO


@given(st.integers(0, len(ONE + TWO)), st.integers(1, 60))
def test_blocks_of_any_grain_make_the_same_bytes(cut: int, grain: int) -> None:
    text = ONE + TWO
    pieces = [text[at : at + grain] for at in range(0, len(text), grain)]
    assert whole(text[:cut], *pieces) == text


def test_a_person_s_words_at_the_end_stay_before_the_new_text() -> None:
    assert whole(b"my words", ONE) == b"my words\n\n" + ONE
    assert whole(b"my words\n", ONE) == b"my words\n\n" + ONE
    assert whole(b"my words\n\n", ONE, TWO) == b"my words\n\n" + ONE + TWO


def test_words_behind_a_block_that_was_left_over() -> None:
    assert whole(ONE + b"my words", ONE, TWO) == ONE + b"my words\n\n" + TWO


def test_words_between_blocks_that_were_left_over() -> None:
    assert whole(ONE + b"my words\n\n" + TWO, ONE, TWO) == ONE + b"my words\n\n" + TWO


def test_words_inside_a_block_that_was_left_over() -> None:
    data = ONE.replace(b"second", b"my words\nsecond") + TWO
    assert whole(data, ONE, TWO) == data


def test_words_behind_half_a_block() -> None:
    half = ONE[: ONE.index(b"second")]
    assert whole(half + b"my words\n", ONE, TWO) == half + b"my words\n\n" + b"second line\n\n" + TWO


def test_words_then_half_a_block() -> None:
    assert whole(b"my words\n\n" + ONE[:-8], ONE, TWO) == b"my words\n\n" + ONE + TWO


def test_a_word_that_begins_as_the_block_does_is_the_person_s() -> None:
    assert whole(b"**Ad hoc**", ONE) == b"**Ad hoc**\n\n" + ONE


def test_the_text_goes_behind_what_somebody_else_wrote() -> None:
    assert Tail(b"", behind=b"changed").take(ONE) == b"\n\n" + ONE
    assert Tail(b"", behind=b"changed\n\n").take(ONE) == ONE


@given(st.integers(0, len(ONE)))
def test_where_nothing_is_left_to_compare_all_texts_are_added(cut: int) -> None:
    tail = Tail(ONE[:cut])
    assert tail.open == (cut == 0)
    tail.take(ONE)
    assert tail.open
    assert (tail.append(TWO), tail.take(ONE)) == (TWO, ONE)


def test_what_somebody_else_wrote_keeps_the_first_text_apart() -> None:
    assert not Tail(b"my words\n\n").open
    tail = Tail(b"", behind=b"changed")
    assert not tail.open
    tail.take(ONE)
    assert tail.open


BLOCKS = [b"**A** ^m%d\n\ntext %d\nand more of %d\n\n" % (number, number, number) for number in range(1, 6)]
WORDS = st.text("abc \n*#^", max_size=12).map(lambda text: f"\nmine {text}\n".encode())


@given(st.integers(0, 5), st.lists(st.tuples(st.integers(0, 5), WORDS), max_size=3))
def test_words_anywhere_between_blocks_survive_and_no_block_comes_twice(written: int, words: list[tuple[int, bytes]]) -> None:
    parts = BLOCKS[:written]
    for place, text in sorted(words, key=lambda each: each[0], reverse=True):
        parts.insert(min(place, written), text)
    data = b"".join(parts)
    result = whole(data, *BLOCKS)
    assert result.startswith(data)
    for number in range(1, 6):
        assert result.count(b"^m%d\n" % number) == 1
        assert result.count(b"and more of %d\n" % number) == 1
