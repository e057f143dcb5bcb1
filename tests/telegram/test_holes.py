"""Histories of servers that hide messages: windows that come back short or empty are not the end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types

from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, ChatKind
from tobs_tui.telegram.history import HistoryReader
from tobs_tui.telegram.session import Session

CHAT = Chat(-1000000000005, ChatKind.SUPERGROUP, "holes")


class HidingServer:
    """Answers messages.getHistory as Telegram does, and then leaves out what nobody may see. The sandbox hides nothing."""

    def __init__(self, ids: list[int], hidden: set[int]) -> None:
        self.ids = ids
        self.hidden = hidden

    def floods(self, _method: str) -> int:
        """There are none."""
        return 0

    async def call_retrying(self, request: Any, metrics: Metrics) -> Any:
        """Windows are cut from all messages, newest first; the hidden ones are sifted out afterwards."""
        metrics.request("messages.getHistory")
        newest = sorted(self.ids, reverse=True)
        first = sum(1 for i in newest if request.offset_id and i >= request.offset_id) + request.add_offset
        window = newest[max(0, first) : max(0, first + request.limit)]
        shown = [types.Message(i, types.PeerChannel(5), datetime.fromtimestamp(i, UTC), "") for i in window if i not in self.hidden]
        return types.messages.ChannelMessages(1, len(self.ids), shown, [], [], [])


async def read(server: HidingServer, after: int = 0, *, asked: bool = False) -> list[int]:
    reader = HistoryReader(server, Metrics(), Session(Path("unused"), None))  # type: ignore[arg-type]  # it has what is needed of a Caller
    if asked:
        await reader.extent(CHAT)
    return [message.id async for page in reader.pages(CHAT, after, Metrics()) for message in page.messages]


async def test_a_window_of_nothing_but_hidden_messages_is_crossed() -> None:
    hidden = set(range(101, 451))
    assert await read(HidingServer(list(range(1, 701)), hidden)) == [i for i in range(1, 701) if i not in hidden]


async def test_a_hole_is_crossed_also_when_the_newest_message_is_hidden() -> None:
    hidden = {*range(101, 451), 700}
    assert await read(HidingServer(list(range(1, 701)), hidden)) == [i for i in range(1, 701) if i not in hidden]


async def test_a_chat_whose_newest_messages_are_hidden_ends() -> None:
    assert await read(HidingServer(list(range(1, 701)), set(range(301, 701)))) == list(range(1, 301))


@given(st.sets(st.integers(1, 900), max_size=600), st.data(), st.integers(0, 900), st.booleans())
async def test_all_that_is_shown_comes_once_and_in_order(ids: set[int], data: st.DataObject, after: int, asked: bool) -> None:
    start, length = data.draw(st.integers(0, 600)), data.draw(st.integers(0, 350))
    hidden = set(sorted(ids)[start : start + length]) | data.draw(st.sets(st.integers(1, 900), max_size=30))
    assert await read(HidingServer(sorted(ids), hidden), after, asked=asked) == sorted(i for i in ids - hidden if i > after)
