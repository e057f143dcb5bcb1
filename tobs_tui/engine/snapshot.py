"""Frozen, complete pictures of what is going on: all that the screen and the reports know of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tobs_tui.engine.estimate import ExportEstimate
from tobs_tui.metrics import MetricsSnapshot
from tobs_tui.model import Account, Chat, ChatKind, ExportOptions, Folder, Takeout, Topic


class Phase(StrEnum):
    """Where the engine is in its life."""

    STARTING = "starting"
    CONNECTING = "connecting"
    LOGIN = "login"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"


class QuestionKind(StrEnum):
    """What a login asks for."""

    PHONE = "phone"
    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - the name of a question


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a login. `hint` helps to answer it (where the code went, the password's hint), `wrong` says
    in words what was wrong with the last answer; both may be empty."""

    kind: QuestionKind
    hint: str = ""
    wrong: str = ""


class JobState(StrEnum):
    """The states of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    DONE = "done"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (JobState.DONE, JobState.INCOMPLETE, JobState.FAILED, JobState.CANCELLED)

    @property
    def active(self) -> bool:
        return self in (JobState.RUNNING, JobState.WAITING)


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that a job could not get: what (a cleaned name), why, and what one can do."""

    what: str
    why: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class ExportMark:
    """An earlier export of a chat: when (Unix seconds), its last message, and how many are new since.

    `new` is exact for 0, an upper bound for chats with dense ids, and None where only the server could say.
    """

    at: float
    last_message_id: int
    new: int | None


@dataclass(frozen=True, slots=True)
class ChatRow:
    """A chat in the list: the chat, its title cleaned for a screen, its last export, if any, and a forum's topics (titles cleaned
    too) once they were read."""

    chat: Chat
    title: str
    exported: ExportMark | None = None
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatList:
    """The chat list as far as it is read. `version` changes when anything in it does; `total` is the server's count."""

    version: int = 0
    rows: tuple[ChatRow, ...] = ()
    folders: tuple[Folder, ...] = ()
    total: int = 0
    complete: bool = False


@dataclass(frozen=True, slots=True)
class FileView:
    """A file that is under way: its name, how many of its bytes are right, parts in flight, bytes per second, failed requests so far, and
    what it waits for (empty while bytes come)."""

    name: str
    received: int
    size: int
    parts: int
    rate: float
    attempts: int
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as the queue shows it.

    `total` is None until the server told it. `rate` is messages per second, `left` the seconds that remain (None: unknown).
    `until` is the Unix time at which a wait ends, 0 for none. `folder` is the absolute path of its notes. `kinds` counts
    messages by what they hold. `failures` holds the first 200, `failed` counts all. `beside` is the marked id of the chat that it came
    along with, 0 for none. A `held` job is one of an earlier run that waits to be resumed; the end of an `ending`
    one isn't told yet.
    """

    id: int
    chat_id: int
    title: str
    kind: ChatKind
    options: ExportOptions
    state: JobState = JobState.QUEUED
    reason: str = ""
    until: float = 0.0
    messages: int = 0
    total: int | None = None
    rate: float = 0.0
    left: float | None = None
    files: int = 0
    files_total: int = 0
    files_failed: int = 0
    folder: str = ""
    kinds: tuple[tuple[str, int], ...] = ()
    failures: tuple[Failure, ...] = ()
    failed: int = 0
    beside: int = 0
    held: bool = False
    ending: bool = False
    under_way: tuple[FileView, ...] = ()
    metrics: MetricsSnapshot = field(default_factory=MetricsSnapshot)


@dataclass(frozen=True, slots=True)
class CacheSaveTimes:
    """Times of cache saves in milliseconds."""

    p50: float = 0.0
    p95: float = 0.0
    max: float = 0.0


@dataclass(frozen=True, slots=True)
class JobReport:
    """The figures of one finished job, as `--json` prints them. Of this run alone. `chat_id` is bare."""

    chat: str
    chat_id: int
    kind: ChatKind
    state: JobState
    reason: str
    messages: int
    edited: int
    deleted: int
    notes: int
    files: int
    files_failed: int
    bytes: int
    seconds: float
    flushes: int
    cache_saves: int
    cache_save_ms: CacheSaveTimes
    retries: dict[str, int]
    requests: int
    kinds: dict[str, int]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole state of the engine at one moment (`at`, Unix seconds). `estimate` is the one that was asked for last, as far as it is."""

    at: float = 0.0
    phase: Phase = Phase.STARTING
    account: Account | None = None
    question: Question | None = None
    online: bool = False
    takeout: Takeout = field(default_factory=Takeout)
    chats: ChatList = field(default_factory=ChatList)
    jobs: tuple[JobView, ...] = ()
    estimate: ExportEstimate | None = None
    metrics: MetricsSnapshot = field(default_factory=MetricsSnapshot)
