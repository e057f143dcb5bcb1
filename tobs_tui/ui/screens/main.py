"""The main screen: chats, queue and metrics, side by side on wide terminals, as tabs on small ones."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from tobs_tui.engine.snapshot import JobView, Phase, Snapshot
from tobs_tui.ui.commands import PACES, PANES, Pane, ScreenState, bindings_of
from tobs_tui.ui.lines import Lines
from tobs_tui.ui.widgets import titles
from tobs_tui.ui.widgets.chat_list import ChatListView, header_line
from tobs_tui.ui.widgets.filter_input import FilterInput
from tobs_tui.ui.widgets.job_list import JobListView
from tobs_tui.ui.widgets.metrics import MetricsView

_KNOWN = (Phase.READY, Phase.STOPPING, Phase.STOPPED)
"""Phases in which the account's queue has been read."""
TABBED_WIDTH, TABBED_HEIGHT = 100, 32


class ChatsTitle(Lines):
    """Says when its width changes, which decides how many folders fit."""

    class Resized(Message):
        """The width may be another."""

    def on_resize(self) -> None:
        self.post_message(self.Resized())


class MainScreen(Screen[None]):
    """Shows snapshots; everything that the user does is the app's to do."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (TABBED_WIDTH, "-wide")]  # noqa: RUF012 - Textual declares it without ClassVar
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TABBED_HEIGHT, "-tall")]  # noqa: RUF012 - the same
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Pane.ANY)]
    AUTO_FOCUS = "#chat-list"

    def __init__(self, vault: str) -> None:
        super().__init__(id="main", classes="-on-chats")
        self.vault = vault
        self.pane = Pane.CHATS
        self.pace = PACES[0]
        self.frozen = False
        self.leaving = ""
        self._snapshot = Snapshot()

    def compose(self) -> ComposeResult:
        yield Lines(id="headline")
        yield Lines(id="tabs")
        with Vertical(id="chats", classes="pane"):
            with Horizontal(id="chats-top"):
                yield ChatsTitle(id="chats-title")
                yield FilterInput()
            yield Lines(id="chats-header")
            yield ChatListView(id="chat-list")
        with Vertical(id="queue", classes="pane"):
            yield Lines(id="queue-title")
            yield JobListView(id="job-list")
        with Vertical(id="metrics", classes="pane"):
            yield Lines(id="metrics-title")
            yield MetricsView(id="metrics-view")
        yield Lines(id="key-bar")

    # The parts

    @property
    def chats(self) -> ChatListView:
        return self.query_one("#chat-list", ChatListView)

    @property
    def jobs(self) -> JobListView:
        return self.query_one("#job-list", JobListView)

    @property
    def metrics(self) -> MetricsView:
        return self.query_one("#metrics-view", MetricsView)

    @property
    def filter(self) -> FilterInput:
        return self.query_one(FilterInput)

    @property
    def tabbed(self) -> bool:
        """Whether one pane is shown at a time."""
        return self.size.width < TABBED_WIDTH or self.size.height < TABBED_HEIGHT

    @property
    def job(self) -> JobView | None:
        """The job under the queue's cursor, as it is now."""
        under = self.jobs.job
        return next((job for job in self._snapshot.jobs if under and job.id == under.id), under)

    @property
    def state(self) -> ScreenState:
        """What commands need to know."""
        chats = self.chats
        return ScreenState(
            pane=self.pane,
            phase=self._snapshot.phase,
            listed=self._snapshot.chats.complete,
            all_chats=chats.total,
            shown=len(chats.rows),
            selected=len(chats.selected),
            filtered=bool(chats.filter_text),
            forum=chats.on_forum,
            unfolded=chats.in_unfolded,
            topics=chats.row is not None and bool(chats.row.topics),
            ranging=chats.range_start is not None,
            job=self.job,
            states=frozenset(job.state for job in self._snapshot.jobs),
            place=self.jobs.cursor,
            jobs=len(self._snapshot.jobs),
            pace=self.pace,
        )

    # Snapshots

    @property
    def phase(self) -> Phase:
        """Where the engine is in its life, as last heard."""
        return self._snapshot.phase

    def keep(self, snapshot: Snapshot) -> None:
        """Know a snapshot without showing it."""
        self._snapshot = snapshot

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot: each part repaints what changed in it."""
        self.keep(snapshot)
        with self.app.batch_update():
            self.chats.show_chats(snapshot.chats, snapshot.phase, snapshot.online, snapshot.at)
            self.jobs.show_jobs(snapshot.jobs, snapshot.at, known=snapshot.phase in _KNOWN, follow=self.pane is not Pane.QUEUE)
            if not self.frozen:
                self.metrics.show_snapshot(snapshot)
            self.show_titles()

    def on_screen_resume(self) -> None:
        """Show what came while a box was in front."""
        self.show_snapshot(self._snapshot)

    def show_titles(self) -> None:
        """Draw the lines that head the panes, and the key bar."""
        width = self.size.width
        self._lines("headline").show(titles.headline(self._snapshot, self.vault, self.leaving, width))
        self._lines("tabs").show(titles.tabs(self.pane, self.chats, self.jobs.jobs, self.metrics.now_text, width))
        room = self._lines("chats-title").size.width
        self._lines("chats-title").show(titles.chats_title(self.chats, self.pane is Pane.CHATS, self.tabbed, room))
        self._lines("chats-header").show(header_line(self.chats.row_width))
        self._lines("queue-title").show(titles.queue_title(self.jobs, self.pane is Pane.QUEUE))
        self._lines("metrics-title").show(titles.metrics_title(self.pane is Pane.METRICS, self.pace, self.frozen))
        typing = self.filter.has_focus
        self._lines("key-bar").show(titles.filter_bar_line(width) if typing else titles.key_bar_line(self.pane, self.state, width))

    def _lines(self, name: str) -> Lines:
        return self.query_one(f"#{name}", Lines)

    @on(ChatsTitle.Resized)
    @on(ChatListView.Changed)
    @on(JobListView.Changed)
    @on(JobListView.Moved)
    def _titles_changed(self) -> None:
        self.show_titles()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_titles)

    # Panes

    def on_descendant_focus(self) -> None:
        self._enter(self._focused_pane())

    def _focused_pane(self) -> Pane:
        ids = {node.id for node in self.focused.ancestors} if self.focused else set()
        return next((pane for pane in PANES if pane.name.lower() in ids), self.pane)

    def _enter(self, pane: Pane) -> None:
        if pane is not self.pane:
            self.remove_class(*(f"-on-{each.name.lower()}" for each in PANES))
            self.add_class(f"-on-{pane.name.lower()}")
            self.pane = pane
        self.show_titles()

    def go_to(self, pane: Pane) -> None:
        """Put the focus on a pane, and show it."""
        self._enter(pane)
        widget: Widget = {Pane.CHATS: self.chats, Pane.QUEUE: self.jobs, Pane.METRICS: self.metrics}[pane]
        self.set_focus(widget, scroll_visible=False)

    def next_pane(self, step: int) -> None:
        """Go to the next pane, or back."""
        self.set_whole(False)
        self.go_to(PANES[(PANES.index(self.pane) + step) % len(PANES)])

    def set_whole(self, whole: bool) -> None:
        """Give the metrics the whole screen, or take it back."""
        if self.metrics.whole != whole:
            self.metrics.whole = whole
            self.set_class(whole, "-whole")
            self.metrics.draw()

    # The filter

    def open_filter(self) -> None:
        """Let the user type into the filter."""
        self.set_whole(False)
        self._enter(Pane.CHATS)
        self.set_focus(self.filter, scroll_visible=False)

    @on(Input.Changed, "#filter")
    def _filter_typed(self, event: Input.Changed) -> None:
        self.chats.set_filter(event.value)

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.set_focus(self.chats, scroll_visible=False)

    @on(FilterInput.Left)
    def _filter_left(self) -> None:
        self.filter.value = ""
        self.set_focus(self.chats, scroll_visible=False)
