"""How fast files come: `python -m tests.benchmarks.files`, against the sandbox in a process of its own.

Prints ratios of one run: ours to Telethon's `download_media` in a loop, and to the same parts fetched and thrown away.
Ratios on a busy machine mean little; the table says how much of a core each way took.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.pipeline.part_source import MIB, MemoryStore, record
from tests.support.client import new_client
from tests.support.sandbox import SandboxProcess
from tests.telegram.support import all_chats, logged_in, messages
from tobs_tui.content import RemoteFile
from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.downloader import Downloader, FileTask
from tobs_tui.pipeline.vault import Vault
from tobs_tui.settings import MediaSettings
from tobs_tui.telegram.account import TelegramAccount

RTT_MS = 50
CASES = ((1, 200_000_000), (300, 200_000))
RUNS = 3


@dataclass(frozen=True, slots=True)
class Bench:
    """One case: the files, and both clients."""

    account: TelegramAccount
    client: Any
    chat: int
    files: list[RemoteFile]
    folder: Path

    async def ours(self) -> None:
        """Fetched, proved, on disk."""
        vault = Vault(self.vault)
        vault.open()
        downloader = Downloader(self.account, MemoryStore(), MediaSettings(), Metrics())
        outcomes = await asyncio.gather(*(downloader.fetch(FileTask(vault, record(file), Metrics())) for file in self.files))
        await downloader.close()
        if failed := [outcome.reason for outcome in outcomes if not outcome.done]:
            raise RuntimeError(failed[0])

    @property
    def vault(self) -> Path:
        return self.folder / "vault"

    def clear(self) -> None:
        """Take what a run wrote off the disk, whose work on it would slow the next one down."""
        shutil.rmtree(self.vault)
        os.sync()

    async def thrown_away(self) -> None:
        """The same parts, as many in flight."""
        turn = asyncio.Semaphore(8 if self.files[0].size > MIB else 24)

        async def part(file: RemoteFile, offset: int) -> None:
            async with turn:
                await self.account.fetch(file, offset, MIB)

        await asyncio.gather(*(part(file, offset) for file in self.files for offset in range(0, file.size, MIB)))

    async def telethon(self) -> None:
        """`download_media`, one message after the other."""
        async for message in self.client.iter_messages(self.chat, ids=[file.message_id for file in self.files]):
            await message.download_media(file=str(self.folder / "telethon.bin"))


async def measured(work: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Seconds by the clock, and of a core."""
    clock, core = time.perf_counter(), time.process_time()
    await work()
    return time.perf_counter() - clock, time.process_time() - core


def public_key(sandbox: SandboxProcess) -> str:
    return Path(sandbox.facts["public_key"]).read_text("ascii")


@asynccontextmanager
async def bench(sandbox: SandboxProcess, size: int, folder: Path) -> AsyncIterator[Bench]:
    client = new_client(public_key(sandbox), sandbox.facts["dc"], sandbox.port)
    login = sandbox.login
    async with logged_in(sandbox, folder / "session.json") as account:
        await client.start(phone=lambda: login.phone, code_callback=lambda: login.code, password=lambda: login.password)
        try:
            chats = (await all_chats(account)).values()
            found = [(chat.id, each.content) for chat in chats for each in await messages(account, chat)]
            files = [(chat, file) for chat, file in found if isinstance(file, RemoteFile) and file.size == size]
            await client.get_dialogs()
            chat = Counter(chat for chat, _ in files).most_common(1)[0][0]
            yield Bench(account, client, chat, [file for place, file in files if place == chat], folder)
        finally:
            await client.disconnect()


async def both(case: Bench) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ours, and the same parts thrown away."""
    ours = await measured(case.ours)
    case.clear()
    return ours, await measured(case.thrown_away)


async def compare(count: int, size: int) -> None:
    with SandboxProcess(files=(count, size)) as sandbox, tempfile.TemporaryDirectory() as folder:
        async with bench(sandbox, size, Path(folder)) as case:
            sandbox.faults(rtt_ms=RTT_MS)
            await case.account.fetch(case.files[0], 0, MIB)
            runs = [await both(case) for _ in range(RUNS)]
            slow = await measured(case.telethon)
    ours, thrown = (median(run[way][0] for run in runs) for way in (0, 1))
    core = median(run[0][1] for run in runs)
    sys.stdout.write(
        f"{len(case.files):4} files of {size / 1e6:6.1f} MB   ours {ours:6.2f} s ({core:.2f} s of a core)   thrown away {thrown:6.2f} s"
        f"   download_media {slow[0]:7.2f} s   {slow[0] / ours:5.1f} times download_media, {thrown / ours:4.2f} of thrown away\n"
    )


async def main() -> None:
    for count, size in CASES:
        await compare(count, size)


if __name__ == "__main__":
    asyncio.run(main())
