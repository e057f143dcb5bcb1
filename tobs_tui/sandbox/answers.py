"""What a handler answers: TL objects or their bytes, and refusals."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, TypeAlias

from telethon.tl import TLObject

VECTOR = 0x1CB5C415
BOOL_TRUE = struct.pack("<I", 0x997275B5)
BOOL_FALSE = struct.pack("<I", 0xBC799737)

Answer: TypeAlias = Any
"""A TLObject, or bytes."""


class RpcError(Exception):
    """The server's refusal of one request: Telegram's error code (303, 400, 401, 420, 500, -503 …) and message."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(code, message)


def vector(items: Iterable[TLObject | bytes]) -> bytes:
    """A TL vector of boxed objects, for answers that Telegram declares as `Vector<…>`."""
    bodies = [item if isinstance(item, bytes) else bytes(item) for item in items]
    return struct.pack("<II", VECTOR, len(bodies)) + b"".join(bodies)


def boolean(value: bool) -> bytes:
    """A TL Bool."""
    return BOOL_TRUE if value else BOOL_FALSE
