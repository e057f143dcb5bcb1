"""What may be asked of the engine. Commands are data, handed over by `Engine.submit`, which never blocks."""

from __future__ import annotations

from dataclasses import dataclass

from tobs_tui.model import ExportOptions


@dataclass(frozen=True, slots=True)
class Answer:
    """The user's answer to the question in `Snapshot.question`: a phone number, a code, a password."""

    text: str


@dataclass(frozen=True, slots=True)
class Export:
    """Queue one job a chat (marked ids), in this order. A chat with an unfinished job joins it."""

    chats: tuple[int, ...]
    options: ExportOptions


@dataclass(frozen=True, slots=True)
class Estimate:
    """Work out what these exports would bring, without beginning them; answered by an `Estimated` event, on the way in the snapshot.

    It takes the place of an estimate that is being worked out; with no exports there is none any more. `ticket` comes back with the answer.
    """

    exports: tuple[Export, ...]
    ticket: int = 0


@dataclass(frozen=True, slots=True)
class Find:
    """Look a chat up by id, @name, link or exact title; answered by a `Found` event with the same text."""

    text: str


@dataclass(frozen=True, slots=True)
class Unfold:
    """Read the topics of a forum (a marked id) into its row of the list; answered by a `TopicsListed` event."""

    chat: int


@dataclass(frozen=True, slots=True)
class Refresh:
    """Read the chat list again."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Pause one job at its next checkpoint; 0 means all."""

    job: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Let a paused job go on; 0 means all."""

    job: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """End a job. What it wrote stays, whole up to the last checkpoint."""

    job: int


@dataclass(frozen=True, slots=True)
class Retry:
    """Queue a job that ended incomplete, failed or cancelled again; it goes on where it stood."""

    job: int


@dataclass(frozen=True, slots=True)
class Move:
    """Move a queued job by so many places (negative: towards the front)."""

    job: int
    places: int


@dataclass(frozen=True, slots=True)
class ClearEnded:
    """Take the jobs that are done or cancelled off the queue. What they wrote stays."""


@dataclass(frozen=True, slots=True)
class UseTakeout:
    """Ask Telegram for a takeout, in which everything comes faster; or (not `wanted`) finish the one that is open, or stop asking."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class LogOut:
    """End the session at the server and forget it here; the engine stops afterwards."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop at the next checkpoint; with `finish` only when no job is running or queued."""

    finish: bool = False


Command = (
    Answer | Export | Estimate | Find | Unfold | Refresh | Pause | Resume | Cancel | Retry | Move | ClearEnded | UseTakeout | LogOut | Stop
)
