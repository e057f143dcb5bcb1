"""A job waits, with words, for room on its vault's disk."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine.conftest import driver_on
from tests.pipeline.part_source import MIB, until
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Cancel, Export
from tobs_tui.engine.events import ChatsListed, JobEnded
from tobs_tui.engine.job import Job
from tobs_tui.engine.room import Room
from tobs_tui.engine.snapshot import JobState
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, ChatKind, ExportOptions
from tobs_tui.sandbox.bulk import FILES_CHAT
from tobs_tui.sandbox.cast import RUST
from tobs_tui.settings import VaultSettings

GIB = 1024**3


def a_job() -> Job:
    job = Job(1, Chat(7, ChatKind.GROUP, "A group"), ExportOptions("/vault"), Metrics())
    job.begin(Metrics())
    return job


def shown(job: Job) -> tuple[JobState, str]:
    view = job.view(online=True)
    return view.state, view.reason


async def test_a_file_waits_for_room_and_goes_on() -> None:
    left = [GIB + 500]
    room, job = Room(GIB, lambda _root: left[0], pause=0.0), a_job()
    await room.wait(job)
    waiting = asyncio.create_task(room.wait(job, 501))
    await until(lambda: job.short > 0)
    assert shown(job) == (JobState.WAITING, "too little room on the disk, 1 B more needed")
    left[0] += 1
    await waiting
    assert shown(job) == (JobState.RUNNING, "")


async def test_room_is_promised_once() -> None:
    """Two files that fit one by one don't fit together; text goes on all the same."""
    room, job = Room(GIB, lambda _root: GIB + 900, pause=0.0), a_job()
    async with room.held(job, 600):
        second = asyncio.create_task(room.wait(job, 600))
        await until(lambda: job.short > 0)
        await room.wait(job)
        assert not second.done()
    await second


async def test_what_came_already_isnt_promised_any_more() -> None:
    """A file of 600 bytes is half there, and its half is gone from what the disk says it has."""
    left, came = [GIB + 900], [0]
    room, job = Room(GIB, lambda _root: left[0], pause=0.0), a_job()
    async with room.held(job, 600, lambda: 600 - came[0]):
        second = asyncio.create_task(room.wait(job, 400))
        await until(lambda: job.short > 0)
        assert job.lack == "too little room on the disk, 100 B more needed"
        left[0], came[0] = left[0] - 300, 300
        assert await room.full(job, 400)
        assert not await room.full(job, 300)
        left[0] += 100
        await second


async def test_a_job_that_waits_can_be_cancelled() -> None:
    room, job = Room(GIB, lambda _root: 0, pause=0.0), a_job()
    waiting = asyncio.create_task(room.wait(job))
    await until(lambda: job.short > 0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert shown(job) == (JobState.RUNNING, "")


def test_an_export_without_room_waits_and_writes_nothing(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(sandbox, tmp_path, vault=VaultSettings(path=options.vault, reserve=sys.maxsize)) as driver:
        driver.ready().wait_for(ChatsListed)
        driver.submit(Export((RUST,), options))
        waiting = driver.until(lambda snapshot: bool(snapshot.jobs) and snapshot.jobs[0].state is JobState.WAITING).jobs[0]
        assert waiting.reason.startswith("too little room on the disk, ")
        driver.submit(Cancel(waiting.id))
        assert driver.wait_for(JobEnded).report.state is JobState.CANCELLED
    assert not [file for file in Path(options.vault).rglob("*") if file.is_file()]


@contextmanager
def small_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A disk for parts of files with so many bytes left: it says so, and takes no more than that."""
    left = [sys.maxsize]
    write, usage = os.pwrite, shutil.disk_usage

    def pwrite(descriptor: int, data: bytes, offset: int) -> int:
        if len(data) > left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= len(data)
        return write(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(path)._replace(free=left[0]))
    yield left


def test_a_disk_that_fills_up_pauses_the_job_until_there_is_room_for_the_rest(
    tmp_path: Path, options: ExportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else fills it while a file comes. In the end there is room for what is missing, not for the file once more."""
    size = 24 * MIB
    with SandboxProcess(files=(1, size)) as sandbox, small_disk(monkeypatch) as left:
        with driver_on(sandbox, tmp_path, vault=VaultSettings(path=options.vault, reserve=0)) as driver:
            driver.ready().wait_for(ChatsListed)
            sandbox.faults(bandwidth=8 * MIB)
            driver.submit(Export((FILES_CHAT,), options))
            driver.until(lambda snapshot: bool(snapshot.jobs) and snapshot.jobs[0].metrics.media.total >= 8 * MIB)
            left[0] = 4 * MIB
            waiting = driver.until(lambda snapshot: snapshot.jobs[0].state is JobState.WAITING).jobs[0]
            assert waiting.reason.startswith("too little room on the disk, ")
            left[0] = 16 * MIB
            report = driver.wait_for(JobEnded).report
            assert (report.state, report.files, report.failures) == (JobState.DONE, 1, ())
        assert sandbox.stats()["part_bytes"] < size + 12 * MIB
