"""Each fault has its own answer, and every one of them ends."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter

import pytest

from tests.pipeline.part_source import KIB, MIB, Bench, Fault, failing, remote, sha256, until
from tests.support.records import replace
from tobs_tui.content import RemoteFile
from tobs_tui.errors import FileGone, RequestFailed, RequestRefused, RetryCause
from tobs_tui.pipeline.downloader import Downloader
from tobs_tui.settings import MediaSettings

SIZE = 3 * MIB + 77


def at(offset: int, spoil: Fault, times: int = 1) -> Fault:
    """Spoils the part at one offset, so many times."""
    left = times

    def fault(file: RemoteFile, place: int, data: bytes) -> bytes:
        nonlocal left
        if place != offset or not left:
            return data
        left -= 1
        return spoil(file, place, data)

    return fault


def corrupt(_file: RemoteFile, _offset: int, data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def short(_file: RemoteFile, _offset: int, data: bytes) -> bytes:
    return data[:-1]


def long(_file: RemoteFile, _offset: int, data: bytes) -> bytes:
    return data + b"x"


def empty(_file: RemoteFile, _offset: int, _data: bytes) -> bytes:
    return b""


async def check_whole(bench: Bench, downloader: Downloader, file: RemoteFile) -> None:
    task = bench.task(file)
    outcome = await downloader.fetch(task)
    assert outcome.done, outcome.reason
    assert hashlib.sha256(bench.place(task).read_bytes()).hexdigest() == sha256(file.id, file.size)
    assert bench.hidden() == []


async def check_failed(bench: Bench, downloader: Downloader, file: RemoteFile) -> str:
    task = bench.task(file)
    outcome = await downloader.fetch(task)
    assert not outcome.done
    assert not bench.place(task).exists()
    return outcome.reason


@pytest.mark.parametrize("spoil", [short, long, empty])
@pytest.mark.parametrize("offset", [0, MIB, 3 * MIB])
async def test_a_part_of_the_wrong_length_is_fetched_again(bench: Bench, downloader: Downloader, spoil: Fault, offset: int) -> None:
    bench.source.hash_length = 0
    bench.source.fault = at(offset, spoil)
    await check_whole(bench, downloader, remote(1, SIZE))
    assert bench.metrics.snapshot().retried(RetryCause.BAD_PART) == 1
    assert Counter(place for _, place, _ in bench.source.requests) == {0: 1, MIB: 1, 2 * MIB: 1, 3 * MIB: 1} | {offset: 2}


@pytest.mark.parametrize("size", [200_000, SIZE])
async def test_a_corrupt_range_is_noticed_and_fetched_again_alone(bench: Bench, downloader: Downloader, size: int) -> None:
    bench.source.fault = at(0, corrupt)
    await check_whole(bench, downloader, remote(1, size))
    assert bench.metrics.snapshot().retried(RetryCause.BAD_PART) == 1
    middle = min(size, MIB) // 2
    assert bench.source.requests[-1] == (1, middle - middle % (128 * KIB), 128 * KIB)


@pytest.mark.parametrize("hash_length", [1, 4095, 100_001, MIB + 1, 10 * MIB])
async def test_a_corrupt_byte_is_noticed_whatever_the_ranges(bench: Bench, downloader: Downloader, hash_length: int) -> None:
    size = 9000 if hash_length == 1 else SIZE
    bench.source.hash_length = hash_length
    bench.source.hashes_at_once = 10_000
    bench.source.fault = at(0 if size < MIB else MIB, corrupt)
    await check_whole(bench, downloader, remote(1, size))
    assert bench.metrics.snapshot().retried(RetryCause.BAD_PART) >= 1


async def test_a_range_that_stays_corrupt_is_given_up(bench: Bench, downloader: Downloader) -> None:
    bench.source.hash_length = 1024 * KIB
    bench.source.fault = at(MIB, corrupt, times=1000)
    reason = await check_failed(bench, downloader, remote(1, SIZE))
    assert reason.startswith("bytes came that don't match Telegram's own hash, after 4")


@pytest.mark.parametrize(
    ("declared", "real"), [(5000, 10), (10, 5000), (4096, 8192), (MIB, MIB + 1), (MIB + 1, MIB), (SIZE, 2 * MIB), (0, 1)]
)
@pytest.mark.parametrize("hash_length", [0, 128 * KIB])
async def test_a_wrong_declared_size_fails_in_words(
    bench: Bench, downloader: Downloader, declared: int, real: int, hash_length: int
) -> None:
    bench.source.hash_length = hash_length
    bench.source.sizes[1] = real
    reason = await check_failed(bench, downloader, remote(1, declared))
    assert reason.startswith(f"Telegram says that it has {declared:,} bytes, but sends")
    assert len(bench.source.requests) < 60


@pytest.mark.parametrize(("error", "left"), [(FileGone, []), (RequestRefused, [".1 file.bin.part"])])
async def test_a_refusal_ends_at_once(bench: Bench, error: type[RequestRefused], left: list[str]) -> None:
    """What came is kept, but of a file that won't ever come."""
    came = MediaSettings(parts=1, files=1)

    def refuse(_file: RemoteFile, _offset: int, _data: bytes) -> bytes:
        raise error("The file can't be had", "Telegram says no")

    bench.settings, bench.source.hash_length = came, 0
    bench.source.fault = at(2 * MIB, refuse, times=100)
    downloader = bench.downloader()
    assert await check_failed(bench, downloader, remote(1, SIZE)) == "Telegram says no"
    await downloader.close()
    assert bench.hidden() == left
    assert len(bench.store.maps) == len(left)


@pytest.mark.parametrize("cause", [RetryCause.NETWORK, RetryCause.TIMEOUT, RetryCause.SERVER])
async def test_a_cause_that_passes_is_waited_out(bench: Bench, downloader: Downloader, cause: RetryCause) -> None:
    bench.source.fault = failing(cause, times=30)
    await check_whole(bench, downloader, remote(1, SIZE))
    assert bench.metrics.snapshot().retried(cause) == 30
    assert 30 - 4 < len(bench.pauses.seconds) <= 30  # once the line is back, the other parts ask at once
    assert bench.metrics.snapshot().worst_file == ("1 file.bin", 30)


async def test_a_line_that_was_lost_for_a_moment_costs_a_moment(bench: Bench, downloader: Downloader) -> None:
    """However many parts were in flight: each of them fails, and one asks at once whether the line is back."""
    bench.source.fault = failing(RetryCause.NETWORK, times=8)
    await check_whole(bench, downloader, remote(1, 16 * MIB))
    assert bench.metrics.snapshot().retried(RetryCause.NETWORK) == 8
    assert sum(bench.pauses.seconds) < 1.0


@pytest.mark.parametrize("size", [2000, SIZE])
async def test_a_server_that_never_serves_ends_after_40_failures(bench: Bench, downloader: Downloader, size: int) -> None:
    bench.source.fault = failing()
    reason = await check_failed(bench, downloader, remote(1, size))
    assert reason == "the server had trouble, after 40 attempts"
    assert bench.metrics.snapshot().retried(RetryCause.SERVER) == 40
    assert len(bench.source.requests) < 40 + 8  # those that were in flight when the last attempt failed
    assert bench.hidden() == []
    assert bench.metrics.snapshot().gauge("parts") == 0


@pytest.mark.parametrize("cause", [RetryCause.NETWORK, RetryCause.TIMEOUT])
async def test_a_lost_line_is_asked_for_by_one_part_at_a_time(bench: Bench, cause: RetryCause) -> None:
    """All parts in flight fail at once; together they would use up the file's attempts in a few rounds, and a minute of outage the file."""
    pausing = most = 0

    async def pause(_seconds: float) -> None:
        nonlocal pausing, most
        pausing += 1
        most = max(most, pausing)
        await asyncio.sleep(0)
        pausing -= 1

    downloader = Downloader(bench.source, bench.store, MediaSettings(), bench.metrics, sleep=pause)
    bench.source.hash_length = 0
    bench.source.fault = failing(cause)
    reason = await check_failed(bench, downloader, remote(1, 24 * MIB))
    await downloader.close()
    assert most == 1
    assert reason == "the server had trouble, after 40 attempts"
    assert len(bench.source.requests) == 40


async def test_one_part_that_never_comes_ends_after_50_failures(bench: Bench) -> None:
    """Others go on coming, so that the file doesn't stall before."""

    async def pause(_seconds: float) -> None:
        before = bench.metrics.snapshot().media.total
        await until(lambda: bench.metrics.snapshot().media.total > before)

    downloader = Downloader(bench.source, bench.store, MediaSettings(parts=2), bench.metrics, sleep=pause)
    bench.source.hash_length = 0
    bench.source.fault = at(MIB, failing(), times=1000)
    reason = await check_failed(bench, downloader, remote(1, 200 * MIB))
    await downloader.close()
    asked = Counter(offset for _, offset, _ in bench.source.requests)
    assert asked[MIB] == 50
    assert reason == "the server had trouble, after 50 attempts"


@pytest.mark.parametrize(("cause", "most"), [(RetryCause.TIMEOUT, 200), (RetryCause.SERVER, 2000)])
async def test_a_silent_server_is_found_out_once_for_all_files(
    bench: Bench, downloader: Downloader, cause: RetryCause, most: int
) -> None:
    """50 files of 40 attempts each would wait for hours; but what a server says to one file isn't held against the others."""
    bench.source.fault = failing(cause)
    for n in range(50):
        await check_failed(bench, downloader, remote(n, 2000))
    assert 40 <= len(bench.source.requests) <= most
    bench.source.fault = failing(cause, times=2)
    await check_whole(bench, downloader, remote(99, 2000))
    bench.source.fault = failing(cause, times=39)
    await check_whole(bench, downloader, remote(100, 2000))


async def test_the_limit_is_a_setting(bench: Bench) -> None:
    bench.settings = MediaSettings(attempts=10)
    bench.source.fault = failing()
    downloader = bench.downloader()
    await check_failed(bench, downloader, remote(1, 2000))
    await downloader.close()
    assert len(bench.source.requests) == 8


async def test_hashes_that_never_come_end_too(bench: Bench, downloader: Downloader) -> None:
    def broken(_file: RemoteFile) -> None:
        raise RequestFailed(RetryCause.TIMEOUT, "no answer in 15 s")

    bench.source.hash_fault = broken
    assert (await check_failed(bench, downloader, remote(1, SIZE))).startswith("no answer in 15 s, after 4")


async def test_a_server_that_refuses_hashes_has_none(bench: Bench, downloader: Downloader) -> None:
    def refused(_file: RemoteFile) -> None:
        raise RequestRefused("The request isn't known")

    bench.source.hash_fault = refused
    await check_whole(bench, downloader, remote(1, SIZE))


class TestReferences:
    async def test_an_expired_one_is_fetched_again_once_for_all_parts(self, bench: Bench, downloader: Downloader) -> None:
        bench.source.valid_references = lambda reference: reference == "01"
        await check_whole(bench, downloader, remote(1, SIZE))
        assert bench.source.refreshed == {1: 1}
        snapshot = bench.metrics.snapshot()
        assert snapshot.retries == ((RetryCause.FILE_REFERENCE, 1),)
        assert snapshot.worst_file == ("", 0)

    async def test_those_of_other_files_of_the_chat_are_asked_for_along(self, bench: Bench, downloader: Downloader) -> None:
        bench.source.valid_references = lambda reference: reference != "00"
        files = [replace(remote(n, SIZE), chat_id=7 if n < 20 else 8) for n in range(30)]
        await asyncio.gather(*(downloader.fetch(bench.task(file, chat=file.chat_id)) for file in files))
        assert 1 < len(bench.source.beside[0]) <= 20  # those that are under way by then
        assert set().union(*bench.source.beside) == set(range(30))
        assert all(max(beside) < 20 or min(beside) >= 20 for beside in bench.source.beside)

    async def test_one_that_is_always_expired_ends(self, bench: Bench, downloader: Downloader) -> None:
        bench.source.valid_references = lambda _reference: False
        reason = await check_failed(bench, downloader, remote(1, SIZE))
        assert reason == "Telegram refuses each reference to it as expired, also fresh ones"
        assert bench.source.refreshed == {1: 10}

    async def test_a_message_that_shows_another_file_now(self, bench: Bench, downloader: Downloader) -> None:
        bench.source.valid_references = lambda reference: reference == "01"
        bench.source.fresh = lambda file: replace(file, id=99)
        assert await check_failed(bench, downloader, remote(1, SIZE)) == "its message shows another file now"

    async def test_a_refresh_that_fails_counts_as_a_failure(self, bench: Bench, downloader: Downloader) -> None:
        def lost(_file: RemoteFile) -> RemoteFile:
            raise RequestFailed(RetryCause.NETWORK, "the connection was lost")

        bench.source.valid_references = lambda _reference: False
        bench.source.fresh = lost
        assert await check_failed(bench, downloader, remote(1, SIZE)) == "the connection was lost, after 40 attempts"


async def test_one_bad_file_costs_one_file(bench: Bench, downloader: Downloader) -> None:
    def fault(file: RemoteFile, _offset: int, data: bytes) -> bytes:
        if file.id % 10 == 3:
            raise RequestFailed(RetryCause.SERVER, "the server had trouble")
        return data

    bench.source.fault = fault
    outcomes = await asyncio.gather(*(downloader.fetch(bench.task(remote(n, 30_000 + n))) for n in range(40)))
    assert [n for n, each in enumerate(outcomes) if not each.done] == [3, 13, 23, 33]


async def test_all_faults_at_once_leave_every_file_right_or_listed(bench: Bench, downloader: Downloader) -> None:
    """A seeded mix of every fault on every fifth answer."""
    spoilers = (short, long, empty, corrupt, failing(), failing(RetryCause.NETWORK))

    def fault(file: RemoteFile, offset: int, data: bytes) -> bytes:
        dice = hashlib.sha256(b"%d/%d/%d" % (file.id, offset, len(bench.source.requests))).digest()
        return spoilers[dice[1] % len(spoilers)](file, offset, data) if data and dice[0] < 52 else data

    bench.source.fault = fault
    tasks = [bench.task(remote(n, n * 37_003 % (3 * MIB))) for n in range(1, 80)]
    outcomes = await asyncio.gather(*map(downloader.fetch, tasks))
    for task, outcome in zip(tasks, outcomes, strict=True):
        file = task.record.file
        assert outcome.done
        assert hashlib.sha256(bench.place(task).read_bytes()).hexdigest() == sha256(file.id, file.size)
    assert bench.hidden() == []
    assert bench.metrics.snapshot().gauge("parts") == bench.metrics.snapshot().gauge("files") == 0
