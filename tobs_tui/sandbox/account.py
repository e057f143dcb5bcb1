"""The account itself: who owns it, whom and which chats it knows, and its own folders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from telethon.tl import types

from tobs_tui.sandbox.chats import ChatRecord
from tobs_tui.sandbox.files import FileBook
from tobs_tui.sandbox.people import user

OWNER = 4_242_000_001
API_ID = 17_349
API_HASH = "344583e45741c457fe1862106095a5eb"


@dataclass(slots=True)
class Account:
    """What a World is made of. `strangers` are chats that only appear inside of messages; ids are marked.

    `takeout_id` is that of the open takeout, `takeout_asked` when (monotonic seconds) one was asked for first; 0 for none.
    """

    seed: int
    files: FileBook
    owner: int = OWNER
    phone: str = "+9996620001"
    code: str = "22222"
    password: str = "correct horse"  # noqa: S105 - of a made-up account
    hint: str = "battery staple"
    api_id: int = API_ID
    api_hash: str = API_HASH
    users: dict[int, types.User] = field(default_factory=dict)
    chats: dict[int, ChatRecord] = field(default_factory=dict)
    strangers: dict[int, Any] = field(default_factory=dict)
    filters: list[Any] = field(default_factory=list)
    takeout_id: int = 0
    takeout_asked: float = 0.0
    next_id: int = 1
    """The next id of the sequence that private chats and basic groups share."""

    def add_user(self, entity: types.User) -> types.User:
        self.users[entity.id] = entity
        return entity

    def add_chat(self, record: ChatRecord) -> ChatRecord:
        self.chats[record.id] = record
        return record

    def usernames(self) -> dict[str, int]:
        """Marked ids by username, in small letters."""
        found = {entity.username.casefold(): user_id for user_id, entity in self.users.items() if entity.username}
        return found | {record.username.casefold(): record.id for record in self.chats.values() if record.username}


def new_account(seed: int) -> Account:
    """An account with nobody in it but its owner."""
    account = Account(seed, FileBook(seed))
    account.add_user(user(seed, OWNER, "Robin", "Demo", "robin_demo", phone=account.phone.lstrip("+"), contact=True, is_self=True))
    return account
