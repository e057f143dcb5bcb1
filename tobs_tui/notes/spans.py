"""Telegram's entities as spans of Python's characters, and as runs of equal style.

Entities count UTF-16 code units, nest and overlap (core.telegram.org/api/entities), and come from a sender: offsets out of
range are clipped, those inside a surrogate pair take the whole character.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from tobs_tui.model import Entity, EntityKind
from tobs_tui.notes.escape import LINE_BREAKS, code_span, escape, visible
from tobs_tui.notes.links import destination


class Span(NamedTuple):
    """A styled part of a text: characters from `start` up to `end`."""

    start: int
    end: int
    kind: EntityKind
    value: str = ""


class Style(IntEnum):
    """Inline styles, in the order in which they stand around each other, as far as they cover the same. Several are the sum of theirs."""

    STRIKE = 1
    BOLD = 2
    ITALIC = 4
    UNDERLINE = 8
    LINK = 16
    CODE = 32
    SPOILER = 64


INLINE = {
    EntityKind.BOLD: Style.BOLD,
    EntityKind.ITALIC: Style.ITALIC,
    EntityKind.UNDERLINE: Style.UNDERLINE,
    EntityKind.STRIKE: Style.STRIKE,
    EntityKind.SPOILER: Style.SPOILER,
    EntityKind.CODE: Style.CODE,
}
_STYLES = {kind: int(style) for kind, style in INLINE.items()}
_LINK = int(Style.LINK)
FOUND_LINKS = frozenset({EntityKind.URL, EntityKind.EMAIL, EntityKind.PHONE})
MENTIONS = frozenset({EntityKind.MENTION, EntityKind.MENTION_NAME})
_LINKS = FOUND_LINKS | MENTIONS | {EntityKind.TEXT_LINK}
# A name of the module is found faster than a member of an enum.
_HASHTAG, _TEXT_LINK = EntityKind.HASHTAG, EntityKind.TEXT_LINK
_TAG = re.compile(r"#\w*[^\W\d]\w*")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class Run(NamedTuple):
    """Characters of equal style. `styles` is a sum of Styles, `link` the address of a LINK; `raw` is Markdown of our own that stands at
    `start`."""

    start: int
    end: int
    styles: int = 0
    link: str = ""
    raw: str = ""


def spans_of(text: str, entities: Iterable[Entity]) -> list[Span]:
    """The entities that cover something, by their start."""
    size = len(text)
    pair = None if text.isascii() else _ASTRAL.search(text)
    alike = pair.start() if pair else sys.maxsize  # up to here a unit's place is its character's
    seconds: list[int] = []  # places of the second units of surrogate pairs
    spans = []
    for entity in entities:
        start, end = entity.offset, entity.offset + entity.length
        if end > alike:
            seconds = seconds or [match.start() + number for number, match in enumerate(_ASTRAL.finditer(text), 1)]
            start, end = start - bisect_right(seconds, start), end - bisect_left(seconds, end)
        if start < 0 or end > size:
            start, end = max(start, 0), min(end, size)
        if entity.length > 0 and start < end:
            spans.append(Span(start, end, entity.kind, entity.value))
    if len(spans) > 1:
        spans.sort(key=lambda span: (span.start, -span.end))
    return spans


class Styled(NamedTuple):
    """The parts of a text that have an inline style, by their start; `apart` says that none of them touches another one and that nothing
    of our own stands between them. `notes` are Markdown of our own by where it stands: addresses that can't be links."""

    runs: list[Run]
    notes: Mapping[int, str]
    apart: bool


def styled_of(text: str, spans: Iterable[Span], targets: Mapping[str, str]) -> Styled:
    """What of a text has an inline style.

    `targets` are destinations in the vault by the address that was sent, the mention as it is shown, or the id of the mentioned one.
    """
    runs: list[Run] = []
    notes: dict[int, str] = {}
    reach, apart = -1, True
    for span in spans:
        start, end, kind, _ = span
        style, link = _STYLES.get(kind, _LINK), ""
        if style == _LINK:
            if kind not in _LINKS:
                continue
            if not (link := _link(text, span, targets)):
                if noted := _refused(text, span):
                    notes[noted[0]] = notes.get(noted[0], "") + noted[1]
                continue
        runs.append(Run(start, end, style, link))
        apart = apart and start > reach
        reach = end
    return Styled(runs, notes, apart and not notes)


def cut(styled: Styled, size: int) -> list[Run]:
    """A whole text of so many characters as runs of equal style, in order, with what is our own between them."""
    whole, notes, _ = styled
    runs: list[Run] = []
    over: list[Run] = []
    following = 0
    for start, end in pairwise(sorted({0, size, *notes, *[run.start for run in whole], *[run.end for run in whole]})):
        while following < len(whole) and whole[following].start <= start:
            over.append(whole[following])
            following += 1
        over = [run for run in over if run.end > start]
        _add(runs, start, end, over)
        if end in notes:
            runs.append(Run(end, end, raw=notes[end]))
    return runs


def _add(runs: list[Run], start: int, end: int, over: Sequence[Run]) -> None:
    """One more run with all styles of those that lie over it, joined to the last one where they look the same. Of several links it has the
    one that began last."""
    styles, link = 0, ""
    for run in over:
        styles |= run.styles
        link = run.link or link
    if runs and runs[-1][2:] == (styles, link, ""):
        start = runs.pop().start
    runs.append(Run(start, end, styles, link))


def _link(text: str, span: Span, targets: Mapping[str, str]) -> str:
    """Where a link or a mention leads; empty for one that is only text."""
    start, end, kind, value = span
    found = targets.get(value or text[start:end], "") if targets else ""
    return found or ("" if kind in MENTIONS else destination(kind, text[start:end], value))


def _refused(text: str, span: Span) -> tuple[int, str] | None:
    """The address of a text link that may not be one, in words, and where it stands: behind what the link shows."""
    if span.kind is not _TEXT_LINK or not span.value.strip():
        return None
    if not (shown := text[span.start : span.end].rstrip(LINE_BREAKS)):
        return None
    return span.start + len(shown), f" ({code_span(' '.join(visible(span.value).split()))})"


def tags_of(text: str, spans: Iterable[Span]) -> Mapping[int, int]:
    """Where hashtags start and end that Obsidian reads as Telegram does: after white space, with a letter in them."""
    return {span.start: span.end for span in spans if span.kind is _HASHTAG and _is_tag(text, span)}


def _is_tag(text: str, span: Span) -> bool:
    before, tag, after = text[max(span.start - 1, 0) : span.start], text[span.start : span.end], text[span.end : span.end + 1]
    apart = (not before or before.isspace()) and (not after or after.isspace() or after in ".,!?;:)")
    return apart and bool(_TAG.fullmatch(tag)) and escape(tag[1:]) == tag[1:]
