"""Writes a chat's index note, unless nothing but its `exported:` line would change."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from tobs_tui.engine.kin import Kin
from tobs_tui.model import Chat
from tobs_tui.notes.index import IndexFacts, MissingFile, TopicFacts, index_note, same_but_exported
from tobs_tui.notes.layout import index_path
from tobs_tui.pipeline.records import ChatState, FileRecord
from tobs_tui.pipeline.store import Store
from tobs_tui.pipeline.vault import Vault, disk_errors


async def write_index(
    chat: Chat, state: ChatState, vault: Vault, store: Store, complete: bool, kin: Kin, topics: tuple[TopicFacts, ...] = ()
) -> None:
    """Bring the index note up to what the store says of the chat now; `state.exported_at` is the time of this export.

    Raises VaultError.
    """
    missing = await store.failed_files(str(vault.root), chat.id)
    facts = IndexFacts(
        chat=chat,
        name=state.name,
        timezone=state.timezone,
        notes=await asyncio.to_thread(_there, vault, await store.notes(str(vault.root), chat.id)),
        messages=state.messages,
        media_files=state.files,
        missing=tuple(map(_missing, missing)),
        first_date=state.first_date,
        last_date=state.last_date,
        exported=state.exported_at,
        complete=complete,
        description=kin.about,
        topics=topics,
    )
    async with kin.turn:
        text = index_note(replace(facts, related=await kin.related()))
        await asyncio.to_thread(_write, vault, index_path(state.folder, state.name), text)
        await kin.tell(state.name)


def _there(vault: Vault, notes: tuple[str, ...]) -> tuple[str, ...]:
    """Notes that a person didn't delete."""
    return tuple(note for note in notes if vault.path(note).is_file())


def _missing(record: FileRecord) -> MissingFile:
    return MissingFile(Path(record.path).name, record.reason, record.note, record.message_id)


def _write(vault: Vault, path: str, text: str) -> None:
    file = vault.path(path)
    with disk_errors(f"The note {path} can't be read"):
        if file.is_file() and same_but_exported(file.read_text("utf-8", errors="replace"), text):
            return
    vault.write_whole(path, text.encode())
