"""MTProto's TCP transports, seen from the server: what cuts the byte stream into packets (core.telegram.org/mtproto/mtproto-transports)."""

from __future__ import annotations

import struct
from typing import Protocol
from zlib import crc32

MAX_PACKET = 2 * 1024 * 1024


class TransportError(Exception):
    """The bytes aren't what the transport says they are; the connection is of no more use."""


class Codec(Protocol):
    """Cuts packets out of what came in, and frames those that go out."""

    def take(self, buffer: bytearray) -> bytes | None:
        """Removes the first whole packet from `buffer` and returns it; None while there isn't one. Raises TransportError."""
        ...

    def frame(self, packet: bytes) -> bytes: ...


class Full:
    """Length, sequence number, packet, CRC-32: what Telethon uses by default."""

    def __init__(self) -> None:
        self._received = 0
        self._sent = 0

    def take(self, buffer: bytearray) -> bytes | None:
        if len(buffer) < 4:
            return None
        length = int.from_bytes(buffer[:4], "little", signed=True)
        if not 12 <= length <= MAX_PACKET:
            raise TransportError(f"a packet of {length} bytes")
        if len(buffer) < length:
            return None
        packet = bytes(buffer[:length])
        del buffer[:length]
        self._check(packet)
        return packet[8:-4]

    def _check(self, packet: bytes) -> None:
        if int.from_bytes(packet[4:8], "little") != self._received:
            raise TransportError("a packet out of sequence")
        if int.from_bytes(packet[-4:], "little") != crc32(packet[:-4]):
            raise TransportError("a packet with a wrong checksum")
        self._received += 1

    def frame(self, packet: bytes) -> bytes:
        data = struct.pack("<ii", len(packet) + 12, self._sent) + packet
        self._sent += 1
        return data + struct.pack("<I", crc32(data))


class Abridged:
    """Length in words, in one byte or four."""

    def take(self, buffer: bytearray) -> bytes | None:
        if not buffer:
            return None
        head = 1 if buffer[0] < 0x7F else 4
        if len(buffer) < head:
            return None
        words = buffer[0] if head == 1 else int.from_bytes(buffer[1:4], "little")
        return _cut(buffer, head, words * 4)

    def frame(self, packet: bytes) -> bytes:
        words = len(packet) >> 2
        head = bytes((words,)) if words < 0x7F else b"\x7f" + words.to_bytes(3, "little")
        return head + packet


class Intermediate:
    """Length in four bytes."""

    def take(self, buffer: bytearray) -> bytes | None:
        return _cut(buffer, 4, int.from_bytes(buffer[:4], "little")) if len(buffer) >= 4 else None

    def frame(self, packet: bytes) -> bytes:
        return struct.pack("<i", len(packet)) + packet


def _cut(buffer: bytearray, head: int, length: int) -> bytes | None:
    if length > MAX_PACKET:
        raise TransportError(f"a packet of {length} bytes")
    if len(buffer) < head + length:
        return None
    packet = bytes(buffer[head : head + length])
    del buffer[: head + length]
    return packet


def recognise(buffer: bytearray) -> Codec | None:
    """The transport that a connection's first bytes announce, its tag taken out; None while there are too few of them."""
    if buffer and buffer[0] == 0xEF:
        del buffer[:1]
        return Abridged()
    if len(buffer) < 4:
        return None
    if buffer[:4] == b"\xee\xee\xee\xee":
        del buffer[:4]
        return Intermediate()
    return Full()
