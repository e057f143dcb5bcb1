"""What needs no server: folders' rules, addresses, floods, names of requests, how a hole in a history is crossed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from tests.telegram.support import eventually
from tobs_tui.errors import GaveUp, NotLoggedIn, ReferenceExpired, RequestFailed, RequestRefused, RetryCause
from tobs_tui.metrics import Metrics
from tobs_tui.retry import RetryPolicy
from tobs_tui.telegram.calls import method_name, retrying
from tobs_tui.telegram.emoji import CustomEmoji
from tobs_tui.telegram.folders import FolderRule, Traits
from tobs_tui.telegram.governor import Governor, Lane
from tobs_tui.telegram.login import code_hint, duration
from tobs_tui.telegram.pool import fit_addresses
from tobs_tui.telegram.refusals import explained
from tobs_tui.telegram.session import Address


def rule(**flags: Any) -> FolderRule:
    peers = {name: flags.pop(name, []) for name in ("pinned_peers", "include_peers", "exclude_peers")}
    return FolderRule(types.DialogFilter(2, types.TextWithEntities("Work", []), **peers, **flags))


def traits(**changes: Any) -> Traits:
    plain: dict[str, Any] = {"id": 7, "kind": "group", "muted": False, "unread": False, "mentioned": False, "archived": False}
    return Traits(**plain | changes)


@pytest.mark.parametrize(
    ("flags", "chat", "held"),
    [
        ({}, {}, False),
        ({"groups": True}, {}, True),
        ({"groups": True}, {"kind": "contact"}, False),
        ({"contacts": True}, {"kind": "contact"}, True),
        ({"non_contacts": True}, {"kind": "non_contact"}, True),
        ({"bots": True}, {"kind": "bot"}, True),
        ({"broadcasts": True}, {"kind": "broadcast"}, True),
        ({"groups": True, "exclude_muted": True}, {"muted": True}, False),
        ({"groups": True, "exclude_muted": True}, {"muted": True, "mentioned": True}, True),
        ({"groups": True, "exclude_read": True}, {}, False),
        ({"groups": True, "exclude_read": True}, {"unread": True}, True),
        ({"groups": True, "exclude_archived": True}, {"archived": True}, False),
        ({"groups": True, "exclude_peers": [types.InputPeerUser(7, 0)]}, {}, False),
        ({"include_peers": [types.InputPeerUser(7, 0)], "exclude_archived": True}, {"archived": True}, True),
        ({"pinned_peers": [types.InputPeerUser(7, 0)]}, {}, True),
    ],
)
def test_folders(flags: dict[str, Any], chat: dict[str, Any], held: bool) -> None:
    assert rule(**flags).holds(traits(**chat), is_self=False) is held


def test_saved_messages_may_be_listed_as_oneself() -> None:
    assert rule(include_peers=[types.InputPeerSelf()]).holds(traits(), is_self=True)
    assert not rule(include_peers=[types.InputPeerSelf()]).holds(traits(), is_self=False)


def test_only_addresses_fit_for_us_are_kept() -> None:
    options = [
        types.DcOption(1, "::1", 443, ipv6=True),
        types.DcOption(1, "10.0.0.1", 443, cdn=True),
        types.DcOption(1, "10.0.0.2", 443, media_only=True),
        types.DcOption(1, "10.0.0.3", 443, tcpo_only=True),
        types.DcOption(1, "10.0.0.4", 443),
        types.DcOption(1, "10.0.0.5", 443, static=True),
        types.DcOption(2, "10.0.0.6", 80),
    ]
    assert fit_addresses(options, through_proxy=False) == {1: Address("10.0.0.4", 443), 2: Address("10.0.0.6", 80)}
    assert fit_addresses(options, through_proxy=True) == {1: Address("10.0.0.5", 443), 2: Address("10.0.0.6", 80)}


def test_requests_are_named_as_telegram_names_them() -> None:
    assert method_name(functions.messages.GetDialogFiltersRequest()) == "messages.getDialogFilters"
    assert method_name(functions.PingRequest(1)) == "ping"


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (errors.FileReferenceExpiredError(None), ReferenceExpired),
        (errors.AuthKeyUnregisteredError(None), NotLoggedIn),
        (errors.ChannelPrivateError(None), RequestRefused),
        (errors.RPCError(None, "NEVER_HEARD_OF", 400), RequestRefused),
    ],
)
def test_refusals_become_our_own_errors(error: errors.RPCError, ours: type[Exception]) -> None:
    made = explained(error)
    assert type(made) is ours
    assert "caused by" not in str(made)
    assert "RPCError" not in str(made)


async def test_attempts_end() -> None:
    metrics, tries = Metrics(), 0

    async def fail() -> None:
        nonlocal tries
        tries += 1
        raise RequestFailed(RetryCause.SERVER, "no")

    with pytest.raises(GaveUp, match="after 4 attempts"):
        await retrying(fail, RetryPolicy(limit=4, stalled=9, first=0.001), metrics)
    assert tries == 4
    assert metrics.snapshot().retried(RetryCause.SERVER) == 3


async def test_after_a_flood_one_request_goes_first_and_other_lanes_are_free() -> None:
    governor, metrics = Governor(), Metrics()
    lane, other = Lane("upload.getFile", 2), Lane("upload.getFile", 1)
    async with governor.turn(lane, metrics) as ticket:
        governor.flooded(ticket, 1)
    inside: list[int] = []
    go = asyncio.Event()

    async def request(number: int) -> None:
        async with governor.turn(lane, metrics):
            inside.append(number)
            await go.wait()

    tasks = [asyncio.create_task(request(number)) for number in range(4)]
    async with governor.turn(other, metrics):
        assert not inside
    await eventually(lambda: bool(inside))
    assert inside == [0]
    go.set()
    await asyncio.gather(*tasks)
    assert sorted(inside) == [0, 1, 2, 3]
    assert metrics.snapshot().retried(RetryCause.FLOOD_WAIT) == 1


def test_durations_and_hints() -> None:
    assert [duration(each) for each in (45, 600, 19_200)] == ["45 s", "10 min", "5 h 20 min"]
    assert code_hint(types.auth.SentCodeTypeSms(5)) == "The code was sent by SMS"
    assert "e-mail to a***@b.c" in code_hint(types.auth.SentCodeTypeEmailCode("a***@b.c", 5))
    assert code_hint(types.auth.SentCodeTypeSetUpEmailRequired()) == "The code was sent"


async def test_a_request_that_is_given_up_tells_nothing_of_the_round_trip() -> None:
    governor, lane, job = Governor(), Lane("messages.getHistory", 2), Metrics()
    async with governor.turn(lane, job):
        await asyncio.sleep(0.05)
    with pytest.raises(RequestFailed):
        async with governor.turn(lane, job):
            raise RequestFailed(RetryCause.NETWORK, "the connection was lost")
    assert governor._states[lane].pace._trip >= 0.05


async def test_custom_emoji_that_cant_be_had_are_asked_for_once() -> None:
    class Nobody:
        asked = 0

        async def call_retrying(self, _request: Any, _metrics: Metrics) -> Any:
            self.asked += 1
            raise GaveUp("Given up")

    nobody = Nobody()
    emoji = CustomEmoji(nobody)  # type: ignore[arg-type] # all that it uses of a Caller
    assert await emoji.fallbacks({5, 6}, Metrics()) == {}
    assert await emoji.fallbacks({5}, Metrics()) == {}
    assert nobody.asked == 1
