"""Polls, to-do lists, places, contacts and their like."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.notes.test_message import AT, CONTEXT, message
from tests.support.records import names_of_fields, replace
from tobs_tui.content import (
    Contact,
    Content,
    Dice,
    Game,
    Giveaway,
    Invoice,
    PaidMedia,
    Place,
    Poll,
    PollOption,
    RemoteFile,
    Story,
    TodoItem,
    TodoList,
    Unrendered,
    WebPage,
)
from tobs_tui.notes.contents import KINDS
from tobs_tui.notes.message import render

QUIZ = Poll(
    "Which *one*?", (PollOption("- Rust", 3, chosen=True, correct=True), PollOption("Go", 1)), 4, quiz=True, closed=True, solution="It [is]"
)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (
            QUIZ,
            "📊 **Which \\*one\\*?** (quiz, 4 voters, closed)\n\n"
            "- \\- Rust: 3 votes, 75 %, the right answer, your answer\n- Go: 1 vote, 25 %\n\nExplanation: It \\[is\\]",
        ),
        (Poll("q", (PollOption("a"),), multiple=True), "📊 **q** (poll, several answers, 0 voters)\n\n- a: votes hidden"),
        (TodoList("Trip", (TodoItem("pack\n# x", True, "Ada"), TodoItem("1. go"))), "☑️ **Trip**\n\n- [x] pack \\# x (Ada)\n- [ ] 1\\. go"),
        (
            Place(52.5, 13.4, "Café [x]", "Street 1"),
            "📍 [Café \\[x\\], Street 1](https://www.openstreetmap.org/?mlat=52.500000&mlon=13.400000#map=16/52.500000/13.400000)"
            " (52.500000, 13.400000)",
        ),
        (Contact("Bob", "+49 123"), "👤 Bob, [+49 123](tel:+49123)"),
        (Dice("🎲", 4), "🎲 4"),
        (Story("Bob", "https://t.me/bob/s/5"), "📖 [Story of Bob](https://t.me/bob/s/5)"),
        (Game("Snake", "eat"), "🎮 **Snake**: eat"),
        (Invoice("Shirt", "red", 1250, "EUR"), "🧾 **Shirt**: red (12.50 EUR)"),
        (Invoice("Boost", "", 50, "XTR"), "🧾 **Boost** (50 stars)"),
        (Giveaway(10, AT, "Premium for 3 months"), "🎁 Giveaway, Premium for 3 months, 10 winners, until 2025-01-30 14:05"),
        (PaidMedia(2, 1), "⭐ 2 paid files for 1 star, not shown"),
    ],
)
def test_contents_are_shown(content: Content, lines: str) -> None:
    rendered = render((message(content=content),), CONTEXT)
    assert rendered.text == f"**Ada Lovelace** · 14:05 ^m1234\n\n{lines}\n\n"
    assert rendered.kinds == (KINDS[type(content)],)
    assert rendered.records[0][2] != "empty message"


def test_every_content_of_the_model_is_known() -> None:
    assert set(get_args(Content)) == {RemoteFile, WebPage, Unrendered, *KINDS}


@pytest.mark.parametrize("nasty", ["a\n\n## 2025-01-30\n\n**x** ^m9", "]](javascript:x) <b> ^m9", "\u202e\x00"])
@pytest.mark.parametrize(
    "content", [QUIZ, TodoList("t", ()), Contact("n"), Story("n"), Game("t"), Invoice("t", "d", 1, "EUR"), Giveaway(1), Place(1, 2, "t")]
)
def test_no_content_imitates_a_block(content: Content, nasty: str) -> None:
    texts = {field: nasty for field in names_of_fields(content) if isinstance(getattr(content, field), str)}
    text = render((message(content=replace(content, **texts)),), CONTEXT).text
    assert text.count(" ^m1234\n") == 1
    assert "\n## " not in text
    assert " ^m9" not in text
    assert "\u202e" not in text
    assert "<b>" not in text.replace("\\<b>", "")
