"""Blocks of notes that are brought up to date: in their place where they stand as they were written, else below; whatever ends the run."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.pipeline.renew_child import edited, prepare, renew, run
from tests.pipeline.store_support import entry, file_of, note_of, notes_in, open_store, text_of
from tests.support.records import replace
from tobs_tui.pipeline.edittables import BlockProof, kept_marks
from tobs_tui.pipeline.notefile import swap_lines
from tobs_tui.pipeline.records import Entry, FileState
from tobs_tui.pipeline.renewal import Change, Deletion, Edit, Renewed, renewed

VAULT = Path("/vault")
# How many seeded kills are tried, in pairs, and how many steps of the disk a run takes that renews, about.
SEEDS = int(os.environ.get("TOBS_CRASH_SEEDS", "6"))
STEPS = 250
_spawn = multiprocessing.get_context("forkserver")
_spawn.set_forkserver_preload(["tests.pipeline.renew_child"])

HEAD = "---\ntelegram_id: 7\n---\n\n## 2025-01-01\n\n"
OLD = "**Ada** · 14:05 ^m1\n\nwords\n\n👍 1\n\n"
NEXT = "**Ada** · 14:06 ^m2\n\nnext\n\n"
NEW = "**Ada** · 14:05 · edited 14:07 ^m1\n\nother\n\n"


def block(text: str, number: int = 1) -> Entry:
    return replace(entry(VAULT, number), text=text, files=())


def after(note: str, *changes: Change, old: str = OLD, length: int | None = None) -> Renewed:
    data = note.encode()
    return renewed(data, len(data) if length is None else length, changes, {1: BlockProof.of(old.encode())})


def edit(text: str = NEW, **facts: bool) -> Edit:
    return Edit(1, block(text), text, **facts)


def test_a_block_that_stands_is_renewed_with_all_that_it_had() -> None:
    done = after(f"{HEAD}{OLD}My own words\n\n{NEXT}", edit())
    assert done.data.decode() == f"{HEAD}{NEW}My own words\n\n{NEXT}"
    assert (done.length, done.edited) == (len(done.data), 1)
    assert after(done.data.decode(), edit(), old=NEW).data == done.data


def test_less_than_the_old_block_is_no_old_block() -> None:
    """Reactions that were taken back: the new block is the beginning of the old one."""
    less = OLD.removesuffix("👍 1\n\n")
    assert after(f"{HEAD}{OLD}{NEXT}", edit(less)).data.decode() == f"{HEAD}{less}{NEXT}"


@pytest.mark.parametrize("behind", [NEXT, f"## 2025-01-02\n\n{NEXT}", "", "My end"])
def test_below_a_block_that_a_person_changed_the_edit_stands_once(behind: str) -> None:
    mine = f"{HEAD}{OLD.replace('words', 'my words')}"
    done = after(mine + behind, edit(), length=len(mine.encode()))
    added = "**Ada** · 14:05 · edited 14:07\n\nother\n\n"
    assert done.data.decode() == (f"{mine}{behind}\n\n{added}" if behind == "My end" else f"{mine}{added}{behind}")
    again = after(done.data.decode(), edit())
    assert (again.data, again.edited) == (done.data, 0)


def test_code_with_empty_lines_and_block_ids_stays_in_one_piece() -> None:
    code = "**Ada** · 14:05 · edited 14:07 ^m1\n\n```\na ^m9\n\nb ^m2\n```\n\nwords\n\n"
    done = after(f"{HEAD}{OLD.replace('words', 'mine')}{NEXT}", edit(code))
    assert "\n\n**Ada** · 14:05 · edited 14:07\n\n```\na ^m9\n\nb ^m2\n```\n\nwords\n\n**Ada** · 14:06 ^m2" in done.data.decode()
    assert after(done.data.decode(), edit(code)).data == done.data


@pytest.mark.parametrize("changed", [edit(stood=False), Deletion(5, 5)])
def test_what_isnt_known_or_isnt_there_stays(changed: Change) -> None:
    note = f"{HEAD}{OLD.replace('words', 'mine')}{NEXT}"
    assert after(note, changed).data.decode() == note


def test_deleted_is_said_on_the_line_with_the_id_once() -> None:
    done = after(f"{HEAD}{OLD}{NEXT}", Deletion(1, 1))
    marked = OLD.replace(" ^m1", " · deleted ^m1")
    assert done.data.decode() == f"{HEAD}{marked}{NEXT}"
    assert after(done.data.decode(), Deletion(1, 1), old=marked).data == done.data
    mine = f"{HEAD}{OLD.replace('words', 'mine')}"
    below = f"{mine}*Deleted at Telegram: message 1*\n\n{NEXT}"
    assert [after(note, Deletion(1, 1)).data.decode() for note in (mine + NEXT, below)] == [below, below]


def test_proofs_follow_lines_that_the_program_changes() -> None:
    data = f"{HEAD}{OLD}{NEXT}".encode()
    new, _, count = swap_lines(data, (("words", "longer words"),), len(data))
    proofs = {1: BlockProof.of(OLD.encode()), 2: BlockProof.of(NEXT.encode()), 3: BlockProof(1, 1)}
    marks = kept_marks(data, new, proofs)
    assert (count, [mark.id for mark in marks]) == (1, [1])
    assert BlockProof(marks[0].size or 0, marks[0].crc or 0) == BlockProof.of(OLD.replace("words", "longer words").encode())
    assert kept_marks(data.replace(b"\n\nwords", b"\n\nmy words"), new, proofs) == []


async def test_what_the_program_makes_of_a_block_stays_its_own(tmp_path: Path) -> None:
    """A failed file's words, then an edit of the same block; its files are counted once each."""
    async with open_store(tmp_path) as (store, vault):
        root, number = str(vault), 10
        store.append(entry(vault, number))
        await store.checkpoint()
        assert await store.replace_lines(root, note_of(number, 7), ((file_of(number, 7).line, "words"),)) == 1
        store.file_ended(root, file_of(number, 7).path, FileState.FAILED, "gone")
        await store.checkpoint()
        change = Edit(number, edited(vault, number), "")
        done = await store.edits.renew(root, note_of(number, 7), [change])
        assert done.edited == 1
        assert edited(vault, number).text in (vault / note_of(number, 7)).read_text()
        assert [file.path for file in await store.queued_files(root, 7, 10)] == ["Telegram/Chat 7/media/10 b.bin"]
        assert await store.failed_files(root, 7) == ()
        state = await store.chat(root, 7)
        assert state
        assert (state.messages, state.missing) == (1, 0)


def rows(folder: Path) -> list[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / "data" / "cache.sqlite")) as db:
        return [
            db.execute(f"SELECT {what} ORDER BY 1, 2").fetchall()
            for what in (
                "id, stamp, head, size, crc, snippet FROM messages",
                "path, length, anchor FROM notes",
                "path, key, state FROM files",
                "id, note FROM links",
                "id, name, state FROM link_targets",
            )
        ]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    asyncio.run(prepare(folder))
    assert asyncio.run(renew(folder)) == 5
    assert text_of(3, " (edited)").encode() in notes_in(folder)[note_of(3, 7)]
    return folder


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_while_renewing_the_vault_comes_out_the_same(tmp_path: Path, undisturbed: Path, seed: int) -> None:
    asyncio.run(prepare(tmp_path))
    for moment in sorted(random.Random(seed).sample(range(1, STEPS), 2)):
        child = _spawn.Process(target=run, args=(tmp_path, moment))
        child.start()
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL)
    asyncio.run(renew(tmp_path))
    assert asyncio.run(renew(tmp_path)) == 0
    assert (notes_in(tmp_path), rows(tmp_path)) == (notes_in(undisturbed), rows(undisturbed))
