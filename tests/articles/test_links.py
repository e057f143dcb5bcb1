"""Which links of a message are articles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tobs_tui.articles.links import article_links, article_place
from tobs_tui.model import Entity, EntityKind


def url_entity(text: str, part: str) -> Entity:
    before, wide = text.partition(part)[0], part.encode("utf-16-le")
    return Entity(EntityKind.URL, len(before.encode("utf-16-le")) // 2, len(wide) // 2)


def test_links_in_a_text_and_behind_words_are_found_once_in_order() -> None:
    text = "👍🏽 read telegra.ph/One-01-02 and http://graph.org/Zwei-ä and https://example.org/x, again telegra.ph/One-01-02"
    entities = [
        url_entity(text, "telegra.ph/One-01-02"),
        url_entity(text, "http://graph.org/Zwei-ä"),
        url_entity(text, "https://example.org/x"),
        Entity(EntityKind.TEXT_LINK, 0, 2, "https://telegra.ph/One-01-02/"),
        Entity(EntityKind.BOLD, 0, 4),
    ]
    assert article_links(text, entities) == ("https://telegra.ph/One-01-02", "https://graph.org/Zwei-ä")


@pytest.mark.parametrize(
    "link",
    [
        "",
        "telegra.ph",
        "https://telegra.ph/",
        "https://telegra.ph/file/x.png",
        "https://telegra.ph/../etc",
        "https://telegra.ph/..",
        "https://telegra.ph.evil.example/One",
        "https://evil.example@evil.example/telegra.ph",
        "javascript://telegra.ph/One",
        "ftp://telegra.ph/One",
        "https://[telegra.ph/One",
    ],
)
def test_other_addresses_are_no_articles(link: str) -> None:
    assert article_place(link) is None


@given(st.text(max_size=40), st.integers(0, 60), st.integers(0, 60), st.text(max_size=40))
def test_no_text_and_no_span_raises(text: str, offset: int, length: int, value: str) -> None:
    entities = [Entity(EntityKind.URL, offset, length), Entity(EntityKind.TEXT_LINK, offset, length, f"https://telegra.ph{value}")]
    for link in article_links(text, entities):
        assert link.startswith("https://telegra.ph/")
