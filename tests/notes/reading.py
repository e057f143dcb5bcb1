"""Reads a note back with markdown-it-py, and computes from Telegram's rules what should be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tobs_tui.model import Entity, EntityKind
from tobs_tui.notes.links import destination

Styled = tuple[str, frozenset[str]]  # a character and its styles

PARSER = MarkdownIt("commonmark", {"html": True}).enable("strikethrough")
BREAKS = "\r\n\x85\u2028\u2029"
SPOILER = '<span class="tg-spoiler"'
MARKS = {"strong": "bold", "em": "italic", "s": "strike"}
TAGS = {"b": "bold", "i": "italic", "s": "strike", "u": "underline", "code": "code", "samp": "code"}
SIMPLE = {
    EntityKind.BOLD: "bold",
    EntityKind.ITALIC: "italic",
    EntityKind.UNDERLINE: "underline",
    EntityKind.STRIKE: "strike",
    EntityKind.SPOILER: "spoiler",
    EntityKind.CODE: "code",
    EntityKind.PRE: "code",
}
FOUND = {EntityKind.URL, EntityKind.EMAIL, EntityKind.PHONE}
LINKS = FOUND | {EntityKind.TEXT_LINK}
QUOTES = {EntityKind.QUOTE: "quote", EntityKind.COLLAPSED_QUOTE: "collapsed"}


def read(markdown: str) -> list[Styled]:
    """The characters that CommonMark shows, line breaks as newlines, each with its styles."""
    out: list[Styled] = []
    last = ""
    for place, token in _blocks(PARSER.parse(markdown)):
        if last:
            out += _newlines(2 if place == last and place.endswith("p") else 1)
        out += _block(token, frozenset({place.split("/")[0]} - {""}))
        last = place
    return out


def _newlines(count: int) -> list[Styled]:
    return [("\n", frozenset())] * count


def _blocks(tokens: Sequence[Token]) -> Iterator[tuple[str, Token]]:
    """Leaf blocks with their place: `quote/1/p` for a paragraph in the first quote."""
    quote, number = "", 0
    for i, token in enumerate(tokens):
        if token.type == "blockquote_open":
            number += 1
            quote = "collapsed" if _is_collapsed(tokens[i:]) else "quote"
        elif token.type == "blockquote_close":
            quote = ""
        elif token.type in ("inline", "fence", "html_block"):
            if _only_callout(token, quote):
                continue
            yield f"{quote}/{number if quote else ''}/{'p' if token.type != 'fence' else i}", token
        else:
            assert token.type in ("paragraph_open", "paragraph_close"), f"a {token.type} that nobody sent"


def _is_collapsed(tokens: Sequence[Token]) -> bool:
    return next(token.content for token in tokens if token.type in ("inline", "fence", "html_block")).startswith("[!quote]-")


def _only_callout(token: Token, quote: str) -> bool:
    return quote == "collapsed" and token.type == "inline" and token.content == "[!quote]-"


def _block(token: Token, styles: frozenset[str]) -> list[Styled]:
    if token.type == "fence":
        return [(char, styles | {"code"}) if char != "\n" else (char, frozenset()) for char in token.content.removesuffix("\n")]
    if token.type == "html_block":
        assert token.content.strip() == "<br>"
        return []
    children = token.children or []
    if children and children[0].content == "[!quote]-":
        children = children[2:]
    out = list(_inline(children, styles))
    if all(char == "\n" for char, _ in out) and out:
        return out[1:]  # a paragraph of breaks alone: one for each of its lines
    return out


def _inline(tokens: Iterable[Token], block: frozenset[str]) -> Iterator[Styled]:
    stack: list[str] = []
    for token in tokens:
        styles = block | {style for style in stack if style}
        if token.type in ("text", "code_inline"):
            more = {"code"} if token.type == "code_inline" else set()
            yield from ((char, styles | more) for char in token.content)
        elif token.type == "hardbreak" or (token.type == "html_inline" and token.content == "<br>"):
            yield "\n", frozenset()
        elif token.type == "link_open":
            stack.append(f"link {token.attrs['href']}")
        elif token.type == "html_inline":
            _tag(token.content, stack)
        elif token.nesting == 1:
            stack.append(MARKS[token.tag])
        elif token.nesting == -1:
            stack.pop()
        else:
            raise AssertionError(f"a {token.type} that nobody sent")
    assert not stack, "a style that isn't closed"


def _tag(content: str, stack: list[str]) -> None:
    if content.startswith("</"):
        stack.pop()
    elif content.startswith("<span"):
        stack.append("spoiler" if content.startswith(SPOILER) else "")
    else:
        stack.append(TAGS[content[1:-1]])


class Expected:
    """What a text with entities should be read as, character by character, by Telegram's rules."""

    def __init__(self, text: str, entities: Sequence[Entity]) -> None:
        self.text = text
        spans = [(entity, covered) for entity in entities if (covered := _covered(text, entity))]
        self.spans = sorted(spans, key=lambda item: (item[1][0], -item[1][-1]))
        self.quotes = self._claim(QUOTES.keys())
        self.fences = self._fences()

    def styled(self) -> list[Styled]:
        notes = self._notes()
        out: list[Styled] = []
        keys = [self._key(i) for i in range(len(self.text))]
        for i, char in enumerate(self.text):
            if i and keys[i] != keys[i - 1] and not {char, self.text[i - 1]} & set(BREAKS):
                out.append(("\n", frozenset()))
            out += self._char(i, char)
            out += [(shown, styles | self._quote(i)) for shown, styles in notes.get(i, [])]
        return out

    def _key(self, i: int) -> tuple[int, int, int]:
        return self.quotes.get(i, -1), self.fences.get(i, -1), self.quotes.get(i, -1)

    def _quote(self, i: int) -> frozenset[str]:
        return frozenset({QUOTES[self.spans[self.quotes[i]][0].kind]}) if i in self.quotes else frozenset()

    def _char(self, i: int, char: str) -> list[Styled]:
        if char in BREAKS:
            crlf = char == "\n" and i and self.text[i - 1] == "\r"
            return [] if crlf else _newlines(1)
        styles = set(self._quote(i)) | {SIMPLE[entity.kind] for entity, at in self.spans if i in at and entity.kind in SIMPLE}
        links = [(entity, at) for entity, at in self.spans if i in at and entity.kind in LINKS and self._address(entity, at)]
        if links and i not in self.fences:
            entity, at = links[-1]
            styles.add(f"link {self._address(entity, at) if entity.kind is EntityKind.TEXT_LINK else '*'}")
        return [(shown, frozenset(styles)) for shown in visible(char)]

    def _address(self, entity: Entity, at: range) -> str:
        return destination(entity.kind, self.text[at.start : at.stop], entity.value)

    def _claim(self, kinds: Iterable[EntityKind], left_out: Iterable[int] = ()) -> dict[int, int]:
        """Which span of the kinds has a character: the first that covers it, line breaks at its ends left out."""
        claimed: dict[int, int] = {}
        end = 0
        for number, (entity, at) in enumerate(self.spans):
            if entity.kind not in kinds or number in left_out:
                continue
            own = [i for i in at if i >= end]
            shown = [i for i in own if self.text[i] not in BREAKS]
            if shown:
                claimed |= dict.fromkeys(range(shown[0], shown[-1] + 1), number)
                end = shown[-1] + 1
        return claimed

    def _fences(self) -> dict[int, int]:
        """Characters in fences; each part of a fence inside or outside a quote is a fence of its own."""
        styled = {number for number, (entity, at) in enumerate(self.spans) if entity.kind is EntityKind.PRE and self._is_styled(at)}
        claimed = self._claim({EntityKind.PRE}, styled)
        parts: dict[int, int] = {}
        for _, group in groupby(claimed.items(), key=lambda item: (item[1], self.quotes.get(item[0]))):
            indices = [i for i, _ in group]
            shown = [i for i in indices if self.text[i] not in BREAKS]
            if shown and not self._has_block_id(range(shown[0], shown[-1] + 1)):
                parts |= dict.fromkeys(range(shown[0], shown[-1] + 1), shown[0])
        return parts

    def _is_styled(self, at: range) -> bool:
        breakers = set(SIMPLE) - {EntityKind.CODE, EntityKind.PRE} | {EntityKind.TEXT_LINK}
        return any(other.kind in breakers and set(at) & set(others) for other, others in self.spans)

    def _has_block_id(self, at: range) -> bool:
        lines = re.split("[\r\n\x85\u2028\u2029]", self.text[at.start : at.stop])
        return any(re.search(r"(^|\s)\^[\w-]+\s*$", line) for line in lines)

    def _notes(self) -> dict[int, list[Styled]]:
        """The addresses in words behind links that may not be links."""
        notes: dict[int, list[Styled]] = {}
        for entity, at in self.spans:
            shown = self.text[at.start : at.stop].rstrip(BREAKS)
            if entity.kind is EntityKind.TEXT_LINK and shown and entity.value.strip() and not self._address(entity, at):
                address = " ".join("".join(map(visible, entity.value)).split())
                words = [*" (", *address, *")"]
                code = {2 + i for i in range(len(address))}
                styled = [(char, frozenset({"code"}) if i in code else frozenset()) for i, char in enumerate(words)]
                notes.setdefault(at.start + len(shown) - 1, []).extend(styled)
        return notes


def _covered(text: str, entity: Entity) -> range:
    """The characters of which the entity covers at least one UTF-16 code unit."""
    first, last = entity.offset, entity.offset + entity.length
    unit, covered = 0, []
    for i, char in enumerate(text):
        width = 2 if char > "\uffff" else 1
        if entity.length > 0 and unit < last and unit + width > first:
            covered.append(i)
        unit += width
    return range(covered[0], covered[-1] + 1) if covered else range(0)


def visible(char: str) -> str:
    """A character as the notes show it."""
    code = ord(char)
    if code < 0x20 and char not in "\t\n":
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"<U+{code:04X}>" if 0x80 <= code < 0xA0 or 0xD800 <= code < 0xE000 else char


def same(read_back: Sequence[Styled], expected: Sequence[Styled]) -> bool:
    """Whether characters and styles are equal; of a found link any address will do."""
    return len(read_back) == len(expected) and all(
        char == other and _shown(styles, "link *" in others) == _wanted(others)
        for (char, styles), (other, others) in zip(read_back, expected, strict=True)
    )


def _shown(styles: frozenset[str], any_link: bool) -> frozenset[str]:
    return frozenset("link *" if any_link and style.startswith("link ") else unquote(style) for style in styles)


def _wanted(styles: frozenset[str]) -> frozenset[str]:
    return frozenset(unquote(style.replace("&amp;", "&")) for style in styles)
