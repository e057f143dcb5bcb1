"""Topics in the store: true with the blocks that were appended before them, and lost with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.store_support import entry, open_store
from tobs_tui.errors import VaultError
from tobs_tui.pipeline.records import TopicState

HELP = TopicState(14, "Help", "Help?", 5)


async def test_topics_are_seen_at_once_and_outlive_the_store(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        assert await store.topics(str(vault), 7) == {}
        store.put_topics(str(vault), 7, [HELP, TopicState(0, "")])
        store.put_topics(str(vault), 8, [TopicState(14, "Other")])
        assert await store.topics(str(vault), 7) == {14: HELP, 0: TopicState(0, "")}
        await store.checkpoint()
        store.put_topics(str(vault), 7, [TopicState(0, "", read=9)])
    async with open_store(tmp_path) as (store, vault):
        assert await store.topics(str(vault), 7) == {14: HELP, 0: TopicState(0, "", read=9)}


async def test_how_far_a_topic_was_read_is_lost_with_the_blocks(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, vault):
        root = str(vault)
        store.append(entry(vault, 1))
        store.put_topics(root, 7, [TopicState(14, "Help", read=1)])
        await store.checkpoint()
        away = vault.rename(tmp_path / "away")
        store.append(entry(vault, 2))
        store.put_topics(root, 7, [TopicState(14, "Help", read=2)])
        with pytest.raises(VaultError):
            await store.checkpoint()
        store.put_topics(root, 7, [TopicState(14, "Help", read=3)])
        away.rename(vault)
        await store.vault(root)
        assert await store.topics(root, 7) == {14: TopicState(14, "Help", read=1)}
