"""The cache's file: opened by one process, migrated, and set aside when it is damaged. Everything here blocks and belongs to one thread."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil

from tobs_tui.errors import CacheError
from tobs_tui.pipeline.schema import migrate

BUSY_SECONDS = 1.0
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WAL_FILES = ("", "-wal", "-shm")


class Damaged(CacheError):
    """The cache's file isn't a database any more, or not a whole one."""


class Cache:
    """One SQLite file in WAL mode, held by this process alone while it is open."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._db: sqlite3.Connection | None = None
        self._sound = False

    @property
    def db(self) -> sqlite3.Connection:
        """The open connection. Raises CacheError when the cache is closed."""
        if self._db is None:
            raise CacheError("The cache is closed", "it is used before it was opened or after the end")
        return self._db

    def open(self) -> tuple[str, ...]:
        """Open or create the cache; returns what the user should know, in sentences.

        Raises CacheError when another process has it, when it is newer than the program, or when the disk refuses.
        """
        try:
            self._open()
        except Damaged as error:
            self.close()
            aside = self._set_aside()
            self._open()
            return (f"The cache was damaged ({error.why}) and lies in {aside}; it is built anew",)
        return ()

    def _open(self) -> None:
        try:
            with self.errors():
                self._create()
                self._db = sqlite3.connect(self.file, timeout=BUSY_SECONDS, isolation_level=None)
                self._prepare(self._db)
        except CacheError:
            self.close()
            raise

    def _create(self) -> None:
        """The file with its mode from the first byte: it holds names and the first words of messages."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))
        self.file.chmod(0o600)

    def _prepare(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")  # from here on the file is ours until it is closed
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
        migrate(db)
        if version and not self._clean(db):
            self._check(db)
        db.execute("INSERT OR REPLACE INTO meta VALUES ('clean', 0)")
        self._sound = True

    def _clean(self, db: sqlite3.Connection) -> bool:
        row = db.execute("SELECT value FROM meta WHERE name = 'clean'").fetchone()
        return bool(row and row[0])

    def _check(self, db: sqlite3.Connection) -> None:
        """Read it all after a run that didn't close it."""
        answer: str = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if answer != "ok":
            raise Damaged("The cache is damaged", answer.splitlines()[-1])

    def close(self) -> None:
        """Close the file; the last checkpoint is what remains. Doesn't raise: nothing is lost that was saved."""
        if self._db is None:
            return
        with suppress(sqlite3.Error), closing(self._db) as db:
            self._db = None
            if db.in_transaction:
                db.execute("ROLLBACK")
            if self._sound:
                db.execute("UPDATE meta SET value = 1 WHERE name = 'clean'")

    @contextmanager
    def transaction(self, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """All or nothing. A durable one is on the disk when it ends; the others follow in order, at the latest with the next
        durable one, and survive the end of the process but not of the machine. Raises CacheError."""
        db = self.db
        with self.errors():
            db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn SQLite's errors and the system's into CacheErrors in words."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._in_words(error) from error
        except OSError as error:
            raise CacheError(f"The cache {self.file} can't be used", error.strerror or str(error)) from error

    def _in_words(self, error: sqlite3.Error) -> CacheError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        self._sound = self._sound and code not in _DAMAGE
        what = f"The cache {self.file} can't be used"
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return CacheError(what, f"{_holder(self.file)} has it open", "Wait for its end, or end it, then start again")
        if code in _DAMAGE:
            return Damaged("The cache is damaged", str(error), "Start again: it is set aside and built anew")
        if code == sqlite3.SQLITE_FULL:
            return CacheError(what, "the disk is full", "Free some space, then start again")
        return CacheError(what, str(error), "Look whether its disk is there and writable")

    def _set_aside(self) -> Path:
        """Rename the damaged file and what belongs to it; nothing that was set aside before is overwritten."""
        number = 1
        while (aside := self.file.with_name(f"{self.file.name}.damaged-{number}")).exists():
            number += 1
        with self.errors():
            for suffix in _WAL_FILES:
                with suppress(FileNotFoundError):
                    self.file.with_name(self.file.name + suffix).rename(aside.with_name(aside.name + suffix))
        return aside


def _holder(file: Path) -> str:
    """Which process has a file open: SQLite doesn't say. Slow, for an error's words only."""
    for process in psutil.process_iter(["pid", "name"]):
        if process.info["pid"] == os.getpid():
            continue
        with suppress(psutil.Error):
            if any(each.path == str(file.resolve()) for each in process.open_files()):
                return f"process {process.info['pid']} ({process.info['name']})"
    return "another process"
