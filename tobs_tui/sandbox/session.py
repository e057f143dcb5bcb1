"""MTProto 2.0 messages: how they are sealed, numbered and remembered (core.telegram.org/mtproto/description)."""

from __future__ import annotations

import os
import struct
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from telethon.crypto import AES

REMEMBERED = 500
"""Messages of the client that a session knows again."""
RESENDABLE = 64
"""Answers that a session keeps until they are acknowledged."""
TOO_OLD, TOO_NEW = 300, 30
"""Seconds by which the time in a client's message id may differ from the server's."""
_HEAD = struct.Struct("<qqqii")


class SealError(Exception):
    """An encrypted packet that doesn't open: its message key doesn't fit its content."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came out of a packet or a container."""

    id: int
    seqno: int
    body: bytes


def _aes(key: bytes, message_key: bytes, x: int) -> tuple[bytes, bytes]:
    a = sha256(message_key + key[x : x + 36]).digest()
    b = sha256(key[x + 40 : x + 76] + message_key).digest()
    return a[:8] + b[8:24] + a[24:32], b[:8] + a[8:24] + b[24:32]


def open_packet(key: bytes, packet: bytes) -> tuple[int, int, Incoming]:
    """Salt, session id and message of a client's packet (key id, message key, cipher text). Raises SealError."""
    message_key = packet[8:24]
    plain = AES.decrypt_ige(packet[24:], *_aes(key, message_key, 0))
    if sha256(key[88:120] + plain).digest()[8:24] != message_key:
        raise SealError("the message key doesn't fit the message")
    salt, session_id, message_id, seqno, length = _HEAD.unpack_from(plain)
    if not 0 <= length <= len(plain) - _HEAD.size - 12:
        raise SealError(f"a message of {length} bytes in a packet of {len(plain)}")
    return salt, session_id, Incoming(message_id, seqno, plain[_HEAD.size : _HEAD.size + length])


def seal(key: bytes, key_id: int, salt: int, session_id: int, message: bytes) -> bytes:
    """A packet for the client from `message` (id, seqno, length, body)."""
    plain = struct.pack("<qq", salt, session_id) + message
    plain += os.urandom(-(len(plain) + 12) % 16 + 12)
    message_key = sha256(key[96:128] + plain).digest()[8:24]
    cipher: bytes = AES.encrypt_ige(plain, *_aes(key, message_key, 8))
    return struct.pack("<q", key_id) + message_key + cipher


@dataclass(slots=True)
class Session:
    """What the server keeps of one session: numbers given out, messages seen, answers not yet acknowledged."""

    id: int
    announced: bool = False
    _content: int = 0
    _last_id: int = 0
    _seen: OrderedDict[int, int] = field(default_factory=OrderedDict)
    _unacknowledged: OrderedDict[int, bytes] = field(default_factory=OrderedDict)

    def message(self, body: bytes, *, content: bool, answer: bool, clock: int = 0) -> tuple[int, bytes]:
        """Numbers a message for sending: its id, and its bytes with id, sequence number and length.

        `content` messages are to be acknowledged. Ids rise within a session and end in 1 for an answer, in 3 otherwise.
        """
        seqno = self._content * 2 + content
        self._content += content
        message_id = self._next_id(clock) | (1 if answer else 3)
        return message_id, struct.pack("<qii", message_id, seqno, len(body)) + body

    def _next_id(self, clock: int) -> int:
        now = time.time_ns() + clock * 1_000_000_000
        seconds, rest = divmod(now, 1_000_000_000)
        fresh = (seconds << 32 | (rest << 32) // 1_000_000_000) & ~3
        self._last_id = max(fresh, self._last_id + 4)
        return self._last_id

    def seen(self, message_id: int) -> bool:
        """Whether this message came before; from now on it has."""
        if message_id in self._seen:
            return True
        self._seen[message_id] = 0
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False

    def states(self, message_ids: Iterable[int]) -> bytes:
        """A byte for each message for msgs_state_info: 1 unknown, 4 received."""
        return bytes(4 if message_id in self._seen else 1 for message_id in message_ids)

    def keep(self, message_id: int, body: bytes, request_id: int) -> None:
        """Keeps an answer for msg_resend_req and for a request that comes again."""
        self._unacknowledged[message_id] = body
        if request_id in self._seen:
            self._seen[request_id] = message_id
        if len(self._unacknowledged) > RESENDABLE:
            self._unacknowledged.popitem(last=False)

    def kept(self, message_id: int) -> bytes | None:
        return self._unacknowledged.get(message_id)

    def answer_to(self, request_id: int) -> bytes | None:
        """The answer that was given to a request, while it is kept."""
        return self._unacknowledged.get(self._seen.get(request_id, 0))

    def acknowledge(self, message_ids: Iterable[int]) -> None:
        for message_id in message_ids:
            self._unacknowledged.pop(message_id, None)


def time_error(message_id: int, clock: int) -> int:
    """The bad_msg_notification code for a client's message id, 0 when it is in order."""
    if message_id & 3:
        return 18
    age = time.time() + clock - (message_id >> 32)
    if age > TOO_OLD:
        return 16
    return 17 if -age > TOO_NEW else 0
