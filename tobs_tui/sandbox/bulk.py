"""Any number on demand: small chats by the thousand, one chat of any number of messages, a chat of large files.

Nothing of it is stored: a message is computed from its id when it is asked for, by filling the id, date and answered id into the
serialised form of one of a few templates (about a microsecond each), so a chat of a million messages costs its ids alone.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from telethon.tl import types

from tobs_tui.model import CHANNEL_MARK
from tobs_tui.sandbox.chats import ChatRecord, History, peers_in
from tobs_tui.sandbox.crowd import MEMBERS, REPLY_DISTANCE, START, Template, add_crowd, templates
from tobs_tui.sandbox.files import RANGE, FileBook, FileSpec
from tobs_tui.sandbox.generator import TlMessage, peer_of
from tobs_tui.sandbox.people import access_hash, user
from tobs_tui.sandbox.seeding import number

if TYPE_CHECKING:
    from tobs_tui.sandbox.account import Account

BIG_CHAT = -CHANNEL_MARK - 1_700_000_000
FILES_CHAT = -CHANNEL_MARK - 1_700_000_001
SECOND_BIG_CHAT = -CHANNEL_MARK - 1_700_000_002
SMALL_CHANNELS = -CHANNEL_MARK - 1_600_000_000
SMALL_USERS = 700_000_000
SMALL_LIMIT = 30_000
"""Small private chats take their message ids below the demo account's, so there can't be more of them."""

SPAN = 15 * 30 * 86_400
MOVED = 20
"""Each so-manieth large file lies at another data centre than its message says."""


class ComputedHistory(History):
    """A history whose messages are made from their ids by `compute`; what was changed since is kept as in any history."""

    def __init__(self, files: FileBook, ids: array[int], compute: Callable[[int], TlMessage], date: Callable[[int], int]) -> None:
        super().__init__(files)
        self.ids = ids
        self._compute = compute
        self._date = date

    def __getitem__(self, message_id: int) -> TlMessage:
        if message_id in self._own:
            return self._own[message_id]
        if self.place(message_id) < 0:
            raise KeyError(message_id)
        return self._compute(message_id)

    def date(self, message_id: int) -> int:
        return super().date(message_id) if message_id in self._own else self._date(message_id)

    def raw(self, message_id: int) -> bytes:
        return super().raw(message_id) if message_id in self._own else self.computed_raw(message_id)

    def peers(self, message_id: int) -> frozenset[int]:
        return super().peers(message_id) if message_id in self._own else self.computed_peers(message_id)

    def computed_raw(self, message_id: int) -> bytes:
        """A message that nobody changed, as it travels."""
        return bytes(self._compute(message_id))

    def computed_peers(self, message_id: int) -> frozenset[int]:
        """Who appears in a message that nobody changed."""
        return frozenset(peers_in(self._compute(message_id)))


class BigHistory(ComputedHistory):
    """The big chat's history: a template for each id."""

    def __init__(self, files: FileBook, count: int, shapes: list[Template]) -> None:
        self._shapes = shapes
        ids = array("q", (i for i in range(1, count + count // 20 + 200) if not is_hole(i)))[:count]
        self._last = ids[-1]
        super().__init__(files, ids, self._message, self._when)

    def _when(self, message_id: int) -> int:
        return START + (message_id - 1) * SPAN // self._last

    def _template(self, message_id: int) -> Template:
        return self._shapes[(message_id * 2_654_435_761 >> 7) % len(self._shapes)]

    def _message(self, message_id: int) -> TlMessage:
        make = self._template(message_id).make
        return make(message_id, self._when(message_id), message_id - REPLY_DISTANCE, f"{message_id:08d}")

    def computed_raw(self, message_id: int) -> bytes:
        return self._template(message_id).raw(message_id, self._when(message_id))

    def computed_peers(self, message_id: int) -> frozenset[int]:
        return self._template(message_id).peers


def is_hole(message_id: int) -> bool:
    """Ids of the big chat whose messages were deleted: single ones, and a run of 60 in every 10,000."""
    return message_id % 41 == 17 or 5000 <= message_id % 10_000 < 5060


def add_big_chats(account: Account, count: int, second: bool) -> None:
    """A supergroup of exactly `count` messages, or two of them by the same people."""
    add_crowd(account)
    add_big_chat(account, BIG_CHAT, count, "Big chat", "big_chat")
    if second:
        add_big_chat(account, SECOND_BIG_CHAT, count, "Second big chat", "second_big_chat")


def add_big_chat(account: Account, chat_id: int, count: int, title: str, username: str) -> None:
    """A supergroup of exactly `count` messages."""
    seed = account.seed
    entity = channel(seed, chat_id, title, username=username, megagroup=True)
    account.add_chat(ChatRecord(chat_id, entity, BigHistory(account.files, count, templates(seed, chat_id)), unread=12))


def channel(seed: int, chat_id: int, title: str, *, username: str = "", megagroup: bool = False) -> types.Channel:
    """A channel, or a supergroup."""
    return types.Channel(
        id=-chat_id - CHANNEL_MARK,
        title=title,
        photo=types.ChatPhotoEmpty(),
        date=START,
        access_hash=access_hash(seed, chat_id),
        username=username or None,
        megagroup=megagroup or None,
        broadcast=(not megagroup) or None,
        participants_count=MEMBERS,
    )


def add_files_chat(account: Account, count: int, size: int) -> None:
    """A channel of `count` documents of `size` bytes each."""
    seed = account.seed
    ids = [number(seed, "large file", i) for i in range(count)]
    places = {file_id: i for i, file_id in enumerate(ids)}

    def spec(file_id: int) -> FileSpec:
        return FileSpec(file_id, access_hash(seed, file_id), dc=1 + places[file_id] % 2, size=size, range=RANGE)

    def message(message_id: int) -> types.Message:
        file = spec(ids[message_id - 1])
        document = types.Document(
            id=file.id,
            access_hash=file.access_hash,
            file_reference=account.files.reference(file.id),
            date=date(message_id),
            mime_type="application/octet-stream",
            size=size,
            dc_id=3 - file.dc if message_id % MOVED == 0 else file.dc,
            attributes=[types.DocumentAttributeFilename(f"large {message_id}.bin")],
        )
        media = types.MessageMediaDocument(document=document)
        return types.Message(id=message_id, peer_id=peer_of(FILES_CHAT), date=date(message_id), message="", post=True, media=media)

    def date(message_id: int) -> int:
        return START + message_id * 3600

    account.files.find_more = lambda file_id: spec(file_id) if file_id in places else None
    history = ComputedHistory(account.files, array("q", range(1, count + 1)), message, date)
    account.add_chat(ChatRecord(FILES_CHAT, channel(seed, FILES_CHAT, "Large files", username="large_files"), history))


def add_small_chats(account: Account, count: int) -> None:
    """`count` small chats of one to three messages, older than the demo account's; half private, half channels and supergroups."""
    if count > SMALL_LIMIT:
        raise ValueError(f"at most {SMALL_LIMIT} small chats")
    for index in range(count):
        account.add_chat(small_chat(account, index, count))


def small_chat(account: Account, index: int, count: int) -> ChatRecord:
    """The small chat with that number. Every ninth is archived."""
    seed = account.seed
    title = f"{('Chat', 'Чат', '会話', 'Gruppe')[index % 4]} {index:05d}"
    if index % 2:
        chat_id = SMALL_CHANNELS - index
        entity: Any = channel(seed, chat_id, title, megagroup=index % 4 == 1)
        first, ids = 1, array("q", range(1, 2 + index % 3))
    else:
        chat_id = SMALL_USERS + index
        entity = account.add_user(user(seed, chat_id, title, contact=index % 3 == 0))
        first = 1 + 3 * index
        ids = array("q", range(first, first + 1 + index % 3))
    born = START - (count - index) * 60 - 600

    def message(message_id: int) -> types.Message:
        text = f"{title}: message {message_id}"
        return types.Message(
            id=message_id, peer_id=peer_of(chat_id), date=born + message_id - first, message=text, post=chat_id < 0 or None
        )

    history = ComputedHistory(account.files, ids, message, lambda message_id: born + message_id - first)
    return ChatRecord(chat_id, entity, history, archived=index % 9 == 1, unread=int(index % 5 == 0))
