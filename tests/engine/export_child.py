"""Exports of chats by a real engine in a process of its own, which ends at a given moment: what `test_interruptions` starts."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.pipeline.crash_child import at_step, limit_files
from tobs_tui.engine.core import Core as Core  # here, so that the fork server has it in memory already
from tobs_tui.engine.engine import Engine
from tobs_tui.errors import TobsError
from tobs_tui.headless import export_chats
from tobs_tui.model import ExportOptions
from tobs_tui.paths import Paths
from tobs_tui.settings import Settings


def paths_in(home: Path) -> Paths:
    return Paths(home / "settings.toml", home / "data", home / "logs")


def run(
    home: Path,
    settings: Settings,
    options: ExportOptions,
    chats: tuple[str, ...] = (),
    killed_at: int = 0,
    full_at: int = 0,
    room: int = 0,
) -> None:
    """The errand of `tobs-tui export`, of all chats if none is named; exits with the worst exit code of the jobs.

    The process is killed, or no file grows beyond `room` bytes any more, from the so-manieth step of the disk on (0: never).
    """
    if killed_at:
        at_step(killed_at, lambda: os.kill(os.getpid(), signal.SIGKILL))
    if full_at:
        at_step(full_at, lambda: limit_files(room))
    try:
        engine = Engine(settings, paths_in(home), keep_queue=False)
        sys.exit(max(end.exit_code for end in export_chats(engine, chats, options)))
    except TobsError as error:
        sys.exit(error.exit_code)
