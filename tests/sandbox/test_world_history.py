"""Pages of a history, messages by id and searches, against a naive model of what they should be."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from telethon import TelegramClient, errors, utils
from telethon.extensions import BinaryReader
from telethon.tl import functions, types

from tests.support.client import inner_sandbox, logged_in
from tobs_tui.sandbox import cast
from tobs_tui.sandbox.bulk import BIG_CHAT
from tobs_tui.sandbox.chats import topic_of
from tobs_tui.sandbox.demo import input_peer
from tobs_tui.sandbox.search import document_kind, is_photo
from tobs_tui.sandbox.world import World

CHATS = (cast.ADA, cast.FAMILY, cast.PYTHON, cast.CONTROLS, BIG_CHAT)


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def world() -> World:
    return World(messages=1500)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(world: World) -> AsyncIterator[TelegramClient]:
    async with inner_sandbox(world, password=False) as sandbox, logged_in(sandbox) as client:
        yield client


def peer(world: World, chat_id: int) -> Any:
    return input_peer(world.account, chat_id)


def naive_page(
    messages: list[Any], *, offset_id: int, offset_date: int, add_offset: int, limit: int, min_id: int, max_id: int
) -> list[int]:
    """What a page should hold: the messages newest first, the newer ones skipped, a window cut out, and only then sifted by id."""
    skip = 0
    for message in messages:
        if (offset_id and message.id >= offset_id) or (not offset_id and offset_date and message.date >= offset_date):
            skip += 1
    window = [m for place, m in enumerate(messages) if skip + add_offset <= place < skip + add_offset + min(limit, 100)]
    return [m.id for m in window if m.id > min_id and (max_id == 0 or m.id < max_id)]


def random_offsets(chance: random.Random, messages: list[Any]) -> dict[str, int]:
    some = chance.choice(messages)
    return {
        "offset_id": chance.choice((0, 0, some.id, some.id + 1, some.id - 1, messages[0].id + 50, 1)),
        "offset_date": chance.choice((0, 0, some.date, some.date + 1, messages[-1].date - 5)),
        "add_offset": chance.choice((0, 0, 1, -1, 10, -10, -100, 100, -37, 5000)),
        "limit": chance.choice((1, 2, 20, 99, 100, 500)),
        "min_id": chance.choice((0, 0, 0, some.id - 7)),
        "max_id": chance.choice((0, 0, 0, some.id + 9)),
    }


@pytest.mark.parametrize("chat_id", CHATS)
async def test_pages_with_any_offsets(world: World, client: TelegramClient, chat_id: int) -> None:
    chance = random.Random(chat_id)
    messages = list(reversed(list(world.chat(chat_id).messages.values())))
    for _ in range(80):
        offsets = random_offsets(chance, messages)
        date = datetime.fromtimestamp(offsets["offset_date"], UTC) if offsets["offset_date"] else None
        request = functions.messages.GetHistoryRequest(peer(world, chat_id), hash=0, **{**offsets, "offset_date": date})
        page = await client(request)
        assert [m.id for m in page.messages] == naive_page(messages, **offsets), offsets
        assert getattr(page, "count", len(messages)) == len(messages)


@pytest.mark.parametrize(
    ("chat_id", "limit", "kind"),
    [
        (cast.CONTROLS, 100, types.messages.ChannelMessages),
        (cast.RESERVED, 100, types.messages.Messages),
        (cast.RESERVED, 5, types.messages.MessagesSlice),
        (cast.ADA, 100, types.messages.MessagesSlice),
    ],
)
async def test_the_kind_of_answer(world: World, client: TelegramClient, chat_id: int, limit: int, kind: type) -> None:
    page = await client(functions.messages.GetHistoryRequest(peer(world, chat_id), 0, None, 0, limit, 0, 0, 0))
    assert type(page) is kind


async def test_who_appears_comes_with_the_page(world: World, client: TelegramClient) -> None:
    page = await client(functions.messages.GetHistoryRequest(peer(world, cast.PYTHON), 0, None, 0, 100, 0, 0, 0))
    known = {utils.get_peer_id(entity) for entity in (*page.users, *page.chats)}
    wanted = {utils.get_peer_id(message.from_id) for message in page.messages if message.from_id}
    assert wanted | {cast.PYTHON} <= known
    assert cast.GHOST not in known


async def test_every_message_travels_whole(world: World, client: TelegramClient) -> None:
    for chat_id in (cast.ADA, cast.RUST, cast.FAMILY):
        history = world.chat(chat_id).messages
        async for message in client.iter_messages(peer(world, chat_id), wait_time=0):
            expected = BinaryReader(bytes(history[message.id])).tgread_object()
            assert message.to_dict() == expected.to_dict()


async def test_messages_by_id(world: World, client: TelegramClient) -> None:
    shared = [world.chat(chat_id).messages.last_id for chat_id in (cast.ADA, cast.FAMILY, cast.GRACE)]
    answer = await client(functions.messages.GetMessagesRequest([types.InputMessageID(i) for i in (*shared, 5)]))
    assert [type(m) for m in answer.messages][3:] == [types.MessageEmpty]
    assert [m.id for m in answer.messages] == [*shared, 5]
    hole = next(i for i in range(1, 900) if i not in world.chat(cast.PYTHON).messages)
    answer = await client(functions.channels.GetMessagesRequest(peer(world, cast.PYTHON), [types.InputMessageID(i) for i in (hole, 1)]))
    assert [type(m) for m in answer.messages] == [types.MessageEmpty, types.MessageService]


async def test_more_than_a_page_of_ids_is_refused(world: World, client: TelegramClient) -> None:
    ids = [types.InputMessageID(i) for i in range(1, 102)]
    with pytest.raises(errors.LimitInvalidError):
        await client(functions.channels.GetMessagesRequest(peer(world, cast.PYTHON), ids))


async def test_access_hashes_are_checked(world: World, client: TelegramClient) -> None:
    for chat_id, kind in ((cast.PYTHON, errors.ChannelInvalidError), (cast.ADA, errors.PeerIdInvalidError)):
        wrong = peer(world, chat_id)
        wrong.access_hash += 1
        with pytest.raises(kind):
            await client(functions.messages.GetHistoryRequest(wrong, 0, None, 0, 100, 0, 0, 0))
    with pytest.raises(errors.PeerIdInvalidError):
        await client(functions.messages.GetHistoryRequest(types.InputPeerChat(12345), 0, None, 0, 100, 0, 0, 0))


async def test_searches_and_counters(world: World, client: TelegramClient) -> None:
    messages = world.chat(cast.ADA).messages.values()
    said = [m.id for m in messages if "bold" in (getattr(m, "message", None) or "").casefold()]
    found = [m.id async for m in client.iter_messages(peer(world, cast.ADA), search="BOLD")]
    assert said
    assert found == said[::-1]
    filters = [types.InputMessagesFilterPhotos(), types.InputMessagesFilterDocument()]
    counters = await client(functions.messages.GetSearchCountersRequest(peer(world, cast.ADA), filters))
    assert [c.count for c in counters] == [sum(map(is_photo, messages)), sum(document_kind(m) == "document" for m in messages)]
    pictures = [m.id async for m in client.iter_messages(peer(world, cast.RUST), filter=types.InputMessagesFilterPhotos, wait_time=0)]
    assert pictures == [m.id for m in reversed(list(world.chat(cast.RUST).messages.values())) if is_photo(m)]


async def test_a_topic_is_searched_counted_and_read_alone(world: World, client: TelegramClient) -> None:
    forum, record = peer(world, cast.FORUM), world.chat(cast.FORUM)
    for topic in record.topics:
        inside = [m for m in record.messages.values() if topic_of(m) == topic]
        request = functions.messages.GetSearchCountersRequest(forum, [types.InputMessagesFilterPhotos()], top_msg_id=topic)
        assert [c.count for c in await client(request)] == [sum(map(is_photo, inside))]
        page = await client(functions.messages.GetRepliesRequest(forum, topic, 0, None, 0, 100, 0, 0, 0))
        assert (page.count, [m.id for m in page.messages]) == (len(inside), [m.id for m in reversed(inside)][:100])
        where = (types.InputMessagesFilterEmpty(), None, None, 0, 0, 100, 0, 0, 0)
        found = await client(functions.messages.SearchRequest(forum, "", *where, top_msg_id=topic))
        assert [m.id for m in found.messages] == [m.id for m in page.messages]
    with pytest.raises(errors.MsgIdInvalidError):
        await client(functions.messages.GetRepliesRequest(forum, 999_999, 0, None, 0, 100, 0, 0, 0))


async def test_changes_show_at_once(world: World, client: TelegramClient) -> None:
    target = peer(world, cast.PYTHON)
    before = await client.get_messages(target, limit=1)
    added = world.change({"add_message": {"chat": cast.PYTHON, "text": "fresh"}})["add_message"]
    after = await client.get_messages(target, limit=2)
    assert [m.id for m in after] == [*added, before[0].id]
    world.change({"delete": {"chat": cast.PYTHON, "ids": added}, "edit": {"chat": cast.PYTHON, "id": before[0].id, "text": "edited"}})
    last = await client.get_messages(target, limit=1)
    assert (last[0].id, last[0].raw_text, bool(last[0].edit_date)) == (before[0].id, "edited", True)
