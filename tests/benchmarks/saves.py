"""What a checkpoint costs when much is in the cache: `python -m tests.benchmarks.saves`.

Prints the 95th percentile of the transactions with few and with many messages in the cache, and their ratio, of one run. The two caches
are measured in turns, so that what else the disk does falls on both.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
from contextlib import AsyncExitStack, closing
from pathlib import Path

from tests.pipeline.store_support import SLOW, chat_state, entry, open_store
from tests.support.records import replace
from tobs_tui.metrics import Metrics

FEW, MANY = 10_000, 1_000_000
CHATS = 20
PORTION = 100
ROUNDS = 300


async def prepared(folder: Path, messages: int) -> None:
    """A cache with so many messages of some chats, as exports would have left it."""
    async with open_store(folder) as (store, vault):
        for chat in range(1, CHATS + 1):
            await store.put_chat(str(vault), chat_state(chat))
            store.append(entry(vault, 1, chat))
    per_chat = messages // CHATS
    with closing(sqlite3.connect(folder / "data" / "cache.sqlite")) as db, db:
        number, note = db.execute("SELECT vault, id FROM notes LIMIT 1").fetchone()
        rows = (
            (number, chat, id, note, "Ada", f"the first words of message {id}") for chat in range(1, CHATS + 1) for id in range(2, per_chat)
        )
        db.executemany("INSERT INTO messages (vault, chat, id, note, author, snippet) VALUES (?, ?, ?, ?, ?, ?)", rows)


async def measured(few: Path, many: Path) -> tuple[float, float]:
    """The 95th percentiles of both caches' transactions, in milliseconds."""
    metrics = Metrics(), Metrics()
    async with AsyncExitStack() as stack:
        stores = [
            await stack.enter_async_context(open_store(folder, SLOW, each)) for folder, each in zip((few, many), metrics, strict=True)
        ]
        for turn in range(ROUNDS):
            for store, vault in stores:
                for place in range(PORTION):
                    block = entry(vault, place + 1, turn % CHATS + 1)
                    number = MANY + turn * PORTION + place
                    record = replace(block.messages[0], id=number)
                    store.append(replace(block, messages=(record,), files=(), text=f"**Ada** · 14:05 ^m{number}\n\nwords\n\n"))
                await store.checkpoint()
    return metrics[0].snapshot().cache_saves.p95, metrics[1].snapshot().cache_saves.p95


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tobs-saves-") as name:
        few, many = Path(name, "few"), Path(name, "many")
        asyncio.run(prepared(few, FEW))
        asyncio.run(prepared(many, MANY))
        small, large = asyncio.run(measured(few, many))
    sys.stdout.write(f"p95 of {ROUNDS} saves of {PORTION} messages: {small:.2f} ms with {FEW:,} in the cache, {large:.2f} ms with {MANY:,}")
    sys.stdout.write(f"; ratio {large / small:.2f} (at most 1.5)\n")


if __name__ == "__main__":
    main()
