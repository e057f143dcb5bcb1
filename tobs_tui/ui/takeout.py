"""What the screen says of a takeout, and what it lets the user decide."""

from __future__ import annotations

from tobs_tui.display import display_text
from tobs_tui.model import Takeout, TakeoutState
from tobs_tui.ui.screens.choice import Choice
from tobs_tui.ui.words import duration

ABOUT = (
    "A takeout is Telegram's own export session: messages come about ten times as fast. Telegram asks in another of your apps whether "
    "you allow it; if you don't answer, it is allowed after some time. Everything works meanwhile, and without it."
)
_BEGINS = (Choice("a", "ask", "Ask Telegram for a takeout"), Choice("n", "none", "Not now"))
_ENDS = (Choice("k", "none", "Keep it"), Choice("f", "finish", "Finish it, or stop waiting for it"))
_SHORT = {
    TakeoutState.OPEN: "takeout open",
    TakeoutState.REPLACED: "takeout replaced (T)",
    TakeoutState.REFUSED: "takeout refused (T)",
}
_NOW = {
    TakeoutState.NEVER: "The settings say: never.",
    TakeoutState.OPEN: "It is open, and kept for the next run.",
    TakeoutState.REPLACED: "Another export took the place of the last one.",
    TakeoutState.FINISHED: "The last one is finished.",
}


def headline(takeout: Takeout, at: float) -> str:
    """A word for the head of the screen, empty where there is nothing to say. `at` is now, Unix seconds."""
    if takeout.state is TakeoutState.WAITING:
        return f"takeout: allow it in another app, or in {duration(takeout.until - at)}"
    return _SHORT.get(takeout.state, "")


def question(takeout: Takeout, at: float) -> str:
    """Where it stands and what it is."""
    now = _NOW.get(takeout.state, "")
    if takeout.state is TakeoutState.WAITING:
        now = f"Telegram waits for your permission in another app; without it, it is allowed in {duration(takeout.until - at)}."
    elif takeout.state is TakeoutState.REFUSED:
        now = f"Telegram refused it: {display_text(takeout.why)}."
    return f"{ABOUT} {now}".rstrip()


def choices(takeout: Takeout) -> tuple[Choice, ...]:
    """What can be decided now."""
    return _ENDS if takeout.state in (TakeoutState.OPEN, TakeoutState.WAITING) else _BEGINS
