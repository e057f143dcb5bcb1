"""The bridge to the engine: commands one way, events and snapshots the other.

Nothing here waits for the engine, and the engine never waits for the screen: events come by `post_message`
from its thread, snapshots are pulled by a timer of the screen's loop.
"""

from __future__ import annotations

import logging

from textual.message import Message
from textual.message_pump import MessagePump

from tobs_tui.engine.commands import Command
from tobs_tui.engine.events import Event
from tobs_tui.engine.face import EngineFace
from tobs_tui.engine.snapshot import Snapshot

_log = logging.getLogger(__name__)


class Heard(Message):
    """The engine told something."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class SnapshotTaken(Message):
    """A snapshot that differs from the last one."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot


class Bridge:
    """Joins one engine and one message pump (the app)."""

    def __init__(self, engine: EngineFace, target: MessagePump) -> None:
        self.engine = engine
        self._target = target
        self._started = False
        self._last = Snapshot()

    def start(self) -> None:
        """Start the engine. It imports Telethon in its own thread, so call this after the first paint."""
        self._started = True
        self.engine.start(self._hear)

    def _hear(self, event: Event) -> None:
        if not self._target.post_message(Heard(event)):
            _log.debug("the screen is gone; not shown: %s", type(event).__name__)

    def submit(self, command: Command) -> None:
        """Hand a command to the engine."""
        self.engine.submit(command)

    def pull(self) -> None:
        """Ask for a snapshot, and post it if anything in it changed."""
        if not self._started:
            return
        snapshot = self.engine.snapshot()
        if _same(snapshot, self._last):
            return
        self._last = snapshot
        self._target.post_message(SnapshotTaken(snapshot))


def _same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots differ in nothing but their time, and no countdown runs. The chat list is compared by its version."""
    return (
        not one.metrics.waits
        and not any(job.until for job in one.jobs)
        and one.chats.version == other.chats.version
        and (one.phase, one.online, one.account, one.question) == (other.phase, other.online, other.account, other.question)
        and one.chats.complete == other.chats.complete
        and one.jobs == other.jobs
        and one.estimate == other.estimate
        and one.metrics == other.metrics
    )
