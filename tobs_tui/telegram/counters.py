"""What a chat holds, without reading it: how many messages of each kind, and one page of them to judge the rest by.

Sources: core.telegram.org/method/messages.getSearchCounters, core.telegram.org/api/search, core.telegram.org/api/forum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from telethon.tl import TLRequest, functions, types

from tobs_tui.content import MediaKind
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, ChatKind, Message
from tobs_tui.telegram.calls import Caller
from tobs_tui.telegram.convert import message_of
from tobs_tui.telegram.flight import PAGE
from tobs_tui.telegram.peers import Names, input_peer
from tobs_tui.telegram.session import Session

LINK = "link"
"""The kind of messages with an address in their text; all other kinds are those of their file."""

FILTERS: dict[str, Callable[[], Any]] = {
    MediaKind.PHOTO.value: types.InputMessagesFilterPhotos,
    MediaKind.VIDEO.value: types.InputMessagesFilterVideo,
    MediaKind.ROUND.value: types.InputMessagesFilterRoundVideo,
    MediaKind.VOICE.value: types.InputMessagesFilterVoice,
    MediaKind.AUDIO.value: types.InputMessagesFilterMusic,
    MediaKind.DOCUMENT.value: types.InputMessagesFilterDocument,
    MediaKind.GIF.value: types.InputMessagesFilterGif,
    LINK: types.InputMessagesFilterUrl,
}
"""What Telegram counts. It has no filter for stickers and custom emoji."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many messages of a kind there are; `exact` as far as the server says."""

    messages: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Look:
    """The newest messages below some id, at most 100, newest first. `count` is how many there are in all, as the server counts,
    `oldest` the smallest id seen. `complete` says that nothing lies below for sure, `short` that the page wasn't full."""

    messages: tuple[Message, ...]
    count: int
    oldest: int
    complete: bool
    short: bool = False


class Counters:
    """Asks for counts and looks. `topic` narrows a question to a forum's topic, 0 is the whole chat; `below` is an id, 0 for the newest."""

    def __init__(self, caller: Caller, session: Session) -> None:
        self._caller = caller
        self._session = session

    async def counts(self, chat: Chat, topic: int, metrics: Metrics) -> dict[str, Count]:
        """How many messages of each kind there are. One request; raises what `Caller.call_retrying` does."""
        filters = [make() for make in FILTERS.values()]
        request = functions.messages.GetSearchCountersRequest(input_peer(chat), filters, top_msg_id=topic or None)
        kinds = {make.CONSTRUCTOR_ID: kind for kind, make in FILTERS.items()}  # type: ignore[attr-defined] # all are TL classes
        answer = await self._caller.call_retrying(request, metrics)
        found = {kinds.get(each.filter.CONSTRUCTOR_ID, ""): Count(each.count, exact=not each.inexact) for each in answer}
        return {kind: found.get(kind, Count(0, exact=False)) for kind in FILTERS}

    async def newest(self, chat: Chat, topic: int, below: int, metrics: Metrics) -> Look:
        """The newest messages of any kind. One request; raises as `counts`."""
        where = (below, None, 0, PAGE, 0, 0, 0)  # offset_id, offset_date, add_offset, limit, max_id, min_id, hash
        request = functions.messages.GetHistoryRequest(input_peer(chat), *where)
        if topic:
            request = functions.messages.GetRepliesRequest(input_peer(chat), topic, *where)
        return await self._look(request, chat, below, metrics)

    async def of_kind(self, chat: Chat, topic: int, kind: str, below: int, metrics: Metrics) -> Look:
        """The newest messages of a kind. One request; raises as `counts`."""
        request = functions.messages.SearchRequest(
            peer=input_peer(chat),
            q="",
            filter=FILTERS[kind](),
            min_date=None,
            max_date=None,
            offset_id=below,
            add_offset=0,
            limit=PAGE,
            max_id=0,
            min_id=0,
            hash=0,
            top_msg_id=topic or None,
        )
        return await self._look(request, chat, below, metrics)

    async def _look(self, request: TLRequest, chat: Chat, below: int, metrics: Metrics) -> Look:
        answer = await self._caller.call_retrying(request, metrics)
        names, forum = Names(answer.users, answer.chats), chat.kind is ChatKind.FORUM
        converted = (message_of(message, chat.id, names, self._session.account_id, forum=forum) for message in answer.messages)
        count = getattr(answer, "count", len(answer.messages))
        return Look(
            messages=tuple(message for message in converted if message is not None),
            count=count,
            oldest=min((message.id for message in answer.messages), default=0),
            complete=isinstance(answer, types.messages.Messages) or (not below and count <= PAGE) or not answer.messages,
            short=len(answer.messages) < PAGE,
        )
