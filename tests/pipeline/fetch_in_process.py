"""Fetches one file in a process of its own, to be killed or starved: `python -m tests.pipeline.fetch_in_process ROOT SIZE [LIMIT]`.

Prints the number of bytes of each part that it received, one line a part, and at last what became of it. LIMIT is the largest file that the
process may write (RLIMIT_FSIZE).
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from tests.pipeline.part_source import FolderStore, Source, record, remote
from tobs_tui.content import RemoteFile
from tobs_tui.errors import VaultError
from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.downloader import Downloader, FileTask
from tobs_tui.pipeline.vault import Vault
from tobs_tui.settings import MediaSettings


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def told(_file: RemoteFile, _offset: int, data: bytes) -> bytes:
    say(len(data))
    return data


async def main(root: Path, size: int) -> None:
    vault = Vault(root / "vault")
    vault.open()
    store = FolderStore(folder=root)
    metrics = Metrics()
    downloader = Downloader(Source(fault=told), store, MediaSettings(), metrics)
    try:
        outcome = await downloader.fetch(FileTask(vault, record(remote(1, size)), metrics))
    except VaultError as error:
        say(f"vault: {error.why}")
    else:
        say("done" if outcome.done else f"failed: {outcome.reason}")
    finally:
        await downloader.close()


if __name__ == "__main__":
    if len(sys.argv) > 3:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
