"""Ids, names and addresses of users, groups and channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from telethon.tl import types

from tobs_tui.model import CHANNEL_MARK, Chat, ChatKind, Sender, bare_id

DELETED = "Deleted account"
SAVED_TITLE = "Saved Messages"
NO_EMOJI: Mapping[int, str] = {}
_USERS = (types.PeerUser, types.InputPeerUser, types.InputPeerUserFromMessage)
_CHATS = (types.PeerChat, types.InputPeerChat)
_CHANNELS = (types.PeerChannel, types.InputPeerChannel, types.InputPeerChannelFromMessage)


def marked_id(peer: Any) -> int:
    """The marked id of a Peer or InputPeer; 0 for none."""
    if isinstance(peer, _USERS):
        return int(peer.user_id)
    if isinstance(peer, _CHATS):
        return -int(peer.chat_id)
    if isinstance(peer, _CHANNELS):
        return -int(peer.channel_id) - CHANNEL_MARK
    return 0


def entity_id(entity: Any) -> int:
    """The marked id of a User, Chat or Channel, also of a forbidden or empty one."""
    if isinstance(entity, types.User | types.UserEmpty):
        return int(entity.id)
    if isinstance(entity, types.Channel | types.ChannelForbidden):
        return -int(entity.id) - CHANNEL_MARK
    return -int(entity.id)


def name_of(entity: Any) -> str:
    """The name shown for a user, group or channel, as its owner wrote it."""
    if isinstance(entity, types.User):
        if entity.deleted:
            return DELETED
        return " ".join(filter(None, (entity.first_name, entity.last_name))) or entity.username or ""
    if isinstance(entity, types.UserEmpty):
        return DELETED
    return getattr(entity, "title", None) or ""


def username_of(entity: Any) -> str:
    """The public name of a user or channel without `@`, its active one where it has several; empty for none."""
    if name := getattr(entity, "username", None):
        return str(name)
    active = (each.username for each in getattr(entity, "usernames", None) or () if each.active)
    return next(active, "")


def kind_of(entity: Any) -> ChatKind:
    """What a chat is."""
    if isinstance(entity, types.User):
        if entity.is_self:
            return ChatKind.SAVED
        return ChatKind.BOT if entity.bot else ChatKind.PRIVATE
    if isinstance(entity, types.UserEmpty):
        return ChatKind.PRIVATE
    if not isinstance(entity, types.Channel | types.ChannelForbidden):
        return ChatKind.GROUP
    if getattr(entity, "forum", False):
        return ChatKind.FORUM
    return ChatKind.SUPERGROUP if entity.megagroup or getattr(entity, "gigagroup", False) else ChatKind.CHANNEL


def chat_of(entity: Any) -> Chat:
    """A chat as far as its own object tells, without what only a dialog knows."""
    kind = kind_of(entity)
    return Chat(
        id=entity_id(entity),
        kind=kind,
        title=SAVED_TITLE if kind is ChatKind.SAVED else name_of(entity),
        access_hash=getattr(entity, "access_hash", None) or 0,
        username=username_of(entity),
        successor=_channel_mark(getattr(entity, "migrated_to", None)),
    )


def _channel_mark(channel: Any) -> int:
    """The marked id of an InputChannel; 0 for none."""
    return -int(channel.channel_id) - CHANNEL_MARK if isinstance(channel, types.InputChannel) else 0


def input_peer(chat: Chat) -> Any:
    """How a request names a chat."""
    if chat.kind is ChatKind.SAVED:
        return types.InputPeerSelf()
    if chat.id > 0:
        return types.InputPeerUser(chat.id, chat.access_hash)
    if chat.id > -CHANNEL_MARK:
        return types.InputPeerChat(-chat.id)
    return types.InputPeerChannel(bare_id(chat.id), chat.access_hash)


class Names:
    """Names of the people and chats that an answer brought along, by marked id; `emoji` are fallbacks of custom ones by document id."""

    def __init__(self, users: Iterable[Any] = (), chats: Iterable[Any] = (), emoji: Mapping[int, str] = NO_EMOJI) -> None:
        self._entities = {entity_id(entity): entity for entity in (*users, *chats)}
        self._senders: dict[int, Sender] = {}
        self.emoji = emoji

    def entity(self, marked: int) -> Any:
        """The User, Chat or Channel with an id; None when no answer brought it."""
        return self._entities.get(marked)

    def name(self, marked: int) -> str:
        """The name of an id, empty when it is unknown."""
        return self.sender(marked).name

    def sender(self, marked: int) -> Sender:
        """An id with its name, empty when it is unknown."""
        sender = self._senders.get(marked)
        if sender is None:
            entity = self._entities.get(marked)
            sender = self._senders[marked] = Sender(marked, "" if entity is None else name_of(entity))
        return sender
