"""The chat list: all dialogs, page by page, and one chat by whatever names it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from telethon import errors
from telethon.tl import functions, types

from tobs_tui.errors import ChatNotFound
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, Folder
from tobs_tui.telegram.calls import Caller
from tobs_tui.telegram.dates import unix
from tobs_tui.telegram.folders import FolderRule, rules_of, traits_of
from tobs_tui.telegram.link import KeyUnknown
from tobs_tui.telegram.lookup import Wanted, choose, wanted
from tobs_tui.telegram.peers import Names, chat_of, input_peer, marked_id
from tobs_tui.telegram.refusals import explained, not_logged_in

PAGE = 100
MAIN, ARCHIVE = 0, 1


@dataclass(frozen=True, slots=True)
class ChatPage:
    """Some more chats, and how many there are in all, main list and archive, as the server counts."""

    chats: tuple[Chat, ...]
    total: int


@dataclass(frozen=True, slots=True)
class _Offset:
    """Where the next page of dialogs begins: behind the last one that isn't pinned."""

    date: Any = None
    id: int = 0
    peer: Any = field(default_factory=types.InputPeerEmpty)
    exclude_pinned: bool = False


class ChatList:
    """Reads dialogs and remembers the chats that it saw."""

    def __init__(self, caller: Caller, metrics: Metrics) -> None:
        self._caller = caller
        self._metrics = metrics
        self._known: dict[int, Chat] = {}
        self._complete = False
        self._reading = asyncio.Lock()

    def known(self, chat_id: int) -> Chat | None:
        """A chat that was seen, by its marked id."""
        return self._known.get(chat_id)

    def remember(self, chat: Chat) -> None:
        """Learn of a chat from elsewhere."""
        self._known.setdefault(chat.id, chat)

    async def folders(self) -> tuple[Folder, ...]:
        """The account's own folders."""
        return tuple(rule.folder for rule in await self._rules())

    async def _rules(self) -> tuple[FolderRule, ...]:
        return rules_of(await self._caller.call_retrying(functions.messages.GetDialogFiltersRequest(), self._metrics))

    async def pages(self) -> AsyncGenerator[ChatPage, None]:
        """All chats as their pages arrive: the main list, then the archive."""
        rules, main, archive = await asyncio.gather(self._rules(), self._page(MAIN, _Offset()), self._page(ARCHIVE, _Offset()))
        total = _count(main) + _count(archive)
        seen: set[int] = set()
        for folder, first in ((MAIN, main), (ARCHIVE, archive)):
            async for chats in self._list(folder, first, rules, seen):
                yield ChatPage(chats, max(total, len(seen)))
        self._complete = True

    async def _page(self, folder: int, offset: _Offset) -> Any:
        request = functions.messages.GetDialogsRequest(
            offset_date=offset.date,
            offset_id=offset.id,
            offset_peer=offset.peer,
            limit=PAGE,
            hash=0,
            exclude_pinned=offset.exclude_pinned,
            folder_id=folder,
        )
        return await self._caller.call_retrying(request, self._metrics)

    async def _list(self, folder: int, first: Any, rules: tuple[FolderRule, ...], seen: set[int]) -> AsyncIterator[tuple[Chat, ...]]:
        answer, offset = first, _Offset()
        while True:
            fresh = tuple(chat for chat in _chats(answer, rules, archived=folder == ARCHIVE) if chat.id not in seen)
            seen.update(chat.id for chat in fresh)
            self._known.update((chat.id, chat) for chat in fresh)
            if fresh:
                yield fresh
            behind = _behind(answer, offset)
            if behind is None or not fresh:
                return
            answer, offset = await self._page(folder, behind), behind

    async def find(self, text: str) -> Chat:
        """The chat that a person means. Raises ChatNotFound, with chats of similar names in `todo`."""
        want = wanted(text)
        if want.username and (chat := await self._by_username(want)):
            return chat
        if not self._complete and want.id not in self._known:
            async with self._reading:  # who looks for several chats at once reads the list once
                if not self._complete:
                    await self._read_for(want)
        return choose(want, self._known.values())

    async def _read_for(self, want: Wanted) -> None:
        """Read the list as far as it takes: to the chat of a marked id, and else to its end, since a title may come twice."""
        async with aclosing(self.pages()) as pages:
            while want.id not in self._known:
                if await anext(pages, None) is None:
                    return

    async def _by_username(self, want: Wanted) -> Chat | None:
        for chat in self._known.values():
            if chat.username.casefold() == want.username.casefold():
                return chat
        try:
            request = functions.contacts.ResolveUsernameRequest(want.username)
            answer = await self._caller.ask_retrying(request, self._metrics)
        except (errors.UsernameInvalidError, errors.UsernameNotOccupiedError) as error:
            if want.title:
                return None  # a word without `@`, which may be a title as well
            raise ChatNotFound(f"No chat is called {want.shown}", "nobody has this name") from error
        except errors.RPCError as error:
            raise explained(error) from error
        except KeyUnknown as error:
            raise not_logged_in() from error
        names = Names(answer.users, answer.chats)
        chat = chat_of(names.entity(marked_id(answer.peer)))
        self.remember(chat)
        return self._known[chat.id]


def _count(answer: Any) -> int:
    dialogs = [dialog for dialog in answer.dialogs if isinstance(dialog, types.Dialog)]
    return max(len(dialogs), getattr(answer, "count", 0))


def _chats(answer: Any, rules: tuple[FolderRule, ...], *, archived: bool) -> list[Chat]:
    names = Names(answer.users, answer.chats)
    tops = {(marked_id(message.peer_id), message.id): message for message in answer.messages}
    chats = []
    for dialog in answer.dialogs:
        if not isinstance(dialog, types.Dialog):
            continue  # dialogFolder: the archive's own row in the main list
        marked = marked_id(dialog.peer)
        entity = names.entity(marked)
        if entity is not None:
            top = tops.get((marked, dialog.top_message))
            chats.append(_chat(dialog, entity, unix(getattr(top, "date", None)), rules, archived=archived))
    return chats


def _chat(dialog: Any, entity: Any, date: int, rules: tuple[FolderRule, ...], *, archived: bool) -> Chat:
    traits = traits_of(dialog, entity)
    is_self = bool(getattr(entity, "is_self", False))
    return replace(
        chat_of(entity),
        unread=dialog.unread_count,
        last_message_id=dialog.top_message,
        last_date=date,
        pinned=bool(dialog.pinned),
        archived=archived,
        folders=tuple(rule.folder.id for rule in rules if rule.holds(traits, is_self=is_self)),
    )


def _behind(answer: Any, before: _Offset) -> _Offset | None:
    """Where the page after this one, which began at `before`, begins; None behind the last one.

    Pinned dialogs stand in front whatever their date, all of them in the first page: they are no offset, and are left out from then on.
    Nor is one whose newest message isn't shown, as it has no date; where no other is there, its peer and message must do.
    """
    if not isinstance(answer, types.messages.DialogsSlice) or not answer.dialogs:
        return None
    names = Names(answer.users, answer.chats)
    dates = {(marked_id(message.peer_id), message.id): getattr(message, "date", None) for message in answer.messages}
    undated = replace(before, exclude_pinned=True)
    for dialog in reversed(answer.dialogs):
        marked = marked_id(dialog.peer)
        date, entity = dates.get((marked, dialog.top_message)), names.entity(marked)
        if dialog.pinned or entity is None:
            continue
        if date is not None:
            return _Offset(date, dialog.top_message, input_peer(chat_of(entity)), True)
        if undated.peer is before.peer:
            undated = _Offset(before.date, dialog.top_message, input_peer(chat_of(entity)), True)
    return undated
