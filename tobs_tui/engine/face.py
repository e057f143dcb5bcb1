"""The engine as its users know it, so that another can stand in its place: the demo's, or one day one in another process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tobs_tui.engine.commands import Command
from tobs_tui.engine.events import Event
from tobs_tui.engine.snapshot import Snapshot


class EngineFace(Protocol):
    """All that the screen, the command line and the tests know of an engine. `Engine` says what each does."""

    def start(self, listener: Callable[[Event], None]) -> None: ...

    def submit(self, command: Command) -> None: ...

    def snapshot(self) -> Snapshot: ...

    def join(self, timeout: float | None = None) -> bool: ...
