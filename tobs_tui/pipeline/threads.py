"""Work that a cancellation doesn't tear apart: in threads, and in tasks of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DiskThreads:
    """A few threads for blocking disk work."""

    def __init__(self, workers: int = 6) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="files")

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work` in a thread. A cancellation waits until it has ended: nothing touches a file behind its owner's back."""
        future = self._executor.submit(work, *args, **kwargs)
        waiting = asyncio.wrap_future(future)
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            await _ended(waiting)
            raise

    def close(self) -> None:
        """End the threads."""
        self._executor.shutdown(wait=True)


async def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in a task of its own and return what it returns. A cancellation ends it, waits for its end, and is never lost.

    Up to Python 3.12 a task group whose children fail while it waits for them leaves its mark on the task that it runs in, and
    swallows a cancellation that comes at the same moment (python/cpython#116720).
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        await _ended(task)
        raise
    return await task


async def _ended(future: asyncio.Future[T]) -> None:
    """Wait for the future whatever happens; its error, if any, is of no interest to who was cancelled."""
    while not future.done():
        try:
            await asyncio.wait({future})
        except asyncio.CancelledError:
            continue
    if not future.cancelled():
        future.exception()
