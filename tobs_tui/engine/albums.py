"""Messages gathered into the blocks that a note shows: an album is one block, anything else a block of its own."""

from __future__ import annotations

from collections.abc import Iterable

from tobs_tui.model import Message

Block = tuple[Message, ...]


class AlbumGatherer:
    """Messages in rising order go in, whole blocks come out. The last album is held until its end is known."""

    def __init__(self) -> None:
        self._open: list[Message] = []

    def add(self, messages: Iterable[Message]) -> list[Block]:
        """The blocks that are complete with these messages."""
        blocks: list[Block] = []
        for message in messages:
            if self._open and (not message.album or message.album != self._open[0].album):
                blocks.append(self._close())
            if message.album:
                self._open.append(message)
            else:
                blocks.append((message,))
        return blocks

    @property
    def held(self) -> Block:
        """The messages of an album whose end isn't known yet."""
        return tuple(self._open)

    def rest(self) -> list[Block]:
        """What is still held when the history has ended."""
        return [self._close()] if self._open else []

    def _close(self) -> Block:
        block = tuple(self._open)
        self._open.clear()
        return block
