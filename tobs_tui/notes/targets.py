"""What messages point at: other messages by `t.me` links, forwards and answers, and people by their mentions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tobs_tui.model import CHANNEL_MARK, Entity, EntityKind, Message
from tobs_tui.notes.spans import spans_of

# core.telegram.org/api/links#message-links: t.me/name/ID, t.me/name/TOPIC/ID, t.me/c/CHAT/ID, t.me/c/CHAT/TOPIC/ID
_MESSAGE = re.compile(
    r"(?:https?://)?(?:www\.)?(?:t|telegram)\.(?:me|dog)/(?:c/(\d{1,15})|(?:s/)?([A-Za-z]\w{3,31}))(?:/\d{1,10})?/(\d{1,10})/?(?:\?.*)?\Z",
    re.ASCII | re.IGNORECASE,
)
_MENTION = re.compile(r"@([A-Za-z]\w{3,31})\Z", re.ASCII)
_LINKS = frozenset({EntityKind.URL, EntityKind.TEXT_LINK, EntityKind.MENTION, EntityKind.MENTION_NAME})


@dataclass(frozen=True, slots=True)
class Target:
    """A message (`message_id`), or a whole chat (0), by the chat's marked id or by its casefolded public name."""

    chat_id: int = 0
    name: str = ""
    message_id: int = 0


def target_of(address: str) -> Target | None:
    """The message that an address leads to."""
    found = _MESSAGE.match(address.strip())
    if not found or not int(found[3]):
        return None
    chat = -CHANNEL_MARK - int(found[1]) if found[1] else 0
    return Target(chat, "" if chat else found[2].casefold(), int(found[3]))


def linked(text: str, entities: tuple[Entity, ...]) -> list[tuple[str, Target]]:
    """The parts of a text that lead somewhere: the address as it was sent, the mention as it is shown, the mentioned one's id."""
    links = [entity for entity in entities if entity.kind in _LINKS]
    keys = [(span.kind, span.value or text[span.start : span.end]) for span in spans_of(text, links)] if links else []
    return [(key, target) for kind, key in keys if (target := _target(kind, key))]


def _target(kind: EntityKind, key: str) -> Target | None:
    if kind is EntityKind.MENTION_NAME:
        return Target(int(key)) if key.isascii() and key.isdigit() and int(key) else None
    if kind is EntityKind.MENTION:
        name = _MENTION.match(key)
        return Target(name=name[1].casefold()) if name else None
    return target_of(key)


def forward_target(message: Message) -> Target | None:
    """The message that this one was forwarded from, where Telegram says which."""
    forward = message.forward
    return Target(forward.chat_id, message_id=forward.message_id) if forward and forward.chat_id and forward.message_id else None


def reply_target(message: Message) -> Target | None:
    """The message of another chat that this one answers."""
    reply = message.reply
    return Target(reply.chat_id, message_id=reply.message_id) if reply and reply.chat_id and reply.message_id else None


def targets_in(message: Message) -> set[Target]:
    """All that a message points at, besides what it answers in its own chat."""
    found = {target for _, target in linked(message.text, message.entities)} if message.entities else set()
    if message.forward or message.reply:
        found.update(filter(None, (forward_target(message), reply_target(message))))
    return found
