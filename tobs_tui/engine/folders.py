"""Which folder of a vault is whose chat's: settled when chats are queued, so that the order of jobs never shows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from zoneinfo import available_timezones

from tobs_tui.engine.moved import follow, moved_of
from tobs_tui.engine.shelf import Place, Shelf, look_through, notes_of, row_of
from tobs_tui.errors import VaultError
from tobs_tui.model import Chat, ExportOptions, bare_id
from tobs_tui.notes.articles import FOLDER
from tobs_tui.notes.layout import chat_folder
from tobs_tui.notes.names import chat_name, unique_name
from tobs_tui.pipeline.records import ChatState
from tobs_tui.pipeline.store import Store
from tobs_tui.pipeline.vault import Vault

# Folders beside those of chats.
RESERVED = frozenset({FOLDER.casefold()})
SHELF_SECONDS = 60.0
"""A look through a vault serves the chats of one command, and those that turn up so soon after it: people move folders meanwhile."""


class Folders:
    """Gives each chat a name and a folder that no other one has, and keeps them when titles change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shelves: dict[str, tuple[float, Shelf]] = {}
        self._turn = asyncio.Lock()  # between the look at the names that are taken and the next one

    async def reserve(self, chats: Iterable[Chat], options: ExportOptions) -> None:
        """Settle the names of chats that are queued together: of equal titles the smallest id keeps the plain one. What is known of a chat
        is left to its job, which may run and change it. Raises VaultError and CacheError.
        """
        await self._store.vault(options.vault)
        async with self._turn:
            self._shelves.pop(options.vault, None)
            known = {state.id: state for state in await self._store.chats(options.vault)}
            taken = await self._store.taken_names(options.vault) | RESERVED
            for chat in sorted(chats, key=lambda chat: (bare_id(chat.id), chat.id)):
                state = known.get(chat.id)
                if state is None or not state.folder:
                    state = await self._settle(chat, options, state, taken)
                taken.add(state.name.casefold())
        await self._store.checkpoint(options.vault)

    async def reserve_beside(self, chat: Chat, options: ExportOptions) -> None:
        """Settle the name of a chat that comes along with another one. When that is depends on the order of jobs, so that a new name
        has the chat's id. Raises VaultError."""
        async with self._turn:
            if await self._store.chat(options.vault, chat.id) is None:
                plain = chat_name(chat.title, _fallback(chat)).casefold()
                await self._settle(chat, options, None, await self._store.taken_names(options.vault) | {plain})
        await self._store.checkpoint(options.vault)

    async def state(self, chat: Chat, options: ExportOptions) -> ChatState:
        """Where the chat stands in the vault, with the title that it has now; made when it is new.

        The cache knows a folder before anything lies in it: otherwise the next run would take it for somebody else's.
        Raises VaultError and CacheError.
        """
        vault = await self._store.vault(options.vault)
        await self._prove_mounted(vault, options)
        known = await self._store.chat(options.vault, chat.id)
        if known and known.folder:
            known = await follow(self._store, vault, chat, known, options)
        async with self._turn:
            known = known or await self._store.chat(options.vault, chat.id)
            taken = set() if known else await self._store.taken_names(options.vault) | RESERVED
            state = await self._settle(chat, options, known, taken)
        if not state.messages:
            await self._store.checkpoint(options.vault)
        return state

    async def _prove_mounted(self, vault: Vault, options: ExportOptions) -> None:
        """An empty folder that notes were written to is the place of a disk that isn't mounted, rather than a wish. Raises VaultError.

        Notes are asked for first: another job may be writing the vault's first ones.
        """
        if options.restore or not await self._store.places.any_notes(options.vault):
            return
        if await asyncio.to_thread(vault.is_empty):
            todo = "Is its disk mounted? If you emptied it, export with restore (--restore)"
            raise VaultError(f"The vault {vault.root} is empty", "notes were written there before", todo)

    async def _settle(self, chat: Chat, options: ExportOptions, known: ChatState | None, taken: Collection[str]) -> ChatState:
        state = known if known and known.folder else await self._new(chat, options, taken)
        if known is None or (known.title, known.kind, known.username) != (chat.title, chat.kind, chat.username):
            state = replace(state, title=chat.title, kind=chat.kind, username=chat.username)
            await self._store.put_chat(options.vault, state)
        return state

    async def _new(self, chat: Chat, options: ExportOptions, taken: Collection[str]) -> ChatState:
        """A chat that the cache doesn't know: it may lie in the vault all the same, when the cache was lost. The user's own notes keep
        their names, so that links to them and to the chat differ."""
        wanted = chat_name(chat.title, _fallback(chat))
        shelf = await self._shelf(options.vault)
        if place := shelf.place(chat, wanted):
            return await self._adopt(chat, options, shelf, place)
        name = unique_name(wanted, {*taken, *shelf.taken}, bare_id(chat.id))
        return ChatState(chat.id, chat_folder(name), name, chat.title, chat.kind, options.timezone)

    async def _shelf(self, root: str) -> Shelf:
        """What lies in a vault, as of a moment ago at most."""
        looked, shelf = self._shelves.get(root, (0.0, None))
        if shelf is None or time.monotonic() - looked > SHELF_SECONDS:
            vault = await self._store.vault(root)
            shelf = await asyncio.to_thread(look_through, vault)
            self._shelves[root] = time.monotonic(), shelf
        return shelf

    async def _adopt(self, chat: Chat, options: ExportOptions, shelf: Shelf, place: Place) -> ChatState:
        """Take over what lies there. What the cache knew of its messages is read again from Telegram, as a hole."""
        vault = await self._store.vault(options.vault)
        notes = notes_of(shelf, chat, place)
        rows = await asyncio.to_thread(lambda: tuple(row_of(vault, chat.id, note.path) for note in notes))
        zone = place.timezone if place.timezone in available_timezones() else options.timezone
        state = ChatState(chat.id, place.folder, place.name, chat.title, chat.kind, zone)
        last = max((row.last_id for row in rows), default=0)
        state = replace(state, holes=((0, last),) if last else (), moved=moved_of(notes, place))
        await self._store.adopt(options.vault, state, rows)
        return state


def _fallback(chat: Chat) -> str:
    return f"{chat.kind} {bare_id(chat.id)}"
