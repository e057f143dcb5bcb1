"""An article's nodes as Markdown, read back by a parser that isn't ours: text stays text."""

from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tobs_tui.articles.markdown import Node, render_nodes
from tobs_tui.sandbox.articles import PAGES, node

BASE = "https://telegra.ph/"


def markdown(*nodes: str | dict[str, Any]) -> str:
    return render_nodes(msgspec.convert(nodes, tuple[str | Node, ...]), BASE)


def html(*nodes: str | dict[str, Any]) -> str:
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown(*nodes)))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.tags: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def read(page: str) -> tuple[str, list[str]]:
    parser = _Text()
    parser.feed(page)
    parser.close()
    return " ".join(parser.words.split()), parser.tags


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ((node("p", "a ", node("strong", "b"), node("em", "c"), node("u", "d"), node("s", "e")),), "a <b>b</b><i>c</i><u>d</u><s>e</s>\n"),
        ((node("h3", "One"), node("h4", "Two"), node("hr")), "## One\n\n### Two\n\n---\n"),
        ((node("ol", node("li", "a"), node("li", "b", node("ul", node("li", "c")))),), "1. a\n2. b\n   - c\n"),
        ((node("blockquote", "a", node("br"), "b"),), "> a  \n> b\n"),
        ((node("aside", node("p", "a"), node("p", "b")),), "> a\n>\n> b\n"),
        ((node("pre", "x = `1`\n\n    y"),), "```\nx = `1`\n\n    y\n```\n"),
        ((node("p", node("code", "a`b"), node("code", "c")),), "<code>a\\`b</code><code>c</code>\n"),
        ((node("p", node("code", " $= x"), node("code", "a=")),), "<samp> \\$\\= x</samp><code>a\\=</code>\n"),
        ((node("p", node("a", "here", href="/Other-01-01")),), "[here](https://telegra.ph/Other-01-01)\n"),
        (
            (node("figure", node("img", src="/file/a.png"), node("figcaption", "A [pic]")),),
            "🖼 [A \\[pic\\]](https://telegra.ph/file/a.png)\n",
        ),
        ((node("figure", node("iframe", src="/embed/youtube?url=x")),), "🖼 [Figure](https://telegra.ph/embed/youtube?url=x)\n"),
        (("loose", node("b", "er"), node("p", "p")), "loose<b>er</b>\n\np\n"),
        ((), ""),
    ],
)
def test_every_kind_of_node(nodes: tuple[str | dict[str, Any], ...], expected: str) -> None:
    assert markdown(*nodes) == expected


def test_links_that_lead_nowhere_good_are_words() -> None:
    page = html(
        node("p", node("a", "click](http://evil.example)", href="javascript:alert(1)")),
        node("p", node("a", "x", href="http://a b/) [c](d")),
    )
    assert 'href="javascript' not in page
    assert page.count("<a ") == 1
    assert "evil.example)" in read(page)[0]


def test_the_nasty_page_has_no_power() -> None:
    page = html(*PAGES["Nasty-02-29"]["content"])
    words, tags = read(page)
    assert set(tags) <= {"p", "br", "code", "pre"}
    for text in (
        "# no heading",
        "- [ ] no task ==no mark== %%no comment%% $no math$ ^noid [[no link]] #notag <b>no tag</b> | a | b |",
        "1. no list",
    ):
        assert text in words
    assert "unknown" in words


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=30), min_size=1, max_size=3))
def test_any_text_is_read_back(texts: list[str]) -> None:
    words, tags = read(html(*(node("p", text) for text in texts)))
    assert set(tags) <= {"p"}
    assert _plain(words) == _plain(" ".join(texts))


def _plain(text: str) -> str:
    """Without white space and what is no character of a text (controls, line separators, NUL's replacement)."""
    import unicodedata

    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Zl", "Zp") and c != "\ufffd")


def test_a_style_that_begins_with_a_line_break_hides_no_escape() -> None:
    inside = node("b", node("br"), "<a", node("br"))
    assert read(html(inside)) == ("<a", ["p", "b"])


_LEAVES = st.text("ab `*_<>[]()!|\n", max_size=8)
_NODES = st.recursive(
    _LEAVES,
    lambda inner: st.builds(
        lambda tag, children: node(tag, *children, href="/x", src="/y"),
        st.sampled_from(["p", "a", "b", "i", "code", "pre", "ul", "ol", "li", "blockquote", "figure", "figcaption", "br", "h3", "blink"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


@given(st.lists(_NODES, max_size=4))
def test_any_tree_renders_without_a_tag_of_its_text(nodes: list[str | dict[str, Any]]) -> None:
    _, tags = read(html(*nodes))
    known = {"p", "a", "b", "i", "u", "s", "code", "pre", "ul", "ol", "li", "blockquote", "br", "h2", "h3", "hr"}
    assert set(tags) <= known
