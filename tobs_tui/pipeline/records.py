"""What the store is given and gives back. Paths are relative to the vault's root, with `/`, `.md` included; `vault` is an absolute path."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from tobs_tui.content import RemoteFile
from tobs_tui.metrics import Metrics
from tobs_tui.model import ChatKind


class FileState(StrEnum):
    """Where a file of a note stands: waiting to be fetched, whole in the vault, or given up with a reason."""

    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"


class MessageRecord(Struct, frozen=True, gc=False):
    """What later replies need of a message, and its date in Unix seconds (0 where the caller doesn't keep it).

    `stamp` is a number of the caller's that changes when the message does (edits, reactions, votes).
    """

    id: int
    author: str
    snippet: str
    date: int = 0
    stamp: int = 0


@dataclass(frozen=True, slots=True)
class MessageAt:
    """Where a message stands: the path of its note, and what a reply to it shows."""

    note: str
    author: str
    snippet: str


class FileRecord(Struct, frozen=True, gc=False):
    """A file that a note names. `path` is unique in a vault; `line` is its embed as it stands in `note`.

    `seq` is given by the store (0 before); files are queued in its order. `date` is the message's, in Unix seconds. `sha256` is
    in hex, empty while the file isn't done. `reason` says why a failed one failed.
    """

    seq: int
    path: str
    note: str
    line: str
    chat_id: int
    message_id: int
    date: int
    file: RemoteFile
    state: FileState = FileState.QUEUED
    reason: str = ""
    sha256: str = ""


ARTICLE = "article:"
"""What the names of link targets begin with that are articles."""


class LinkTarget(Struct, frozen=True, gc=False):
    """What a message points at: a message, or a whole chat (a message id of 0), by the chat's marked id or by a name (0 then)."""

    chat_id: int
    name: str
    message_id: int


class LinkRecord(Struct, frozen=True, gc=False):
    """A block of a note that points at `targets`; `message_id` is that of its header, `body` the engine's own record of it."""

    chat_id: int
    message_id: int
    note: str
    body: bytes
    targets: tuple[LinkTarget, ...]


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """An article: its path at the service, its note's path in the vault (empty for one that is gone, with the `reason`), its title."""

    path: str
    note: str
    title: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A block with targets that are there since it was written: `settled` ones lead there already, `ready` ones can now.

    `chats` are the marked ids of the targets' chats.
    """

    chat_id: int
    message_id: int
    body: bytes
    settled: frozenset[LinkTarget]
    ready: frozenset[LinkTarget]
    chats: dict[LinkTarget, int]


@dataclass(frozen=True, slots=True)
class OpenThread:
    """A post, the first message of the thread below it, and the notes of both, which don't lead to each other yet."""

    post: int
    above: str
    thread: int
    below: str


@dataclass(frozen=True, slots=True)
class BlockChange:
    """Lines of the block of a message, as they stand and as they should."""

    message_id: int
    lines: tuple[tuple[str, str], ...]


class Entry(Struct, frozen=True):
    """One rendered block on its way into its note. All of it becomes true in the same checkpoint.

    `head` opens a new note, `day_heading` a day (`day`, an ISO date) that isn't the note's last; then `text` follows. The chat's
    progress becomes the greatest message id. `metrics` are the job's; flushes and cache saves are counted there.
    """

    vault: str
    chat_id: int
    job: int
    note: str
    head: str
    day: str
    day_heading: str
    text: str
    messages: tuple[MessageRecord, ...]
    files: tuple[FileRecord, ...]
    metrics: Metrics
    links: tuple[LinkRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class MovedNote:
    """A note that a person moved or renamed: what its properties say of it (`topic` of a forum, 0 for none; `key` is the period, or the
    message id of a post), and its path from the vault's root."""

    topic: int
    key: str
    path: str


@dataclass(frozen=True, slots=True)
class ChatState:
    """A chat in a vault as of the last checkpoint.

    `folder`, `name`, `title`, `kind`, `username`, `timezone`, `exported_at` (Unix seconds, 0 for never finished), `holes`, `moved`,
    `about` (how the chat describes itself), `before` (the marked id of the basic group that it was, 0 for none) and `away` are what
    `put_chat` said; a hole (after, up to) is a range of ids that was left out below what was read, and may be there in part; `moved`
    are notes that lie elsewhere than the layout says; `away` are the ranges of notes that a person deleted, and that nobody asked to
    have back. The rest is counted by the store, and ignored by `put_chat`: ids and dates of the first and last message, `messages`,
    `notes`, `files` that are done, and `missing` ones that failed.
    """

    id: int
    folder: str
    name: str
    title: str
    kind: ChatKind
    timezone: str = ""
    exported_at: float = 0.0
    first_id: int = 0
    last_id: int = 0
    messages: int = 0
    notes: int = 0
    files: int = 0
    missing: int = 0
    first_date: int = 0
    last_date: int = 0
    username: str = ""
    holes: tuple[tuple[int, int], ...] = ()
    moved: tuple[MovedNote, ...] = ()
    about: str = ""
    before: int = 0
    away: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TopicState:
    """A forum's topic in a vault: its folder's name, which stays, its title when it was last seen (empty for one that Telegram never
    listed), and up to which message of the chat it was read."""

    id: int
    name: str
    title: str = ""
    read: int = 0


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job of the queue, kept across starts. `body` is the engine's own record of it."""

    id: int
    position: int
    state: str
    body: bytes
