"""What a sender may write anywhere but in a text: each string field of each kind of message holds nasty strings, one after the other. The
block must have the structure that it has for a harmless word, show what was sent, and say nothing to Obsidian."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from functools import lru_cache, partial
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct

from tests.support.records import names_of_fields, replace
from tobs_tui import content as c
from tobs_tui.model import (
    Button,
    Chat,
    ChatKind,
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
from tobs_tui.notes.articles import article_head, article_line, article_note, article_path
from tobs_tui.notes.escape import one_line
from tobs_tui.notes.index import IndexFacts, MissingFile, TopicFacts, index_note
from tobs_tui.notes.message import RenderContext, ReplyTarget, missing_line, render
from tobs_tui.notes.names import file_name, safe_name
from tobs_tui.notes.properties import properties_of
from tobs_tui.notes.snippets import label_of
from tobs_tui.notes.targets import Target

WORD, OTHER = "Qwortq", "Zword"
NOTE = "Telegram/Chat/Chat 2025-01.md"
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["strikethrough", "table"])
NASTY = (
    *("!", "- x", "+ x", "* x", "1. x", "2) x", "> x", "---", "***", "___"),
    *("===", "# x", "#x", "x #", "^m12", "x ^m12", "|", "a|b", ":-", "-:"),
    *("[[x]]", "![[x]]", "[x](y)", "![x](y)", "[!note] x", "!note", "[x]: y"),
    *("[^1]: x", "^[x]", "- [ ] x", "%%", "%%x%%", "==x==", "$x$", "$$"),
    *("<b>", "</b>", "<br>", "<!--", "<script>x</script>", "&amp;", "&#35;", "`"),
    *("``x``", "```", "~~~", "~~x~~", "*x*", "**x**", "_x_", "__"),
    *("\\", "x\\", "x*", "*", "x_", "]", ")", "](x)"),
    *("**: x", "http://a.b", "www.a.b", "me@a.b", "javascript:x", "obsidian://x", "{{x}}", "<% x %>"),
    *("x\ny", "x\n\n- y", "x\r\n> y", "x\ry", "x\u2028# y", "x\u2029y"),
    *("x\x85y", "x\x0by", "x\x0cy", "\n\n# x", "x\n^m12", "---\nx: y\n---\n"),
    *("\u202ex", "x\u2066y\u2069", "\u200fx", "x\x00y", "\x1b[31mx", "x\x9by"),
    *("x\x7fy", "\ufeffx", "\u200d - x", "x \u200d", "\u200d\u200c x", "\u00ad> x"),
    *("\u200d # x", "\u200c \u200d1. x", "\u3000- x", "\xa0x\xa0", "\tx\t", "    x"),
    *("\u1fefx", "\ud800x", "\u0301x", "../../x", "..", "/etc/x"),
    *("C:\\x", "CON", "x.md", ".x", "😀", "שלום", "key:: x", "[key:: x]", "= this.x", "x" * 300, "ab " * 100),
)  # fmt: skip
UNSEEN = ("", " ", "  ", "\n", "\t\n", "\u200d", "\u200d \u200c", "\u202e", "\x00\x1f", "\u3000", "\u00ad", "\ufeff", "\u200b \u200b")

ZONE = ZoneInfo("Europe/Berlin")
AT = 1738242300
CHAT = Chat(-1000000000005, ChatKind.CHANNEL, "Chat")
THERE = ReplyTarget("Chat 2025-01", "Grace", "words")
LINKS = {Target(-1000000000007, message_id=3): THERE}
CONTEXT = RenderContext(
    CHAT, "Chat", "Telegram/Chat", ZONE, ExportOptions("/v", media=frozenset({c.MediaKind.DOCUMENT})), {2: THERE}, LINKS
)
FILE = c.RemoteFile(1, c.MediaKind.DOCUMENT, 5, 2, name=f"{WORD}.pdf", mime="application/pdf", emoji=WORD)
CONTENTS: tuple[c.Content, ...] = (
    FILE,
    replace(FILE, kind=c.MediaKind.STICKER),
    replace(FILE, kind=c.MediaKind.AUDIO, name="", mime=WORD),
    c.WebPage("https://a.b/", WORD, WORD, WORD, replace(FILE, kind=c.MediaKind.WEB_PICTURE)),
    c.WebPage(WORD, "", "", ""),
    c.WebPage("javascript:x", WORD, "", WORD),
    c.Poll(WORD, (c.PollOption(WORD, 1, chosen=True), c.PollOption(WORD)), 3, quiz=True, solution=WORD),
    c.TodoList(WORD, (c.TodoItem(WORD), c.TodoItem(WORD, done=True, by=WORD))),
    c.Place(1.0, 2.0, WORD, WORD),
    c.Place(1.0, 2.0, "", WORD, live=True),
    c.Contact(WORD, WORD),
    c.Contact(WORD, "+49 1"),
    c.Dice(WORD, 3),
    c.Story(WORD, "https://a.b/"),
    c.Story(WORD, WORD),
    c.Game(WORD, WORD),
    c.Invoice(WORD, WORD, 1250, WORD),
    c.Giveaway(3, AT, WORD),
    c.PaidMedia(2, 5, (FILE,)),
    c.Gone(WORD),
    c.Gone(WORD, expired=True),
    c.Unrendered(WORD),
)
PLAIN = Message(9, AT, Sender(7, "Ada"))
MESSAGES: tuple[Message, ...] = (
    *(replace(PLAIN, content=each) for each in CONTENTS),
    *(replace(PLAIN, service=Service(kind, (WORD, WORD), WORD, WORD), reply=Reply(2)) for kind in ServiceKind),
    replace(PLAIN, sender=Sender(7, WORD), text="t", via_bot=WORD, author=WORD, forward=Forward(WORD, AT), views=5),
    replace(PLAIN, sender=Sender(7, WORD), service=Service(ServiceKind.JOINED)),
    replace(PLAIN, text="t", forward=Forward(WORD, AT, -1000000000007, 3)),
    replace(PLAIN, text="t", reactions=(Reaction(WORD, 1), Reaction(WORD, 2))),
    replace(PLAIN, text="t", buttons=(Button(WORD, "https://a.b/"), Button(WORD), Button(WORD, WORD))),
    *(replace(PLAIN, text="t", reply=Reply(*to, quote, WORD)) for to in ((0, 0), (0, 8), (3, 8), (3, 0)) for quote in ("", "q", "q\nr")),
)

_LINK = re.compile(r"!?\[\[([^\[\]\n]*)\]\]")
_DESTINATION = re.compile(r"\]\([^\s)]*\)")
# What Obsidian reads and CommonMark doesn't: links, block ids, tags, comments, highlights, formulas, callouts; and tags of HTML.
_MARKS = [
    re.compile(mark, re.MULTILINE)
    for mark in (
        *(r"\[\[", r"(?:^|\s)\^[\w-]+[ \t]*$", r"(?:^|\s)#\w", "%%", "==", r"(?<!\\)\$", r"^(?:> ?)+\[!", r"(?<!\\)<"),
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]",
    )
]
# Where a string that shows nothing left a hole: marks, brackets and separators around nothing, white space at a line's end.
_HOLE = re.compile(r"\[\]|\*\*\*\*|\(\)|·  |@ |(?<! ) $", re.MULTILINE)
_BAD_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\\:*?"<>|#^\[\]]')
Put = Callable[[str], Any]


def places(sample: Any) -> Iterator[tuple[str, Put]]:
    """Each string that holds the word, with what makes the sample with another one in its place."""
    for field in names_of_fields(sample):
        for name, put in _places_in(getattr(sample, field)):
            yield f"{field}{name}", partial(_put_field, sample, field, put)


def _put_field(sample: Any, field: str, put: Put, text: str) -> Any:
    return replace(sample, **{field: put(text)})


def _put_item(items: tuple[Any, ...], at: int, put: Put, text: str) -> Any:
    return (*items[:at], put(text), *items[at + 1 :])


def _places_in(value: Any) -> Iterator[tuple[str, Put]]:
    if isinstance(value, str) and not isinstance(value, Enum) and WORD in value:
        yield "", partial(value.replace, WORD)
    elif isinstance(value, Struct):
        yield from ((f".{name}", put) for name, put in places(value))
    elif isinstance(value, tuple):
        for at, item in enumerate(value):
            yield from ((f"[{at}]{name}", partial(_put_item, value, at, put)) for name, put in _places_in(item))


class Read(NamedTuple):
    """What a parser sees in a note: its blocks with the kinds of what is inline in them, the characters that are shown, those inside of
    wiki links behind them, and how often there is what means something to Obsidian."""

    structure: list[Any]
    shown: str
    marks: list[int]


def read(note: str) -> Read:
    tokens = PARSER.parse(_LINK.sub("⟦⟧", note))
    blocks = [(token.type, token.tag, token.level, [kind for kind, _ in groupby(map(_kind, token.children or ()))]) for token in tokens]
    leaves = [leaf.content for token in tokens for leaf in token.children or () if leaf.type in ("text", "code_inline")]
    bare = _DESTINATION.sub("]()", _LINK.sub("[[]]", note))
    return Read(blocks, "".join([*leaves, *_LINK.findall(note)]), [len(mark.findall(bare)) for mark in _MARKS])


def _kind(token: Token) -> str:
    return f"{token.type} {token.content}" if token.type == "html_inline" else token.type


harmless = lru_cache(maxsize=1024)(read)


def check(make: Callable[[str], str], text: str) -> None:
    """What is made with the text reads like what is made with a word; the text is shown if that is, as itself or as it is in a name."""
    made, plain, other = make(text), harmless(make(WORD)), harmless(make(OTHER))
    found = read(made)
    assert (found.structure, found.marks) == (plain.structure, plain.marks), (text, made)
    assert not re.search(r"\n\n\n| $", made), (text, made)
    line = one_line(text)[:70].rstrip()
    if plain.shown.count(WORD) > other.shown.count(WORD):
        assert any(each in found.shown for each in (line, label_of(line), _in_name(line))), (text, made)


def _in_name(line: str) -> str:
    """As a file's name shows it."""
    return file_name(9, f"{line}.pdf", "").removeprefix("9 ").removesuffix(".pdf")


def _block(put: Put, context: RenderContext, text: str) -> str:
    return render((put(text),), context).text


def _of(message: Message) -> str:
    return message.service.kind.value if message.service else type(message.content).__name__ if message.content else "text"


CASES = [(f"{_of(each)} {name}", put) for each in MESSAGES for name, put in places(each)]
# An address may be a link or not, a phone number too.
ADDRESSES = re.compile(r"\.(?:url|link|phone)$")


@pytest.mark.parametrize("part", range(4))
def test_every_field_of_every_message_is_data(part: int) -> None:
    """All strings in the fields of contents; of service messages, which are all made in one way, each field holds some of them."""
    for number, (name, put) in enumerate(CASES[part::4]):
        if not ADDRESSES.search(name):
            for text in NASTY[number % 16 :: 16] if " service." in name else NASTY:
                check(partial(_block, put, CONTEXT), text)


@pytest.mark.parametrize("text", UNSEEN)
def test_what_shows_nothing_leaves_no_hole(text: str) -> None:
    for name, put in CASES:
        if " service.value" not in name:  # sums and numbers of Telegram's, never empty
            assert not _HOLE.search(made := _block(put, CONTEXT, text)), (name, made)


@pytest.mark.parametrize("name", ["\u200d - x", "\u200c \u200d1. x", "x \u200d", "\u200d x \u200c"])
def test_a_line_has_no_space_at_its_ends(name: str) -> None:
    assert one_line(name) == name.strip(" \u200c\u200d")


def _index(text: str) -> str:
    missing, topics = (MissingFile(text, text, NOTE, 4),), (TopicFacts("T", text),)
    notes = (NOTE, "Telegram/Chat/T/Chat · T 2025-01.md")
    return index_note(IndexFacts(replace(CHAT, title=text), "Chat", "UTC", notes, 1, 1, missing, 1, 2, 3.0, True, topics=topics))


def _article(text: str) -> str:
    return article_note(article_head("https://telegra.ph/x", text, text, ""), text, "text\n")


def _articles(text: str) -> str:
    return "\n\n".join(article_line("https://telegra.ph/x", {"x": (note, text, text)}) for note in ("Telegram/Articles/N (x).md", ""))


def _missing(text: str) -> str:
    return missing_line(render((replace(PLAIN, content=FILE),), CONTEXT).files[0], text)


def _answered(make: Put, text: str) -> str:
    """What answers a message and what pins it, where it is in the vault."""
    ((_, author, snippet),) = render((make(text),), CONTEXT).records
    context = replace(CONTEXT, replies={2: ReplyTarget("Chat 2025-01", author, snippet)})
    pinned = replace(PLAIN, service=Service(ServiceKind.PINNED), reply=Reply(2))
    return _block(lambda _: replace(PLAIN, text="t", reply=Reply(2)), context, "") + _block(lambda _: pinned, context, "")


ANSWERED: tuple[Put, ...] = (
    lambda text: replace(PLAIN, text=text, sender=Sender(1, text)),
    lambda text: replace(PLAIN, service=Service(ServiceKind.CUSTOM, (), text)),
    lambda text: replace(PLAIN, content=c.Poll(text, ())),
    lambda text: replace(PLAIN, content=replace(FILE, name=text)),
)


def _body(make: Callable[[str], str], text: str) -> str:
    """What is made, without its properties."""
    return re.sub(r"\A---\n.*?\n---\n\n", "", make(text), flags=re.DOTALL)


@pytest.mark.parametrize("make", [_article, _articles, _index, _missing, *(partial(_answered, each) for each in ANSWERED)])
def test_so_are_titles_names_and_reasons_elsewhere(make: Callable[[str], str]) -> None:
    for text in NASTY:
        check(partial(_body, make), text)


def test_properties_hold_the_strings_themselves() -> None:
    for text in NASTY:
        line = one_line(text)
        assert properties_of(_index(text)).get("aliases") == ([line] if line else []), text
        assert properties_of(_article(text)).get("author") == (line or None), text


def test_no_name_leads_anywhere() -> None:
    post = replace(CONTEXT, options=replace(CONTEXT.options, layout=Layout.POST))
    for text in (*NASTY, *UNSEEN):
        note = render((replace(PLAIN, text=text),), post).note.path
        file = f"Telegram/Chat/{file_name(9, text, text)}"
        for path, depth in ((note, 3), (file, 2), (article_path(text, text), 2), (f"Telegram/{safe_name(text, text)}", 1)):
            assert path.count("/") == depth, path
            assert not _BAD_IN_NAMES.search(path), path
            assert all(0 < len(part.encode()) < 256 and part.strip(". ") == part for part in path.split("/")), path
