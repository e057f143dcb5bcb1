"""Renders in a process beside the engine's, so that pages are rendered while others are read, on a processor of their own.

Rendering is the dearest thing that the program does with a message, and one interpreter does one thing at a time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections import deque
from contextlib import suppress
from typing import Any

import msgspec

from tobs_tui.engine.render_worker import LENGTH_BYTES, RenderAnswer
from tobs_tui.engine.rendering import RenderedBlock, RenderTask
from tobs_tui.errors import TobsError
from tobs_tui.notes.caches import cache_use

log = logging.getLogger(__name__)
# A task takes some milliseconds; a process that takes so long over one hangs.
RENDER_SECONDS = 60.0
READ_BYTES = 1 << 20


class RendererEnded(Exception):
    """The process ended before it answered."""


class Renderer:
    """Renders blocks, task after task."""

    def __init__(self) -> None:
        self._tasks = msgspec.msgpack.Encoder()
        self._answers = msgspec.msgpack.Decoder(RenderAnswer)
        self._process: RenderProcess | None = None
        self._starting = asyncio.Lock()
        self._caches: tuple[tuple[str, int, int], ...] = ()

    async def start(self) -> None:
        """Have a process ready for the first task; what goes wrong now is met again then."""
        with suppress(TobsError):
            await self._alive()

    async def begin(self, task: RenderTask) -> asyncio.Future[bytes]:
        """Give a task to the process. What comes is for `blocks`, or RendererEnded. Raises TobsError when no process can be started."""
        return (await self._alive()).ask(self._tasks.encode(task))

    async def blocks(self, answer: asyncio.Future[bytes]) -> list[RenderedBlock]:
        """The blocks of a task, in their order. Raises RendererEnded, and TobsError for a task that can't be done."""
        told = self._answers.decode(await answer)
        self._caches = told.caches
        if told.failure:
            log.error("messages can't be rendered: %s", told.failure)
            raise TobsError("Messages couldn't be rendered", "a defect of the program", "See the log")
        return told.blocks

    async def _alive(self) -> RenderProcess:
        async with self._starting:
            if self._process is None or self._process.ended:
                self._process = await self._new()
            return self._process

    @staticmethod
    async def _new() -> RenderProcess:
        try:
            return await RenderProcess.start()
        except OSError as error:
            raise TobsError("The process that renders can't be started", error.strerror or str(error)) from error

    @property
    def pid(self) -> int:
        """The process's id; 0 while there is none."""
        return self._process.pid if self._process and not self._process.ended else 0

    def cache_use(self) -> tuple[tuple[str, int, int], ...]:
        """Of the caches of both processes: how many things were found in them, and how many were asked for."""
        theirs = {name: (found, asked) for name, found, asked in self._caches}
        both = ((name, found, asked, theirs.get(name, (0, 0))) for name, found, asked in cache_use())
        return tuple((name, found + more[0], asked + more[1]) for name, found, asked, more in both)

    async def close(self) -> None:
        """End the process."""
        if self._process:
            await self._process.close()


class RenderProcess:
    """One process, from its start to its end. It answers in the order in which it is asked."""

    def __init__(self, process: Any) -> None:  # an asyncio Process whose three pipes are there
        self._process = process
        self._source: asyncio.StreamReader = process.stdout
        self._sink: asyncio.StreamWriter = process.stdin
        self._asked: deque[asyncio.Future[bytes]] = deque()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls) -> RenderProcess:
        """A new process. It finds its modules where this one does, and hears no signal that is meant for this one."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "tobs_tui.engine.render_worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            limit=READ_BYTES,
            start_new_session=True,
        )
        return cls(process)

    @property
    def pid(self) -> int:
        pid: int = self._process.pid
        return pid

    @property
    def ended(self) -> bool:
        return self._reading.done()

    def ask(self, frame: bytes) -> asyncio.Future[bytes]:
        """Give it a frame; what comes is its answer, or RendererEnded, also when it hangs over the frame: it is ended then."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bytes] = loop.create_future()
        deadline = loop.call_later(RENDER_SECONDS, self._kill)
        future.add_done_callback(lambda _: deadline.cancel())
        self._asked.append(future)
        self._sink.write(len(frame).to_bytes(LENGTH_BYTES, "big") + frame)
        return future

    async def _read(self) -> None:
        """Hand on answers until the process ends; who still waits then is told so."""
        try:
            while True:
                length = int.from_bytes(await self._source.readexactly(LENGTH_BYTES), "big")
                frame = await self._source.readexactly(length)
                future = self._asked.popleft()
                if not future.done():
                    future.set_result(frame)
        except (asyncio.IncompleteReadError, ConnectionError):
            words = (await self._process.stderr.read()).decode(errors="replace").strip().rpartition("\n")[2]
            why = f"{await self._process.wait()}{f': {words}' if words else ''}"
            for future in self._asked:
                if not future.done():
                    future.set_exception(RendererEnded(f"the process that renders ended with {why}"))
                    future.exception()  # looked at: a job that was interrupted meanwhile doesn't ask any more

    async def close(self) -> None:
        """End it. It has nothing to lose."""
        self._kill()
        await asyncio.wait((self._reading,))

    def _kill(self) -> None:
        with suppress(ProcessLookupError):  # it ended by itself
            self._process.kill()
