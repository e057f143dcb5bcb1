"""The app on a scripted engine, to be run on a real pty: `python -m tests.ui.pty_app idle|busy|many|login|crash`."""

from __future__ import annotations

import sys
from dataclasses import replace

from tests.ui import scripted
from tests.ui.scripted import ScriptedEngine
from tests.ui.stage import refuse_setup
from tobs_tui.cli import flush_streams
from tobs_tui.engine.snapshot import JobState, JobView, QuestionKind, Snapshot
from tobs_tui.metrics import MetricsSnapshot, RateSnapshot
from tobs_tui.settings import Settings
from tobs_tui.ui.app import TobsApp

SECRET = "c0ffee" * 5


def moving(snapshot: Snapshot) -> Snapshot:
    """One second later, with every number another."""
    return replace(snapshot, at=snapshot.at + 1, jobs=tuple(map(_moved, snapshot.jobs)), metrics=_counted(snapshot.metrics))


def _moved(job: JobView) -> JobView:
    if job.state is not JobState.RUNNING:
        return job
    files = tuple(replace(file, received=(file.received + 12_300_000) % file.size, rate=file.rate * 1.3 % 2e7) for file in job.under_way)
    job = replace(job, under_way=files)
    return replace(job, messages=job.messages + 1412, rate=job.rate + 3, left=(job.left or 0) - 1, files=job.files + 2)


def _turned(rate: RateSnapshot, more: int) -> RateSnapshot:
    return RateSnapshot((*rate.seconds[1:], rate.seconds[0]), rate.now + more, rate.peak, rate.total + more)


def _counted(metrics: MetricsSnapshot) -> MetricsSnapshot:
    return replace(
        metrics,
        messages=_turned(metrics.messages, 17),
        media=_turned(metrics.media, 170_000),
        flushes=replace(metrics.flushes, count=metrics.flushes.count + 7, last=metrics.flushes.last * 1.7 % 9),
        cache_saves=replace(metrics.cache_saves, count=metrics.cache_saves.count + 1, last=metrics.cache_saves.last * 1.3 % 9),
        gauges=tuple((name, level * 7 % 97) for name, level in metrics.gauges),
        requests=tuple((name, amount + 13) for name, amount in metrics.requests),
        centres=tuple((dc, amount + 13) for dc, amount in metrics.centres),
        memory=metrics.memory + (1 << 20),
    )


def engine_of(kind: str) -> ScriptedEngine:
    """The engine of one scene."""
    if kind == "busy":
        running = {"messages": 1000, "total": 900_000, "rate": 100.0, "left": 900.0, "files": 1, "files_total": 900}
        more = scripted.job(9, "Another one", JobState.RUNNING, **running)
        return ScriptedEngine(scripted.snapshot(queue=(more, *scripted.jobs()), metrics=scripted.metrics()), then=moving)
    if kind == "many":
        return ScriptedEngine(scripted.snapshot(scripted.many_rows(10_000)))
    if kind == "login":
        return ScriptedEngine(scripted.asking(QuestionKind.PHONE))
    return ScriptedEngine(scripted.snapshot(), then=crashing if kind == "crash" else None)


def crashing(snapshot: Snapshot) -> Snapshot:
    """A fault of the program, with a secret in a local variable."""
    secret = SECRET
    return replace(snapshot, at=float(len(secret[0:0]) / len("")))


def main(kind: str) -> int:
    """Run the scene on this terminal; returns the exit code."""
    engine = engine_of(kind)

    def make(settings: Settings) -> ScriptedEngine:
        return engine

    app = TobsApp(scripted.SETTINGS, make, refuse_setup)
    app.run()
    app.finish()
    return app.return_code or 0


if __name__ == "__main__":
    exit_code = main(sys.argv[1])
    flush_streams()
    sys.exit(exit_code)
