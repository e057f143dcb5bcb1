"""An estimate as lines of text, the same on the screen and on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from tobs_tui.display import duration, kind_words, size
from tobs_tui.engine.estimate import NONE, ChatEstimate, ExportEstimate, Figure, KindEstimate, Sure, Totals
from tobs_tui.metrics import Wait

_COLUMNS = (14, 14, 14)


class Tone(Enum):
    """What a line is: the head of a table, a row (names stand last, since nobody knows how wide they are), words, or trouble in words."""

    HEAD = "head"
    ROW = "row"
    WORDS = "words"
    TROUBLE = "trouble"


Said = tuple[str, Tone]


def progress_words(estimate: ExportEstimate, waits: tuple[Wait, ...], now: float) -> str:
    """How far it is, and what it waits for. `now` is in Unix seconds."""
    asked = f"asked {estimate.asked:,} of {estimate.chats:,} {'chat' if estimate.chats == 1 else 'chats'}"
    held = max((wait for wait in waits if not wait.method.startswith("upload.")), key=lambda wait: wait.until, default=None)
    if held is None or estimate.complete:
        return asked
    return f"{asked} · flood wait, {held.method}: {duration(held.until - now)} left"


def estimate_lines(estimate: ExportEstimate) -> Iterator[Said]:
    """What it would cost, what would come by kind, and by chat."""
    totals = estimate.totals
    yield _room(totals)
    yield f"time: {_time_words(totals)}", Tone.WORDS
    yield f"requests: {_number(totals.requests)}", Tone.WORDS
    yield "", Tone.WORDS
    yield _cells("messages", "files", "bytes", ""), Tone.HEAD
    yield _row(totals.messages, totals.files, totals.bytes, "all"), Tone.ROW
    for kind in sorted(totals.kinds, key=lambda kind: (-kind.bytes.value, -kind.messages.value)):
        yield _kind_row(kind), Tone.ROW
    if totals.uncounted:
        yield f"besides, not counted by Telegram: {', '.join(map(kind_words, totals.uncounted))}", Tone.WORDS
    if estimate.chats > 1 or any(chat.why for chat in estimate.each):
        yield "", Tone.WORDS
        yield _cells("messages", "files", "bytes", "chat"), Tone.HEAD
        yield from map(_chat, estimate.each)


def _kind_row(kind: KindEstimate) -> str:
    """What holds no messages of its own, or no files, has none to show."""
    return _cells(_number(kind.messages) if kind.messages != NONE else "", _number(kind.files), _size(kind.bytes), kind_words(kind.kind))


def _chat(chat: ChatEstimate) -> Said:
    name = chat.title or f"{chat.kind} {chat.chat_id}"
    if chat.why:
        return f"✗ {name} can't be asked: {chat.why}", Tone.TROUBLE
    return _row(chat.messages, chat.files, chat.bytes, f"{name} (comes along)" if chat.beside else name), Tone.ROW


def _row(messages: Figure, files: Figure, bytes_: Figure, name: str) -> str:
    return _cells(_number(messages), _number(files), _size(bytes_), name)


def _cells(messages: str, files: str, bytes_: str, name: str) -> str:
    cells = (text.rjust(width) for text, width in zip((messages, files, bytes_), _COLUMNS, strict=True))
    return f"{''.join(cells)}   {name}".rstrip()


def _number(figure: Figure) -> str:
    return _about(figure, f"{figure.value:,}")


def _size(figure: Figure) -> str:
    return _about(figure, size(figure.value))


def _about(figure: Figure, words: str) -> str:
    return words if figure.sure is Sure.EXACT else f"about {words}"


def _time_words(totals: Totals) -> str:
    ways = (("messages", totals.message_seconds, totals.messages.value), ("files", totals.file_seconds, totals.bytes.value))
    needed = [(name, seconds) for name, seconds, amount in ways if amount]
    if not needed:
        return "next to none, there is nothing new"
    if all(seconds is None for _, seconds in needed):
        return "unknown, no pace was measured yet: it is once an export runs"
    told = (f"{name} {'unknown' if seconds is None else f'about {duration(seconds)}'}" for name, seconds in needed)
    return f"{', '.join(told)}, at the present pace"


def _room(totals: Totals) -> Said:
    if totals.left is None:
        return "room: unknown, the disk doesn't tell", Tone.WORDS
    if not totals.enough:
        lacking = size(totals.bytes.value - totals.left)
        return f"✗ Too little room on the disk: {lacking} more needed, the reserve kept. The export would wait for it", Tone.TROUBLE
    return f"room: {size(totals.left)} besides the reserve, enough", Tone.WORDS
