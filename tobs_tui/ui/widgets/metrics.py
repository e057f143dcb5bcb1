"""The metrics pane: one frozen snapshot as labels that stand from the beginning, with zeros."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import ClassVar

from textual.binding import BindingType

from tobs_tui.display import display_text
from tobs_tui.engine.snapshot import FileView, Phase, Snapshot
from tobs_tui.errors import RetryCause
from tobs_tui.metrics import Budget, MetricsSnapshot, RateSnapshot, TimingSnapshot, Wait
from tobs_tui.ui import words
from tobs_tui.ui.commands import Pane, bindings_of
from tobs_tui.ui.line_list import LinePage
from tobs_tui.ui.lines import NOTHING, Line, Look, Piece, left, plain, right, width_of

WIDE = 100
_CAUSES = {
    RetryCause.FLOOD_WAIT: "flood",
    RetryCause.NETWORK: "network",
    RetryCause.TIMEOUT: "timeout",
    RetryCause.SERVER: "server",
    RetryCause.FILE_REFERENCE: "reference",
    RetryCause.FILE_MOVED: "moved",
    RetryCause.BAD_PART: "bad part",
}
_HALF = 54


def busy(snapshot: Snapshot) -> bool:
    """Whether anything goes on that moves the metrics by itself. When nothing does, nothing is written to the screen."""
    if snapshot.phase in (Phase.STARTING, Phase.CONNECTING, Phase.STOPPING) or snapshot.metrics.waits:
        return True
    listing = snapshot.phase is Phase.READY and not snapshot.chats.complete
    return listing or any(job.state.active for job in snapshot.jobs)


def at_rest(metrics: MetricsSnapshot, last: MetricsSnapshot) -> MetricsSnapshot:
    """Metrics while nothing runs: counters as they are; rates at zero, their curves and the memory as they were at the end."""
    return replace(
        metrics,
        messages=replace(metrics.messages, seconds=last.messages.seconds, now=0.0),
        media=replace(metrics.media, seconds=last.media.seconds, now=0.0),
        memory=last.memory or metrics.memory,
    )


class MetricsView(LinePage):
    """The pane's lines. `whole` gives it the whole screen and more lines."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Pane.METRICS)]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.whole = False
        self._snapshot = Snapshot()
        self._last_busy: MetricsSnapshot | None = None
        self._file_rows = 0

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the metrics of a snapshot; when nothing runs they stand still."""
        if busy(snapshot):
            self._last_busy = snapshot.metrics
        else:
            self._last_busy = self._last_busy or snapshot.metrics
            snapshot = replace(snapshot, metrics=at_rest(snapshot.metrics, self._last_busy))
        self._snapshot = snapshot
        self.draw()

    @property
    def now_text(self) -> str:
        """Messages per second, for the tab's headline."""
        return f"{words.number(self._snapshot.metrics.messages.now)}/s"

    def draw(self) -> None:
        """Draw the lines for the present width."""
        metrics, now, width = self._snapshot.metrics, self._snapshot.at, self.row_width
        lines = metrics_lines(metrics, now, width)
        self.show(*lines, *(_more_lines(metrics, now, width, self._file_lines(width)) if self.whole else ()))

    def _file_lines(self, width: int) -> list[Line]:
        """A line for each file in flight, large ones first: they stay. While anything runs their room doesn't shrink: a list that
        changes its length is painted as a whole."""
        files = [file for job in self._snapshot.jobs for file in job.under_way if file.parts or file.waiting]
        lines = [_file_line(file, width) for file in sorted(files, key=lambda file: -file.size)] or [plain("   none", Look.MUTED)]
        self._file_rows = max(self._file_rows, len(lines)) if busy(self._snapshot) else len(lines)
        return lines + [NOTHING] * (self._file_rows - len(lines))

    def on_resize(self) -> None:
        self.draw()


def metrics_lines(metrics: MetricsSnapshot, now: float, width: int) -> list[Line]:
    """All of the metrics: two columns on wide screens, one below the other on narrow ones."""
    rates, counts = _rates(metrics), _counts(metrics, now)
    if width < WIDE:
        return [*rates, *counts]
    return _beside(rates, counts)


def job_lines(metrics: MetricsSnapshot, now: float) -> list[Line]:
    """The metrics of one job, one below the other. Memory is the whole program's."""
    return [line for line in (*_rates(metrics), *_counts(metrics, now)) if line[0].text.strip() != "memory"]


def _rates(metrics: MetricsSnapshot) -> list[Line]:
    pages, parts, files = (metrics.gauge(name) for name in ("pages", "parts", "files"))
    flying = f"{words.count(pages, 'page')} · {words.count(parts, 'part')} · {words.count(files, 'file')}"
    waiting = f"notes {words.number(metrics.gauge('note_queue'))} · files {words.number(metrics.gauge('file_queue'))}"
    return [
        _rate("messages", metrics.messages, f"{words.number(metrics.messages.now)}/s", f"{words.number(metrics.messages.peak)}/s"),
        _rate("media", metrics.media, words.megabytes(metrics.media.now), words.megabytes(metrics.media.peak)),
        _labelled("in flight", flying),
        _labelled("queues", waiting),
        _labelled("memory", words.size(metrics.memory)),
        _labelled("totals", f"{words.number(metrics.messages.total)} messages · {words.size(metrics.media.total)} of media"),
    ]


def _rate(label: str, rate: RateSnapshot, now: str, peak: str) -> Line:
    spark = Piece(words.sparkline(rate.seconds, 12), Look.ACCENT)
    return (*_labelled(label, ""), spark, Piece(right(now, 10), Look.STRONG), Piece(f"  peak {left(peak, 10)}", Look.MUTED))


def _counts(metrics: MetricsSnapshot, now: float) -> list[Line]:
    flushes = metrics.flushes.count or 1
    each = f"{metrics.flush_messages / flushes:,.0f} msgs · {words.size(metrics.flush_bytes / flushes)}"
    retries = sum(amount for _, amount in metrics.retries)
    name, attempts = metrics.worst_file
    worst = f"{display_text(name)}" if attempts else "none failed"
    return [
        _count("flushes", metrics.flushes.count, f"{left(each, 19)}{_times(metrics.flushes, median=False)}"),
        _count("cache saves", metrics.cache_saves.count, _times(metrics.cache_saves, median=True)),
        _count("retries", retries, retries_text(metrics) or "none"),
        _count("worst file", attempts, f"{'attempt' if attempts == 1 else 'attempts'} · {worst}" if attempts else worst),
        _count("waits", len(metrics.waits), " · ".join(wait_text(wait, now) for wait in metrics.waits[:2]) or "none"),
        _count("requests", sum(amount for _, amount in metrics.requests), "sent"),
    ]


def _times(timing: TimingSnapshot, median: bool) -> str:
    middle = f"p50 {words.milliseconds(timing.p50)}  " if median else ""
    return f"last {words.milliseconds(timing.last)}  {middle}p95 {words.milliseconds(timing.p95)}"


def retries_text(metrics: MetricsSnapshot) -> str:
    """Retries by cause, those that happened."""
    return " · ".join(f"{name} {words.number(amount)}" for cause, name in _CAUSES.items() if (amount := metrics.retried(cause)))


def wait_text(wait: Wait, now: float) -> str:
    """A wait with its countdown."""
    what = wait.method.rpartition(".")[2]
    return f"{display_text(what)} dc{wait.dc}: {words.duration(wait.until - now)} left"


def _labelled(label: str, text: str) -> Line:
    return Piece(f"   {left(label, 11)}", Look.MUTED), Piece(text)


def _count(label: str, amount: int, text: str) -> Line:
    return Piece(f"   {left(label, 11)}", Look.MUTED), Piece(right(words.number(amount), 7)), Piece(f"  {text}")


def _more_lines(metrics: MetricsSnapshot, now: float, width: int, files: list[Line]) -> list[Line]:
    """What there is room for on a whole screen: every wait, data centre, method, cause and file. Files come last, there may be many."""
    waits = _part("Waits", [plain(f"   {wait_text(wait, now)}") for wait in metrics.waits], "none")
    centres = _part("Data centres", _centre_lines(metrics), "none asked yet")
    methods = _part("Requests by method", [_count_of(method, amount) for method, amount in metrics.requests], "none sent yet")
    retries = _part("Retries by cause", [_count_of(name, metrics.retried(cause)) for cause, name in _CAUSES.items()])
    files = _part("Files in flight", files)
    if width < WIDE:
        return [*waits, *centres, *methods, *retries, *files]
    return [*_beside(waits, centres), *_beside(methods, retries), *files]


def _part(title: str, lines: list[Line], none: str = "") -> list[Line]:
    return [NOTHING, plain(f"   {title}", Look.STRONG), *(lines or [plain(f"   {none}", Look.MUTED)])]


def _beside(starts: list[Line], ends: list[Line]) -> list[Line]:
    """Two columns, as long as the longer one."""
    pairs = zip_longest(starts, ends, fillvalue=NOTHING)
    return [(*start, Piece(" " * (_HALF - width_of(start))), *end) for start, end in pairs]


def _centre_lines(metrics: MetricsSnapshot) -> list[Line]:
    """For each data centre the requests sent there, and the pace that floods taught."""
    sent = dict(metrics.centres)
    paces = {dc: " · ".join(_pace_words(budget) for budget in metrics.budgets if budget.dc == dc) for dc in _centres(metrics)}
    return [(*_count(f"dc{dc}", sent.get(dc, 0), "requests"), Piece(f"   {pace}" if pace else "")) for dc, pace in paces.items()]


def _centres(metrics: MetricsSnapshot) -> list[int]:
    return sorted({*dict(metrics.centres), *(wait.dc for wait in metrics.waits), *(budget.dc for budget in metrics.budgets)})


def _pace_words(budget: Budget) -> str:
    where = " in the takeout" if budget.takeout else ""
    method = display_text(budget.method.rpartition(".")[2])
    return f"{method}{where}: {budget.used} of {budget.limit} in {words.duration(budget.seconds)}"


def _file_line(file: FileView, width: int) -> Line:
    share = f"{words.size(file.received)} of {words.size(file.size)}"
    pace = f"{right(words.megabytes(file.rate), 11)} · {words.count(file.parts, 'part')}"
    failed = f" · {words.count(file.attempts, 'failed request')}" if file.attempts else ""
    return (
        Piece(f"   {left(display_text(file.name), min(40, width - 53))}", Look.MUTED),
        Piece(f"{right(share, 21)}{right(words.percent(file.received, file.size), 7)}"),
        Piece(f"  waiting: {display_text(file.waiting)}" if file.waiting else pace + failed),
    )


def _count_of(name: str, amount: int) -> Line:
    return Piece(f"   {left(display_text(name), 36)}", Look.MUTED), Piece(right(words.number(amount), 10))
