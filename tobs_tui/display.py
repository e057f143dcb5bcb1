"""Text from outside, made fit for one line of a terminal or a log: it can't move the cursor or turn the line round.
And sizes and times in words."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Cc control, Cf format (bidi marks, zero width, tags), Cs surrogates, Co private use, Cn unassigned, Zl and Zp line separators.
_REMOVED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_VARIATION_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_MAX_MARKS = 4
MINUTE, HOUR, DAY = 60, 3600, 86_400
_SIZES = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


@lru_cache(maxsize=16_384)
def display_text(text: str) -> str:
    """`text` as one line: control, bidi and other invisible characters and variation selectors removed, white
    space folded, at most four combining marks on a character. Markup stays as typed: it is never parsed as such."""
    kept: list[str] = []
    marks = 0
    for char in " ".join(text.split()):
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in _REMOVED or char in _VARIATION_SELECTORS or marks > _MAX_MARKS:
            continue
        kept.append(char)
    return " ".join("".join(kept).split())


def duration(seconds: float) -> str:
    """How long in at most two units: `12 s`, `3 m 20 s`, `2 h 5 m`, `4 d`."""
    whole = max(0, int(seconds + 0.999))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} m {whole % MINUTE} s"
    if whole < 2 * DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE} m"
    return f"{whole // DAY} d"


def size(count: float) -> str:
    """Bytes in binary units: `48 KiB`, `1.5 GiB`."""
    for unit, name in _SIZES:
        if count >= unit:
            value = count / unit
            return f"{value:.1f} {name}" if value < 10 else f"{value:.0f} {name}"
    return f"{count:.0f} B"


def kind_words(kind: str) -> str:
    """The name of a kind of messages or files as people read it: `custom emoji`, `not shown: MessageMediaX`."""
    unknown = kind.removeprefix("unrendered:")
    return kind.replace("_", " ") if unknown == kind else f"not shown: {unknown}"


def count(amount: int, one: str, many: str = "") -> str:
    """`1 chat`, `2 chats`."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"
