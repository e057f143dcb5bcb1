"""A message's text with its entities as Markdown that keeps every character and every style.

Line breaks are two spaces and a newline, which Obsidian shows as one break with strict line breaks and without, as
CommonMark does. A blank line is a new paragraph, further ones are `<br>`. Styles are closed at the end of each line and opened again
on the next. Quotes and fenced code are blocks: a newline beside one is its border, and where there is none the block makes one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from tobs_tui.model import Entity, EntityKind
from tobs_tui.notes.escape import LINE_BREAK, LINE_BREAKS, escape_line, longest_ticks, visible
from tobs_tui.notes.inline import render_apart, render_line
from tobs_tui.notes.languages import fence_info
from tobs_tui.notes.spans import INLINE, Run, Span, cut, spans_of, styled_of, tags_of

_QUOTES = frozenset({EntityKind.QUOTE, EntityKind.COLLAPSED_QUOTE})
_BLOCKS = _QUOTES | {EntityKind.PRE}
_CODE_BREAKERS = (frozenset(INLINE) - {EntityKind.CODE}) | {EntityKind.TEXT_LINK}
_BLOCK_ID = re.compile(r"(?:^|\s)\^[\w-]+\s*$", re.MULTILINE)


NO_TARGETS: Mapping[str, str] = {}


def markdown(text: str, entities: Iterable[Entity] = (), targets: Mapping[str, str] = NO_TARGETS) -> str:
    """The Markdown of `text`: no blank line at its ends, no newline behind it; empty for an empty text.

    `targets` are destinations in the vault for addresses and mentions that lead there (see `styled_of`).
    """
    spans = spans_of(text, entities) if entities and text else []
    broken = not text.isprintable() and LINE_BREAK.search(text)
    if not spans:
        return _paragraphs([escape_line(line) for line in LINE_BREAK.split(text)]) if broken else escape_line(text)
    if broken or not _BLOCKS.isdisjoint([span.kind for span in spans]):
        return _Text(text, spans, targets).markdown()
    styled, tags = styled_of(text, spans, targets), tags_of(text, spans)
    return render_apart(text, styled.runs, tags) if styled.apart else render_line(text, cut(styled, len(text)), tags)


def _paragraphs(lines: Sequence[str]) -> str:
    """Lines, empty ones too, as paragraphs."""
    shown = [i for i, line in enumerate(lines) if line]
    if not shown:
        return "<br>" * len(lines)
    parts = ["<br>" * shown[0], lines[shown[0]]]
    for before, at in pairwise(shown):
        parts += (_break(at - before), lines[at])
    return "".join((*parts, "<br>" * (len(lines) - 1 - shown[-1])))


def _break(newlines: int) -> str:
    if newlines == 1:
        return "  \n"
    return "\n\n" if newlines == 2 else f"  \n{'<br>' * (newlines - 2)}  \n"


class _Block(NamedTuple):
    """Characters from `start` up to `end` that are a block: in a quote, in a fence, or neither."""

    start: int
    end: int
    quote: Span | None
    pre: Span | None


class _Text:
    """A text of several lines or blocks whose entities cover something."""

    def __init__(self, text: str, spans: Sequence[Span], targets: Mapping[str, str]) -> None:
        self._text = text
        self._quotes = _apart(text, (span for span in spans if span.kind in _QUOTES))
        self._pres = _fences(text, spans, self._quotes)
        code = [span._replace(kind=EntityKind.CODE) if span.kind is EntityKind.PRE else span for span in spans]
        self._runs = cut(styled_of(text, code, targets), len(text))
        self._run_ends = [run.end for run in self._runs]
        self._tags = tags_of(text, spans)

    def markdown(self) -> str:
        if not self._quotes and not self._pres:
            return self._lines(_Block(0, len(self._text), None, None))
        groups = groupby(self._blocks(), key=lambda block: block.quote)
        return "\n\n".join(self._group(quote, list(blocks)) for quote, blocks in groups)

    def _group(self, quote: Span | None, blocks: Sequence[_Block]) -> str:
        content = "\n\n".join(self._fence(block, block.pre) if block.pre else self._lines(block) for block in blocks)
        if not quote:
            return content
        head = "> [!quote]-\n" if quote.kind is EntityKind.COLLAPSED_QUOTE else ""
        return head + "\n".join(f"> {line}" if line else ">" for line in content.split("\n"))

    def _blocks(self) -> Iterator[_Block]:
        """All blocks, in order. A newline between two belongs to neither."""
        parts = [
            _Block(start, end, quote, pre)
            for first, last, quote in _covered(0, len(self._text), self._quotes)
            for start, end, pre in _covered(first, last, self._pres)
        ]
        for i, part in enumerate(parts):
            if part.pre:
                yield part
            elif trimmed := self._trimmed(part, after_other=i > 0, before_other=i + 1 < len(parts)):
                yield trimmed

    def _trimmed(self, block: _Block, *, after_other: bool, before_other: bool) -> _Block | None:
        start, end = block.start, block.end
        if after_other and (newline := LINE_BREAK.match(self._text, start, end)):
            start = newline.end()
            if start == end and before_other:
                return None
        if before_other and start < end and self._text[end - 1] in LINE_BREAKS:
            end -= 2 if self._text[start:end].endswith("\r\n") else 1
        return _Block(start, end, block.quote, None)

    def _fence(self, block: _Block, pre: Span) -> str:
        lines = [visible(line) for line in LINE_BREAK.split(self._text[block.start : block.end])]
        content = "\n".join(lines)
        ticks = "`" * max(3, longest_ticks(content) + 1)
        return f"{ticks}{fence_info(pre.value)}\n{content}\n{ticks}"

    def _lines(self, block: _Block) -> str:
        lines: list[str] = []
        start = block.start
        for newline in LINE_BREAK.finditer(self._text, block.start, block.end):
            lines.append(self._line(start, newline.start()))
            start = newline.end()
        lines.append(self._line(start, block.end))
        return _paragraphs(lines)

    def _line(self, start: int, end: int) -> str:
        """The line from `start` up to `end`, with what is raw and stands at its end."""
        if start == end:
            return ""
        runs, at = [], bisect_right(self._run_ends, start)
        for run in self._runs[at:]:
            if run.start > end or (run.start == end and not run.raw):
                break
            whole = run.raw or (run.start >= start and run.end <= end)
            runs.append(run if whole else Run(max(run.start, start), min(run.end, end), run.styles, run.link))
        tags = {at: stop for at, stop in self._tags.items() if start <= at < end} if self._tags else self._tags
        return render_line(self._text, runs, tags) if runs else ""


def _fences(text: str, spans: Sequence[Span], quotes: Sequence[Span]) -> list[Span]:
    """The parts of PREs that can be fences.

    A fence holds no styles and no escapes: one with a style inside, or with a line that ends like a block id, is code line by line.
    """
    whole = (span for span in spans if span.kind is EntityKind.PRE and not _styled_inside(span, spans))
    parts = _apart(text, (part for span in whole for part in _cut(span, quotes)))
    return [part for part in parts if not _BLOCK_ID.search("\n".join(LINE_BREAK.split(text[part.start : part.end])))]


def _styled_inside(pre: Span, spans: Sequence[Span]) -> bool:
    return any(span.kind in _CODE_BREAKERS and span.start < pre.end and pre.start < span.end for span in spans)


def _apart(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans of blocks, none over another, without line breaks at their ends; those that show nothing are left out."""
    apart: list[Span] = []
    for span in spans:
        start, end = max(span.start, apart[-1].end if apart else 0), span.end
        while start < end and text[start] in LINE_BREAKS:
            start += 1
        while start < end and text[end - 1] in LINE_BREAKS:
            end -= 1
        if start < end:
            apart.append(Span(start, end, span.kind, span.value))
    return apart


def _cut(span: Span, borders: Sequence[Span]) -> Iterator[Span]:
    """`span`, cut where it crosses the ends of `borders`."""
    for start, end, _ in _covered(span.start, span.end, borders):
        yield Span(start, end, span.kind, span.value)


def _covered(start: int, end: int, spans: Sequence[Span]) -> Iterator[tuple[int, int, Span | None]]:
    """The parts from `start` up to `end`, each with the span that covers it."""
    for span in spans:
        first, last = max(span.start, start), min(span.end, end)
        if first >= last:
            continue
        if start < first:
            yield start, first, None
        yield first, last, span
        start = last
    if start < end:
        yield start, end, None
