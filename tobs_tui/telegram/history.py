"""The messages of a chat: ascending pages without a gap, where a date begins, how many there are."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec.structs import replace
from telethon.tl import functions, types

from tobs_tui.metrics import Metrics
from tobs_tui.model import CHANNEL_MARK, Chat, ChatKind, Message
from tobs_tui.telegram.calls import Caller
from tobs_tui.telegram.convert import message_of
from tobs_tui.telegram.dates import unix
from tobs_tui.telegram.emoji import CustomEmoji
from tobs_tui.telegram.flight import PAGE, Extent, Flight, Window
from tobs_tui.telegram.peers import Names, input_peer
from tobs_tui.telegram.reading import Known
from tobs_tui.telegram.session import Session
from tobs_tui.telegram.width import Width

METHOD = "messages.getHistory"


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Up to 100 messages with rising ids. `last_id` is the greatest id that the page covers, also of a deleted message."""

    messages: tuple[Message, ...]
    last_id: int


@dataclass(frozen=True, slots=True)
class Newest:
    """The chat's size, and some of its newest messages with rising ids: all that it shows from the id `low` on, up to `high` (0: to the
    end). Custom emoji among their reactions aren't looked up.
    """

    extent: Extent
    messages: tuple[Message, ...] = ()
    low: int = 0
    high: int = 0


class HistoryReader:
    """Reads histories."""

    def __init__(self, caller: Caller, metrics: Metrics, session: Session) -> None:
        self._caller = caller
        self._metrics = metrics
        self._session = session
        self._known = Known()
        self._extents: dict[int, Extent] = {}
        self._emoji = CustomEmoji(caller)
        self._width = Width()

    async def _ask(self, chat: Chat, metrics: Metrics, **where: Any) -> Any:
        bounds = {"offset_id": 0, "offset_date": None, "add_offset": 0, "limit": 1} | where
        request = functions.messages.GetHistoryRequest(peer=input_peer(chat), max_id=0, min_id=0, hash=0, **bounds)
        return await self._caller.call_retrying(self._known.teach(request), metrics)

    async def extent(self, chat: Chat, metrics: Metrics | None = None) -> Extent:
        """The chat's size: one request, or two where the newest message isn't shown. The next reading of the chat builds on it."""
        extent = await self._extent(chat, metrics or self._metrics)
        self._extents[chat.id] = extent
        return extent

    async def _extent(self, chat: Chat, metrics: Metrics) -> Extent:
        answer = await self._ask(chat, metrics)
        count = getattr(answer, "count", len(answer.messages))
        if count and not answer.messages:
            answer = await self._ask(chat, metrics, limit=PAGE)
        return Extent(count, max((message.id for message in answer.messages), default=0))

    async def newest(self, chat: Chat, upto: int, count: int, metrics: Metrics | None = None) -> Newest:
        """The chat's size as `extent` tells it, and by the same request its newest messages, up to 100. By further requests up to `count`
        of them, or where all of those are newer, up to `count` of those with ids up to `upto`."""
        metrics = metrics or self._metrics
        answer = await self._ask(chat, metrics, limit=min(PAGE, count))
        extent = Extent(getattr(answer, "count", len(answer.messages)), max((m.id for m in answer.messages), default=0))
        if extent.count and not answer.messages:
            return Newest(await self.extent(chat, metrics), low=upto + 1)
        self._extents[chat.id] = extent
        messages, low = self._bare(chat, answer), 0 if len(answer.messages) >= extent.count else _lowest(answer)
        left, high = count - PAGE, 0
        while low > upto or (low > 1 and left > 0):
            if low > upto:
                messages, left, high = (), count, upto
            answer = await self._ask(chat, metrics, offset_id=min(low, upto + 1), limit=min(PAGE, left))
            messages, low = self._bare(chat, answer) + messages, _lowest(answer)
            left -= PAGE
        return Newest(extent, messages, low, high)

    def _bare(self, chat: Chat, answer: Any) -> tuple[Message, ...]:
        """The messages of an answer, by rising id, without asking for anything else."""
        return self._converted(chat, sorted(answer.messages, key=lambda m: m.id), Names(answer.users, answer.chats))

    async def with_emoji(self, messages: Iterable[Message], metrics: Metrics) -> tuple[Message, ...]:
        """Messages with the fallbacks of custom emoji among their reactions."""
        found = tuple(messages)
        emoji = await self._emoji.fallbacks({each.custom for message in found for each in message.reactions} - {0}, metrics)
        return tuple(_shown(message, emoji) for message in found)

    async def id_before(self, chat: Chat, date: int, metrics: Metrics | None = None) -> int:
        """The greatest id of a message that is older than `date` (Unix seconds); 0 when there is none.

        Telegram doesn't say whether `offset_date` leaves out the messages of that very second: those that come are gone past.
        """
        answer, low = await self._ask(chat, metrics or self._metrics, offset_date=datetime.fromtimestamp(date, UTC)), math.inf
        while _lowest(answer) < low and not (older := _older(answer, date)) and (low := _lowest(answer)):
            answer = await self._ask(chat, metrics or self._metrics, offset_id=low, limit=PAGE)
        return max(older, default=0)

    async def pages(self, chat: Chat, after: int, metrics: Metrics, upto: int = 0) -> AsyncGenerator[HistoryPage, None]:
        """All messages with ids above `after`, as `HistoryPage`s, several of them under way at once (see flight.py).

        Who needs none above `upto` (0: all are needed) closes the generator there; until then few of them are asked for.

        An `extent` that was asked for just before saves the last request, and tells how many windows are worth asking for.
        """

        async def ask(offset_id: int, add_offset: int) -> Any:
            with metrics.in_flight("pages"):
                answer = await self._ask(chat, metrics, offset_id=offset_id, add_offset=add_offset, limit=PAGE)
            await self._emoji.meet(answer.messages, metrics)  # beside the other pages, so that none waits for it in its turn
            return answer

        async def measure() -> Extent:
            return await self._extent(chat, metrics)

        sparse = chat.id > -CHANNEL_MARK
        floods = partial(self._caller.floods, METHOD)
        flight = Flight(ask, measure, self._width, floods, after, self._extents.pop(chat.id, None), sparse, upto)
        async with aclosing(flight.windows()) as windows:
            async for window in windows:
                yield self._page(chat, window)

    def _page(self, chat: Chat, window: Window) -> HistoryPage:
        names = Names(window.answer.users, window.answer.chats, self._emoji.of(window.fresh))
        return HistoryPage(self._converted(chat, window.fresh, names), window.fresh[-1].id)

    def _converted(self, chat: Chat, messages: Iterable[Any], names: Names) -> tuple[Message, ...]:
        forum, self_id = chat.kind is ChatKind.FORUM, self._session.account_id
        converted = (message_of(message, chat.id, names, self_id, forum=forum) for message in messages)
        return tuple(message for message in converted if message is not None)


def _lowest(answer: Any) -> int:
    """The lowest id of an answer; 0 behind the last one."""
    return min((message.id for message in answer.messages), default=0)


def _older(answer: Any, date: int) -> list[int]:
    """The ids of an answer's messages from before a date (Unix seconds). What is deleted has no date, and counts as older."""
    return [m.id for m in answer.messages if isinstance(m, types.MessageEmpty) or unix(m.date) < date]


def _shown(message: Message, emoji: Mapping[int, str]) -> Message:
    if not any(each.custom for each in message.reactions):
        return message
    return replace(message, reactions=tuple(replace(each, emoji=emoji.get(each.custom) or each.emoji) for each in message.reactions))
