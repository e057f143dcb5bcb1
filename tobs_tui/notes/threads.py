"""The lines that lead from a post to its comments and back: at first to Telegram, and into the vault as soon as both ends are there."""

from __future__ import annotations

from tobs_tui.model import bare_id
from tobs_tui.notes.snippets import wiki_link

COMMENTS, POST = "Comments", "Post"


def waiting_line(channel: int, post: int, label: str) -> str:
    """The line while the other end isn't in the vault. No other line of a note is like it: it names the post, and no link of a sender's
    has its address between angle brackets."""
    return f"💬 [{label}](<https://t.me/c/{bare_id(channel)}/{post}>)"


def settled_line(note: str, message_id: int, label: str) -> str:
    """The line that leads to a block of the vault."""
    return f"💬 {wiki_link(note, message_id, label)}"
