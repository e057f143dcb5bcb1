"""An article's nodes (https://telegra.ph/api#Node) as Markdown. All of it is somebody's data: nothing in it becomes markup of its own.

Styles inside a line are HTML tags, which hold inside words and beside punctuation, where Markdown's own delimiters don't.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import msgspec

_SPECIAL = re.compile(r"[\\`*_\[\]<>#~=%$^&|!]")
_OPENING = re.compile(r"^(\d{1,9})([.)])|^([-+])")
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
# What Dataview, a common plug-in, would put the result of a query in the place of.
_QUERY = re.compile(r"\s*\$?=")
_STYLES = {"b": "b", "strong": "b", "i": "i", "em": "i", "s": "s", "u": "u", "code": "code"}
_HEADINGS = {"h1": "##", "h2": "##", "h3": "##", "h4": "###", "h5": "####", "h6": "#####"}
_BLOCKS = frozenset({"p", "ul", "ol", "blockquote", "aside", "pre", "figure", "hr", "iframe", "video", "img", *_HEADINGS})
_SCHEMES = ("http", "https", "mailto", "tg")
_SAFE_IN_LINKS = ":/?#@!$&'*+,;=%~-._"


class Node(msgspec.Struct, frozen=True):
    """An element of an article: its tag, its attributes (`href`, `src`), what is in it."""

    tag: str
    attrs: dict[str, str] = {}
    children: tuple[str | Node, ...] = ()


Piece = str | Node
# Pictures that nobody fetched.
NO_PICTURES: Mapping[str, tuple[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article stands: the address that its relative links start from, and where its pictures lie in the vault, by address;
    a picture that couldn't be had has an empty path and the reason."""

    address: str
    pictures: Mapping[str, tuple[str, str]]


def render_nodes(nodes: Iterable[Piece], base: str, pictures: Mapping[str, tuple[str, str]] = NO_PICTURES) -> str:
    """Markdown of an article's content; `base` and `pictures` are as in Place. Ends with a line break."""
    blocks = [block for block in _blocks(nodes, Place(base, pictures)) if block.strip()]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def pictures_in(nodes: Iterable[Piece], base: str) -> tuple[str, ...]:
    """The addresses of an article's pictures, each once, in order."""
    images = (each for node in nodes if isinstance(node, Node) for each in _walk(node) if each.tag == "img")
    return tuple(dict.fromkeys(filter(None, (_whole(image.attrs.get("src", ""), base) for image in images))))


def _whole(address: str, base: str) -> str:
    try:
        return urljoin(base, address.strip()) if address.strip() else ""
    except ValueError:
        return ""


def escape(text: str) -> str:
    """`text` as it is read, whatever Markdown, HTML or Obsidian would see in it; it doesn't guard the start of a line (`_line`)."""
    return _SPECIAL.sub(r"\\\g<0>", _clean(_SPACE.sub(" ", text)))


def _clean(text: str) -> str:
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"))


def _line(text: str) -> str:
    """A line that can't begin a list."""
    return _OPENING.sub(lambda match: f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}", text.strip(" "))


def _blocks(nodes: Iterable[Piece], base: Place) -> Iterator[str]:
    """Blocks in order; loose text between them is a paragraph of its own."""
    loose: list[Piece] = []
    for node in nodes:
        if isinstance(node, Node) and (node.tag in _BLOCKS or any(_is_block(child) for child in node.children)):
            yield _paragraph(loose, base)
            loose = []
            yield _block(node, base)
        else:
            loose.append(node)
    yield _paragraph(loose, base)


def _is_block(node: Piece) -> bool:
    return isinstance(node, Node) and node.tag in _BLOCKS


def _paragraph(nodes: Iterable[Piece], base: Place) -> str:
    lines = _inline(nodes, base).split("\n")
    return "  \n".join(line for line in map(_line, lines) if line)


def _block(node: Node, base: Place) -> str:
    if node.tag in _HEADINGS:
        return f"{_HEADINGS[node.tag]} {_inline(node.children, base).replace(chr(10), ' ').strip()}"
    if node.tag in ("ul", "ol"):
        return _list(node, base)
    if node.tag in ("blockquote", "aside"):
        return "\n".join(f"> {line}".rstrip(" ") if not line.endswith("  ") else f"> {line}" for line in _inner(node, base).split("\n"))
    if node.tag == "pre":
        return _fenced(_clean(_text(node)).strip("\n"))
    if node.tag == "hr":
        return "---"
    if node.tag in ("figure", "img", "iframe", "video"):
        return _figure(node, base)
    return _inner(node, base)


def _inner(node: Node, base: Place) -> str:
    return "\n\n".join(block for block in _blocks(node.children, base) if block.strip())


def _list(node: Node, base: Place) -> str:
    items = [child for child in node.children if isinstance(child, Node) or child.strip()]
    lines: list[str] = []
    for number, item in enumerate(items, 1):
        mark = f"{number}. " if node.tag == "ol" else "- "
        inner = _inner(item, base) if isinstance(item, Node) else _paragraph([item], base)
        lines.append(mark + inner.replace("\n\n", "\n").replace("\n", "\n" + " " * len(mark)))
    return "\n".join(lines)


def _figure(node: Node, base: Place) -> str:
    """A picture or film is named and linked: its caption, and where it lies."""
    source = next((each.attrs["src"] for each in _walk(node) if "src" in each.attrs), "")
    caption = next((_inline(each.children, base) for each in _walk(node) if each.tag == "figcaption"), "")
    words = " ".join(caption.split())
    path, reason = base.pictures.get(_whole(source, base.address), ("", ""))
    if path:
        return f"![[{path}]]" + (f"\n\n<i>{words}</i>" if words else "")
    return f"🖼 {_link(words or 'Figure', source, base)}" + (f", not kept: {escape(reason)}" if reason else "")


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        if isinstance(child, Node):
            yield from _walk(child)


def _text(node: Piece) -> str:
    if isinstance(node, str):
        return node
    return "\n" if node.tag == "br" else "".join(map(_text, node.children))


def _inline(nodes: Iterable[Piece], base: Place) -> str:
    return "".join(_span(node, base) for node in nodes)


def _span(node: Piece, base: Place) -> str:
    if isinstance(node, str):
        return escape(node)
    if node.tag == "br":
        return "\n"
    inner = _inline(node.children, base)
    if node.tag == "a":
        return _link(inner, node.attrs.get("href", ""), base)
    style = _STYLES.get(node.tag)
    if style == "code" and _QUERY.match(_text(node)):
        style = "samp"
    return _tagged(inner, style) if style and inner.strip() else inner


def _tagged(inner: str, style: str) -> str:
    """A text in a tag, which doesn't hold the line breaks at its ends: a tag alone on a line would begin a block of raw HTML."""
    start = inner.rfind("\n", 0, len(inner) - len(inner.lstrip())) + 1
    end = inner.find("\n", len(inner.rstrip()))
    end = len(inner) if end < 0 else end
    return f"{inner[:start]}<{style}>{inner[start:end]}</{style}>{inner[end:]}"


def _link(words: str, address: str, base: Place) -> str:
    """`[words](address)`; an address that no reader should follow is told in words."""
    try:
        whole = urljoin(base.address, address.strip())
        scheme = urlsplit(whole).scheme
    except ValueError:
        scheme = ""
    if not address:
        return words
    if scheme not in _SCHEMES:
        return f"{words} ({escape(address)})"
    return f"[{words or escape(whole)}]({quote(whole, safe=_SAFE_IN_LINKS, errors='replace')})"


def _fenced(text: str) -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"
