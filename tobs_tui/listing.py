"""The chat list and estimates as text: objects for `--json`, tables for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tobs_tui.display import display_text
from tobs_tui.engine.estimate import ExportEstimate
from tobs_tui.engine.estimate_words import estimate_lines
from tobs_tui.engine.snapshot import ChatList, ChatRow
from tobs_tui.model import Folder, bare_id


def chat_object(row: ChatRow, folders: tuple[Folder, ...], timezone: str) -> dict[str, Any]:
    """One chat as `chats --json` prints it. `id` is bare, `marked_id` tells kinds of chats with the same number apart."""
    chat = row.chat
    names = {folder.id: display_text(folder.title) for folder in folders}
    return {
        "id": bare_id(chat.id),
        "marked_id": chat.id,
        "kind": chat.kind,
        "title": row.title,
        "username": chat.username,
        "unread": chat.unread,
        "last_message": _iso(chat.last_date, timezone),
        "archived": chat.archived,
        "folders": [names[folder] for folder in chat.folders if folder in names],
        "exported": _exported(row, timezone),
    }


def _exported(row: ChatRow, timezone: str) -> dict[str, Any] | None:
    if row.exported is None:
        return None
    return {"at": _iso(row.exported.at, timezone), "last_message_id": row.exported.last_message_id, "new": row.exported.new}


def _iso(moment: float, timezone: str) -> str | None:
    return datetime.fromtimestamp(int(moment), ZoneInfo(timezone)).isoformat() if moment else None


def chat_table(listed: ChatList, timezone: str) -> Iterator[str]:
    """Lines of a table; titles stand last, since nobody knows how wide they are."""
    yield f"{'id':>13}  {'kind':<10}  {'last message':<16}  {'unread':>6}  title"
    for row in listed.rows:
        chat = row.chat
        last = (_iso(chat.last_date, timezone) or "")[:16].replace("T", " ")
        notes = ", ".join(filter(None, ("archived" if chat.archived else "", f"@{display_text(chat.username)}" if chat.username else "")))
        title = row.title or "(no title)"
        yield f"{bare_id(chat.id):>13}  {chat.kind:<10}  {last:<16}  {chat.unread:>6,}  {title}{f'  ({notes})' if notes else ''}"


def estimate_object(estimate: ExportEstimate) -> dict[str, Any]:
    """An estimate as `export --dry-run --json` prints it."""
    return {"vault": estimate.vault, **asdict(estimate.totals), "chats": [asdict(chat) for chat in estimate.each]}


def estimate_table(estimate: ExportEstimate) -> Iterator[str]:
    """Lines of a table, and what follows from it."""
    return (line for line, _ in estimate_lines(estimate))
