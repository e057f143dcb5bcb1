"""Messages in, what stands in notes out. Pure: all of it is told by the task, so that it can be done in a process of its own (renderer.py).

This module is all that such a process loads: nothing here may import Telethon, SQLite, aiohttp or asyncio.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from tobs_tui.articles.links import articles_of
from tobs_tui.engine.albums import Block
from tobs_tui.engine.pointing import link_records
from tobs_tui.engine.stamps import stamp_of
from tobs_tui.model import Chat, ExportOptions
from tobs_tui.notes.message import NoteFile, RenderContext, Rendered, ReplyTarget, render
from tobs_tui.pipeline.records import FileRecord, FileState, LinkRecord, MessageRecord

# Jobs that run at once are fewer.
JOBS = 32


class RenderTask(Struct, frozen=True, gc=False):
    """Blocks of one chat, and what rendering needs to know besides them (see RenderContext).

    `replies` are what the blocks answer and is in the vault; what they answer among themselves is found here, and where the task
    `follows` the one before of its `job` without a gap, what they answer of that one. `hosts` are those of articles. `moved` are the
    paths of notes that lie elsewhere than the layout says, by topic and period (or message id), `notes` those of notes that blocks stand
    in already, by the ids of their first messages.
    """

    job: int
    blocks: tuple[Block, ...]
    chat: Chat
    name: str
    folder: str
    timezone: str
    options: ExportOptions
    replies: dict[int, ReplyTarget]
    hosts: tuple[str, ...] = ()
    topics: dict[int, str] = {}
    threads: dict[int, str] = {}
    moved: dict[tuple[int, str], str] = {}
    notes: dict[int, str] = {}
    follows: bool = False


class RenderedBlock(Struct, frozen=True, gc=False, array_like=True):
    """A block for the store: see Entry, whose fields these are. `kinds` has one word a message.

    A message that broke the renderer is kept as plain text: `defect` is what went wrong then, a traceback.
    """

    note: str
    head: str
    day: str
    day_heading: str
    text: str
    messages: tuple[MessageRecord, ...]
    files: tuple[FileRecord, ...]
    links: tuple[LinkRecord, ...]
    kinds: tuple[str, ...]
    defect: str = ""


class Remembered:
    """What the last tasks of jobs rendered, for answers to that from the next ones, which come before it is in the vault."""

    def __init__(self) -> None:
        self._by_job: dict[int, dict[int, ReplyTarget]] = {}

    def take(self, job: int) -> dict[int, ReplyTarget]:
        """What the job's last task rendered, by message id; forgotten with this, as are jobs that had no task for long."""
        return self._by_job.pop(job, {})

    def keep(self, job: int, rendered: dict[int, ReplyTarget]) -> None:
        self._by_job[job] = rendered
        if len(self._by_job) > JOBS:
            del self._by_job[next(iter(self._by_job))]


def render_blocks(task: RenderTask, remembered: Remembered) -> list[RenderedBlock]:
    """The task's blocks, in their order."""
    before = remembered.take(task.job)
    replies = before | task.replies if task.follows else dict(task.replies)
    context = RenderContext(
        chat=task.chat,
        name=task.name,
        folder=task.folder,
        zone=ZoneInfo(task.timezone),
        options=task.options,
        replies=replies,
        topics=task.topics,
        articles=_articles(task),
        threads=task.threads,
    )
    blocks = [_rendered_block(block, task, context, replies) for block in task.blocks]
    remembered.keep(task.job, {each.id: replies[each.id] for block in blocks for each in block.messages})
    return blocks


def _articles(task: RenderTask) -> dict[int, tuple[str, ...]]:
    """The addresses of articles that messages link to, by message id; nothing where articles aren't wanted."""
    if not task.options.articles:
        return {}
    messages = [message for block in task.blocks for message in block if message.entities or message.content]
    return {message.id: addresses for message in messages if (addresses := articles_of(message, task.hosts))}


def _rendered_block(block: Block, task: RenderTask, context: RenderContext, replies: dict[int, ReplyTarget]) -> RenderedBlock:
    """The block, which later ones may answer: `replies` learn of it."""
    rendered, defect = _rendered(block, context)
    note = task.notes.get(block[0].id) or _note(block, rendered, task.moved, context)
    links = link_records(block, task.chat.id, task.options.layout, note, context.articles, replies)
    rows = zip(rendered.records, block, strict=True)
    messages = tuple([MessageRecord(*record, message.date, stamp_of(message)) for record, message in rows])
    stem = _stem(note)
    replies.update({record.id: ReplyTarget(stem, record.author, record.snippet) for record in messages})
    files = tuple([_file_record(file, note, task.chat.id) for file in rendered.files])
    opening = (note, rendered.head, rendered.day, rendered.day_heading)
    return RenderedBlock(*opening, rendered.text, messages, files, links, rendered.kinds, defect)


def _rendered(block: Block, context: RenderContext) -> tuple[Rendered, str]:
    """The block as Markdown. A message that breaks the renderer costs its own styles, never the chat: it is kept as plain text."""
    try:
        return render(block, context), ""
    except Exception:  # noqa: BLE001 - whatever a sender's message sets off must stay with that message
        plain = tuple(replace(message, entities=()) for message in block)
        return render(plain, context), traceback.format_exc()


def _note(block: Block, rendered: Rendered, moved: Mapping[tuple[int, str], str], context: RenderContext) -> str:
    """The path of a block's note, where a person put it."""
    topic = block[0].topic if block[0].topic in context.topics else 0
    return moved.get((topic, rendered.note.period or str(block[0].id)), rendered.note.path)


def _file_record(file: NoteFile, note: str, chat_id: int) -> FileRecord:
    return FileRecord(0, file.path, note, file.line, chat_id, file.message_id, file.date, file.file, FileState.QUEUED, "")


@lru_cache(maxsize=1024)
def _stem(note: str) -> str:
    """The name of a note as links say it."""
    return PurePosixPath(note).stem
