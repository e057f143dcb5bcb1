"""Histories against the generator: every id once, in order, whatever happens on the line meanwhile."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.support.sandbox import SandboxProcess
from tests.telegram.support import all_chats, connected, eventually, faults, logged_in, messages, twin
from tobs_tui.errors import RequestRefused, RetryCause
from tobs_tui.metrics import Metrics
from tobs_tui.model import CHANNEL_MARK, Chat, ChatKind
from tobs_tui.sandbox import cast
from tobs_tui.sandbox.bulk import BIG_CHAT
from tobs_tui.telegram.account import TelegramAccount

BIG = 2150


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(messages=BIG) as process:
        yield process


@pytest.fixture
async def big(account: TelegramAccount) -> Chat:
    return await account.find("Big chat")


def ids_of(sandbox: SandboxProcess, chat: Chat) -> list[int]:
    return list(twin(sandbox).chat(chat.id).messages.ids)


async def test_every_chat_has_the_messages_that_were_made(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    world = twin(sandbox)
    for chat in (await all_chats(account)).values():
        record = world.chat(chat.id)
        got = await messages(account, chat)
        assert [message.id for message in got] == list(record.messages.ids)
        for message in got:
            made = record.messages[message.id]
            assert (message.text, message.date) == (made.message or "", made.date)
            assert len(message.entities) == len(made.entities or ())
            assert bool(message.service) == (type(made).__name__ == "MessageService")
            assert message.sender.name or message.sender.id == 0


@pytest.mark.parametrize("after", [0, 1, 99, 100, 101, 2149, 10_000])
async def test_a_history_goes_on_where_it_stood(sandbox: SandboxProcess, account: TelegramAccount, big: Chat, after: int) -> None:
    assert [m.id for m in await messages(account, big, after)] == [i for i in ids_of(sandbox, big) if i > after]


async def test_a_page_costs_one_request_and_shares_one_message_with_the_last(
    sandbox: SandboxProcess, account: TelegramAccount, big: Chat
) -> None:
    extent = await account.extent(big)
    assert (extent.count, extent.last_id) == (BIG, ids_of(sandbox, big)[-1])
    job = Metrics()
    pages = [page async for page in account.history(big, 0, job)]
    assert [len(page.messages) for page in pages] == [100] + [99] * 20 + [70]
    assert [page.last_id for page in pages] == [page.messages[-1].id for page in pages]
    assert dict(job.snapshot().requests) == {"messages.getHistory": 22}


async def test_the_newest_messages_come_with_the_extent_and_further_ones_on_request(
    sandbox: SandboxProcess, account: TelegramAccount, big: Chat
) -> None:
    """Up to 100 cost one request; where all of these are new, those that are known follow."""
    ids = ids_of(sandbox, big)
    cases = ((ids[-1], 100, 1), (ids[-1], 7, 1), (ids[-99], 100, 1), (ids[-150], 100, 2), (ids[-1], 250, 3), (ids[20], 100, 2))
    for upto, count, requests in cases:
        job = Metrics()
        newest = await account.newest(big, upto, count, job)
        end = ids.index(newest.high) + 1 if newest.high else len(ids)
        assert (newest.extent.count, newest.extent.last_id) == (BIG, ids[-1])
        assert [message.id for message in newest.messages] == [id for id in ids[:end] if id >= newest.low]
        assert (len(newest.messages), newest.low) == ((21, ids[0]) if upto == ids[20] else (count, ids[end - count]))
        assert dict(job.snapshot().requests) == {"messages.getHistory": requests}
    small = (await all_chats(account))[cast.CONTROLS]
    whole = await account.newest(small, 1, 100)
    assert ([message.id for message in whole.messages], whole.low) == (ids_of(sandbox, small), 0)


async def test_custom_emoji_of_the_newest_messages_are_looked_up_when_they_are_wanted(account: TelegramAccount) -> None:
    job = Metrics()
    for chat in (await all_chats(account)).values():
        bare = (await account.newest(chat, 1 << 40, 1000, job)).messages
        assert "messages.getCustomEmojiDocuments" not in dict(job.snapshot().requests)
        if any(reaction.custom for message in bare for reaction in message.reactions):
            break
    shown = await account.with_emoji(bare, job)
    assert shown == tuple(await messages(account, chat))[-len(shown) :]
    assert shown != bare


async def test_the_first_id_of_a_date(sandbox: SandboxProcess, account: TelegramAccount, big: Chat) -> None:
    made = twin(sandbox).chat(big.id).messages
    ids = ids_of(sandbox, big)
    for place in (0, 1, 700, len(ids) - 1):
        date = made.date(ids[place])
        assert await account.id_before(big, date) == max((i for i in ids if made.date(i) < date), default=0)
    assert await account.id_before(big, made.date(ids[-1]) + 1) == ids[-1]
    assert await account.id_before(big, 1) == 0


async def test_an_empty_history_is_empty(account: TelegramAccount) -> None:
    chat = next(chat for chat in (await all_chats(account)).values() if chat.kind is ChatKind.GROUP)
    extent = await account.extent(chat)
    assert await messages(account, chat, extent.last_id) == []


async def test_a_chat_that_is_closed_is_refused_in_words(account: TelegramAccount) -> None:
    with pytest.raises(RequestRefused, match="chat"):
        await account.extent(Chat(-1009999999999, ChatKind.CHANNEL, "gone", access_hash=5))


async def test_dropped_connections_lose_and_repeat_nothing(sandbox: SandboxProcess, account: TelegramAccount, big: Chat) -> None:
    job = Metrics()
    got: list[int] = []
    async for page in account.history(big, 0, job):
        got += [message.id for message in page.messages]
        if page.messages[0].id <= 300 < page.last_id or page.messages[0].id <= 1200 < page.last_id:
            sandbox.faults(drop_after=1)
        if page.messages[0].id <= 1800 < page.last_id:
            sandbox.faults(drop_now=True)
    assert got == ids_of(sandbox, big)
    assert job.snapshot().retried(RetryCause.NETWORK) >= 2
    assert account.online


async def test_answers_that_never_come_are_asked_for_again(sandbox: SandboxProcess, session_file: Path, big: Chat) -> None:
    job = Metrics()
    got: list[int] = []
    async with connected(sandbox, session_file, request_seconds=0.4) as account:
        async for page in account.history(big, 0, job):
            got += [message.id for message in page.messages]
            sandbox.faults(silent={"messages.getHistory": 0.5 if len(got) < 500 else 0.0}, seed=3)
    assert got == ids_of(sandbox, big)
    assert job.snapshot().retried(RetryCause.TIMEOUT)


async def test_a_part_of_a_history_asks_for_no_more(sandbox: SandboxProcess, account: TelegramAccount, big: Chat) -> None:
    job, ids = Metrics(), ids_of(sandbox, big)
    await account.extent(big)
    async with aclosing(account.history(big, ids[200], job, upto=ids[349])) as pages:
        async for page in pages:
            if page.last_id >= ids[349]:
                break
    assert dict(job.snapshot().requests) == {"messages.getHistory": 2}


@pytest.mark.parametrize("code", [500, -503])
async def test_faults_of_the_server_are_outlasted(sandbox: SandboxProcess, account: TelegramAccount, big: Chat, code: int) -> None:
    job = Metrics()
    with faults(sandbox, failures={"messages.getHistory": {"code": code, "count": 3}}):
        got = await messages(account, big, metrics=job)
    assert [message.id for message in got] == ids_of(sandbox, big)
    assert job.snapshot().retried(RetryCause.SERVER) == 3


@pytest.mark.parametrize("premium", [False, True])
async def test_a_flood_wait_is_slept_through_and_shown(
    sandbox: SandboxProcess, account: TelegramAccount, big: Chat, metrics: Metrics, premium: bool
) -> None:
    job = Metrics(parent=metrics)
    with faults(sandbox, floods={"messages.getHistory": {"seconds": 1, "premium": premium}}):
        pages = account.history(big, 0, job)
        waiting = anext(aiter(pages))
        page = await waiting
    assert len(page.messages) == 100
    assert job.snapshot().retried(RetryCause.FLOOD_WAIT) == metrics.snapshot().retried(RetryCause.FLOOD_WAIT) == 1
    assert dict(job.snapshot().requests) == {"messages.getHistory": 2}


async def test_a_long_wait_outlives_the_process(sandbox: SandboxProcess, session_file: Path, tmp_path: Path, big: Chat) -> None:
    """What was killed in the middle of a wait asks nothing before its time when it is started again."""
    session_file = Path(shutil.copy(session_file, tmp_path / "session.json"))
    with faults(sandbox, floods={"messages.getHistory": {"seconds": 30}}):
        async with connected(sandbox, session_file) as account:
            reading = asyncio.create_task(messages(account, big))
            await eventually(lambda: b"messages.getHistory" in session_file.read_bytes())
            reading.cancel()
        sandbox.stats(reset=True)
        async with connected(sandbox, session_file) as account:
            job = Metrics()
            reading = asyncio.create_task(messages(account, big, metrics=job))
            await eventually(lambda: bool(job.snapshot().waits))
            (wait,) = job.snapshot().waits
            reading.cancel()
    assert (wait.method, 20 < wait.until - time.time() < 31) == ("messages.getHistory", True)
    assert "messages.getHistory" not in sandbox.stats()["requests"]


async def test_a_rate_limit_is_never_asked_before_its_time(sandbox: SandboxProcess, account: TelegramAccount, big: Chat) -> None:
    job = Metrics()
    with faults(sandbox, limits={"messages.getHistory": {"requests": 10, "seconds": 1.0}}):
        got = await messages(account, big, metrics=job)
    assert [message.id for message in got] == ids_of(sandbox, big)
    # Twice the limit is met, first by all that are under way. Then it is known.
    assert 1 <= job.snapshot().retried(RetryCause.FLOOD_WAIT) < 16


@pytest.mark.parametrize("fixed", [False, True])
async def test_a_limit_is_learned_from_two_floods_and_kept(tmp_path: Path, fixed: bool) -> None:
    limit = {"requests": 20, "seconds": 1.0, "fixed": fixed}
    with SandboxProcess(messages=8_000, password=False, limits={"messages.getHistory": limit}) as limited:
        async with logged_in(limited, tmp_path / "session.json") as account:
            chat = await account.find("Big chat")
            job = Metrics()
            assert len(await messages(account, chat, metrics=job)) == 8_000
            served = limited.stats(log=True)
    budgets = job.snapshot().budgets
    assert [(each.method, each.limit, each.seconds) for each in budgets] == [("messages.getHistory", 20, 1.0)]
    assert served["floods"]["messages.getHistory"] < 16


async def test_new_and_deleted_messages_shift_nothing(account: TelegramAccount, sandbox: SandboxProcess) -> None:
    chat = await account.find("Python Talk")
    before = ids_of(sandbox, chat)
    got: list[int] = []
    async for page in account.history(chat, 0, Metrics()):
        if not got:
            sandbox.world(delete={"chat": chat.id, "ids": before[50:60] + before[205:215]}, add_message={"chat": chat.id, "count": 120})
        got += [message.id for message in page.messages]
    gone = set(before[205:215])
    assert got[: len(before) - 10] == [i for i in before if i not in gone]
    assert got[len(before) - 10 :] == list(range(before[-1] + 1, before[-1] + 121))


@pytest.mark.parametrize("seed", range(4))
async def test_pages_in_flight_miss_nothing_while_messages_go(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with SandboxProcess(messages=2000, seed=seed, rtt_ms=5) as changing:
        ids = list(changing.twin().chat(BIG_CHAT).messages.ids)
        left, got = set(ids), list[int]()
        async with logged_in(changing, tmp_path / "session.json") as reader:
            chat = await reader.find("Big chat")
            await reader.extent(chat)
            async for page in reader.history(chat, 0, Metrics()):
                got += [message.id for message in page.messages]
                near = [i for i in ids if page.last_id - 150 < i < page.last_id + 500 and i in left]
                gone = chance.sample(near, min(len(near), chance.choice((1, 3, 40))))
                changing.world(delete={"chat": chat.id, "ids": gone})
                left -= set(gone)
    assert got == sorted(set(got))
    assert left <= set(got) <= set(ids)


async def test_groups_whose_ids_are_sparse_are_read_by_place(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    for chat in (await all_chats(account)).values():
        if chat.id > -CHANNEL_MARK:
            await account.extent(chat)
            job = Metrics()
            ids = ids_of(sandbox, chat)
            assert [message.id for message in await messages(account, chat, metrics=job)] == ids
            assert dict(job.snapshot().requests)["messages.getHistory"] <= max(1, -(-(len(ids) - 1) // 99))


async def test_packed_answers_and_new_salts_are_read_as_well(sandbox: SandboxProcess, account: TelegramAccount, big: Chat) -> None:
    with faults(sandbox, gzip=True):
        sandbox.faults(rotate_salts=True)
        assert [m.id for m in await messages(account, big)] == ids_of(sandbox, big)
