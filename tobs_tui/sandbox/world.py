"""The generated account: who and what is there, the same for the same seed, byte for byte.

The server's handlers answer out of a World, and tests compare a client with it without asking the server::

    world = World(seed=1)
    world.chat(-1001500000001).messages[7]      # the message with id 7, as a TL object
    world.file_bytes(file_id, 0, 4096)

`chats` adds that many small chats, `messages` one supergroup ("Big chat") with that many messages, `second_big`
another one like it, `files` a chat of (count, size in
bytes) documents; all of it is computed when it is asked for. `topics` adds a forum ("Many topics") of that many. Changes while it runs
come through `change`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from telethon.tl import types

from tobs_tui.sandbox.account import Account
from tobs_tui.sandbox.answers import vector
from tobs_tui.sandbox.bulk import add_big_chats, add_files_chat, add_small_chats
from tobs_tui.sandbox.cast import PEOPLE
from tobs_tui.sandbox.changes import change
from tobs_tui.sandbox.chats import ARCHIVE, ChatRecord
from tobs_tui.sandbox.demo import demo_account
from tobs_tui.sandbox.files import FileBook
from tobs_tui.sandbox.forum import many_topics

DATA_CENTRES = (1, 2)
HOME = 2


class World:
    """The account's users, chats and files. Chat and user ids are marked."""

    def __init__(
        self,
        seed: int = 1,
        chats: int = 0,
        messages: int = 0,
        files: tuple[int, int] = (0, 0),
        topics: int = 0,
        second_big: bool = False,
    ) -> None:
        self.seed = seed
        self.account: Account = demo_account(seed)
        self.files: FileBook = self.account.files
        self.users: dict[int, types.User] = self.account.users
        self.chats: dict[int, ChatRecord] = self.account.chats
        if chats:
            add_small_chats(self.account, chats)
        if messages:
            add_big_chats(self.account, messages, second_big)
        if files[0]:
            add_files_chat(self.account, *files)
        if topics:
            self.account.add_chat(many_topics(seed, self.files, PEOPLE, topics))
        self.latest = 0
        """The date of the newest message that was added while running."""
        self.additions = 0
        self._raw_peers: dict[int, bytes] = {}
        self._raw_sets: dict[frozenset[int], tuple[bytes, bytes]] = {}
        self._order: list[ChatRecord] | None = None
        self._lists: dict[int | None, list[ChatRecord]] = {}
        self._holders: dict[int, ChatRecord] | None = None

    @property
    def owner_id(self) -> int:
        """The id of the account's owner, and of Saved Messages."""
        return self.account.owner

    def chat(self, chat_id: int) -> ChatRecord:
        """The chat with that marked id; raises KeyError."""
        return self.chats[chat_id]

    def file_bytes(self, file_id: int, offset: int, length: int, thumb: str = "") -> bytes:
        """Bytes of a file, or of one size of a photo; raises KeyError where there is no such file."""
        return self.files.read(file_id, offset, length, thumb)

    def entity(self, peer_id: int) -> Any:
        """The TL user or chat with a marked id, None where the account doesn't know it."""
        if peer_id in self.users:
            return self.users[peer_id]
        record = self.chats.get(peer_id)
        return record.entity if record else self.account.strangers.get(peer_id)

    def named(self, username: str) -> int:
        """The marked id behind a username, 0 where nobody has it. Telegram reads usernames without regard to case."""
        return self.account.usernames().get(username.casefold().lstrip("@"), 0)

    def holder(self, message_id: int) -> ChatRecord | None:
        """The private chat or basic group with that message: they share one sequence of ids."""
        if self._holders is None:
            self._holders = {i: record for record in self.chats.values() if not record.is_channel for i in record.messages.ids}
        return self._holders.get(message_id)

    def ordered(self) -> list[ChatRecord]:
        """All chats with messages, those with the newest message first."""
        if self._order is None:
            filled = [record for record in self.chats.values() if len(record.messages)]
            self._order = sorted(filled, key=dialog_key, reverse=True)
        return self._order

    def dialogs(self, folder: int | None) -> list[ChatRecord]:
        """The chats of the main list (0), the archive (1) or both (None): the pinned first, then by their newest message."""
        if folder not in self._lists:
            shown = [r for r in self.ordered() if folder is None or r.archived == (folder == ARCHIVE)]
            pinned = sorted((r for r in shown if r.pinned), key=lambda r: r.pinned)
            self._lists[folder] = pinned + [r for r in shown if not r.pinned]
        return self._lists[folder]

    def raw_peer(self, peer_id: int) -> bytes:
        """A user or chat as it travels; empty for one that the account doesn't know."""
        raw = self._raw_peers.get(peer_id)
        if raw is None:
            entity = self.entity(peer_id)
            raw = self._raw_peers[peer_id] = bytes(entity) if entity is not None else b""
        return raw

    def raw_peers(self, peer_ids: frozenset[int]) -> tuple[bytes, bytes]:
        """The vectors `chats` and `users` of an answer that shows these peers."""
        known = self._raw_sets.get(peer_ids)
        if known is None:
            if len(self._raw_sets) > 1000:
                self._raw_sets.clear()
            chats = vector(filter(None, (self.raw_peer(p) for p in sorted(peer_ids) if p < 0)))
            users = vector(filter(None, (self.raw_peer(p) for p in sorted(peer_ids) if p > 0)))
            known = self._raw_sets[peer_ids] = (chats, users)
        return known

    def change(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Changes the account while it runs, see changes.py; returns what each change answers. Raises ValueError, TypeError, KeyError."""
        return change(self, request)

    def changed(self, peer_ids: Iterable[int] = ()) -> None:
        """Forgets what was worked out from before a change."""
        self._order = self._holders = None
        self._lists.clear()
        self._raw_sets.clear()
        for peer_id in peer_ids:
            self._raw_peers.pop(peer_id, None)


def dialog_key(record: ChatRecord) -> tuple[int, int, int]:
    """The place of a chat in the list of chats: by date, then id of its newest message, then its own id."""
    return record.last_date, record.messages.last_id, record.id
