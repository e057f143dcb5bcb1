"""The store: the vaults' notes and the cache, moved forward together.

The event loop buffers blocks by note; one thread writes notes and owns the cache. A *flush* writes one note's buffer. A *checkpoint*
cuts everything appended up to a moment, writes what is left of it, makes it durable, and records it in one transaction: this is the
one place where progress becomes true. What is read back is as of the last checkpoint, unless a method says otherwise.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import TypeVar
from unicodedata import normalize

from tobs_tui.errors import CacheError, TobsError, VaultError
from tobs_tui.metrics import Metrics, shared_cache_save
from tobs_tui.pipeline.buffers import Buffer
from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.checkpoint import Checkpoint, Cut, Outcome, Told, VaultCut
from tobs_tui.pipeline.editstore import EditStore
from tobs_tui.pipeline.linkstore import LinkStore
from tobs_tui.pipeline.notefile import NoteRow, swap_lines
from tobs_tui.pipeline.placestore import PlaceStore
from tobs_tui.pipeline.records import (
    ChatState,
    Entry,
    FileRecord,
    FileState,
    JobRecord,
    MessageAt,
    TopicState,
)
from tobs_tui.pipeline.remembered import Remembered
from tobs_tui.pipeline.tables import ChatFacts, FileEnd, Tables
from tobs_tui.pipeline.unsaved import Unsaved
from tobs_tui.pipeline.vault import Vault, disk_errors
from tobs_tui.pipeline.writer import Flush, NoteIds, NoteWriter, Swap
from tobs_tui.settings import PipelineSettings

T = TypeVar("T")
log = logging.getLogger(__name__)

# Bounds on what waits in memory: characters that no flush has written, and messages that no checkpoint has recorded.
MAX_WAITING = 4 * 1024 * 1024
MAX_UNSAVED = 20_000

# Blocks of which all of this is the same are taken together.
_TOGETHER = attrgetter("vault", "chat_id", "note", "metrics")


@dataclass(slots=True)
class _Open:
    """An open vault: its writer on the I/O thread, its buffers by note, and what was told of it since the last cut.

    `chats` have appended something; `lost` ones appended something that an error of the disk undid.
    """

    vault: Vault
    writer: NoteWriter
    buffers: dict[str, Buffer] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    chats: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)


class Store:
    """The face of the pipeline's files. All methods belong to one event loop; `notices` are sentences for the user.

    After an error of the disk a vault is *failed*: `append`, `room` and `checkpoint` raise it until the vault is opened again.
    What was not committed is gone then, and a chat that it belonged to is refused until its state was read again by `chat`.
    """

    def __init__(self, cache_file: Path, settings: PipelineSettings, metrics: Metrics) -> None:
        self.notices: tuple[str, ...] = ()
        self._settings = settings
        self._metrics = metrics
        self._cache = Cache(cache_file)
        self._tables = Tables(self._cache)
        self._checkpoint = Checkpoint(self._cache)
        self.remembered = Remembered(self._tables, self._do)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tobs-store")
        self._ids = NoteIds(0)
        self._vaults: dict[str, _Open] = {}
        self._roots: dict[str, str] = {}  # vaults by the names that they were opened under: links may lead to one vault
        self._jobs: dict[int, JobRecord | None] = {}
        self._unsaved = Unsaved()
        self._waiting = 0
        self._news = False
        self._error: CacheError | None = None
        self._opening = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._dirty = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._clock: asyncio.Task[None] | None = None
        self.links = LinkStore(self._cache, self._do, lambda vault: self._at(vault).writer.number, self._change)
        self.places = PlaceStore(self._cache, self._do, lambda vault: self._at(vault).writer)
        self.edits = EditStore(self._cache, self._do, lambda vault: self._at(vault).writer.number, self._rewritten)

    # Life

    async def open(self) -> None:
        """Open the cache and start the clock of checkpoints. Raises CacheError."""
        self.notices = await self._do(self._cache.open)
        self._ids = NoteIds(await self._do(self._tables.last_note_id))
        self._clock = asyncio.create_task(self._tick(), name="checkpoints")

    async def close(self) -> None:
        """A last checkpoint, then the end. Raises VaultError or CacheError when that checkpoint fails; closed it is all the same.
        A vault that had failed before was told of before."""
        sound = [root for root, there in self._vaults.items() if there.writer.failed is None]
        try:
            if self._clock is not None:
                self._clock.cancel()
                await asyncio.gather(self._clock, return_exceptions=True)
                self._clock = None
                await self._make_checkpoint()
            for root in sound:
                self._raise(root, 0)
        finally:
            await self._do(self._cache.close)
            self._thread.shutdown(wait=False)

    async def vault(self, root: str) -> Vault:
        """Open a vault and settle what an interrupted run left in it; once more after it failed. Raises VaultError and CacheError."""
        async with self._opening:
            return await self._vault(root)

    async def _vault(self, root: str) -> Vault:
        if root not in self._roots:
            found = await self._do(lambda: os.path.realpath(root))
            self._roots.update({root: found, found: found})
        real = self._roots[root]
        old = self._vaults.get(real)
        if old is not None and old.writer.failed is None:
            return old.vault
        opened = await self._do(lambda: self._open_vault(real))
        if old is not None:
            self._forget_buffers(old)
            opened.told, opened.lost = old.told, old.lost | old.chats
            opened.told.topics.clear()
            opened.told.threads.clear()
        self._vaults[real] = opened
        return opened.vault

    def _at(self, root: str) -> _Open:
        """An open vault. Raises KeyError for one that isn't."""
        return self._vaults[self._roots[root]]

    def _open_vault(self, root: str) -> _Open:
        vault = Vault(Path(root))
        number = self._tables.vault_id(root)
        vault.open(create=not self._tables.has_notes(number))
        writer = NoteWriter(vault, number, self._tables, self._ids)
        writer.recover()
        self._checkpoint.adopt(root, writer)
        return _Open(vault, writer)

    async def __aenter__(self) -> Store:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _do(self, work: Callable[[], T]) -> T:
        """Run something on the I/O thread, after all that was asked of it before."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # Blocks

    def append(self, *blocks: Entry) -> None:
        """Take blocks into their notes' buffers, at once. Raises what failed the vault of one; those behind it aren't taken then."""
        for (vault, chat_id, note, metrics), some in groupby(blocks, _TOGETHER):
            there, entries = self._at(vault), list(some)
            self._check(there, chat_id)
            there.chats.add(chat_id)
            self._unsaved.add(self._roots[vault], entries)
            metrics.level("note_queue", len(entries))
            self._buffer(there, note, entries)
            self._changed()

    def _buffer(self, there: _Open, note: str, entries: list[Entry]) -> None:
        messages, size = self._settings.flush_messages, self._settings.flush_bytes
        for entry in entries:
            buffer = there.buffers.get(note) or there.buffers.setdefault(note, Buffer())
            buffer.add(entry)
            self._waiting += len(entry.text)
            if buffer.messages >= messages or buffer.size >= size:
                self._flush(there, note)

    def _changed(self) -> None:
        self._news = True
        self._dirty.set()

    def _flush(self, there: _Open, note: str) -> None:
        buffer = there.buffers.pop(note)
        flushed = asyncio.get_running_loop().run_in_executor(self._thread, there.writer.flush, note, buffer.entries)
        flushed.add_done_callback(lambda done: self._flushed(done, buffer))

    def _flushed(self, done: asyncio.Future[Flush], buffer: Buffer) -> None:
        """What failed stands in the writer; here it only has to be looked at."""
        self._left([buffer])
        if not done.cancelled() and done.exception() is None:
            self._count(done.result())

    def _left(self, buffers: Iterable[Buffer]) -> None:
        """These wait no longer."""
        for buffer in buffers:
            self._waiting -= buffer.size
            buffer.leave()

    def _count(self, flush: Flush) -> None:
        flush.metrics.flush(flush.messages, flush.size, flush.milliseconds)

    def _forget_buffers(self, there: _Open) -> None:
        self._left(there.buffers.values())
        there.buffers = {}

    async def room(self, vault: str = "", chat_id: int = 0) -> None:
        """Wait while too much is buffered. Raises VaultError or CacheError as `checkpoint` does."""
        while self._waiting > MAX_WAITING or len(self._unsaved) > MAX_UNSAVED:
            await self.checkpoint(vault, chat_id)
        self._raise(vault, chat_id)

    # Checkpoints

    async def checkpoint(self, vault: str = "", chat_id: int = 0) -> None:
        """Make everything appended and told so far durable and true.

        Raises CacheError (what wasn't saved is kept for the next attempt) and VaultError: of the vault that is named (of any, when none
        is), also when it was opened again but blocks of the chat that is named were lost before.
        """
        task = asyncio.create_task(self._make_checkpoint())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.shield(task)
        self._raise(vault, chat_id)

    async def _make_checkpoint(self) -> None:
        async with self._turn:
            if not self._news:
                return
            cut, buffers = self._cut()
            try:
                outcome = await self._do(lambda: self._checkpoint.make(cut))
            finally:
                self._left(buffers)
            self._settle(outcome)

    def _cut(self) -> tuple[Cut, list[Buffer]]:
        """Everything up to now; nothing is awaited in between."""
        self._news = False
        self._dirty.clear()
        self._unsaved.cut()
        vaults, buffers = [], list[Buffer]()
        for root, there in self._vaults.items():
            blocks = {note: buffer.entries for note, buffer in there.buffers.items()}
            vaults.append(VaultCut(root, there.writer, blocks, there.told))
            buffers += there.buffers.values()
            there.buffers, there.told = {}, Told()
        jobs, self._jobs = self._jobs, {}
        return Cut(vaults, jobs), buffers

    def _settle(self, outcome: Outcome) -> None:
        """Count what a checkpoint did. What the cache refused is tried again with the next one."""
        for flush in outcome.flushes:
            self._count(flush)
        self._error = outcome.error
        if outcome.error is not None:
            self._changed()
            return
        shared_cache_save(outcome.save, [self._metrics, *self._unsaved.saved()])

    async def _tick(self) -> None:
        """A checkpoint every so often while there is something to save. What fails is raised where blocks are appended."""
        while True:
            await self._dirty.wait()
            await asyncio.sleep(self._settings.flush_seconds)
            with suppress(TobsError):
                await self.checkpoint()

    def _raise(self, vault: str, chat_id: int) -> None:
        if self._error is not None:
            raise self._error
        for there in [self._at(vault)] if vault else self._vaults.values():
            self._check(there, chat_id)

    def _check(self, there: _Open, chat_id: int) -> None:
        if there.writer.failed is not None:
            self._forget_buffers(there)
            raise there.writer.failed
        if chat_id in there.lost:
            raise VaultError("What was read of this chat could not be written", "the vault failed in between", "Start its export again")

    # Chats, messages, notes

    async def chat(self, vault: str, chat_id: int) -> ChatState | None:
        """How far a chat is in a vault, with what `put_chat` said last; None when neither knows it."""
        there = self._at(vault)
        there.lost.discard(chat_id)
        told = dict(there.told.chats)
        state = (await self._do(lambda: self._checkpoint.chats(there.writer, told, chat_id))).get(chat_id)
        self._unsaved.read(self._roots[vault], chat_id, state.last_id if state else 0)
        return state

    async def chats(self, vault: str) -> tuple[ChatState, ...]:
        """All chats of a vault, as `chat` tells them; of one that isn't open, what the cache knows."""
        if vault not in self._roots:
            return await self._do(lambda: self._tables.chats_of_root(os.path.realpath(vault)))
        there = self._at(vault)
        told = dict(there.told.chats)
        return tuple((await self._do(lambda: self._checkpoint.chats(there.writer, told))).values())

    async def put_chat(self, vault: str, state: ChatState) -> None:
        """Say where a chat goes and what it is called; true with the next checkpoint."""
        self._at(vault).told.chats[state.id] = ChatFacts.of(state)
        self._changed()

    async def topics(self, vault: str, chat_id: int) -> dict[int, TopicState]:
        """The topics of a forum by id, with what `put_topics` said last."""
        there = self._at(vault)
        told = dict(there.told.topics)
        return await self._do(lambda: self._checkpoint.topics(there.writer, told, chat_id))

    def put_topics(self, vault: str, chat_id: int, topics: Iterable[TopicState]) -> None:
        """Say where topics go and how far they are read; true in the same checkpoint as the blocks that were appended before."""
        self._at(vault).told.topics.update({(chat_id, topic.id): topic for topic in topics})
        self._changed()

    async def threads(self, vault: str, chat_id: int, posts: Collection[int] | None = None) -> dict[int, int]:
        """The threads of a discussion group (of all posts, or of some): their first messages by the posts that they comment on."""
        there = self._at(vault)
        told = dict(there.told.threads)
        return await self._do(lambda: self._checkpoint.threads(there.writer, told, chat_id, posts))

    def put_thread(self, vault: str, chat_id: int, post: int, thread: int) -> None:
        """Say where a thread begins; true with the blocks that were appended before. The first of a post is kept."""
        self._at(vault).told.threads.setdefault((chat_id, post), thread)
        self._changed()

    async def taken_names(self, vault: str) -> set[str]:
        """Names of chats' folders without regard to case, those in the cache and those that lie under `Telegram/`."""
        known = {PurePosixPath(state.folder).name.casefold() for state in await self.chats(vault)} - {""}
        opened = self._at(vault).vault
        return known | await self._do(lambda: _names_under(opened))

    async def replies(self, vault: str, chat_id: int, ids: Collection[int]) -> dict[int, MessageAt]:
        """Where messages stand, those in the buffers too; unknown ones are left out."""
        root = self._roots[vault]
        found = self._unsaved.find(root, chat_id, ids)
        if missing := self._unsaved.may_be_saved(root, chat_id, set(ids) - found.keys()):
            number = self._at(vault).writer.number
            found |= await self._do(lambda: self._tables.messages(number, chat_id, missing))
        return found

    async def notes(self, vault: str, chat_id: int) -> tuple[str, ...]:
        """Paths of a chat's notes, in the order of their messages."""
        number = self._at(vault).writer.number
        return await self._do(lambda: self._tables.notes(number, chat_id))

    async def insert(self, vault: str, note: str, blocks: list[Entry]) -> frozenset[int]:
        """Put blocks, by rising id, where their ids belong in a note, by writing it anew. Returns the ids that stood there already: of
        those only what the cache knows is renewed. All of it is true with the next checkpoint. Raises VaultError and CacheError.
        """
        there = self._at(vault)
        self._check(there, blocks[0].chat_id)
        there.chats.add(blocks[0].chat_id)
        await self.checkpoint(vault)
        while (standing := await self._do(lambda: there.writer.insert(note, blocks))) is None:
            await self.checkpoint(vault)
        self._unsaved.add(self._roots[vault], blocks)
        self._changed()
        return standing

    async def adopt(self, vault: str, state: ChatState, notes: Iterable[NoteRow]) -> None:
        """Take a chat's folder and notes over that lie in the vault and that the cache doesn't know; true at once."""
        writer, rows = self._at(vault).writer, tuple(notes)
        await self._do(lambda: writer.adopt(rows))
        await self.put_chat(vault, state)
        await self.checkpoint(vault)

    async def replace_lines(self, vault: str, note: str, lines: tuple[tuple[str, str], ...]) -> int:
        """Replace whole lines of a note (old, new), the first of each that stands unchanged, by writing the note anew; returns how many.

        Raises VaultError and CacheError.
        """
        return await self._change(vault, note, lambda data, mark: swap_lines(data, lines, mark))

    async def _change(self, vault: str, note: str, swap: Swap) -> int:
        return await self._rewritten(vault, note, lambda writer: writer.change(note, swap))

    async def _rewritten(self, vault: str, note: str, work: Callable[[NoteWriter], T | None]) -> T:
        """Let the writer do something to a note, none of whose text may wait for a checkpoint: it answers None then."""
        writer = self._at(vault).writer
        if note in self._at(vault).buffers:
            await self.checkpoint(vault)
        while (done := await self._do(lambda: work(writer))) is None:
            await self.checkpoint(vault)
        return done

    # Files

    async def queued_files(self, vault: str, chat_id: int, limit: int, after_seq: int = 0) -> tuple[FileRecord, ...]:
        """The next files of a chat that wait to be fetched."""
        number = self._at(vault).writer.number
        return await self._do(lambda: self._tables.files(number, chat_id, FileState.QUEUED, limit, after_seq))

    async def failed_files(self, vault: str, chat_id: int) -> tuple[FileRecord, ...]:
        """All files of a chat that could not be had, with their reasons."""
        number = self._at(vault).writer.number
        return await self._do(lambda: self._tables.files(number, chat_id, FileState.FAILED))

    async def retry_files(self, vault: str, chat_id: int) -> int:
        """Queue the failed files of a chat again, as of now; returns how many."""
        failed = await self.failed_files(vault, chat_id)
        for record in failed:
            self.file_ended(vault, record.path, FileState.QUEUED)
        await self.checkpoint(vault)
        return len(failed)

    def file_ended(self, vault: str, path: str, state: FileState, reason: str = "", sha256: str = "", key: str = "") -> None:
        """A file is whole in the vault, failed, or is queued again; true with the next checkpoint, where its bytes (of this `key`, any for
        none) are still the wanted ones then. A file that is done has no part map."""
        told = self._at(vault).told
        told.ended.append(FileEnd(path, state, reason, sha256, key))
        if state is FileState.DONE:
            told.parts[path] = None
        self._changed()

    async def parts(self, vault: str, path: str) -> bytes | None:
        """The part map of a file, as `put_parts` said last."""
        number = self._at(vault).writer.number
        return await self._do(lambda: self._tables.parts(number, path))

    def put_parts(self, vault: str, path: str, parts: bytes | None) -> None:
        """Keep a file's part map; None forgets it. A killed process finds it again at once, a machine that lost its power with the next
        checkpoint: its bytes are on the disk already, so it needn't wait for anybody's."""
        there = self._at(vault)
        there.told.parts[path] = parts
        self._changed()
        saved = asyncio.get_running_loop().run_in_executor(self._thread, self._checkpoint.save_parts, there.writer, path, parts)
        saved.add_done_callback(_tell_parts)

    async def places_of(self, vault: str, key: str) -> tuple[str, ...]:
        """Paths of files that are done and have the same bytes (`RemoteFile.key`); of many some."""
        number = self._at(vault).writer.number
        return await self._do(lambda: self._tables.places(number, key))

    # Jobs

    async def jobs(self) -> tuple[JobRecord, ...]:
        """The queue as of the last checkpoint, in its order."""
        return await self._do(self._tables.jobs)

    def put_job(self, job: JobRecord) -> None:
        """Keep a job with the next checkpoint."""
        self._jobs[job.id] = job
        self._changed()

    def drop_job(self, job_id: int) -> None:
        """Forget a job with the next checkpoint."""
        self._jobs[job_id] = None
        self._changed()


def _tell_parts(saved: asyncio.Future[None]) -> None:
    """The next checkpoint saves the map all the same, and raises what is wrong with the cache."""
    if not saved.cancelled() and (error := saved.exception()) is not None:
        log.warning("a part map waits for the next checkpoint: %s", error)


def _names_under(vault: Vault) -> set[str]:
    folder = vault.path("Telegram")
    with disk_errors(f"The folder {folder} can't be read"):
        return {normalize("NFC", each.name).casefold() for each in folder.iterdir()} if folder.is_dir() else set()
