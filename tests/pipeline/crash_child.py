"""An export in a process of its own that ends at a given moment, as the process of `test_recovery` starts it."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import BuiltinFunctionType, FrameType

from tests.pipeline.store_support import SMALL, big_export, crash_export
from tobs_tui.errors import CacheError, VaultError

# What moves something on the disk, by the names that the interpreter tells a profiler.
MOVES = frozenset(
    ("write", "fsync", "execute", "executemany", "replace", "ftruncate", "truncate", "open", "mkdir", "link", "unlink", "close")
)


def at_step(number: int, act: Callable[[], None]) -> None:
    """Do something at the so-manieth call (and return of one) in the process's other threads that moves something on the disk."""
    left = number

    def profile(_: FrameType, event: str, what: object) -> None:
        nonlocal left
        if event in ("c_call", "c_return") and isinstance(what, BuiltinFunctionType) and what.__name__ in MOVES:
            left -= 1
            if left == 0:
                act()

    threading.setprofile(profile)


def limit_files(size: int) -> None:
    """No file may grow beyond `size` bytes: the disk is full, for the notes and for the cache. (Python ignores SIGXFSZ by itself.)"""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def run(folder: Path, last: int, kind: str, moment: int) -> None:
    """The export, whole or until its end comes. Exit codes: 4 when the vault refused, 5 when the cache did."""
    if kind == "kill":
        at_step(moment, lambda: os.kill(os.getpid(), signal.SIGKILL))
    elif kind in ("full", "big"):
        limit_files(moment)
    export = big_export(folder, last) if kind.startswith("big") else crash_export(folder, last, SMALL)
    try:
        asyncio.run(export)
    except VaultError:
        sys.exit(4)
    except CacheError:
        sys.exit(5)
