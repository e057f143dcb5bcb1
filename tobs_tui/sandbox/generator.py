"""From a draft to a message of Telegram's: numbering and building.

A draft knows what it answers as another draft, so messages can be numbered after all of them are thought up: private chats
and basic groups share one sequence of ids, in the order of their dates, channels and supergroups have their own. A deleted draft
takes its number with it and leaves a hole.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from telethon import utils
from telethon.tl import types

from tobs_tui.sandbox.texts import Rich

PAID = "paid"
"""Stands for a reaction with stars."""

TlMessage: TypeAlias = Any
"""A types.Message or types.MessageService; Telethon has no types that a checker could read."""


@dataclass(slots=True, eq=False)
class Draft:
    """A message before it has a number. `sender` is a marked id, 0 for a channel's own post. Dates are Unix seconds.

    `topic` is the message that created the forum's topic it lies in (None: General), `thread` the post that it
    comments on, `replies` what a post says of its comments.
    """

    date: int
    sender: int = 0
    rich: Rich = field(default_factory=lambda: Rich(""))
    media: Any = None
    action: Any = None
    reply: Draft | None = None
    quote: str = ""
    reply_header: Any = None
    forward: Any = None
    edited: int = 0
    album: int = 0
    via_bot: int = 0
    author: str = ""
    views: int = 0
    reactions: tuple[tuple[str | int, int], ...] = ()
    pinned: bool = False
    markup: Any = None
    deleted: bool = False
    topic: Draft | None = None
    thread: Draft | None = None
    replies: Any = None
    id: int = 0


def number_account(drafts: Iterable[Draft], first: int, chance: random.Random) -> int:
    """Numbers the drafts of all chats that share the account's sequence; other chats' lost messages leave holes. Returns the next id."""
    next_id = first
    for draft in sorted(drafts, key=lambda draft: draft.date):
        if not draft.album:
            next_id += chance.choice((0, 0, 0, 0, 1, 2, 7))
        draft.id = next_id
        next_id += 1
    return next_id


def number_channel(drafts: Iterable[Draft]) -> int:
    """Numbers the drafts of one channel from 1, as they stand. Returns the next id."""
    next_id = 1
    for draft in drafts:
        draft.id = next_id
        next_id += 1
    return next_id


def build(draft: Draft, chat_id: int, owner: int) -> TlMessage:
    """The numbered draft as a message of the chat (its marked id)."""
    peer = peer_of(chat_id)
    common: dict[str, Any] = {
        "id": draft.id,
        "peer_id": peer,
        "date": draft.date,
        "out": (draft.sender == owner and chat_id != owner) or None,
        "post": (not draft.sender) or None,
        "from_id": sender_of(draft, chat_id),
        "saved_peer_id": (saved_from(draft) or peer) if chat_id == owner else None,
        "reply_to": _reply_header(draft, peer),
        "reactions": _reactions(draft.reactions),
    }
    if draft.action is not None:
        return types.MessageService(action=draft.action, **common)
    return types.Message(
        **common,
        message=draft.rich.text,
        entities=list(draft.rich.entities) or None,
        media=draft.media,
        fwd_from=draft.forward,
        edit_date=draft.edited or None,
        grouped_id=draft.album or None,
        via_bot_id=draft.via_bot or None,
        post_author=draft.author or None,
        views=draft.views or None,
        forwards=draft.views // 20 if draft.views else None,
        replies=draft.replies,
        reply_markup=draft.markup,
        pinned=draft.pinned or None,
    )


def peer_of(marked: int) -> Any:
    """The TL peer of a marked id."""
    bare, kind = utils.resolve_id(marked)
    return kind(bare)


def sender_of(draft: Draft, chat_id: int) -> Any:
    """The message's `from_id`: none in posts, and none in private chats for what the other one wrote."""
    if not draft.sender or draft.sender == chat_id:
        return None
    return peer_of(draft.sender)


def saved_from(draft: Draft) -> Any:
    """Under whom Saved Messages file a forwarded message: where it came from."""
    return draft.forward.saved_from_peer if draft.forward is not None else None


def _reply_header(draft: Draft, peer: Any) -> Any:
    """What is answered and in which topic: an answer names both, anything else in a topic the topic's first message."""
    topic, answered = draft.topic, draft.reply
    if answered is None:
        return types.MessageReplyHeader(forum_topic=True, reply_to_msg_id=topic.id) if topic else draft.reply_header
    quoted = draft.quote or None
    return types.MessageReplyHeader(
        reply_to_msg_id=answered.id,
        quote=bool(quoted) or None,
        quote_text=quoted,
        quote_offset=0 if quoted else None,
        forum_topic=bool(topic) or None,
        reply_to_top_id=_top(draft),
        reply_to_peer_id=peer if answered.topic is not topic and answered is not topic else None,
    )


def _top(draft: Draft) -> int | None:
    """The first message of the topic, or of the thread unless that is what is answered."""
    if draft.topic is not None:
        return draft.topic.id
    return draft.thread.id if draft.thread is not None and draft.thread is not draft.reply else None


def _reactions(given: tuple[tuple[str | int, int], ...]) -> Any:
    if not given:
        return None
    counts = [types.ReactionCount(_reaction(what), count) for what, count in given]
    return types.MessageReactions(results=counts, can_see_list=True)


def _reaction(what: str | int) -> Any:
    if what == PAID:
        return types.ReactionPaid()
    return types.ReactionEmoji(what) if isinstance(what, str) else types.ReactionCustomEmoji(what)
