"""Links to messages that are in the vault lead to their blocks."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from tests.notes.test_message import CONTEXT, message
from tests.support.records import replace
from tobs_tui.model import Entity, EntityKind, Forward, Reply
from tobs_tui.notes.message import ReplyTarget, render
from tobs_tui.notes.targets import Target, target_of, targets_in

THERE = ReplyTarget("Rust Weekly 2025-01", "Grace", "first words")
LINKED = replace(
    CONTEXT,
    links={
        Target(-1000000000005, message_id=12): THERE,
        Target(name="rust_weekly", message_id=12): THERE,
        Target(name="ada_demo"): ReplyTarget("Ada Lovelace", "", ""),
        Target(9): ReplyTarget("Alan", "", ""),
    },
)


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://t.me/c/5/12", Target(-1000000000005, message_id=12)),
        ("t.me/c/5/3/12?single", Target(-1000000000005, message_id=12)),
        ("http://telegram.me/Rust_Weekly/12", Target(name="rust_weekly", message_id=12)),
        ("https://t.me/rust_weekly/12?comment=7", Target(name="rust_weekly", message_id=12)),
        ("https://t.me/rust_weekly", None),
        ("https://t.me/s/rust_weekly/12", Target(name="rust_weekly", message_id=12)),
        ("https://t.me/rust_weekly/0", None),
        ("https://t.me.evil.org/c/5/12", None),
        ("https://t.me/c/5/12/../x", None),
    ],
)
def test_addresses_of_messages(address: str, target: Target | None) -> None:
    assert target_of(address) == target


def test_addresses_of_messages_in_the_vault_become_links_to_their_blocks() -> None:
    text = "see https://t.me/c/5/12 or *this* or https://t.me/c/5/13"
    entities = (Entity(EntityKind.URL, 4, 19), Entity(EntityKind.TEXT_LINK, 27, 6, "t.me/rust_weekly/12"), Entity(EntityKind.URL, 37, 19))
    shown = render((message(text=text, entities=entities),), LINKED).text.split("\n\n")[1]
    assert shown == (
        "see [https\\://t.me/c/5/12](<Rust Weekly 2025-01.md#^m12>) or [\\*this\\*](<Rust Weekly 2025-01.md#^m12>) or <https://t.me/c/5/13>"
    )


def test_mentions_of_people_whose_chat_is_in_the_vault_lead_there() -> None:
    text = "@Ada_Demo and *Alan* and @nobody"
    entities = (Entity(EntityKind.MENTION, 0, 9), Entity(EntityKind.MENTION_NAME, 14, 6, "9"), Entity(EntityKind.MENTION, 25, 7))
    shown = render((message(text=text, entities=entities),), LINKED).text.split("\n\n")[1]
    assert shown == "[@Ada_Demo](<Ada Lovelace.md>) and [\\*Alan\\*](<Alan.md>) and @nobody"


@pytest.mark.parametrize("name", ["50%25 off", "R&amp;D", "100% &copy; Kate's"])
def test_the_name_of_a_note_is_read_back_from_a_link(name: str) -> None:
    context = replace(LINKED, links={Target(name="x_chat", message_id=3): ReplyTarget(f"{name} 2025-01", "", "")})
    link = Entity(EntityKind.TEXT_LINK, 0, 4, "t.me/x_chat/3")
    shown = render((message(text="look", entities=(link,)),), context).text.split("\n\n")[1]
    (paragraph,) = (token for token in MarkdownIt().parse(shown) if token.type == "inline")
    assert unquote(str((paragraph.children or [])[0].attrs["href"])) == f"{name} 2025-01.md#^m3"


def test_all_that_a_message_points_at() -> None:
    link = Entity(EntityKind.TEXT_LINK, 0, 1, "https://t.me/c/5/12")
    pointing = message(text="x", entities=(link,), forward=Forward("B", 0, -7, 8), reply=Reply(9, chat_id=-3))
    assert targets_in(pointing) == {Target(-1000000000005, message_id=12), Target(-7, message_id=8), Target(-3, message_id=9)}
    assert targets_in(message(text="x", reply=Reply(9), forward=Forward("B", 0))) == set()
