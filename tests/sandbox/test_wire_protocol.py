"""MTProto itself: transports, keys, salts, numbers, service messages, each seen through Telethon's own sender."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from telethon import errors, functions, types
from telethon.crypto import AuthKey, rsa
from telethon.network import ConnectionTcpAbridged, ConnectionTcpFull, ConnectionTcpIntermediate, MTProtoSender
from telethon.network.requeststate import RequestState
from telethon.tl.alltlobjects import LAYER

from tests.support.client import answering, connected, inner_sandbox, logged_in
from tobs_tui.sandbox.handlers import Context
from tobs_tui.sandbox.server import Sandbox

GARBAGE = (
    b"\xff" * 64,
    b"\x10\0\0\0" + bytes(60),
    b"\xef\x03" + bytes(12),
    b"\xee" * 4 + b"\x28\0\0\0" + bytes(40),
    b"\xef\x7f\xff\xff\xff",
)
LOGGERS: Any = defaultdict(lambda: logging.getLogger("telethon"))


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with inner_sandbox() as server:
        yield server


@pytest.fixture
def long_answer() -> Iterator[str]:
    """The text that help.getSupportName answers while the test runs: long, and it packs well."""
    text = "a long answer " * 20_000
    with answering(functions.help.GetSupportNameRequest, lambda *_: types.help.SupportName(text)):
        yield text


@asynccontextmanager
async def bare_sender(sandbox: Sandbox, key: AuthKey | None = None, **options: Any) -> AsyncIterator[Any]:
    """Telethon's sender without a client, introduced to the server."""
    rsa.add_key(sandbox.public_key_pem, old=False)
    sender = MTProtoSender(key, loggers=LOGGERS, delay=0, **options)
    await sender.connect(ConnectionTcpFull("127.0.0.1", sandbox.dcs[2], 2, loggers=LOGGERS))
    try:
        yield sender
    finally:
        await sender.disconnect()


async def introduce(sender: Any) -> Any:
    query = functions.InitConnectionRequest(17349, "test", "1", "1", "en", "", "en", functions.help.GetConfigRequest())
    return await sender.send(functions.InvokeWithLayerRequest(LAYER, query))


@pytest.mark.parametrize("transport", [ConnectionTcpFull, ConnectionTcpAbridged, ConnectionTcpIntermediate])
async def test_transports(sandbox: Sandbox, long_answer: str, transport: Any) -> None:
    async with connected(sandbox, connection=transport) as client:
        assert (await client(functions.help.GetNearestDcRequest())).nearest_dc == sandbox.home
        assert (await client(functions.help.GetSupportNameRequest())).name == long_answer


async def test_config_names_both_data_centres(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        config = await client(functions.help.GetConfigRequest())
    assert {option.id: option.port for option in config.dc_options} == sandbox.dcs
    assert config.this_dc == sandbox.home


async def test_a_key_lives_on_and_serves_several_connections(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client:
        key = client.session.auth_key
        async with bare_sender(sandbox, key) as one, bare_sender(sandbox, key) as two:
            users = await asyncio.gather(*(s.send(functions.users.GetUsersRequest([types.InputUserSelf()])) for s in (one, two)))
    assert [user.id for (user,) in users] == [sandbox.world.owner_id] * 2
    assert sandbox.stats.connections == 3


async def test_a_key_belongs_to_one_data_centre(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client:
        key = client.session.auth_key
        sender = MTProtoSender(AuthKey(key.key), loggers=LOGGERS, delay=0, retries=1, auto_reconnect=False)
        await sender.connect(ConnectionTcpFull("127.0.0.1", sandbox.dcs[1], 1, loggers=LOGGERS))
        with pytest.raises((errors.AuthKeyNotFound, ConnectionError, errors.InvalidBufferError)):
            await sender.send(functions.PingRequest(1))
        await sender.disconnect()


async def test_nothing_is_done_before_the_client_introduces_itself(sandbox: Sandbox) -> None:
    async with bare_sender(sandbox) as sender:
        with pytest.raises(errors.ConnectionNotInitedError):
            await sender.send(functions.help.GetNearestDcRequest())
        assert isinstance(await introduce(sender), types.Config)
        assert isinstance(await sender.send(functions.help.GetNearestDcRequest()), types.NearestDc)


async def test_wrappings_are_taken_off(sandbox: Sandbox) -> None:
    inner = functions.help.GetNearestDcRequest()
    async with logged_in(sandbox) as client:
        takeout = await client(functions.account.InitTakeoutSessionRequest())
        before = sandbox.stats.requests["help.getNearestDc"]
        for request in (
            functions.InvokeWithoutUpdatesRequest(inner),
            functions.InvokeAfterMsgRequest(1, inner),
            functions.InvokeWithTakeoutRequest(takeout.id, inner),
            functions.InvokeWithLayerRequest(LAYER, functions.InvokeWithoutUpdatesRequest(inner)),
        ):
            assert isinstance(await client(request), types.NearestDc)
    assert sandbox.stats.requests["help.getNearestDc"] - before == 4


async def test_many_requests_in_one_container(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        answers = await asyncio.gather(*(client(functions.help.GetNearestDcRequest()) for _ in range(250)))
    assert all(answer.nearest_dc == sandbox.home for answer in answers)


async def test_methods_that_nobody_handles_are_refused(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        with pytest.raises(errors.InputMethodInvalidError):
            await client(functions.help.GetPremiumPromoRequest())


async def test_a_bug_in_a_handler_is_an_error_of_the_server(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_context: Context, _request: functions.help.GetPremiumPromoRequest) -> bytes:
        raise ZeroDivisionError

    with answering(functions.help.GetPremiumPromoRequest, broken):
        async with connected(sandbox) as client:
            with pytest.raises(errors.ServerError):
                await client._sender.send(functions.help.GetPremiumPromoRequest())  # the client itself would try again
            assert isinstance(await client(functions.help.GetNearestDcRequest()), types.NearestDc)
    assert "ZeroDivisionError" in caplog.text


async def test_packed_answers(sandbox: Sandbox, long_answer: str) -> None:
    async with connected(sandbox) as client:
        for packed in (False, True):
            sandbox.faults.gzip = packed
            sandbox.stats.reset()
            assert (await client(functions.help.GetSupportNameRequest())).name == long_answer
            assert (sandbox.stats.sent_bytes < len(long_answer) / 10) is packed


async def test_packed_requests(sandbox: Sandbox) -> None:
    request = functions.help.GetAppUpdateRequest("x" * 2000)
    async with connected(sandbox) as client:
        with pytest.raises(errors.InputMethodInvalidError):
            await client(request)
    assert sandbox.stats.requests["help.getAppUpdate"] == 1


async def test_salts_change_and_requests_are_sent_again(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        before = client._sender._state.salt
        sandbox.rotate_salts()
        assert isinstance(await client(functions.help.GetNearestDcRequest()), types.NearestDc)
        salts = await client(functions.GetFutureSaltsRequest(1))
        assert client._sender._state.salt == salts.salts[0].salt != before


@pytest.mark.parametrize("clock", [3600, -3600])
async def test_a_client_with_a_wrong_clock_is_set_right(sandbox: Sandbox, clock: int) -> None:
    async with bare_sender(sandbox) as first:
        await introduce(first)
        key = AuthKey(first.auth_key.key)
    sandbox.faults.clock = clock
    async with bare_sender(sandbox, key) as sender:
        assert isinstance(await sender.send(functions.help.GetNearestDcRequest()), types.NearestDc)
        assert abs(sender._state.time_offset - clock) <= 1


async def test_pings(sandbox: Sandbox) -> None:
    async with bare_sender(sandbox, auto_reconnect=False) as sender:
        assert (await sender.send(functions.PingRequest(77))).ping_id == 77
        assert (await sender.send(functions.PingDelayDisconnectRequest(78, 0))).ping_id == 78
        with pytest.raises(ConnectionError):
            await sender.disconnected


async def test_sessions_can_be_ended(sandbox: Sandbox) -> None:
    async with bare_sender(sandbox) as one:
        await one.send(functions.PingRequest(1))
        async with bare_sender(sandbox, one.auth_key) as two:
            session_id = two._state.id
            await two.send(functions.PingRequest(2))
            assert isinstance(await one.send(functions.DestroySessionRequest(session_id)), types.DestroySessionOk)
            assert isinstance(await one.send(functions.DestroySessionRequest(session_id)), types.DestroySessionNone)


async def test_a_destroyed_key_is_known_no_more(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        assert isinstance(await client(functions.DestroyAuthKeyRequest()), types.DestroyAuthKeyOk)
    assert not any(centre.keys for centre in sandbox._centres)


async def test_states_and_answers_once_more(sandbox: Sandbox) -> None:
    """What Telethon never asks: the server's memory of messages, and an answer sent again."""
    async with connected(sandbox) as client:
        sender, got = client._sender, asyncio.Queue[Any]()
        for kind in (types.MsgsStateInfo, types.RpcAnswerUnknown):
            sender._handlers[kind.CONSTRUCTOR_ID] = got.put
        request = RequestState(functions.help.GetNearestDcRequest())
        sender._send_queue.append(request)
        await request.future
        sender._send_queue.append(RequestState(types.MsgsStateReq([request.msg_id, request.msg_id + 4])))
        state = (await got.get()).obj
        assert state.info.encode() == b"\x04\x01"
        dropped = await client(functions.RpcDropAnswerRequest(request.msg_id))
        assert isinstance(dropped, types.RpcAnswerUnknown)


async def test_an_answer_on_its_way_can_be_dropped(sandbox: Sandbox) -> None:
    arrived = asyncio.Event()

    def answer(_context: Context, _request: functions.help.GetSupportNameRequest) -> types.help.SupportName:
        arrived.set()
        return types.help.SupportName("too late")

    with answering(functions.help.GetSupportNameRequest, answer):
        async with connected(sandbox) as client:
            sandbox.faults.rtt_ms = 200
            request = RequestState(functions.help.GetSupportNameRequest())
            client._sender._send_queue.append(request)
            await arrived.wait()
            assert isinstance(await client(functions.RpcDropAnswerRequest(request.msg_id)), types.RpcAnswerDropped)
            assert not request.future.done()
            assert sandbox.stats.in_flight == 0


async def test_garbage_ends_its_connection_and_no_other(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        for garbage in GARBAGE:
            reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.dcs[1])
            writer.write(garbage)
            with pytest.raises(ConnectionError):
                await read_to_the_end(reader)
            writer.close()
        assert isinstance(await client(functions.help.GetNearestDcRequest()), types.NearestDc)


async def read_to_the_end(reader: asyncio.StreamReader) -> None:
    """Ends with ConnectionError however the other side closes."""
    await reader.read()
    raise ConnectionError
