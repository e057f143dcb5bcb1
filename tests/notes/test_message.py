"""Blocks of notes: header, ids, what is answered, albums, files, service messages, and what can't be shown yet."""

from __future__ import annotations

import re
import sys
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.notes.strategies import messages
from tests.support.records import replace
from tobs_tui.content import MediaKind, RemoteFile, Unrendered, WebPage
from tobs_tui.model import (
    Button,
    Chat,
    ChatKind,
    Entity,
    EntityKind,
    ExportOptions,
    Forward,
    Layout,
    Message,
    Reaction,
    Reply,
    Sender,
    Service,
    ServiceKind,
)
from tobs_tui.notes.escape import shortened
from tobs_tui.notes.inline import SPOILER_OPEN
from tobs_tui.notes.message import RenderContext, ReplyTarget, missing_line, render
from tobs_tui.notes.targets import Target

CHAT = Chat(-1000000000005, ChatKind.CHANNEL, "Rust [Weekly]")
BERLIN = ZoneInfo("Europe/Berlin")
TARGETS = {1200: ReplyTarget("Rust Weekly 2025-01", "Grace [Hopper]", "see *this*")}
CONTEXT = RenderContext(CHAT, "Rust Weekly", "Telegram/Rust Weekly", BERLIN, ExportOptions("/v"), TARGETS)
ADA = Sender(7, "Ada Lovelace")
AT = 1738242300  # 2025-01-30 14:05 in Berlin
PNG = RemoteFile(1, MediaKind.DOCUMENT, 12 * 2**20, 2, name="diagram.png", mime="image/png")


def message(id: int = 1234, **facts: Any) -> Message:
    return replace(Message(id, AT, ADA), **facts)


def text_of(*block: Message, context: RenderContext = CONTEXT) -> str:
    return render(block, context).text


def test_a_message_looks_as_specified() -> None:
    full = message(
        text="The text, as Telegram shows it.",
        entities=(Entity(EntityKind.ITALIC, 4, 4),),
        content=PNG,
        reply=Reply(1200),
        edited=AT + 240,
        reactions=(Reaction("👍", 3), Reaction("❤️", 1)),
    )
    rendered = render((full,), CONTEXT)
    assert rendered.note.path == "Telegram/Rust Weekly/Rust Weekly 2025-01.md"
    assert (rendered.day, rendered.day_heading) == ("2025-01-30", "## 2025-01-30\n\n")
    assert rendered.text == (
        "**Ada Lovelace** · 14:05 · edited 14:09 ^m1234\n\n"
        "> [[Rust Weekly 2025-01#^m1200|Grace (Hopper)]]: see \\*this\\*\n\n"
        "The *text*, as Telegram shows it.\n\n"
        "![[Telegram/Rust Weekly/media/2025-01/1234 diagram.png]]\n\n"
        "👍 3 · ❤️ 1\n\n"
    )
    assert rendered.kinds == ("document",)
    assert rendered.records == ((1234, "Ada Lovelace", "The text, as Telegram shows it."),)


def test_the_first_block_opens_its_note() -> None:
    head = render((message(text="x"),), CONTEXT).head
    assert head == '---\ntelegram_id: 5\ntelegram_chat: "[[Rust Weekly]]"\nperiod: "2025-01"\ntags: [telegram]\n---\n\n'


@pytest.mark.parametrize(
    ("facts", "header"),
    [
        ({"edited": AT + 86400}, "**Ada Lovelace** · 14:05 · edited 2025-01-31 14:05 ^m1234"),
        ({"via_bot": "gif"}, "**Ada Lovelace** · 14:05 · via @gif ^m1234"),
        ({"author": "the *editor*"}, "**Ada Lovelace** · 14:05 · the \\*editor\\* ^m1234"),
        ({"forward": Forward("A_B", AT)}, "**Ada Lovelace** · 14:05 · forwarded from A_B, 2025-01-30 14:05 ^m1234"),
        ({"forward": Forward("", 0)}, "**Ada Lovelace** · 14:05 · forwarded from a hidden account ^m1234"),
        ({"forward": Forward("B", 0, -5, 6)}, "**Ada Lovelace** · 14:05 · forwarded from [[B 2025-01#^m6|B]] ^m1234"),
        ({"sender": Sender(5, "")}, "**Deleted account** · 14:05 ^m1234"),
        ({"sender": Sender(5, "a\n## b ^m5\u202e**")}, "**a \\#\\# b \\^m5\\*\\*** · 14:05 ^m1234"),
    ],
)
def test_headers_say_what_applies(facts: dict[str, Any], header: str) -> None:
    linked = replace(CONTEXT, links={Target(-5, message_id=6): ReplyTarget("B 2025-01", "Bob", "first words")})
    assert text_of(message(text="x", **facts), context=linked).splitlines()[0] == header


def test_an_album_is_one_block() -> None:
    photos = [message(id, content=replace(PNG, id=id), album=9) for id in (1234, 1235, 1236)]
    photos[1] = replace(photos[1], text="caption")
    rendered = render(tuple(photos), CONTEXT)
    assert rendered.text.split("\n\n") == [
        "**Ada Lovelace** · 14:05 ^m1234",
        "caption",
        "![[Telegram/Rust Weekly/media/2025-01/1234 diagram.png]]",
        "![[Telegram/Rust Weekly/media/2025-01/1235 diagram.png]] ^m1235",
        "![[Telegram/Rust Weekly/media/2025-01/1236 diagram.png]] ^m1236",
        "",
    ]
    assert [file.line for file in rendered.files] == rendered.text.split("\n\n")[2:5]
    assert len(rendered.kinds) == len(rendered.records) == 3


def test_captions_of_an_album_stand_above_their_files() -> None:
    members = [message(id, text=text, content=replace(PNG, id=id), album=9) for id, text in ((1, "one"), (2, ""), (3, "three"))]
    shown = [line.split("/")[-1] for line in text_of(*members).strip().split("\n\n")[1:]]
    assert shown == ["one", "1 diagram.png]]", "2 diagram.png]] ^m2", "three", "3 diagram.png]] ^m3"]


def test_each_member_of_an_album_has_its_id_whatever_it_holds() -> None:
    members = (
        message(1, album=9, content=PNG),
        message(2, album=9, content=replace(PNG, kind=MediaKind.STICKER)),
        message(3, album=9, content=Unrendered("MessageMediaNew")),
        message(4, album=9, text="only text"),
        message(5, album=9, content=WebPage("https://a.b")),
    )
    assert re.findall(r"(?<=\s)\^m(\d+)$", text_of(*members), re.MULTILINE) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (Reply(1200), "> [[Rust Weekly 2025-01#^m1200|Grace (Hopper)]]: see \\*this\\*"),
        (Reply(1200, quote="the `part`\nchosen"), "> [[Rust Weekly 2025-01#^m1200|Grace (Hopper)]]:\n>\n> the \\`part\\`  \n> chosen"),
        (
            Reply(99, quote="the butler", entities=(Entity(EntityKind.SPOILER, 4, 6),)),
            f"> Answer to message 99, which isn't here: the {SPOILER_OPEN}butler</span>",
        ),
        (
            Reply(99, quote="x\n" + "a" * 1000, entities=(Entity(EntityKind.PRE, 0, 1002),)),
            f"> Answer to message 99, which isn't here:\n>\n> ```\n> x\n> {'a' * 1000}\n> ```",
        ),
        (Reply(1200, quote="q", entities=(Entity(EntityKind.QUOTE, 0, 1),)), "> [[Rust Weekly 2025-01#^m1200|Grace (Hopper)]]:\n>\n> > q"),
        (Reply(99), "> Answer to message 99, which isn't here"),
        (Reply(99, quote="[!note]"), "> Answer to message 99, which isn't here: \\[!note\\]"),
        (Reply(99, chat_id=-7), "> Answer to message 99 of another chat"),
        (Reply(6, chat_id=-5, quote="q"), "> [[B 2025-01#^m6|Bob]]: q"),
    ],
)
def test_what_is_answered_is_linked_or_named(reply: Reply, line: str) -> None:
    linked = replace(CONTEXT, links={Target(-5, message_id=6): ReplyTarget("B 2025-01", "Bob", "first words")})
    assert text_of(message(text="x", reply=reply), context=linked).split("\n\n")[1] == line


@pytest.mark.parametrize(
    ("service", "words"),
    [
        (Service(ServiceKind.JOINED), "*Ada Lovelace joined* ^m1234"),
        (Service(ServiceKind.ADDED, ("Bob", "*C*")), "*Ada Lovelace added Bob, \\*C\\** ^m1234"),
        (Service(ServiceKind.TITLE, value="New\n# title"), "*Ada Lovelace changed the title to “New \\# title”* ^m1234"),
        (Service(ServiceKind.CALL, value="65"), "*Ada Lovelace called, 1 min 5 s* ^m1234"),
        (Service(ServiceKind.CALL), "*Ada Lovelace called, without an answer* ^m1234"),
        (Service(ServiceKind.OTHER, value="MessageActionX"), "*Ada Lovelace: a service message of the kind MessageActionX* ^m1234"),
    ],
)
def test_a_service_message_is_one_line(service: Service, words: str) -> None:
    assert text_of(message(service=service)) == words + "\n\n"


def test_the_photo_that_a_chat_got_stands_under_the_line_where_it_is_wanted() -> None:
    got = message(service=Service(ServiceKind.PHOTO), content=replace(PNG, kind=MediaKind.PROFILE_PHOTO, name="", mime="image/jpeg"))
    assert text_of(got) == "*Ada Lovelace changed the photo* ^m1234\n\n"
    wanted = replace(CONTEXT, options=ExportOptions("/v", media=frozenset({MediaKind.PROFILE_PHOTO})))
    rendered = render((got,), wanted)
    assert rendered.text.endswith(" ^m1234\n\n![[Telegram/Rust Weekly/media/2025-01/1234 photo.jpg]]\n\n")
    assert (len(rendered.files), rendered.kinds) == (1, ("service",))


def test_a_pin_leads_to_what_was_pinned() -> None:
    pinned = message(service=Service(ServiceKind.PINNED), reply=Reply(1200))
    assert text_of(pinned) == "*Ada Lovelace pinned a message: [[Rust Weekly 2025-01#^m1200|see ＊this＊]]* ^m1234\n\n"


def test_kinds_are_counted_by_name() -> None:
    contents = (None, PNG, WebPage("https://a.b"), Unrendered("MessageMediaPoll"))
    kinds = [render((message(text="x", content=content),), CONTEXT).kinds for content in contents]
    services = [
        render((message(service=Service(kind, value="MessageActionX")),), CONTEXT).kinds for kind in (ServiceKind.JOINED, ServiceKind.OTHER)
    ]
    assert kinds == [("text",), ("document",), ("text",), ("unrendered:MessageMediaPoll",)]
    assert services == [("service",), ("unrendered:MessageActionX",)]


def test_what_cannot_be_shown_is_named() -> None:
    assert "*Not shown here: MessageMediaPoll*\n\n" in text_of(message(content=Unrendered("MessageMediaPoll")))
    assert "*Empty message*\n\n" in text_of(message())


def test_a_link_preview_stands_under_the_text() -> None:
    page = WebPage("https://a.b/(c)", "A [title]", "first\n- second", "Site")
    assert text_of(message(text="x", content=page)).split("\n\n")[1:3] == [
        "x",
        "> [A \\[title\\]](https://a.b/%28c%29) · Site  \n> first - second",
    ]
    assert "> javascript:x\n" in text_of(message(text="x", content=WebPage("javascript:x")))


def test_buttons_are_named_and_those_with_an_address_are_links() -> None:
    buttons = (Button("Open [it]", "https://a.b/(c)"), Button("*Vote*\n^m5"), Button("", "javascript:x"))
    shown = text_of(message(text="x", buttons=buttons, reactions=(Reaction("👍", 1),)))
    assert shown.endswith("\n\nx\n\n🔘 [Open \\[it\\]](https://a.b/%28c%29) · \\*Vote\\* \\^m5 · A button\n\n👍 1\n\n")


def test_files_left_out_are_said_at_once() -> None:
    small = replace(CONTEXT, options=ExportOptions("/v", max_size=2**20))
    rendered = render((message(content=PNG),), small)
    assert rendered.files == ()
    assert "📎 diagram.png, 12 MB, not downloaded: larger than your limit\n\n" in rendered.text
    sticker = replace(PNG, kind=MediaKind.STICKER, name="", mime="image/webp", size=900)
    assert "📎 sticker.webp, 900 B, not downloaded: sticker files are left out by your choice" in text_of(message(content=sticker))
    sign = message(content=replace(sticker, emoji="😎"))
    assert "📎 😎 sticker.webp, 900 B, not downloaded: " in text_of(sign)
    assert render((sign,), CONTEXT).records[0][2] == "😎 sticker"


def test_a_missing_file_keeps_its_block_id() -> None:
    files = render((message(1, content=PNG, album=2), message(2, content=PNG, album=2)), CONTEXT).files
    assert missing_line(files[0], "gone") == "📎 diagram.png, 12 MB, not downloaded: gone"
    assert missing_line(files[1], "a *reason*") == "📎 diagram.png, 12 MB, not downloaded: a \\*reason\\* ^m2"


@pytest.mark.parametrize(
    ("layout", "path", "heading"),
    [
        (Layout.MONTH, "Telegram/Rust Weekly/Rust Weekly 2025-01.md", "## 2025-01-30\n\n"),
        (Layout.DAY, "Telegram/Rust Weekly/Rust Weekly 2025-01-30.md", "## 2025-01-30\n\n"),
        (Layout.CHAT, "Telegram/Rust Weekly/Rust Weekly all messages.md", "## 2025-01-30\n\n"),
        (Layout.POST, "Telegram/Rust Weekly/2025/Rust Weekly · 2025-01-30 First- line (1234).md", ""),
    ],
)
def test_layouts(layout: Layout, path: str, heading: str) -> None:
    context = replace(CONTEXT, options=ExportOptions("/v", layout=layout))
    rendered = render((message(text="\n First/ line \nsecond", views=5),), context)
    assert (rendered.note.path, rendered.day_heading) == (path, heading)
    assert (" · 5 views" in rendered.text) == (layout is Layout.POST)


def test_posts_are_for_channels_alone() -> None:
    group = replace(CONTEXT, chat=replace(CHAT, kind=ChatKind.GROUP), options=ExportOptions("/v", layout=Layout.POST))
    assert render((message(text="x"),), group).note.path == "Telegram/Rust Weekly/Rust Weekly 2025-01.md"


def test_a_post_without_text_is_named_after_what_it_holds() -> None:
    posts = replace(CONTEXT, options=ExportOptions("/v", layout=Layout.POST))
    album = (message(1, content=PNG), message(2, content=PNG, text="caption"))
    assert render(album, posts).note.path == "Telegram/Rust Weekly/2025/Rust Weekly · 2025-01-30 caption (1).md"
    assert render(album[:1], posts).note.path == "Telegram/Rust Weekly/2025/Rust Weekly · 2025-01-30 document (1).md"


def test_posts_of_two_channels_never_have_one_name() -> None:
    posts = replace(CONTEXT, options=ExportOptions("/v", layout=Layout.POST))
    mirror = replace(posts, name="Mirror", folder="Telegram/Mirror")
    assert render((message(text="x"),), posts).note.stem != render((message(text="x"),), mirror).note.stem


def test_the_name_of_a_post_keeps_its_spoilers() -> None:
    posts = replace(CONTEXT, options=ExportOptions("/v", layout=Layout.POST))
    hidden = message(1, text="It was the butler", entities=(Entity(EntityKind.SPOILER, 11, 6),), album=9, content=PNG)
    assert render((hidden,), posts).note.path.endswith(" It was the ▒▒▒▒▒▒ (1).md")
    assert render((message(0, album=9, content=PNG), hidden), posts).note.path.endswith(" It was the ▒▒▒▒▒▒ (0).md")


def test_times_are_the_readers() -> None:
    late = message(date=AT + 10 * 3600, text="x")
    tokyo = replace(CONTEXT, zone=ZoneInfo("Asia/Tokyo"))
    assert render((late,), CONTEXT).day == "2025-01-31"
    assert text_of(late, context=tokyo).startswith("**Ada Lovelace** · 08:05 ^m")


def test_snippets_are_short_and_keep_spoilers() -> None:
    long = render((message(text="👨\u200d👩\u200d👧" * 90),), CONTEXT).records[0][2]
    assert long == "👨\u200d👩\u200d👧" * 80 + "…"
    hidden = message(text="😀 the butler", entities=(Entity(EntityKind.SPOILER, 7, 6),))
    assert render((hidden,), CONTEXT).records[0][2] == "😀 the ▒▒▒▒▒▒"


_SCRIPTS = "aé жИ שלום سلام 中、かがガｶﾞ한ㅎ한 กำ क्षि e\u0301か\u3099ש\u05b8م\u064e 🦀👍🏽👩\u200d👧🇩🇪🇫❤\ufe0f"


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(st.one_of(st.just("a"), st.sampled_from(_SCRIPTS), st.characters()), min_size=15, max_size=60))
def test_texts_of_all_scripts_are_cut_between_graphemes(text: str) -> None:
    graphemes = regex.findall(r"\X", text)
    for count in (1, 10, 30, 45):
        cut = "".join(graphemes[:count])
        assert shortened(text, count) == (text if cut == text else cut.rstrip() + "…")


@pytest.mark.parametrize("before", ["x", "x" * 20])
def test_no_character_is_cut_off_one_that_it_joins(before: str) -> None:
    joining = regex.findall(r"\P{Grapheme_Cluster_Break=Other}", "".join(map(chr, range(sys.maxunicode + 1))))
    assert len(joining) > 10_000
    for char in joining:
        text = f"{before}{char}{char}yz"
        cut = "".join(regex.findall(r"\X", text)[: len(before) + 1])
        assert shortened(text, len(before) + 1) == (text if cut == text else cut.rstrip() + "…"), f"U+{ord(char):04X}"


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(messages())
def test_no_text_imitates_a_block(nasty: tuple[str, tuple[Entity, ...]]) -> None:
    text, entities = nasty
    block = text_of(
        message(text=text, entities=entities, sender=Sender(7, text), reply=Reply(1, quote=text), reactions=(Reaction(text, 1),))
    )
    assert block.endswith("\n\n")
    assert not block.endswith("\n\n\n")
    assert re.findall(r"(?:^|\s)\^(\w+)[ \t]*$", block, re.MULTILINE) == ["m1234"]
    assert not re.search(r"^## ", re.sub(r"^(?:> )?```(?:.*\n)*?(?:> )?```$", "", block, flags=re.MULTILINE), re.MULTILINE)


@pytest.mark.parametrize("name", ["- admin", "1. admin", "+ x", "> x", "---"])
def test_a_name_at_the_start_of_a_quote_is_only_text(name: str) -> None:
    start = name.replace("1.", "1\\.") if name[0] == "1" else f"\\{name}"
    assert f"\n> {start}: words\n" in text_of(message(text="x", reply=Reply(0, quote="words", name=name)))
    assert f"\n> {start}\n" in text_of(message(text="x", reply=Reply(0, name=name)))


def test_a_title_of_a_link_preview_is_no_callout() -> None:
    assert "\n> [\\!danger](https://e.org)\n" in text_of(message(text="x", content=WebPage("https://e.org", "!danger")))
