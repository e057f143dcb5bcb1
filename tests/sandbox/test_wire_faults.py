"""Each fault does what it says, to an unmodified Telethon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from telethon import errors, functions, types

from tests.support.client import answering, connected, inner_sandbox, logged_in
from tobs_tui.sandbox.handlers import Context
from tobs_tui.sandbox.server import Sandbox

NEAREST = functions.help.GetNearestDcRequest
LONG = functions.help.GetSupportNameRequest


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with inner_sandbox() as server:
        yield server


@pytest.fixture
def arrivals() -> Iterator[asyncio.Queue[int]]:
    """The data centres that help.getSupportName arrives at; its answer has 40,000 characters."""
    queue: asyncio.Queue[int] = asyncio.Queue()

    def answer(context: Context, _request: functions.help.GetSupportNameRequest) -> types.help.SupportName:
        queue.put_nowait(context.dc)
        return types.help.SupportName("n" * 40_000)

    with answering(LONG, answer):
        yield queue


async def test_round_trip_time_does_not_queue_requests(sandbox: Sandbox, arrivals: asyncio.Queue[int]) -> None:
    async with connected(sandbox) as client:
        sandbox.faults.rtt_ms = 100
        sandbox.stats.reset()
        answers = []
        for _ in range(5):
            answers.append(client._sender.send(LONG()))
            await arrivals.get()
        assert not any(answer.done() for answer in answers)
        assert sandbox.stats.max_in_flight == 5
        await asyncio.gather(*answers)
        assert sandbox.stats.in_flight == 0


async def test_bandwidth_is_each_connections_own(sandbox: Sandbox, arrivals: asyncio.Queue[int]) -> None:
    async with connected(sandbox) as slow, connected(sandbox) as idle:
        sandbox.faults.bandwidth = 100_000
        first = slow._sender.send(LONG())
        await arrivals.get()
        behind = slow._sender.send(NEAREST())
        await idle(NEAREST())
        assert not first.done()
        assert not behind.done()
        await behind
        assert first.done()


async def test_floods_are_as_many_and_as_long_as_asked_for(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        sandbox.change({"floods": {"help.getNearestDc": {"seconds": 3, "count": 2}}})
        for _ in range(2):
            with pytest.raises(errors.FloodWaitError) as caught:
                await client._sender.send(NEAREST())
            assert caught.value.seconds == 3
        assert isinstance(await client(NEAREST()), types.NearestDc)
        sandbox.change({"floods": {"*": {"seconds": 7, "premium": True}}})
        with pytest.raises(errors.FloodPremiumWaitError) as premium:
            await client._sender.send(NEAREST())
        assert premium.value.seconds == 7
    assert sandbox.stats.floods["help.getNearestDc"] == 3


@pytest.mark.parametrize("fixed", [False, True])
async def test_rate_limits(sandbox: Sandbox, fixed: bool) -> None:
    async with connected(sandbox) as client:
        sandbox.change({"limits": {"help.getNearestDc": {"requests": 3, "seconds": 60, "fixed": fixed}}})
        for _ in range(3):
            await client(NEAREST())
        with pytest.raises(errors.FloodWaitError) as caught:
            await client._sender.send(NEAREST())
        assert 1 <= caught.value.seconds <= 60
        assert isinstance(await client(functions.help.GetConfigRequest()), types.Config)
        sandbox.change({"limits": {}})
        await client(NEAREST())


async def test_dropped_connection_is_reconnected_by_the_client(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        assert sandbox.stats.connections == 1
        sandbox.faults.drop_after = 2
        for _ in range(3):
            assert isinstance(await client(NEAREST()), types.NearestDc)
        assert sandbox.stats.connections == 2
        sandbox.change({"drop_now": True})
        assert isinstance(await client(NEAREST()), types.NearestDc)
        assert sandbox.stats.connections == 3
        assert sandbox.stats.open_connections == 1
        assert sandbox.stats.in_flight == 0


async def test_answer_that_never_comes(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        sandbox.change({"silent": {"help.getNearestDc": 1}})
        lost = client._sender.send(NEAREST())
        assert isinstance(await client(functions.help.GetConfigRequest()), types.Config)
        assert not lost.done()
        assert sandbox.stats.requests["help.getNearestDc"] == 1
        assert sandbox.stats.in_flight == 0


@pytest.mark.parametrize(("code", "kind"), [(500, errors.RpcCallFailError), (-503, errors.TimedOutError)])
async def test_errors_of_the_server(sandbox: Sandbox, code: int, kind: Any) -> None:
    async with connected(sandbox) as client:
        sandbox.change({"failures": {"help.getNearestDc": {"code": code, "count": 1}}})
        with pytest.raises(kind):
            await client._sender.send(NEAREST())
        assert isinstance(await client(NEAREST()), types.NearestDc)


async def test_refused_connections(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        sandbox.refuse(3600)
        with pytest.raises(ConnectionError):
            await client._sender.disconnected
        with pytest.raises(ConnectionError):
            async with connected(sandbox):
                pass
        await sandbox.start()
        async with connected(sandbox) as again:
            assert isinstance(await again(NEAREST()), types.NearestDc)


@pytest.mark.parametrize(
    ("message", "kind"),
    [("SESSION_REVOKED", errors.SessionRevokedError), ("AUTH_KEY_UNREGISTERED", errors.AuthKeyUnregisteredError)],
)
async def test_revoked_session(sandbox: Sandbox, message: str, kind: Any) -> None:
    account = sandbox.world.account
    async with logged_in(sandbox) as client:
        sandbox.change({"revoke": message})
        with pytest.raises(kind):
            await client(functions.updates.GetStateRequest())
        assert await client.get_me() is None
        await client.send_code_request(account.phone)
        with pytest.raises(errors.SessionPasswordNeededError):
            await client.sign_in(account.phone, account.code)
        await client.sign_in(password=account.password)
        await client(functions.updates.GetStateRequest())


async def test_forgotten_keys(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        sandbox.forget_keys()
        with pytest.raises((errors.AuthKeyNotFound, errors.InvalidBufferError, ConnectionError)):
            await client._sender.send(NEAREST())
