"""Works out what exports would bring: asks a few things of each chat, and writes nothing.

Of a chat of up to 100 messages, or with that many new ones, one page tells everything. Of others Telegram's counters tell how many
messages of each kind there are, and one page a kind what their files measure. What the cache's records of files measure isn't asked: they
are those that the options of earlier exports took.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from tobs_tui.content import MediaKind
from tobs_tui.engine.chat_list import KnownChats, chat_title
from tobs_tui.engine.commands import Estimate, Export
from tobs_tui.engine.estimate import NONE, ChatEstimate, ExportEstimate, Figure, KindEstimate, about, total, totals_of
from tobs_tui.engine.reckoning import LINK, Wanted, by_kind, how_many, of_kind, present_pace, uncounted, wanted_ids
from tobs_tui.engine.room import room_left
from tobs_tui.engine.topics import WHOLE
from tobs_tui.errors import CacheError, RequestError, RequestRefused
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, ChatKind, ExportOptions, Relatives, TakeoutState, bare_id
from tobs_tui.pipeline.records import ChatState
from tobs_tui.pipeline.remembered import Remembered
from tobs_tui.telegram.account import TelegramAccount
from tobs_tui.telegram.counters import FILTERS, Count, Look
from tobs_tui.telegram.flight import PAGE

AT_ONCE = 3
"""Chats that are asked beside each other."""
WAITING = "from earlier runs"


@dataclass(frozen=True, slots=True)
class _Question:
    """One chat to ask, by its marked id, and the one that it would come along with."""

    chat_id: int
    options: ExportOptions
    beside: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    """What the cache knows of a chat, and the ids that the dates of the options mean: the last before `since`, the last before `until`."""

    state: ChatState | None
    topics: dict[int, int]
    since: int
    until: int

    @property
    def whole(self) -> int:
        """Up to which message everything was read, in a forum all of its topics (see TopicSorter)."""
        if not self.topics:
            return self.state.last_id if self.state else 0
        return self.topics.get(WHOLE, 0)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one chat, or one topic, would bring; `whole` when each message of it was seen."""

    messages: Figure
    kinds: tuple[KindEstimate, ...]
    whole: bool = False


class Estimator:
    """One estimate at a time."""

    def __init__(self, telegram: TelegramAccount, remembered: Remembered, chats: KnownChats, metrics: Metrics, reserve: int) -> None:
        self._telegram = telegram
        self._remembered = remembered
        self._chats = chats
        self._engine = metrics
        self._reserve = reserve
        self._task: asyncio.Task[None] | None = None
        self._survey: _Survey | None = None
        self._drawn = ExportEstimate()
        self._left: int | None = None

    def picture(self) -> ExportEstimate | None:
        """The estimate as far as it is, drawn anew when another chat has answered; None where none was asked for."""
        survey = self._survey
        if survey is None:
            return None
        if (self._drawn.asked, self._drawn.chats) != (survey.asked, survey.chats):
            pace = present_pace(self._engine.snapshot(), takeout=self._telegram.takeout.state is TakeoutState.OPEN)
            found = survey.found()
            totals = totals_of(found, pace, self._left)
            self._drawn = replace(self._drawn, asked=len(found), chats=survey.chats, each=found, totals=totals)
        return self._drawn

    def start(self, command: Estimate, group: asyncio.TaskGroup, tell: Callable[[ExportEstimate], None]) -> None:
        """Begin an estimate, in place of the one before; `tell` hears it when it is complete."""
        self._cancel()
        if not any(export.chats for export in command.exports):
            return
        self._survey = survey = _Survey(self._telegram, self._remembered, self._chats, Metrics(self._engine), command.exports)
        self._drawn = ExportEstimate(command.ticket, command.exports[0].options.vault, 0, survey.chats)
        self._task = group.create_task(self._run(survey, self._drawn.vault, tell))

    def _cancel(self) -> asyncio.Task[None] | None:
        task, self._task, self._survey = self._task, None, None
        if task:
            task.cancel()
        return task

    async def stop(self) -> None:
        """Break off what is being estimated; nothing is asked for behind this."""
        if task := self._cancel():
            await asyncio.wait({task})

    async def _run(self, survey: _Survey, vault: str, tell: Callable[[ExportEstimate], None]) -> None:
        self._left = await asyncio.to_thread(room_left, vault, self._reserve)
        await survey.run()
        if estimate := self.picture():
            tell(estimate)


class _Survey:
    """Asks chats, those that come along with them too. `chats` is how many that are by now."""

    def __init__(
        self, telegram: TelegramAccount, remembered: Remembered, chats: KnownChats, metrics: Metrics, exports: tuple[Export, ...]
    ) -> None:
        self._telegram = telegram
        self._remembered = remembered
        self._known_chats = chats
        self._metrics = metrics
        self._open = deque(_Question(chat, export.options) for export in exports for chat in export.chats)
        self._met = {question.chat_id for question in self._open}
        self._answers: dict[int, ChatEstimate] = {}
        self.chats = len(self._open)

    @property
    def asked(self) -> int:
        """How many have answered."""
        return len(self._answers)

    def found(self) -> tuple[ChatEstimate, ...]:
        """The answers so far, in the order of asking."""
        return tuple(self._answers[place] for place in sorted(self._answers))

    async def run(self) -> None:
        """Ask them all."""
        while self._open:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, len(self._open))):
                    group.create_task(self._work())

    async def _work(self) -> None:
        while self._open:
            place = self.chats - len(self._open)
            question = self._open.popleft()
            self._answers[place] = await self._answer(question)

    async def _answer(self, question: _Question) -> ChatEstimate:
        """One chat that can't be asked costs its own figures alone."""
        chat = self._known_chats.get(question.chat_id)
        if chat is None:
            return ChatEstimate(bare_id(question.chat_id), "", ChatKind.PRIVATE, why="it isn't in the list")
        blank = ChatEstimate(bare_id(chat.id), chat_title(chat), chat.kind, beside=bare_id(question.beside))
        try:
            await self._look_beside(chat, question.options)
            return await self._estimate(chat, question.options, blank)
        except (RequestError, CacheError) as error:
            return replace(blank, why=error.why or error.what)

    async def _look_beside(self, chat: Chat, options: ExportOptions) -> None:
        """Chats that would come along are asked too (see kin.py)."""
        try:
            kin = await self._telegram.relatives(chat, self._metrics)
        except RequestRefused:
            kin = Relatives()
        along = [kin.before] if not options.topics else []
        along += [kin.linked] if options.comments and chat.kind is ChatKind.CHANNEL else []
        for each in along:
            if each and each.id not in self._met:
                self._known_chats.remember(each)
                self._met.add(each.id)
                self._open.append(_Question(each.id, options, chat.id))
                self.chats += 1

    async def _estimate(self, chat: Chat, options: ExportOptions, blank: ChatEstimate) -> ChatEstimate:
        known = await self._known(chat, options)
        waiting = await self._remembered.waiting(options.vault, chat.id)
        left_over = KindEstimate(WAITING, NONE, Figure(waiting.files), Figure(waiting.bytes), Figure(waiting.parts))
        found = [await self._part(chat, topic, options, known) for topic in options.topics or (0,)]
        messages = total(each.messages for each in found)
        read = await self._forum(chat, options, known) if options.topics else messages
        kinds = tuple(kind for each in found for kind in each.kinds)
        figures = replace(
            blank,
            messages=messages,
            kinds=kinds,
            uncounted=() if all(each.whole for each in found) else uncounted(options),
            waiting=left_over if waiting.files else None,
            pages=_pages(chat, options, read.value),
        )
        return figures.summed()

    async def _known(self, chat: Chat, options: ExportOptions) -> _Known:
        state = await self._remembered.chat(options.vault, chat.id)
        topics = await self._remembered.topics(options.vault, chat.id) if chat.kind is ChatKind.FORUM else {}
        since = await self._telegram.id_before(chat, options.since, self._metrics) if options.since else 0
        until = await self._telegram.id_before(chat, options.until, self._metrics) if options.until else 0
        return _Known(state, {topic.id: topic.read for topic in topics.values()}, since, until)

    async def _newest(self, chat: Chat, topic: int, options: ExportOptions, known: _Known) -> Look:
        """The newest messages before `until`."""
        if options.until and not known.until:
            return Look((), 0, 0, complete=True)
        return await self._telegram.counters.newest(chat, topic, known.until + 1 if options.until else 0, self._metrics)

    def _wanted(self, topic: int, options: ExportOptions, known: _Known, look: Look) -> Wanted:
        top = known.until or max((message.id for message in look.messages), default=0)
        until = bool(options.until)
        if topic:
            return wanted_ids(max(known.whole, known.topics.get(topic, 0)), known.since, top, until=until)
        holes = _holes(known.state, options) if known.state else ()
        marks = {topic: read for topic, read in known.topics.items() if topic != WHOLE and read > known.whole}
        wanted = wanted_ids(known.whole, known.since, top, holes, until=until)
        return replace(wanted, marks=marks, narrowed=wanted.narrowed or bool(marks))

    async def _part(self, chat: Chat, topic: int, options: ExportOptions, known: _Known) -> _Found:
        """A whole chat, or one topic (0: none) of a forum."""
        look = await self._newest(chat, topic, options, known)
        wanted = self._wanted(topic, options, known, look)
        if wanted.seen_whole(look):
            messages = wanted.of(look.messages)
            return _Found(Figure(len(messages)), by_kind(messages, options), whole=True)
        counts = await self._telegram.counters.counts(chat, topic, self._metrics)
        kinds = [await self._kind(chat, topic, kind, options, known, wanted, counts[kind]) for kind in FILTERS if counts[kind].messages]
        return _Found(how_many(look, wanted, Count(look.count)), tuple(kind for kind in kinds if kind.messages.value))

    async def _kind(
        self, chat: Chat, topic: int, kind: str, options: ExportOptions, known: _Known, wanted: Wanted, in_all: Count
    ) -> KindEstimate:
        """One kind: its page is worth a request where its files are wanted, or its counter counts too much."""
        taken = (MediaKind.WEB_PICTURE if kind == LINK else kind) in options.media
        if not taken and not wanted.narrowed:
            return KindEstimate(kind, Figure(in_all.messages) if in_all.exact else about(in_all.messages))
        below = known.until + 1 if options.until else 0
        look = await self._telegram.counters.of_kind(chat, topic, kind, below, self._metrics)
        return of_kind(kind, look, wanted, in_all, options)

    async def _forum(self, chat: Chat, options: ExportOptions, known: _Known) -> Figure:
        """How many messages are read for the sake of some topics: all of the forum's that are newer than what was read of these."""
        look = await self._newest(chat, 0, options, known)
        top = known.until or max((message.id for message in look.messages), default=0)
        front = min(max(known.whole, known.topics.get(topic, 0), topic - 1) for topic in options.topics)
        return how_many(look, wanted_ids(front, known.since, top, until=bool(options.until)), Count(look.count))


def _pages(chat: Chat, options: ExportOptions, messages: int) -> Figure:
    """Requests besides those for files: pages (each but the first shares a message with the one before), the chat's extent, what belongs
    to it, its topics, where a date begins."""
    pages = (1 + max(0, -(-(messages - PAGE) // (PAGE - 1)))) if messages else 0
    return about(pages + 1 + chat.kind.dense_ids + (chat.kind is ChatKind.FORUM) + bool(options.since))


def _holes(state: ChatState, options: ExportOptions) -> tuple[tuple[int, int], ...]:
    """The holes of a chat, and with them what was deleted when that is wanted back."""
    return (*state.holes, *state.away) if options.restore else state.holes
