"""The log: one rotating file in the platform's folder, for its user alone; never the terminal, where the screen is drawn.

Secrets are kept out twice: what is known to be one (`hide`) and what looks like one (hashes, phone numbers) is struck out of every line,
tracebacks included. A line holds no control character, so that nobody's title can forge a line or move a cursor.
"""

from __future__ import annotations

import io
import logging
import os
import re
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from tobs_tui.display import display_text
from tobs_tui.errors import CacheError
from tobs_tui.paths import Paths

FILE_BYTES = 1 << 20
FILES = 4
STRUCK = "•••"
_LOOKS_SECRET = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])|\+\d[\d ()-]{6,18}\d")
_log = logging.getLogger("tobs_tui")
_secrets: set[str] = set()


def hide(*secrets: str) -> None:
    """Strike these out of every log line from now on: an API hash, a phone number, a code, a password (four characters and more)."""
    for secret in secrets:
        if len(secret) >= 4:
            _secrets.update((secret, secret.lstrip("+"), display_text(secret)))


def without_secrets(text: str) -> str:
    """`text` with everything that is or looks like a secret struck out."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, STRUCK)
    return _LOOKS_SECRET.sub(STRUCK, text)


class _Formatter(logging.Formatter):
    """One line a record, and tracebacks below it, indented; all of it clean."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Never from `record.exc_text`: another handler may have left its own, unclean words there."""
        record.message = record.getMessage()
        record.asctime = self.formatTime(record)
        lines = [display_text(without_secrets(self.formatMessage(record)))]
        if record.exc_info:
            lines += [_indented(line) for line in without_secrets(self.formatException(record.exc_info)).splitlines()]
        return "\n".join(lines)


def _indented(line: str) -> str:
    return f"    {' ' * (len(line) - len(line.lstrip()))}{display_text(line)}"


class _PrivateFile(RotatingFileHandler):
    """Files of mode 0600; a full disk costs log lines and nothing else."""

    def _open(self) -> io.TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return io.TextIOWrapper(os.fdopen(handle, "ab"), encoding="utf-8", errors="backslashreplace", write_through=True)

    def handleError(self, record: logging.LogRecord) -> None:
        """Nowhere is left to tell it: stderr is the screen."""


def start_logging(file: Path, *, debug: bool = False) -> None:
    """Log into `file` (1 MiB, three older ones are kept): warnings and the program's own doings; with `debug` all of these.

    Raises CacheError.
    """
    try:
        handler = _PrivateFile(file, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CacheError(f"The log {file} can't be written", error.strerror or str(error)) from error
    handler.setFormatter(_Formatter())
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, _PrivateFile)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.INFO if debug else logging.WARNING)
    _log.setLevel(logging.DEBUG if debug else logging.INFO)
    logging.captureWarnings(True)


def ready_for_crash() -> None:
    """Have a log for a crash that comes before there is one; where none can be made, the trace is dropped, not shown."""
    if any(isinstance(each, _PrivateFile) for each in logging.getLogger().handlers):
        return
    paths = Paths.of_platform()
    try:
        paths.create()
        start_logging(paths.log_file)
    except CacheError:
        logging.getLogger().addHandler(logging.NullHandler())


def hook_crashes() -> None:
    """What nobody caught goes to the log, not to the terminal with the values of its variables."""
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _log.critical("crashed", exc_info=(kind, error, trace))


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _log.critical("thread crashed", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))
