"""Answers with messages, decoded without doing again what was done before.

Every page brings the people and chats that appear on it, most of them byte for byte as they came with the page before, and they
are about half of what there is to decode. Those are looked up, as are the short objects that most messages repeat: who sent it, where it
lies, an emoji. The rest is read as Telethon reads it, with fewer steps; dates are Unix seconds (dates.py).
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

from telethon.extensions import BinaryReader
from telethon.tl import TLRequest, types
from telethon.tl.alltlobjects import tlobjects

# The most people and chats that are kept, and how many of the first bytes (kind, flags, id) they are found by.
KNOWN = 2048
KEY = 20
# The length of a Peer, of most reactions and of most styled spans, and the most objects of that length that are kept.
SHORT = 12
KNOWN_SHORT = 8192

_INT = struct.Struct("<i").unpack_from
_UNSIGNED = struct.Struct("<I").unpack_from
_LONG = struct.Struct("<q").unpack_from
_UNSIGNED_LONG = struct.Struct("<Q").unpack_from


class _Message(SimpleNamespace, types.Message):  # type: ignore[misc]  # Telethon has no types
    """A message with its fields alone, filled in one step: what Telethon's own adds to each for its client's sake is never used here."""


_KEPT = {kind.CONSTRUCTOR_ID: kind.from_reader for kind in (types.User, types.Chat, types.Channel)}
_READ = {number: kind.from_reader for number, kind in tlobjects.items() if number not in _KEPT}
_READ[types.Message.CONSTRUCTOR_ID] = _Message.from_reader


class Known:
    """People and chats by the bytes that they came as; the ones that weren't met for longest are forgotten.

    `short` are objects of `SHORT` bytes, by those.
    """

    def __init__(self) -> None:
        self.short: dict[bytes, Any] = {}
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

    def keep_short(self, raw: bytes, made: Any) -> None:
        """Remember a short object. All are forgotten together: those that repeat are back after a page."""
        if len(self.short) >= KNOWN_SHORT:
            self.short.clear()
        self.short[raw] = made

    def teach(self, request: TLRequest) -> TLRequest:
        """Let a request's answer be read with what is known."""
        request.read_result = self._read
        return request

    def _read(self, reader: BinaryReader) -> Any:
        quick = QuickReader(reader.stream, self)
        quick.position = reader.position
        return quick.tgread_object()


class QuickReader(BinaryReader):  # type: ignore[misc]  # Telethon has no types
    """Reads what BinaryReader reads, dates aside. Raises what it raises, or IndexError at the end of what is there."""

    def __init__(self, data: bytes, known: Known) -> None:
        super().__init__(data)
        self.position = 0
        self._known = known
        self._short = known.short

    def read_int(self, signed: bool = True) -> int:
        """Four bytes."""
        position = self.position
        self.position = position + 4
        value: int = (_INT if signed else _UNSIGNED)(self.stream, position)[0]
        return value

    def read_long(self, signed: bool = True) -> int:
        """Eight bytes."""
        position = self.position
        self.position = position + 8
        value: int = (_LONG if signed else _UNSIGNED_LONG)(self.stream, position)[0]
        return value

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
        value: bytes = stream[start:end]
        return value

    def tgread_string(self) -> str:
        """A text."""
        return self.tgread_bytes().decode("utf-8", "replace")

    def tgread_date(self) -> int:
        """A date, as the Unix seconds that it came as."""
        return self.read_int()

    def tgread_object(self) -> Any:
        """Any object; people, chats and short objects that came before are the same objects again."""
        stream, start = self.stream, self.position
        if (made := self._short.get(stream[start : start + SHORT])) is not None:
            self.position = start + SHORT
            return made
        read = _READ.get(_UNSIGNED(stream, start)[0])
        if read is None:
            return self._kept(start)
        self.position = start + 4
        made = read(self)
        if self.position == start + SHORT:
            self._known.keep_short(stream[start : self.position], made)
        return made

    def _kept(self, start: int) -> Any:
        """A person or a chat; or what Telethon reads in its own ways."""
        if found := self._known.find(self.stream, start):
            self.position = start + len(found[0])
            return found[1]
        read = _KEPT.get(_UNSIGNED(self.stream, start)[0])
        if read is None:
            return super().tgread_object()
        self.position = start + 4
        entity = read(self)
        self._known.keep(self.stream[start : self.position], entity)
        return entity
