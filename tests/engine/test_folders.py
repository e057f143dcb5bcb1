"""Which folder is whose, while another job writes the vault's first notes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.pipeline.store_support import entry, open_store
from tobs_tui.engine.folders import Folders
from tobs_tui.errors import VaultError
from tobs_tui.model import Chat, ChatKind, ExportOptions
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
