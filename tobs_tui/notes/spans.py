"""Telegram's entities as spans of Python's characters, and as runs of equal style.

Entities count UTF-16 code units, nest and overlap (core.telegram.org/api/entities), and come from a sender: offsets out of
range are clipped, those inside a surrogate pair take the whole character.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
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
    """Inline styles, in the order in which they stand around each other, as far as they cover the same."""

    STRIKE = 1
    BOLD = 2
    ITALIC = 3
    UNDERLINE = 4
    LINK = 5
    CODE = 6
    SPOILER = 7


INLINE = {
    EntityKind.BOLD: Style.BOLD,
    EntityKind.ITALIC: Style.ITALIC,
    EntityKind.UNDERLINE: Style.UNDERLINE,
    EntityKind.STRIKE: Style.STRIKE,
    EntityKind.SPOILER: Style.SPOILER,
    EntityKind.CODE: Style.CODE,
}
_STYLES = {kind: frozenset((style,)) for kind, style in INLINE.items()}
_LINKED = frozenset((Style.LINK,))
FOUND_LINKS = frozenset({EntityKind.URL, EntityKind.EMAIL, EntityKind.PHONE})
MENTIONS = frozenset({EntityKind.MENTION, EntityKind.MENTION_NAME})
_TAG = re.compile(r"#\w*[^\W\d]\w*")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
PLAIN: frozenset[Style] = frozenset()


class Run(NamedTuple):
    """Characters of equal style. `link` is the address of a LINK; `raw` is Markdown of our own that stands at `start`."""

    start: int
    end: int
    styles: frozenset[Style] = PLAIN
    link: str = ""
    raw: str = ""


def spans_of(text: str, entities: Iterable[Entity]) -> list[Span]:
    """The entities that cover something, by their start."""
    units = None if text.isascii() or max(text) <= "\uffff" else _Units(text)
    spans = []
    for entity in entities:
        start, end = max(entity.offset, 0), max(entity.offset + entity.length, 0)
        if units:
            start, end = units.start(start), units.end(end)
        end = min(end, len(text))
        if entity.length > 0 and start < end:
            spans.append(Span(start, end, entity.kind, entity.value))
    if len(spans) > 1:
        spans.sort(key=lambda span: (span.start, -span.end))
    return spans


class _Units:
    """Places in UTF-16 code units as places of characters."""

    def __init__(self, text: str) -> None:
        self._seconds = [match.start() + number + 1 for number, match in enumerate(_ASTRAL.finditer(text))]  # of surrogate pairs

    def start(self, unit: int) -> int:
        return unit - bisect_right(self._seconds, unit)

    def end(self, unit: int) -> int:
        return unit - bisect_left(self._seconds, unit)


def runs_of(text: str, spans: Sequence[Span], targets: Mapping[str, str]) -> list[Run]:
    """The whole text as runs of equal inline style, in order, with the addresses that can't be links behind their texts.

    `targets` are destinations in the vault by the address that was sent, the mention as it is shown, or the id of the mentioned one.
    """
    inline = deque(run for span in spans if (run := _inline(text, span, targets)))
    refused: dict[int, str] = {}
    for at, note in filter(None, (_refused(text, span) for span in spans)):
        refused[at] = refused.get(at, "") + note
    cuts = sorted({0, len(text), *refused, *(run.start for run in inline), *(run.end for run in inline)})
    runs: list[Run] = []
    over: list[Run] = []
    for start, end in pairwise(cuts):
        while inline and inline[0].start <= start:
            over.append(inline.popleft())
        over = [run for run in over if run.end > start]
        _add(runs, _merged(over, start, end))
        if end in refused:
            runs.append(Run(end, end, raw=refused[end]))
    return runs


def _add(runs: list[Run], run: Run) -> None:
    """Put `run` behind the others, into the last one where they look the same."""
    last = runs[-1] if runs else None
    if last and not last.raw and last.styles == run.styles and last.link == run.link:
        runs[-1] = Run(last.start, run.end, run.styles, run.link)
    else:
        runs.append(run)


def _inline(text: str, span: Span, targets: Mapping[str, str]) -> Run | None:
    if style := _STYLES.get(span.kind):
        return Run(span.start, span.end, style)
    shown = text[span.start : span.end]
    if span.kind in MENTIONS:
        link = targets.get(span.value or shown, "")
        return Run(span.start, span.end, _LINKED, link) if link else None
    if span.kind is EntityKind.TEXT_LINK or span.kind in FOUND_LINKS:
        link = targets.get(span.value or shown) or destination(span.kind, shown, span.value)
        return Run(span.start, span.end, _LINKED, link) if link else None
    return None


def _merged(over: Sequence[Run], start: int, end: int) -> Run:
    """One run with all styles of those that lie over it; of several links the last one that began."""
    if not over:
        return Run(start, end)
    if len(over) == 1:
        return Run(start, end, over[0].styles, over[0].link)
    styles = PLAIN.union(*(run.styles for run in over))
    return Run(start, end, styles, next((run.link for run in reversed(over) if run.link), ""))


def _refused(text: str, span: Span) -> tuple[int, str] | None:
    """The address of a text link that may not be one, in words, and where it stands: behind what the link shows."""
    if span.kind is not EntityKind.TEXT_LINK:
        return None
    shown = text[span.start : span.end].rstrip(LINE_BREAKS)
    if not shown or not span.value.strip():
        return None
    if destination(span.kind, shown, span.value):
        return None
    return span.start + len(shown), f" ({code_span(' '.join(visible(span.value).split()))})"


def tags_of(text: str, spans: Iterable[Span]) -> dict[int, int]:
    """Where hashtags start and end that Obsidian reads as Telegram does: after white space, with a letter in them."""
    return {span.start: span.end for span in spans if span.kind is EntityKind.HASHTAG and _is_tag(text, span)}


def _is_tag(text: str, span: Span) -> bool:
    before, tag, after = text[: span.start][-1:], text[span.start : span.end], text[span.end : span.end + 1]
    apart = (not before or before.isspace()) and (not after or after.isspace() or after in ".,!?;:)")
    return apart and bool(_TAG.fullmatch(tag)) and escape(tag[1:]) == tag[1:]
