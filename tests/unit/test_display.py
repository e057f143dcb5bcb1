"""Text from outside can't do anything on a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tobs_tui.display import count, display_text, kind_words

ANYTHING = st.text(st.characters(), max_size=60)


def test_a_nasty_title_is_only_cleaned() -> None:
    assert display_text("[/red]\x1b[2J../../x") == "[/red][2J../../x"
    assert display_text("a\u202eb\u200fc\ufe0fd\r\n e\u2028f") == "abcd e f"
    assert display_text("\ud800x") == "x"


def test_what_people_write_stays() -> None:
    assert display_text("Привет, שלום, 你好 👍🏽") == "Привет, שלום, 你好 👍🏽"
    assert display_text("Z" + "\u0301" * 50) == "Z" + "\u0301" * 4


@given(ANYTHING)
def test_no_invisible_or_control_character_gets_through(text: str) -> None:
    shown = display_text(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert shown == shown.strip()
    assert "  " not in shown


@given(ANYTHING)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert display_text(display_text(text)) == display_text(text)


def test_amounts_have_their_plural() -> None:
    assert [count(amount, "chat") for amount in (0, 1, 2_000)] == ["0 chats", "1 chat", "2,000 chats"]
    assert count(2, "reply", "replies") == "2 replies"


@pytest.mark.parametrize(
    ("kind", "words"),
    [("photo", "photo"), ("custom_emoji", "custom emoji"), ("unrendered:MessageMedia_X", "not shown: MessageMedia_X")],
)
def test_kinds_are_named_in_words(kind: str, words: str) -> None:
    assert kind_words(kind) == words
