"""Every command of the screen, defined once: bindings, the key bar, the help and the palette all come from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from textual.binding import Binding

from tobs_tui.engine.snapshot import JobState, JobView, Phase

# The letter that the same key gives on a Russian keyboard. A terminal sends it as itself, so it is bound too.
_CYRILLIC = dict(zip("qwertyuiop[]asdfghjklzxcvbnm", "йцукенгшщзхъфывапролдячсмить", strict=True))
_CYRILLIC |= {latin.upper(): letter.upper() for latin, letter in _CYRILLIC.items() if latin.isalpha()}
_SHOWN = {
    "space": "space",
    "slash": "/",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "plus": "+",
    "minus": "-",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "esc",
    "shift+up": "shift+↑",
    "shift+down": "shift+↓",
}
_TYPED = ("space", "slash", "question_mark", "left_square_bracket", "right_square_bracket", "plus", "minus")


class Pane(Enum):
    """Where a command is at home; the value heads its part of the help."""

    CHATS = "Chats"
    QUEUE = "Queue"
    METRICS = "Metrics"
    ANY = "Everywhere"


PANES = (Pane.CHATS, Pane.QUEUE, Pane.METRICS)


@dataclass(frozen=True, slots=True)
class ScreenState:
    """What commands need to know to be enabled or not."""

    pane: Pane = Pane.CHATS
    phase: Phase = Phase.STARTING
    listed: bool = False
    all_chats: int = 0
    shown: int = 0
    selected: int = 0
    filtered: bool = False
    forum: bool = False
    unfolded: bool = False
    job: JobView | None = None
    states: frozenset[JobState] = frozenset()


Why = Callable[[ScreenState], str]


def _always(state: ScreenState) -> str:  # noqa: ARG001 - the signature of Why
    return ""


_NOT_READY = {
    Phase.STARTING: "The chat list isn't here yet: tobs-tui is starting",
    Phase.CONNECTING: "The chat list isn't here yet: Telegram is being reached",
    Phase.LOGIN: "You aren't logged in yet",
}


def _some_chat(state: ScreenState) -> str:
    if state.shown:
        return ""
    if why := _NOT_READY.get(state.phase):
        return why
    if not state.listed:
        return "The chat list is still being fetched"
    if state.filtered:
        return "No chat matches the filter: esc leaves it"
    return "There is no chat here" if state.all_chats else "This account has no chats"


def _can_queue(state: ScreenState) -> str:
    if not state.selected and (why := _some_chat(state)):
        return why
    return "" if state.phase is Phase.READY else "It isn't connected yet: wait for the account's name at the top"


def _can_estimate(state: ScreenState) -> str:
    if not state.shown and not state.selected:
        return "There is no chat to estimate"
    return _can_refresh(state)


def _some_selection(state: ScreenState) -> str:
    return "" if state.selected else "Nothing is selected"


def _can_refresh(state: ScreenState) -> str:
    return "" if state.phase is Phase.READY else "It isn't connected yet"


def _can_unfold(state: ScreenState) -> str:
    return _some_chat(state) or ("" if state.forum else "This is no forum")


def _can_fold(state: ScreenState) -> str:
    return _some_chat(state) or ("" if state.unfolded else "No topics are unfolded here")


def _some_job(state: ScreenState) -> str:
    return "" if state.job else "The queue is empty"


def _can_pause(state: ScreenState) -> str:
    if state.job is None:
        return "The queue is empty"
    return f"This job is {state.job.state.value} already" if state.job.state.ended else ""


def _can_retry(state: ScreenState) -> str:
    if state.job is None:
        return "The queue is empty"
    if state.job.state in (JobState.INCOMPLETE, JobState.FAILED, JobState.CANCELLED):
        return ""
    return f"This job is {state.job.state.value}: only incomplete, failed and cancelled ones are tried again"


def _can_move(state: ScreenState) -> str:
    if state.job is None:
        return "The queue is empty"
    return "" if state.job.state is JobState.QUEUED else f"This job is {state.job.state.value}: only queued ones are moved"


def _some_ended(state: ScreenState) -> str:
    return "" if state.states & {JobState.DONE, JobState.CANCELLED} else "Nothing on the list is done or cancelled"


def _some_unended(state: ScreenState) -> str:
    return "" if state.states & {JobState.RUNNING, JobState.WAITING, JobState.QUEUED} else "No job is running or queued"


def _some_paused(state: ScreenState) -> str:
    return "" if JobState.PAUSED in state.states else "No job is paused"


def _has_notes(state: ScreenState) -> str:
    if state.job is None:
        return "The queue is empty"
    return "" if state.job.folder else "This job has written no notes yet"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that the user can do.

    `keys` are Textual's names, the first is the one shown. `text` says in the help what it does, `short` on the key bar (empty: not
    there). `why_not` gives the reason why it can't be done now, or an empty string. `moves` marks plain cursor keys,
    which no palette needs.
    """

    id: str
    keys: tuple[str, ...]
    text: str
    pane: Pane = Pane.ANY
    short: str = ""
    why_not: Why = _always
    moves: bool = False

    @property
    def key(self) -> str:
        """The first key as people read it; empty where there is none."""
        return shown_key(self.keys[0]) if self.keys else ""

    @property
    def typed(self) -> bool:
        """Whether one of its keys types a character: then it isn't done while a field has the focus."""
        return any(len(key) == 1 or key in _TYPED for key in self.keys)

    @property
    def all_keys(self) -> tuple[str, ...]:
        """The keys and their ЙЦУКЕН aliases."""
        return (*self.keys, *(alias for key in self.keys if (alias := cyrillic(key))))


def cyrillic(key: str) -> str:
    """The name of the same key under a Russian layout, or an empty string."""
    if key == "left_square_bracket":
        return "х"
    if key == "right_square_bracket":
        return "ъ"
    start, _, letter = key.rpartition("+")
    if len(letter) != 1 or letter not in _CYRILLIC:
        return ""
    return f"{start}+{_CYRILLIC[letter]}" if start else _CYRILLIC[letter]


def shown_key(key: str) -> str:
    """A key as people read it."""
    return _SHOWN.get(key, key)


COMMANDS: tuple[Command, ...] = (
    Command("select", ("space",), "Select the chat, or take it out, and go to the next", Pane.CHATS, "select", _some_chat),
    Command("export", ("enter",), "Export the selected chats, or the one under the cursor", Pane.CHATS, "queue", _can_queue),
    Command("estimate", ("e",), "Estimate what their export would bring, before it begins", Pane.CHATS, "estimate", _can_estimate),
    Command("range", ("v",), "Select a range: once at its start, once at its end", Pane.CHATS, "range", _some_chat),
    Command("select_up", ("shift+up",), "Select and go up", Pane.CHATS, why_not=_some_chat, moves=True),
    Command("select_down", ("shift+down",), "Select and go down", Pane.CHATS, why_not=_some_chat, moves=True),
    Command("select_all", ("a",), "Select all chats shown", Pane.CHATS, "all", _some_chat),
    Command("invert", ("i",), "Invert the selection of the chats shown", Pane.CHATS, why_not=_some_chat),
    Command("clear", ("c",), "Clear the selection", Pane.CHATS, "clear", _some_selection),
    Command("next_folder", ("right_square_bracket",), "Next folder", Pane.CHATS, "folder"),
    Command("previous_folder", ("left_square_bracket",), "Previous folder", Pane.CHATS),
    Command("unfold", ("right",), "Unfold a forum into its topics, to choose them one by one", Pane.CHATS, why_not=_can_unfold),
    Command("fold", ("left",), "Fold the topics again", Pane.CHATS, why_not=_can_fold),
    Command("leave", ("escape",), "Leave the filter or the range", Pane.CHATS),
    Command("details", ("enter",), "Details: where the notes are, what failed and why", Pane.QUEUE, "details", _some_job),
    Command("pause", ("p",), "Pause the job, or let it go on", Pane.QUEUE, "pause", _can_pause),
    Command("cancel", ("x",), "Cancel the job; what is written stays", Pane.QUEUE, "cancel", _can_pause),
    Command("retry", ("r",), "Try again what is incomplete, failed or cancelled", Pane.QUEUE, "retry", _can_retry),
    Command("job_up", ("K",), "Move the queued job up", Pane.QUEUE, "move up", _can_move),
    Command("job_down", ("J",), "Move the queued job down", Pane.QUEUE, why_not=_can_move),
    Command("copy", ("y",), "Copy the path of the notes", Pane.QUEUE, "copy path", _has_notes),
    Command("clear_ended", ("c",), "Take what is done or cancelled off the list", Pane.QUEUE, "clear", _some_ended),
    Command("faster", ("plus",), "Look more often", Pane.METRICS, "faster"),
    Command("slower", ("minus",), "Look less often", Pane.METRICS, "slower"),
    Command("freeze", ("P",), "Freeze the metrics, or let them go on", Pane.METRICS, "freeze"),
    Command("filter", ("slash",), "Filter the chats: words, !word, type:channel, unread, exported", Pane.ANY, "filter"),
    Command("whole", ("m",), "Metrics on the whole screen, and back", Pane.ANY, "whole"),
    Command("next_pane", ("tab",), "Next pane", Pane.ANY, "pane"),
    Command("previous_pane", ("shift+tab",), "Previous pane", Pane.ANY),
    Command("chats", ("1",), "Go to the chats", Pane.ANY),
    Command("queue", ("2",), "Go to the queue", Pane.ANY),
    Command("metrics", ("3",), "Go to the metrics", Pane.ANY),
    Command("refresh", ("R",), "Read the chat list again", Pane.ANY, why_not=_can_refresh),
    Command("takeout", ("T",), "Takeout: let Telegram hand everything over faster, or finish it", Pane.ANY, why_not=_can_refresh),
    Command("log", ("ctrl+l",), "The log: what went wrong, why, and what to do", Pane.ANY),
    Command("pause_all", (), "Pause all jobs", Pane.ANY, why_not=_some_unended),
    Command("resume_all", (), "Let all paused jobs go on", Pane.ANY, why_not=_some_paused),
    Command("log_out", (), "Log out: end the session at Telegram and forget it here", Pane.ANY, why_not=_can_refresh),
    Command("palette", ("ctrl+p",), "Find a command by its name", Pane.ANY),
    Command("help", ("question_mark", "f1"), "This help", Pane.ANY, "help"),
    Command("quit", ("ctrl+q",), "Quit; asks when jobs are running", Pane.ANY, "quit"),
    Command("up", ("up", "k"), "Up", Pane.ANY, moves=True),
    Command("down", ("down", "j"), "Down", Pane.ANY, moves=True),
    Command("page_up", ("pageup", "ctrl+u"), "A page up", Pane.ANY, moves=True),
    Command("page_down", ("pagedown", "ctrl+d"), "A page down", Pane.ANY, moves=True),
    Command("first", ("home", "g"), "To the first", Pane.ANY, moves=True),
    Command("last", ("end", "G"), "To the last", Pane.ANY, moves=True),
)

BY_ID = {command.id: command for command in COMMANDS}


def bindings_of(pane: Pane) -> list[Binding]:
    """The bindings of one pane. All lead to the app's action `do`."""
    return [_binding(command) for command in COMMANDS if command.pane is pane and command.keys and not _is_move(command)]


def bindings_to_move() -> list[Binding]:
    """The keys that move in any list or page."""
    return [_binding(command) for command in COMMANDS if _is_move(command)]


def bindings_for(*ids: str) -> list[Binding]:
    """The bindings of some commands, for a screen that serves them too."""
    return [_binding(BY_ID[name]) for name in ids]


def _is_move(command: Command) -> bool:
    return command.pane is Pane.ANY and command.moves


def _binding(command: Command) -> Binding:
    """Bindings with priority are done before the next key is looked at. Others wait in the queue of their widget, and over a
    slow line, where keys come in bursts, the keys after a `/` would be taken for commands."""
    return Binding(",".join(command.all_keys), f"app.do('{command.id}')", command.text, show=False, priority=True)


def key_bar(pane: Pane) -> tuple[Command, ...]:
    """The commands on the key bar of a pane, its own first."""
    own = [command for command in COMMANDS if command.pane is pane and command.short]
    return (*own, *(command for command in COMMANDS if command.pane is Pane.ANY and command.short))
