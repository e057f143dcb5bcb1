"""Blocks that are the same for the same number, and stores to put them in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.records import replace
from tobs_tui.content import MediaKind, RemoteFile
from tobs_tui.metrics import Metrics
from tobs_tui.model import ChatKind
from tobs_tui.pipeline.records import ChatState, Entry, FileRecord, FileState, MessageRecord
from tobs_tui.pipeline.store import Store
from tobs_tui.settings import PipelineSettings

SMALL = PipelineSettings(flush_messages=7, flush_bytes=2048, flush_seconds=0.01)
SLOW = PipelineSettings(flush_messages=1_000_000, flush_bytes=1 << 30, flush_seconds=3600.0)
PER_DAY, PER_NOTE = 5, 40


def note_of(number: int, chat: int) -> str:
    return f"Telegram/Chat {chat}/Chat {chat} 2025-{1 + number // PER_NOTE:02d}.md"


def text_of(number: int, version: str = "") -> str:
    lines = "\n".join(f"line {line} of message {number}{version}, ünïcödé 🎈" for line in range(number % 4 + 1))
    return f"**Ada** · 14:05 ^m{number}\n\n{lines}\n\n"


def file_of(number: int, chat: int) -> FileRecord:
    path = f"Telegram/Chat {chat}/media/{number} a.bin"
    remote = RemoteFile(number, MediaKind.DOCUMENT, 10, 2)
    return FileRecord(0, path, note_of(number, chat), f"![[{path}]]", chat, number, 1000 + number, remote)


def entry(vault: Path, number: int, chat: int = 7, metrics: Metrics | None = None, version: str = "") -> Entry:
    """The block of one message; every tenth has a file."""
    day = f"2025-{1 + number // PER_NOTE:02d}-{1 + number % PER_NOTE // PER_DAY:02d}"
    record = MessageRecord(number, "Ada", f"line 0 of message {number}", 1000 + number)
    files = (file_of(number, chat),) if number % 10 == 0 else ()
    text = text_of(number, version) + "".join(f"{each.line}\n\n" for each in files)
    head = f"---\ntelegram_id: {chat}\n---\n\n"
    return Entry(
        str(vault), chat, 1, note_of(number, chat), head, day, f"## {day}\n\n", text, (record,), files, metrics or Metrics()
    )


def chat_state(chat: int = 7) -> ChatState:
    return ChatState(chat, f"Telegram/Chat {chat}", f"Chat {chat}", "A title", ChatKind.GROUP, "Europe/Berlin")


@asynccontextmanager
async def open_store(folder: Path, settings: PipelineSettings = SLOW, metrics: Metrics | None = None) -> AsyncIterator[tuple[Store, Path]]:
    """A store in `folder/data` with the vault `folder/vault` open."""
    vault = folder / "vault"
    async with Store(folder / "data" / "cache.sqlite", settings, metrics or Metrics()) as store:
        await store.vault(str(vault))
        yield store, vault


async def export(folder: Path, last: int, settings: PipelineSettings = SMALL, chats: tuple[int, ...] = (7,), version: str = "") -> None:
    """Append all blocks up to `last` that the store doesn't have yet, those of several chats in turn."""
    async with open_store(folder, settings) as (store, vault):
        states = {chat: await store.chat(str(vault), chat) for chat in chats}
        done = {chat: state.last_id if state else 0 for chat, state in states.items()}
        for number in range(1, last + 1):
            for chat in chats:
                if number > done[chat]:
                    store.append(entry(vault, number, chat, version=version))
            await store.room()


def notes_in(folder: Path) -> dict[str, bytes]:
    """All files of the vault, by their path."""
    vault = folder / "vault"
    return {str(path.relative_to(vault)): path.read_bytes() for path in sorted(vault.rglob("*")) if path.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def until(met: Callable[[], bool]) -> None:
    """Let the loop turn until a condition holds; the test's time-out is the limit."""
    while not met():  # noqa: ASYNC110 - what is waited for has no event of its own
        await asyncio.sleep(0.001)


async def crash_export(folder: Path, last: int, settings: PipelineSettings) -> None:
    """Two chats in turn, and now and then a file that fails and whose line is replaced; it can be done in any number of runs."""
    async with open_store(folder, settings) as (store, vault):
        root = str(vault)
        done = {}
        for chat in (7, 8):
            known = await store.chat(root, chat)
            await store.put_chat(root, known or chat_state(chat))
            done[chat] = known.last_id if known else 0
        for number in range(1, last + 1):
            for chat in (7, 8):
                if number > done[chat]:
                    store.append(entry(vault, number, chat))
            await store.room()
            if number % 10 == 0:
                await settle_file(store, root, number)


async def big_export(folder: Path, last: int) -> None:
    """One note of so many large blocks: it outgrows every file of the cache."""
    async with open_store(folder, SMALL) as (store, vault):
        known = await store.chat(str(vault), 7)
        for number in range(known.last_id + 1 if known else 1, last + 1):
            block = entry(vault, number)
            store.append(replace(block, note="Telegram/Big.md", text=block.text + f"{number} is large\n" * 10_000 + "\n"))
            await store.room()


async def settle_file(store: Store, root: str, number: int) -> None:
    """A file of the first chat has failed: its embed becomes words."""
    record = file_of(number, 7)
    store.file_ended(root, record.path, FileState.FAILED, "gone")
    await store.checkpoint()
    await store.replace_lines(root, record.note, ((record.line, f"📎 {number} a.bin, not downloaded: gone"),))
