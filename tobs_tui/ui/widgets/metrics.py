"""The metrics pane: one frozen snapshot as labels that stand from the beginning, with zeros."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from tobs_tui.display import display_text
from tobs_tui.engine.snapshot import Phase, Snapshot
from tobs_tui.errors import RetryCause
from tobs_tui.metrics import MetricsSnapshot, RateSnapshot, TimingSnapshot, Wait
from tobs_tui.ui import words
from tobs_tui.ui.commands import Pane, bindings_of
from tobs_tui.ui.line_list import LinePage
from tobs_tui.ui.lines import Line, Look, Piece, left, plain, right, width_of

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
        self.show(*lines, *(_more_lines(metrics, now) if self.whole else ()))

    def on_resize(self) -> None:
        self.draw()


def metrics_lines(metrics: MetricsSnapshot, now: float, width: int) -> list[Line]:
    """All of the metrics: two columns on wide screens, one below the other on narrow ones."""
    rates, counts = _rates(metrics), _counts(metrics, now)
    if width < WIDE:
        return [*rates, *counts]
    return [(*start, Piece(" " * (_HALF - width_of(start))), *end) for start, end in zip(rates, counts, strict=True)]


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


def _more_lines(metrics: MetricsSnapshot, now: float) -> list[Line]:
    """What there is room for on a whole screen: every wait, every method, every cause."""
    lines: list[Line] = [plain(""), plain("   Waits", Look.STRONG)]
    lines += [plain(f"   {wait_text(wait, now)}") for wait in metrics.waits] or [plain("   none", Look.MUTED)]
    lines += [plain(""), plain("   Requests by method", Look.STRONG)]
    lines += [_count_of(method, amount) for method, amount in metrics.requests] or [plain("   none sent yet", Look.MUTED)]
    lines += [plain(""), plain("   Retries by cause", Look.STRONG)]
    lines += [_count_of(name, metrics.retried(cause)) for cause, name in _CAUSES.items()]
    return lines


def _count_of(name: str, amount: int) -> Line:
    return Piece(f"   {left(display_text(name), 36)}", Look.MUTED), Piece(right(words.number(amount), 10))
