"""Pages of one history in flight: several windows are asked for at once, and handed on in order, with proof that nothing lies between.

A window is a run of 100 places in the list of messages, counted upwards from the last id that is known (`offset_id`, shifted by
`add_offset`; https://core.telegram.org/api/offsets). Windows that are asked for ahead begin on the last place of the one before. When the
two share a message, nothing lies between them, whatever came, went or was hidden meanwhile; when they don't, the window
that follows the last known id directly is asked for too.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from tobs_tui.telegram.width import Width

log = logging.getLogger(__name__)

# The most that one answer of messages.getHistory holds.
PAGE = 100

Ask = Callable[[int, int], Awaitable[Any]]
"""Asks for a window by `offset_id` and `add_offset`."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How many messages a chat has, as the server counts (it may count some that it doesn't show), and the newest one's id."""

    count: int
    last_id: int


@dataclass(frozen=True, slots=True)
class Window:
    """What an answer brought that is new, with rising ids, never empty; and the answer."""

    fresh: list[Any]
    answer: Any


@dataclass(slots=True)
class _Asked:
    """A window under way. `places` is by how many places it leads further; `after` is the id that it follows directly, -1 for none."""

    task: asyncio.Future[Any]
    places: int
    after: int = -1


class Flight:
    """One reading of one chat's messages above `after`. `width` says how many windows are under way at once, `floods` how many floods were
    met so far.

    `extent` is what is known of the chat's size; `measure` asks for it anew. `sparse` says that ids don't tell how many messages there are.
    Nothing is asked for ahead that lies above `upto`, 0 for no bound.
    """

    def __init__(
        self,
        ask: Ask,
        measure: Callable[[], Awaitable[Extent]],
        width: Width,
        floods: Callable[[], int],
        after: int,
        extent: Extent | None,
        sparse: bool,
        upto: int = 0,
    ) -> None:
        self._ask = ask
        self._measure = measure
        self._floods = floods
        self._after = after
        self._upto = upto
        self._top = extent.last_id if extent else 0
        self._left = self._expected(extent, sparse)
        self._row: deque[_Asked] = deque()
        self._width = width

    def _expected(self, extent: Extent | None, sparse: bool) -> int:
        """How many messages may still come, as far as one knows; 0 where only the first answer will tell."""
        if extent is None or (self._after and sparse):
            return 0
        return min(extent.count, max(0, extent.last_id - self._after))

    async def windows(self) -> AsyncGenerator[Window, None]:
        """All there is, in order. Close the generator to stop what is under way."""
        with self._width.reading():
            async with aclosing(self._in_order()) as windows:
                async for window in windows:
                    yield window
                    await asyncio.sleep(0)  # windows that are there already would keep other chats and files waiting

    async def _in_order(self) -> AsyncGenerator[Window, None]:
        try:
            while True:
                self._fill()
                asked = self._row.popleft()
                waited = not asked.task.done()
                answer = await asked.task
                self._width.delivered(waited, self._floods())
                fresh = sorted((m for m in answer.messages if m.id > self._after), key=lambda m: m.id)
                direct = asked.after == self._after
                if fresh and (direct or len(fresh) < len(answer.messages)):
                    yield self._covered(Window(fresh, answer))
                elif direct:
                    if (crossed := await self._cross()) is None:
                        return
                    yield self._covered(crossed)
                elif fresh:
                    self._mend(asked)
                elif not self._at_end:
                    await self._clear()
                if self._at_end and len(fresh) < PAGE:
                    return
        finally:
            await self._clear()

    @property
    def _at_end(self) -> bool:
        return bool(self._top) and self._after >= self._top

    def _covered(self, window: Window) -> Window:
        """Everything up to the window's last message is known now."""
        started = not self._after
        self._after = window.fresh[-1].id
        if self._left:
            self._left = max(1, self._left - len(window.fresh))
            if self._top:
                self._left = min(self._left, max(1, self._top - self._after))
        elif len(window.answer.messages) >= PAGE:
            total = getattr(window.answer, "count", 0)
            self._left = max(1, total - len(window.fresh)) if started else max(1, total)
        return window

    def _fill(self) -> None:
        """Ask for as many windows as may be under way and can bring something."""
        if not self._row:
            self._row.append(self._start(0, PAGE, self._after))
        reach = sum(asked.places for asked in self._row)
        left = min(self._left, self._upto - self._after) if self._upto else self._left
        while len(self._row) < self._width.size and left > reach:
            self._row.append(self._start(reach - 1, PAGE - 1))
            reach += PAGE - 1

    def _start(self, begin: int, places: int, after: int = -1) -> _Asked:
        """Ask for the window that begins so many places above the last known id."""
        task = asyncio.ensure_future(self._ask(self._after + 1, -(begin + PAGE)))
        task.add_done_callback(_look_at)
        return _Asked(task, places, after)

    def _mend(self, asked: _Asked) -> None:
        """Messages went while windows were under way: what follows the last known id comes first, then the window again."""
        log.debug("Nothing proves that no message lies between %d and the next window", self._after)
        self._row.appendleft(asked)
        self._row.appendleft(self._start(0, 0, self._after))

    async def _cross(self) -> Window | None:
        """Over windows of which the server shows nothing; None at the end."""
        await self._clear()
        extent = await self._measure()
        self._top = extent.last_id
        for number in range(1, extent.count // PAGE + 2):
            if self._top <= self._after:
                break
            answer = await self._ask(self._after + 1, -PAGE * (number + 1))
            if fresh := sorted((m for m in answer.messages if m.id > self._after), key=lambda m: m.id):
                return Window(fresh, answer)
        log.debug("The history ends at %d, the newest message is %d", self._after, self._top)
        return None

    async def _clear(self) -> None:
        """Give up what is under way."""
        tasks = [asked.task for asked in self._row]
        self._row.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _look_at(task: asyncio.Future[Any]) -> None:
    """An error comes out where its window would have; one of a window that nobody wants any more is nobody's."""
    if not task.cancelled():
        task.exception()
