"""What one checkpoint carries from the event loop to the I/O thread, and how it becomes true there."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from tobs_tui.errors import CacheError, TobsError
from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.records import ChatState, Entry, JobRecord, TopicState
from tobs_tui.pipeline.tables import ChatFacts, FileEnd, Tables, save, save_jobs, save_parts
from tobs_tui.pipeline.writer import Flush, NoteWriter


@dataclass(slots=True)
class Told:
    """What was told of one vault besides its blocks. `topics` and `threads` hang on blocks, and are lost with them."""

    chats: dict[int, ChatFacts] = field(default_factory=dict)
    ended: list[FileEnd] = field(default_factory=list)
    parts: dict[str, bytes | None] = field(default_factory=dict)
    topics: dict[tuple[int, int], TopicState] = field(default_factory=dict)
    threads: dict[tuple[int, int], int] = field(default_factory=dict)


@dataclass(slots=True)
class VaultCut:
    """One vault's share of a cut: blocks by note that no flush has taken yet, for the writer that they were appended to."""

    root: str
    writer: NoteWriter
    buffers: dict[str, list[Entry]]
    told: Told


@dataclass(slots=True)
class Cut:
    """All that is to become true together."""

    vaults: list[VaultCut]
    jobs: dict[int, JobRecord | None]


@dataclass(slots=True)
class Outcome:
    """How a checkpoint went: its flushes, the milliseconds of its transaction, and why there was none."""

    flushes: list[Flush] = field(default_factory=list)
    save: float = 0.0
    error: CacheError | None = None


class Checkpoint:
    """The I/O thread's side: writers by vault, and jobs that wait for a transaction to succeed."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._jobs: dict[int, JobRecord | None] = {}
        self.writers: dict[str, NoteWriter] = {}

    def make(self, cut: Cut) -> Outcome:
        """Flush, fsync, one transaction. A vault that fails is left out (its writer tells why); what the cache refuses is kept
        for the next attempt."""
        outcome = Outcome()
        for part in cut.vaults:
            self._tell(part)
            self._flush(part, outcome)
        self._jobs |= cut.jobs
        for writer in self.writers.values():
            self._sync(writer)
        try:
            outcome.save = self._save()
        except CacheError as error:
            outcome.error = error
        return outcome

    def _tell(self, part: VaultCut) -> None:
        """What hangs on blocks is only taken with the writer that they were for: they are lost when another one has come since."""
        writer, told = self.writers[part.root], part.told
        writer.records.chats |= told.chats
        writer.records.ended += told.ended
        writer.records.parts |= told.parts
        if writer is part.writer and writer.failed is None:
            writer.records.topics |= told.topics
            writer.records.threads |= told.threads

    def _flush(self, part: VaultCut, outcome: Outcome) -> None:
        try:
            for path, entries in part.buffers.items():
                outcome.flushes.append(part.writer.flush(path, entries))
        except TobsError as error:
            part.writer.failed = error

    def adopt(self, root: str, writer: NoteWriter) -> None:
        """Put a vault's new writer in its old one's place, with what the old one still had to tell."""
        if (old := self.writers.get(root)) is not None:
            old.records.drop_notes()
            writer.records = old.records
        self.writers[root] = writer

    def _sync(self, writer: NoteWriter) -> None:
        try:
            writer.sync()
        except TobsError as error:
            writer.failed = error

    def _save(self) -> float:
        start = time.perf_counter()
        with self._cache.transaction() as db:
            for writer in self.writers.values():
                save(db, writer.number, writer.records)
            save_jobs(db, self._jobs)
        for writer in self.writers.values():
            writer.committed()
        self._jobs = {}
        return (time.perf_counter() - start) * 1000

    def save_parts(self, writer: NoteWriter, path: str, parts: bytes | None) -> None:
        """A part map, ahead of its checkpoint. Raises CacheError."""
        with self._cache.transaction(durable=False) as db:
            save_parts(db, writer.number, {path: parts})

    def topics(self, writer: NoteWriter, told: dict[tuple[int, int], TopicState], chat: int) -> dict[int, TopicState]:
        """Topics of a chat with what was told of them and isn't saved yet."""
        fresh = {number: state for (of, number), state in (writer.records.topics | told).items() if of == chat}
        return Tables(self._cache).topics(writer.number, chat) | fresh

    def threads(self, writer: NoteWriter, told: dict[tuple[int, int], int], chat: int, posts: Collection[int] | None) -> dict[int, int]:
        """Threads of a chat, those of all posts or of some, with what was told of them and isn't saved yet."""
        fresh = {post: thread for (of, post), thread in (writer.records.threads | told).items() if of == chat}
        if posts is not None:
            fresh = {post: fresh[post] for post in posts if post in fresh}
        return fresh | Tables(self._cache).threads(writer.number, chat, posts)

    def chats(self, writer: NoteWriter, told: dict[int, ChatFacts], chat: int | None = None) -> dict[int, ChatState]:
        """Chats of a vault (or the one asked for) with what was told of them and isn't saved yet."""
        states = {state.id: state for state in Tables(self._cache).chats(writer.number, chat)}
        for number, facts in (writer.records.chats | told).items():
            if chat in (None, number):
                known = states.get(number) or ChatState(number, "", "", "", facts.kind)
                states[number] = replace(known, **facts.given())
        return states
