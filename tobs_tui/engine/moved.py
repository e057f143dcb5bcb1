"""Notes that a person moved, renamed or deleted since they were written: followed, or written again when that is asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from tobs_tui.engine.shelf import Place, Shelf, ShelfNote, look_through, row_of
from tobs_tui.model import Chat, ExportOptions, bare_id
from tobs_tui.notes.layout import index_path
from tobs_tui.pipeline.records import ChatState, MovedNote
from tobs_tui.pipeline.store import Store
from tobs_tui.pipeline.vault import Vault

log = logging.getLogger(__name__)


def moved_of(notes: Iterable[ShelfNote], place: Place) -> tuple[MovedNote, ...]:
    """Those of a chat's notes that lie elsewhere than the layout says."""
    return tuple(MovedNote(note.topic, note.key, note.path) for note in notes if not note.regular(place))


async def follow(store: Store, vault: Vault, chat: Chat, state: ChatState, options: ExportOptions) -> ChatState:
    """Find the notes of a chat again that aren't where they were, by their properties and the messages in them. Notes that are gone
    become a hole when the options want them restored, and are left alone otherwise: then they are remembered, because later messages may
    begin a note in the place of theirs. Raises VaultError and CacheError."""
    known = await store.places.ranges(options.vault, chat.id)
    begun = {path for path in await store.places.begun(options.vault) if _is_of(path, state)} - known.keys()
    gone = await asyncio.to_thread(_gone, vault, known.keys() | begun)
    if not gone:
        return await _restored(store, state, options)
    shelf = await asyncio.to_thread(look_through, vault)
    place = await asyncio.to_thread(_place, vault, shelf, chat, state)
    if place.folder != state.folder:
        await store.places.move_media(options.vault, chat.id, state.folder, place.folder)
    found, left = await _found(store, vault, shelf, chat, options.vault, known, gone)
    lost = {path: known[path] for path in gone - found.keys() - begun}
    away = _merged([*state.away, *((first - 1, last) for first, last in lost.values())])
    here = _paths(left) | _paths(state.moved) | _paths(found.values())
    state = replace(state, folder=place.folder, name=place.name, away=away, moved=_of_paths(here))
    log.info("notes of chat %s: %d were moved, %d are gone", chat.id, len(found), len(lost))
    await store.put_chat(options.vault, state)
    await store.checkpoint(options.vault)
    state = await _restored(store, state, options)
    await store.places.forget_begun(options.vault, gone & begun)
    # Last: whatever interrupts this, the notes are missed again, and found again.
    await store.places.move_notes(options.vault, chat.id, {old: note.path for old, note in found.items()})
    return state


async def _restored(store: Store, state: ChatState, options: ExportOptions) -> ChatState:
    """What was deleted is a hole from now on, when the options want it back."""
    if options.restore and state.away:
        state = replace(state, holes=_merged([*state.holes, *state.away]), away=())
        await store.put_chat(options.vault, state)
        await store.checkpoint(options.vault)
    return state


def _is_of(path: str, state: ChatState) -> bool:
    return path.startswith(f"{state.folder}/") or any(path == note.path for note in state.moved)


def _paths(notes: Iterable[ShelfNote | MovedNote]) -> dict[tuple[int, str], str]:
    return {(note.topic, note.key): note.path for note in notes}


def _of_paths(paths: dict[tuple[int, str], str]) -> tuple[MovedNote, ...]:
    return tuple(MovedNote(topic, key, path) for (topic, key), path in sorted(paths.items()))


def _gone(vault: Vault, paths: Iterable[str]) -> set[str]:
    return {path for path in paths if not vault.path(path).is_file()}


def _place(vault: Vault, shelf: Shelf, chat: Chat, state: ChatState) -> Place:
    """Where the chat's folder is: where it was, unless its index note lies elsewhere now."""
    stayed = vault.path(index_path(state.folder, state.name)).is_file()
    found = None if stayed else shelf.index(chat)
    return found or Place(state.folder, state.name)


async def _found(
    store: Store, vault: Vault, shelf: Shelf, chat: Chat, root: str, known: Mapping[str, tuple[int, int]], gone: Collection[str]
) -> tuple[dict[str, ShelfNote], list[ShelfNote]]:
    """Where notes went, by their old paths: the cache knows which note the first message of each had, or began with it. And notes of
    which it doesn't know that message: a run that died began them."""
    strangers = [note for note in shelf.notes[bare_id(chat.id)] if note.path not in known]
    rows = await asyncio.to_thread(lambda: [row_of(vault, chat.id, note.path) for note in strangers])
    at = await store.replies(root, chat.id, {row.first_id for row in rows if row.first_id})
    began = {known[path][0]: path for path in gone if path in known and known[path][0]}
    found: dict[str, ShelfNote] = {}
    left = []
    for note, row in zip(strangers, rows, strict=True):
        old = at[row.first_id].note if row.first_id in at else began.get(row.first_id, "")
        if old in gone:
            found.setdefault(old, note)
        elif row.first_id and not old:
            left.append(note)
    return found, left


def _merged(holes: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ranges (after, up to), rising, none touching another."""
    merged: list[tuple[int, int]] = []
    for after, upto in sorted(holes):
        if merged and after <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(upto, merged[-1][1]))
        else:
            merged.append((after, upto))
    return tuple(merged)
