"""Texts and entities as nasty as senders make them, the sandbox's nastiest among them."""

from __future__ import annotations

from operator import add

from hypothesis import strategies as st

from tobs_tui.model import Entity, EntityKind
from tobs_tui.sandbox.nasty import TEXTS

PIECES = (
    *"*_`~=%$^#|\\<>[](){}!&:;.,-+@/\"'",
    *("**", "__", "```", "````", "~~", "==", "%%", "$$", "[[", "]]", "![[", "[^1]", "[^1]: ", "^[", "^id", " ^m12", "^m1234"),
    *(
        "#tag",
        "#привет",
        "#123",
        "#a_b",
        "#_a",
        "# ",
        "## ",
        "> ",
        ">",
        "- ",
        "+ ",
        "* ",
        "1. ",
        "12) ",
        "- [ ] ",
        "---",
        "***",
        "===",
        "- - -",
    ),
    *(
        "[!note]",
        "[x](y)",
        "[x]: y",
        "|a|b|",
        "|---|---|",
        ":--",
        "<b>",
        "</b>",
        "<br>",
        "<!--",
        "-->",
        "<script>",
        "&amp;",
        "&#35;",
        "&lt",
    ),
    *("http://a.b", "https://example.com/x?y=z#w", "www.a.b", "me@example.org", "mailto:a@b.c", "javascript:x", "obsidian://open"),
    *(
        "\n",
        "\n",
        "\n\n",
        "\n\n\n",
        " ",
        "  ",
        "    ",
        "\t",
        "\r\n",
        "\r",
        "\u2028",
        "\u2029",
        "\x85",
        "\x00",
        "\x1b[31m",
        "\x0c",
        "\x9b",
        "\x7f",
    ),
    *(
        "\xa0",
        "\u3000",
        "\u200b",
        "\u200f",
        "\u202e",
        "\u2066",
        "\ufeff",
        "😀",
        "👨\u200d👩\u200d👧",
        "🇩🇪",
        "👍🏽",
        "é",
        "e\u0301",
        "שלום",
        "中文",
        "ß",
    ),
    *("a", "b", "word", "snake_case", "2*3*4", "**Ada** · 14:05 ^m99", "## 2025-01-30", "dataview", "C:\\x\\", "--", "“x”", "1", "0x1f"),
    *("-:", "$= ", "{{date}}", "<% x %>", "[k:: v]", "::: x", "term\n: x"),
)
ADDRESSES = (
    *(
        "https://example.com/",
        "https://example.com/a b",
        "http://example.com/(x)_*y*[z]",
        "example.com/%zz%41",
        "https://example.com/?a=b&amp;c&copy;d",
    ),
    *(
        "tg://user?id=5",
        "mailto:me@example.org",
        "ton://transfer/x",
        "tel:+491234",
        "https://example.com/<b>\"'`|\\^$%%==[[x]]",
        "https://example.com/ü/😀",
    ),
    *(
        "javascript:alert(1)",
        "obsidian://open?vault=x",
        "data:text/html,<b>",
        "file:///etc/passwd",
        "vbscript:`x`",
        "JaVaScRiPt:x\ny",
        " \t",
        "",
    ),
)
LANGUAGES = ("", "python", "dataviewjs", "c++", "`", "a b\nc")

built = st.lists(st.one_of(st.sampled_from(PIECES), st.sampled_from(PIECES), st.text(max_size=4)), max_size=14).map("".join)
texts = st.one_of(built, built, built, st.sampled_from(TEXTS), st.builds(add, st.sampled_from(TEXTS), built))


@st.composite
def entities(draw: st.DrawFn, text: str) -> tuple[Entity, ...]:
    """Up to seven entities anywhere in and around a text, also inside its surrogate pairs."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    found = []
    for _ in range(draw(st.integers(0, 7))):
        kind = draw(st.sampled_from(EntityKind))
        offset, length = draw(st.integers(-1, units + 1)), draw(st.integers(-1, units + 2))
        found.append(Entity(kind, offset, length, draw(_value(kind))))
    return tuple(found)


def _value(kind: EntityKind) -> st.SearchStrategy[str]:
    if kind is EntityKind.TEXT_LINK:
        return st.sampled_from(ADDRESSES)
    return st.sampled_from(LANGUAGES) if kind is EntityKind.PRE else st.just("")


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, tuple[Entity, ...]]:
    """A text with its entities."""
    text = draw(texts)
    return text, draw(entities(text))
