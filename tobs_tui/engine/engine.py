"""The engine's face: a thread with an event loop of its own, commands in, snapshots and events out.

The loop is the engine's alone: a terminal that stalls stops the screen's loop, and Telethon's tasks end at once on
loops with eager tasks, which Textual sets on Python 3.12 and later.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable

from tobs_tui.engine.commands import Command
from tobs_tui.engine.cycles import look_seldom
from tobs_tui.engine.events import Event
from tobs_tui.engine.snapshot import Snapshot
from tobs_tui.paths import Paths
from tobs_tui.settings import Settings

Listener = Callable[[Event], None]


class Engine:
    """Works on one account in a thread of its own. All methods may be called from any thread, and none blocks but `join`.

    With `keep_queue` false, jobs kept from earlier runs stay as they are unless their chat is queued again.
    """

    def __init__(self, settings: Settings, paths: Paths, keep_queue: bool = True) -> None:
        self._settings = settings
        self._paths = paths
        self._keep_queue = keep_queue
        self._snapshot = Snapshot()
        self._inbox = Inbox()
        self._thread: threading.Thread | None = None

    def start(self, listener: Listener) -> None:
        """Begin to work. `listener` is called in the engine's thread for each event, and must not block."""
        self._thread = threading.Thread(target=self._run, args=(listener,), name="engine", daemon=True)
        self._thread.start()

    def submit(self, command: Command) -> None:
        """Ask for something; it is done as soon as the engine comes to it."""
        self._inbox.put(command)

    def snapshot(self) -> Snapshot:
        """The newest picture of what is going on; the engine draws one twice a second, and after every event."""
        return self._snapshot

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the engine has ended, for at most `timeout` seconds; whether it has."""
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self, listener: Listener) -> None:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(self._serve(listener))

    async def _serve(self, listener: Listener) -> None:
        # Telethon takes half a second to import: not before the screen's first paint, so not at this module's head.
        from tobs_tui.engine.core import Core

        look_seldom()
        self._inbox.open()
        try:
            core = Core(self._settings, self._paths, self._keep_queue, listener, self._publish)
            await core.run(self._inbox.take)
        finally:
            self._inbox.close()

    def _publish(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot


class Inbox:
    """Commands from any thread to the engine's loop; those that come before the loop runs are kept for it."""

    def __init__(self) -> None:
        self._early: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._queue: asyncio.Queue[Command] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.RLock()  # a signal's handler may come in the middle of `put`, in the same thread
        self._closed = False

    def open(self) -> None:
        """Called in the loop: from now on commands arrive at once."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
            while not self._early.empty():
                self._queue.put_nowait(self._early.get())

    def put(self, command: Command) -> None:
        """Hand a command over. One that comes after the loop's end is nobody's any more."""
        with self._lock:
            if self._loop is None:
                self._early.put(command)
            elif not self._closed:
                self._loop.call_soon_threadsafe(self._queue.put_nowait, command)

    def close(self) -> None:
        """Called in the loop, before it ends."""
        with self._lock:
            self._closed = True

    async def take(self) -> Command:
        """The next command."""
        return await self._queue.get()
