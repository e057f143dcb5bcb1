"""Names and paths of a busy group are made once."""

from __future__ import annotations

from tests.notes.test_message import AT, CONTEXT, PNG, message
from tests.support.records import replace
from tobs_tui.metrics import Metrics, MetricsSnapshot
from tobs_tui.model import Sender
from tobs_tui.notes.caches import CACHES, cache_use
from tobs_tui.notes.message import render


def test_a_busy_group_finds_nearly_all_names_and_paths_ready_made() -> None:
    before = {name: (found, asked) for name, found, asked in cache_use()}
    for number in range(2_000):
        sender = Sender(number % 30, f"Member {number % 30} of a busy group")
        file = replace(PNG, name="") if number % 10 == 0 else None
        render((message(number + 1, date=AT + 600 * number, sender=sender, content=file),), CONTEXT)
    use = tuple((name, found - before[name][0], asked - before[name][1]) for name, found, asked in cache_use())
    snapshot = Metrics().snapshot(caches=use)
    assert snapshot.hit_rate("names") >= 0.95
    assert snapshot.hit_rate("paths") >= 0.95
    assert MetricsSnapshot().hit_rate("names") == 0


def test_the_caches_are_bounded() -> None:
    assert all(cache.cache_parameters()["maxsize"] for caches in CACHES.values() for cache in caches)
