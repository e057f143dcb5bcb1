"""One engine per account: a lock that dies with its process, and a note beside it that says who has it."""

from __future__ import annotations

import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import orjson
from filelock import FileLock, Timeout

from tobs_tui.errors import AccountBusy
from tobs_tui.paths import private_folder

log = logging.getLogger(__name__)


class AccountLock:
    """Holds an account for this process. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._owner = file.with_name(file.name + ".owner")
        self._lock = FileLock(file, timeout=0, mode=0o600, thread_local=False)

    def acquire(self) -> None:
        """Take the account. Raises AccountBusy with the process that has it."""
        private_folder(self._file.parent)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise AccountBusy("Another tobs-tui has this account", self._holder(), "Use that one, or end it first") from error
        self._say_who()

    def _say_who(self) -> None:
        """The lock holds without these words too: a disk that has no room for them costs nobody the account. Nor may others' stand."""
        fresh = self._owner.with_name(self._owner.name + ".new")
        try:
            fresh.write_bytes(orjson.dumps({"pid": os.getpid(), "since": int(time.time())}))
            fresh.replace(self._owner)
        except OSError as error:
            log.warning("who has the account can't be written down: %s", error.strerror)
            for words in (fresh, self._owner):
                _drop(words)

    def release(self) -> None:
        """Let the account go; nothing happens when it isn't held."""
        if self._lock.is_locked:
            _drop(self._owner)
            self._lock.release()

    def _holder(self) -> str:
        """Who holds the lock, in words. It may be so new that it hasn't said yet."""
        try:
            owner = orjson.loads(self._owner.read_bytes())
            since = time.strftime("%Y-%m-%d %H:%M", time.localtime(owner["since"]))
            return f"process {int(owner['pid'])}, since {since}"
        except (OSError, ValueError, KeyError, TypeError):
            return "it is just starting or ending"

    def __enter__(self) -> AccountLock:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def _drop(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)
