"""The export queue: one row a job."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from tobs_tui.display import display_text
from tobs_tui.engine.snapshot import JobState, JobView
from tobs_tui.ui import words
from tobs_tui.ui.commands import Pane, bindings_of
from tobs_tui.ui.line_list import LineList
from tobs_tui.ui.lines import Line, Look, Piece, left, plain, right

WIDE = 100
GLYPHS = {
    JobState.RUNNING: "▶",
    JobState.WAITING: "◷",
    JobState.QUEUED: "·",
    JobState.PAUSED: "‖",
    JobState.DONE: "✓",
    JobState.INCOMPLETE: "!",
    JobState.FAILED: "✗",
    JobState.CANCELLED: "–",
}
_LOOKS = {
    JobState.RUNNING: Look.STRONG,
    JobState.WAITING: Look.PLAIN,
    JobState.INCOMPLETE: Look.TROUBLE,
    JobState.FAILED: Look.TROUBLE,
}


def job_title(job: JobView) -> str:
    """The chat, and how many of its topics where only some are taken."""
    title = display_text(job.title) or "(no title)"
    return f"{title} · {words.count(len(job.options.topics), 'topic')}" if job.options.topics else title


def reason_text(job: JobView, now: float) -> str:
    """Why a job isn't running, with a countdown where there is one."""
    reason = display_text(job.reason)
    if not job.until or job.state is not JobState.WAITING:
        return reason
    left_over = f"{words.duration(job.until - now)} left"
    return f"{reason}: {left_over}" if reason else left_over


def only_files_missing(job: JobView) -> bool:
    """Whether all messages of a running job are there, and files are still fetched."""
    return job.state is JobState.RUNNING and job.total is not None and job.messages >= job.total and job.files < job.files_total


def pace_text(job: JobView) -> str:
    """How fast a running job is: in messages, or in bytes when only files are missing."""
    return words.megabytes(job.metrics.media.now) if only_files_missing(job) else f"{words.number(job.rate)}/s"


def tally(jobs: tuple[JobView, ...]) -> list[tuple[JobState, int]]:
    """How many jobs are in each state, what moves first; states without a job are left out."""
    return [(state, amount) for state in GLYPHS if (amount := sum(job.state is state for job in jobs))]


class JobListView(LineList):
    """The queue's rows. The cursor stays on its job when jobs move."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Pane.QUEUE)]

    class Changed(Message):
        """The job under the cursor, or its state, changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.jobs: tuple[JobView, ...] = ()
        self.known = False
        self._now = 0.0

    @property
    def job(self) -> JobView | None:
        """The job under the cursor."""
        return self.jobs[self.cursor] if self.cursor < len(self.jobs) else None

    def show_jobs(self, jobs: tuple[JobView, ...], now: float, *, known: bool, follow: bool) -> None:
        """Take up the jobs of a snapshot. `known`: the account's queue has been read. `follow`: go with what runs, so that it isn't
        pushed out of sight by what is done."""
        before = self.job
        self.jobs, self._now, self.known = jobs, now, known
        running = next((index for index, job in enumerate(jobs) if job.state.active), None)
        place = self.cursor
        if follow and running is not None:
            place = running
        elif before is not None:
            place = next((index for index, job in enumerate(jobs) if job.id == before.id), self.cursor)
        self.resize_to(len(jobs), place)
        if (self.job and (self.job.id, self.job.state)) != (before and (before.id, before.state)):
            self.post_message(self.Changed())

    def line(self, index: int, width: int) -> Line:
        job = self.jobs[index]
        look = _LOOKS.get(job.state, Look.MUTED)
        marker = "▸" if index == self.cursor and self.has_focus else " "
        start = (Piece(f" {marker} "), Piece(f"{GLYPHS[job.state]} {left(job.state.value, 11)}", look))
        title = job_title(job)
        if width < WIDE:
            return (*start, Piece(left(title, width - 57) + " "), *_narrow(job, self._now))
        return (*start, Piece(left(title, width - 94) + " "), *_wide(job, self._now))

    def empty_lines(self, width: int) -> tuple[Line, ...]:
        known = "Nothing is queued. Select chats with space, then press enter."
        hint = known if self.known else "What was queued before is shown once the account is known."
        return (plain(left(f"    {hint}", width), Look.MUTED),)


def _wide(job: JobView, now: float) -> Line:
    """77 cells: counts, per cent, then bar, rate, time left and files, or the reason."""
    counts = Piece(right(_counts(job), 19) + right(words.percent(job.messages, job.total) if _shows_percent(job) else "", 7) + "  ")
    if job.state is not JobState.RUNNING and (reason := reason_text(job, now)):
        return counts, Piece(left(reason, 49), Look.TROUBLE if job.state in (JobState.FAILED, JobState.INCOMPLETE) else Look.PLAIN)
    if job.state is JobState.QUEUED:
        return (Piece(" " * 77),)
    if job.state is not JobState.RUNNING:
        return counts, Piece(left(_files(job), 49), Look.MUTED)
    remaining = "" if job.left is None or only_files_missing(job) else f"{words.duration(job.left)} left"
    return (
        counts,
        Piece(words.bar(job.messages, job.total, 8), Look.ACCENT),
        Piece(right(pace_text(job), 10) + "  " + left(remaining, 15) + left(_files(job), 14)),
    )


def _narrow(job: JobView, now: float) -> Line:
    """40 cells: per cent and bar with time left, or the reason."""
    if job.state is not JobState.RUNNING and (reason := reason_text(job, now)):
        return (Piece(left(reason, 40), Look.TROUBLE if job.state in (JobState.FAILED, JobState.INCOMPLETE) else Look.PLAIN),)
    if job.state is JobState.QUEUED:
        return (Piece(" " * 40),)
    if job.state is not JobState.RUNNING:
        return (Piece(left(f"{_counts(job, ' messages')}  {_files(job)}", 40), Look.MUTED),)
    remaining = "" if job.left is None else words.duration(job.left)
    end = f"  {left(_files(job), 14)}" if only_files_missing(job) else right(remaining, 11) + "     "
    return (
        Piece(right(words.percent(job.messages, job.total), 5) + " "),
        Piece(words.bar(job.messages, job.total, 8), Look.ACCENT),
        Piece(right(pace_text(job), 10) + end),
    )


def _shows_percent(job: JobView) -> bool:
    return job.state not in (JobState.QUEUED, JobState.DONE)


def _counts(job: JobView, unit: str = "") -> str:
    if job.state is JobState.DONE or job.total is None:
        return words.count(job.messages, "message") if job.messages or job.state is JobState.DONE else ""
    return f"{words.number(job.messages)} / {words.number(job.total)}{unit}"


def _files(job: JobView) -> str:
    if not job.files_total:
        return ""
    failed = f", {words.number(job.files_failed)} failed" if job.files_failed else ""
    return f"files {words.number(job.files)}/{words.number(job.files_total)}{failed}"
