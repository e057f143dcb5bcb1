"""Messages: TL objects in, the model out. What the model has no place for is named, never dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telethon.tl import types

from tobs_tui.content import Content, Unrendered
from tobs_tui.model import GENERAL_TOPIC, Button, Entity, EntityKind, Forward, Message, Reaction, Reply, Sender
from tobs_tui.telegram.convert_content import content_of
from tobs_tui.telegram.convert_media import action_photo
from tobs_tui.telegram.convert_service import service_of
from tobs_tui.telegram.dates import unix
from tobs_tui.telegram.peers import Names, marked_id, username_of

_ENTITIES: dict[type[Any], EntityKind] = {
    types.MessageEntityBold: EntityKind.BOLD,
    types.MessageEntityItalic: EntityKind.ITALIC,
    types.MessageEntityUnderline: EntityKind.UNDERLINE,
    types.MessageEntityStrike: EntityKind.STRIKE,
    types.MessageEntitySpoiler: EntityKind.SPOILER,
    types.MessageEntityCode: EntityKind.CODE,
    types.MessageEntityPre: EntityKind.PRE,
    types.MessageEntityBlockquote: EntityKind.QUOTE,
    types.MessageEntityTextUrl: EntityKind.TEXT_LINK,
    types.MessageEntityUrl: EntityKind.URL,
    types.MessageEntityMention: EntityKind.MENTION,
    types.MessageEntityMentionName: EntityKind.MENTION_NAME,
    types.MessageEntityHashtag: EntityKind.HASHTAG,
    types.MessageEntityCashtag: EntityKind.CASHTAG,
    types.MessageEntityBotCommand: EntityKind.BOT_COMMAND,
    types.MessageEntityEmail: EntityKind.EMAIL,
    types.MessageEntityPhone: EntityKind.PHONE,
    types.MessageEntityBankCard: EntityKind.BANK_CARD,
    types.MessageEntityCustomEmoji: EntityKind.CUSTOM_EMOJI,
}
_VALUES: dict[type[Any], Callable[[Any], str]] = {
    types.MessageEntityTextUrl: lambda entity: str(entity.url),
    types.MessageEntityPre: lambda entity: entity.language or "",
    types.MessageEntityMentionName: lambda entity: str(entity.user_id),
    types.MessageEntityCustomEmoji: lambda entity: str(entity.document_id),
}
# What stands for a custom emoji among reactions that Telegram tells no fallback of.
CUSTOM_REACTION = "custom emoji"
PAID_REACTION = "⭐"
# Telethon's classes of messages are abstract base classes, with which isinstance is slow.
_EMPTY = types.MessageEmpty.CONSTRUCTOR_ID
_SERVICE = types.MessageService.CONSTRUCTOR_ID


def message_of(message: Any, chat_id: int, names: Names, self_id: int, *, forum: bool = False) -> Message | None:
    """A message of a chat; None for a deleted one (messageEmpty). `self_id` is the account's own, `forum` whether the chat has topics."""
    if message.CONSTRUCTOR_ID == _EMPTY:
        return None
    sender = _sender(message, chat_id, names, self_id)
    service = service_of(message.action, sender.id, names) if message.CONSTRUCTOR_ID == _SERVICE else None
    return Message(
        id=message.id,
        date=unix(message.date),
        sender=sender,
        text=message.message or "",
        entities=entities_of(message.entities),
        content=action_photo(message.action, chat_id, message.id) if service else _content(message, chat_id, names),
        service=service,
        reply=_reply(message.reply_to, chat_id, names),
        forward=_forward(message.fwd_from, names) if message.fwd_from else None,
        edited=unix(message.edit_date) if message.edit_date and not message.edit_hide else 0,
        album=message.grouped_id or 0,
        via_bot=_via_bot(message.via_bot_id, names) if message.via_bot_id else "",
        author=message.post_author or "",
        views=message.views or 0,
        reactions=tuple(_reaction(each, names) for each in message.reactions.results) if message.reactions else (),
        outgoing=bool(message.out),
        topic=topic_of(message) if forum else 0,
        comments=message.replies.replies if message.replies is not None and message.replies.comments else 0,
        buttons=_buttons(message.reply_markup),
    )


def _buttons(markup: Any) -> tuple[Button, ...]:
    """The buttons under a message; keyboards, which stand in place of the reader's own, aren't part of it."""
    if not isinstance(markup, types.ReplyInlineMarkup):
        return ()
    return tuple(Button(each.text, getattr(each.type, "url", "")) for row in markup.rows for each in row.buttons)


def topic_of(message: Any) -> int:
    """The topic of a forum's message: the one that it created, the one that its reply header names, or else General."""
    if message.CONSTRUCTOR_ID == _SERVICE and isinstance(message.action, types.MessageActionTopicCreate):
        return int(message.id)
    header = message.reply_to
    if isinstance(header, types.MessageReplyHeader) and header.forum_topic:
        return int(header.reply_to_top_id or header.reply_to_msg_id or GENERAL_TOPIC)
    return GENERAL_TOPIC


def _content(message: Any, chat_id: int, names: Names) -> Content | None:
    """What is attached; or else the text with headings and tables that stands beside the plain one or instead of it."""
    content = content_of(message.media, chat_id, message.id, names) if message.media else None
    if content is None and message.rich_message is not None:
        return Unrendered(type(message.rich_message).__name__)
    return content


def _sender(message: Any, chat_id: int, names: Names, self_id: int) -> Sender:
    """Who sent it. In private chats Telegram names nobody: it is the one who didn't receive it."""
    if message.from_id is not None:
        return names.sender(marked_id(message.from_id))
    if chat_id > 0:
        return names.sender(self_id if message.out else chat_id)
    return names.sender(chat_id)


def entities_of(entities: list[Any] | None) -> tuple[Entity, ...]:
    """The styled spans of a text."""
    return tuple(map(_entity, entities)) if entities else ()


def _entity(entity: Any) -> Entity:
    origin = type(entity)
    kind, value = _ENTITIES.get(origin), _VALUES.get(origin)
    if kind is None:
        return Entity(EntityKind.UNKNOWN, entity.offset, entity.length, origin.__name__)
    if origin is types.MessageEntityBlockquote and entity.collapsed:
        kind = EntityKind.COLLAPSED_QUOTE
    return Entity(kind, entity.offset, entity.length, value(entity) if value else "")


def _reply(header: Any, chat_id: int, names: Names) -> Reply | None:
    """What is answered. A message that merely lies in a forum's topic answers nothing; an answer to a story names no message."""
    if isinstance(header, types.MessageReplyStoryHeader):
        peer = marked_id(header.peer)
        return Reply(0, peer, name=names.name(peer))
    if not isinstance(header, types.MessageReplyHeader):
        return None
    if header.forum_topic and header.reply_to_top_id is None and not header.quote:
        return None
    other = marked_id(header.reply_to_peer_id)
    quote = (header.quote_text or "") if header.quote else ""
    if not header.reply_to_msg_id and not other and not quote:
        return None
    elsewhere = 0 if other == chat_id else other
    entities = entities_of(header.quote_entities) if quote else ()
    return Reply(header.reply_to_msg_id or 0, elsewhere, quote, _author(header.reply_from, elsewhere, names), entities)


def _author(origin: Any, chat_id: int, names: Names) -> str:
    """Whose message of another chat is answered, as far as Telegram says."""
    if origin is None:
        return names.name(chat_id)
    return names.name(marked_id(origin.from_id)) or origin.from_name or origin.post_author or names.name(chat_id)


def _forward(header: Any, names: Names) -> Forward:
    """Where it was forwarded from, and who signed it there; people who hide themselves leave only a name."""
    origin = marked_id(header.from_id)
    name, author = names.name(origin) or header.from_name or "", header.post_author or ""
    name = f"{name} ({author})" if name and author else name or author or header.saved_from_name or ""
    if not header.channel_post and header.saved_from_msg_id:
        return Forward(name, unix(header.date), marked_id(header.saved_from_peer), header.saved_from_msg_id)
    return Forward(name, unix(header.date), origin, header.channel_post or 0)


def _via_bot(bot_id: int, names: Names) -> str:
    return username_of(names.entity(bot_id)) or names.name(bot_id) or str(bot_id)


def _reaction(given: Any, names: Names) -> Reaction:
    reaction = given.reaction
    if isinstance(reaction, types.ReactionEmoji):
        return Reaction(reaction.emoticon, given.count)
    if isinstance(reaction, types.ReactionCustomEmoji):
        return Reaction(names.emoji.get(reaction.document_id) or CUSTOM_REACTION, given.count, reaction.document_id)
    return Reaction(PAID_REACTION if isinstance(reaction, types.ReactionPaid) else CUSTOM_REACTION, given.count)
