"""Notes that a person moved, renamed or deleted between two runs."""

from __future__ import annotations

import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.conftest import driver_on
from tests.engine.test_taking_up import export_in, lose_cache, options_at
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.snapshot import JobReport, JobState
from tobs_tui.model import Layout

BIG = ("Big chat",)
HOME = "Telegram/Big chat"


@pytest.fixture(scope="module")
def account() -> Iterator[SandboxProcess]:
    with SandboxProcess(messages=300) as running:
        yield running


@pytest.fixture
def added(account: SandboxProcess) -> Iterator[list[int]]:
    """New messages, added by `more`, that are gone after the test."""
    ids: list[int] = []
    yield ids
    if ids:
        account.world(delete={"chat": chat_id(account), "ids": ids})


def chat_id(account: SandboxProcess) -> int:
    world = account.twin()
    return next(record.id for record in world.ordered() if getattr(record.entity, "title", None) == "Big chat")


def more(account: SandboxProcess, added: list[int], count: int = 2) -> list[int]:
    new: list[int] = account.world(add_message={"chat": chat_id(account), "text": "Hello again", "count": count})["add_message"]
    added += new
    return new


def newest(home: Path) -> Path:
    return max((home / "vault" / HOME).glob("Big chat 2*.md"))


def run(account: SandboxProcess, home: Path, layout: Layout = Layout.MONTH, *, restore: bool = False) -> JobReport:
    report = export_in(account, home, replace(options_at(home, layout), restore=restore), BIG)[0]
    assert report.state is JobState.DONE
    return report


def all_ids(home: Path) -> list[int]:
    """The block ids of all notes, in the order of ids."""
    reader = VaultReader(home / "vault")
    return sorted(id for path in reader.notes for id in reader.block_ids(path))


def grow_one(account: SandboxProcess, home: Path, added: list[int]) -> Path:
    """An export, the newest note with new messages of its month behind it: the first of them begins that month."""
    run(account, home)
    more(account, added)
    run(account, home)
    return newest(home)


@pytest.mark.parametrize("lost", [False, True])
def test_a_moved_note_is_found_and_goes_on(account: SandboxProcess, tmp_path: Path, added: list[int], lost: bool) -> None:
    note = grow_one(account, tmp_path, added)
    before = all_ids(tmp_path)
    place = tmp_path / "vault/Reading/My favourite month.md"
    place.parent.mkdir()
    note.rename(place)
    place.write_text(place.read_text() + "My own words\n")
    if lost:
        lose_cache(tmp_path)
    new = more(account, added, 1)
    run(account, tmp_path)
    assert not note.exists()
    assert f"^m{new[0]}" in place.read_text()
    assert "My own words\n" in place.read_text()
    assert all_ids(tmp_path) == sorted([*before, *new])
    assert "[[My favourite month" in (tmp_path / "vault" / HOME / "Big chat.md").read_text()
    written = place.stat().st_mtime_ns
    run(account, tmp_path)
    assert place.stat().st_mtime_ns == written


def test_a_moved_folder_goes_on_as_a_whole(account: SandboxProcess, tmp_path: Path, added: list[int]) -> None:
    note = grow_one(account, tmp_path, added)
    before = all_ids(tmp_path)
    (tmp_path / "vault/Work").mkdir()
    (tmp_path / "vault" / HOME).rename(tmp_path / "vault/Work/Big chat")
    new = more(account, added, 1)
    run(account, tmp_path)
    assert not (tmp_path / "vault" / HOME).exists()
    assert f"^m{new[0]}" in (tmp_path / "vault/Work/Big chat" / note.name).read_text()
    assert all_ids(tmp_path) == sorted([*before, *new])


def test_a_deleted_note_stays_away_until_it_is_wanted(account: SandboxProcess, tmp_path: Path, added: list[int]) -> None:
    run(account, tmp_path)
    before, note = all_ids(tmp_path), newest(tmp_path)
    text = note.read_bytes()
    note.unlink()
    run(account, tmp_path)
    assert not note.exists()
    assert note.stem not in (tmp_path / "vault" / HOME / "Big chat.md").read_text()
    report = run(account, tmp_path, restore=True)
    assert report.messages > 0
    assert note.read_bytes() == text
    assert all_ids(tmp_path) == before


def test_a_deleted_note_comes_back_also_when_later_messages_began_another(
    account: SandboxProcess, tmp_path: Path, added: list[int]
) -> None:
    note = grow_one(account, tmp_path, added)
    before, deleted = all_ids(tmp_path), VaultReader(tmp_path / "vault").block_ids(f"{HOME}/{note.name}")
    note.unlink()
    new = more(account, added)
    run(account, tmp_path)
    assert set(all_ids(tmp_path)) == {*before, *new} - set(deleted)
    run(account, tmp_path, restore=True)
    assert all_ids(tmp_path) == sorted([*before, *new])
    assert VaultReader(tmp_path / "vault").block_ids(f"{HOME}/{note.name}") == [*deleted, *new]


def test_an_empty_mount_point_is_not_written_to(account: SandboxProcess, tmp_path: Path) -> None:
    run(account, tmp_path)
    before, vault = VaultReader(tmp_path / "vault").picture(), tmp_path / "vault"
    disk = vault.rename(tmp_path / "disk")
    vault.mkdir()
    for title in (*BIG, "Rust Weekly"):
        report = export_in(account, tmp_path, options_at(tmp_path), (title,))[0]
        assert (report.state, "Is its disk mounted?" in report.reason) == (JobState.FAILED, True), report.reason
        assert list(vault.iterdir()) == []
    vault.rmdir()
    disk.rename(vault)
    run(account, tmp_path)
    assert VaultReader(vault).picture() == before
    shutil.rmtree(vault / "Telegram")
    assert run(account, tmp_path, restore=True).messages > 0
    assert VaultReader(vault).picture() == before


def test_a_note_that_a_dead_run_began_is_found_where_a_person_put_it(account: SandboxProcess, tmp_path: Path, added: list[int]) -> None:
    run(account, tmp_path, Layout.DAY)
    cache = next((tmp_path / "data").glob("*.sqlite"))
    before, known = all_ids(tmp_path), cache.read_bytes()
    new = more(account, added)
    run(account, tmp_path, Layout.DAY)
    note = next(path for path in (tmp_path / "vault" / HOME).iterdir() if f"^m{new[0]}" in path.read_text())
    cache.write_bytes(known)
    begin(cache, note.relative_to(tmp_path / "vault").as_posix(), note.read_bytes())
    note.write_text(note.read_text().replace("---\n\n", "mine: My own words\n---\n\n", 1))
    with driver_on(account, tmp_path) as driver:
        driver.ready()
    place = note.rename(tmp_path / "vault/Mine.md")
    run(account, tmp_path, Layout.DAY)
    assert not note.exists()
    assert "mine: My own words" in place.read_text()
    assert all_ids(tmp_path) == sorted([*before, *new])


def test_notes_of_a_chat_that_was_never_finished_are_found_anywhere(account: SandboxProcess, tmp_path: Path) -> None:
    run(account, tmp_path)
    before, home = all_ids(tmp_path), tmp_path / "vault" / HOME
    (home / "Big chat.md").unlink()
    for note in list(home.glob("*.md")):
        note.rename(tmp_path / "vault" / f"My {note.name}")
    lose_cache(tmp_path)
    run(account, tmp_path)
    assert all_ids(tmp_path) == before


def test_a_note_is_found_of_which_only_the_first_message_is_known(account: SandboxProcess, tmp_path: Path, added: list[int]) -> None:
    note = grow_one(account, tmp_path, added)
    before = all_ids(tmp_path)
    with closing(sqlite3.connect(next((tmp_path / "data").glob("*.sqlite")))) as db, db:
        db.execute("DELETE FROM messages")
    place = note.rename(tmp_path / "vault/Mine.md")
    new = more(account, added, 1)
    run(account, tmp_path)
    assert f"^m{new[0]}" in place.read_text()
    assert all_ids(tmp_path) == sorted([*before, *new])


def begin(cache: Path, path: str, data: bytes) -> None:
    """Leave the cache as a run does that dies behind the writing of a new note."""
    with closing(sqlite3.connect(cache)) as db, db:
        vault = db.execute("SELECT id FROM vaults").fetchone()[0]
        row = (vault, path, len(data), zlib.crc32(data))
        db.execute("INSERT INTO intents (vault, path, start, length, crc, anchor) VALUES (?, ?, 0, ?, ?, x'')", row)


def test_a_renamed_post_is_not_written_twice(account: SandboxProcess, tmp_path: Path) -> None:
    options = options_at(tmp_path, Layout.POST)
    export_in(account, tmp_path, options, ("Rust Weekly",))
    before = all_ids(tmp_path)
    post = min((tmp_path / "vault/Telegram/Rust Weekly").glob("*/*.md"))
    post.rename(tmp_path / "vault/Telegram/Rust Weekly/Kept.md")
    lose_cache(tmp_path)
    export_in(account, tmp_path, options, ("Rust Weekly",))
    assert all_ids(tmp_path) == before
