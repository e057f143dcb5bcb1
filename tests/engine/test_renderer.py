"""The process that renders: what it gives back, and what becomes of an export when it ends, hangs or can't."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from tests.engine.conftest import driver_on
from tests.engine.driver import EngineDriver
from tests.engine.test_queue import listed
from tests.support.records import replace
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine import renderer as module
from tobs_tui.engine import rendering
from tobs_tui.engine.commands import Export
from tobs_tui.engine.events import JobEnded
from tobs_tui.engine.renderer import Renderer, RendererEnded
from tobs_tui.engine.rendering import Remembered, RenderTask, render_blocks
from tobs_tui.engine.snapshot import JobState
from tobs_tui.errors import TobsError
from tobs_tui.model import Chat, ChatKind, Entity, EntityKind, ExportOptions, Message, Reply, Sender
from tobs_tui.notes.message import RenderContext, Rendered, ReplyTarget, render

ADA = Sender(7, "Ada")
BOLD = (Entity(EntityKind.BOLD, 0, 4),)
TASK = RenderTask(
    job=1,
    blocks=((Message(5, 1_738_245_600, ADA, "bold words", BOLD),), (Message(6, 1_738_245_660, ADA, "an answer", reply=Reply(5)),)),
    chat=Chat(-1000000000007, ChatKind.SUPERGROUP, "Chat"),
    name="Chat",
    folder="Telegram/Chat",
    timezone="UTC",
    options=ExportOptions("/v"),
    replies={},
)
NEXT = replace(TASK, blocks=((Message(7, 1_738_245_700, ADA, "too", reply=Reply(6)),),))


@pytest.fixture
async def renderer() -> AsyncIterator[Renderer]:
    running = Renderer()
    yield running
    await running.close()


async def test_a_process_renders_what_this_one_would(renderer: Renderer) -> None:
    blocks = await renderer.blocks(await renderer.begin(TASK))
    assert blocks == render_blocks(TASK, Remembered())
    assert "**bold** words" in blocks[0].text
    assert "[[Chat 2025-01#^m5|Ada]]" in blocks[1].text


async def test_a_task_knows_what_the_one_before_rendered_only_where_it_follows_it(renderer: Renderer) -> None:
    for follows in (True, False):
        await renderer.begin(TASK)
        (block,) = await renderer.blocks(await renderer.begin(replace(NEXT, follows=follows)))
        assert ("[[Chat 2025-01#^m6|Ada]]" in block.text) is follows
        assert bool(block.links) is not follows


async def test_a_job_that_had_no_task_for_long_is_forgotten() -> None:
    remembered = Remembered()
    for job in range(rendering.JOBS + 1):
        remembered.keep(job, {job: ReplyTarget("Note", "Ada", "words")})
    assert (remembered.take(0), len(remembered.take(1)), remembered.take(1)) == ({}, 1, {})


def test_a_message_that_breaks_the_renderer_is_kept_as_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(block: tuple[Message, ...], context: RenderContext) -> Rendered:
        if any(message.entities for message in block):
            raise ZeroDivisionError
        return render(block, context)

    monkeypatch.setattr(rendering, "render", broken)
    first, second = render_blocks(TASK, Remembered())
    assert "bold words" in first.text
    assert "**bold**" not in first.text
    assert first.defect.strip().endswith("ZeroDivisionError")
    assert not second.defect


async def test_a_task_that_cant_be_done_is_told(renderer: Renderer, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TobsError, match="couldn't be rendered"):
        await renderer.blocks(await renderer.begin(replace(TASK, timezone="No/Where")))
    assert "No/Where" in caplog.text
    assert await renderer.blocks(await renderer.begin(TASK))


async def test_a_process_that_ends_is_followed_by_another(renderer: Renderer) -> None:
    await renderer.start()
    process = psutil.Process(renderer.pid)
    process.suspend()
    answer = await renderer.begin(TASK)
    process.kill()
    with pytest.raises(RendererEnded, match="ended with -9"):
        await renderer.blocks(answer)
    assert renderer.pid == 0
    assert await renderer.blocks(await renderer.begin(TASK))


async def test_a_process_that_hangs_is_ended(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RENDER_SECONDS", 0.1)
    await renderer.start()
    process = psutil.Process(renderer.pid)
    process.suspend()
    with pytest.raises(RendererEnded):
        await renderer.blocks(await renderer.begin(TASK))
    assert not process.is_running()


async def test_a_process_that_cant_begin_says_why(renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho no module >&2\nexit 3\n")
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(RendererEnded, match="ended with 3: no module"):
        await renderer.blocks(await renderer.begin(TASK))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    with pytest.raises(TobsError, match="can't be started"):
        await renderer.begin(TASK)


def test_the_process_loads_only_what_it_needs() -> None:
    code = "import sys, tobs_tui.engine.render_worker; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "tobs_tui.notes.message" in loaded
    assert not {"telethon", "textual", "aiohttp", "sqlite3", "asyncio", "psutil"} & set(loaded)


@pytest.fixture(scope="module")
def slow() -> Iterator[SandboxProcess]:
    with SandboxProcess(messages=2000, bandwidth=400_000) as running:
        yield running


def kill_renderer(driver: EngineDriver, messages: int) -> None:
    """When so many messages are there, and another one after the last kill."""
    driver.until(lambda now: any(job.messages >= messages for job in now.jobs) and bool(renderers()))
    for process in renderers():
        process.kill()


def renderers() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if renders(each)]


def renders(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and "tobs_tui.engine.render_worker" in process.cmdline()
    except psutil.Error:  # it ended meanwhile
        return False


def test_an_export_whose_renderer_is_killed_gives_the_same_vault(slow: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    vaults = []
    for kills in (0, 3):
        with driver_on(slow, tmp_path / str(kills)) as driver:
            chat = listed(driver)["Big chat"]
            vault = tmp_path / str(kills) / "vault"
            driver.submit(Export((chat.id,), replace(options, vault=str(vault))))
            for number in range(1, kills + 1):
                kill_renderer(driver, 400 * number)
            assert driver.wait_for(JobEnded).report.state is JobState.DONE
            driver.until(lambda now: not any(job.state.active for job in now.jobs))
        vaults.append({note.name: note.read_bytes() for note in vault.rglob("*.md") if note.name != "Big chat.md"})
    assert vaults[0] == vaults[1]
    assert len(vaults[0]) > 2
