"""The queue of jobs: which are there, in which order, in which state. Knows nothing of how a job is done."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator
from functools import lru_cache

import msgspec

from tobs_tui.engine.job import Job, joined
from tobs_tui.model import Chat, ExportOptions
from tobs_tui.pipeline.store import Store

log = logging.getLogger(__name__)
Key = tuple[int, str]


class JobQueue:
    """Jobs in their order. Every change is handed to the store, and kept with its next checkpoint.

    With `start_kept` false the jobs of earlier runs stay where they are until their chat is queued again.
    """

    def __init__(self, store: Store, start_kept: bool) -> None:
        self._store = store
        self._start_kept = start_kept
        self._jobs: list[Job] = []
        self._by_id: dict[int, Job] = {}
        self._by_chat: dict[Key, Job] = {}
        self._next_id = 1

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs)

    def __getitem__(self, job_id: int) -> Job:
        """The job of an id. Raises KeyError."""
        return self._by_id[job_id]

    async def load(self) -> None:
        """Take up the jobs that the cache keeps. Raises CacheError."""
        for record in await self._store.jobs():
            try:
                job = Job.kept(record)
            except (msgspec.ValidationError, ValueError):
                log.warning("a kept job can't be read and is dropped: %s", record.id)
                self._store.drop_job(record.id)
                continue
            job.held = not self._start_kept
            self._enter(job)

    def _enter(self, job: Job) -> None:
        self._jobs.append(job)
        self._by_id[job.id] = job
        self._by_chat[_key(job.chat, job.options)] = job
        self._next_id = max(self._next_id, job.id + 1)

    def add(self, chat: Chat, options: ExportOptions, beside: int = 0) -> Job:
        """Queue a chat's export, for its own sake or `beside` that of another chat. Its unfinished job in the same vault is joined, an
        ended one replaced."""
        job = self._by_chat.get(_key(chat, options))
        if job and (job.state.active or job.ending):
            job.ask_again(options)
            self.keep(job)
            return job
        if job and not job.state.ended:
            job.chat = chat  # its title may be another one since
            job.requeue(joined(job.options, options))
            self.keep(job)
            return job
        if job:
            self.remove([job])
        job = Job(self._next_id, chat, options, beside=beside)
        self._enter(job)
        self.keep(job)
        return job

    def served(self, chat: Chat, main: Job) -> bool:
        """Whether a chat that belongs to another one's job needs no job beside it: one waits, or ended since that job was queued."""
        job = self._by_chat.get(_key(chat, main.options))
        return job is not None and (job.ended > main.queued if job.state.ended else not job.held)

    def remove(self, jobs: Collection[Job]) -> None:
        """Take jobs off the queue, here and in the cache."""
        if len(jobs) == 1:  # as when thousands of chats are queued again
            self._jobs.remove(*jobs)
        else:
            gone = {job.id for job in jobs}
            self._jobs = [job for job in self._jobs if job.id not in gone]
        for job in jobs:
            del self._by_id[job.id]
            if self._by_chat.get(key := _key(job.chat, job.options)) is job:
                del self._by_chat[key]
            self._store.drop_job(job.id)

    def move(self, job: Job, places: int) -> None:
        """Move a job by so many places, negative towards the front."""
        here = self._jobs.index(job)
        there = max(0, min(len(self._jobs) - 1, here + places))
        self._jobs.insert(there, self._jobs.pop(here))
        first, last = sorted((here, there))
        positions = sorted(each.position for each in self._jobs[first : last + 1])
        for each, position in zip(self._jobs[first : last + 1], positions, strict=True):
            each.position = position
            self.keep(each)

    def next(self, limit: int) -> Job | None:
        """The first job that may start when at most `limit` run at once."""
        if sum(job.state.active for job in self._jobs) >= limit:
            return None
        return next((job for job in self._jobs if job.ready and not job.ending), None)

    @property
    def busy(self) -> bool:
        """Whether anything runs or will run by itself."""
        return any(job.state.active or job.ready for job in self._jobs)

    def keep(self, job: Job) -> None:
        """Hand a job's record to the store, for its next checkpoint."""
        self._store.put_job(job.record())


def _key(chat: Chat, options: ExportOptions) -> Key:
    return chat.id, _real(options.vault)


@lru_cache(maxsize=64)
def _real(vault: str) -> str:
    """Where a vault lies: links may lead to one vault by several names."""
    return os.path.realpath(vault)
