"""Interruptions at real moments: `kill -9` between any two steps, a disk that is full, a person who writes in between."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.pipeline.crash_child import run
from tests.pipeline.store_support import SMALL, big_export, crash_export, entry, export, note_of, notes_in, open_store, text_of
from tests.support.records import replace
from tobs_tui.pipeline.edittables import OTHERWISE
from tobs_tui.pipeline.records import ChatState

# How many seeded interruptions of each kind are tried; a longer run is asked for by the environment.
SEEDS = int(os.environ.get("TOBS_CRASH_SEEDS", "6"))
LAST = 90
BIG = 60

_spawn = multiprocessing.get_context("forkserver")
_spawn.set_forkserver_preload(["tests.pipeline.crash_child"])


def export_until(folder: Path, kind: str, moment: int) -> int:
    """Run the export in a process of its own; returns its exit code (-9 for killed)."""
    child = _spawn.Process(target=run, args=(folder, BIG if kind.startswith("big") else LAST, kind, moment))
    child.start()
    child.join()
    assert child.exitcode is not None
    return child.exitcode


def saved(folder: Path) -> tuple[ChatState, ...]:
    async def read() -> tuple[ChatState, ...]:
        async with open_store(folder) as (store, vault):
            assert store.notices == ()
            return await store.chats(str(vault))

    return asyncio.run(read())


@cache
def undisturbed() -> tuple[dict[str, bytes], tuple[ChatState, ...]]:
    with TemporaryDirectory() as name:
        asyncio.run(crash_export(Path(name), LAST, SMALL))
        return notes_in(Path(name)), saved(Path(name))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_again_and_again_the_vault_comes_out_the_same(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    while export_until(tmp_path, "kill", chance.randint(1, 1000)):
        pass
    assert export_until(tmp_path, "whole", 0) == 0
    assert (notes_in(tmp_path), saved(tmp_path)) == undisturbed()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_disk_too_full_for_the_cache_loses_nothing(tmp_path: Path, seed: int) -> None:
    sizes = (random.Random(seed).randint(1, 250_000) for _ in range(3))
    codes = {export_until(tmp_path, "full", size) for size in sizes}
    assert 5 in codes
    assert export_until(tmp_path, "whole", 0) == 0
    assert (notes_in(tmp_path), saved(tmp_path)) == undisturbed()


@cache
def big() -> tuple[dict[str, bytes], tuple[ChatState, ...]]:
    with TemporaryDirectory() as name:
        asyncio.run(big_export(Path(name), BIG))
        return notes_in(Path(name)), saved(Path(name))


@pytest.mark.parametrize("seed", range(SEEDS // 2))
def test_a_disk_too_full_for_a_note_loses_nothing(tmp_path: Path, seed: int) -> None:
    """The limit lies above what the cache's files need (SQLite folds its log back at about 4 MB)."""
    size = sum(map(len, big()[0].values()))
    codes = {export_until(tmp_path, "big", random.Random(seed + part).randint(5_000_000, size - 1)) for part in range(2)}
    assert codes == {4}
    assert export_until(tmp_path, "big, no limit", 0) == 0
    assert (notes_in(tmp_path), saved(tmp_path)) == big()


async def half_written(folder: Path, committed: int, written: int) -> Path:
    """A vault whose last checkpoint saw `committed` messages, with the texts of `written` on the disk; returns the first note."""
    await export(folder, committed)
    await export(folder.with_name("more"), written)
    for path, data in notes_in(folder.with_name("more")).items():
        place(folder / "vault" / path, data)
    return folder / "vault" / note_of(1, 7)


def place(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def edit(file: Path, old: str, new: str) -> None:
    """As a person does with an editor: the whole file is written anew."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def add(file: Path, words: str) -> None:
    file.write_text(file.read_text() + words)


def text(file: Path) -> str:
    return file.read_text()


async def test_a_tail_of_whole_blocks_is_taken_over(tmp_path: Path) -> None:
    await half_written(tmp_path / "a", 10, 25)
    await export(tmp_path / "a", 60)
    await export(tmp_path / "b", 60)
    assert notes_in(tmp_path / "a") == notes_in(tmp_path / "b")


@pytest.mark.parametrize("cut", [1, 5, 40, 61, 200])
async def test_a_tail_that_was_cut_anywhere_is_completed(tmp_path: Path, cut: int) -> None:
    note = await half_written(tmp_path / "a", 10, 25)
    os.truncate(note, len(text(note).encode()) - cut)
    await export(tmp_path / "a", 60)
    await export(tmp_path / "b", 60)
    assert notes_in(tmp_path / "a") == notes_in(tmp_path / "b")


async def test_zeros_that_a_power_cut_left_are_removed(tmp_path: Path) -> None:
    note = await half_written(tmp_path / "a", 10, 25)
    size = len(text(note).encode())
    os.truncate(note, size - 30)
    os.truncate(note, size + 500)
    await export(tmp_path / "a", 60)
    await export(tmp_path / "b", 60)
    assert notes_in(tmp_path / "a") == notes_in(tmp_path / "b")


async def test_words_at_the_end_stay_before_what_comes(tmp_path: Path) -> None:
    await export(tmp_path, 10)
    note = tmp_path / "vault" / note_of(1, 7)
    before = text(note)
    add(note, "My own words")
    await export(tmp_path, 10)
    assert text(note) == before + "My own words"
    await export(tmp_path, 11)
    assert text(note) == f"{before}My own words\n\n{text_of(11)}"
    add(note, "Even more")
    await export(tmp_path, 12)
    assert text(note).endswith(f"{text_of(11)}Even more\n\n{text_of(12)}")


async def test_words_behind_a_half_written_tail_stay(tmp_path: Path) -> None:
    note = await half_written(tmp_path / "a", 10, 12)
    left_over = text(note)
    add(note, "My own words\n")
    await export(tmp_path / "a", 14)
    assert text(note) == f"{left_over}My own words\n\n{text_of(13)}{text_of(14)}"


async def test_words_inside_the_committed_text_move_nothing(tmp_path: Path) -> None:
    await export(tmp_path, 10)
    note = tmp_path / "vault" / note_of(1, 7)
    edit(note, text_of(3), f"{text_of(3)}Words between messages\n\n")
    edit(note, "telegram_id: 7\n", "telegram_id: 7\nmood: good\n")
    changed = text(note)
    await export(tmp_path, 14)
    assert text(note).startswith(changed)
    assert text(note).count("^m11\n") == 1
    assert "---" not in text(note)[20:].split("## ")[1]


async def test_words_inside_the_text_and_a_half_written_tail(tmp_path: Path) -> None:
    note = await half_written(tmp_path / "a", 10, 14)
    edit(note, text_of(3), f"{text_of(3)}Words between messages\n\n")
    changed = text(note)
    await export(tmp_path / "a", 16)
    assert text(note).startswith(changed)
    assert [text(note).count(f"^m{number}\n") for number in range(1, 17)] == [1] * 16


async def test_a_note_whose_end_a_person_changed_is_only_added_to(tmp_path: Path) -> None:
    await export(tmp_path, 10)
    note = tmp_path / "vault" / note_of(1, 7)
    edit(note, "message 10", "message ten")
    changed = text(note)
    await export(tmp_path, 12)
    assert text(note).startswith(changed)
    assert text(note).endswith(f"{text_of(11)}{text_of(12)}")


async def test_a_changed_end_doesn_t_hide_a_half_written_tail(tmp_path: Path) -> None:
    note = await half_written(tmp_path / "a", 10, 14)
    edit(note, "message 10", "message ten")
    changed = text(note)
    await export(tmp_path / "a", 16)
    assert text(note).startswith(changed)
    assert [text(note).count(f"^m{number}\n") for number in range(1, 17)] == [1] * 16


async def test_a_note_that_a_person_shortened_is_only_added_to(tmp_path: Path) -> None:
    await export(tmp_path, 10)
    note = tmp_path / "vault" / note_of(1, 7)
    note.write_text("All gone, on purpose")
    await export(tmp_path, 12)
    assert text(note).startswith("All gone, on purpose\n\n")
    assert text(note).endswith(f"{text_of(11)}{text_of(12)}")
    assert "---" not in text(note)


async def test_a_note_that_was_deleted_begins_again_with_its_head(tmp_path: Path) -> None:
    await export(tmp_path, 10)
    note = tmp_path / "vault" / note_of(1, 7)
    note.unlink()
    await export(tmp_path, 10)
    assert not note.exists()
    await export(tmp_path, 12)
    assert text(note).startswith("---\ntelegram_id: 7\n---\n\n## ")
    assert text(note).endswith(f"{text_of(11)}{text_of(12)}")
    assert "^m10\n" not in text(note)


async def test_a_note_of_a_person_in_our_place_is_only_added_to(tmp_path: Path) -> None:
    note = tmp_path / "vault" / note_of(1, 7)
    place(note, b"# My note\n")
    await export(tmp_path, 2)
    assert text(note) == f"# My note\n\n## 2025-01-01\n\n{text_of(1)}{text_of(2)}"


async def test_a_person_who_writes_while_it_runs(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        note = vault / note_of(1, 7)
        for number in range(1, 31):
            store.append(entry(vault, number))
            await store.checkpoint()
            if number == 10:
                add(note, "At the end, ")
            if number == 20:
                edit(note, "# 2025-01-01", "# 2025-01-01 at the top")
    assert [text(note).count(f"^m{number}\n") for number in range(1, 31)] == [1] * 30
    assert "At the end, \n\n**Ada**" in text(note) or "At the end, \n\n## " in text(note)
    assert "at the top" in text(note)


def killed_export(folder: Path, moment: int) -> None:
    assert export_until(folder, "kill", moment) == -9


@pytest.mark.parametrize("seed", range(4))
def test_messages_edited_between_a_kill_and_the_next_run_come_once(tmp_path: Path, seed: int) -> None:
    """What a killed run wrote and didn't commit is known for ours, and makes room for the newer text."""
    killed_export(tmp_path, random.Random(seed).randint(150, 600))
    asyncio.run(export(tmp_path, LAST, SMALL, (7, 8), version=", edited"))
    texts = "".join(data.decode() for path, data in notes_in(tmp_path).items() if "/Chat 7/" in path)
    assert [texts.count(f"^m{number}\n") for number in range(1, LAST + 1)] == [1] * LAST


async def test_a_block_that_was_edited_while_a_person_wrote_behind_it_comes_once(tmp_path: Path) -> None:
    note = tmp_path / "vault" / note_of(1, 7)
    async with open_store(tmp_path) as (store, vault):
        store.append(entry(vault, 1))
    tail = "".join(text_of(number) for number in (2, 3))
    note.write_text(note.read_text() + tail + "my own words\n")
    edited = [replace(each, text=each.text.replace("14:05", "14:05 · edited 14:09")) for each in (entry(vault, 2), entry(vault, 3))]
    async with open_store(tmp_path) as (store, vault):
        for each in (*edited, entry(vault, 4)):
            store.append(each)
        await store.checkpoint()
        known = await store.edits.known(str(vault), 7, 1, 0, 10)
    assert note.read_text().endswith(f"{text_of(1)}{tail}my own words\n\n{text_of(4)}")
    assert {id: row.stamp for id, row in known.items()} == {1: 0, 2: OTHERWISE, 3: OTHERWISE, 4: 0}


async def test_a_changed_head_of_later_blocks_doesn_t_show(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        store.append(entry(vault, 1))
        store.append(replace(entry(vault, 2), head="another head"))
    assert b"another head" not in notes_in(tmp_path)[note_of(1, 7)]


def insert_words(folder: Path, chance: random.Random, number: int) -> str:
    """A person writes a line somewhere in some note, between any two lines or at the end; returns the words."""
    words = f"my words {number} {chance.randint(0, 99)}"
    notes = sorted((folder / "vault" / "Telegram").rglob("*.md"))
    if not notes:
        return ""
    note = chance.choice(notes)
    lines = note.read_text(errors="surrogateescape").splitlines(keepends=True)
    at = chance.choice([len(lines), chance.randint(0, len(lines)), len(lines)])
    lines.insert(at, words + chance.choice(["", "\n"]) * (at == len(lines)) + "\n" * (at < len(lines)))
    note.write_text("".join(lines), errors="surrogateescape")
    return words


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_person_writes_between_kills_and_no_word_is_lost(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    words: list[str] = []
    while export_until(tmp_path, "kill", chance.randint(1, 1000)):
        words.append(insert_words(tmp_path, chance, len(words)))
    texts = {chat: joined(tmp_path, chat) for chat in (7, 8)}
    for chat, whole in texts.items():
        assert [whole.count(f"^m{number}\n") for number in range(1, LAST + 1)] == [1] * LAST, chat
        for number in range(1, LAST + 1):
            assert [whole.count(line) for line in text_of(number).split("\n\n")[1].splitlines()] == [1] * (number % 4 + 1)
    for each in words:
        assert each in texts[7] + texts[8]


def joined(folder: Path, chat: int) -> str:
    return "".join(data.decode() for path, data in notes_in(folder).items() if f"/Chat {chat}/" in path)
