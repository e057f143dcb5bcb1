"""Answers with messages, decoded without doing again what was done before.

Every page brings the people and chats that appear on it, most of them byte for byte as they came with the page before, and they
are about half of what there is to decode. Those are looked up. The rest is read as Telethon reads it, with fewer steps.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from typing import Any

from telethon.extensions import BinaryReader
from telethon.tl import TLRequest, types
from telethon.tl.alltlobjects import tlobjects

# The most people and chats that are kept, and how many of the first bytes (kind, flags, id) they are found by.
KNOWN = 2048
KEY = 20

_INT = struct.Struct("<i").unpack_from
_UNSIGNED = struct.Struct("<I").unpack_from
_LONG = struct.Struct("<q").unpack_from
_UNSIGNED_LONG = struct.Struct("<Q").unpack_from
_KEPT = frozenset((types.User.CONSTRUCTOR_ID, types.Chat.CONSTRUCTOR_ID, types.Channel.CONSTRUCTOR_ID))


class Known:
    """People and chats by the bytes that they came as; the ones that weren't met for longest are forgotten."""

    def __init__(self) -> None:
        self._entries: OrderedDict[bytes, tuple[bytes, Any]] = OrderedDict()

    def find(self, stream: bytes, position: int) -> tuple[bytes, Any] | None:
        """What stands there, with its bytes, if exactly the same was met before."""
        key = stream[position : position + KEY]
        entry = self._entries.get(key)
        if entry is None or not stream.startswith(entry[0], position):
            return None
        self._entries.move_to_end(key)
        return entry

    def keep(self, raw: bytes, entity: Any) -> None:
        """Remember what was decoded from these bytes."""
        self._entries[raw[:KEY]] = (raw, entity)
        if len(self._entries) > KNOWN:
            self._entries.popitem(last=False)

    def teach(self, request: TLRequest) -> TLRequest:
        """Let a request's answer be read with what is known."""
        request.read_result = self._read
        return request

    def _read(self, reader: BinaryReader) -> Any:
        quick = QuickReader(reader.stream, self)
        quick.position = reader.position
        return quick.tgread_object()


class QuickReader(BinaryReader):  # type: ignore[misc]  # Telethon has no types
    """Reads what BinaryReader reads. Raises what it raises, or IndexError at the end of what is there."""

    def __init__(self, data: bytes, known: Known) -> None:
        super().__init__(data)
        self.position = 0
        self._known = known

    def read_int(self, signed: bool = True) -> int:
        """Four bytes."""
        position = self.position
        self.position = position + 4
        return int((_INT if signed else _UNSIGNED)(self.stream, position)[0])

    def read_long(self, signed: bool = True) -> int:
        """Eight bytes."""
        position = self.position
        self.position = position + 8
        return int((_LONG if signed else _UNSIGNED_LONG)(self.stream, position)[0])

    def tgread_bytes(self) -> bytes:
        """Bytes with their length before them, filled up to a multiple of four."""
        stream, begin = self.stream, self.position
        length, start = stream[begin], begin + 1
        if length == 254:
            length, start = int.from_bytes(stream[start : start + 3], "little"), begin + 4
        end = start + length
        self.position = end + (begin - end) % 4
        if self.position > len(stream):
            raise BufferError(f"{length} bytes are announced, and fewer are there")
        return bytes(stream[start:end])

    def tgread_string(self) -> str:
        """A text."""
        return str(self.tgread_bytes(), "utf-8", "replace")

    def tgread_object(self) -> Any:
        """Any object; people and chats that came before are the same objects again."""
        stream, position = self.stream, self.position
        constructor = _UNSIGNED(stream, position)[0]
        kind = tlobjects.get(constructor)
        if kind is None:
            return super().tgread_object()
        if constructor in _KEPT:
            return self._entity(kind)
        self.position = position + 4
        return kind.from_reader(self)

    def _entity(self, kind: Any) -> Any:
        stream, start = self.stream, self.position
        if found := self._known.find(stream, start):
            self.position = start + len(found[0])
            return found[1]
        self.position = start + 4
        entity = kind.from_reader(self)
        self._known.keep(stream[start : self.position], entity)
        return entity
