"""The app: it starts the engine after the first paint, hears it, and does what the user asks for."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from rich.segment import Segments
from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.theme import Theme
from textual.timer import Timer
from textual.widgets import Input

from tobs_tui.display import display_text
from tobs_tui.engine.commands import Answer, Command, Pause, Resume, Stop
from tobs_tui.engine.events import Event, JobEnded, LoggedIn, LoginNeeded, Stopped, TopicsListed, Trouble
from tobs_tui.engine.face import EngineFace
from tobs_tui.engine.snapshot import JobState, Phase, Question, Snapshot
from tobs_tui.errors import ExitCode
from tobs_tui.model import Takeout
from tobs_tui.paths import Paths
from tobs_tui.settings import Settings
from tobs_tui.ui import terminal
from tobs_tui.ui.actions import Actions
from tobs_tui.ui.bridge import Bridge, Heard, SnapshotTaken
from tobs_tui.ui.commands import BY_ID
from tobs_tui.ui.ending import Ending
from tobs_tui.ui.screens.choice import Choice, ChoiceScreen, QuitScreen
from tobs_tui.ui.screens.login import LoginScreen
from tobs_tui.ui.screens.main import MainScreen
from tobs_tui.ui.screens.popup import Popup, Result
from tobs_tui.ui.screens.setup import SaveSetup, SetupScreen

PULL_SECONDS = 1.0
STOP_SECONDS = 30.0
KEPT_TROUBLES = 500
SETTLING_SECONDS = 0.05
_log = logging.getLogger(__name__)

# Colours that terminals of 256 colours have exactly: over SSH there are often no more.
_THEME = Theme(
    name="tobs",
    primary="#5fafff",
    secondary="#5f87af",
    accent="#5fafff",
    warning="#ffaf5f",
    error="#ff8787",
    success="#87af87",
    foreground="#d0d0d0",
    background="#121212",
    surface="#121212",
    panel="#1c1c1c",
    variables={"muted": "#8a8a8a", "row": "#303030", "row-focus": "#005f87", "trouble": "#ff8787"},
)

MakeEngine = Callable[[Settings], EngineFace]


def stylesheet() -> Path:
    """tobs.tcss: in the package of a wheel; beside it in an sdist, an editable install and a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "tobs.tcss"
    return inside if inside.exists() else package.parent / "tobs.tcss"


class TobsApp(App[None]):
    """The screen of one engine. `make_engine` is called once the settings are complete."""

    CSS_PATH = stylesheet()
    TITLE = "tobs-tui"
    ENABLE_COMMAND_PALETTE = False
    NOTIFICATION_TIMEOUT = 6
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(BY_ID["quit"].all_keys), "do('quit')", show=False, priority=True),
        Binding("ctrl+c", "do('quit')", show=False, system=True),
    ]

    def __init__(self, settings: Settings, make_engine: MakeEngine, save_setup: SaveSetup) -> None:
        few = terminal.few_colours(os.environ)
        super().__init__(ansi_color=True if few else None)
        self.animation_level = "none"
        self.register_theme(_THEME)
        self.theme = "ansi-dark" if few else "tobs"
        self.settings = settings
        self.troubles: deque[Trouble] = deque(maxlen=KEPT_TROUBLES)
        self.farewell = ""
        self.main = MainScreen(settings.vault.path)
        self._actions = Actions(self)
        self._make_engine = make_engine
        self._save_setup = save_setup
        self._bridge: Bridge | None = None
        self._snapshot = Snapshot()
        self._timer: Timer | None = None
        self._ending = Ending(self._told_to_end, self._await_checkpoint)
        self._stopping = self._begun = False
        self._looked_for_kept = False
        self._said = ("", "", -math.inf)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "ansi_default", "row": "ansi_default", "row-focus": "ansi_default", "trouble": "ansi_red"}

    def get_default_screen(self) -> MainScreen:
        return self.main

    # Beginning

    def on_mount(self) -> None:
        if not self.is_headless:
            self._ending.watch()
        self.delay_update(SETTLING_SECONDS)
        self.main.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """After the first paint: ask for what is missing, then start the engine."""
        self._begun = True
        telegram = self.settings.telegram
        if telegram.api_id and telegram.api_hash:
            self._start(self.settings)
        else:
            self.open(SetupScreen(self.settings, self._save_setup), self._start)

    def _start(self, settings: Settings | None) -> None:
        if settings is None:
            return
        self.settings = settings
        self.main.vault = settings.vault.path
        self._bridge = Bridge(self._make_engine(settings), self)
        self._bridge.start()
        self.set_pace(PULL_SECONDS)
        self._bridge.pull()

    def set_pace(self, seconds: float) -> None:
        """Look at the engine every so many seconds."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_interval(seconds, self._tick)

    def _tick(self) -> None:
        if not self.is_headless and not terminal.still_there():
            self._ending.begin(signal.SIGHUP)
        elif self._bridge is not None:
            self._bridge.pull()

    # The engine

    @property
    def now(self) -> float:
        """The time of the last snapshot, Unix seconds."""
        return self._snapshot.at

    @property
    def takeout(self) -> Takeout:
        """Where the takeout stands."""
        return self._snapshot.takeout

    def submit(self, command: Command) -> None:
        """Hand a command to the engine, if it runs."""
        if self._bridge is not None:
            self._bridge.submit(command)

    @on(SnapshotTaken)
    def _snapshot_taken(self, message: SnapshotTaken) -> None:
        self._snapshot = message.snapshot
        self._show()
        if not self._looked_for_kept and self._snapshot.phase is Phase.READY:
            self._looked_for_kept = True
            self._ask_of_kept()

    def _show(self) -> None:
        """Show the snapshot on the screen in front: what changes behind a box makes Textual repaint everything. That is worth it for
        a new phase: a login must not stand before words of a start."""
        if not self.is_running:
            return  # the app is ending, and its widgets go one after the other
        new_phase = self._snapshot.phase is not self.main.phase
        self.main.keep(self._snapshot)
        if isinstance(self.screen, Popup):
            self.screen.show_snapshot(self._snapshot)
        if new_phase or isinstance(self.screen, MainScreen):
            self.main.show_snapshot(self._snapshot)

    @on(Heard)
    def _heard(self, message: Heard) -> None:
        self._take(message.event)
        if self._bridge is not None and not self._ending.signal:
            self._bridge.pull()

    def _take(self, event: Event) -> None:
        match event:
            case LoginNeeded(question=question):
                self._ask(question)
            case LoggedIn():
                self._close_login()
            case Trouble():
                self._show_trouble(event)
            case TopicsListed(chat=chat, why=why) if why:
                self.main.chats.without_topics(chat)
                self.say(f"The topics couldn't be read: {display_text(why)}")
            case JobEnded():
                self._show_end(event)
            case Stopped():
                self._stopped(event)

    def _ask_of_kept(self) -> None:
        """An earlier run left jobs, and the settings say to ask."""
        held = [job.id for job in self._snapshot.jobs if job.held]
        if not held:
            return

        def decided(answer: str | None) -> None:
            for job in held:
                self.submit(Resume(job) if answer == "continue" else Pause(job))

        later = "Later: they are paused, p on a job resumes it"
        choices = (Choice("c", "continue", "Continue where they stand"), Choice("l", "later", later))
        self.open(ChoiceScreen("Continue?", f"Exports of an earlier run that aren't finished: {len(held):,}.", choices), decided)

    def _show_trouble(self, trouble: Trouble) -> None:
        repeated = bool(self.troubles) and self.troubles[-1].what == trouble.what and trouble.at - self.troubles[-1].at < 60
        self.troubles.append(trouble)
        if not repeated:
            text = ". ".join(part for part in (trouble.why, trouble.todo) if part)
            self.say(text or "ctrl+l: the log", title=trouble.what, trouble=True)

    def _show_end(self, event: JobEnded) -> None:
        report = event.report
        if report.state in (JobState.INCOMPLETE, JobState.FAILED):
            why, todo = report.reason or "something is missing", "Enter on its row in the queue tells more, r tries again"
            trouble = Trouble(self.now, f"{report.chat}: {report.state.value}", why, todo)
            self.troubles.append(trouble)
            self.say(f"{why}. {todo}", title=trouble.what, trouble=True)

    def _stopped(self, event: Stopped) -> None:
        if event.trouble is not None:
            parts = (event.trouble.what, event.trouble.why, event.trouble.todo)
            self.farewell = display_text(". ".join(part for part in parts if part))
        self._leave(event.exit_code)

    def open(self, box: Popup[Result], callback: Callable[[Result | None], None] | None = None) -> None:
        """Open a box. A new screen paints itself several times while it takes its shape: only the last one is shown."""
        self.delay_update(SETTLING_SECONDS)
        self.push_screen(box, callback)

    # The login

    def _login(self) -> LoginScreen | None:
        return next((screen for screen in self.screen_stack if isinstance(screen, LoginScreen)), None)

    def _ask(self, question: Question) -> None:
        if (screen := self._login()) is not None:
            screen.ask(question)
        else:
            self.open(LoginScreen(question))

    def _close_login(self) -> None:
        if (screen := self._login()) is not None:
            screen.end(None)

    @on(LoginScreen.Answered)
    def _answered(self, message: LoginScreen.Answered) -> None:
        self.submit(Answer(message.text))

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's signature
        """While a field has the focus, keys that type a character type it."""
        return action != "do_typed" or not isinstance(self.focused, Input)

    def action_do(self, name: str) -> None:
        """Do a command, or say why it can't be done now. Keys that come before the first paint wait for it."""
        if not self._begun:
            self.main.call_after_refresh(self.action_do, name)
            return
        why = BY_ID[name].why_not(self.main.state)
        if why:
            self.say(why)
        else:
            self._actions.find(name)()

    def action_do_typed(self, name: str) -> None:
        """Do a command by a key that types a character in a field."""
        self.action_do(name)

    def say(self, text: str, *, title: str = "", trouble: bool = False) -> None:
        """Show a toast, unless it stands there already. What is in it is data: it is cleaned, and never read as markup."""
        last, self._said = self._said, (title, text, time.monotonic())
        if last[:2] == (title, text) and self._said[2] - last[2] < self.NOTIFICATION_TIMEOUT:
            self._said = last
            return
        self.notify(display_text(text), title=display_text(title), severity="error" if trouble else "information", markup=False)

    # The end

    def ask_to_quit(self) -> None:
        """Quit; with jobs running or queued, ask how."""
        if self._bridge is None or self._snapshot.phase is Phase.STOPPED:
            self._leave(ExitCode.OK)
        elif self._stopping:
            self.say("Stopping at the next checkpoint: what was written is being made safe")
        elif any(job.state.active or job.state is JobState.QUEUED for job in self._snapshot.jobs):
            self._ask_how()
        else:
            self._stop()

    def _ask_how(self) -> None:
        if isinstance(self.screen, QuitScreen):
            return
        unfinished = sum(not job.state.ended for job in self._snapshot.jobs)
        choices = (
            Choice("f", "finish", "Finish: quit when the queue is empty"),
            Choice("s", "stop", "Stop safely now; the queue goes on at the next start"),
            Choice("t", "stay", "Stay until then" if self.main.leaving else "Stay"),
        )
        text = f"Exports that aren't finished: {unfinished}."
        self.open(QuitScreen("Quit?", text, choices), self._quit_chosen)

    def _quit_chosen(self, answer: str | None) -> None:
        if answer == "stop":
            self._stop()
        elif answer == "finish":
            self.main.leaving = "finishing the queue, then quitting"
            self.main.show_titles()
            self.submit(Stop(finish=True))

    def _stop(self) -> None:
        """Stop at the next checkpoint; `Stopped` ends the app."""
        self._stopping = True
        self.main.leaving = "stopping at the next checkpoint…"
        self.main.show_titles()
        self.submit(Stop())
        self.set_timer(STOP_SECONDS, self._give_up_waiting)

    def _told_to_end(self) -> None:
        """A signal never asks. It may come at any point of the main thread, so the rest is left to the loop."""
        self.submit(Stop())
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._fall_silent)

    def _fall_silent(self) -> None:
        """Draw nothing any more: the terminal may be gone."""
        _log.info("told to end by signal %d", self._ending.signal)
        self.batch_update().__enter__()
        if self._timer is not None:
            self._timer.stop()
        if self._bridge is None:
            self._leave(ExitCode.OK)

    def _await_checkpoint(self) -> None:
        if self._bridge is not None:
            self._bridge.engine.join(STOP_SECONDS)

    def _give_up_waiting(self) -> None:
        self.farewell = "The engine didn't stop in time; the next start takes up at the last checkpoint"
        self._leave(ExitCode.INCOMPLETE)

    def _leave(self, code: int) -> None:
        self.exit(return_code=ExitCode.SIGNAL + self._ending.signal if self._ending.signal else code)

    def finish(self) -> None:
        """After the app has ended, however it did: let the engine come to its checkpoint."""
        self._ending.done()
        self.submit(Stop())
        self._await_checkpoint()

    def _fatal_error(self) -> None:
        """Textual's own shows local variables, and with them secrets."""
        from rich.traceback import Traceback  # 35 ms that a first paint can do without

        _log.critical("the screen crashed", exc_info=True)
        traceback = Traceback(show_locals=False, width=100, max_frames=20)
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()


def run_app(settings: Settings, paths: Paths, engine: EngineFace) -> int:
    """Run the screen on this terminal; returns the command's exit code.

    `engine` is that of `settings`. Where these lack the application's id, the screen asks for it, and an engine is made anew.
    """
    if why := terminal.unfit(os.environ, terminal.has_terminal()):
        sys.stderr.write(f"{why}\n")
        return ExitCode.USAGE

    def make_engine(complete: Settings) -> EngineFace:
        if complete is settings:
            return engine
        from tobs_tui.engine.engine import Engine

        return Engine(complete, paths)

    def save(vault: str, api_id: int, api_hash: str) -> Settings:
        from tobs_tui.logs import hide
        from tobs_tui.setup import save_setup

        hide(api_hash)
        return save_setup(paths.config_file, vault, api_id, api_hash)

    app = TobsApp(settings, make_engine, save)
    try:
        app.run()
    finally:
        app.finish()
    if app.farewell:
        with contextlib.suppress(OSError):  # the terminal may be gone
            sys.stderr.write(f"tobs-tui: {app.farewell}\n")
    return app.return_code or ExitCode.OK
