"""Blocks that an error of the disk undid are read again: nothing that was told with them outlives them."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.pipeline.store_support import chat_state, entry, note_of, open_store
from tobs_tui.engine.holes import Holes
from tobs_tui.engine.job import Job
from tobs_tui.engine.kin import Kin
from tobs_tui.errors import VaultError
from tobs_tui.model import Chat, ChatKind, ExportOptions
from tobs_tui.pipeline.records import TopicState
from tobs_tui.pipeline.writer import NoteWriter

FAILED = VaultError("The vault can't be written", "the disk reports an error")


async def test_an_index_note_that_asks_for_a_chat_doesnt_let_its_job_go_on(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        root = str(vault)
        await store.put_chat(root, chat_state())
        await store.checkpoint()
        store.append(entry(vault, 1))
        store._at(root).writer.failed = FAILED
        job = Job(1, Chat(8, ChatKind.CHANNEL, "Its channel"), ExportOptions(root))
        kin = Kin(job, await store.vault(root), Mock(store=store), Mock())
        kin.remember("", before=7)
        await kin.related()
        with pytest.raises(VaultError, match="could not be written"):
            store.append(entry(vault, 2))


async def test_a_hole_stays_as_large_as_long_as_what_was_in_it_isnt_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: NoteWriter) -> None:
        with self.failing():
            raise FAILED

    state = replace(chat_state(), holes=((0, 20),))
    async with open_store(tmp_path) as (store, vault):
        root = str(vault)
        await store.put_chat(root, state)
        await store.checkpoint()
        holes = Holes(Job(1, Chat(7, ChatKind.GROUP, "A group"), ExportOptions(root)), state, Mock(store=store), Mock(), Mock())
        await store.insert(root, note_of(1, 7), [entry(vault, number) for number in range(1, 11)])
        monkeypatch.setattr(NoteWriter, "sync", broken)
        holes._holes = [(10, 20)]
        with pytest.raises(VaultError):
            await holes._keep()
    monkeypatch.undo()
    async with open_store(tmp_path) as (store, vault):
        assert await store.chat(root, 7) == state


async def test_how_far_a_topic_was_read_isnt_saved_by_the_writer_that_came_after(tmp_path: Path) -> None:
    """The vault is opened again between the cut of a checkpoint and its turn on the store's thread."""
    async with open_store(tmp_path) as (store, vault):
        root, gate = str(vault), threading.Event()
        store.append(entry(vault, 1))
        store.put_topics(root, 7, [TopicState(14, "Help", read=1)])
        store._at(root).writer.failed = FAILED
        busy = asyncio.create_task(store._do(gate.wait))
        await asyncio.sleep(0)
        opening = asyncio.create_task(store.vault(root))
        await asyncio.sleep(0.01)
        saving = asyncio.create_task(store.checkpoint())
        await asyncio.sleep(0.01)
        gate.set()
        await asyncio.gather(busy, opening, saving, return_exceptions=True)
        await store.checkpoint()
        assert await store.topics(root, 7) == {}
