"""The store: blocks in, notes and cache out, all of a block at once."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.pipeline.store_support import SLOW, SMALL, chat_state, entry, export, file_of, note_of, notes_in, open_store, text_of, until
from tests.support.records import replace
from tobs_tui.errors import CacheError, VaultError
from tobs_tui.metrics import Metrics
from tobs_tui.pipeline import store as store_module
from tobs_tui.pipeline.records import FileState, JobRecord, MessageAt
from tobs_tui.pipeline.store import Store
from tobs_tui.settings import PipelineSettings


async def test_a_note_has_its_head_its_days_and_its_blocks(tmp_path: Path) -> None:
    await export(tmp_path, 7)
    (note,) = notes_in(tmp_path).values()
    days = [(1, 5), (5, 8)]
    body = "".join(f"## 2025-01-{day:02d}\n\n" + "".join(map(text_of, range(*span))) for day, span in enumerate(days, 1))
    assert note.decode() == f"---\ntelegram_id: 7\n---\n\n{body}"


@pytest.mark.parametrize("grain", [PipelineSettings(flush_messages=1, flush_seconds=0.001), SMALL, SLOW, PipelineSettings()])
async def test_the_grain_of_flushes_doesn_t_show(tmp_path: Path, grain: PipelineSettings) -> None:
    await export(tmp_path / "a", 150, grain, (7, 8))
    await export(tmp_path / "b", 60, SMALL, (7, 8))
    await export(tmp_path / "b", 150, grain, (7, 8))
    assert notes_in(tmp_path / "a") == notes_in(tmp_path / "b")


async def test_a_second_run_with_nothing_new_changes_no_byte(tmp_path: Path) -> None:
    await export(tmp_path, 100)
    before = changes_in(tmp_path / "vault")
    await export(tmp_path, 100)
    assert changes_in(tmp_path / "vault") == before


def changes_in(folder: Path) -> dict[Path, tuple[int, int]]:
    """When (nanoseconds) everything in a folder was changed, and its bytes; not when it was looked at, which looking changes."""
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


async def test_chat_state_is_counted_and_survives(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        root = str(vault)
        assert await store.chat(root, 7) is None
        await store.put_chat(root, chat_state())
        assert await store.chat(root, 7) == chat_state()
        for number in range(3, 91):
            store.append(entry(vault, number))
        assert await store.chat(root, 7) == chat_state()
        await store.checkpoint()
        state = await store.chat(root, 7)
        expected = replace(chat_state(), first_id=3, last_id=90, messages=88, notes=3, first_date=1003, last_date=1090)
        assert state == expected
        await store.put_chat(root, replace(chat_state(), title="Another", exported_at=5.5, messages=0))
    async with open_store(tmp_path) as (store, vault):
        assert await store.chats(root) == (replace(expected, title="Another", exported_at=5.5),)
        assert await store.notes(root, 7) == tuple(note_of(number, 7) for number in (3, 40, 80))


async def test_chats_of_a_vault_can_be_asked_for_without_opening_it(tmp_path: Path) -> None:
    await export(tmp_path, 5)
    async with Store(tmp_path / "data" / "cache.sqlite", SLOW, Metrics()) as store:
        (state,) = await store.chats(str(tmp_path / "vault"))
        assert state.last_id == 5
        assert await store.chats(str(tmp_path / "other")) == ()
    assert not (tmp_path / "other").exists()


async def test_two_names_of_one_vault_are_one_vault(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        (tmp_path / "link").symlink_to(vault)
        assert (await store.vault(str(tmp_path / "link"))) is (await store.vault(str(vault)))
        store.append(entry(vault, 1))
        store.append(entry(tmp_path / "link", 2))
        assert set(await store.replies(str(vault), 7, [1, 2])) == {1, 2}
        await store.checkpoint(str(tmp_path / "link"))
        assert await store.notes(str((await store.vault(str(tmp_path / "link"))).root), 7) == (note_of(1, 7),)
        state = await store.chat(str(tmp_path / "link"), 7)
        assert state is not None
        assert state.messages == 2


async def test_a_vault_that_is_opened_twice_at_once_is_opened_once(tmp_path: Path) -> None:
    async with Store(tmp_path / "data" / "cache.sqlite", SLOW, Metrics()) as store:
        one, two = await asyncio.gather(store.vault(str(tmp_path / "vault")), store.vault(str(tmp_path / "vault")))
        assert one is two


async def test_replies_see_buffered_flushed_and_saved_messages(tmp_path: Path) -> None:
    async with open_store(tmp_path, PipelineSettings(flush_messages=10, flush_seconds=3600)) as (store, vault):
        root = str(vault)
        store.append(entry(vault, 1))
        await store.checkpoint()
        for number in range(2, 13):
            store.append(entry(vault, number))
        found = await store.replies(root, 7, [1, 2, 12, 99])
        assert found == {number: MessageAt(note_of(number, 7), "Ada", f"line 0 of message {number}") for number in (1, 2, 12)}
        assert await store.replies(root, 8, [1]) == {}
        await store.checkpoint()
        assert await store.replies(root, 7, [1, 2, 12, 99]) == found
        assert len(await store.replies(root, 7, range(2000))) == 12


async def test_a_message_that_is_known_is_counted_once(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        for numbers in (range(1, 121), range(101, 161)):
            store.append(*(entry(vault, number) for number in numbers))
            await store.checkpoint()
        state = await store.chat(str(vault), 7)
        assert state is not None
        assert (state.messages, state.first_id, state.last_id, state.first_date, state.last_date) == (160, 1, 160, 1001, 1160)


async def test_files_go_through_their_states(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        root = str(vault)
        for number in range(1, 51):
            store.append(entry(vault, number))
        assert await store.queued_files(root, 7, 10, 0) == ()
        await store.checkpoint()
        first, *rest = await store.queued_files(root, 7, 10, 0)
        assert first == replace(file_of(10, 7), seq=first.seq)
        assert await store.queued_files(root, 7, 1, rest[0].seq) == (rest[1],)
        store.put_parts(root, first.path, b"half a map")
        assert await store.parts(root, first.path) == b"half a map"
        store.file_ended(root, first.path, FileState.DONE, sha256="ab" * 32)
        store.file_ended(root, rest[0].path, FileState.FAILED, "gone at Telegram")
        store.file_ended(root, "Telegram/nobody knows this", FileState.DONE)
        await store.checkpoint()
        assert await store.parts(root, first.path) is None
        assert await store.places_of(root, first.file.key) == (first.path,)
        assert [(each.path, each.reason) for each in await store.failed_files(root, 7)] == [(rest[0].path, "gone at Telegram")]
        state = await store.chat(root, 7)
        assert state is not None
        assert (state.files, state.missing) == (1, 1)
        assert await store.retry_files(root, 7) == 1
        assert [each.path for each in await store.queued_files(root, 7, 10, 0)] == [each.path for each in rest]
        store.file_ended(root, rest[0].path, FileState.DONE)
        await store.checkpoint()
        state = await store.chat(root, 7)
        assert state is not None
        assert (state.files, state.missing) == (2, 0)


async def test_jobs_outlive_the_store(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, _):
        for number in (1, 2, 3):
            store.put_job(JobRecord(number, 10 - number, "queued", b"{}"))
        store.drop_job(2)
    async with open_store(tmp_path) as (store, _):
        assert await store.jobs() == (JobRecord(3, 7, "queued", b"{}"), JobRecord(1, 9, "queued", b"{}"))


async def test_taken_names_are_those_of_the_cache_and_of_the_disk(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        assert await store.taken_names(str(vault)) == set()
        await store.put_chat(str(vault), chat_state())
        (vault / "Telegram" / "STRASSE").mkdir(parents=True)
        (vault / "Telegram" / "Straße.md").write_text("")
        assert await store.taken_names(str(vault)) == {"chat 7", "strasse", "strasse.md"}


async def test_checkpoints_come_by_themselves(tmp_path: Path) -> None:
    metrics = Metrics()
    async with open_store(tmp_path, SMALL, metrics) as (store, vault):
        store.append(entry(vault, 1))
        await until(lambda: metrics.snapshot().cache_saves.count > 0)
        state = await store.chat(str(vault), 7)
        assert state is not None
        assert state.last_id == 1
        count = metrics.snapshot().cache_saves.count
        await store.checkpoint()
        assert metrics.snapshot().cache_saves.count == count


async def test_metrics_of_jobs_and_engine(tmp_path: Path) -> None:
    engine = Metrics()
    one, two = Metrics(engine), Metrics(engine)
    async with open_store(tmp_path, SLOW, engine) as (store, vault):
        for number in range(1, 31):
            store.append(entry(vault, number, 7, one))
        assert engine.snapshot().gauge("note_queue") == 30
        store.append(entry(vault, 1, 8, two))
        await store.checkpoint()
        store.append(entry(vault, 2, 8, two))
        await store.checkpoint()
        shots = [each.snapshot() for each in (engine, one, two)]
        counts = [(shot.flushes.count, shot.flush_messages, shot.cache_saves.count) for shot in shots]
        assert counts == [(3, 32, 2), (1, 30, 1), (2, 2, 2)]
        assert engine.snapshot().flush_bytes == sum(map(len, notes_in(tmp_path).values()))
        assert engine.snapshot().gauge("note_queue") == 0


BY_MESSAGES = PipelineSettings(flush_messages=10, flush_seconds=3600)
BY_BYTES = PipelineSettings(flush_bytes=1, flush_seconds=3600)


@pytest.mark.parametrize(("settings", "flushes"), [(BY_MESSAGES, 3), (BY_BYTES, 30)])
async def test_a_flush_comes_at_its_messages_or_its_bytes(tmp_path: Path, settings: PipelineSettings, flushes: int) -> None:
    metrics = Metrics()
    async with open_store(tmp_path, settings, metrics) as (store, vault):
        for number in range(1, 31):
            store.append(entry(vault, number, metrics=metrics))
        await until(lambda: metrics.snapshot().flushes.count == flushes)


async def test_blocks_that_come_together_are_flushed_as_if_they_came_one_by_one(tmp_path: Path) -> None:
    engine = Metrics()
    one, two = Metrics(engine), Metrics(engine)
    async with open_store(tmp_path, BY_MESSAGES, engine) as (store, vault):
        ones = [entry(vault, number, 7, one) for number in range(1, 26)]
        twos = [entry(vault, number, 8, two) for number in range(1, 16)]
        store.append(*ones[:15], *twos, *ones[15:])
        await until(lambda: engine.snapshot().flushes.count == 3)
        assert [each.snapshot().gauge("note_queue") for each in (engine, one, two)] == [10, 5, 5]
        await store.checkpoint()
        assert [each.snapshot().gauge("note_queue") for each in (engine, one, two)] == [0, 0, 0]
        assert [each.snapshot().flush_messages for each in (engine, one, two)] == [40, 25, 15]
    assert b"".join(notes_in(tmp_path).values()).count(b" ^m") == 40


@pytest.mark.parametrize("bound", ["MAX_WAITING", "MAX_UNSAVED"])
async def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(store_module, bound, 20)
    metrics = Metrics()
    async with open_store(tmp_path, SLOW, metrics) as (store, vault):
        for number in range(1, 101):
            store.append(entry(vault, number, metrics=metrics))
            await store.room()
            assert metrics.snapshot().gauge("note_queue") <= 20
    assert sum(text.count(b" ^m") for text in notes_in(tmp_path).values()) == 100


async def test_a_cancelled_checkpoint_is_made_all_the_same(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        store.append(entry(vault, 1))
        waiting = asyncio.create_task(store.checkpoint())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        store.append(entry(vault, 2))
        await store.checkpoint()
        state = await store.chat(str(vault), 7)
        assert state is not None
        assert state.messages == 2


async def test_lines_are_replaced_and_the_next_text_follows(tmp_path: Path) -> None:
    line, words = file_of(10, 7).line, "📎 a.bin, 10 B, not downloaded: gone"
    async with open_store(tmp_path) as (store, vault):
        for number in range(1, 31):
            store.append(entry(vault, number))
        assert await store.replace_lines(str(vault), note_of(1, 7), ((line, words), ("not there", "x"))) == 1
        assert await store.replace_lines(str(vault), note_of(1, 7), ((line, words),)) == 0
        assert await store.replace_lines(str(vault), "Telegram/none.md", ((line, words),)) == 0
        store.append(entry(vault, 31))
    await export(tmp_path, 35)
    await export(tmp_path / "plain", 35)
    expected = notes_in(tmp_path / "plain")
    expected[note_of(1, 7)] = expected[note_of(1, 7)].replace(f"{line}\n".encode(), f"{words}\n".encode())
    assert notes_in(tmp_path) == expected


async def test_only_the_first_of_equal_lines_is_replaced(tmp_path: Path) -> None:
    line = file_of(10, 7).line
    await export(tmp_path, 12)
    note = tmp_path / "vault" / note_of(1, 7)
    note.write_bytes(note.read_bytes() + f"{line}\n> {line}\n".encode())
    async with open_store(tmp_path) as (store, vault):
        assert await store.replace_lines(str(vault), note_of(1, 7), ((line, "gone"),)) == 1
    assert note.read_text().endswith(f"{line}\n> {line}\n")
    assert note.read_text().count(line) == 2


async def test_a_vault_that_vanishes_fails_and_can_be_opened_again(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        root = str(vault)
        for number in range(1, 11):
            store.append(entry(vault, number))
        await store.checkpoint()
        away = vault.rename(tmp_path / "away")
        store.append(entry(vault, 11))
        with pytest.raises(VaultError, match="isn't there any more"):
            await store.checkpoint()
        for call in (store.room, store.checkpoint):
            with pytest.raises(VaultError):
                await call()
        with pytest.raises(VaultError):
            store.append(entry(vault, 12))
        with pytest.raises(VaultError, match="isn't there any more"):
            await store.vault(root)
        assert not vault.exists()
        away.rename(vault)
        await store.vault(root)
        with pytest.raises(VaultError, match="could not be written"):
            store.append(entry(vault, 12))
        with pytest.raises(VaultError):
            await store.checkpoint(root, 7)
        state = await store.chat(root, 7)
        assert state is not None
        assert state.last_id == 10
        for number in (11, 12):
            store.append(entry(vault, number))
        await store.checkpoint()
    await export(tmp_path / "plain", 12)
    assert notes_in(tmp_path) == notes_in(tmp_path / "plain")


async def test_a_failed_vault_holds_no_other_one(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        other = tmp_path / "other"
        await store.vault(str(other))
        store.append(entry(vault, 1))
        store.append(entry(other, 1))
        store.put_job(JobRecord(1, 1, "queued", b""))
        shutil.rmtree(vault)
        await store.checkpoint(str(other))
        await store.room(str(other))
        with pytest.raises(VaultError):
            await store.checkpoint()
        assert len(await store.jobs()) == 1
        state = await store.chat(str(other), 7)
        assert state is not None
        assert state.last_id == 1
        vault.mkdir()
        await store.vault(str(vault))


async def test_a_folder_in_a_note_s_way_is_told_in_words(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        (vault / note_of(1, 7)).mkdir(parents=True)
        store.append(entry(vault, 1))
        with pytest.raises(VaultError, match="a folder stands where a file should be"):
            await store.checkpoint()
        (vault / note_of(1, 7)).rmdir()
        await store.vault(str(vault))


async def test_what_the_cache_refuses_is_saved_with_the_next_checkpoint(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        store.append(entry(vault, 1))
        await store._do(lambda: store._cache.db.execute("ALTER TABLE messages RENAME TO hidden"))
        with pytest.raises(CacheError):
            await store.checkpoint()
        store.append(entry(vault, 2))
        assert len(await store.replies(str(vault), 7, [1, 2])) == 2
        with pytest.raises(CacheError):
            await store.room()
        await store._do(lambda: store._cache.db.execute("ALTER TABLE hidden RENAME TO messages"))
        await store.checkpoint()
        state = await store.chat(str(vault), 7)
        assert state is not None
        assert state.messages == 2
    await export(tmp_path / "plain", 2)
    assert notes_in(tmp_path) == notes_in(tmp_path / "plain")


async def test_a_block_without_messages_moves_no_progress(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        store.append(entry(vault, 5))
        await store.checkpoint()
        store.append(replace(entry(vault, 6), messages=()))
        await store.checkpoint()
        state = await store.chat(str(vault), 7)
        assert state is not None
        assert (state.first_id, state.last_id, state.messages) == (5, 5, 1)


async def test_closing_tells_of_a_failure(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache.sqlite", SLOW, Metrics())
    await store.open()
    await store.vault(str(tmp_path / "vault"))
    shutil.rmtree(tmp_path / "vault")
    store.append(entry(tmp_path / "vault", 1))
    with pytest.raises(VaultError):
        await store.close()


async def test_closing_tells_no_failure_twice(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        shutil.rmtree(vault)
        store.append(entry(vault, 1))
        with pytest.raises(VaultError):
            await store.checkpoint()


async def test_a_known_vault_that_is_gone_is_not_begun_anew(tmp_path: Path) -> None:
    await export(tmp_path, 5)
    shutil.rmtree(tmp_path / "vault")
    with pytest.raises(VaultError, match="isn't there any more"):
        await export(tmp_path, 10)


async def test_many_notes_of_one_block_each(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        for number in range(1, 400):
            store.append(replace(entry(vault, number), note=f"Telegram/C/2025/{number}.md", day_heading=""))
        await store.checkpoint()
        assert len(await store.notes(str(vault), 7)) == 399
        store.append(replace(entry(vault, 400), note="Telegram/C/2025/1.md", day="2025-01-01", day_heading=""))
    assert (tmp_path / "vault/Telegram/C/2025/1.md").read_text().count("---") == 2


async def test_threads_are_told_of_the_posts_that_are_asked_for(tmp_path: Path) -> None:
    """Each page of a channel asks: all threads of its group would make that quadratic."""
    async with open_store(tmp_path) as (store, vault):
        store.put_thread(str(vault), 7, 1, 10)
        await store.checkpoint()
        store.put_thread(str(vault), 7, 2, 20)
        store.put_thread(str(vault), 7, 3, 30)
        assert await store.threads(str(vault), 7, (1, 2, 9)) == {1: 10, 2: 20}
        assert await store.threads(str(vault), 7) == {1: 10, 2: 20, 3: 30}


async def test_of_a_file_with_many_places_some_are_told(tmp_path: Path) -> None:
    """Each message with the sticker asks."""
    async with open_store(tmp_path) as (store, vault):
        files = tuple(replace(file_of(1, 7), path=f"Telegram/Chat 7/media/{number} sticker.webp") for number in range(100))
        store.append(replace(entry(vault, 1), files=files))
        await store.checkpoint()
        for file in files:
            store.file_ended(str(vault), file.path, FileState.DONE)
        await store.checkpoint()
        places = await store.places_of(str(vault), files[0].file.key)
    assert places[0] == files[-1].path
    assert len(places) < len(files)
