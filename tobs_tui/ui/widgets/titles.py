"""The lines that head the screen and its panes, and the key bar: pure functions of what is shown."""

from __future__ import annotations

from pathlib import Path

from tobs_tui.display import display_text
from tobs_tui.engine.snapshot import JobView, Phase, Snapshot
from tobs_tui.ui import takeout, words
from tobs_tui.ui.commands import PANES, Command, Pane, ScreenState, key_bar
from tobs_tui.ui.lines import Line, Look, Piece, apart, plain, width_of
from tobs_tui.ui.widgets.chat_list import ChatListView
from tobs_tui.ui.widgets.job_list import GLYPHS, JobListView, tally
from tobs_tui.ui.widgets.metrics import wait_text

_PHASES = {
    Phase.STARTING: "starting…",
    Phase.CONNECTING: "connecting to Telegram…",
    Phase.LOGIN: "not logged in",
    Phase.STOPPING: "stopping at the next checkpoint…",
    Phase.STOPPED: "stopped",
}
_SEPARATOR = Piece(" │ ", Look.MUTED)


def home_short(path: str) -> str:
    """A path with the home folder as `~`."""
    home = str(Path.home())
    return f"~{path[len(home) :]}" if path == home or path.startswith(f"{home}/") else path


def headline(snapshot: Snapshot, vault: str, leaving: str, width: int) -> Line:
    """Who and where at the left, what is out of the ordinary at the right."""
    account = f"{display_text(snapshot.account.label)} · " if snapshot.account else ""
    start = (Piece(" tobs-tui", Look.ACCENT), Piece(f"   {account}vault {display_text(home_short(vault))}"))
    trouble = snapshot.phase is Phase.READY and not snapshot.online
    usual = " · ".join(filter(None, (takeout.headline(snapshot.takeout, snapshot.at), _waits(snapshot))))
    words_now = leaving or _PHASES.get(snapshot.phase, "") or ("offline, connecting again…" if trouble else usual)
    return apart(start, plain(f"  {words_now} ", Look.TROUBLE if trouble and not leaving else Look.PLAIN), width)


def _waits(snapshot: Snapshot) -> str:
    waits = snapshot.metrics.waits
    if len(waits) == 1:
        return f"1 wait: {wait_text(waits[0], snapshot.at)}"
    return f"{len(waits)} waits" if waits else ""


def tabs(pane: Pane, chats: ChatListView, jobs: tuple[JobView, ...], rate: str, width: int) -> Line:
    """The panes as tabs, each with its headline."""
    states = " ".join(f"{GLYPHS[state]}{amount}" for state, amount in tally(jobs))
    facts = {Pane.CHATS: words.number(chats.shown), Pane.QUEUE: states or "0", Pane.METRICS: rate}
    pieces: list[Piece] = []
    for place, each in enumerate(PANES, start=1):
        look = Look.ACCENT if each is pane else Look.MUTED
        pieces.append(Piece(f" {place} {each.value} {facts[each]}  ", look))
    return apart(tuple(pieces), (), width)


def chats_title(chats: ChatListView, focused: bool, tabbed: bool, width: int) -> Line:
    """How many chats, the selection, and the folders around the chosen one."""
    start = [] if tabbed else [Piece(" Chats", Look.ACCENT if focused else Look.STRONG), Piece(f" {_amount(chats)}")]
    if chats.selected:
        start.append(Piece(f" {words.number(len(chats.selected))} selected", Look.ACCENT))
    if chats.range_start is not None:
        start.append(Piece(" range: v at its end", Look.ACCENT))
    start.append(Piece("  " if start else " "))
    return (*start, *_folders(chats, width - width_of(start)))


def _amount(chats: ChatListView) -> str:
    shown = chats.shown
    return words.number(shown) if shown == chats.total else f"{words.number(shown)} of {words.number(chats.total)}"


def _folders(chats: ChatListView, width: int) -> list[Piece]:
    """As many folders as fit, the chosen one among them."""
    tabs = chats.tabs
    place = next((place for place, tab in enumerate(tabs) if tab.key == chats.tab.key), 0)
    for first in range(place + 1):
        pieces = [Piece("… ", Look.MUTED)] if first else []
        for number, tab in enumerate(tabs[first:], start=first):
            piece = Piece(tab.title, Look.STRONG if number == place else Look.MUTED)
            extra = [_SEPARATOR, piece] if number > first else [piece]
            if width_of(pieces) + width_of(extra) > width - 2:
                pieces.append(Piece(" …", Look.MUTED))
                break
            pieces += extra
        else:
            return pieces
        if number > place:
            return pieces
    return pieces


def queue_title(queue: JobListView, focused: bool) -> Line:
    """The queue's headline: how many jobs are in each state."""
    counts = " · ".join(f"{amount} {state.value}" for state, amount in tally(queue.jobs))
    return (Piece(" Queue", Look.ACCENT if focused else Look.STRONG), Piece(f"   {counts or ('empty' if queue.known else '')}"))


def metrics_title(focused: bool, pace: float, frozen: bool) -> Line:
    """The metrics' headline: how often it looks."""
    pace_text = f"frozen: {'' if focused else '3 '}P lets them go on" if frozen else "" if pace == 1 else f"every {pace:.0f} s"
    return (Piece(" Metrics", Look.ACCENT if focused else Look.STRONG), Piece(f"   {pace_text}", Look.MUTED))


def key_bar_line(pane: Pane, state: ScreenState, width: int) -> Line:
    """The keys of a pane; those that can't be used now are greyed. What doesn't fit is left out by rank, but never help and quit."""
    *commands, help_, quit_ = key_bar(pane)
    end = (*_key(help_, state), Piece("  "), *_key(quit_, state), Piece(" "))
    keys = {command.id: (*_key(command, state), Piece("  ")) for command in commands}
    room, shown = width - width_of(end) - 1, set[str]()
    for command in sorted(commands, key=lambda command: command.rank + bool(command.why_not(state))):
        if (cells := width_of(keys[command.id])) <= room:
            room -= cells
            shown.add(command.id)
    pieces = (piece for name, key in keys.items() if name in shown for piece in key)
    return apart((Piece(" "), *pieces), end, width)


def filter_bar_line(width: int) -> Line:
    """The key bar while the filter is typed: what it may say, and how to leave it."""
    keys = (("enter", "to the list"), ("esc", "all chats"))
    end = tuple(piece for key, text in keys for piece in (Piece(f"  {key}", Look.ACCENT), Piece(f" {text}", Look.MUTED)))
    return apart(plain(" word  !word  type:channel  unread  exported", Look.MUTED), (*end, Piece(" ")), width)


def _key(command: Command, state: ScreenState) -> Line:
    greyed = bool(command.why_not(state))
    return Piece(command.key, Look.MUTED if greyed else Look.ACCENT), Piece(f" {command.word(state)}", Look.MUTED)
