"""What each command does: a method a command, named as its id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tobs_tui.display import display_text
from tobs_tui.engine.commands import (
    Cancel,
    ClearEnded,
    Command,
    Estimate,
    Export,
    LogOut,
    Move,
    Pause,
    Refresh,
    Resume,
    Retry,
    Unfold,
    UseTakeout,
)
from tobs_tui.engine.snapshot import JobState, JobView
from tobs_tui.model import ExportOptions
from tobs_tui.options import export_options
from tobs_tui.ui import takeout, words
from tobs_tui.ui.commands import PACES, Pane
from tobs_tui.ui.line_list import LineList
from tobs_tui.ui.screens.choice import Choice, ChoiceScreen
from tobs_tui.ui.screens.estimate import EstimateScreen
from tobs_tui.ui.screens.export_options import ExportOptionsScreen
from tobs_tui.ui.screens.help import HelpScreen
from tobs_tui.ui.screens.job import JobScreen
from tobs_tui.ui.screens.log import LogScreen
from tobs_tui.ui.screens.palette import PaletteScreen

if TYPE_CHECKING:
    from tobs_tui.ui.app import TobsApp


class Actions:
    """The commands of one app. Whether a command may be done is asked before, in `TobsApp.action_do`."""

    def __init__(self, app: TobsApp) -> None:
        self._app = app
        self._main = app.main
        self._ticket = 0

    def find(self, name: str) -> Callable[[], None]:
        """What a command does. Raises AttributeError for one that nothing does."""
        method: Callable[[], None] = getattr(self, name)
        return method

    def _submit(self, command: Command) -> None:
        self._app.submit(command)

    def _job(self) -> JobView | None:
        return self._main.job

    # Chats

    def select(self) -> None:
        self._main.chats.toggle()

    def select_up(self) -> None:
        self._main.chats.extend(-1)

    def select_down(self) -> None:
        self._main.chats.extend(1)

    def range(self) -> None:
        self._main.chats.toggle_range()

    def select_all(self) -> None:
        self._main.chats.select_all()

    def invert(self) -> None:
        self._main.chats.invert()

    def clear(self) -> None:
        self._main.chats.clear()

    def next_folder(self) -> None:
        self._main.chats.next_tab(1)

    def previous_folder(self) -> None:
        self._main.chats.next_tab(-1)

    def leave(self) -> None:
        if self._main.chats.range_start is not None:
            self._main.chats.leave_range()
        else:
            self._main.filter.value = ""

    def export(self) -> None:
        options = export_options(self._app.settings)
        exports = self._exports(options)
        amount = sum(len(export.chats) for export in exports)

        def queue(chosen: ExportOptions | None) -> None:
            if chosen is not None:
                for export in exports:
                    self._submit(replace(export, options=replace(chosen, topics=export.options.topics)))
                self._main.chats.clear()
                self._app.say(f"Queued: {words.count(amount, 'chat')}")

        self._app.open(ExportOptionsScreen(amount, options), queue)

    def _exports(self, options: ExportOptions) -> tuple[Export, ...]:
        """The chats that are chosen as a whole, and forums with topics that are chosen alone."""
        chats = self._main.chats.chosen()
        whole = [Export(chats, options)] if chats else []
        return (*whole, *(Export((forum,), replace(options, topics=ids)) for forum, ids in self._main.chats.chosen_topics().items()))

    def estimate(self) -> None:
        """Enter leads from the estimate to the options of the export; leaving it ends the asking."""
        exports = self._exports(export_options(self._app.settings))
        self._ticket += 1

        def leave(go_on: bool | None) -> None:
            self._submit(Estimate(()))
            if go_on:
                self.export()

        self._submit(Estimate(exports, self._ticket))
        self._app.open(EstimateScreen(sum(len(export.chats) for export in exports), self._ticket), leave)

    def unfold(self) -> None:
        row = self._main.chats.row
        if row is not None and self._main.chats.unfold():
            self._submit(Unfold(row.chat.id))

    def fold(self) -> None:
        self._main.chats.fold()

    def filter(self) -> None:
        self._main.open_filter()

    def refresh(self) -> None:
        self._submit(Refresh())
        self._app.say("Reading the chat list again")

    def takeout(self) -> None:
        """Asks what a takeout's state leaves to decide."""
        now = self._app.takeout

        def decide(answer: str | None) -> None:
            if answer in ("ask", "finish"):
                self._submit(UseTakeout(answer == "ask"))

        self._app.open(ChoiceScreen("Takeout", takeout.question(now, self._app.now), takeout.choices(now)), decide)

    # Queue

    def details(self) -> None:
        if job := self._job():
            self._app.open(JobScreen(job, self._app.now))

    def pause(self) -> None:
        if job := self._job():
            self._submit(Resume(job.id) if job.state is JobState.PAUSED else Pause(job.id))

    def pause_all(self) -> None:
        self._submit(Pause(0))

    def resume_all(self) -> None:
        self._submit(Resume(0))

    def cancel(self) -> None:
        job = self._job()
        if job is None:
            return

        def answered(answer: str | None) -> None:
            if answer == "cancel":
                self._submit(Cancel(job.id))

        choices = (Choice("x", "cancel", "Cancel this export"), Choice("k", "keep", "Keep it"))
        self._app.open(ChoiceScreen("Cancel this export?", f"{display_text(job.title)}: {_kept_words(job)}", choices), answered)

    def retry(self) -> None:
        if job := self._job():
            self._submit(Retry(job.id))

    def clear_ended(self) -> None:
        self._submit(ClearEnded())

    def job_up(self) -> None:
        if job := self._job():
            self._submit(Move(job.id, -1))

    def job_down(self) -> None:
        if job := self._job():
            self._submit(Move(job.id, 1))

    def copy(self) -> None:
        if job := self._job():
            self._app.copy_to_clipboard(job.folder)
            self._app.say(job.folder, title="Path of the notes, copied")

    # Metrics

    def faster(self) -> None:
        self._set_pace(-1)

    def slower(self) -> None:
        self._set_pace(1)

    def _set_pace(self, step: int) -> None:
        place = max(0, min(len(PACES) - 1, PACES.index(self._main.pace) + step))
        self._main.pace = PACES[place]
        self._app.set_pace(PACES[place])
        self._main.show_titles()

    def freeze(self) -> None:
        self._main.frozen = not self._main.frozen
        self._main.show_titles()

    def whole(self) -> None:
        self._main.set_whole(not self._main.metrics.whole)
        self._main.go_to(Pane.METRICS if self._main.metrics.whole else Pane.CHATS)

    # Everywhere

    def next_pane(self) -> None:
        self._main.next_pane(1)

    def previous_pane(self) -> None:
        self._main.next_pane(-1)

    def chats(self) -> None:
        self._go_to(Pane.CHATS)

    def queue(self) -> None:
        self._go_to(Pane.QUEUE)

    def metrics(self) -> None:
        self._go_to(Pane.METRICS)

    def _go_to(self, pane: Pane) -> None:
        self._main.set_whole(False)
        self._main.go_to(pane)

    def log(self) -> None:
        self._app.open(LogScreen(self._app.troubles))

    def help(self) -> None:
        self._app.open(HelpScreen())

    def palette(self) -> None:
        def chosen(name: str | None) -> None:
            if name is not None:
                self._app.action_do(name)

        self._app.open(PaletteScreen(self._main.state), chosen)

    def log_out(self) -> None:
        def answered(answer: str | None) -> None:
            if answer == "log_out":
                self._submit(LogOut())

        choices = (Choice("l", "log_out", "Log out and quit"), Choice("s", "stay", "Stay logged in"))
        text = "The session ends at Telegram and is forgotten here. Running jobs stop at their next checkpoint. The notes stay."
        self._app.open(ChoiceScreen("Log out?", text, choices), answered)

    def quit(self) -> None:
        self._app.ask_to_quit()

    # Moving

    def _list(self) -> LineList | None:
        focused = self._app.screen.focused
        return focused if isinstance(focused, LineList) else None

    def up(self) -> None:
        if found := self._list():
            found.move_by(-1)

    def down(self) -> None:
        if found := self._list():
            found.move_by(1)

    def page_up(self) -> None:
        if found := self._list():
            found.move_by_pages(-1)

    def page_down(self) -> None:
        if found := self._list():
            found.move_by_pages(1)

    def first(self) -> None:
        if found := self._list():
            found.move_to_end(last=False)

    def last(self) -> None:
        if found := self._list():
            found.move_to_end(last=True)


def _kept_words(job: JobView) -> str:
    """What a job that is cancelled leaves."""
    if not job.messages:
        return "it has written no messages yet. A retry begins it."
    is_there, stays = ("message is", "It stays") if job.messages == 1 else ("messages are", "They stay")
    return f"{words.number(job.messages)} {is_there} written. {stays}, and a retry goes on from there."
