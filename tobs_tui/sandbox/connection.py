"""One TCP connection of a client, from its first byte to its end.

Nothing is awaited on the way from a request to its answer: packets are taken apart as they come, handlers answer at once, and what
goes out is sealed when its time has come (at once, or after the round-trip time that the faults ask for).
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

from tobs_tui.sandbox.centre import DataCentre
from tobs_tui.sandbox.exchange import Exchange, ExchangeError
from tobs_tui.sandbox.service import CONTAINER, Peer, receive
from tobs_tui.sandbox.session import SealError, open_packet, seal
from tobs_tui.sandbox.transport import Codec, TransportError, recognise

log = logging.getLogger(__name__)

UNKNOWN_KEY = struct.pack("<i", -404)
"""What Telegram answers, unsealed, to a key that it doesn't know."""
SMALL = 1024
"""Messages of up to so many bytes share a container when they go out together."""
SLICE = 64 * 1024
"""Bytes that a bounded line takes at a time."""
SMALLEST_PACKET = 24 + 48


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that waits for being sent; `request_id` is 0 unless it is an answer."""

    peer: Peer
    body: bytes
    content: bool
    request_id: int


class Connection(asyncio.Protocol):
    """A connection to one data centre; implements service.Line."""

    def __init__(self, centre: DataCentre) -> None:
        self.centre = centre
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._codec: Codec | None = None
        self._exchange = Exchange(centre.rsa, centre.learn, centre.faults.clock)
        self._plain: list[bytes] = []
        self._outbox: list[Outgoing] = []
        self._awaited: set[int] = set()
        self._slices: deque[bytes] = deque()
        self._due = 0.0
        self._cut_timer: asyncio.TimerHandle | None = None
        self._last_plain_id = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.centre.connections.add(self)
        self.centre.stats.connections += 1
        self.centre.stats.open_connections += 1

    def connection_lost(self, _exc: Exception | None) -> None:
        self.centre.connections.discard(self)
        self.centre.stats.open_connections -= 1
        self.centre.stats.in_flight -= len(self._awaited)
        self._awaited.clear()
        self._slices.clear()
        if self._cut_timer is not None:
            self._cut_timer.cancel()

    def data_received(self, data: bytes) -> None:
        self.centre.stats.received_bytes += len(data)
        self._buffer += data
        try:
            for packet in self._packets():
                self._packet(packet)
        except (TransportError, ExchangeError, SealError) as error:
            log.info("A connection to data centre %d ends: %s", self.centre.id, error)
            self.cut()
        self._flush()

    def _packets(self) -> Iterator[bytes]:
        while not self._closing:
            self._codec = self._codec or recognise(self._buffer)
            packet = self._codec.take(self._buffer) if self._codec else None
            if packet is None:
                return
            yield packet

    @property
    def _closing(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def _packet(self, packet: bytes) -> None:
        if len(packet) < 20:
            raise TransportError("a packet too short for any message")
        key_id = int.from_bytes(packet[:8], "little", signed=True)
        if not key_id:
            self._unsealed(packet[20 : 20 + int.from_bytes(packet[16:20], "little")])
        elif key := self.centre.keys.get(key_id):
            if len(packet) < SMALLEST_PACKET or len(packet) % 16 != 8:
                raise SealError("a sealed packet of broken blocks")
            receive(self, key, *open_packet(key.key, packet))
        else:
            self._later(self._refuse_key)

    def _unsealed(self, body: bytes) -> None:
        self._plain.append(bytes(self._exchange.answer(body)))

    def _refuse_key(self) -> None:
        if not self._closing and self._codec and self._transport:
            self._transport.write(self._codec.frame(UNKNOWN_KEY))
            self._transport.close()

    def send(self, peer: Peer, body: bytes, *, content: bool = False, request_id: int = 0) -> None:
        self._outbox.append(Outgoing(peer, body, content, request_id))
        if request_id:
            self._awaited.add(request_id)

    def unanswered(self) -> None:
        self.centre.stats.in_flight -= 1

    def drop_answer(self, request_id: int) -> bool:
        if request_id not in self._awaited:
            return False
        self._awaited.discard(request_id)
        self.unanswered()
        return True

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def cut_in(self, seconds: float) -> None:
        if self._cut_timer is not None:
            self._cut_timer.cancel()
        self._cut_timer = self._loop.call_later(seconds, self.cut)

    def _later(self, what: Callable[..., None], *args: object) -> None:
        """Does something after the round-trip time of the faults; at once without one."""
        rtt = self.centre.faults.rtt_ms
        if rtt:
            self._loop.call_later(rtt / 1000, what, *args)
        else:
            what(*args)

    def _flush(self) -> None:
        """Sends all that the packets just read have brought about; it travels together."""
        if self._plain or self._outbox:
            plain, outbox = self._plain, self._outbox
            self._plain, self._outbox = [], []
            self._later(self._deliver, plain, outbox)

    def _deliver(self, plain: list[bytes], outbox: list[Outgoing]) -> None:
        if self._closing:
            return
        for body in plain:
            self._write(struct.pack("<qqi", 0, self._plain_id(), len(body)) + body)
        for peer, group in itertools.groupby(filter(self._still_wanted, outbox), key=lambda out: out.peer):
            self._deliver_to(peer, group)

    def _still_wanted(self, out: Outgoing) -> bool:
        if not out.request_id:
            return True
        if out.request_id not in self._awaited:
            return False
        self._awaited.discard(out.request_id)
        self.centre.stats.in_flight -= 1
        return True

    def _plain_id(self) -> int:
        self._last_plain_id = max((int(time.time()) + self.centre.faults.clock) << 32 | 1, self._last_plain_id + 4)
        return self._last_plain_id

    def _deliver_to(self, peer: Peer, group: Iterator[Outgoing]) -> None:
        """Seals messages for one session: small ones that come together in a container, large ones alone."""
        small: list[bytes] = []
        for out in group:
            message = self._numbered(peer, out)
            if len(message) <= SMALL:
                small.append(message)
            else:
                self._seal(peer, small)
                self._seal(peer, [message])
                small = []
        self._seal(peer, small)

    def _numbered(self, peer: Peer, out: Outgoing) -> bytes:
        clock = self.centre.faults.clock
        message_id, message = peer.session.message(out.body, content=out.content, answer=bool(out.request_id), clock=clock)
        if out.content:
            peer.session.keep(message_id, out.body, out.request_id)
        return message

    def _seal(self, peer: Peer, messages: list[bytes]) -> None:
        if not messages:
            return
        message = messages[0]
        if len(messages) > 1:
            body = struct.pack("<Ii", CONTAINER, len(messages)) + b"".join(messages)
            _, message = peer.session.message(body, content=False, answer=False, clock=self.centre.faults.clock)
        key = peer.key
        self._write(seal(key.key, key.id, key.salt, peer.session.id, message))

    def _write(self, packet: bytes) -> None:
        if self._codec is None or self._transport is None:
            return
        frame = self._codec.frame(packet)
        self.centre.stats.sent_bytes += len(frame)
        if not self.centre.faults.bandwidth and not self._slices:
            self._transport.write(frame)
            return
        idle = not self._slices
        self._slices.extend(frame[at : at + SLICE] for at in range(0, len(frame), SLICE))
        if idle:
            self._due = self._loop.time()
            self._wait_for_line()

    def _wait_for_line(self) -> None:
        """Lets the first slice go when a line of the given bandwidth would have carried it: late timers don't make the line slower."""
        bandwidth = self.centre.faults.bandwidth
        self._due += len(self._slices[0]) / bandwidth if bandwidth else 0
        self._loop.call_at(self._due, self._pump)

    def _pump(self) -> None:
        if self._closing or self._transport is None or not self._slices:
            return
        self._transport.write(self._slices.popleft())
        if self._slices:
            self._wait_for_line()
