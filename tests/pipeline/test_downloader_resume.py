"""What was fetched and proved once isn't fetched again, and is never taken for more than it is."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pipeline.part_source import DATE, MIB, Bench, Pauses, content, failing, record, remote, sha256, until
from tobs_tui.errors import VaultError
from tobs_tui.pipeline.downloader import Downloader, FileOutcome, FileTask
from tobs_tui.pipeline.partfile import PartFile, PartMap, part_path
from tobs_tui.pipeline.spans import Spans
from tobs_tui.pipeline.vault import Vault

SIZE = 20 * MIB + 5
UNSAVED = 8 * MIB
IN_FLIGHT = 13 * MIB


async def interrupted(bench: Bench, task: FileTask, received: int) -> None:
    """Fetch a file and cancel it when so many bytes of it are right."""
    downloader = bench.downloader()
    fetch = asyncio.create_task(downloader.fetch(task))
    await until(lambda: bench.metrics.snapshot().media.total >= received)
    fetch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetch
    await downloader.close()


async def resumed(bench: Bench, task: FileTask) -> FileOutcome:
    bench.source.requests.clear()
    downloader = bench.downloader()
    outcome = await downloader.fetch(task)
    await downloader.close()
    return outcome


def check_whole(bench: Bench, task: FileTask, outcome: FileOutcome) -> None:
    file = task.record.file
    assert outcome.done, outcome.reason
    data = bench.place(task).read_bytes()
    assert hashlib.sha256(data).hexdigest() == sha256(file.id, file.size) == outcome.sha256
    assert bench.hidden() == []
    assert not bench.store.maps


@pytest.mark.parametrize("hash_length", [0, 128 * 1024, 100_001])
async def test_a_cancelled_file_goes_on_where_it_stood(bench: Bench, hash_length: int) -> None:
    bench.source.hash_length = hash_length
    task = bench.task(remote(1, SIZE))
    await interrupted(bench, task, 10 * MIB)
    right = bench.metrics.snapshot().media.total
    assert bench.hidden() == [".1 file.bin.part"]
    assert len(asyncio.all_tasks()) == 1
    check_whole(bench, task, await resumed(bench, task))
    assert bench.metrics.snapshot().media.total == SIZE
    assert bench.source.bytes_asked <= SIZE - right + 24 * MIB // (1 if hash_length == 100_001 else 24)


async def test_bytes_that_no_map_tells_of_are_kept_where_hashes_prove_them(bench: Bench) -> None:
    """A killed process had written a right part after its last map, and a wrong one."""
    task = bench.task(remote(1, SIZE))
    place = bench.vault.path(part_path(task.record.path))
    place.parent.mkdir(parents=True)
    place.write_bytes(content(1, 0, 3 * MIB) + bytes(MIB))
    known = PartMap(task.record.file.key, SIZE, place.stat().st_mtime_ns, ((0, 2 * MIB),))
    bench.store.put_parts(str(bench.vault.root), task.record.path, known.encode())
    check_whole(bench, task, await resumed(bench, task))
    assert min(offset for _, offset, _ in bench.source.requests) == 3 * MIB


async def test_a_cancelled_file_without_a_right_byte_leaves_nothing(bench: Bench) -> None:
    bench.source.gate.clear()
    downloader = bench.downloader()
    fetches = [asyncio.create_task(downloader.fetch(bench.task(remote(n, size)))) for n, size in enumerate((9000, SIZE))]
    await bench.source.busy(2)
    for fetch in fetches:
        fetch.cancel()
    await asyncio.wait(fetches)
    await downloader.close()
    assert all(fetch.cancelled() for fetch in fetches)
    assert bench.hidden() == []
    snapshot = bench.metrics.snapshot()
    assert snapshot.gauge("parts") == snapshot.gauge("files") == 0
    assert bench.source.in_flight == 0


async def test_a_cancelled_waiter_doesnt_disturb_the_others(bench: Bench, downloader: Downloader) -> None:
    """The first of three tasks for one file is cancelled, and the last; the second gets it."""
    bench.source.gate.clear()
    tasks = [bench.task(remote(1, SIZE), f"Telegram/{n}.bin") for n in range(3)]
    fetches = [asyncio.create_task(downloader.fetch(task)) for task in tasks]
    await bench.source.busy(8)
    fetches[0].cancel()
    fetches[2].cancel()
    bench.source.gate.set()
    await asyncio.wait(fetches)
    assert [fetch.cancelled() for fetch in fetches] == [True, False, True]
    assert fetches[1].result().done


async def test_what_was_given_up_stays_and_goes_on_in_a_later_run(bench: Bench) -> None:
    class UntilTheRestCame(Pauses):
        async def __call__(self, _seconds: float) -> None:
            await until(lambda: bench.metrics.snapshot().media.total >= 9 * MIB)

    bench.pauses = UntilTheRestCame()
    broken = failing()
    bench.source.fault = lambda file, offset, data: data if offset < 9 * MIB else broken(file, offset, data)
    task = bench.task(remote(1, SIZE))
    assert not (await resumed(bench, task)).done
    assert bench.hidden() == [".1 file.bin.part"]
    bench.source.fault = lambda _file, _offset, data: data
    check_whole(bench, task, await resumed(bench, task))
    assert min(offset for _, offset, _ in bench.source.requests) == 9 * MIB


async def test_what_was_gathered_goes_when_another_message_brings_the_file(bench: Bench) -> None:
    task = bench.task(remote(1, SIZE))
    await interrupted(bench, task, 10 * MIB)
    other = bench.task(remote(1, SIZE), "Telegram/Other/media/2023-11/5 file.bin", chat=8)
    assert (await resumed(bench, other)).done
    bench.store.places[str(bench.vault.root), task.record.file.key] = (other.record.path,)
    check_whole(bench, task, await resumed(bench, task))
    assert bench.source.requests == []


async def test_a_file_that_only_lacks_its_name_costs_no_part(bench: Bench) -> None:
    """A crash came between the last part and the new name, before or after the date was set."""
    task = bench.task(remote(1, SIZE))
    await interrupted(bench, task, SIZE - MIB)
    outcome = await resumed(bench, task)
    (bench.place(task)).rename(bench.vault.path(part_path(task.record.path)))
    whole = PartMap(task.record.file.key, SIZE, (DATE + 9) * 10**9, ((0, SIZE),))
    bench.store.put_parts(str(bench.vault.root), task.record.path, whole.encode())
    assert await resumed(bench, task) == outcome
    assert bench.source.requests == []


def remove(path: Path) -> None:
    path.unlink()


def link_instead(path: Path, target: Path) -> None:
    path.unlink()
    path.symlink_to(target)


class TestDistrust:
    """A `.part` file that doesn't fit its map is fetched from its beginning."""

    @pytest.fixture
    async def task(self, bench: Bench) -> FileTask:
        task = bench.task(remote(1, SIZE))
        await interrupted(bench, task, 10 * MIB)
        return task

    @pytest.fixture
    def part(self, bench: Bench, task: FileTask) -> Path:
        return bench.vault.path(part_path(task.record.path))

    async def check_from_the_beginning(self, bench: Bench, task: FileTask) -> None:
        check_whole(bench, task, await resumed(bench, task))
        assert len(bench.source.requests) == 21

    async def test_missing(self, bench: Bench, task: FileTask, part: Path) -> None:
        remove(part)
        await self.check_from_the_beginning(bench, task)

    async def test_cut(self, bench: Bench, task: FileTask, part: Path) -> None:
        os.truncate(part, 2 * MIB)
        await self.check_from_the_beginning(bench, task)

    async def test_too_long(self, bench: Bench, task: FileTask, part: Path) -> None:
        os.truncate(part, SIZE + 1)
        await self.check_from_the_beginning(bench, task)

    async def test_older(self, bench: Bench, task: FileTask, part: Path) -> None:
        os.utime(part, (1, 1))
        await self.check_from_the_beginning(bench, task)

    async def test_damaged_map(self, bench: Bench, task: FileTask, part: Path) -> None:
        bench.store.put_parts(str(bench.vault.root), task.record.path, b"\x93\x01damaged")
        await self.check_from_the_beginning(bench, task)

    async def test_lost_map(self, bench: Bench, task: FileTask, part: Path) -> None:
        bench.store.maps.clear()
        await self.check_from_the_beginning(bench, task)

    async def test_map_of_another_file(self, bench: Bench, task: FileTask, part: Path) -> None:
        other = bench.task(remote(2, SIZE), task.record.path)
        await self.check_from_the_beginning(bench, other)

    async def test_a_link_in_its_place(self, bench: Bench, task: FileTask, part: Path) -> None:
        bench.vault.write_whole("a note.md", b"mine")
        link_instead(part, bench.vault.path("a note.md"))
        downloader = bench.downloader()
        with pytest.raises(VaultError):
            await downloader.fetch(task)
        await downloader.close()
        assert bench.vault.path("a note.md").read_bytes() == b"mine"


@contextmanager
def process(root: Path, size: int, *limit: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.pipeline.fetch_in_process", str(root), str(size), *map(str, limit)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def run(root: Path, size: int, *limit: int, kill_after: int = -1) -> tuple[int, str]:
    """Bytes received, and the last line; killed after so many parts."""
    received, last = 0, ""
    with process(root, size, *limit) as child:
        assert child.stdout is not None
        for count, line in enumerate(child.stdout, 1):
            last = line.strip()
            received += int(last) if last.isdigit() else 0
            if count == kill_after:
                child.kill()
    return received, last


def file_of(root: Path) -> Path:
    return Vault(root / "vault").root / record(remote(1, 0)).path


@pytest.mark.parametrize("seed", [1, 2])
def test_kill_9_costs_little(tmp_path: Path, seed: int) -> None:
    size, kills = 64 * MIB + 3, 2
    dice = random.Random(seed)
    received = sum(run(tmp_path, size, kill_after=dice.randrange(10, 30))[0] for _ in range(kills))
    more, last = run(tmp_path, size)
    assert last == "done"
    assert hashlib.sha256(file_of(tmp_path).read_bytes()).hexdigest() == sha256(1, size)
    assert received + more - size <= kills * (UNSAVED + IN_FLIGHT)
    assert [path.name for path in file_of(tmp_path).parent.iterdir()] == [file_of(tmp_path).name]


def test_a_disk_that_is_full_loses_nothing(tmp_path: Path) -> None:
    size = 24 * MIB
    received, last = run(tmp_path, size, 16 * MIB)
    assert last.startswith("vault: ")
    more, last = run(tmp_path, size)
    assert last == "done"
    assert hashlib.sha256(file_of(tmp_path).read_bytes()).hexdigest() == sha256(1, size)
    assert received + more - size <= IN_FLIGHT


async def test_memory_is_parts_in_flight(bench: Bench) -> None:
    """The same peak for a file eight times as long."""

    async def peak(file_id: int, size: int) -> int:
        downloader = bench.downloader()
        tracemalloc.start()
        try:
            await downloader.fetch(bench.task(remote(file_id, size)))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            await downloader.close()

    small, large = await peak(1, 24 * MIB), await peak(2, 192 * MIB)
    assert large < small * 1.2 + MIB
    assert large < 24 * MIB


async def test_what_was_gathered_outlives_a_fetch_that_is_cancelled_before_it_looked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = bench.task(remote(1, SIZE))
    await interrupted(bench, task, 10 * MIB)
    right, asked = bench.metrics.snapshot().media.total, asyncio.Event()

    async def never(_vault: str, _path: str) -> bytes | None:
        asked.set()
        return await asyncio.Future()

    monkeypatch.setattr(bench.store, "parts", never)  # a store whose thread is busy
    downloader = bench.downloader()
    fetch = asyncio.create_task(downloader.fetch(task))
    await asked.wait()
    fetch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetch
    await downloader.close()
    monkeypatch.undo()
    check_whole(bench, task, await resumed(bench, task))
    assert bench.source.bytes_asked <= SIZE - right + MIB


async def test_what_was_gathered_outlives_a_file_that_cant_be_opened(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_file: PartFile, _known: PartMap | None) -> Spans:
        raise VaultError("The file can't be written", "too many files are open")

    task = bench.task(remote(1, SIZE))
    await interrupted(bench, task, 10 * MIB)
    with monkeypatch.context() as patched:
        patched.setattr(PartFile, "open", refused)
        with pytest.raises(VaultError):
            await resumed(bench, task)
    check_whole(bench, task, await resumed(bench, task))
    assert bench.metrics.snapshot().media.total == SIZE
