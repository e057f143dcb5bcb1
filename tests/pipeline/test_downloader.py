"""Whole files: each size, with and without hashes, one or many at once."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from tests.pipeline.part_source import DATE, KIB, MIB, Bench, Source, failing, remote, sha256
from tests.support.records import replace
from tobs_tui.pipeline.downloader import Downloader, FileProgress, FileTask
from tobs_tui.pipeline.vault import Vault
from tobs_tui.settings import MediaSettings

SIZES = [0, 1, 4095, 4096, 4097, 128 * KIB - 1, 128 * KIB, 128 * KIB + 1, MIB - 1, MIB, MIB + 1, 5 * MIB, 5 * MIB + 3]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def check_whole(bench: Bench, downloader: Downloader, task: FileTask) -> None:
    file = task.record.file
    outcome = await downloader.fetch(task)
    assert (outcome.done, outcome.reason, outcome.size) == (True, "", file.size)
    assert digest(bench.place(task)) == sha256(file.id, file.size) == outcome.sha256
    assert bench.place(task).stat().st_mtime == DATE
    assert bench.hidden() == []
    assert not bench.store.maps
    assert downloader.progress() == ()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("hash_length", [0, 128 * KIB, 100_001])
async def test_a_file_of_each_size_comes_whole(bench: Bench, downloader: Downloader, size: int, hash_length: int) -> None:
    bench.source.hash_length = hash_length
    await check_whole(bench, downloader, bench.task(remote(1, size)))
    snapshot = bench.metrics.snapshot()
    assert snapshot.media.total == size
    assert snapshot.gauge("parts") == snapshot.gauge("files") == 0


@pytest.mark.parametrize(("size", "limit"), [(1, 4), (4095, 4), (4096, 8), (100 * KIB, 128), (200_000, 256), (MIB - 1, 1024)])
async def test_a_small_file_costs_one_request(bench: Bench, downloader: Downloader, size: int, limit: int) -> None:
    await downloader.fetch(bench.task(remote(1, size)))
    assert bench.source.requests == [(1, 0, limit * KIB)]


async def test_hashes_that_come_one_at_a_time_are_all_checked(bench: Bench, downloader: Downloader) -> None:
    bench.source.hashes_at_once = 1
    await check_whole(bench, downloader, bench.task(remote(1, 3 * MIB + 5)))
    assert {offset for _, offset in bench.source.hash_requests} == set(range(0, 3 * MIB + 5, 128 * KIB))


async def test_an_answer_with_all_hashes_is_asked_for_once_it_is_known(bench: Bench, downloader: Downloader) -> None:
    bench.source.hashes_at_once = 10_000
    await check_whole(bench, downloader, bench.task(remote(1, 40 * MIB)))
    assert len(bench.source.hash_requests) <= 14


async def test_parts_in_flight_are_bounded(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.open()
    bench = Bench(vault, settings=MediaSettings(parts=3, files=4))
    downloader = bench.downloader()
    bench.source.gate.clear()
    fetches = [asyncio.create_task(downloader.fetch(bench.task(remote(n, 4 * MIB + n)))) for n in range(8)]
    await bench.source.busy(3)
    bench.source.gate.set()
    outcomes = await asyncio.gather(*fetches)
    await downloader.close()
    assert all(each.done for each in outcomes)
    assert bench.source.most == 3


async def test_small_files_keep_more_requests_in_flight(bench: Bench, downloader: Downloader) -> None:
    bench.source.gate.clear()
    fetches = [asyncio.create_task(downloader.fetch(bench.task(remote(n, 200_000)))) for n in range(60)]
    await bench.source.busy(24)
    bench.source.gate.set()
    outcomes = await asyncio.gather(*fetches)
    assert all(each.done for each in outcomes)
    assert bench.source.most == 24


async def test_a_file_that_stands_whole_costs_no_request(bench: Bench, downloader: Downloader) -> None:
    task = bench.task(remote(1, 70_000))
    first = await downloader.fetch(task)
    bench.source.requests.clear()
    assert await downloader.fetch(task) == first
    assert bench.source.requests == []


async def test_a_file_of_another_size_in_the_place_is_replaced(bench: Bench, downloader: Downloader) -> None:
    task = bench.task(remote(1, 70_000))
    bench.vault.write_whole(task.record.path, b"cut")
    await check_whole(bench, downloader, task)


async def test_progress_is_told_per_file(bench: Bench, downloader: Downloader) -> None:
    seen: list[FileProgress] = []

    def look(_file: object, _offset: int, data: bytes) -> bytes:
        seen.extend(downloader.progress())
        return data

    bench.source.fault = look
    task = bench.task(remote(1, 4 * MIB))
    await downloader.fetch(task)
    assert {(each.path, each.size) for each in seen} == {(task.record.path, 4 * MIB)}
    assert max(each.parts for each in seen) > 1


class TestOnce:
    """The same bytes under several messages are fetched once."""

    async def test_at_once(self, bench: Bench, downloader: Downloader) -> None:
        tasks = [bench.task(remote(1, 2 * MIB + 1), f"Telegram/{n}/media/{n} x.bin", chat=n) for n in range(5)]
        outcomes = await asyncio.gather(*map(downloader.fetch, tasks))
        assert all(each.done for each in outcomes)
        assert len({each.sha256 for each in outcomes}) == 1
        assert len(bench.source.requests) == 3
        assert {digest(bench.place(task)) for task in tasks} == {sha256(1, 2 * MIB + 1)}

    async def test_one_after_the_other_before_the_store_knows(self, bench: Bench, downloader: Downloader) -> None:
        for n in range(3):
            assert (await downloader.fetch(bench.task(remote(1, 90_000), f"Telegram/{n}.bin"))).done
        assert len(bench.source.requests) == 1

    async def test_by_the_store_also_in_a_later_run(self, bench: Bench) -> None:
        first = bench.task(remote(1, 90_000), "Telegram/a.bin")
        for task in (first, bench.task(remote(1, 90_000), "Telegram/b.bin")):
            downloader = bench.downloader()
            outcome = await downloader.fetch(task)
            await downloader.close()
            assert (outcome.done, outcome.sha256) == (True, sha256(1, 90_000))
            bench.store.places[str(bench.vault.root), first.record.file.key] = ("Telegram/gone.bin", "Telegram/a.bin")
        assert len(bench.source.requests) == 1

    async def test_the_earliest_message_dates_the_file(self, bench: Bench, downloader: Downloader) -> None:
        for n, date in enumerate((DATE, DATE - 500, DATE + 500)):
            await downloader.fetch(bench.task(remote(1, 90_000), f"Telegram/{n}.bin", date=date))
        assert (bench.vault.root / "Telegram" / "1.bin").stat().st_mtime == DATE - 500

    async def test_in_the_same_place(self, bench: Bench, downloader: Downloader) -> None:
        task = bench.task(remote(1, MIB + 9))
        outcomes = await asyncio.gather(downloader.fetch(task), downloader.fetch(task))
        assert all(each.done for each in outcomes)
        assert digest(bench.place(task)) == sha256(1, MIB + 9)

    async def test_a_refusal_is_for_each_message(self, bench: Bench, downloader: Downloader) -> None:
        bench.source.valid_references = lambda reference: reference == "good"
        bad, good = (bench.task(replace(remote(1, 50_000), reference=each), f"Telegram/{each}.bin") for each in ("bad", "good"))
        bench.source.gate.clear()
        first = asyncio.create_task(downloader.fetch(bad))
        await bench.source.busy(1)
        second = asyncio.create_task(downloader.fetch(good))
        bench.source.gate.set()
        outcomes = await asyncio.gather(first, second)
        assert [each.done for each in outcomes] == [False, True]

    async def test_a_silent_server_is_asked_for_one_of_them(self, bench: Bench, downloader: Downloader) -> None:
        bench.source.fault = failing()
        outcomes = await asyncio.gather(*(downloader.fetch(bench.task(remote(1, 50_000), f"Telegram/{n}.bin")) for n in range(5)))
        assert len(bench.source.requests) == 40
        assert len({each.reason for each in outcomes}) == 1
        assert bench.hidden() == []


async def test_jobs_take_turns(tmp_path: Path) -> None:
    """A job that came later isn't kept waiting until a longer queue is through."""
    vault = Vault(tmp_path)
    vault.open()
    bench = Bench(vault, source=Source(hash_length=0), settings=MediaSettings(parts=1))
    downloader = bench.downloader()
    tasks = [bench.task(remote(n, 3 * KIB), chat=1 if n < 40 else 2) for n in range(50)]
    await asyncio.gather(*map(downloader.fetch, tasks))
    await downloader.close()
    order = [file_id for file_id, _, _ in bench.source.requests]
    assert max(order.index(n) for n in range(40, 50)) < 40
