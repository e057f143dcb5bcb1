"""Text made harmless in Markdown: nothing that a sender typed is read as markup by Obsidian or CommonMark.

Every escape is a backslash before ASCII punctuation, which both read alike (CommonMark 0.31, "Backslash escapes").
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import regex

LINE_BREAKS = "\r\n\x85\u2028\u2029"
# In this pattern and the next one each alternative starts with a character of its own: only then is the search a scan for a set of those.
LINE_BREAK = re.compile("\r\n|\r|\n|\x85|\u2028|\u2029")
"""What ends a line in a sender's text. All of them become a line break of the note."""

# Whitespace at a line's ends is cut off by every parser; in a tag it stays, and is shown.
KEEP_SPACE = '<span style="white-space:pre">{}</span>'

_ESCAPED = (
    r"\\|`|\*|\[|\]|<|~|\||\$|\^"
    r"|_(?:(?<![A-Za-z0-9]_)|(?![A-Za-z0-9]))"  # inside a word an underscore is only itself
    r"|\#(?<![A-Za-z0-9]\#)"  # a tag or a heading
    r"|=(?:(?==)|(?<===))|%(?:(?=%)|(?<=%%))"  # highlights and comments of Obsidian
    r"|&(?=\#?[A-Za-z0-9]{1,32};)"
    r"|:(?<=[A-Za-z0-9+.-]:)(?=//)|\.(?<=[wW]{3}\.)|@(?<=[A-Za-z0-9._+-]@)(?=[A-Za-z0-9])"  # links where Telegram has none
)
_CONTROL = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]"

_escaped = re.compile(_ESCAPED)
_control = re.compile(_CONTROL)
_QUERY = re.compile(r"\s*\$?=")
_line_start = re.compile(r"(\d+)(?=[.)](?:\s|$))|(?=[>=]|[-+](?:[\s-]|$)|:-|-:)")


def escape(text: str) -> str:
    """`text`, a part of one line, so that its characters are shown and do nothing. It must not stand at a line's start."""
    return _escaped.sub(_with_backslash, text if text.isprintable() else visible(text))


def _with_backslash(match: re.Match[str]) -> str:
    return "\\" + match[0]


def escape_start(text: str) -> str:
    """Like `escape`, for text that stands at the start of a line."""
    return _line_start.sub(r"\1\\", escaped, count=1) if _line_start.match(escaped := escape(text)) else escaped


def escape_line(text: str, first: bool = True, last: bool = True) -> str:
    """A line with the white space around it kept, or a part of one: `first` and `last` tell whether it touches the line's ends."""
    begun = text.lstrip() if first else text
    core = begun.rstrip() if last else begun
    if core == text:
        return escape_start(text) if first else escape(text)
    before, after = text[: len(text) - len(begun)], begun[len(core) :]
    inner = escape_start(core) if first and not before else escape(core)
    return kept_space(before) + inner + kept_space(after)


def kept_space(space: str) -> str:
    """White space that no parser cuts off and no browser folds; nothing for nothing."""
    return KEEP_SPACE.format(visible(space)) if space else ""


def visible(text: str) -> str:
    """Control characters and lone surrogates as what stands for them: `␀` and its like, `<U+009B>`."""
    return text if text.isprintable() else _control.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"<U+{code:04X}>"


def code_tag(text: str) -> str:
    """The tag for code of this text. Dataview, a common plug-in, puts the result of a query in the place of any
    `<code>` that begins with `=` or `$=` (its default prefixes)."""
    return "samp" if _QUERY.match(text) else "code"


def tagged_code(text: str) -> str:
    """Code in a tag, which can stand beside any character."""
    tag = code_tag(text)
    return f"<{tag}>{escape(text)}</{tag}>"


def code_span(text: str) -> str:
    """A code span of a text without line breaks: backticks longer than any inside. White space alone stands in a tag,
    because parsers differ on it."""
    shown = visible(text)
    if not shown.strip() or _QUERY.match(shown):
        return tagged_code(text)
    fence = "`" * (longest_ticks(shown) + 1)
    touches = shown[0] == "`" or shown[-1] == "`" or (shown[0] == " " and shown[-1] == " ")
    return f"{fence} {shown} {fence}" if touches else f"{fence}{shown}{fence}"


def longest_ticks(text: str) -> int:
    """The length of the longest run of backticks."""
    return max(map(len, _ticks.findall(text))) if "`" in text else 0


_ticks = re.compile("`+")
_invisible = regex.compile(
    # Cc, lone surrogates, line and paragraph separators; format characters but the joiners that emoji and scripts need,
    # and the tag characters of a flag.
    r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?!(?<=\U0001F3F4[\U000E0020-\U000E007F]*)[\U000E0020-\U000E007F])[\p{Cf}--[\u200C\u200D]]",
    regex.VERSION1,
)


def one_line(text: str) -> str:
    """`text` as one line of NFC: white space folded, control and bidi characters removed."""
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFC", text):
        return text.strip(" ")
    return _one_line(text)


@lru_cache(maxsize=16_384)
def _one_line(text: str) -> str:
    cleaned = _invisible.sub("", " ".join(text.split()))
    return unicodedata.normalize("NFC", " ".join(cleaned.split()).strip(" \u200c\u200d"))


def shortened(text: str, graphemes: int) -> str:
    """At most so many graphemes of `text`, with an ellipsis where it was cut."""
    if len(text) <= graphemes:
        return text
    joining = _joining.search(text, 0, graphemes + 1)
    if not joining:
        return text[:graphemes].rstrip() + "…"
    alone = max(joining.start() - 1, 0) // _STEP * _STEP  # so many characters are graphemes of their own
    rest = _graphemes(graphemes - alone).match(text, alone)
    return text if rest is None or rest.end() == len(text) else text[: rest.end()].rstrip() + "…"


@lru_cache
def _graphemes(count: int) -> regex.Pattern[str]:
    return regex.compile(rf"\X{{0,{count}}}")


_STEP = 20  # few patterns of graphemes do for all texts
# All but characters that are graphemes of their own beside one another: of emoji those that no modifier and no flag is among.
_joining = re.compile(
    "[^ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u0590\u05d0-\u05ea\u0620-\u064a\u2010-\u2027"
    "\u3001-\u3029\u3041-\u3096\u309b-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff9d"
    "\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001f9ff]"
)
