"""Parts of files, their hashes, and fresh references: what the downloader is handed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from telethon.tl import functions, types

from tobs_tui.content import RangeHash, RemoteFile
from tobs_tui.errors import RequestRefused
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat
from tobs_tui.telegram.calls import Caller
from tobs_tui.telegram.references import References

log = logging.getLogger(__name__)


def location_of(file: RemoteFile) -> Any:
    """How a request names a file."""
    reference = bytes.fromhex(file.reference)
    if file.thumb:
        return types.InputPhotoFileLocation(file.id, file.access_hash, reference, file.thumb)
    return types.InputDocumentFileLocation(file.id, file.access_hash, reference, "")


class Files:
    """Fetches from transfer lines. Each method may count in a job's metrics instead of the account's."""

    def __init__(self, caller: Caller, metrics: Metrics, find: Callable[[int], Awaitable[Chat]]) -> None:
        self._caller = caller
        self._metrics = metrics
        self._references = References(caller, find)
        self._moved: dict[str, int] = {}

    async def fetch(self, file: RemoteFile, offset: int, limit: int, metrics: Metrics | None = None) -> bytes:
        """As PartSource.fetch."""
        request = functions.upload.GetFileRequest(location_of(self._references.current(file)), offset, limit)
        answer = await self._ask(file, request, metrics or self._metrics)
        if not isinstance(answer, types.upload.File):
            raise RequestRefused("Telegram refused a request", f"it answered a part of a file with {type(answer).__name__}")
        return bytes(answer.bytes)

    async def hashes(self, file: RemoteFile, offset: int, metrics: Metrics | None = None) -> tuple[RangeHash, ...]:
        """As PartSource.hashes."""
        request = functions.upload.GetFileHashesRequest(location_of(self._references.current(file)), offset)
        answer = await self._ask(file, request, metrics or self._metrics)
        return tuple(RangeHash(each.offset, each.limit, bytes(each.hash)) for each in answer)

    async def _ask(self, file: RemoteFile, request: Any, metrics: Metrics) -> Any:
        def moved(dc: int) -> None:
            self._moved[file.key] = dc

        dc = self._moved.get(file.key, file.dc)
        return await self._caller.call(request, metrics, dc=dc, transfer=True, moved=moved)

    async def refresh(self, file: RemoteFile, metrics: Metrics | None = None, beside: Iterable[RemoteFile] = ()) -> RemoteFile:
        """As PartSource.refresh."""
        return await self._references.fresh(file, metrics or self._metrics, beside)
