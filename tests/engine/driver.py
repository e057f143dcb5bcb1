"""Drives a real engine through its face, as the screen and the command line do."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from tobs_tui.engine.commands import Answer, Command, Stop
from tobs_tui.engine.engine import Engine
from tobs_tui.engine.events import Event, JobEnded, LoggedIn, LoginNeeded, Stopped
from tobs_tui.engine.snapshot import QuestionKind, Snapshot
from tobs_tui.paths import Paths
from tobs_tui.settings import Settings

E = TypeVar("E", bound=Event)
PATIENCE = 40.0


class EngineDriver:
    """An engine with an account that answers its questions. `with` starts it, and stops it at a checkpoint."""

    def __init__(self, settings: Settings, home: Path, answers: dict[QuestionKind, str], keep_queue: bool = True) -> None:
        self.answers = answers
        self.paths = Paths(home / "settings.toml", home / "data", home / "logs")
        self.engine = Engine(settings, self.paths, keep_queue)
        self.events: queue.Queue[Event] = queue.Queue()
        self.seen: list[Event] = []

    def __enter__(self) -> EngineDriver:
        self.engine.start(self.events.put)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.engine.submit(Stop())
        assert self.engine.join(PATIENCE), "the engine doesn't stop"

    def submit(self, command: Command) -> None:
        self.engine.submit(command)

    def next(self, patience: float = PATIENCE) -> Event:
        """The next event; questions of a login are answered on the way."""
        event = self.events.get(timeout=patience)
        self.seen.append(event)
        if isinstance(event, LoginNeeded):
            self.submit(Answer(self.answers[event.question.kind]))
        return event

    def wait_for(self, kind: type[E], patience: float = PATIENCE) -> E:
        """The next event of a kind; none comes for longer than `patience` seconds. Fails when the engine stops before."""
        while not isinstance(event := self.next(patience), kind):
            assert not isinstance(event, Stopped), event
        return event

    def ready(self) -> EngineDriver:
        self.wait_for(LoggedIn)
        return self

    def jobs_ended(self, count: int) -> list[JobEnded]:
        """The next so many ends of jobs."""
        return [self.wait_for(JobEnded) for _ in range(count)]

    def until(self, true_of: Callable[[Snapshot], bool]) -> Snapshot:
        """The first snapshot of which something is true."""
        deadline = time.monotonic() + PATIENCE
        while not true_of(snapshot := self.engine.snapshot()):
            assert time.monotonic() < deadline, (snapshot.phase, snapshot.jobs)
            time.sleep(0.02)
        return snapshot
