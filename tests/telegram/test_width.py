"""How many pages are under way follows what it brings."""

from __future__ import annotations

from contextlib import ExitStack

from tobs_tui.telegram.width import LEAST, MOST, REST, START, TRIAL, Width


class Line:
    """A line of which up to `useful` pages at once are worth something."""

    def __init__(self, useful: int) -> None:
        self.useful = useful
        self.now = 0.0
        self.floods = 0
        self.width = Width(lambda: self.now)
        self.readers = ExitStack()
        self.join()

    def join(self) -> None:
        self.readers.enter_context(self.width.reading())

    def read(self, pages: int, waited: bool = True) -> int:
        for _ in range(pages):
            self.now += 0.05 / min(self.width.size, self.useful)
            self.width.delivered(waited, self.floods)
        return self.width.size


def test_it_climbs_while_more_is_faster() -> None:
    assert Line(useful=100).read(200) == MOST


def test_it_stays_where_more_brings_nothing() -> None:
    assert START <= Line(useful=START).read(400) <= 2 * START


def test_a_reader_that_is_never_waited_for_needs_no_more() -> None:
    assert Line(useful=100).read(200, waited=False) == START


def test_another_chat_lets_it_measure_anew() -> None:
    line = Line(useful=4)
    narrow = line.read(400)
    line.useful = 100
    line.join()
    assert line.read(600) > narrow
    line.readers.close()
    assert line.width.size > narrow


def test_a_flood_narrows_it_and_it_comes_back() -> None:
    line = Line(useful=100)
    line.read(200)
    line.floods += 1
    assert line.read(1) == MOST // 2
    for _ in range(5):
        line.floods += 1
        line.read(1)
    assert line.width.size == LEAST
    assert line.read(2 * REST * TRIAL + 400) > LEAST
