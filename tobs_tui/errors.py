"""The errors that a user may meet, and the exit codes that they lead to.

::

    TobsError                   what happened, why, what to do
      UsageError                arguments that can't be served             exit 2
        ChatNotFound            no chat answers to that name or id
      SettingsError             a setting that is unknown or wrong         exit 2
      AccountError              no account to work with                    exit 3
        NotLoggedIn             the server doesn't know this session
        LoginRefused            a phone, code or password that is wrong
          CodeExpired           a code that can't be used any more
        AccountBusy             another tobs-tui has the account
        Unreachable             no connection to the server
      VaultError                the vault can't be written                 exit 4
        DiskFull                its disk has no room left
      CacheError                the cache can't be used
      RequestError              one request to the server failed           (never ends the program)
        RequestFailed           for a cause that may pass: it is tried again
        RequestRefused          not to be had as things stand
          FileGone              and never again: Telegram doesn't have the file any more
        ReferenceExpired        the file's reference must be fetched again
        GaveUp                  the limit of attempts is reached
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """Exit codes of the command; a signal n ends it with 128 + n."""

    OK = 0
    INCOMPLETE = 1
    USAGE = 2
    ACCOUNT = 3
    VAULT = 4
    SIGNAL = 128


class RetryCause(StrEnum):
    """Why a request is sent again, as counted in the metrics."""

    FLOOD_WAIT = "flood_wait"
    NETWORK = "network"
    TIMEOUT = "timeout"
    SERVER = "server"
    FILE_REFERENCE = "file_reference"
    FILE_MOVED = "file_moved"
    BAD_PART = "bad_part"


class TobsError(Exception):
    """Anything that goes wrong in words for its user.

    `what` happened, `why`, and what `todo`; each a phrase without a full stop, the last two may be empty.
    """

    exit_code: ExitCode = ExitCode.INCOMPLETE

    def __init__(self, what: str, why: str = "", todo: str = "") -> None:
        self.what = what
        self.why = why
        self.todo = todo
        super().__init__(what, why, todo)

    def __str__(self) -> str:
        reason = f"{self.what}: {self.why}" if self.why else self.what
        return f"{reason}. {self.todo}" if self.todo else reason


class UsageError(TobsError):
    """Arguments or commands that can't be served."""

    exit_code = ExitCode.USAGE


class ChatNotFound(UsageError):
    """No chat of the account answers to what was asked for."""


class SettingsError(TobsError):
    """A setting that is unknown or has a value that isn't allowed."""

    exit_code = ExitCode.USAGE


class AccountError(TobsError):
    """There is no account to work with."""

    exit_code = ExitCode.ACCOUNT


class NotLoggedIn(AccountError):
    """The server doesn't know this session."""


class LoginRefused(AccountError):
    """The server refused a phone number, code or password; it may be given again."""


class CodeExpired(LoginRefused):
    """The login code can't be used any more: a new one must be sent."""


class AccountBusy(AccountError):
    """Another tobs-tui works with this account."""


class Unreachable(AccountError):
    """The server can't be reached, or doesn't answer as itself."""


class VaultError(TobsError):
    """The vault can't be read or written."""

    exit_code = ExitCode.VAULT


class DiskFull(VaultError):
    """The vault's disk, or the user's quota on it, has no room left."""


class CacheError(TobsError):
    """The cache can't be used: newer than the program, or held by another process."""


class RequestError(TobsError):
    """One request to the server failed."""


class RequestFailed(RequestError):
    """A request that failed for a cause that may pass."""

    def __init__(self, cause: RetryCause, why: str) -> None:
        self.cause = cause
        super().__init__("A request to Telegram failed", why)


class RequestRefused(RequestError):
    """The server refuses, and asking again changes nothing for now: the chat is closed to this account, the request isn't allowed."""


class FileGone(RequestRefused):
    """Telegram doesn't have the file any more, or its message doesn't show it."""


class ReferenceExpired(RequestError):
    """The file reference of a file is out of date; its message must be fetched again."""


class GaveUp(RequestError):
    """The limit of attempts was reached; `why` tells the last failure."""
