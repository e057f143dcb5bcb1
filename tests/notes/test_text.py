"""What texts and styles look like in a note."""

from __future__ import annotations

import pytest

from tobs_tui.model import Entity, EntityKind
from tobs_tui.notes.inline import SPOILER_OPEN
from tobs_tui.notes.languages import fence_info
from tobs_tui.notes.links import destination
from tobs_tui.notes.text import markdown

K = EntityKind


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("Just words, 1.5 of them - and snake_case (ok)!", "Just words, 1.5 of them - and snake_case (ok)!"),
        ("a\nb\n\nc", "a  \nb\n\nc"),
        ("a\n\n\n\nb", "a  \n<br><br>  \nb"),
        ("a\r\nb\u2028c", "a  \nb  \nc"),
        ("- a\n+ b\n12. c\n> d\n# e\n---\n===", "\\- a  \n\\+ b  \n12\\. c  \n\\> d  \n\\# e  \n\\---  \n\\=\\=\\="),
        ("a\n:-\n-:", "a  \n\\:-  \n\\-:"),
        ("-5 degrees, 2. of May", "-5 degrees, 2. of May"),
        ("  in", '<span style="white-space:pre">  </span>in'),
        ("[[x]] ![[y]] ==z== %%c%% $m$ #t ^id", "\\[\\[x\\]\\] !\\[\\[y\\]\\] \\=\\=z\\=\\= \\%\\%c\\%\\% \\$m\\$ \\#t \\^id"),
        ("<b>&amp; R&D", "\\<b>\\&amp; R&D"),
        ("see http://a.b, www.a.b, me@a.b", "see http\\://a.b, www\\.a.b, me\\@a.b"),
        ("\x00\x1b\x9b", "␀␛\\<U+009B>"),
        ("**Ada** · 14:05 ^m99", "\\*\\*Ada\\*\\* · 14:05 \\^m99"),
    ],
)
def test_plain_text_stands_as_it_was_typed(text: str, note: str) -> None:
    assert markdown(text) == note


@pytest.mark.parametrize(
    ("text", "entities", "note"),
    [
        ("a bold word", [(K.BOLD, 2, 4)], "a **bold** word"),
        ("a bold word", [(K.BOLD, 2, 4), (K.ITALIC, 2, 4), (K.STRIKE, 2, 4)], "a ~~***bold***~~ word"),
        ("un(believ)able", [(K.BOLD, 3, 6)], "un(**believ**)able"),
        ("unbelievable", [(K.BOLD, 2, 6)], "un<b>believ</b>able"),
        ("bold , word", [(K.ITALIC, 0, 5)], "<i>bold </i>, word"),
        ("bold, word", [(K.BOLD, 0, 5)], "**bold,** word"),
        ("ab cd ef", [(K.BOLD, 0, 5), (K.ITALIC, 3, 5)], "<b>ab *cd*</b><i> ef</i>"),
        ("a\nb\n\nc", [(K.BOLD, 0, 6)], "**a**  \n**b**\n\n**c**"),
        ("u s", [(K.UNDERLINE, 0, 1), (K.SPOILER, 2, 1)], f"<u>u</u> {SPOILER_OPEN}s</span>"),
        (
            "see a *b* c",
            [(K.SPOILER, 4, 7), (K.TEXT_LINK, 6, 3, "https://a.b"), (K.BOLD, 0, 11)],
            f"**see {SPOILER_OPEN}a </span>[{SPOILER_OPEN}\\*b\\*</span>](https://a.b){SPOILER_OPEN} c</span>**",
        ),
        ("#t #u", [(K.HASHTAG, 0, 2), (K.HASHTAG, 3, 2), (K.SPOILER, 0, 2)], f"{SPOILER_OPEN}\\#t</span> #u"),
        ("a b* c", [(K.SPOILER, 0, 4), (K.CODE, 2, 4)], f"{SPOILER_OPEN}a </span><code>{SPOILER_OPEN}b\\*</span></code>` c`"),
        ("= this.file $=x a=b", [(K.CODE, 0, 11), (K.CODE, 12, 3), (K.CODE, 16, 3)], "<samp>= this.file</samp> <samp>\\$=x</samp> `a=b`"),
        ("x ` y", [(K.CODE, 0, 5)], "``x ` y``"),
        ("`x`", [(K.CODE, 0, 3)], "`` `x` ``"),
        ("a\nb", [(K.PRE, 0, 3, "python")], "```python\na\nb\n```"),
        ("```", [(K.PRE, 0, 3, "")], "````\n```\n````"),
        ("x ^m5", [(K.PRE, 0, 5, "")], "`x ^m5`"),
        ("a\nq\nr\nb", [(K.QUOTE, 2, 3)], "a\n\n> q  \n> r\n\nb"),
        ("q\n\nr", [(K.COLLAPSED_QUOTE, 0, 4)], "> [!quote]-\n> q\n>\n> r"),
        ("[!note] x", [(K.QUOTE, 0, 9)], "> \\[!note\\] x"),
        ("a\n\nq", [(K.QUOTE, 3, 1)], "a<br>\n\n> q"),
        ("wow!link", [(K.TEXT_LINK, 4, 4, "https://a.b/c d")], "wow\\![link](https://a.b/c%20d)"),
        ("!x", [(K.TEXT_LINK, 0, 2, "https://a.b")], "[\\!x](https://a.b)"),
        ("https://a.b/c?d=e#f x", [(K.URL, 0, 19)], "[https\\://a.b/c?d=e#f](https://a.b/c?d=e#f) x"),
        ("https://a.b/c?d=e", [(K.URL, 0, 17)], "<https://a.b/c?d=e>"),
        ("a.b/c", [(K.URL, 0, 5)], "[a.b/c](http://a.b/c)"),
        ("me@a.b +49 (1) 2", [(K.EMAIL, 0, 6), (K.PHONE, 7, 9)], "[me\\@a.b](mailto:me@a.b) [+49 (1) 2](tel:+4912)"),
        ("click", [(K.TEXT_LINK, 0, 5, "javascript:alert(`1`)")], "click (``javascript:alert(`1`)``)"),
        (
            "#tag #123 a#tag #a-b",
            [(K.HASHTAG, 0, 4), (K.HASHTAG, 5, 4), (K.HASHTAG, 11, 4), (K.HASHTAG, 16, 2)],
            "#tag \\#123 a#tag \\#a-b",
        ),
        ("$AB /go @me", [(K.CASHTAG, 0, 3), (K.BOT_COMMAND, 4, 3), (K.MENTION, 8, 3)], "\\$AB /go @me"),
        ("😀😀 x", [(K.BOLD, 5, 1)], "😀😀 **x**"),
        ("😀 x", [(K.BOLD, 1, 1)], "**😀** x"),
        ("x", [(K.BOLD, -5, 3), (K.ITALIC, 7, 2), (K.STRIKE, 0, -1), (K.UNKNOWN, 0, 1)], "x"),
        ("x", [(K.BOLD, -5, 99)], "**x**"),
    ],
)
def test_styles_look_as_specified(text: str, entities: list[tuple[EntityKind, int, int]], note: str) -> None:
    assert markdown(text, tuple(Entity(*entity) for entity in entities)) == note


@pytest.mark.parametrize(
    ("language", "info"),
    [("python", "python"), ("C++", "C++"), ("dataviewjs", "text dataviewjs"), ("a`b\nc", "text abc"), ("`", ""), ("", "")],
)
def test_only_languages_stand_alone_behind_a_fence(language: str, info: str) -> None:
    assert fence_info(language) == info


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("https://a.b/(x) y", "https://a.b/%28x%29%20y"),
        ("https://a.b/%41%zz", "https://a.b/%41%25zz"),
        ("https://a.b/ü?q=[[x]]", "https://a.b/ü?q=%5B%5Bx%5D%5D"),
        ("https://a.b/?a&copy;", "https://a.b/?a&amp;copy;"),
        ("a.b", "http://a.b"),
        ("a.b:80/x", "http://a.b:80/x"),
        ("TG://resolve?domain=x", "TG://resolve?domain=x"),
        ("https://a.b/\u202e\n", "https://a.b/%E2%80%AE"),
        ("javascript:alert(1)", ""),
        ("obsidian://open", ""),
        ("java\nscript:x", "http://java%0Ascript:x"),
        ("data:text/html,x", ""),
        ("", ""),
    ],
)
def test_addresses(value: str, address: str) -> None:
    assert destination(K.TEXT_LINK, "shown", value) == address
