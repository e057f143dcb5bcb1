"""The topics of a forum, page by page (core.telegram.org/api/forum)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from telethon.tl import functions, types

from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, Topic
from tobs_tui.telegram.calls import Caller
from tobs_tui.telegram.peers import input_peer

# The most that one answer holds.
PAGE = 100
# Behind the pinned topics, which the first page begins with, and before all others.
IN_FRONT = datetime.fromtimestamp(2**31 - 1, UTC), 2**31 - 1, 0


async def read_topics(caller: Caller, chat: Chat, metrics: Metrics) -> tuple[Topic, ...]:
    """All topics of a forum by rising id; those that were deleted aren't listed any more. Raises what `Caller.call_retrying` does."""
    found: dict[int, Topic] = {}
    seen: set[int] = set()
    date: datetime | None = None
    message = last = 0
    while True:
        request = functions.messages.GetForumTopicsRequest(input_peer(chat), date, message, last, PAGE)
        answer = await caller.call_retrying(request, metrics)
        fresh = [topic for topic in answer.topics if topic.id not in seen]
        seen.update(topic.id for topic in fresh)
        found.update((topic.id, _topic(topic)) for topic in fresh if isinstance(topic, types.ForumTopic))
        unpinned = [topic for topic in fresh if isinstance(topic, types.ForumTopic) and not topic.pinned]
        if len(seen) >= answer.count or not (unpinned or (fresh and date is None)):
            return tuple(found[number] for number in sorted(found))
        date, message, last = _offset(answer, unpinned[-1]) if unpinned else IN_FRONT


def _offset(answer: Any, topic: Any) -> tuple[Any, int, int]:
    """Where the page behind a topic begins: pages go by the newest message, or by the date of creation where the server says so."""
    dates = {message.id: message.date for message in answer.messages if not isinstance(message, types.MessageEmpty)}
    date = topic.date if answer.order_by_create_date else dates.get(topic.top_message, topic.date)
    return date, topic.top_message, topic.id


def _topic(topic: Any) -> Topic:
    return Topic(topic.id, topic.title, closed=bool(topic.closed), hidden=bool(topic.hidden), pinned=bool(topic.pinned))
