"""A second run's renewals in a process of its own, which is killed at a given moment: what `test_renewal` starts."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from tests.pipeline.crash_child import at_step
from tests.pipeline.store_support import chat_state, entry, file_of, note_of, open_store
from tests.support.records import replace
from tobs_tui.pipeline.edittables import DELETED
from tobs_tui.pipeline.records import Entry, LinkRecord, LinkTarget
from tobs_tui.pipeline.renewal import Change, Deletion, Edit

LAST = 60
EDITED, DELETED_ID = (3, 10, 12, 50), 7
STAMP = 77


def edited(vault: Path, number: int) -> Entry:
    """A message's block after an edit, with another file and a link."""
    block = entry(vault, number, version=" (edited)")
    file = replace(file_of(number, 7), path=f"Telegram/Chat 7/media/{number} b.bin", line=f"![[Telegram/Chat 7/media/{number} b.bin]]")
    link = LinkRecord(7, number, note_of(number, 7), b"{}", (LinkTarget(0, "name", number),))
    record = replace(block.messages[0], stamp=STAMP)
    return replace(block, messages=(record,), files=(file,), text=f"{block.text}{file.line}\n\n", links=(link,))


async def prepare(folder: Path) -> None:
    """A vault with blocks, one of which a person changed."""
    async with open_store(folder) as (store, vault):
        await store.put_chat(str(vault), chat_state())
        for number in range(1, LAST + 1):
            store.append(entry(vault, number))
    note = folder / "vault" / note_of(12, 7)
    note.write_text(note.read_text().replace("line 0 of message 12,", "line 0 of message 12, I say,"))


async def renew(folder: Path) -> int:
    """Renew what isn't renewed yet, as the stamps say; returns how many changes that took."""
    async with open_store(folder) as (store, vault):
        known = await store.edits.known(str(vault), 7, 1, 0, 1000)
        changes: list[Change] = [Edit(id, (block := edited(vault, id)), block.text) for id in EDITED if known[id].stamp != STAMP]
        changes += [Deletion(DELETED_ID, DELETED_ID)] * (known[DELETED_ID].stamp != DELETED)
        for note in sorted({known[change.head].note for change in changes}):
            await store.edits.renew(str(vault), note, [change for change in changes if known[change.head].note == note])
        return len(changes)


def run(folder: Path, moment: int) -> None:
    at_step(moment, lambda: os.kill(os.getpid(), signal.SIGKILL))
    asyncio.run(renew(folder))
