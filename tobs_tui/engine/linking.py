"""Links between messages of a vault: written as words first, and led to their targets when the queue is empty.

A block is written without any link to another chat, and remembered with what it points at. When nothing is left to run, blocks whose
targets are in the vault by then are rendered again with and without the links, and the lines that differ are replaced. What stands in
the vault in the end depends on what is in it, never on the order in which it came.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

import msgspec

from tobs_tui.engine.pointing import Kept, message_of
from tobs_tui.errors import TobsError
from tobs_tui.model import Chat, ExportOptions
from tobs_tui.notes.message import RenderContext, ReplyTarget, render
from tobs_tui.notes.targets import Target
from tobs_tui.pipeline.records import ARTICLE, ArticleRecord, BlockChange, ChatState, LinkTarget, OpenLink
from tobs_tui.pipeline.store import Store

log = logging.getLogger(__name__)


class Linker:
    """Settles the links of vaults that something was written to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed: set[str] = set()
        self._turn = asyncio.Lock()

    def changed(self, vault: str) -> None:
        """A job wrote to a vault: its links are looked at with the next `settle`."""
        self._changed.add(vault)

    async def settle(self) -> list[TobsError]:
        """Lead what can be led; returns what went wrong. A vault that failed is looked at again after the next job that writes to it."""
        troubles = []
        async with self._turn:
            while self._changed:
                try:
                    await self._settle(self._changed.pop())
                except TobsError as error:
                    log.warning("links can't be settled: %s", error)
                    troubles.append(error)
        return troubles

    async def _settle(self, vault: str) -> None:
        await self._store.checkpoint(vault)
        states = {state.id: state for state in await self._store.chats(vault)}
        usernames = {state.username.casefold(): state.id for state in states.values() if state.username}
        indexed = [state.id for state in states.values() if state.exported_at]
        for note in await self._store.links.ready(vault, usernames, indexed):
            links = await self._store.links.open(vault, note)
            there = await self._found(vault, links, states)
            kept = await self._store.links.articles(vault, {path for link in links for path in _articles(link.settled | link.ready)})
            changes = (_change(link, states[link.chat_id], there, kept) for link in links if link.chat_id in states)
            await self._store.links.settle(vault, note, tuple(change for change in changes if change.lines))

    async def _found(self, vault: str, links: Iterable[OpenLink], states: Mapping[int, ChatState]) -> dict[tuple[int, int], ReplyTarget]:
        """Where the targets stand, by marked chat id and message id; a whole chat by its index note."""
        wanted: dict[int, set[int]] = {}
        for link in links:
            for target in (target for target in link.settled | link.ready if link.chats[target]):
                wanted.setdefault(link.chats[target], set()).add(target.message_id)
        found = {(chat, 0): ReplyTarget(states[chat].name, "", "") for chat in wanted if chat in states}
        for chat, ids in wanted.items():
            messages = await self._store.replies(vault, chat, ids - {0})
            found |= {(chat, id): ReplyTarget(PurePosixPath(at.note).stem, at.author, at.snippet) for id, at in messages.items()}
        return found


def _articles(targets: Iterable[LinkTarget]) -> set[str]:
    """The paths of those targets that are articles."""
    return {target.name.removeprefix(ARTICLE) for target in targets if target.name.startswith(ARTICLE)}


def _change(
    link: OpenLink, state: ChatState, there: Mapping[tuple[int, int], ReplyTarget], kept: Mapping[str, ArticleRecord]
) -> BlockChange:
    """The lines of a block that the links make another. A message that breaks the renderer costs its own links, never the others'."""
    try:
        record = msgspec.json.decode(link.body, type=Kept)
        before, after = (
            _lines(record, state, _links(link, targets, there), {path: kept[path] for path in _articles(targets) if path in kept})
            for targets in (link.settled, link.settled | link.ready)
        )
        changed = tuple((old, new) for old, new in zip(before, after, strict=True) if old != new)
    except Exception as defect:  # whatever a sender's message sets off must stay with that message
        log.error("message %s of chat %s can't be linked", link.message_id, link.chat_id, exc_info=defect)
        changed = ()
    return BlockChange(link.message_id, changed)


def _links(link: OpenLink, targets: Iterable[LinkTarget], there: Mapping[tuple[int, int], ReplyTarget]) -> dict[Target, ReplyTarget]:
    places = {target: there.get((link.chats[target], target.message_id)) for target in targets}
    return {Target(target.chat_id, target.name, target.message_id): place for target, place in places.items() if place}


def _lines(record: Kept, state: ChatState, links: Mapping[Target, ReplyTarget], articles: Mapping[str, ArticleRecord]) -> list[str]:
    context = RenderContext(
        chat=Chat(state.id, state.kind, state.title),
        name=state.name,
        folder=state.folder,
        zone=ZoneInfo(state.timezone),
        options=ExportOptions("", layout=record.layout),
        replies={target.message_id: place for target, place in links.items() if target.chat_id == state.id},
        links=links,
        articles=dict(record.articles),
        kept={path: (each.note, each.title, each.reason) for path, each in articles.items()},
    )
    return render(tuple(map(message_of, record.block)), context).text.split("\n")
