"""One line of styled text as Markdown: runs become properly nested marks.

`**`, `*` and `~~` are used where they can only open or only close (CommonMark 0.31, "left-flanking" and "right-flanking"),
so that no two of them are ever paired wrongly; everywhere else the HTML tag says the same. A spoiler is a bar of the text's own
colour: hidden until it is selected, or clicked while editing; the class lets a snippet do more. It stands inside all other styles,
because some of them (links, code, what a theme colours) have a colour of their own, in which they would be read on the bar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tobs_tui.notes.escape import code_span, code_tag, escape, escape_line, tagged_code
from tobs_tui.notes.links import autolink
from tobs_tui.notes.spans import Run, Style

SPOILER_OPEN = '<span class="tg-spoiler" style="background:currentColor">'

_MARKS = {Style.STRIKE: "~~", Style.BOLD: "**", Style.ITALIC: "*"}
_MARKED = sum(_MARKS)
_SIGNS = [("".join(sign for style, sign in _MARKS.items() if marks & style)) for marks in range(_MARKED + 1)]
_TAGS: dict[int, tuple[str, str]] = {
    Style.STRIKE: ("<s>", "</s>"),
    Style.BOLD: ("<b>", "</b>"),
    Style.ITALIC: ("<i>", "</i>"),
    Style.UNDERLINE: ("<u>", "</u>"),
    Style.SPOILER: (SPOILER_OPEN, "</span>"),
}
_LINK, _CODE, _SPOILER = map(int, (Style.LINK, Style.CODE, Style.SPOILER))
_INNERMOST = _SPOILER | _CODE
_WITHOUT_TAGS = _LINK | _INNERMOST
_NO_TAGS: Mapping[int, int] = {}
_EDGE = " "
_MARKUP = ""  # an unknown mark of our own stands here
_SAFE_PUNCTUATION = frozenset("!\"#$%&'()+,-./:;<=>?@[]^{|}")


def render_line(text: str, runs: Sequence[Run], tags: Mapping[int, int]) -> str:
    """The runs of one line of `text`, none of them empty but for raw ones. `tags` are hashtags left as they are."""
    return _Line(text, runs, tags).render(0, len(runs), 0, _EDGE, _EDGE, whole=True)


def render_apart(text: str, styled: Sequence[Run], tags: Mapping[int, int]) -> str:
    """A text of one line in which no styled run touches another one, as most are: nothing is nested."""
    size = len(text)
    starts = [*[run.start for run in styled], size]
    parts: list[str] = []
    before = _part(text, 0, starts[0], tags, True, not styled)
    for run, end in zip(styled, starts[1:], strict=True):
        after = _part(text, run.end, end, tags, False, end == size)
        left, right = before[-1:] or _EDGE, after[:1] or _EDGE
        if left == "!" and run.styles == _LINK:
            before = _no_image(before)
        parts += (before, _alone(text, run, tags, left, right))
        before = after
    parts.append(before)
    return "".join(parts)


def _alone(text: str, run: Run, tags: Mapping[int, int], left: str, right: str) -> str:
    """A run with one style."""
    start, end, style, link, _ = run
    shown = text[start:end]
    if style == _CODE:
        return _code(shown, left)
    if style == _LINK:
        return autolink(shown, link) or _link(escape(shown), link)
    content = escape(shown) if style == _SPOILER or not tags else _part(text, start, end, tags, False, False)
    signs = _SIGNS[style] if style <= _MARKED else ""
    return _marked(signs, content, left, right) or _tagged(style, content)


def _part(text: str, start: int, end: int, tags: Mapping[int, int], first: bool, last: bool) -> str:
    """A part of a line, escaped but for its `tags`; `first` and `last` tell whether it touches the line's ends."""
    part = text[start:end]
    if not tags or "#" not in part:
        return escape_line(part, first, last)
    parts: list[str] = []
    for at in [at for at in tags if start <= at and tags[at] <= end]:
        parts += [escape_line(text[start:at], first, False), text[at : tags[at]]]
        start, first = tags[at], False
    return "".join((*parts, escape_line(text[start:end], first, last)))


def _no_image(leaf: str) -> str:
    """A text that ends with `!`, for before a link, which would be an image behind it."""
    return f"{leaf[:-1]}\\!"


def _link(content: str, address: str) -> str:
    guard = "\\" if content[0] == "!" else ""  # or it might be a callout
    return f"[{guard}{content}]({address})"


def _code(text: str, left: str) -> str:
    return tagged_code(text) if left == "`" else code_span(text)


def _marked(signs: str, content: str, left: str, right: str) -> str:
    """The content between marks; nothing where they would be misread."""
    if not signs or content[-1] in "*_~\\":
        return ""
    mixed = "~" in signs and "*" in signs
    if _flanks(left, content[0], mixed) and _flanks(right, content[-1], mixed):
        return f"{signs}{content}{signs[::-1]}"
    return ""


def _tagged(style: int, content: str) -> str:
    opening, closing = _TAGS[style]
    return f"{opening}{content}{closing}"


class _Line:
    """Renders the runs of one line. `done` are styles that stand around what is rendered, `before` and `after` the characters that
    stand beside it in the note."""

    __slots__ = ("_runs", "_tags", "_text")

    def __init__(self, text: str, runs: Sequence[Run], tags: Mapping[int, int]) -> None:
        self._text = text
        self._runs = runs
        self._tags = tags

    def render(self, start: int, end: int, done: int, before: str, after: str, *, whole: bool = False) -> str:
        """The runs from the index `start` up to `end`."""
        first = self._runs[start]
        if end - start == 1 and not first.styles & ~done:
            return self._leaf(first, done, first=whole, last=whole)
        parts: list[str] = []
        at, left, ahead = start, before, ""
        while at < end:
            run = self._runs[at]
            if styles := run.styles & ~done:
                style, stop = self._widest(at, end, styles, done)
                right = after if stop == end else _MARKUP
                if stop < end and not self._runs[stop].styles & ~done:
                    ahead = self._leaf(self._runs[stop], done, first=False, last=whole and stop == end - 1)
                    right = ahead[0]
                parts.append(self._styled(style, at, stop, done, left, right))
                at, left = stop, _MARKUP
            else:
                leaf = ahead or self._leaf(run, done, first=whole and at == start, last=whole and at == end - 1)
                at, left, ahead = at + 1, leaf[-1], ""
                parts.append(_no_image(leaf) if left == "!" and self._is_link(at, end, done) else leaf)
        return "".join(parts)

    def _is_link(self, at: int, end: int, done: int) -> bool:
        """Whether a link begins there, which behind a `!` would be an image."""
        styles = self._runs[at].styles & ~done if at < end else 0
        return bool(styles) and self._widest(at, end, styles, done)[0] == _LINK

    def _widest(self, at: int, end: int, styles: int, done: int) -> tuple[int, int]:
        """Of the `styles` of a run the one that goes on over most of those that follow, and the index where it ends. Code comes last, and
        spoilers in it."""
        if not styles & (styles - 1):
            return styles, self._reach(at, end, styles, done)
        outer = styles & ~_INNERMOST or _CODE
        best, reach = 0, at
        while outer:
            style = outer & -outer
            outer -= style
            if (there := self._reach(at, end, style, done)) > reach:
                best, reach = style, there
        return best, reach

    def _reach(self, at: int, end: int, style: int, done: int) -> int:
        """The index where the style that a run has stops. Code and spoilers stop where another style begins: none can stand inside them."""
        runs, first = self._runs, self._runs[at]
        at += 1
        while at < end and runs[at].styles & style:
            if style == _LINK and runs[at].link != first.link:
                break
            if style & _INNERMOST and (runs[at].styles ^ first.styles) & ~done:
                break
            at += 1
        return at

    def _leaf(self, run: Run, done: int, *, first: bool, last: bool) -> str:
        if run.raw:
            return run.raw
        tags = _NO_TAGS if done & _WITHOUT_TAGS else self._tags
        return _part(self._text, run.start, run.end, tags, first, last)

    def _styled(self, style: int, start: int, end: int, done: int, left: str, right: str) -> str:
        if style == _LINK:
            return self._linked(start, end, done)
        if style == _CODE:
            return self._coded(start, end, done, left)
        bordered = left and right  # or marks would be misread, whatever stands between them
        marked = self._between_marks(style, start, end, done, left, right) if bordered and style & _MARKED else ""
        return marked or _tagged(style, self.render(start, end, done | style, ">", "<"))

    def _between_marks(self, style: int, start: int, end: int, done: int, left: str, right: str) -> str:
        """Marks for the style and for those that cover just the same; nothing where they would be misread."""
        done |= style
        marks = style
        while (styles := self._runs[start].styles & ~done) and styles & _MARKED:
            inner, reach = self._widest(start, end, styles, done)
            if reach < end or not inner & _MARKED:
                break
            marks |= inner
            done |= inner
        return _marked(_SIGNS[marks], self.render(start, end, done, _MARKUP, _MARKUP), left, right)

    def _linked(self, start: int, end: int, done: int) -> str:
        first, address = self._runs[start], self._runs[start].link
        if end - start == 1 and not first.styles & ~done & ~_LINK and (short := autolink(self._text[first.start : first.end], address)):
            return short
        return _link(self.render(start, end, done | _LINK, "[", "]"), address)

    def _coded(self, start: int, end: int, done: int, left: str) -> str:
        text = self._text[self._runs[start].start : self._runs[end - 1].end]
        if self._runs[start].styles & ~done & _SPOILER:
            tag = code_tag(text)
            return f"<{tag}>{SPOILER_OPEN}{escape(text)}</span></{tag}>"
        return _code(text, left)


def _flanks(outside: str, inside: str, mixed: bool) -> bool:
    """Whether marks between these two characters can only open (or, seen from the other side, only close)."""
    if not outside or inside.isspace():
        return False
    return outside in " \t" or (not mixed and outside in _SAFE_PUNCTUATION and inside.isalnum())
