"""What a user's fingers do again and again. Each step waits for what it leads to: keys that come in a bunch may overtake one another."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.terminal import CTRL_Q, ENTER, ESCAPE, Terminal

BLOCK_ID = re.compile(r"\^m(\d+)$", re.MULTILINE)


def filter_to(terminal: Terminal, word: str, title: str) -> None:
    """Filter the chats, so that the cursor stands on this one."""
    terminal.send("/")
    terminal.settle(0.1)
    for letter in word:
        terminal.send(letter)
    terminal.until(lambda: title in cursor_line(terminal) and word in terminal.text)
    terminal.send(ENTER)
    terminal.settle(0.1)


def leave_filter(terminal: Terminal) -> None:
    """Empty the filter; the key bar names it too, so look at the line of the folders."""
    terminal.send(ESCAPE)
    terminal.until(lambda: terminal.line_with("all │ unread").rstrip().endswith("/ filter"))


def select(terminal: Terminal, *titles: str) -> None:
    """Find chats by the filter and select them."""
    for count, title in enumerate(titles, start=1):
        filter_to(terminal, title.split()[0].lower(), title)
        terminal.send(" ")
        terminal.shows(f"{count} selected")
        leave_filter(terminal)


def queue(terminal: Terminal, *titles: str) -> None:
    """Select chats and queue their export as it is offered."""
    select(terminal, *titles)
    terminal.send(ENTER)
    terminal.shows("enter queues")
    terminal.send(ENTER)
    terminal.hides("enter queues")


def to_queue(terminal: Terminal) -> None:
    """Go to the queue's pane, by its number."""
    terminal.send("2")
    terminal.shows("enter details")


def cursor_line(terminal: Terminal) -> str:
    """The first row that the list's cursor stands on."""
    return next((line for line in terminal.text.splitlines() if line.startswith(" ▸")), "")


def answer_quit(terminal: Terminal, letter: str) -> None:
    """ctrl+q, and one of its three answers."""
    terminal.send(CTRL_Q)
    terminal.shows("Quit?", "Stay")
    terminal.send(letter)
    terminal.until(lambda: "Quit?" not in terminal.text or terminal.child.poll() is not None)


def block_ids(chat: Path) -> list[int]:
    """The block ids of a chat's notes, in the order of its notes' names."""
    return [int(number) for note in sorted(chat.glob("*.md")) for number in BLOCK_ID.findall(note.read_text())]
