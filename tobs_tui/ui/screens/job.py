"""The details of a job: where its notes are, what they hold, every failure with its reason, its own metrics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType

from tobs_tui.display import display_text, kind_words
from tobs_tui.engine.snapshot import JobState, JobView, Snapshot
from tobs_tui.ui import words
from tobs_tui.ui.commands import BY_ID, ScreenState, bindings_for
from tobs_tui.ui.lines import Line, Look, Piece, left, plain, wrapped
from tobs_tui.ui.screens.popup import Page
from tobs_tui.ui.widgets.job_list import GLYPHS, job_title, only_files_missing, pace_text, reason_text
from tobs_tui.ui.widgets.metrics import job_lines

_COMMANDS = ("pause", "cancel", "retry", "copy")
_LABEL = 12


class JobScreen(Page[None]):
    """Follows one job while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(*_COMMANDS)]

    def __init__(self, job: JobView, now: float) -> None:
        super().__init__(job_title(job), _keys(job))
        self.job = job
        self._now = now

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._now = snapshot.at
        self.job = next((job for job in snapshot.jobs if job.id == self.job.id), self.job)
        self.set_keys(_keys(self.job))
        self.draw()

    def lines(self, width: int) -> Iterator[Line]:
        yield from self._facts(width)
        yield ()
        yield from self._files(width)
        yield from self._kinds(width)
        yield from self._failures(width)
        yield plain("Metrics of this job", Look.STRONG)
        yield from job_lines(self.job.metrics, self._now)

    def _facts(self, width: int) -> Iterator[Line]:
        job = self.job
        reason = reason_text(job, self._now)
        state = f"{GLYPHS[job.state]} {job.state.value}"
        yield from _fact("state", f"{state}: {reason}" if reason else state, width)
        part = job.state is JobState.DONE and job.messages < (job.total or 0)  # no more was asked for
        share = "in the chat" if part else words.percent(job.messages, job.total)
        total = "" if job.total is None else f" of {words.number(job.total)}{' ' if part else ', '}{share}"
        yield from _fact("messages", f"{words.number(job.messages)}{total}", width)
        if job.state is JobState.RUNNING:
            rest = "" if job.left is None else f", {words.duration(job.left)} left"
            yield from _fact("rate", f"{pace_text(job)}{', only files are missing' if only_files_missing(job) else rest}", width)
        failed = f", {words.number(job.files_failed)} failed" if job.files_failed else ""
        yield from _fact("files", f"{words.number(job.files)} of {words.number(max(job.files, job.files_total))}{failed}", width)
        yield from _fact("notes", display_text(job.folder) or "none written yet", width)

    def _files(self, width: int) -> Iterator[Line]:
        """Each file under way: how far, how fast, what it waits for."""
        if not self.job.under_way:
            return
        yield plain("Files under way", Look.STRONG)
        for file in self.job.under_way:
            yield from wrapped(display_text(file.name), width, "  ")
            failed = f" · {words.count(file.attempts, 'failed request')}" if file.attempts else ""
            share = f"{words.size(file.received)} of {words.size(file.size)}, {words.percent(file.received, file.size)}"
            pace = f"{words.megabytes(file.rate)} · {words.count(file.parts, 'part')} in flight{failed}"
            yield plain(f"    {share} · {pace}", Look.MUTED)
            if file.waiting:
                yield from wrapped(f"waiting: {display_text(file.waiting)}", width, "    ", Look.MUTED)
        yield ()

    def _kinds(self, width: int) -> Iterator[Line]:
        if not self.job.kinds:
            return
        yield plain("Messages of this run by kind", Look.STRONG)
        named = [(display_text(kind_words(kind)), amount) for kind, amount in sorted(self.job.kinds, key=lambda pair: -pair[1])]
        wide = min(width - 12, max(24, *(cell_len(name) for name, _ in named)))
        for name, amount in named:
            yield Piece(f"  {left(name, wide)}", Look.MUTED), Piece(f"{words.number(amount):>10}")
        yield ()

    def _whole_failure(self, width: int) -> Iterator[Line]:
        """What failed where no file or message did: the export as such, or nothing."""
        if self.job.state in (JobState.FAILED, JobState.INCOMPLETE):
            yield Piece("  ✗ ", Look.TROUBLE), Piece("the export as a whole")
            yield from wrapped(f"why: {display_text(self.job.reason) or 'something is missing'}", width, "    ", Look.MUTED)
        else:
            yield plain("  nothing", Look.MUTED)

    def _failures(self, width: int) -> Iterator[Line]:
        failed, listed = self.job.failed, self.job.failures
        yield plain("What failed", Look.STRONG)
        if not failed and not listed:
            yield from self._whole_failure(width)
        for failure in listed:
            yield Piece("  ✗ ", Look.TROUBLE), Piece(display_text(failure.what))
            for label, text in (("why", failure.why), ("what to do", failure.todo)):
                if text:
                    yield from wrapped(f"{label}: {display_text(text)}", width, "    ", Look.MUTED)
        if failed > len(listed):
            yield plain(f"  and {words.number(failed - len(listed))} more", Look.MUTED)
        yield ()


def _keys(job: JobView) -> str:
    keys = " · ".join(f"{BY_ID[name].key} {BY_ID[name].word(ScreenState(job=job))}" for name in _COMMANDS)
    return f"{keys} · ↑↓ move · esc closes"


def _fact(label: str, text: str, width: int) -> Iterator[Line]:
    first, *rest = wrapped(text, width - _LABEL - 2)
    yield Piece(f"  {left(label, _LABEL)}", Look.MUTED), *first
    for line in rest:
        yield Piece(" " * (_LABEL + 2)), *line
