"""What it costs to render a message, measured in one run beside what it costs Telethon to decode the same page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import telethon  # noqa: F401 - puts Telethon's own message classes into telethon.tl.types, as in the program
from telethon.extensions import BinaryReader

from tests.benchmarks.runs import Figures
from tobs_tui.engine.albums import AlbumGatherer
from tobs_tui.model import Chat, ChatKind, ExportOptions
from tobs_tui.notes.caches import cache_use
from tobs_tui.notes.message import RenderContext, ReplyTarget, render
from tobs_tui.sandbox.bulk import BIG_CHAT
from tobs_tui.sandbox.history import messages_answer
from tobs_tui.sandbox.world import World
from tobs_tui.telegram.convert import message_of
from tobs_tui.telegram.peers import Names

PAGE = 100
CHAT = Chat(BIG_CHAT, ChatKind.SUPERGROUP, "Big chat")


def against_decoding(messages: int, rounds: int) -> Figures:
    """Microseconds a message: the median over all rendered messages, and over all pages for decoding; and their ratio."""
    pages = list(_pages(messages))
    times = [_page_times(page) for _ in range(rounds) for page in pages]
    decode, renders = median(decoded for decoded, _ in times), median(each for _, rendered in times for each in rendered)
    caches = {name: found / max(1, asked) for name, found, asked in cache_use()}
    return {"ratio": renders / decode, "render_us": 1e6 * renders, "decode_us": 1e6 * decode, "caches": caches}


def _pages(messages: int) -> Iterator[bytes]:
    """The answers to getHistory of the sandbox's mixed chat."""
    world = World(messages=messages)
    record = world.chat(BIG_CHAT)
    for start in range(1, messages, PAGE):
        ids = [number for number in range(start, start + PAGE) if number in record.messages]
        yield messages_answer(world, record, ids, messages)


def _page_times(page: bytes) -> tuple[float, list[float]]:
    """Seconds a message of decoding, and of rendering each block."""
    answer, decoded = _timed(lambda: BinaryReader(page).tgread_object())
    names = Names(answer.users, answer.chats)
    found = (message_of(message, BIG_CHAT, names, 0) for message in answer.messages)
    gatherer = AlbumGatherer()
    blocks = gatherer.add(message for message in found if message is not None) + gatherer.rest()
    replies = {message.reply.message_id: _TARGET for block in blocks for message in block if message.reply}
    context = RenderContext(CHAT, "Big chat", "Telegram/Big chat", ZoneInfo("Europe/Berlin"), ExportOptions("/v"), replies)
    return decoded / len(answer.messages), [_timed(partial(render, block, context))[1] for block in blocks]


_TARGET = ReplyTarget("Big chat 2025-01", "Ada Lovelace", "the first words of what is answered")


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start
