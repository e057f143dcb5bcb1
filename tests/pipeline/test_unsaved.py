"""Messages that no checkpoint has recorded yet are found in memory, and the cache is only asked for those that it could know."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from tests.pipeline.store_support import entry, open_store
from tests.support.records import replace
from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.records import MessageAt
from tobs_tui.pipeline.tables import Tables
from tobs_tui.pipeline.unsaved import Unsaved

VAULT = Path("/vault")
ROOT = str(VAULT)


def test_messages_are_here_until_their_checkpoint() -> None:
    unsaved = Unsaved()
    unsaved.add(ROOT, [entry(VAULT, 1), entry(VAULT, 2)])
    unsaved.cut()
    unsaved.add(ROOT, [entry(VAULT, 3)])
    assert (len(unsaved), set(unsaved.find(ROOT, 7, [1, 2, 3, 4]))) == (3, {1, 2, 3})
    assert unsaved.find(ROOT, 8, [1]) == {}
    unsaved.saved()
    assert (len(unsaved), set(unsaved.find(ROOT, 7, [1, 2, 3, 4]))) == (1, {3})


def test_whose_metrics_took_part_is_told_of_what_was_saved() -> None:
    unsaved, one, two, three = Unsaved(), Metrics(), Metrics(), Metrics()
    for number, metrics in enumerate((one, two, one), 1):
        unsaved.add(ROOT, [entry(VAULT, number, metrics=metrics)])
    unsaved.cut()
    unsaved.add(ROOT, [entry(VAULT, 4, metrics=three)])
    assert unsaved.saved() == [one, two]
    unsaved.cut()
    assert unsaved.saved() == [three]


def test_nothing_behind_the_cache_s_last_message_may_be_saved() -> None:
    unsaved = Unsaved()
    unsaved.add(ROOT, [replace(entry(VAULT, 1), messages=())])
    unsaved.add(ROOT, [entry(VAULT, 20)])
    assert unsaved.may_be_saved(ROOT, 7, [5, 15, 25]) == [5, 15, 25]
    unsaved.read(ROOT, 7, 10)
    assert unsaved.may_be_saved(ROOT, 7, [5, 15, 25]) == [5]
    assert unsaved.may_be_saved(ROOT, 8, [5, 15, 25]) == [5, 15, 25]
    unsaved.cut()
    unsaved.saved()
    assert unsaved.may_be_saved(ROOT, 7, [5, 15, 25]) == [5, 15]


async def test_the_cache_is_asked_for_what_it_may_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    messages = Tables.messages

    def noted(tables: Tables, vault: int, chat: int, ids: Collection[int]) -> dict[int, MessageAt]:
        asked.extend(ids)
        return messages(tables, vault, chat, ids)

    monkeypatch.setattr(Tables, "messages", noted)
    async with open_store(tmp_path) as (store, vault):
        assert await store.chat(str(vault), 7) is None
        store.append(*(entry(vault, number) for number in (1, 2, 4)))
        assert set(await store.replies(str(vault), 7, [1, 3])) == {1}
        assert asked == []
        await store.checkpoint()
        assert set(await store.replies(str(vault), 7, [1, 3, 5])) == {1}
        assert sorted(asked) == [1, 3]
