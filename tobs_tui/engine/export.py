"""One chat's export: history pages become blocks of notes, blocks name their files, and the end is only called done with grounds."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from itertools import groupby, takewhile
from typing import TYPE_CHECKING

from tobs_tui.engine.albums import AlbumGatherer, Block
from tobs_tui.engine.edits import Edits
from tobs_tui.engine.entries import EntryMaker, UnderWay
from tobs_tui.engine.files import JobFiles
from tobs_tui.engine.holes import Holes
from tobs_tui.engine.index import write_index
from tobs_tui.engine.job import Job
from tobs_tui.engine.kin import Beside, Kin
from tobs_tui.engine.snapshot import JobState
from tobs_tui.engine.stations import Stations
from tobs_tui.engine.threads import Threads
from tobs_tui.engine.topics import TopicSorter
from tobs_tui.errors import RequestError
from tobs_tui.model import Chat, ChatKind, Layout, Message
from tobs_tui.pipeline.records import ChatState, Entry
from tobs_tui.pipeline.vault import Vault

if TYPE_CHECKING:
    from tobs_tui.telegram.flight import Extent

log = logging.getLogger(__name__)
ROUNDS = 3
# The renderer always has a page to go on with; EntryMaker looks no further back for what a page answers.
AHEAD = 1


class ChatExport:
    """Brings one chat into its vault, from the last checkpoint to the chat's newest message."""

    def __init__(self, job: Job, state: ChatState, vault: Vault, stations: Stations, beside: Beside) -> None:
        self._job = job
        self._state = state
        self._vault = vault
        self._root = job.options.vault
        self._telegram = stations.telegram
        self._store = stations.store
        self._articles = stations.articles
        self._maker = EntryMaker(job, state, stations)
        self._room = stations.room
        self._files = JobFiles(job, vault, stations)
        self._kin = Kin(job, vault, stations, beside)
        self._topics: TopicSorter | None = None
        self._threads: Threads | None = None
        self._holes = Holes(job, state, stations, self._of_hole, self._insert)
        self._edits = Edits(job, stations, self._standing)

    async def run(self) -> tuple[JobState, str]:
        """Read, write and download until everything is there. Returns how it ended, with the reason if it isn't done.

        Raises VaultError, NotLoggedIn and the RequestErrors of the history.
        """
        linked = await self._look()
        if linked and self._job.options.comments:
            self._threads = self._maker.threads = Threads(self._job, linked, self._store)
        if self._job.chat.kind is ChatKind.FORUM:
            self._topics = self._maker.topics = await self._sorter()
        async with asyncio.TaskGroup() as group:
            files = group.create_task(self._files.run())
            missing = await self._read_all()
            self._files.added(await self._edits.settle_otherwise())
            self._job.reading = False
            self._files.finish()
            await self._articles.fetch(self._job, self._vault)
            await files
        await self._store.checkpoint(self._root, self._job.chat.id)
        await self._files.settle_lines()
        if self._threads:
            await self._threads.settle()
        outcome = self._outcome(missing)
        await self._finish(complete=outcome[0] is JobState.DONE and not self._holes and self._whole)
        return outcome

    async def break_off(self) -> None:
        """Leave the notes without embeds of files that aren't there, when `run` didn't come to its end. Raises VaultError."""
        await self._files.break_off()

    async def _look(self) -> Chat | None:
        """The chat that is linked to this one. A forum, which has none, is only asked when something is new: its topics cost a request."""
        if self._job.chat.kind is ChatKind.FORUM and self._state.exported_at:
            self._kin.remember(self._state.about, self._state.before)
            return None
        return await self._kin.look()

    async def _sorter(self) -> TopicSorter:
        chat = self._job.chat
        listed = await self._telegram.topics(chat, self._job.metrics)
        return TopicSorter(self._job, self._state, listed, await self._store.topics(self._root, chat.id), self._store)

    def _outcome(self, missing: int) -> tuple[JobState, str]:
        job = self._job
        counts = {
            "messages not given by the server": missing,
            "files could not be had": job.files_failed,
            "articles could not be had": job.articles_failed,
            "messages kept as plain text": job.plain,
        }
        reason = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
        return (JobState.INCOMPLETE, reason) if reason else (JobState.DONE, "")

    async def _finish(self, complete: bool) -> None:
        """Record the export and write the index note of what is in the vault now."""
        chat = self._job.chat
        state = await self._store.chat(self._root, chat.id) or self._state
        if self._job.chat.kind is ChatKind.FORUM and self._state.exported_at and self._job.run_messages:
            await self._kin.look()
        state = replace(state, exported_at=time.time(), about=self._kin.about, before=self._kin.before)
        await self._store.put_chat(self._root, state)
        await write_index(chat, state, self._vault, self._store, complete, self._kin, self._topics.facts() if self._topics else ())
        await self._store.checkpoint(self._root, chat.id)

    async def _read_all(self) -> int:
        """Read until nothing newer is there; returns how many messages the server counts and didn't give."""
        since = await self._before_since()
        front = max(self._topics.after if self._topics else self._state.last_id, self._holes.end)
        if not self._job.options.topics:
            if self._topics:  # what lies up to there is in the vault, or in a hole
                self._topics.reached(front)
            await self._holes.fill(since)
            await self._holes.leave(front, since)
        after, missing = max(front, since), 0
        for turn in range(ROUNDS):
            extent = await self._extent(front) if turn == 0 else await self._telegram.extent(self._job.chat, self._job.metrics)
            self._job.total = extent.count
            if after < extent.last_id:
                after = await self._read(after)
            if self._bounded:
                return 0
            unread = after < extent.last_id  # the history ended before the newest message that the server tells of
            missing = max(int(unread), extent.count - self._job.messages)
            if not unread:
                break
        return missing

    async def _extent(self, front: int) -> Extent:
        """The chat's size; with it come the newest messages, which are compared with what the vault has of them."""
        chat, metrics, look_back = self._job.chat, self._job.metrics, self._job.options.look_back
        if not (front and look_back):
            return await self._telegram.extent(chat, metrics)
        newest = await self._telegram.newest(chat, front, look_back, metrics)
        self._files.added(await self._edits.settle(newest))
        return newest.extent

    @property
    def _bounded(self) -> bool:
        """Whether only a part of the chat was asked for, so that counts can't be compared."""
        options = self._job.options
        return bool(options.since or options.until or options.topics)

    @property
    def _whole(self) -> bool:
        """Whether the vault has as many messages as the server counts, where only a part was asked for too."""
        return not self._bounded or self._job.messages >= (self._job.total or 0)

    async def _before_since(self) -> int:
        since = self._job.options.since
        return await self._telegram.id_before(self._job.chat, since, self._job.metrics) if since else 0

    def _of_hole(self, messages: tuple[Message, ...]) -> list[Message]:
        """All messages of a page of a hole, whatever was read of their topics."""
        if self._topics:
            self._topics.meet(messages)
        return list(messages)

    async def _insert(self, blocks: list[Block]) -> None:
        """Put messages of a hole where they belong; what stands in a note already is only known again."""
        if self._job.options.layout is Layout.POST:
            posts = await self._store.places.posts(self._root, self._job.chat.id, [block[0].id for block in blocks])
            self._maker.moved |= {(0, str(id)): note for id, note in posts.items()}
        entries = await self._maker.entries(blocks)
        for note, group in groupby(sorted(entries, key=lambda entry: entry[0].note), key=lambda entry: entry[0].note):
            some = list(group)
            standing = await self._store.insert(self._root, note, [entry for entry, _ in some])
            for entry, kinds in some:
                if entry.messages[0].id in standing:
                    self._job.messages += len(entry.messages)
                else:
                    self._job.wrote(kinds, note)
                self._files.added(len(entry.files))
        if self._threads:
            self._threads.wrote(blocks)

    async def _read(self, after: int) -> int:
        """Write all messages after an id; returns the last id read. Pages are rendered while the next ones are read."""
        gatherer, under_way = AlbumGatherer(), deque[UnderWay]()
        try:
            async with aclosing(self._telegram.history(self._job.chat, after, self._job.metrics)) as pages:
                async for page in pages:
                    wanted = self._wanted(page.messages)
                    await self._begin(gatherer.add(self._topics.wanted(wanted) if self._topics else wanted), under_way)
                    after = page.last_id
                    if len(wanted) < len(page.messages):
                        break
            await self._begin(gatherer.rest(), under_way)
        except RequestError:
            await self._write_all(under_way)  # what came before isn't lost with what doesn't come
            raise
        await self._write_all(under_way)
        if self._topics and not self._job.options.until:
            self._topics.reached(after)
        return after

    def _wanted(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """The messages before `until`: nothing after the first later one is taken."""
        until = self._job.options.until
        if not until:
            return messages
        return tuple(takewhile(lambda message: message.date < until, messages))

    async def _begin(self, blocks: list[Block], under_way: deque[UnderWay]) -> None:
        """Let blocks be rendered, while those that were begun before are written."""
        if blocks:
            under_way.append(await self._maker.begin(blocks))
        if len(under_way) > AHEAD:
            await self._write(under_way.popleft())

    async def _write_all(self, under_way: deque[UnderWay]) -> None:
        while under_way:
            await self._write(under_way.popleft())

    async def _write(self, under_way: UnderWay) -> None:
        """Give blocks that were being rendered to the store."""
        await self._room.wait(self._job)
        written = await self._maker.finish(under_way)
        self._store.append(*(entry for entry, _ in written))
        for entry, kinds in written:
            self._job.wrote(kinds, entry.note)
            self._files.added(len(entry.files))
        self._job.metrics.messages(sum(len(kinds) for _, kinds in written))
        if self._threads:
            self._threads.wrote(under_way.blocks)
        if self._topics:
            self._topics.reached(under_way.blocks[-1][-1].id)
        await self._store.room(self._root, self._job.chat.id)

    async def _standing(self, blocks: list[Block], notes: Mapping[int, str]) -> list[Entry]:
        """Blocks as they are now, for the notes that they stand in by the ids of their first messages."""
        return [entry for entry, _ in await self._maker.entries(blocks, notes)]
