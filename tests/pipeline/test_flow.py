"""The bytes in flight follow what the line bears."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.pipeline.part_source import MIB, MemoryStore, record
from tests.support.sandbox import SandboxProcess
from tests.telegram.support import all_chats, connected, logged_in, messages
from tobs_tui.content import RemoteFile
from tobs_tui.errors import RequestFailed, RetryCause
from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.downloader import Downloader, FileTask
from tobs_tui.pipeline.flow import Flow
from tobs_tui.pipeline.vault import Vault
from tobs_tui.sandbox.bulk import FILES_CHAT
from tobs_tui.settings import MediaSettings


class Bed:
    """A flow of 8 parts with a deadline of 10 s, on a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.metrics = Metrics()
        self.flow = Flow(8, 10.0, self.metrics, lambda: self.now)

    async def asked(self, seconds: float, cause: RetryCause | None = None) -> int:
        """The parts that are allowed after a request that took so long."""
        self.now += 0.001
        async with self.flow.grant("job", MIB):
            self.now += seconds
            if cause:
                raise RequestFailed(cause, "no answer")
        allowed = -(-self.flow.allowed // MIB)
        assert self.metrics.snapshot().gauge("parts_allowed") == allowed
        return allowed


async def test_slow_answers_halve_it_and_quick_ones_bring_it_back() -> None:
    bed = Bed()
    assert [await bed.asked(seconds) for seconds in (1, 11, 7, 11, 11, 11, 7, 1)] == [8, 4, 4, 2, 1, 1, 1, 2]
    assert bed.flow.largest == MIB // 4
    await bed.asked(0.1)
    assert 2 * MIB < bed.flow.allowed < 3 * MIB
    for _ in range(40):
        await bed.asked(0.1)
    assert (bed.flow.allowed, bed.flow.largest) == (8 * MIB, MIB)


@pytest.mark.parametrize(("cause", "left"), [(RetryCause.TIMEOUT, 4), (RetryCause.SERVER, 8), (RetryCause.NETWORK, 8)])
async def test_only_a_missed_deadline_tells_of_a_slow_line(cause: RetryCause, left: int) -> None:
    bed = Bed()
    with pytest.raises(RequestFailed):
        await bed.asked(10, cause)
    assert bed.flow.allowed == left * MIB
    bed.flow.close()
    assert bed.metrics.snapshot().gauge("parts_allowed") == 0


async def test_what_was_in_flight_together_counts_once() -> None:
    bed = Bed()
    bed.now = 1.0
    grants = [bed.flow.grant("job", MIB) for _ in range(8)]
    for grant in grants:
        await grant.__aenter__()
    bed.now = 12.0
    for grant in grants:
        await grant.__aexit__(None, None, None)
    assert bed.flow.allowed == 4 * MIB


async def test_on_a_slow_line_little_is_fetched_twice(tmp_path: Path) -> None:
    """A line each of whose connections carries one part within a request's deadline."""
    count, size = 2, 4 * MIB + 5
    with SandboxProcess(files=(count, size)) as sandbox:
        async with logged_in(sandbox, tmp_path / "session.json"):
            pass
        async with connected(sandbox, tmp_path / "session.json", request_seconds=1.0) as account:
            chat = (await all_chats(account))[FILES_CHAT]
            files = [each.content for each in await messages(account, chat) if isinstance(each.content, RemoteFile)]
            sandbox.faults(bandwidth=MIB)
            sandbox.stats(reset=True)
            vault, metrics = Vault(tmp_path / "vault"), Metrics()
            vault.open()
            downloader = Downloader(account, MemoryStore(), MediaSettings(), metrics, 1.0)
            outcomes = await asyncio.gather(*(downloader.fetch(FileTask(vault, record(file), metrics)) for file in files))
            await downloader.close()
            assert [outcome.done for outcome in outcomes] == [True] * count
            assert sandbox.stats()["part_bytes"] < 1.5 * count * size
