"""Every command of the screen, defined once: bindings, the key bar, the help and the palette all come from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from textual.binding import Binding

from tobs_tui.engine.snapshot import JobState, JobView, Phase

# What the same key gives on a Russian keyboard. A terminal sends it as itself, so it is bound too.
_CYRILLIC = dict(zip("qwertyuiop[]asdfghjklzxcvbnm", "йцукенгшщзхъфывапролдячсмить", strict=True))
_CYRILLIC |= {latin.upper(): letter.upper() for latin, letter in _CYRILLIC.items() if latin.isalpha()}
_CYRILLIC |= {"left_square_bracket": "х", "right_square_bracket": "ъ", "slash": "full_stop", "question_mark": "comma"}
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
_TYPED = ("space", "slash", "question_mark", "left_square_bracket", "right_square_bracket", "plus", "minus", "full_stop", "comma")
PACES = (1.0, 2.0, 5.0, 10.0)
"""Seconds between two looks at the metrics."""


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
    topics: bool = False
    ranging: bool = False
    job: JobView | None = None
    states: frozenset[JobState] = frozenset()
    place: int = 0
    jobs: int = 0
    pace: float = PACES[0]


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
    if not state.selected and (why := _some_chat(state)):
        return why
    return _can_refresh(state)


def _some_selection(state: ScreenState) -> str:
    return "" if state.selected else "Nothing is selected"


def _can_refresh(state: ScreenState) -> str:
    return "" if state.phase is Phase.READY else "It isn't connected yet"


def _can_unfold(state: ScreenState) -> str:
    if why := _some_chat(state):
        return why
    if not state.forum:
        return "This is no forum"
    return "Its topics are shown already" if state.unfolded and state.topics else ""


def _can_fold(state: ScreenState) -> str:
    return _some_chat(state) or ("" if state.unfolded else "No topics are unfolded here")


def _can_leave(state: ScreenState) -> str:
    return "" if state.filtered or state.ranging else "There is no filter and no range to leave"


def _some_job(state: ScreenState) -> str:
    if state.job:
        return ""
    return "What was queued before isn't known yet" if state.phase in _NOT_READY else "The queue is empty"


def _can_pause(state: ScreenState) -> str:
    if state.job is None:
        return _some_job(state)
    return f"This job is {state.job.state.value} already" if state.job.state.ended else ""


def _can_retry(state: ScreenState) -> str:
    if state.job is None:
        return _some_job(state)
    if state.job.state in (JobState.INCOMPLETE, JobState.FAILED, JobState.CANCELLED):
        return ""
    return f"This job is {state.job.state.value}: only incomplete, failed and cancelled ones are tried again"


def _can_move(state: ScreenState) -> str:
    if state.job is None:
        return _some_job(state)
    return "" if state.job.state is JobState.QUEUED else f"This job is {state.job.state.value}: only queued ones are moved"


def _can_move_up(state: ScreenState) -> str:
    return _can_move(state) or ("" if state.place else "This job is at the top already")


def _can_move_down(state: ScreenState) -> str:
    return _can_move(state) or ("" if state.place < state.jobs - 1 else "This job is at the end already")


def _can_go_faster(state: ScreenState) -> str:
    return "" if state.pace > PACES[0] else f"It looks every {PACES[0]:.0f} s already, the fastest pace"


def _can_go_slower(state: ScreenState) -> str:
    return "" if state.pace < PACES[-1] else f"It looks every {PACES[-1]:.0f} s already, the slowest pace"


def _pause_word(state: ScreenState) -> str:
    return "resume" if state.job is not None and state.job.state is JobState.PAUSED else ""


def _some_ended(state: ScreenState) -> str:
    return "" if state.states & {JobState.DONE, JobState.CANCELLED} else "Nothing on the list is done or cancelled"


def _some_unended(state: ScreenState) -> str:
    return "" if state.states & {JobState.RUNNING, JobState.WAITING, JobState.QUEUED} else "No job is running or queued"


def _some_paused(state: ScreenState) -> str:
    return "" if JobState.PAUSED in state.states else "No job is paused"


def _has_notes(state: ScreenState) -> str:
    if state.job is None:
        return _some_job(state)
    return "" if state.job.folder else "This job has written no notes yet"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that the user can do.

    `keys` are Textual's names, the first is the one shown. `text` says in the help what it does, `short` on the key bar (empty: not
    there), and `other` another word for it where the state wants one. Of the key bar, what has the highest `rank` is left out first.
    `why_not` gives the reason why it can't be done now, or an empty string. `moves` marks plain cursor keys, which no palette needs.
    """

    id: str
    keys: tuple[str, ...]
    text: str
    pane: Pane = Pane.ANY
    short: str = ""
    why_not: Why = _always
    moves: bool = False
    rank: int = 2
    other: Callable[[ScreenState], str] = _always

    @property
    def key(self) -> str:
        """The first key as people read it; empty where there is none."""
        return shown_key(self.keys[0]) if self.keys else ""

    def word(self, state: ScreenState) -> str:
        """What the key bar calls it now."""
        return self.other(state) or self.short

    @property
    def all_keys(self) -> tuple[str, ...]:
        """The keys and their ЙЦУКЕН aliases."""
        return (*self.keys, *(alias for key in self.keys if (alias := cyrillic(key))))


def cyrillic(key: str) -> str:
    """The name of the same key under a Russian layout, or an empty string."""
    start, _, letter = key.rpartition("+")
    if letter not in _CYRILLIC:
        return ""
    return f"{start}+{_CYRILLIC[letter]}" if start else _CYRILLIC[letter]


def types(key: str) -> bool:
    """Whether a key types a character: then it does nothing else while a field has the focus."""
    return len(key) == 1 or key in _TYPED


def shown_key(key: str) -> str:
    """A key as people read it."""
    return _SHOWN.get(key, key)


COMMANDS: tuple[Command, ...] = (
    Command("select", ("space",), "Select the chat, or take it out, and go to the next", Pane.CHATS, "select", _some_chat, rank=1),
    Command("export", ("enter",), "Export the selected chats, or the one under the cursor", Pane.CHATS, "queue", _can_queue, rank=1),
    Command("estimate", ("e",), "Estimate what their export would bring, before it begins", Pane.CHATS, "estimate", _can_estimate),
    Command("range", ("v",), "Select a range: once at its start, once at its end", Pane.CHATS, "range", _some_chat, rank=3),
    Command("select_up", ("shift+up",), "Select and go up", Pane.CHATS, why_not=_some_chat, moves=True),
    Command("select_down", ("shift+down",), "Select and go down", Pane.CHATS, why_not=_some_chat, moves=True),
    Command("select_all", ("a",), "Select all chats shown", Pane.CHATS, "all", _some_chat),
    Command("invert", ("i",), "Invert the selection of the chats shown", Pane.CHATS, why_not=_some_chat),
    Command("clear", ("c",), "Clear the selection", Pane.CHATS, "clear", _some_selection, rank=1),
    Command("next_folder", ("right_square_bracket",), "Next folder", Pane.CHATS, "folder", rank=3),
    Command("previous_folder", ("left_square_bracket",), "Previous folder", Pane.CHATS),
    Command("unfold", ("right",), "Unfold a forum into its topics, to choose them one by one", Pane.CHATS, why_not=_can_unfold),
    Command("fold", ("left",), "Fold the topics again", Pane.CHATS, why_not=_can_fold),
    Command("leave", ("escape",), "Leave the filter or the range", Pane.CHATS, why_not=_can_leave),
    Command("details", ("enter",), "Details: where the notes are, what failed and why", Pane.QUEUE, "details", _some_job, rank=1),
    Command("pause", ("p",), "Pause the job, or let it go on", Pane.QUEUE, "pause", _can_pause, rank=1, other=_pause_word),
    Command("cancel", ("x",), "Cancel the job; what is written stays", Pane.QUEUE, "cancel", _can_pause, rank=1),
    Command("retry", ("r",), "Try again what is incomplete, failed or cancelled", Pane.QUEUE, "retry", _can_retry, rank=1),
    Command("job_up", ("K",), "Move the queued job up", Pane.QUEUE, "move up", _can_move_up, rank=3),
    Command("job_down", ("J",), "Move the queued job down", Pane.QUEUE, why_not=_can_move_down),
    Command("copy", ("y",), "Copy the path of the notes", Pane.QUEUE, "copy path", _has_notes),
    Command("clear_ended", ("c",), "Take what is done or cancelled off the list", Pane.QUEUE, "clear", _some_ended),
    Command("faster", ("plus",), "Look more often", Pane.METRICS, "faster", _can_go_faster),
    Command("slower", ("minus",), "Look less often", Pane.METRICS, "slower", _can_go_slower),
    Command("freeze", ("P",), "Freeze the metrics, or let them go on", Pane.METRICS, "freeze"),
    Command("filter", ("slash",), "Filter the chats: words, !word, type:channel, unread, exported", Pane.ANY, "filter", rank=1),
    Command("whole", ("m",), "Metrics on the whole screen, and back", Pane.ANY, "whole", rank=3),
    Command("next_pane", ("tab",), "Next pane", Pane.ANY, "pane", rank=1),
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
    """The bindings of one pane. All lead to the app's actions `do` and `do_typed`."""
    return [each for command in COMMANDS if command.pane is pane and not _is_move(command) for each in _bindings(command)]


def bindings_to_move() -> list[Binding]:
    """The keys that move in any list or page."""
    return [each for command in COMMANDS if _is_move(command) for each in _bindings(command)]


def bindings_for(*ids: str) -> list[Binding]:
    """The bindings of some commands, for a screen that serves them too."""
    return [each for name in ids for each in _bindings(BY_ID[name])]


def _is_move(command: Command) -> bool:
    return command.pane is Pane.ANY and command.moves


def _bindings(command: Command) -> list[Binding]:
    """Bindings with priority are done before the next key is looked at. Others wait in the queue of their widget, and over a
    slow line, where keys come in bursts, the keys after a `/` would be taken for commands."""
    return [
        Binding(key, f"app.{'do_typed' if types(key) else 'do'}('{command.id}')", command.text, show=False, priority=True)
        for key in command.all_keys
    ]


def key_bar(pane: Pane) -> tuple[Command, ...]:
    """The commands on the key bar of a pane, its own first."""
    own = [command for command in COMMANDS if command.pane is pane and command.short]
    return (*own, *(command for command in COMMANDS if command.pane is Pane.ANY and command.short))
