"""What the engine tells by itself. Rare: everything that changes often is in the snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from tobs_tui.engine.estimate import ExportEstimate
from tobs_tui.engine.snapshot import JobReport, Question
from tobs_tui.errors import ExitCode
from tobs_tui.model import Account, Chat, Topic


@dataclass(frozen=True, slots=True)
class LoginNeeded:
    """The engine waits for an `Answer`."""

    question: Question


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The server knows the account; commands that need it may follow."""

    account: Account


@dataclass(frozen=True, slots=True)
class ChatsListed:
    """The chat list is complete in the snapshot."""

    total: int


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to `Find`: a chat, or why there is none, what to do, and the exit code that it means for a command."""

    text: str
    chat: Chat | None
    why: str = ""
    todo: str = ""
    exit_code: ExitCode = ExitCode.OK


@dataclass(frozen=True, slots=True)
class TopicsListed:
    """The answer to `Unfold`: a forum's topics by rising id, titles cleaned for a screen, or why there are none."""

    chat: int
    topics: tuple[Topic, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Estimated:
    """The answer to `Estimate`, when all chats were asked."""

    estimate: ExportEstimate


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A job came to an end; its figures, the exit code that it means for a command, and the marked id of its chat."""

    job: int
    report: JobReport
    exit_code: ExitCode = ExitCode.OK
    chat: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something went wrong in words for the user. `at` is Unix seconds."""

    at: float
    what: str
    why: str = ""
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The engine has ended; nothing follows. `exit_code` is that of the command."""

    exit_code: ExitCode
    trouble: Trouble | None = None


Event = LoginNeeded | LoggedIn | ChatsListed | Found | TopicsListed | Estimated | JobEnded | Trouble | Stopped
