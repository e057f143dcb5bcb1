"""What a message shows, as one number."""

from __future__ import annotations

import zlib

import msgspec

from tobs_tui.content import Content, Giveaway, PaidMedia, Place, Poll, TodoList, WebPage
from tobs_tui.model import Message

# Content that changes without an edit of its message.
_CHANGING = (Poll, TodoList, Place, Giveaway)


def stamp_of(message: Message) -> int:
    """A number that changes when what a message shows does: its text, its edit, reactions, votes. Never with views, and never because a
    file is gone: what is in the vault stays there."""
    text = zlib.crc32(message.text.encode("utf-8", "surrogatepass"))
    state = _state(message.content)
    if not (message.edited or message.reactions or state):
        return text
    reactions = sorted((str(reaction.custom or reaction.emoji), reaction.count) for reaction in message.reactions)
    return zlib.crc32(msgspec.json.encode((message.edited, reactions, state)), text)


def _state(content: Content | None) -> object:
    if isinstance(content, _CHANGING):
        return content
    if isinstance(content, WebPage):
        return (content.url, content.title, content.description, content.site)
    return (content.stars, len(content.files)) if isinstance(content, PaidMedia) else None
