"""One line of styled text as Markdown: runs become properly nested marks.

`**`, `*` and `~~` are used where they can only open or only close (CommonMark 0.31, "left-flanking" and "right-flanking"),
so that no two of them are ever paired wrongly; everywhere else the HTML tag says the same. A spoiler is a bar of the text's own
colour: hidden until it is selected, or clicked while editing; the class lets a snippet do more. It stands inside all other styles,
because some of them (links, code, what a theme colours) have a colour of their own, in which they would be read on the bar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tobs_tui.notes.escape import code_span, code_tag, escape, escape_part, tagged_code
from tobs_tui.notes.links import autolink
from tobs_tui.notes.spans import Run, Style

SPOILER_OPEN = '<span class="tg-spoiler" style="background:currentColor">'

_MARKS = {Style.STRIKE: "~~", Style.BOLD: "**", Style.ITALIC: "*"}
_TAGS = {
    Style.STRIKE: ("<s>", "</s>"),
    Style.BOLD: ("<b>", "</b>"),
    Style.ITALIC: ("<i>", "</i>"),
    Style.UNDERLINE: ("<u>", "</u>"),
    Style.SPOILER: (SPOILER_OPEN, "</span>"),
}
_INNERMOST = frozenset((Style.SPOILER, Style.CODE))
_WITHOUT_TAGS = frozenset((Style.LINK, *_INNERMOST))
_EDGE = " "
_MARKUP = ""  # an unknown mark of our own stands here
_SAFE_PUNCTUATION = frozenset("!\"#$%&'()+,-./:;<=>?@[]^{|}")


class _Node(NamedTuple):
    """A style around other nodes, or (`style` is None) a part of the text or Markdown that is ready."""

    run: Run
    style: Style | None = None
    children: tuple[_Node, ...] = ()
    tags: bool = True


def render_line(text: str, runs: Sequence[Run], tags: Mapping[int, int]) -> str:
    """The runs of one line of `text`, none of them empty but for raw ones. `tags` are hashtags left as they are."""
    if len(runs) == 1 and not runs[0].styles and not tags:
        return escape_part(text[runs[0].start : runs[0].end], first=True, last=True)
    return _Line(text, tags).render(_nested(runs), _EDGE, _EDGE, whole=True)


def _nested(runs: Sequence[Run], *, tags: bool = True) -> tuple[_Node, ...]:
    nodes, at = [], 0
    while at < len(runs):
        if not runs[at].styles:
            nodes.append(_Node(runs[at], tags=tags))
            at += 1
            continue
        style, end = _widest(runs, at)
        inner = [Run(run.start, run.end, run.styles - {style}, run.link) for run in runs[at:end]]
        nodes.append(_Node(runs[at], style, _nested(inner, tags=tags and style not in _WITHOUT_TAGS)))
        at = end
    return tuple(nodes)


def _widest(runs: Sequence[Run], at: int) -> tuple[Style, int]:
    """The style of a run that goes on over most of those that follow, and where it ends. Code comes last, and spoilers in it."""
    if len(runs[at].styles) == 1:
        (only,) = runs[at].styles
        return only, _end(runs, at, only)
    styles = sorted(runs[at].styles - _INNERMOST) or [Style.CODE]
    ends = {style: _end(runs, at, style) for style in styles}
    return max(ends.items(), key=lambda item: (item[1], -item[0]))


def _end(runs: Sequence[Run], at: int, style: Style) -> int:
    """Where the style that a run has stops. Code and spoilers stop where another style begins: none can stand inside them."""
    end, first = at, runs[at]
    while end < len(runs) and style in runs[end].styles:
        if (style is Style.LINK and runs[end].link != first.link) or (style in _INNERMOST and runs[end].styles != first.styles):
            break
        end += 1
    return end


class _Line:
    """Renders the nodes of one line. `before` and `after` are the characters that stand beside them in the note."""

    def __init__(self, text: str, tags: Mapping[int, int]) -> None:
        self._text = text
        self._tags = tags

    def render(self, nodes: Sequence[_Node], before: str, after: str, *, whole: bool = False) -> str:
        last = len(nodes) - 1
        leaves = [
            self._leaf(node, first=whole and i == 0, last=whole and i == last) if node.style is None else _MARKUP
            for i, node in enumerate(nodes)
        ]
        parts = []
        for i, node in enumerate(nodes):
            left = leaves[i - 1][-1:] if i else before
            right = leaves[i + 1][:1] if i < last else after
            parts.append(leaves[i] if node.style is None else self._styled(node, node.style, left, right))
            if leaves[i][-1:] == "!" and i < last and nodes[i + 1].style is Style.LINK:
                parts[-1] = leaves[i][:-1] + "\\!"  # or the link behind it would be an image
        return "".join(parts)

    def _leaf(self, node: _Node, *, first: bool, last: bool) -> str:
        if node.run.raw:
            return node.run.raw
        start, end = node.run.start, node.run.end
        if not self._tags:
            return escape_part(self._text[start:end], first=first, last=last)
        tags = [at for at in self._tags if start <= at and self._tags[at] <= end] if node.tags else []
        parts = []
        for at in tags:
            parts += [escape_part(self._text[start:at], first=first, last=False), self._text[at : self._tags[at]]]
            start, first = self._tags[at], False
        return "".join((*parts, escape_part(self._text[start:end], first=first, last=last)))

    def _styled(self, node: _Node, style: Style, left: str, right: str) -> str:
        if style is Style.CODE:
            return self._code(node, left)
        if style is Style.LINK:
            return self._link(node)
        return (self._marked(node, style, left, right) if style in _MARKS else "") or self._tagged(node, style)

    def _tagged(self, node: _Node, style: Style) -> str:
        opening, closing = _TAGS[style]
        return f"{opening}{self.render(node.children, '>', '<')}{closing}"

    def _marked(self, node: _Node, style: Style, left: str, right: str) -> str:
        """Marks for the node and for those that cover just the same; nothing where they would be misread."""
        styles, inner = [style], node
        while len(inner.children) == 1 and (other := inner.children[0].style) is not None and other in _MARKS:
            inner = inner.children[0]
            styles.append(other)
        marks = "".join(_MARKS[style] for style in sorted(styles))
        content = self.render(inner.children, _MARKUP, _MARKUP)
        mixed = "~" in marks and "*" in marks
        if _flanks(left, content[0], mixed=mixed) and _flanks(right, content[-1], mixed=mixed) and content[-1] not in "*_~\\":
            return f"{marks}{content}{marks[::-1]}"
        return ""

    def _link(self, node: _Node) -> str:
        children, address = node.children, node.run.link
        if len(children) == 1 and children[0].style is None:
            shown = self._text[children[0].run.start : children[0].run.end]
            if short := autolink(shown, address):
                return short
        content = self.render(children, "[", "]")
        guard = "\\" if content[0] == "!" else ""  # or it might be a callout
        return f"[{guard}{content}]({address})"

    def _code(self, node: _Node, left: str) -> str:
        text = self._text[node.children[0].run.start : node.children[-1].run.end]
        if node.children[0].style is Style.SPOILER:
            tag = code_tag(text)
            return f"<{tag}>{SPOILER_OPEN}{escape(text)}</span></{tag}>"
        return tagged_code(text) if left == "`" else code_span(text)


def _flanks(outside: str, inside: str, *, mixed: bool) -> bool:
    """Whether marks between these two characters can only open (or, seen from the other side, only close)."""
    if not outside or inside.isspace():
        return False
    return outside in " \t" or (not mixed and outside in _SAFE_PUNCTUATION and inside.isalnum())
