"""Which messages of a chat a search means: by words, sender, dates and kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from telethon import utils
from telethon.tl import types

from tobs_tui.sandbox.chats import ChatRecord, topic_of
from tobs_tui.sandbox.generator import TlMessage

Test = Callable[[TlMessage], bool]


def document_is(message: TlMessage, *kinds: str) -> bool:
    """Whether the message carries a document of one of these kinds."""
    return document_kind(message) in kinds


def document_kind(message: TlMessage) -> str:
    """What a message's document is: video, round, voice, audio, gif, sticker or document; empty without one."""
    media = getattr(message, "media", None)
    if not isinstance(media, types.MessageMediaDocument) or media.document is None:
        return ""
    found = {type(attribute): attribute for attribute in media.document.attributes}
    if types.DocumentAttributeSticker in found:
        return "sticker"
    if types.DocumentAttributeAnimated in found:
        return "gif"
    if types.DocumentAttributeAudio in found:
        return "voice" if found[types.DocumentAttributeAudio].voice else "audio"
    if types.DocumentAttributeVideo in found:
        return "round" if found[types.DocumentAttributeVideo].round_message else "video"
    return "document"


def is_photo(message: TlMessage) -> bool:
    media = getattr(message, "media", None)
    return isinstance(media, types.MessageMediaPhoto) and media.photo is not None


def has_url(message: TlMessage) -> bool:
    entities = getattr(message, "entities", None) or ()
    return any(isinstance(entity, (types.MessageEntityUrl, types.MessageEntityTextUrl)) for entity in entities)


def carries(*kinds: Any) -> Test:
    """A test whether the message's media is of one of these TL types."""
    return lambda message: isinstance(getattr(message, "media", None), kinds)


TESTS: dict[Any, Test] = {
    types.InputMessagesFilterEmpty: lambda _message: True,
    types.InputMessagesFilterPhotos: is_photo,
    types.InputMessagesFilterVideo: lambda message: document_is(message, "video"),
    types.InputMessagesFilterPhotoVideo: lambda message: is_photo(message) or document_is(message, "video"),
    types.InputMessagesFilterDocument: lambda message: document_is(message, "document"),
    types.InputMessagesFilterUrl: has_url,
    types.InputMessagesFilterGif: lambda message: document_is(message, "gif"),
    types.InputMessagesFilterVoice: lambda message: document_is(message, "voice"),
    types.InputMessagesFilterMusic: lambda message: document_is(message, "audio"),
    types.InputMessagesFilterRoundVideo: lambda message: document_is(message, "round"),
    types.InputMessagesFilterRoundVoice: lambda message: document_is(message, "round", "voice"),
    types.InputMessagesFilterGeo: carries(types.MessageMediaGeo, types.MessageMediaGeoLive, types.MessageMediaVenue),
    types.InputMessagesFilterContacts: carries(types.MessageMediaContact),
    types.InputMessagesFilterPinned: lambda message: bool(getattr(message, "pinned", None)),
}
"""Filters of messages.search that the sandbox knows."""


def matching(record: ChatRecord, test: Test, words: str = "", sender: int = 0, topic: int = 0) -> Sequence[int]:
    """Ids, ascending, of the messages that pass `test`, say `words` (in any case), come from `sender` (0: anybody) and lie in a forum's
    `topic` (0: any)."""
    if test is TESTS[types.InputMessagesFilterEmpty] and not words and not sender and not topic:
        return record.messages.ids
    wanted = words.casefold()
    found = []
    for message_id in record.messages.ids:
        message = record.messages[message_id]
        said = not wanted or wanted in (getattr(message, "message", None) or "").casefold()
        if said and (not sender or sent_by(message) == sender) and (not topic or topic_of(message) == topic) and test(message):
            found.append(message_id)
    return found


def tally(record: ChatRecord, tests: Sequence[Test], topic: int = 0) -> list[int]:
    """How many messages pass each of the tests, in one pass."""
    counts = [0] * len(tests)
    for message in record.messages.values():
        if not topic or topic_of(message) == topic:
            for place, test in enumerate(tests):
                counts[place] += test(message)
    return counts


def sent_by(message: TlMessage) -> int:
    """The marked id of who sent a message; a private chat's other side has none of its own."""
    return int(utils.get_peer_id(message.from_id or message.peer_id))
