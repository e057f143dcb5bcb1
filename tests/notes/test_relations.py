"""Index notes that lead to one another: a line that is added later stands where it would have been written."""

from __future__ import annotations

from itertools import permutations

import pytest

from tobs_tui.model import Chat, ChatKind
from tobs_tui.notes.index import IndexFacts, Relation, index_note, relation_line, with_relation

GROUP = Chat(-1001500000003, ChatKind.SUPERGROUP, "# Crew: [[x]]")
RELATED = tuple((relation, f"Other {number}") for number, relation in enumerate(Relation))


@pytest.mark.parametrize("description", ["", "- Comments: an old trick\nand more"])
@pytest.mark.parametrize("notes", [(), ("Telegram/Crew/Crew 2025-01.md",)])
def test_lines_that_come_later_make_the_same_note(description: str, notes: tuple[str, ...]) -> None:
    facts = (GROUP, "Crew", "UTC", notes, 0, 0, (), 1, 2, 3.0, True, description)
    bare, whole = index_note(IndexFacts(*facts)), index_note(IndexFacts(*facts, related=RELATED))
    for order in permutations(RELATED):
        text = bare
        for relation, name in order:
            text = with_relation(text, relation_line(relation, name))
            assert with_relation(text, relation_line(relation, name)) == text
        assert text == whole


def test_a_file_that_is_no_index_note_stays_as_it_is() -> None:
    assert with_relation("something else\n", "- Comments: [[X]]") == "something else\n"
