"""The account's chats as far as they are read, with what was exported of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tobs_tui.display import display_text
from tobs_tui.engine.snapshot import ChatList, ChatRow, ExportMark
from tobs_tui.model import Chat, ChatKind, Folder, Topic, bare_id


def chat_title(chat: Chat) -> str:
    """The chat's title, cleaned for one line of a screen; its kind and id where nothing of the title is left."""
    return display_text(chat.title) or f"{chat.kind} {bare_id(chat.id)}"


class KnownChats:
    """Grows page by page; `list` is a frozen picture that is made anew only when something changed."""

    def __init__(self) -> None:
        self._chats: dict[int, Chat] = {}
        self._rows: list[ChatRow] = []
        self._topics: dict[int, tuple[Topic, ...]] = {}
        self._marks: dict[int, tuple[float, int]] = {}
        self._folders: tuple[Folder, ...] = ()
        self._total = 0
        self._complete = False
        self._version = 0
        self._picture = ChatList()

    def __getitem__(self, chat_id: int) -> Chat:
        return self._chats[chat_id]

    def get(self, chat_id: int) -> Chat | None:
        """The chat with a marked id, if it is known."""
        return self._chats.get(chat_id)

    def start(self, folders: tuple[Folder, ...]) -> None:
        """A reading of the list begins; what is shown stays until the new list is longer."""
        self._folders = folders
        self._complete = False
        self._rows = []
        self._version += 1

    def add(self, chats: Iterable[Chat], total: int) -> None:
        """Chats arrived, in the server's order."""
        for chat in chats:
            self._chats[chat.id] = chat
            self._rows.append(self._row(chat))
        self._total = total
        self._version += 1

    def remember(self, chat: Chat) -> None:
        """A chat that was found outside the list."""
        self._chats.setdefault(chat.id, chat)

    def finish(self) -> None:
        """The whole list was read."""
        self._complete = True
        self._total = len(self._rows)
        self._version += 1

    def mark(self, exported: Mapping[int, tuple[float, int]]) -> None:
        """Chats were exported: by marked id, when (Unix seconds) and up to which message."""
        self._marks.update(exported)
        self._rows = [self._row(row.chat) if row.chat.id in exported else row for row in self._rows]
        self._version += 1

    def unfold(self, chat_id: int, topics: tuple[Topic, ...]) -> tuple[Topic, ...]:
        """A forum's topics were read; returns them with their titles cleaned."""
        shown = tuple(replace(topic, title=display_text(topic.title) or f"topic {topic.id}") for topic in topics)
        self._topics[chat_id] = shown
        self._rows = [self._row(row.chat) if row.chat.id == chat_id else row for row in self._rows]
        self._version += 1
        return shown

    def _row(self, chat: Chat) -> ChatRow:
        return ChatRow(chat, chat_title(chat), self._mark(chat), self._topics.get(chat.id, ()))

    def _mark(self, chat: Chat) -> ExportMark | None:
        if chat.id not in self._marks:
            return None
        at, last = self._marks[chat.id]
        behind = max(0, chat.last_message_id - last)
        told = chat.kind.dense_ids and (last or chat.kind is not ChatKind.FORUM)  # of a forum only some topics may be there
        return ExportMark(at, last, behind if told or not behind else None)

    def picture(self) -> ChatList:
        """The list, frozen."""
        if self._picture.version != self._version:
            self._picture = ChatList(self._version, tuple(self._rows), self._folders, self._total, self._complete)
        return self._picture
