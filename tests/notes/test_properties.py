"""Properties are read back as what they were, and index notes say all that there is to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tobs_tui.model import Chat, ChatKind
from tobs_tui.notes.index import IndexFacts, MissingFile, index_note, same_but_exported
from tobs_tui.notes.properties import front_matter, period_head, post_head

CHAT = Chat(-1000000000005, ChatKind.SUPERGROUP, "Rust: [Weekly] 😀", username="rust")
MISSING = MissingFile("a*b.pdf", "gone at\nTelegram", "Telegram/Rust/Rust 2025-01.md", 12)
FACTS = IndexFacts(
    CHAT,
    "Rust",
    "Europe/Berlin",
    ("Telegram/Rust/Rust 2025-01.md",),
    3,
    2,
    (MISSING,),
    1738242300,
    1738242360,
    1738242999.5,
    True,
    "about *it*",
)


def loaded(note: str) -> dict[str, Any]:
    opening, body, _ = note.split("---\n", 2)
    assert opening == ""
    found: dict[str, Any] = yaml.safe_load(body)
    return found


@pytest.mark.parametrize(
    "text",
    ["2025-01-30", "12", "1e3", "0o17", "true", "no", "null", "~", "", "a: b", "# x", "- x", "😀: 'x\"", "[[x]]", "a\nb", "---", "\x1b"],
)
def test_strings_stay_strings(text: str) -> None:
    assert loaded(front_matter({"key": text, "aliases": (text, "plain")})) == {"key": text, "aliases": [text, "plain"]}


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text())
def test_any_string_stays_itself(text: str) -> None:
    assert loaded(front_matter({"key": text})) == {"key": text}


def test_strings_of_other_readers_types_are_quoted() -> None:
    assert (
        front_matter({"a": "1e3", "b": "0x1f", "c": "two words", "d": "😀"}) == '---\na: "1e3"\nb: "0x1f"\nc: two words\nd: \'😀\'\n---\n\n'
    )


def test_heads_hold_what_never_changes() -> None:
    assert loaded(period_head(5, "Rust", "2025-01-30")) == {
        "telegram_id": 5,
        "telegram_chat": "[[Rust]]",
        "period": "2025-01-30",
        "tags": ["telegram"],
    }
    head = post_head(5, "Rust", 12, datetime(2025, 1, 30, 14, 5, tzinfo=ZoneInfo("Europe/Berlin")))
    assert "\ndate: 2025-01-30T14:05:00\n" in head
    assert loaded(head)["message_id"] == 12


def test_the_index_has_every_key() -> None:
    found = loaded(index_note(FACTS))
    assert list(found) == [
        *("telegram_id", "telegram_kind", "telegram_link", "aliases", "tags", "timezone", "messages", "media_files", "missing_media"),
        *("first_message", "last_message", "exported", "complete"),
    ]
    assert found["aliases"] == ["Rust: [Weekly] 😀"]
    assert found["first_message"] == datetime(2025, 1, 30, 14, 5)  # noqa: DTZ001 - Obsidian's dates have no zone
    assert found["complete"] is True


def test_the_index_links_its_notes_and_explains_what_is_missing() -> None:
    note = index_note(FACTS)
    assert "\n\nabout \\*it\\*\n\n" in note
    assert "\n- [[Rust 2025-01]]\n" in note
    assert "\n- a\\*b.pdf: gone at Telegram ([[Rust 2025-01#^m12|message]])\n" in note


def test_only_the_time_of_export_is_no_difference() -> None:
    note = index_note(FACTS)
    assert same_but_exported(note, index_note(replace(FACTS, exported=1.0)))
    assert not same_but_exported(note, index_note(replace(FACTS, complete=False)))


def test_an_empty_chat_has_an_index_too() -> None:
    empty = replace(FACTS, messages=0, notes=(), missing=(), first_date=0, last_date=0, description="")
    assert "first_message" not in loaded(index_note(empty))
