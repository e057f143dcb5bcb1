"""Chats are found in a vault by what their notes say of themselves."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import IO, Any
from unittest.mock import Mock

import pytest

from tobs_tui.engine import shelf
from tobs_tui.engine.shelf import Place, Shelf, look_through, row_of
from tobs_tui.errors import VaultError
from tobs_tui.model import Chat, ChatKind
from tobs_tui.pipeline.vault import Vault

CHANNEL = Chat(-1000000000007, ChatKind.CHANNEL, "Rust")
PERSON = Chat(7, ChatKind.PRIVATE, "Ada")
INDEX = '---\ntelegram_id: 7\ntelegram_kind: {}\ntimezone: "Europe/Berlin"\n---\n\n# x\n'
MONTH = '---\ntelegram_id: 7\ntelegram_chat: "[[Rust]]"\nperiod: "2025-01"\n---\n\n'


def vault_with(root: Path, notes: dict[str, str]) -> Vault:
    for path, text in notes.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    vault = Vault(root)
    vault.open()
    return vault


def shelf_of(root: Path, notes: dict[str, str]) -> Shelf:
    return look_through(vault_with(root, notes))


def test_a_moved_folder_is_found_by_its_index_note(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, {"Reading/Rust/Rust.md": INDEX.format("channel")})
    assert shelf.place(CHANNEL, "Rust") == Place("Reading/Rust", "Rust", "Europe/Berlin")


def test_of_copies_the_one_in_our_folder_counts(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, {f"{place}/Rust/Rust.md": INDEX.format("channel") for place in ("Backup", "Telegram", "Z")})
    assert shelf.place(CHANNEL, "Rust") == Place("Telegram/Rust", "Rust", "Europe/Berlin")


def test_a_person_and_a_channel_of_one_number_are_two(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, {"Telegram/Ada/Ada.md": INDEX.format("private"), "Telegram/Rust/Rust.md": INDEX.format("supergroup")})
    assert [shelf.place(chat, "") for chat in (CHANNEL, PERSON)] == [
        Place("Telegram/Rust", "Rust", "Europe/Berlin"),
        Place("Telegram/Ada", "Ada", "Europe/Berlin"),
    ]


def test_a_folder_without_an_index_note_is_found_by_name_and_id(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, {"Telegram/Rust/Rust 2025-01.md": MONTH})
    assert shelf.place(CHANNEL, "Rust") == Place("Telegram/Rust", "Rust")
    assert shelf.place(CHANNEL, "Other") is None


def test_what_isnt_a_note_of_ours_is_left_alone(tmp_path: Path) -> None:
    odd = {
        "mine.md": "words\n",
        "broken.md": "---\ntelegram_id: [\n---\n",
        ".hidden/x.md": INDEX.format("channel"),
        "list.md": "---\n- telegram_id: 7\n---\n",
    }
    assert shelf_of(tmp_path, odd).place(CHANNEL, "Rust") is None


def test_a_line_that_was_begun_isnt_counted(tmp_path: Path) -> None:
    whole = f"{MONTH}## 2025-01-30\n\n**Ada** · 14:05 ^m3\n\nwords\n\n"
    vault = vault_with(tmp_path, {"Telegram/Rust/Rust 2025-01.md": f"{whole}**Ada** · 14:0"})
    row = row_of(vault, CHANNEL.id, "Telegram/Rust/Rust 2025-01.md")
    assert (row.length, row.day, row.first_id, row.last_id) == (len(whole.encode()), "2025-01-30", 3, 3)


def test_names_of_the_readers_own_notes_are_taken(tmp_path: Path) -> None:
    ours = {"Telegram/Rust/Rust.md": INDEX.format("channel"), "Telegram/Rust/Rust 2025-01.md": MONTH}
    shelf = shelf_of(tmp_path, ours | {"Ideas.md": "x", "deep/Cafe\u0301 2025-01.md": "x", "Telegram/Mine.md": "x"})
    assert shelf.taken == {"ideas", "café 2025-01", "café", "mine"}


def test_a_note_that_is_deleted_meanwhile_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = shelf._markdown
    monkeypatch.setattr(shelf, "_markdown", lambda root: [*there(root), "Telegram/Rust/Deleted.md"])
    found = shelf_of(tmp_path, {"Telegram/Rust/Rust 2025-01.md": MONTH})
    assert [note.path for note in found.notes[7]] == ["Telegram/Rust/Rust 2025-01.md"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EISDIR])
def test_a_note_that_cant_be_read_costs_nobody_elses_chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    opened = Path.open

    def closed(self: Path, mode: str = "r") -> IO[Any]:
        if self.name == "Mine.md":
            raise OSError(number, "no")
        return opened(self, mode)

    vault = vault_with(tmp_path, {"Mine.md": "x", "Telegram/Rust/Rust.md": INDEX.format("channel")})
    monkeypatch.setattr(Path, "open", closed)
    found = look_through(vault)
    assert found.place(CHANNEL, "Rust") == Place("Telegram/Rust", "Rust", "Europe/Berlin")
    assert "mine" in found.taken


def test_a_disk_that_is_gone_isnt_taken_for_an_empty_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = vault_with(tmp_path, {"Telegram/Rust/Rust.md": INDEX.format("channel")})
    monkeypatch.setattr(Path, "open", Mock(side_effect=OSError(errno.ENODEV, "no")))
    with pytest.raises(VaultError, match="the disk is gone"):
        look_through(vault)


def test_what_is_called_like_a_note_and_isnt_a_file_is_passed_over(tmp_path: Path) -> None:
    vault = vault_with(tmp_path, {"Telegram/Rust/Rust.md": INDEX.format("channel"), "folder.md/Mine.md": "x"})
    os.mkfifo(tmp_path / "pipe.md")
    assert look_through(vault).taken == {"mine"}
