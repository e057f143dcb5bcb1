"""The downloader over the real wire: TelegramAccount and the sandbox in a process of its own."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.part_source import MIB, MemoryStore, record
from tests.support.sandbox import SandboxProcess
from tests.telegram.support import all_chats, connected, faults, logged_in, messages
from tobs_tui.content import RemoteFile
from tobs_tui.errors import RetryCause
from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.downloader import Downloader, FileTask
from tobs_tui.pipeline.vault import Vault
from tobs_tui.settings import MediaSettings
from tobs_tui.telegram.account import TelegramAccount

COUNT, SIZE = 16, 2 * MIB + 70_001


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(files=(COUNT, SIZE)) as process:
        yield process


@pytest.fixture(scope="module")
def session_file(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The session of an account that is logged in."""
    file = tmp_path_factory.mktemp("session") / "session.json"

    async def log_in() -> None:
        async with logged_in(sandbox, file):
            pass

    asyncio.run(log_in())
    return file


@pytest.fixture
async def account(sandbox: SandboxProcess, session_file: Path) -> AsyncIterator[TelegramAccount]:
    async with connected(sandbox, session_file, request_seconds=1.0) as account:
        yield account


@pytest.fixture
async def files(account: TelegramAccount) -> list[RemoteFile]:
    """The documents of the chat that has many, and one file of each other size that is there."""
    found = {}
    for chat in (await all_chats(account)).values():
        for message in await messages(account, chat):
            if isinstance(message.content, RemoteFile) and message.content.size < 8 * MIB:
                found[message.content.key] = message.content
    return list(found.values())[:80]


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"parts": {"cut": 0.1, "empty": 0.1, "long": 0.1, "corrupt": 0.1}},
        {"expired": 0.2},
        {"drop": 0.02},
        {"failures": {"upload.getFile": {"code": 500, "probability": 0.2}, "upload.getFileHashes": {"code": -503, "probability": 0.2}}},
        {"silent": {"upload.getFile": 0.02}},
        {"floods": {"upload.getFile": {"seconds": 1, "premium": True}}},
    ],
    ids=lambda switches: "+".join(switches) or "none",
)
async def test_files_arrive_whole_through_every_fault(
    sandbox: SandboxProcess, account: TelegramAccount, files: list[RemoteFile], tmp_path: Path, switches: dict[str, Any]
) -> None:
    vault, metrics = Vault(tmp_path / "vault"), Metrics()
    vault.open()
    downloader = Downloader(account, MemoryStore(), MediaSettings(), metrics)
    tasks = [FileTask(vault, record(file), Metrics(metrics)) for file in files]
    with faults(sandbox, **switches):
        outcomes = await asyncio.gather(*map(downloader.fetch, tasks))
    await downloader.close()
    world, hashed = sandbox.twin(), 0
    for task, outcome in zip(tasks, outcomes, strict=True):
        file = task.record.file
        assert outcome.done, (file, outcome)
        right = hashlib.sha256(world.file_bytes(file.id, 0, file.size, file.thumb)).hexdigest() == outcome.sha256
        spec = world.files.find(file.id)
        hashed += right
        assert right or (spec is not None and not spec.range and "parts" in switches)  # nothing proves a file without hashes
    assert hashed > len(files) // 2
    assert not [path for path in vault.root.rglob(".*") if path.is_file()]
    assert metrics.snapshot().requests[0][1] > 0


async def test_a_server_that_answers_nothing_more_ends_in_bounded_time(
    sandbox: SandboxProcess, account: TelegramAccount, files: list[RemoteFile], tmp_path: Path
) -> None:
    vault, metrics = Vault(tmp_path / "vault"), Metrics()
    vault.open()
    downloader = Downloader(account, MemoryStore(), MediaSettings(attempts=5), metrics)
    largest = max(files, key=lambda file: file.size)
    with faults(sandbox, silent={"*": 1.0}):
        outcome = await downloader.fetch(FileTask(vault, record(largest), metrics))
    await downloader.close()
    assert not outcome.done
    assert "after" in outcome.reason
    assert metrics.snapshot().retried(RetryCause.TIMEOUT) >= 4
    assert not [path for path in vault.root.rglob(".*") if path.is_file()]
