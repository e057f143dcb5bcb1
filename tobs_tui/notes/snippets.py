"""The first words of a message, for what answers it; and texts for inside a wiki link."""

from __future__ import annotations

from tobs_tui.content import RemoteFile, Unrendered, WebPage
from tobs_tui.model import EntityKind, Message
from tobs_tui.notes.contents import content_word
from tobs_tui.notes.escape import one_line, shortened
from tobs_tui.notes.service import service_words
from tobs_tui.notes.spans import spans_of

SNIPPET = 80
_READ = 500  # characters of a text that are looked at

_SPOILER = EntityKind.SPOILER

# Inside a link nothing can be escaped, so that what would be read as markup is replaced by what reads alike.
_LABEL = str.maketrans(dict(zip("[]|<>`*_~$\\^", "()-‹›'＊＿～＄＼ˆ", strict=True)) | {"&": "＆", "%": "％", "=": "＝", "#": "＃"})


def snippet_of(message: Message) -> str:
    """One cleaned line, not escaped: the text's first words without what a spoiler hides, or what the message holds."""
    if message.service:
        return shortened(service_words(message, message.service), SNIPPET)
    return shortened(one_line(revealed(message)), SNIPPET) or _content_word(message)


def revealed(message: Message) -> str:
    """The beginning of the text, with bars over what spoilers hide."""
    text = message.text[:_READ]
    spoilers = message.entities and [entity for entity in message.entities if entity.kind is _SPOILER]
    for span in spans_of(message.text, spoilers) if spoilers else ():
        text = text[: span.start] + "▒" * (min(span.end, len(text)) - span.start) + text[span.end :]
    return text


def _content_word(message: Message) -> str:
    content = message.content
    if isinstance(content, RemoteFile):
        kind = content.kind.value.replace("_", " ")
        return f"{emoji} {kind}" if (emoji := one_line(content.emoji)) else shortened(one_line(content.name), SNIPPET) or kind
    if isinstance(content, WebPage):
        return shortened(one_line(content.title or content.url), SNIPPET)
    if isinstance(content, Unrendered):
        return one_line(content.name)
    return shortened(content_word(content), SNIPPET) if content else "empty message"


def wiki_link(note: str, message_id: int, label: str) -> str:
    """A link to a message's block that shows `label`, a cleaned line."""
    return f"[[{note}#^m{message_id}|{label_of(label)}]]"


def label_of(text: str) -> str:
    """A cleaned line as it may stand inside a wiki link."""
    return text.translate(_LABEL)
