"""The server's messages one by one, read with Telethon's own MTProtoState: numbers, repeats, resends, refusals."""

from __future__ import annotations

import asyncio
import logging
import os
import struct
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from telethon import functions, types
from telethon.crypto import AuthKey
from telethon.extensions import BinaryReader
from telethon.network.connection.tcpabridged import AbridgedPacketCodec
from telethon.network.connection.tcpfull import FullPacketCodec
from telethon.network.connection.tcpintermediate import IntermediatePacketCodec
from telethon.network.mtprotostate import MTProtoState
from telethon.tl import TLObject
from telethon.tl.core import MessageContainer, RpcResult
from telethon.tl.types import MsgsAck

from tests.support.client import inner_sandbox
from tobs_tui.sandbox.keys import KeyState
from tobs_tui.sandbox.server import Sandbox
from tobs_tui.sandbox.service import MAX_CONTAINED
from tobs_tui.sandbox.transport import Abridged, Codec, Full, Intermediate, TransportError, recognise

LOGGERS: Any = defaultdict(lambda: logging.getLogger("telethon"))
SALT = 77
NEAREST = functions.help.GetNearestDcRequest()


class Wire:
    """A client that numbers its messages by hand."""

    def __init__(self, key: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.state = MTProtoState(AuthKey(key), LOGGERS)
        self.state.salt = SALT
        self.reader, self.writer = reader, writer
        self.codec = IntermediatePacketCodec(None)
        writer.write(self.codec.tag)
        self.sent = 0

    def number(self) -> int:
        return int(self.state._get_new_msg_id())

    def send(self, body: bytes, message_id: int = 0, seqno: int = 1) -> int:
        message_id = message_id or self.number()
        data = struct.pack("<qii", message_id, seqno, len(body)) + body
        self.writer.write(self.codec.encode_packet(self.state.encrypt_message_data(data)))
        return message_id

    async def message(self) -> Any:
        """The next message, as it came: id, sequence number, object."""
        return self.state.decrypt_message_data(await self.codec.read_packet(self.reader))

    async def messages(self) -> list[Any]:
        """The next message, or those in the next container and the container itself."""
        message = await self.message()
        return [*message.obj.messages, message] if isinstance(message.obj, MessageContainer) else [message]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with inner_sandbox() as server:
        yield server


@asynccontextmanager
async def wired(sandbox: Sandbox) -> AsyncIterator[Wire]:
    """A connection with a key that the server knows already, and a session that is announced."""
    key = KeyState(os.urandom(256), SALT, inited=True)
    sandbox._centres[0].learn(key)
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.dcs[sandbox._centres[0].id])
    wire = Wire(key.key, reader, writer)
    wire.send(bytes(functions.PingRequest(1)))
    assert [type(m.obj) for m in (await wire.messages())[:2]] == [types.NewSessionCreated, types.Pong]
    try:
        yield wire
    finally:
        writer.close()
        await writer.wait_closed()


def container(*messages: tuple[int, TLObject]) -> bytes:
    bodies = [(message_id, bytes(body)) for message_id, body in messages]
    packed = b"".join(struct.pack("<qii", message_id, 1, len(body)) + body for message_id, body in bodies)
    return struct.pack("<Ii", MessageContainer.CONSTRUCTOR_ID, len(messages)) + packed


def nearest(message: Any) -> Any:
    """The answer in an rpc_result, whose body Telethon leaves with the packet's padding."""
    return NEAREST.read_result(BinaryReader(message.obj.body))


async def test_numbers_rise_and_tell_what_a_message_is(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        seen: list[Any] = []
        for _ in range(3):
            wire.send(container((wire.number(), NEAREST), (wire.number(), functions.PingRequest(2)), (wire.number(), NEAREST)))
            seen += await wire.messages()
    ids = [message.msg_id for message in seen]
    assert ids == sorted(set(ids))
    answers = [m for m in seen if isinstance(m.obj, RpcResult)]
    assert len(answers) == 6
    assert all(m.msg_id % 4 == 1 and m.seq_no % 2 == 1 for m in answers)
    assert all(m.msg_id % 4 == 3 and m.seq_no % 2 == 0 for m in seen if m not in answers)
    assert [m.seq_no for m in seen] == sorted(m.seq_no for m in seen)


async def test_a_request_that_comes_twice_is_done_once(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        message_id = wire.send(bytes(NEAREST))
        first = await wire.message()
        wire.send(bytes(NEAREST), message_id)
        again = await wire.message()
    assert again.obj.req_msg_id == first.obj.req_msg_id == message_id
    assert nearest(again) == nearest(first)
    assert sandbox.stats.requests["help.getNearestDc"] == 1


async def test_an_answer_is_sent_again_until_it_is_acknowledged(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        request_id = wire.send(bytes(NEAREST))
        answer = await wire.message()
        wire.send(bytes(types.MsgResendReq([answer.msg_id])))
        again = await wire.message()
        assert again.obj.req_msg_id == request_id
        assert nearest(again) == nearest(answer)
        wire.send(bytes(MsgsAck([answer.msg_id, again.msg_id])))
        wire.send(bytes(types.MsgResendReq([answer.msg_id])))
        assert isinstance((await wire.message()).obj, types.MsgsStateInfo)


@pytest.mark.parametrize(("seconds", "code"), [(-400, 16), (60, 17)])
async def test_ids_of_another_time_are_refused(sandbox: Sandbox, seconds: int, code: int) -> None:
    async with wired(sandbox) as wire:
        wire.send(bytes(NEAREST), wire.number() + (seconds << 32))
        assert (await wire.message()).obj.error_code == code


async def test_odd_ids_and_overfull_containers_are_refused(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        wire.send(bytes(NEAREST), wire.number() + 1)
        assert (await wire.message()).obj.error_code == 18
        wire.send(struct.pack("<Ii", MessageContainer.CONSTRUCTOR_ID, MAX_CONTAINED + 1), seqno=0)
        assert (await wire.message()).obj.error_code == 64


async def test_wrong_salt_names_the_right_one(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        wire.state.salt = SALT + 1
        message_id = wire.send(bytes(NEAREST))
        bad = (await wire.message()).obj
    assert (bad.bad_msg_id, bad.error_code, bad.new_server_salt) == (message_id, 48, SALT)


async def test_what_is_no_request_is_refused(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        for body in (b"\x01\x02\x03\x04", bytes(functions.PingRequest(1))[:7]):
            message_id = wire.send(body)
            answer = (await wire.message()).obj
            assert (answer.req_msg_id, answer.error.error_message) == (message_id, "INPUT_FETCH_ERROR")


async def test_a_packet_that_was_tampered_with_ends_the_connection(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        data = bytearray(wire.state.encrypt_message_data(struct.pack("<qii", wire.number(), 1, 4) + bytes(4)))
        data[40] ^= 1
        wire.writer.write(wire.codec.encode_packet(bytes(data)))
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await wire.message()
        wire.writer.transport.abort()


@pytest.mark.parametrize(
    ("theirs", "ours"), [(FullPacketCodec, Full), (AbridgedPacketCodec, Abridged), (IntermediatePacketCodec, Intermediate)]
)
def test_packets_come_out_whole_however_they_arrive(theirs: Any, ours: type[Codec]) -> None:
    client, buffer, taken = theirs(None), bytearray(), []
    packets = [os.urandom(size) for size in (20, 4 * 126, 4 * 127, 70_000)]
    stream = (client.tag or b"") + b"".join(client.encode_packet(packet) for packet in packets)
    codec: Codec | None = None
    for place in range(0, len(stream), 3):
        buffer += stream[place : place + 3]
        codec = codec or recognise(buffer)
        while codec and (packet := codec.take(buffer)) is not None:
            taken.append(packet)
    assert isinstance(codec, ours)
    assert taken == packets


@pytest.mark.parametrize("spoil", ["checksum", "sequence", "length"])
def test_spoilt_packets_are_noticed(spoil: str) -> None:
    client = FullPacketCodec(None)
    if spoil == "sequence":
        client.encode_packet(b"lost")
    packet = bytearray(client.encode_packet(bytes(64)))
    if spoil == "checksum":
        packet[20] ^= 1
    if spoil == "length":
        packet[0:4] = struct.pack("<i", 3)
    with pytest.raises(TransportError):
        Full().take(packet)
