"""What the pipeline is handed: where parts come from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tobs_tui.content import RangeHash as RangeHash
from tobs_tui.content import RemoteFile
from tobs_tui.metrics import Metrics


class PartSource(Protocol):
    """Fetches parts of files. Floods are slept through and moves to another data centre followed inside; every request has a deadline.

    All methods raise RequestFailed for a cause that may pass, ReferenceExpired when the file must be refreshed first and
    RequestRefused when it isn't to be had. `metrics` are those of the job that asks, for the requests that are sent.
    """

    async def fetch(self, file: RemoteFile, offset: int, limit: int, metrics: Metrics | None = None) -> bytes:
        """Up to `limit` bytes from `offset`; short only at the end of the file.

        `offset` and `limit` are multiples of 4 KiB, `limit` divides 1 MiB, and a part never crosses a border of 1 MiB.
        """
        ...

    async def hashes(self, file: RemoteFile, offset: int, metrics: Metrics | None = None) -> tuple[RangeHash, ...]:
        """The server's hashes from `offset` on, as many as one answer holds; empty where it has none."""
        ...

    async def refresh(self, file: RemoteFile, metrics: Metrics | None = None, beside: Iterable[RemoteFile] = ()) -> RemoteFile:
        """The same file with a fresh reference. Calls that come together share requests (100 messages each).

        Files `beside` it are wanted next: where a request has room for their messages, they are fetched with fresh references later.
        """
        ...


class FileStore(Protocol):
    """What the downloader keeps between runs, and looks up. `vault` is the vault's absolute path, `path` the file's within it."""

    async def parts(self, vault: str, path: str) -> bytes | None:
        """The map last kept for a file, None where there is none."""
        ...

    def put_parts(self, vault: str, path: str, parts: bytes | None) -> None:
        """Keep a map, soon: what comes after it is fetched again after a crash. None forgets it."""
        ...

    async def places_of(self, vault: str, key: str) -> tuple[str, ...]:
        """Paths of files that are done and have the same `RemoteFile.key`."""
        ...
