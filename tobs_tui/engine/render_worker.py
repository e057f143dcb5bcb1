"""The process that renders: `python -m tobs_tui.engine.render_worker`. Tasks come by its standard input, answers leave by its output.

Both are frames of msgpack with their length (four bytes, big-endian) before them. It ends with its input, so it never outlives the
program that started it.
"""

from __future__ import annotations

import sys
import traceback
from typing import BinaryIO

import msgspec
from msgspec import Struct

from tobs_tui.engine.cycles import look_seldom
from tobs_tui.engine.rendering import Remembered, RenderedBlock, RenderTask, render_blocks
from tobs_tui.notes.caches import cache_use

LENGTH_BYTES = 4


class RenderAnswer(Struct, frozen=True, gc=False):
    """The blocks of a task, how often the process's caches were asked (see `cache_use`), and why there are no blocks: a traceback."""

    blocks: list[RenderedBlock]
    caches: tuple[tuple[str, int, int], ...]
    failure: str = ""


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer tasks until no more come."""
    tasks, answers, remembered = msgspec.msgpack.Decoder(RenderTask), msgspec.msgpack.Encoder(), Remembered()
    while len(head := source.read(LENGTH_BYTES)) == LENGTH_BYTES:
        body = source.read(int.from_bytes(head, "big"))
        answer = answers.encode(_answer(tasks, body, remembered))
        sink.write(len(answer).to_bytes(LENGTH_BYTES, "big") + answer)
        sink.flush()


def _answer(tasks: msgspec.msgpack.Decoder[RenderTask], body: bytes, remembered: Remembered) -> RenderAnswer:
    try:
        return RenderAnswer(render_blocks(tasks.decode(body), remembered), cache_use())
    except Exception:  # noqa: BLE001 - told to the program, which has a log
        return RenderAnswer([], cache_use(), traceback.format_exc())


if __name__ == "__main__":
    look_seldom()
    serve(sys.stdin.buffer, sys.stdout.buffer)
