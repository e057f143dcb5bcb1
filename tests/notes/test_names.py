"""Names that senders chose, made safe for every system and for links."""

from __future__ import annotations

import re
import unicodedata

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from pathvalidate import is_valid_filename

from tests.notes.strategies import PIECES
from tobs_tui.notes.names import file_name, safe_name, unique_name

FORBIDDEN = set('\\/:*?"<>|#^[]')
nasty = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.one_of(
            st.sampled_from(PIECES), st.sampled_from(["CON", "nul", "com1", "LPT¹", ".", "..", " ", "/", ".txt"]), st.text(max_size=3)
        )
    ).map("".join),
    st.sampled_from(["👨\u200d👩\u200d👧\u200d👦", "e\u0301\u0323", "🇩🇪", "ß", "中"]).map(lambda piece: piece * 60),
)
quick = settings(max_examples=400, deadline=None, derandomize=True, database=None)


def check_name(name: str, limit: int) -> None:
    assert name
    assert len(name.encode()) <= limit
    assert name == unicodedata.normalize("NFC", name)
    assert not set(name) & FORBIDDEN
    assert not regex.search(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]", name)
    assert not name.startswith((" ", "."))
    assert not name.endswith((" ", "."))
    assert is_valid_filename(name, platform="universal", max_len=255), name


@quick
@given(nasty)
def test_titles_are_safe_everywhere(title: str) -> None:
    name = safe_name(title, "group 5")
    check_name(name, 100)
    assert safe_name(name, "other") == name, "a name is safe already"


@quick
@given(nasty, st.integers(1, 2**53), st.sampled_from(["", "image/png", "application/pdf", "x/y"]))
def test_file_names_are_safe_everywhere(original: str, message_id: int, mime: str) -> None:
    name = file_name(message_id, original, mime)
    check_name(name, 240)
    assert re.match(rf"{message_id}(?=[ .]|$)", name)
    assert not name.lower().endswith((".md", ".canvas", ".base"))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Rust Weekly", "Rust Weekly"),
        ("C#: A/B?", "C♯- A-B？"),
        ("Привет, 世界 👍🏽 🇩🇪", "Привет, 世界 👍🏽 🇩🇪"),
        ("[/red]\x1b[2J../../x", "(-red)(2J..-..-x"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("..", "group 5"),
        ("", "group 5"),
        ("\u202e\u200b", "group 5"),
        ("\u3164", "group 5"),
        ("\u2800 \ufe0f\u034f", "group 5"),
        ("con", "con_"),
        ("NUL.tar.gz", "NUL_.tar.gz"),
        ("com¹ .x", "com¹_ .x"),
        ("console", "console"),
        (" . a b . ", "a b"),
        ("a\nb\tc", "a b c"),
        ("cafe\u0301", "café"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("100%% `sure`", "100%％ 'sure'"),
    ],
)
def test_titles_stay_readable(title: str, name: str) -> None:
    assert safe_name(title, "group 5") == name


def test_a_name_is_cut_between_graphemes() -> None:
    assert safe_name("👨\u200d👩\u200d👧\u200d👦" * 9, "x") == "👨\u200d👩\u200d👧\u200d👦" * 4
    assert safe_name("e\u0323\u0301" * 60, "x").endswith("ẹ\u0301")


def test_the_second_of_a_name_gets_its_id() -> None:
    assert unique_name("Help", set(), 7) == "Help"
    assert unique_name("HELP", {"help"}, 7) == "HELP (7)"
    assert unique_name("Help", {"help", "help (7)"}, 7) == "Help (7) 2"
    assert unique_name("STRASSE", {"straße".casefold()}, 7) == "STRASSE (7)"
    long = unique_name("é" * 50, {"é" * 50}, 1234567890)
    assert len(long.encode()) <= 100
    assert long.endswith("é (1234567890)")


@pytest.mark.parametrize("name", ["Rust 2025-01", "Rust 2025-01-30", "Rust 2025", "Rust all messages"])
def test_a_chat_is_never_named_like_another_ones_note(name: str) -> None:
    assert unique_name(name, set(), 7) == f"{name} (7)"


@pytest.mark.parametrize(
    ("original", "mime", "name"),
    [
        ("diagram.png", "image/png", "5 diagram.png"),
        ("", "image/jpeg", "5.jpg"),
        ("report", "application/pdf", "5 report.pdf"),
        ("archive.tar.gz", "application/gzip", "5 archive.tar.gz"),
        ("NOTES.MD", "text/markdown", "5 NOTES.MD.txt"),
        ("../../.bashrc", "", "5 -..-.bashrc"),
        ("CON.txt", "", "5 CON.txt"),
        ("version 1.2 final", "application/pdf", "5 version 1.2 final.pdf"),
        (".md", "", "5 md"),
    ],
)
def test_files_keep_their_names(original: str, mime: str, name: str) -> None:
    assert file_name(5, original, mime) == name


def test_a_long_file_name_keeps_its_extension() -> None:
    name = file_name(123, "ж" * 500 + ".pdf", "")
    assert len(name.encode()) <= 240
    assert name.endswith("ж.pdf")
