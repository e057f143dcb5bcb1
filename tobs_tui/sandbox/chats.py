"""Chats of the account and their histories, as the server keeps them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from telethon import utils
from telethon.tl import TLObject, types

from tobs_tui.sandbox.files import FileBook
from tobs_tui.sandbox.generator import TlMessage

ARCHIVE = 1
GENERAL = 1
"""The id of the topic that every forum has."""


class History(Mapping[int, TlMessage]):
    """The messages of one chat by id, ascending. Each is serialised once; those with files again when a file reference expired."""

    def __init__(self, files: FileBook) -> None:
        self.ids: array[int] = array("q")
        self._files = files
        self._own: dict[int, TlMessage] = {}
        self._raw: dict[int, tuple[int, bytes]] = {}
        self._peers: dict[int, frozenset[int]] = {}

    def __getitem__(self, message_id: int) -> TlMessage:
        return self._own[message_id]

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, message_id: object) -> bool:
        return isinstance(message_id, int) and self.place(message_id) >= 0

    def place(self, message_id: int) -> int:
        """The message's place among the ids, -1 where there is no such message."""
        place = bisect_left(self.ids, message_id)
        return place if place < len(self.ids) and self.ids[place] == message_id else -1

    def before(self, date: int) -> int:
        """How many messages are older than `date`."""
        return bisect_left(self.ids, date, key=self.date)

    @property
    def last_id(self) -> int:
        """The id of the newest message, 0 in an empty chat."""
        return self.ids[-1] if self.ids else 0

    def date(self, message_id: int) -> int:
        """When the message was sent."""
        return int(self._own[message_id].date)

    def raw(self, message_id: int) -> bytes:
        """The message as it travels."""
        known = self._raw.get(message_id)
        if known is not None and known[0] in (-1, self._files.generation):
            return known[1]
        message = self._own[message_id]
        attached = self._refer(message)
        raw = bytes(message)
        self._raw[message_id] = (self._files.generation if attached else -1, raw)
        return raw

    def _refer(self, message: TlMessage) -> int:
        """Gives the message's files their references of now; returns how many it has."""
        attached = files_of(message)
        for file in attached:
            file.file_reference = self._files.reference(file.id)
        return len(attached)

    def peers(self, message_id: int) -> frozenset[int]:
        """Marked ids of the users and chats that the message names."""
        known = self._peers.get(message_id)
        if known is None:
            known = self._peers[message_id] = frozenset(peers_in(self._own[message_id]))
        return known

    def put(self, message: TlMessage) -> None:
        """Adds a message, or puts it in the place of the one with its id."""
        self._raw.pop(message.id, None)
        self._peers.pop(message.id, None)
        self._own[message.id] = message
        if self.place(message.id) < 0:
            self.ids.insert(bisect_left(self.ids, message.id), message.id)

    def delete(self, message_id: int) -> None:
        """Deletes a message; raises KeyError where there is none."""
        place = self.place(message_id)
        if place < 0:
            raise KeyError(message_id)
        del self.ids[place]
        for kept in (self._own, self._raw, self._peers):
            kept.pop(message_id, None)


@dataclass(slots=True)
class TopicRecord:
    """A topic as the server keeps it. `id` is that of the message that created it, 1 for General; `last` its newest message."""

    id: int
    title: str
    date: int
    creator: int
    last: int = 0
    closed: bool = False
    hidden: bool = False
    pinned: bool = False
    deleted: bool = False


@dataclass(slots=True, eq=False)
class ChatRecord:
    """A chat as the account has it. `id` is marked; `entity` is the TL user, group or channel behind it.

    `pinned` is its place among the pinned chats, from 1. The server's count of messages is too high by `miscount`. `migrated_from` is the
    bare id and last message of the basic group that it was, `newest` the greatest id ever given, also when that message is gone.
    `linked` is the marked id of a channel's discussion group, and of such a group's channel. `topics` are a forum's, by id.
    """

    id: int
    entity: Any
    messages: History
    about: str = ""
    pinned: int = 0
    archived: bool = False
    unread: int = 0
    muted: bool = False
    members: tuple[int, ...] = ()
    miscount: int = 0
    migrated_from: tuple[int, int] = (0, 0)
    pts: int = 1
    newest: int = 0
    linked: int = 0
    topics: dict[int, TopicRecord] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The chat's title as its sender wrote it; a private chat's is the person's name."""
        if isinstance(self.entity, types.User):
            return " ".join(filter(None, (self.entity.first_name, self.entity.last_name)))
        return str(self.entity.title)

    @property
    def username(self) -> str:
        return getattr(self.entity, "username", None) or ""

    @property
    def is_channel(self) -> bool:
        """Whether the chat is a channel or supergroup, with message ids of its own."""
        return isinstance(self.entity, (types.Channel, types.ChannelForbidden))

    @property
    def last_date(self) -> int:
        """When the newest message was sent, 0 in an empty chat."""
        return self.messages.date(self.messages.last_id) if len(self.messages) else 0


def topic_of(message: Any) -> int:
    """The topic that a forum's message lies in, by its reply header; what has none lies in General."""
    if isinstance(getattr(message, "action", None), types.MessageActionTopicCreate):
        return int(message.id)
    header = message.reply_to
    if isinstance(header, types.MessageReplyHeader) and header.forum_topic:
        return int(header.reply_to_top_id or header.reply_to_msg_id)
    return GENERAL


def files_of(message: TlMessage) -> list[Any]:
    """The photos and documents that a message shows, wherever in it they are."""
    return [part for part in walk(message) if isinstance(part, (types.Photo, types.Document))]


def peers_in(message: TlMessage) -> Iterator[int]:
    """Marked ids of everybody and every chat that a message names."""
    for part in walk(message):
        if isinstance(part, (types.PeerUser, types.PeerChat, types.PeerChannel)):
            yield utils.get_peer_id(part)
        elif isinstance(part, (types.MessageEntityMentionName, types.MessageMediaContact)) and part.user_id:
            yield part.user_id
        elif isinstance(part, types.MessageActionChatAddUser):
            yield from part.users
        elif isinstance(part, types.MessageActionChatDeleteUser):
            yield part.user_id
    if isinstance(message, types.Message) and message.via_bot_id:
        yield message.via_bot_id


def walk(part: Any) -> Iterator[TLObject]:
    """A TL object and all TL objects inside of it."""
    if isinstance(part, TLObject):
        yield part
        for value in vars(part).values():
            if isinstance(value, (TLObject, list)):
                yield from walk(value)
    elif isinstance(part, list):
        for item in part:
            yield from walk(item)
