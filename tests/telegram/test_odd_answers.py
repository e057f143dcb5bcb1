"""Answers that a server may give and the sandbox doesn't: dates that count otherwise, pages that name no next one, keys that it forgets
for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from telethon.tl import functions, types

from tests.support.client import inner_sandbox
from tests.telegram.support import messages
from tests.telegram.test_lost_keys import asked_for_a_code
from tobs_tui.content import MediaKind, RemoteFile
from tobs_tui.errors import NotLoggedIn, RequestFailed
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, ChatKind
from tobs_tui.sandbox.connection import Connection as Served
from tobs_tui.sandbox.server import Sandbox
from tobs_tui.telegram.account import TelegramAccount
from tobs_tui.telegram.chats import ChatList
from tobs_tui.telegram.connection import Connection
from tobs_tui.telegram.governor import Lane
from tobs_tui.telegram.history import HistoryReader
from tobs_tui.telegram.link import Link
from tobs_tui.telegram.references import References
from tobs_tui.telegram.session import Session
from tobs_tui.telegram.topics import read_topics

CHAT = Chat(-1000000000005, ChatKind.FORUM, "Chat")


class Server:
    """Stands in for a Caller: answers each request by a test's own function, and keeps them."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.answer = answer
        self.asked: list[Any] = []

    async def call_retrying(self, request: Any, _metrics: Metrics) -> Any:
        return await self.call(request, _metrics)

    async def call(self, request: Any, _metrics: Metrics) -> Any:
        self.asked.append(request)
        return self.answer(request)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# Where a date begins


def history(dates: dict[int, int], *, inclusive: bool) -> Server:
    """A history of messages with these dates, by id."""

    def answer(asked: Any) -> Any:
        request = asked.query if hasattr(asked, "query") else asked
        bound = int(request.offset_date.timestamp()) + inclusive if request.offset_date else 2**40
        ids = [i for i in sorted(dates, reverse=True) if dates[i] < bound and (not request.offset_id or i < request.offset_id)]
        return SimpleNamespace(messages=[types.Message(i, types.PeerUser(1), at(dates[i]), "") for i in ids[: request.limit]])

    return Server(answer)


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize(("date", "found", "more"), [(50, 0, 1), (51, 5, 0), (60, 5, 2), (61, 160, 0), (99, 160, 0)])
async def test_a_date_may_count_or_not(date: int, found: int, more: int, inclusive: bool, tmp_path: Path) -> None:
    """Messages 5 at the second 50, and 10 to 160 all at 60."""
    server = history({5: 50} | dict.fromkeys(range(10, 161), 60), inclusive=inclusive)
    reader = HistoryReader(server, Metrics(), Session(tmp_path / "x", None))  # type: ignore[arg-type]
    assert await reader.id_before(CHAT, date) == found
    assert len(server.asked) == 1 + more * inclusive


async def test_a_server_that_repeats_itself_is_left(tmp_path: Path) -> None:
    same = SimpleNamespace(messages=[types.Message(7, types.PeerUser(1), at(60), "")])
    reader = HistoryReader(Server(lambda _: same), Metrics(), Session(tmp_path / "x", None))  # type: ignore[arg-type]
    assert await reader.id_before(CHAT, 60) == 0


# Pages of topics and chats


def topic(number: int, *, pinned: bool = False) -> types.ForumTopic:
    zeros = dict.fromkeys(("read_inbox_max_id", "read_outbox_max_id", "unread_count", "unread_mentions_count", "unread_reactions_count"), 0)
    return types.ForumTopic(
        number, at(number), CHAT.id, f"T{number}", 0, 900 + number, unread_poll_votes_count=0,
        from_id=types.PeerUser(1), notify_settings=types.PeerNotifySettings(), pinned=pinned, **zeros,
    )  # fmt: skip


async def test_a_page_of_pinned_topics_isnt_the_last_one() -> None:
    pinned, others = [topic(n, pinned=True) for n in (3, 4)], [topic(n) for n in range(20, 10, -1)]

    def page(request: Any) -> Any:
        if not request.offset_date:
            shown = [*pinned, types.ForumTopicDeleted(9)]
        else:
            shown = [t for t in others if (t.date, t.top_message) < (request.offset_date, request.offset_id)][:5]
        return SimpleNamespace(topics=shown, messages=[], count=13, order_by_create_date=True)

    server = Server(page)
    found = await read_topics(server, CHAT, Metrics())  # type: ignore[arg-type]
    assert [each.id for each in found] == [3, 4, *range(11, 21)]
    assert len(server.asked) == 3


async def test_topics_end_where_nothing_new_comes() -> None:
    server = Server(lambda _: SimpleNamespace(topics=[topic(3, pinned=True)], messages=[], count=13, order_by_create_date=True))
    assert [each.id for each in await read_topics(server, CHAT, Metrics())] == [3]  # type: ignore[arg-type]
    assert len(server.asked) == 2


def dialog(number: int) -> types.Dialog:
    counts = (number, 0, 0, 0, 0, 0, 0)
    return types.Dialog(types.PeerUser(number), *counts, notify_settings=types.PeerNotifySettings())


async def test_chats_whose_newest_message_isnt_shown_dont_end_the_list() -> None:
    """The first page ends with chats of which no message is shown, the second one holds no other."""

    def page(request: Any) -> Any:
        if isinstance(request, functions.messages.GetDialogFiltersRequest):
            return SimpleNamespace(filters=[])
        last = getattr(request.offset_peer, "user_id", 10)
        ids = [] if request.folder_id else [n for n in range(9, 0, -1) if n < last][:3]
        shown = [types.Message(n, types.PeerUser(n), at(n), "") for n in ids if n in (8, 9)]
        empty = [types.MessageEmpty(n, types.PeerUser(n)) for n in ids if n == 7]
        users = [types.User(n, first_name=f"U{n}", access_hash=1) for n in ids]
        return types.messages.DialogsSlice(9, [dialog(n) for n in ids], [*shown, *empty], [], users)

    server = Server(page)
    found = [chat.id async for each in ChatList(server, Metrics()).pages() for chat in each.chats]  # type: ignore[arg-type]
    assert found == list(range(9, 0, -1))


# Fresh references


async def test_who_waits_for_a_reference_hears_of_any_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    async def find(_: int) -> Chat:
        return CHAT

    def odd(*_: Any) -> Any:
        raise ValueError("odd media")

    monkeypatch.setattr("tobs_tui.telegram.references.files_of", odd)
    references = References(Server(lambda _: SimpleNamespace(messages=[])), find)  # type: ignore[arg-type]
    file = RemoteFile(1, MediaKind.PHOTO, 5, 2, chat_id=CHAT.id, message_id=4)
    with pytest.raises(ValueError, match="odd media"):
        await asyncio.wait_for(references.fresh(file, Metrics(), ()), 5)


# Lines and keys


async def file_at_home(server: Sandbox, account: TelegramAccount) -> RemoteFile:
    async for page in account.chats():
        for chat in page.chats:
            for message in await messages(account, chat):
                if isinstance(message.content, RemoteFile) and message.content.dc == server.home:
                    return message.content
    raise AssertionError("no file lies at home")


async def test_a_line_of_files_never_replaces_the_key_of_the_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Home refuses the account's key on a new line, and knows it on the one that is open; later it knows it nowhere."""
    async with inner_sandbox(password=False) as server, asked_for_a_code(server, tmp_path) as account:
        assert await account.sign_in(server.world.account.code)
        file, saved = await file_at_home(server, account), (tmp_path / "session.json").read_bytes()
        centre = next(each for each in server._centres if each.id == server.home)
        open_lines, refused, packet = set(centre.connections), set[Served](), vars(Served)["_packet"]

        def refuse_one(self: Served, data: bytes) -> None:
            if self in open_lines or (refused and self not in refused):
                packet(self, data)
            else:
                refused.add(self)
                self._refuse_key()

        monkeypatch.setattr(Served, "_packet", refuse_one)
        with pytest.raises(RequestFailed, match="a key that it knows"):
            await account.fetch(file, 0, 4096)
        assert await account.fetch(file, 0, 4096)
        assert refused
        centre.keys.clear()
        with pytest.raises(NotLoggedIn):
            await account.fetch(file, 0, 4096)
        assert (tmp_path / "session.json").read_bytes() == saved


async def test_waits_are_kept_with_when_they_were_true(tmp_path: Path) -> None:
    file, waits = tmp_path / "session.json", [(Lane("messages.getHistory", 2), 1000.0)]
    session, again, older = (Session(file, None) for _ in range(3))
    await session.load()
    session.waits, session.noted = waits, 900.0
    await session.save()
    await again.load()
    assert (again.waits, again.noted) == (waits, 900.0)
    stored = orjson.loads(file.read_bytes())
    del stored["noted"]  # as a version wrote it that didn't know it
    file.write_bytes(orjson.dumps(stored))
    await older.load()
    assert (older.waits, older.noted) == (waits, 0.0)


async def test_who_waits_for_a_line_that_is_closed_isnt_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: Connection) -> Link:
        await asyncio.sleep(3600)
        raise AssertionError

    monkeypatch.setattr(Connection, "_open", never)
    line = Connection(2, SimpleNamespace(seconds=1.0), home=True)
    waiting, given_up = (asyncio.create_task(line.request(functions.PingRequest(1))) for _ in range(2))
    await asyncio.sleep(0.01)
    given_up.cancel()
    await line.close()
    with pytest.raises(RequestFailed, match="closed"):
        await waiting
    with pytest.raises(asyncio.CancelledError):
        await given_up
