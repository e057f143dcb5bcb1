"""Room on the vaults' disks: a job that would leave too little waits, with words, until there is enough again."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tobs_tui.engine.job import Job
from tobs_tui.errors import VaultError
from tobs_tui.notes.files import size_words
from tobs_tui.pipeline.vault import disk_errors

LOOK_SECONDS = 1.0
"""A reading of the disk holds so long; those who wait look as often."""


@dataclass(frozen=True, slots=True)
class _Reading:
    free: int
    at: float


@dataclass(slots=True, eq=False)
class _Promise:
    """Room for a file: `size` bytes of it were still to come when the disk was read last."""

    size: int
    rest: Callable[[], int]


def free_bytes(root: str) -> int:
    """Bytes that this user may still write on the disk of a folder. Raises VaultError; blocks."""
    with disk_errors(f"The disk of {root} doesn't tell its room"):
        return shutil.disk_usage(root).free


def room_left(root: str, reserve: int) -> int | None:
    """Bytes that may be written to a folder, which needn't be there yet, before the reserve is touched; None where the disk doesn't tell.
    Blocks."""
    try:
        with disk_errors(f"The disk of {root} doesn't tell its room"):
            there = next(place for place in (Path(root), *Path(root).parents) if place.is_dir())
        return free_bytes(str(there)) - reserve
    except (VaultError, StopIteration):
        return None


class Room:
    """Keeps `reserve` bytes free on each vault's disk. `free` tells what is left there, `pause` is the time between looks in seconds."""

    def __init__(self, reserve: int, free: Callable[[str], int] = free_bytes, pause: float = LOOK_SECONDS) -> None:
        self._reserve = reserve
        self._free = free
        self._pause = pause
        self._readings: dict[str, _Reading] = {}
        self._promises: defaultdict[str, list[_Promise]] = defaultdict(list)

    @asynccontextmanager
    async def held(self, job: Job, size: int, rest: Callable[[], int] | None = None) -> AsyncIterator[None]:
        """Enclose the coming of `size` bytes: it begins when there is room for them and for all that are under way.

        `rest` tells how many of them are still to come: the others are missing on the disk already.
        """
        await self.wait(job, size)
        promise = _Promise(size, rest or (lambda: size))
        promises = self._promises[job.options.vault]
        promises.append(promise)
        try:
            yield
        finally:
            promises.remove(promise)

    async def wait(self, job: Job, size: int = 0) -> None:
        """Return when `size` more bytes leave the reserve untouched; meanwhile the job says what it lacks. Raises VaultError."""
        words = await self._lack(job.options.vault, size)
        if not words:
            return
        job.short += 1
        try:
            while words:
                job.lack = words
                await asyncio.sleep(self._pause)
                words = await self._lack(job.options.vault, size)
        finally:
            job.short -= 1

    async def full(self, job: Job, size: int) -> bool:
        """Whether the disk has no room for `size` more bytes right now. Raises VaultError."""
        self._readings.pop(job.options.vault, None)
        return bool(await self._lack(job.options.vault, size))

    async def _lack(self, root: str, size: int) -> str:
        """What is missing, in words; empty when there is room. Text needs the reserve alone: it never waits for files."""
        free = await self._left(root)
        wanted = self._reserve + (sum(promise.size for promise in self._promises[root]) + size if size else 0)
        if free >= wanted:
            return ""
        return f"too little room on the disk, {size_words(wanted - free)} more needed"

    async def _left(self, root: str) -> int:
        reading = self._readings.get(root)
        if reading is None or time.monotonic() - reading.at >= self._pause:
            for promise in self._promises[root]:
                promise.size = min(promise.size, promise.rest())
            reading = self._readings[root] = _Reading(await asyncio.to_thread(self._free, root), time.monotonic())
        return reading.free
