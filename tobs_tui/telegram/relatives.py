"""Chats that belong together: a supergroup and the basic group that it was, a channel and the group of its comments; and descriptions."""

from __future__ import annotations

from telethon.tl import functions, types

from tobs_tui.metrics import Metrics
from tobs_tui.model import CHANNEL_MARK, Chat, ChatKind, Relatives, bare_id
from tobs_tui.telegram.calls import Caller
from tobs_tui.telegram.peers import Names, chat_of


async def read_relatives(caller: Caller, chat: Chat, metrics: Metrics) -> Relatives:
    """What a group, supergroup or channel says of itself. Raises what `Caller.call_retrying` does."""
    if chat.kind is ChatKind.GROUP:
        answer = await caller.call_retrying(functions.messages.GetFullChatRequest(bare_id(chat.id)), metrics)
        return Relatives(about=answer.full_chat.about)
    if not chat.kind.dense_ids:
        return Relatives()
    channel = types.InputChannel(bare_id(chat.id), chat.access_hash)
    answer = await caller.call_retrying(functions.channels.GetFullChannelRequest(channel), metrics)
    names, full = Names(answer.users, answer.chats), answer.full_chat
    before = -(full.migrated_from_chat_id or 0)
    linked = -CHANNEL_MARK - full.linked_chat_id if full.linked_chat_id else 0
    return Relatives(_chat(names, before), _chat(names, linked), full.about)


def _chat(names: Names, marked: int) -> Chat | None:
    entity = names.entity(marked) if marked else None
    return chat_of(entity) if entity is not None else None
