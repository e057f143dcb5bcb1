"""One job of the queue: a chat's export, what it counted, and its pictures for the screen, the report and the cache."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field, replace

import msgspec
import orjson

from tobs_tui.engine.chat_list import chat_title
from tobs_tui.engine.snapshot import CacheSaveTimes, Failure, JobReport, JobState, JobView
from tobs_tui.metrics import Metrics, MetricsSnapshot, Wait
from tobs_tui.model import Chat, ExportOptions, bare_id
from tobs_tui.pipeline.records import JobRecord

SHOWN_FAILURES = 200
FILE_METHOD = "upload.getFile"
# Of a job that hasn't begun in this process; one for all, so that thousands of queued jobs cost nothing.
IDLE = Metrics()


def joined(before: ExportOptions, after: ExportOptions) -> ExportOptions:
    """What a job that waits takes when its chat is queued again: the later options, and the topics of both; a whole forum has them all."""
    topics = tuple(sorted({*before.topics, *after.topics})) if before.topics and after.topics else ()
    return replace(after, topics=topics)


@dataclass(frozen=True, slots=True)
class KeptJob:
    """What of a job outlives the process: what was asked for, and how far it stood."""

    chat: Chat
    options: ExportOptions
    reason: str = ""
    messages: int = 0
    total: int | None = None
    files: int = 0
    files_failed: int = 0
    folder: str = ""
    kinds: dict[str, int] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    failed: int = 0


@dataclass(slots=True, eq=False)
class Job:
    """A job as the engine works on it; belongs to the engine's loop.

    `messages` and `files` count what the vault holds of the chat, `run_messages` and `run_files` what this run brought, `edited` and
    `deleted` the blocks that it renewed or added an edit to, and the messages that it marked.
    `queued` and `ended` are times of `time.monotonic`; `beside` is the marked id of the chat that it came along with, 0 for none. `held`
    jobs don't start by themselves; `meant` is the state that a job takes when its task is cancelled. `position` orders the queue,
    and is the id unless the job was moved.
    `failures` are the first ones, `failed` counts all, `plain` the messages among them that lost their styles.
    `again` are options that were asked for while the job ran with others: with them it runs once more. `ending` says that the end of the
    run is still being recorded. `short` counts what waits for room on the disk, and `lack` says how much is missing.
    """

    id: int
    chat: Chat
    options: ExportOptions
    metrics: Metrics = IDLE
    position: int = 0
    state: JobState = JobState.QUEUED
    reason: str = ""
    folder: str = ""
    held: bool = False
    messages: int = 0
    total: int | None = None
    files: int = 0
    files_total: int = 0
    files_failed: int = 0
    articles_failed: int = 0
    edited: int = 0
    deleted: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    notes: set[str] = field(default_factory=set)
    failures: dict[str, Failure] = field(default_factory=dict)
    failed: int = 0
    plain: int = 0
    started: float = 0.0
    seconds: float = 0.0
    run_messages: int = 0
    run_files: int = 0
    reading: bool = False
    queued: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    beside: int = 0
    ending: bool = False
    short: int = 0
    lack: str = ""
    task: asyncio.Task[None] | None = None
    meant: JobState = JobState.QUEUED
    again: ExportOptions | None = None
    _still: JobView | None = None

    def __post_init__(self) -> None:
        self.position = self.position or self.id

    @property
    def ready(self) -> bool:
        """Whether the job may start by itself."""
        return self.state is JobState.QUEUED and not self.held

    def requeue(self, options: ExportOptions | None = None) -> None:
        """Let a job that doesn't run start (again) by itself, with new options where they are given."""
        self.options = options or self.options
        self.state, self.reason, self.held = JobState.QUEUED, "", False
        self._still = None

    def ask_again(self, options: ExportOptions) -> None:
        """The chat was queued again while the job runs or ends: what this run wasn't asked for, or too late, needs another one."""
        self.go_on()
        wanted = joined(self.again or self.options, options)
        self.again = wanted if self.ending or wanted != self.options else None

    def begin(self, metrics: Metrics) -> None:
        """A run starts: its figures are counted from here, in metrics of its own."""
        self.metrics = metrics
        self.state, self.reason, self.meant = JobState.RUNNING, "", JobState.QUEUED
        self.started = time.monotonic()
        self.reading = True
        self.run_messages = self.run_files = self.files_failed = self.articles_failed = self.edited = self.deleted = 0
        self.failed = self.plain = 0
        self.failures.clear()
        self.kinds.clear()
        self.notes.clear()

    def interrupt(self, meant: JobState) -> None:
        """Take the job to a state; one that runs gets there when its task has ended."""
        if self.task is None:
            self.state, self.reason = meant, ""
            self._still = None
        else:
            self.meant = meant
            self.task.cancel()

    def go_on(self) -> None:
        """A run that was interrupted, and hasn't ended yet, is followed by another one."""
        self.meant = JobState.QUEUED

    def end(self, state: JobState, reason: str = "") -> None:
        """The run is over."""
        self.state, self.reason = state, reason
        self.seconds = time.monotonic() - self.started if self.started else 0.0
        self.reading = False
        self.ended = time.monotonic()
        self.task = None
        self._still = None

    def settle(self, ending: bool) -> None:
        """Whether what follows a run is still under way."""
        self.ending = ending
        self._still = None

    def wrote(self, kinds: tuple[str, ...], note: str) -> None:
        """A block of so many messages went to a note."""
        self.messages += len(kinds)
        self.run_messages += len(kinds)
        self.kinds.update(kinds)
        self.notes.add(note)

    def fail(self, key: str, failure: Failure) -> bool:
        """Something couldn't be had; a later failure of the same thing replaces it. Returns whether it is another one, as far as the list
        of the first ones tells: a chat may lose hundreds of thousands of files."""
        another = key not in self.failures
        self.failed += another
        if not another or len(self.failures) < SHOWN_FAILURES:
            self.failures[key] = failure
        return another

    def view(self, online: bool) -> JobView:
        """The job as the queue shows it. A job that doesn't run is drawn once."""
        if self.state.active:
            return self._drawn(online)
        if self._still is None:
            self._still = self._drawn(online)
        return self._still

    def _drawn(self, online: bool) -> JobView:
        metrics = self.metrics.snapshot()
        state, reason, until = self._shown_state(metrics, online)
        rate = metrics.messages.now if self.state is JobState.RUNNING else 0.0
        return JobView(
            id=self.id,
            chat_id=self.chat.id,
            title=chat_title(self.chat),
            kind=self.chat.kind,
            options=self.options,
            state=state,
            reason=reason,
            until=until,
            messages=self.messages,
            total=self.total,
            rate=rate,
            left=self._left(rate),
            files=self.files,
            files_total=self.files_total,
            files_failed=self.files_failed,
            folder=self.folder,
            kinds=tuple(sorted(self.kinds.items())),
            failures=tuple(self.failures.values()),
            failed=self.failed,
            beside=self.beside,
            held=self.held and self.state is JobState.QUEUED,
            ending=self.ending,
            metrics=metrics,
        )

    def _shown_state(self, metrics: MetricsSnapshot, online: bool) -> tuple[JobState, str, float]:
        """A running job that can't go on right now is shown as waiting, with what for and until when."""
        if self.state is not JobState.RUNNING:
            return self.state, self.reason, 0.0
        if not online:
            return JobState.WAITING, "no connection to Telegram", 0.0
        if self.short and not metrics.gauge("files"):
            return JobState.WAITING, self.lack, 0.0
        if wait := self._holding(metrics.waits):
            return JobState.WAITING, f"flood wait, {wait.method}", wait.until
        return self.state, self.reason, 0.0

    def _holding(self, waits: tuple[Wait, ...]) -> Wait | None:
        """The wait that holds the job: one on files only when nothing is read any more."""
        holding = [wait for wait in waits if (wait.method == FILE_METHOD) != self.reading]
        return max(holding, key=lambda wait: wait.until, default=None)

    def _left(self, rate: float) -> float | None:
        if self.total is None or rate <= 0:
            return None
        return max(0, self.total - self.messages) / rate

    def report(self) -> JobReport:
        """The figures of the run that ended."""
        metrics = self.metrics.snapshot()
        saves = metrics.cache_saves
        return JobReport(
            chat=chat_title(self.chat),
            chat_id=bare_id(self.chat.id),
            kind=self.chat.kind,
            state=self.state,
            reason=self.reason,
            messages=self.run_messages,
            notes=len(self.notes),
            edited=self.edited,
            deleted=self.deleted,
            files=self.run_files,
            files_failed=self.files_failed,
            bytes=metrics.media.total,
            seconds=round(self.seconds, 3),
            flushes=metrics.flushes.count,
            cache_saves=saves.count,
            cache_save_ms=CacheSaveTimes(*(round(value, 3) for value in (saves.p50, saves.p95, saves.longest))),
            retries=dict(metrics.retries),
            requests=sum(count for _, count in metrics.requests),
            kinds=dict(sorted(self.kinds.items())),
            failures=tuple(self.failures.values()),
        )

    def record(self) -> JobRecord:
        """The job as the cache keeps it. A job that runs is queued when it is taken up again."""
        kept = KeptJob(
            chat=self.chat,
            options=self.again or self.options,
            reason=self.reason,
            messages=self.messages,
            total=self.total,
            files=self.files,
            files_failed=self.files_failed,
            folder=self.folder,
            kinds=dict(self.kinds),
            failures=tuple(self.failures.values()),
            failed=self.failed,
        )
        state = JobState.QUEUED if self.state.active or self.again else self.state
        return JobRecord(self.id, self.position, state, orjson.dumps(kept, default=list))

    @classmethod
    def kept(cls, record: JobRecord) -> Job:
        """A job of an earlier run. Raises msgspec.ValidationError when the record isn't one of ours."""
        kept = msgspec.convert(orjson.loads(record.body), KeptJob)
        return cls(
            id=record.id,
            chat=kept.chat,
            options=kept.options,
            position=record.position,
            state=JobState(record.state),
            reason=kept.reason,
            folder=kept.folder,
            messages=kept.messages,
            total=kept.total,
            files=kept.files,
            files_total=kept.files + kept.files_failed,
            files_failed=kept.files_failed,
            kinds=Counter(kept.kinds),
            failures={failure.what: failure for failure in kept.failures},
            failed=kept.failed or len(kept.failures),
        )
