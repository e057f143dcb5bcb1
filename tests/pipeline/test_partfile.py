"""Ranges, requests, turns, and the `.part` file itself."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pipeline.part_source import DATE, KIB, MIB, check_limits, remote
from tobs_tui.content import RangeHash
from tobs_tui.errors import GaveUp, RequestRefused, VaultError
from tobs_tui.pipeline.budget import Budget
from tobs_tui.pipeline.hashes import HashTable
from tobs_tui.pipeline.partfile import PartFile, PartMap, part_map, part_path, whole_file
from tobs_tui.pipeline.parts import pieces, requests
from tobs_tui.pipeline.spans import Spans
from tobs_tui.pipeline.transfer import leading
from tobs_tui.pipeline.vault import Vault

SIZES = st.integers(0, 5 * MIB) | st.sampled_from([n * MIB + d for n in range(5) for d in (-1, 0, 1) if n * MIB + d >= 0])
RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted).map(tuple), max_size=12)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60), st.integers(0, 60))))
def test_spans_are_a_set_of_bytes(steps: list[tuple[bool, int, int]]) -> None:
    spans, model = Spans(), set[int]()
    for added, start, end in steps:
        if added:
            assert spans.add(start, end) == len(set(range(start, end)) - model)
            model |= set(range(start, end))
        else:
            spans.remove(start, end)
            model -= set(range(start, end))
        assert spans.total == len(model)
        assert {byte for a, b in spans for byte in range(a, b)} == model
        assert spans.end == max(model, default=-1) + 1
    ranges = list(spans)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(ranges))
    assert {byte for a, b in spans.gaps(0, 70) for byte in range(a, b)} == set(range(70)) - model
    assert all(spans.covers(a, b) == (set(range(a, b)) <= model) for a in range(0, 62, 7) for b in range(0, 62, 5))


@given(SIZES, st.data())
def test_requests_keep_to_the_rules_and_bring_what_is_wanted(size: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    wanted = Spans()
    for each in requests(start, end, size):
        check_limits(each.offset, each.limit)
        assert each.offset <= each.start <= each.end <= each.offset + each.limit
        wanted.add(each.start, each.end)
    assert list(wanted) == ([(start, end)] if start < end else [])


@given(SIZES, RANGES)
def test_pieces_are_what_is_missing_and_the_end_is_looked_behind(size: int, present: list[tuple[int, int]]) -> None:
    have = Spans((a * 90_000, min(b * 90_000, size)) for a, b in present)
    missing = list(pieces(have, size))
    assert all(start // MIB == max(start, end - 1) // MIB for start, end in missing)
    for start, end in missing:
        assert have.add(start, end) == end - start
    assert have.covers(0, size)
    if not present:
        assert max(each.offset + each.limit for piece in missing for each in requests(*piece, size)) > size


@pytest.mark.parametrize("largest", [MIB // 2, MIB // 4])
def test_on_a_slow_line_requests_are_smaller(largest: int) -> None:
    found = list(requests(3 * MIB - 8 * KIB, 4 * MIB + 5, 4 * MIB + 5, lambda: largest))
    assert [each.start for each in found][1:] == [each.end for each in found][:-1]
    assert (found[0].start, found[-1].end) == (3 * MIB - 8 * KIB, 4 * MIB + 5)
    assert max(each.limit for each in found) == largest
    for each in found:
        check_limits(each.offset, each.limit)


def test_a_bad_range_is_asked_for_alone() -> None:
    assert [(each.offset, each.limit) for each in requests(3 * 128 * KIB, 4 * 128 * KIB, 9 * MIB)] == [(3 * 128 * KIB, 128 * KIB)]


class TestBudget:
    async def test_the_cost_out_is_bounded_and_jobs_take_turns(self) -> None:
        budget, order, most = Budget(3), [], 0

        async def work(job: str, cost: int) -> None:
            nonlocal most
            async with budget.grant(job, cost):
                order.append(job)
                most = max(most, budget.used)
                await asyncio.sleep(0)

        await asyncio.gather(*(work("a", 2) for _ in range(6)), *(work("b", 1) for _ in range(3)))
        assert most <= 3
        assert budget.used == budget.waiting == 0
        assert order.index("b") <= 2
        assert sorted(order) == ["a"] * 6 + ["b"] * 3

    async def test_what_costs_more_than_there_is_comes_alone(self) -> None:
        budget = Budget(3)
        async with budget.grant("a", 9):
            assert budget.used == 9
        assert budget.used == 0

    @pytest.mark.parametrize("granted", [False, True])
    async def test_a_cancelled_waiter_costs_nothing(self, granted: bool) -> None:
        budget = Budget(1)

        async def work() -> None:
            async with budget.grant("a"):
                pass

        async with budget.grant("a"):
            waiter = asyncio.create_task(work())
            await asyncio.sleep(0)
            assert budget.waiting == 1
            if not granted:
                waiter.cancel()
        waiter.cancel()
        await asyncio.wait({waiter})
        assert waiter.cancelled()
        assert budget.used == budget.waiting == 0
        await work()

    async def test_more_may_be_allowed_later(self) -> None:
        budget = Budget(1)
        async with budget.grant("a"):
            second = asyncio.create_task(budget.grant("a").__aenter__())
            await asyncio.sleep(0)
            assert not second.done()
            budget.resize(2)
            await second
            assert budget.used == 2


async def test_hashes_of_parts_in_flight_are_asked_for_side_by_side() -> None:
    """What one answer holds is learned from answers, not from how much is known by now."""
    gate, asked = asyncio.Event(), list[int]()

    async def ask(offset: int) -> tuple[RangeHash, ...]:
        asked.append(offset)
        await gate.wait()
        return (RangeHash(offset, MIB, b""),)

    table = HashTable(20 * MIB, ask)
    gate.set()
    for start in range(8):
        await table.cover(start * MIB, (start + 1) * MIB)
    gate.clear()
    covers = [asyncio.create_task(table.cover(start * MIB, (start + 1) * MIB)) for start in (10, 11, 11, 12)]
    await asyncio.sleep(0)
    assert asked[8:] == [10 * MIB, 11 * MIB, 12 * MIB]
    gate.set()
    await asyncio.gather(*covers)
    assert len(asked) == 11


class TestPartFile:
    @pytest.fixture
    def vault(self, tmp_path: Path) -> Vault:
        vault = Vault(tmp_path)
        vault.open()
        return vault

    def test_a_file_grows_in_the_dark_and_appears_whole(self, vault: Vault) -> None:
        data = os.urandom(3000)
        part = PartFile(vault, "a/b.bin", 3000, DATE)
        assert not part.open(None)
        part.write(1000, data[1000:])
        assert not whole_file(vault, "a/b.bin", 3000)
        part.write(0, data[:1000])
        assert part.digests([(500, 1500)]) == [hashlib.sha256(data[500:1500]).digest()]
        part.hash_up_to(700)
        assert part.finish() == hashlib.sha256(data).hexdigest()
        part.close()
        assert whole_file(vault, "a/b.bin", 3000)
        assert [path.name for path in (vault.root / "a").iterdir()] == ["b.bin"]

    def test_bytes_that_were_right_and_arent_are_hashed_again(self, vault: Vault) -> None:
        part = PartFile(vault, "b.bin", 4, DATE)
        part.open(None)
        part.write(0, b"abXd")
        part.hash_up_to(4)
        part.spoilt(2)
        part.write(2, b"c")
        assert part.finish() == hashlib.sha256(b"abcd").hexdigest()
        part.close()

    def test_somebody_else_cut_it(self, vault: Vault) -> None:
        part = PartFile(vault, "b.bin", 4, DATE)
        part.open(None)
        part.write(0, b"abcd")
        os.truncate(vault.path(".b.bin.part"), 2)
        with pytest.raises(VaultError):
            part.finish()
        part.remove()
        assert list(vault.root.iterdir()) == []

    def test_a_folder_in_its_place(self, vault: Vault) -> None:
        vault.path(".b.bin.part").mkdir()
        with pytest.raises(VaultError):
            PartFile(vault, "b.bin", 4, DATE).open(None)

    @pytest.mark.parametrize(
        "data",
        [
            None,
            b"",
            b"\xc1",
            PartMap("d1", 99, 0, ()).encode(),
            PartMap("d2", 100, 0, ()).encode(),
            PartMap("d1", 100, 0, ((0, 101),)).encode(),
            PartMap("d1", 100, 0, ((9, 3),)).encode(),
        ],
    )
    def test_a_map_that_isnt_of_this_file_is_none(self, data: bytes | None) -> None:
        assert part_map(data, remote(1, 100)) is None

    def test_a_map_comes_back_as_it_was(self) -> None:
        found = PartMap("d1", 100, 123, ((0, 5), (7, 100)))
        assert part_map(found.encode(), remote(1, 100)) == found

    def test_the_hidden_name(self) -> None:
        assert part_path("Telegram/x/1 a.b.png") == "Telegram/x/.1 a.b.png.part"


def test_the_fault_of_the_disk_is_told_before_one_of_the_file() -> None:
    disk, refused, stalled, bug = VaultError("disk"), RequestRefused("no"), GaveUp("stop"), KeyError("bug")
    assert leading(BaseExceptionGroup("", [stalled, BaseExceptionGroup("", [refused, disk])])) is disk
    assert leading(BaseExceptionGroup("", [stalled, refused])) is refused
    assert leading(BaseExceptionGroup("", [disk, bug])) is bug
