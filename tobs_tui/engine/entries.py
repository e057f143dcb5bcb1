"""Blocks of one chat's messages become entries of the store: what they answer is looked up, and the renderer does the rest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from tobs_tui.engine.albums import Block
from tobs_tui.engine.job import Job
from tobs_tui.engine.renderer import RendererEnded
from tobs_tui.engine.rendering import RenderedBlock, RenderTask
from tobs_tui.engine.snapshot import Failure
from tobs_tui.engine.stations import Stations
from tobs_tui.engine.threads import Threads
from tobs_tui.engine.topics import TopicSorter
from tobs_tui.errors import TobsError
from tobs_tui.notes.message import ReplyTarget
from tobs_tui.pipeline.records import ChatState, Entry

log = logging.getLogger(__name__)
NOWHERE: Mapping[int, str] = {}
NONE: frozenset[int] = frozenset()
# How often blocks are given to a new renderer when one ended over them.
ATTEMPTS = 3

Kinds = tuple[str, ...]
"""A word for each message of a block."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Blocks that are being rendered for `notes` (see `entries`), and the ids of their messages."""

    blocks: list[Block]
    notes: Mapping[int, str]
    ids: frozenset[int]
    answer: asyncio.Future[bytes]


class EntryMaker:
    """Makes one job's entries. `moved` are the paths of notes that lie elsewhere than the layout says, by topic and period or message id.

    `topics` and `threads` are set before the first block by a job that has some.
    """

    def __init__(self, job: Job, state: ChatState, stations: Stations) -> None:
        self._job = job
        self._state = state
        self._store = stations.store
        self._renderer = stations.renderer
        self._hosts = stations.articles.hosts
        self.moved = {(note.topic, note.key): note.path for note in state.moved}
        self.topics: TopicSorter | None = None
        self.threads: Threads | None = None
        self._coming = NONE

    async def entries(self, blocks: list[Block], notes: Mapping[int, str] = NOWHERE) -> list[tuple[Entry, Kinds]]:
        """The entries of blocks; for `notes`, where they stand in some already, by the ids of their first messages."""
        return await self.finish(await self.begin(blocks, notes))

    async def begin(self, blocks: list[Block], notes: Mapping[int, str] = NOWHERE) -> UnderWay:
        """Let blocks be rendered. What they answer is looked for in the vault now; of what was read before them, only the blocks that were
        begun last may still be under way."""
        ids = frozenset([message.id for block in blocks for message in block])
        task = RenderTask(
            job=self._job.id,
            blocks=tuple(blocks),
            chat=self._job.chat,
            name=self._state.name,
            folder=self._state.folder,
            timezone=self._state.timezone,
            options=self._job.options,
            replies=await self._targets(blocks, ids),
            hosts=self._hosts,
            topics=dict(self.topics.names) if self.topics else {},
            threads=await self.threads.lines(blocks) if self.threads else {},
            moved=self.moved,
            notes=dict(notes),
            follows=bool(self._coming),
        )
        self._coming = ids
        return UnderWay(blocks, notes, ids, await self._renderer.begin(task))

    async def finish(self, under_way: UnderWay, attempts: int = ATTEMPTS) -> list[tuple[Entry, Kinds]]:
        """The entries of blocks that were begun, when those begun before them are in the vault. A renderer that ends over them is followed
        by another. Raises TobsError when none helps."""
        try:
            return await self._finish(under_way)
        except RendererEnded as ended:
            log.warning("%s", ended)
            if attempts == 1:
                raise TobsError("Messages couldn't be rendered", f"{ended}, {ATTEMPTS} times", "See the log, and try again") from ended
        self._coming = NONE
        return await self.finish(await self.begin(under_way.blocks, under_way.notes), attempts - 1)

    async def _finish(self, under_way: UnderWay) -> list[tuple[Entry, Kinds]]:
        rendered = await self._renderer.blocks(under_way.answer)
        if self._coming is under_way.ids:
            self._coming = NONE
        for block, each in zip(under_way.blocks, rendered, strict=True):
            if each.defect:
                self._tell_defect(block, each.defect)
        return [(self._entry(each), each.kinds) for each in rendered]

    async def _targets(self, blocks: list[Block], ids: frozenset[int]) -> dict[int, ReplyTarget]:
        """What the blocks answer, where that is in the vault. What they answer among themselves or of what is still under way isn't there
        yet, and the renderer knows it."""
        answered = {message.reply.message_id for block in blocks for message in block if message.reply and not message.reply.chat_id}
        wanted = answered - ids - self._coming
        found = await self._store.replies(self._job.options.vault, self._job.chat.id, wanted) if wanted else {}
        return {id: ReplyTarget(PurePosixPath(at.note).stem, at.author, at.snippet) for id, at in found.items()}

    def _tell_defect(self, block: Block, trace: str) -> None:
        """A message that broke the renderer is kept as plain text, which the job's report says."""
        log.error("message %s of chat %s can't be rendered: %s", block[0].id, self._job.chat.id, trace)
        name = f"message {block[0].id}"
        kind = trace.strip().rpartition("\n")[2].partition(":")[0]
        failure = Failure(name, f"a defect of the program ({kind}): its styles are lost", "See the log")
        self._job.plain += self._job.fail(name, failure)

    def _entry(self, block: RenderedBlock) -> Entry:
        job = self._job
        return Entry(
            vault=job.options.vault,
            chat_id=job.chat.id,
            job=job.id,
            note=block.note,
            head=block.head,
            day=block.day,
            day_heading=block.day_heading,
            text=block.text,
            messages=block.messages,
            files=block.files,
            metrics=job.metrics,
            links=block.links,
        )
