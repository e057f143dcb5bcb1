"""Answers about the topics of forums. Source: core.telegram.org/api/forum."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from telethon.tl import functions, types

from tobs_tui.sandbox.answers import Answer, RpcError
from tobs_tui.sandbox.chats import ChatRecord, TopicRecord
from tobs_tui.sandbox.generator import peer_of
from tobs_tui.sandbox.handlers import Context, handles
from tobs_tui.sandbox.history import appearing, seconds
from tobs_tui.sandbox.users import chat_of, world_of
from tobs_tui.sandbox.world import World

PAGE = 100
FOREVER = 2**31 - 1


def forum_of(context: Context, peer: Any) -> ChatRecord:
    """The forum that an InputPeer means; refuses other chats."""
    record = chat_of(context, peer)
    if not getattr(record.entity, "forum", False):
        raise RpcError(400, "CHANNEL_FORUM_MISSING")
    return record


@handles(functions.messages.GetForumTopicsRequest)
def get_forum_topics(context: Context, request: functions.messages.GetForumTopicsRequest) -> Answer:
    """A page of topics: pinned ones in front of the first, the others by their newest message."""
    record = forum_of(context, request.peer)
    wanted = (request.q or "").casefold()
    there = [topic for topic in record.topics.values() if not topic.deleted and wanted in topic.title.casefold()]
    limit = max(1, min(request.limit or PAGE, PAGE))
    return topics_answer(world_of(context), record, _behind(record, there, request)[:limit], len(there))


def _place(record: ChatRecord, topic: TopicRecord) -> tuple[int, int, int]:
    """Newest first."""
    return -(record.messages.date(topic.last) if topic.last in record.messages else topic.date), -topic.last, -topic.id


def _behind(record: ChatRecord, there: Sequence[TopicRecord], request: Any) -> list[TopicRecord]:
    """The topics behind the request's offset, which pinned ones never are."""
    rest = sorted((topic for topic in there if not topic.pinned), key=lambda topic: _place(record, topic))
    date = seconds(request.offset_date)
    if not date and not request.offset_id and not request.offset_topic:
        return [topic for topic in there if topic.pinned] + rest
    offset = (-(date or FOREVER), -(request.offset_id or FOREVER), -request.offset_topic)
    return rest[bisect_left(rest, True, key=lambda topic: _place(record, topic) > offset) :]


@handles(functions.messages.GetForumTopicsByIDRequest)
def get_forum_topics_by_id(context: Context, request: functions.messages.GetForumTopicsByIDRequest) -> Answer:
    record = forum_of(context, request.peer)
    if len(request.topics) > PAGE:
        raise RpcError(400, "TOPICS_TOO_MUCH")
    gone = TopicRecord(0, "", 0, 0, deleted=True)
    found = [record.topics.get(number, gone) for number in request.topics]
    return topics_answer(world_of(context), record, found, len(found), request.topics)


def topics_answer(world: World, record: ChatRecord, page: Sequence[TopicRecord], count: int, ids: Sequence[int] = ()) -> Answer:
    """Topics, each with its newest message."""
    last = sorted({topic.last for topic in page if topic.last in record.messages})
    peers = appearing(world, record, last) | {topic.creator for topic in page if topic.creator}
    entities = [entity for peer in sorted(peers) if (entity := world.entity(peer)) is not None]
    numbers = ids or [topic.id for topic in page]
    return types.messages.ForumTopics(
        count=count,
        topics=[_topic(record, topic, number) for topic, number in zip(page, numbers, strict=True)],
        messages=[record.messages[i] for i in last],
        chats=[entity for entity in entities if not isinstance(entity, types.User)],
        users=[entity for entity in entities if isinstance(entity, types.User)],
        pts=record.pts,
    )


def _topic(record: ChatRecord, topic: TopicRecord, number: int) -> Any:
    if topic.deleted:
        return types.ForumTopicDeleted(number)
    return types.ForumTopic(
        id=topic.id,
        date=topic.date,
        peer=peer_of(record.id),
        title=topic.title,
        icon_color=0x6FB9F0,
        top_message=topic.last,
        read_inbox_max_id=topic.last,
        read_outbox_max_id=topic.last,
        unread_count=0,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        from_id=peer_of(topic.creator),
        notify_settings=types.PeerNotifySettings(),
        closed=topic.closed or None,
        hidden=topic.hidden or None,
        pinned=topic.pinned or None,
    )
