"""The chat browser: all chats of the account, filtered, selected, with what was exported before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from tobs_tui.display import display_text
from tobs_tui.engine.snapshot import ChatList, ChatRow, ExportMark, Phase
from tobs_tui.model import ChatKind, Topic
from tobs_tui.ui import words
from tobs_tui.ui.chat_filter import TYPES, ChatFilter, Tab, parse_filter, searched, tabs_of
from tobs_tui.ui.commands import Pane, bindings_of
from tobs_tui.ui.line_list import LineList
from tobs_tui.ui.lines import Line, Look, Piece, left, plain, right

WIDE = 100
_MARK, _UNREAD, _KIND, _AGE, _COUNT = 4, 7, 11, 6, 11


def columns(width: int) -> tuple[int, int]:
    """Cells of the title and of the export mark; the rest is fixed."""
    mark = 24 if width >= WIDE else 22
    count = _COUNT if width >= WIDE else 0
    return max(8, width - _MARK - _UNREAD - _KIND - _AGE - count - mark), mark


def header_line(width: int) -> Line:
    """The names of the columns."""
    title, mark = columns(width)
    count = right("messages", _COUNT) if width >= WIDE else ""
    text = f"{' ' * _MARK}{left('unread', _UNREAD)}{left('kind', _KIND)}{left('title', title)}{right('last', _AGE)}{count}"
    return plain(left(f"{text}   {left('exported', mark - 3)}", width), Look.MUTED)


def mark_text(mark: ExportMark | None, now: float) -> str:
    """What an earlier export says: `+12 since 3 Nov`, `exported today`; `? since 3 Nov` where only the server could say."""
    if mark is None:
        return ""
    day = words.day(mark.at, now)
    if mark.new is None:
        return f"? since {day}"
    return f"+{words.number(mark.new)} since {day}" if mark.new else f"exported {day}"


_LEAVE_FILTER = "esc leaves it; [ and ] go to other folders."
_NO_TOPIC = Topic(0, "")


@dataclass(frozen=True, slots=True)
class TopicRow(ChatRow):
    """A topic below its unfolded forum."""

    topic: Topic = _NO_TOPIC


Key = int | tuple[int, int]
"""Names a row: a chat by its marked id, a topic by that and its own."""


def key_of(row: ChatRow) -> Key:
    """The key of a row."""
    return (row.chat.id, row.topic.id) if isinstance(row, TopicRow) else row.chat.id


class ChatListView(LineList):
    """The list of chats. The selection is a set of keys of our own: it survives filters, folders and new pages."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Pane.CHATS)]

    class Changed(Message):
        """The selection, the filter, the folder or the rows changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.selected: set[Key] = set()
        self.unfolded: set[int] = set()
        self.range_start: Key | None = None
        self.filter_text = ""
        self.tabs: tuple[Tab, ...] = tabs_of(())
        self.tab = self.tabs[0]
        self.rows: list[ChatRow] = []
        self.total = 0
        self.shown = 0
        self.phase = Phase.STARTING
        self.online = False
        self._list = ChatList()
        self._now = 0.0
        self._filter = ChatFilter()
        self._searched: dict[int, tuple[ChatRow, str]] = {}

    # What is shown

    def show_chats(self, chats: ChatList, phase: Phase, online: bool, now: float) -> None:
        """Take up the chat list of a snapshot. Ages stay as they are until the list changes."""
        if (chats.version, chats.complete, phase, online) == (self._list.version, self._list.complete, self.phase, self.online):
            return
        self._list, self.phase, self.online, self._now = chats, phase, online, now
        self.total = max(chats.total, len(chats.rows))
        self.tabs = tabs_of(chats.folders)
        self.tab = next((tab for tab in self.tabs if tab.key == self.tab.key), self.tabs[0])
        self._searched = {row.chat.id: self._search_text(row) for row in chats.rows}
        self._fill(near=True)

    def _search_text(self, row: ChatRow) -> tuple[ChatRow, str]:
        kept = self._searched.get(row.chat.id)
        return kept if kept is not None and kept[0] is row else (row, searched(row))

    def _fill(self, *, near: bool = False) -> None:
        """Choose the rows; the cursor stays on its chat. If that isn't shown any more, it goes to the first row, or with `near` to the
        next one that is still there: what comes by itself must not put another chat under the next key."""
        below = self.rows[self.cursor :] if near else self.rows[self.cursor : self.cursor + 1]
        matches, in_tab = self._filter.matches, self.tab.test
        chats = [row for row, text in self._searched.values() if in_tab(row) and matches(row, text)]
        self.shown = len(chats)
        self.rows = [each for row in chats for each in (row, *self._topics(row))]
        places = {key_of(row): place for place, row in enumerate(self.rows)}
        there = (places[key] for row in below if (key := key_of(row)) in places)
        gone = len(self.rows) - 1 if near else 0
        self.resize_to(len(self.rows), next(there, gone if below else self.cursor))
        self.post_message(self.Changed())

    def _topics(self, row: ChatRow) -> list[TopicRow]:
        """The rows below a forum that is unfolded."""
        return [TopicRow(row.chat, topic.title, topic=topic) for topic in row.topics] if row.chat.id in self.unfolded else []

    @property
    def on_forum(self) -> bool:
        """Whether the cursor is on a forum."""
        return self.row is not None and self.row.chat.kind is ChatKind.FORUM and not isinstance(self.row, TopicRow)

    @property
    def in_unfolded(self) -> bool:
        """Whether the cursor is on an unfolded forum, or on one of its topics."""
        return self.row is not None and self.row.chat.id in self.unfolded

    def unfold(self) -> bool:
        """Show the topics of the forum under the cursor; whether they must be read first."""
        if self.row is None or not self.on_forum:
            return False
        self.unfolded.add(self.row.chat.id)
        self._fill()
        return not self.row.topics

    def fold(self) -> None:
        """Hide the topics of the forum that the cursor is on or in, and go to it."""
        if self.row is None or self.row.chat.id not in self.unfolded:
            return
        forum = self.row.chat.id
        self.move_to(next(place for place, row in enumerate(self.rows) if key_of(row) == forum))
        self.unfolded.discard(forum)
        self._fill()

    def without_topics(self, forum: int) -> None:
        """The topics of a forum couldn't be read: fold it again."""
        self.unfolded.discard(forum)
        self._fill()

    @property
    def row(self) -> ChatRow | None:
        """The chat under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def set_filter(self, text: str) -> None:
        """Show only what matches; see `parse_filter`."""
        if text != self.filter_text:
            self.filter_text = text
            self._filter = parse_filter(text)
            self._fill()

    def next_tab(self, step: int) -> None:
        """Go to another folder."""
        place = next((place for place, tab in enumerate(self.tabs) if tab.key == self.tab.key), 0)
        self.tab = self.tabs[(place + step) % len(self.tabs)]
        self._fill()

    # The selection

    def chosen(self) -> tuple[int, ...]:
        """Ids of chats to export as a whole, in the list's order: the selection, or the chat under the cursor."""
        chosen = self._chosen()
        return tuple(chat for chat in self._searched if chat in chosen)

    def chosen_topics(self) -> dict[int, tuple[int, ...]]:
        """Topics to export alone, by forum: those that are selected where the forum isn't, or the one under the cursor."""
        found: dict[int, tuple[int, ...]] = {}
        chosen = self._chosen()
        for key in sorted(key for key in chosen if isinstance(key, tuple)):
            if key[0] not in chosen:
                found[key[0]] = (*found.get(key[0], ()), key[1])
        return found

    def _chosen(self) -> set[Key]:
        return self.selected or ({key_of(self.row)} if self.row else set())

    def toggle(self) -> None:
        """Select the chat or take it out, and move on."""
        if self.row is not None:
            self._select({key_of(self.row)} ^ self.selected)
            self.move_by(1)

    def extend(self, rows: int) -> None:
        """Select the chat, move, and select that one too."""
        if self.row is not None:
            here = key_of(self.row)
            self.move_by(rows)
            self._select(self.selected | {here, key_of(self.rows[self.cursor])})

    def toggle_range(self) -> None:
        """Begin a range at the cursor, or select all from its beginning to here."""
        if self.range_start is None:
            self.range_start = key_of(self.row) if self.row else None
            self._select(self.selected)
            return
        start = next((place for place, row in enumerate(self.rows) if key_of(row) == self.range_start), self.cursor)
        self.range_start = None
        first, last = sorted((start, self.cursor))
        self._select(self.selected | self._ids(self.rows[first : last + 1]))

    def leave_range(self) -> None:
        """Forget where a range began."""
        self.range_start = None
        self._select(self.selected)

    def select_all(self) -> None:
        """Select all chats shown; those selected elsewhere stay."""
        self._select(self.selected | self._ids(self.rows))

    def invert(self) -> None:
        """Invert the selection of the chats shown."""
        self._select(self.selected ^ self._ids(self.rows))

    def clear(self) -> None:
        """Select nothing."""
        self._select(set())

    @staticmethod
    def _ids(rows: Iterable[ChatRow]) -> set[Key]:
        return {key_of(row) for row in rows}

    def _select(self, chats: set[Key]) -> None:
        self.selected = chats
        self.sync()
        self.post_message(self.Changed())

    # Drawing

    def line(self, index: int, width: int) -> Line:
        row = self.rows[index]
        title, mark = columns(width)
        chosen = key_of(row) in self.selected
        if isinstance(row, TopicRow):
            return self._topic_line(row, index, width)
        unread = f"● {words.short(row.chat.unread)}" if row.chat.unread else "○"
        pieces = [
            Piece(f" {'▸' if index == self.cursor else ' '}"),
            Piece("✓ ", Look.ACCENT) if chosen else Piece("┌ " if key_of(row) == self.range_start else "  "),
            Piece(left(unread, _UNREAD), Look.PLAIN if row.chat.unread else Look.MUTED),
            Piece(left(row.chat.kind.value, _KIND), Look.MUTED),
            Piece(left(display_text(row.title) or "(no title)", title), Look.STRONG if chosen else Look.PLAIN),
            Piece(right(words.age(self._now - row.chat.last_date) if row.chat.last_date else "", _AGE), Look.MUTED),
        ]
        if width >= WIDE:
            pieces.append(Piece(right(_messages(row), _COUNT), Look.MUTED))
        if topics := self._chosen_of(row):
            pieces.append(Piece("   " + left(topics, mark - 3), Look.ACCENT))
        else:
            pieces.append(Piece("   " + left(mark_text(row.exported, self._now), mark - 3), Look.PLAIN))
        return tuple(pieces)

    def _chosen_of(self, row: ChatRow) -> str:
        """How many topics of a forum are selected: folded, their rows can't say it. Or that they are being read."""
        if row.chat.id in self.unfolded and not row.topics:
            return "reading its topics…"
        amount = sum((row.chat.id, topic.id) in self.selected for topic in row.topics)
        return f"{amount} of {len(row.topics)} topics" if amount and row.chat.id not in self.selected else ""

    def _topic_line(self, row: TopicRow, index: int, width: int) -> Line:
        title, mark = columns(width)
        chosen = key_of(row) in self.selected
        state = ", ".join(word for word, true in (("closed", row.topic.closed), ("hidden", row.topic.hidden)) if true)
        room = width - _MARK - _UNREAD - _KIND - title - mark
        return (
            Piece(f" {'▸' if index == self.cursor else ' '}"),
            Piece("✓ ", Look.ACCENT) if chosen else Piece("┌ " if key_of(row) == self.range_start else "  "),
            Piece(left("", _UNREAD) + left("topic", _KIND), Look.MUTED),
            Piece(left(f"  └ {display_text(row.title) or '(no title)'}", title), Look.STRONG if chosen else Look.PLAIN),
            Piece(" " * room + "   " + left(state, mark - 3), Look.MUTED),
        )

    def empty_lines(self, width: int) -> tuple[Line, ...]:
        return tuple(plain(left(text, width), Look.MUTED) for text in ("", *(f"    {line}" for line in self._empty_words())))

    def _empty_words(self) -> tuple[str, ...]:
        if self._list.rows:
            if self._filter.unknown:
                name = display_text(self._filter.unknown[0])
                return (f"No kind of chat is called {name}.", f"There are: {', '.join(TYPES)}.", _LEAVE_FILTER)
            if self.filter_text:
                return ("No chat matches the filter.", _LEAVE_FILTER)
            return ("No chat is in this folder.", "[ and ] go to other folders.")
        if self.phase is Phase.STARTING:
            return ("Starting…",)
        if self.phase is Phase.CONNECTING or not self.online:
            return ("Connecting to Telegram…", "It is tried again by itself; ctrl+l tells what went wrong.")
        if self.phase is Phase.LOGIN:
            return ("Logging in…",)
        if not self._list.complete:
            return ("Reading the chat list…",)
        return ("This account has no chats.", "R reads the list again.")


def _messages(row: ChatRow) -> str:
    """About how many messages: known only where ids are the chat's own."""
    return f"~{words.number(row.chat.last_message_id)}" if row.chat.kind.dense_ids and row.chat.last_message_id else ""
