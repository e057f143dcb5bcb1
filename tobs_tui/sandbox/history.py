"""Answers about messages: pages of a history, messages by id, searches and counts."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from telethon.tl import functions, types

from tobs_tui.sandbox.answers import Answer, RpcError, vector
from tobs_tui.sandbox.chats import ChatRecord
from tobs_tui.sandbox.handlers import Context, handles
from tobs_tui.sandbox.search import TESTS, Test, matching, tally
from tobs_tui.sandbox.users import chat_of, peer_of_input, world_of
from tobs_tui.sandbox.world import World

PAGE = 100
DEFAULT_PAGE = 20
EMPTY_VECTOR = vector(())
MESSAGES = types.messages.Messages.CONSTRUCTOR_ID
SLICE = types.messages.MessagesSlice.CONSTRUCTOR_ID
CHANNEL = types.messages.ChannelMessages.CONSTRUCTOR_ID


@handles(functions.messages.GetHistoryRequest)
def get_history(context: Context, request: functions.messages.GetHistoryRequest) -> Answer:
    record = chat_of(context, request.peer)
    ids = record.messages.ids
    start, stop = window(record, request, ids)
    page = [i for i in reversed(ids[start:stop]) if in_bounds(i, request)]
    return messages_answer(context.world, record, page, len(ids) + record.miscount)


def window(record: ChatRecord, request: Any, ids: Sequence[int]) -> tuple[int, int]:
    """The (first, past the last) places, in the ascending `ids`, of the page that a request names.

    Source: core.telegram.org/api/offsets. The newest message is number 0; `offset_id` or else `offset_date` says how many
    newer ones to skip, `add_offset` is added, also when it is negative, and what lies before the newest is cut off.
    """
    newer = skipped(record, request, ids) + request.add_offset
    limit = min(request.limit or DEFAULT_PAGE, PAGE)
    first, last = max(0, newer), max(0, newer + limit)
    return max(0, len(ids) - last), max(0, len(ids) - first)


def skipped(record: ChatRecord, request: Any, ids: Sequence[int]) -> int:
    """How many messages are newer than the request's offset, that one included."""
    if request.offset_id > 0:
        return len(ids) - below(ids, request.offset_id)
    date = seconds(getattr(request, "offset_date", None))
    return len(ids) - record.messages.before(date) if date else 0


def below(ids: Sequence[int], message_id: int) -> int:
    """How many of the ascending `ids` are smaller."""
    return bisect_left(ids, message_id)


def in_bounds(message_id: int, request: Any) -> bool:
    """`min_id` and `max_id` are exclusive and sift a page after it was cut, so a page may come back smaller or empty."""
    return message_id > request.min_id and (not request.max_id or message_id < request.max_id)


def seconds(date: Any) -> int:
    """A date of a request in Unix seconds, 0 for none (Telethon reads 0 as 1970)."""
    return int(date.timestamp()) if date is not None else 0


def messages_answer(world: World, record: ChatRecord, page: Sequence[int], count: int) -> bytes:
    """A page of one chat: everything for a small chat, a slice of a large one, and channels' own kind of answer."""
    history = record.messages
    body = vector([history.raw(i) for i in page])
    chats, users = world.raw_peers(appearing(world, record, page))
    if record.is_channel:
        head = struct.pack("<IIii", CHANNEL, 0, record.pts, count)
    elif count <= len(page):
        head = struct.pack("<I", MESSAGES)
    else:
        head = struct.pack("<IIi", SLICE, 0, count)
    return b"".join((head, body, EMPTY_VECTOR, chats, users))


def appearing(world: World, record: ChatRecord, page: Iterable[int]) -> frozenset[int]:
    """Everybody who appears on a page, the chat itself and the account included."""
    return frozenset((record.id, world.owner_id)).union(*map(record.messages.peers, page))


@handles(functions.messages.GetCustomEmojiDocumentsRequest)
def get_custom_emoji(context: Context, request: functions.messages.GetCustomEmojiDocumentsRequest) -> Answer:
    """Documents of custom emoji; those that don't exist are left out."""
    known = context.world.files.emoji
    return vector(bytes(known[each]) for each in request.document_id if each in known)


@handles(functions.messages.GetMessagesRequest)
def get_messages(context: Context, request: functions.messages.GetMessagesRequest) -> Answer:
    """Messages of private chats and basic groups, which share one sequence of ids."""
    world = world_of(context)
    found = [(world.holder(i), i) for i in wanted(request.id)]
    bodies = [record.messages.raw(i) if record else bytes(types.MessageEmpty(i, None)) for record, i in found]
    peers: frozenset[int] = frozenset((world.owner_id,))
    for record, i in found:
        if record:
            peers |= appearing(world, record, (i,))
    chats, users = world.raw_peers(peers)
    return b"".join((struct.pack("<I", MESSAGES), vector(bodies), EMPTY_VECTOR, chats, users))


@handles(functions.channels.GetMessagesRequest)
def get_channel_messages(context: Context, request: functions.channels.GetMessagesRequest) -> Answer:
    record = chat_of(context, request.channel)
    ids = wanted(request.id)
    there = [i for i in ids if i in record.messages]
    bodies = [record.messages.raw(i) if i in record.messages else bytes(types.MessageEmpty(i, None)) for i in ids]
    chats, users = context.world.raw_peers(appearing(context.world, record, there))
    head = struct.pack("<IIii", CHANNEL, 0, record.pts, len(ids))
    return b"".join((head, vector(bodies), EMPTY_VECTOR, chats, users))


def wanted(ids: Iterable[Any]) -> list[int]:
    """The ids that are asked for, at most a page of them."""
    plain = [item.id for item in ids if isinstance(item, types.InputMessageID)]
    if len(plain) > PAGE:
        raise RpcError(400, "LIMIT_INVALID")
    return plain


@handles(functions.messages.SearchRequest)
def search(context: Context, request: functions.messages.SearchRequest) -> Answer:
    """Messages of one chat by words, sender, dates and kind; pages as in a history."""
    record = chat_of(context, request.peer)
    sender = peer_of_input(context.world, request.from_id) if request.from_id is not None else 0
    ids = matching(record, test_of(request.filter), request.q, sender, topic_in(record, request.top_msg_id))
    since, until = seconds(request.min_date), seconds(request.max_date)
    if since or until:
        date = record.messages.date
        ids = [i for i in ids if date(i) > since and (not until or date(i) < until)]
    start, stop = window(record, request, ids)
    page = [i for i in reversed(ids[start:stop]) if in_bounds(i, request)]
    return messages_answer(context.world, record, page, len(ids))


@handles(functions.messages.GetRepliesRequest)
def get_replies(context: Context, request: functions.messages.GetRepliesRequest) -> Answer:
    """The messages of a forum's topic, in pages as of a history. Comments of posts aren't served."""
    record = chat_of(context, request.peer)
    ids = matching(record, TESTS[types.InputMessagesFilterEmpty], topic=topic_in(record, request.msg_id))
    start, stop = window(record, request, ids)
    page = [i for i in reversed(ids[start:stop]) if in_bounds(i, request)]
    return messages_answer(context.world, record, page, len(ids))


@handles(functions.messages.GetSearchCountersRequest)
def get_search_counters(context: Context, request: functions.messages.GetSearchCountersRequest) -> Answer:
    """How many messages of each kind a chat has, or a forum's topic."""
    record = chat_of(context, request.peer)
    counts = tally(record, list(map(test_of, request.filters)), topic_in(record, request.top_msg_id))
    return vector(types.messages.SearchCounter(kind, count) for kind, count in zip(request.filters, counts, strict=True))


def topic_in(record: ChatRecord, number: int | None) -> int:
    """The topic that a request narrows its answer to, 0 for none; refuses what is no topic of the chat."""
    if number and number not in record.topics:
        raise RpcError(400, "MSG_ID_INVALID")
    return number or 0


def test_of(kind: Any) -> Test:
    if type(kind) not in TESTS:
        raise RpcError(400, "INPUT_FILTER_INVALID")
    return TESTS[type(kind)]
