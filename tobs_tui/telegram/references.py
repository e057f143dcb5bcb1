"""Fresh file references: messages are fetched again, as many as one request holds, and what they showed is used from then on."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from telethon.tl import functions, types

from tobs_tui.content import RemoteFile
from tobs_tui.errors import FileGone
from tobs_tui.metrics import Metrics
from tobs_tui.model import CHANNEL_MARK, Chat, bare_id
from tobs_tui.telegram.calls import Caller
from tobs_tui.telegram.convert_media import files_of

# The most messages that one request by id brings, how long (seconds) the first one waits for company, how many references are kept.
BATCH = 100
GATHER_SECONDS = 0.02
KEPT = 20_000

_Shown = tuple[int, int, str]
"""A file as a message shows it: its chat, the message, the file's key. A reference is good for one of these."""
_Waiting = list[tuple[RemoteFile, asyncio.Future[RemoteFile]]]


def _shown(file: RemoteFile) -> _Shown:
    return file.chat_id, file.message_id, file.key


class References:
    """References by chat. References expire together, so those of files that come next are renewed along with one that is refused."""

    def __init__(self, caller: Caller, find: Callable[[int], Awaitable[Chat]]) -> None:
        self._caller = caller
        self._find = find
        self._known: OrderedDict[_Shown, RemoteFile] = OrderedDict()
        self._waiting: dict[int, _Waiting] = {}
        self._beside: dict[int, tuple[RemoteFile, ...]] = {}
        self._reading: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: set[asyncio.Task[None]] = set()

    def current(self, file: RemoteFile) -> RemoteFile:
        """The file with the freshest reference that is known."""
        return self._known.get(_shown(file), file)

    async def fresh(self, file: RemoteFile, metrics: Metrics, beside: Iterable[RemoteFile]) -> RemoteFile:
        """The file with another reference than it has. Raises FileGone, and as Caller.call."""
        if known := self._newer(file):
            return known
        future: asyncio.Future[RemoteFile] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(file.chat_id, [])
        waiting.append((file, future))
        self._beside[file.chat_id] = tuple(beside)
        if len(waiting) == 1:
            task = asyncio.get_running_loop().create_task(self._gather(file.chat_id, metrics))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    def _newer(self, file: RemoteFile) -> RemoteFile | None:
        known = self._known.get(_shown(file))
        return known if known and known.reference != file.reference else None

    async def _gather(self, chat_id: int, metrics: Metrics) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        async with self._reading[chat_id]:
            waiting = [pair for pair in self._waiting.pop(chat_id) if not self._answered(*pair)]
            ids = sorted({file.message_id for file, _ in waiting})
            for batch in (frozenset(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)):
                await self._answer(chat_id, batch, [pair for pair in waiting if pair[0].message_id in batch], metrics)

    def _answered(self, file: RemoteFile, future: asyncio.Future[RemoteFile]) -> bool:
        """Whether nobody waits any more; those whose messages were read for others meanwhile get their answer here."""
        if not future.done() and (known := self._newer(file)):
            future.set_result(known)
        return future.done()

    async def _answer(self, chat_id: int, batch: frozenset[int], waiting: _Waiting, metrics: Metrics) -> None:
        beside = [file for file in self._beside.get(chat_id, ()) if file.message_id not in batch][: BATCH - len(batch)]
        try:
            found = await self._read(chat_id, sorted(batch.union(file.message_id for file in beside)), metrics)
            for file, future in waiting:
                fresh = self._keep(file, found.get(file.message_id))
                if not future.done():
                    _settle(fresh, future)
            for file in beside:
                self._keep(file, found.get(file.message_id))
        except Exception as error:  # noqa: BLE001 - not swallowed: each of those who wait raises it
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)

    async def _read(self, chat_id: int, ids: list[int], metrics: Metrics) -> dict[int, Any]:
        """The messages' media, or what happened in them, by message id; None in it where a message has neither."""
        wanted = [types.InputMessageID(each) for each in ids]
        request: Any = functions.messages.GetMessagesRequest(wanted)
        if chat_id <= -CHANNEL_MARK:
            chat = await self._find(chat_id)
            request = functions.channels.GetMessagesRequest(types.InputChannel(bare_id(chat_id), chat.access_hash), wanted)
        answer = await self._caller.call(request, metrics)
        return {message.id: getattr(message, "media", None) or getattr(message, "action", None) for message in answer.messages}

    def _keep(self, file: RemoteFile, media: Any) -> RemoteFile | None:
        """What a message shows of a file now, from now on; None where it doesn't show it any more."""
        fresh = next((each for each in files_of(media, file.chat_id, file.message_id) if each.key == file.key), None)
        if fresh is not None:
            self._known[_shown(file)] = fresh
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return fresh


def _settle(fresh: RemoteFile | None, future: asyncio.Future[RemoteFile]) -> None:
    if fresh is None:
        future.set_exception(FileGone("The file is gone", "its message was deleted, or shows another file by now"))
    else:
        future.set_result(fresh)
