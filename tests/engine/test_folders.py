"""Which folder is whose, while another job writes the vault's first notes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.pipeline.store_support import chat_state, entry, open_store
from tobs_tui.engine import folders
from tobs_tui.engine.folders import Folders
from tobs_tui.engine.shelf import look_through
from tobs_tui.errors import VaultError
from tobs_tui.model import Chat, ChatKind, ExportOptions
from tobs_tui.pipeline.store import Store
from tobs_tui.pipeline.vault import Vault

CHAT = Chat(8, ChatKind.PRIVATE, "Grace")


async def test_first_notes_of_another_job_are_no_sign_of_a_lost_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come at the very moment when the vault is found to be empty."""
    loop, looked = asyncio.get_running_loop(), Vault.is_empty
    async with open_store(tmp_path) as (store, vault):

        async def first_note() -> None:
            store.append(entry(vault, 1))
            await store.checkpoint()

        def then_filled(each: Vault) -> bool:
            empty = looked(each)
            asyncio.run_coroutine_threadsafe(first_note(), loop).result(10)
            return empty

        monkeypatch.setattr(Vault, "is_empty", then_filled)
        state = await Folders(store).state(CHAT, ExportOptions(str(vault)))
    assert state.folder == "Telegram/Grace"


async def test_an_empty_folder_in_place_of_a_vault_is_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        store.append(entry(vault, 1))
        await store.checkpoint()
    vault.rename(tmp_path / "unmounted")
    vault.mkdir()
    async with open_store(tmp_path) as (store, vault):
        with pytest.raises(VaultError, match="is empty"):
            await Folders(store).state(CHAT, ExportOptions(str(vault)))


async def test_a_folder_that_came_back_since_the_last_look_is_taken_up(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        folders, options = Folders(store), ExportOptions(str(vault))
        await folders.reserve([CHAT], options)
        (vault / "Reading/Ada").mkdir(parents=True)
        (vault / "Reading/Ada/Ada.md").write_text("---\ntelegram_id: 7\ntelegram_kind: private\n---\n\n# Ada\n")
        await folders.reserve([replace(CHAT, id=7, title="Ada")], options)
        state = await store.chat(str(vault), 7)
    assert state
    assert state.folder == "Reading/Ada"


async def test_one_look_serves_all_chats_that_are_queued_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Mock(side_effect=look_through)
    monkeypatch.setattr(folders, "look_through", looks)
    async with open_store(tmp_path) as (store, vault):
        options, some = ExportOptions(str(vault)), Folders(store)
        await some.reserve([replace(CHAT, id=id, title=f"Chat {id}") for id in range(1, 20)], options)
        await some.reserve_beside(replace(CHAT, id=20), options)
    assert looks.call_count == 1


async def test_a_new_title_brings_back_nothing_that_a_running_job_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job says that its hole is filled while names of other chats are settled."""
    async with open_store(tmp_path) as (store, vault):
        root = str(vault)
        await store.put_chat(root, replace(chat_state(9), holes=((0, 20),)))
        await store.checkpoint()
        state = await store.chat(root, 9)
        assert state
        taken = Store.taken_names

        async def meanwhile(self: Store, vault: str) -> set[str]:
            await self.put_chat(vault, replace(state, holes=(), exported_at=1.0))
            return await taken(self, vault)

        monkeypatch.setattr(Store, "taken_names", meanwhile)
        await Folders(store).reserve([CHAT, Chat(9, ChatKind.GROUP, "Another title")], ExportOptions(root))
        after = await store.chat(root, 9)
        assert after
        assert (after.holes, after.exported_at) == ((), 1.0)
        renamed = await Folders(store).state(Chat(9, ChatKind.GROUP, "Another title"), ExportOptions(root))
        assert (renamed.title, renamed.exported_at) == ("Another title", 1.0)
