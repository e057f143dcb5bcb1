"""Chats that belong to the one that is exported: brought along with it, and linked to it in the index notes of both."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tobs_tui.engine.job import Job
from tobs_tui.engine.stations import Stations
from tobs_tui.errors import RequestRefused
from tobs_tui.model import Chat, ChatKind, Relatives
from tobs_tui.notes.index import Relation, relation_line, with_relation
from tobs_tui.notes.layout import index_path
from tobs_tui.pipeline.vault import Vault, disk_errors

log = logging.getLogger(__name__)
Beside = Callable[[Job, Chat], Awaitable[None]]
"""Queues a chat beside the job that it belongs to."""

_BACK = {
    Relation.BEFORE: Relation.AFTER,
    Relation.AFTER: Relation.BEFORE,
    Relation.COMMENTS: Relation.CHANNEL,
    Relation.CHANNEL: Relation.COMMENTS,
}


class Kin:
    """The relatives of one job's chat. Two chats know of each other from either side, so that the order of their jobs doesn't show."""

    def __init__(self, job: Job, vault: Vault, stations: Stations, beside: Beside) -> None:
        self._job = job
        self._root = job.options.vault
        self._vault = vault
        self._telegram = stations.telegram
        self._store = stations.store
        self._beside = beside
        self.turn = stations.indexing
        self._known: dict[Relation, int] = {}
        self.about = ""
        """How the chat describes itself; the sender's, uncleaned."""

    async def look(self) -> Chat | None:
        """Ask Telegram, and queue what comes along: the history before a supergroup always, a channel's comments by choice.

        Returns the chat that is linked to this one. Raises VaultError and the RequestErrors that pass.
        """
        chat, options = self._job.chat, self._job.options
        found = await self._relatives()
        self.about = found.about
        linked = Relation.COMMENTS if chat.kind is ChatKind.CHANNEL else Relation.CHANNEL
        ids = {Relation.BEFORE: found.before and found.before.id, linked: found.linked and found.linked.id, Relation.AFTER: chat.successor}
        self._known = {relation: number for relation, number in ids.items() if number}
        if found.before and not options.topics:
            await self._beside(self._job, found.before)
        if found.linked and options.comments and chat.kind is ChatKind.CHANNEL:
            await self._beside(self._job, found.linked)
        return found.linked

    def remember(self, about: str, before: int) -> None:
        """Take what an earlier look brought, of a chat that has no linked one."""
        ids = {Relation.BEFORE: before, Relation.AFTER: self._job.chat.successor}
        self.about, self._known = about, {relation: number for relation, number in ids.items() if number}

    @property
    def before(self) -> int:
        """The marked id of the basic group that the chat was, 0 for none."""
        return self._known.get(Relation.BEFORE, 0)

    async def _relatives(self) -> Relatives:
        try:
            return await self._telegram.relatives(self._job.chat, self._job.metrics)
        except RequestRefused as refused:
            log.info("Telegram doesn't tell what belongs to chat %s: %s", self._job.chat.id, refused)
            return Relatives()

    async def related(self) -> tuple[tuple[Relation, str], ...]:
        """Relatives that have an index note, by its name."""
        return tuple((relation, name) for relation, name, path in await self._noted())

    async def _noted(self) -> list[tuple[Relation, str, str]]:
        found = []
        for relation, number in self._known.items():
            # Not by Store.chat: that lets a job go on whose blocks an error of the disk undid.
            state = await self._store.remembered.chat(self._root, number)
            if state and state.folder:
                path = index_path(state.folder, state.name)
                if await asyncio.to_thread(self._vault.path(path).is_file):
                    found.append((relation, state.name, path))
        return found

    async def tell(self, name: str) -> None:
        """Let the index notes of the relatives lead to this chat's, which has this name. Raises VaultError."""
        for relation, _, path in await self._noted():
            await asyncio.to_thread(self._add, path, relation_line(_BACK[relation], name))

    def _add(self, path: str, line: str) -> None:
        with disk_errors(f"The note {path} can't be read"):
            old = self._vault.path(path).read_text("utf-8", errors="replace")
        if (new := with_relation(old, line)) != old:
            self._vault.write_whole(path, new.encode())
