"""Counters: a job's and the engine's agree, and rates are those of the last seconds."""

import time
from collections.abc import Callable
from dataclasses import FrozenInstanceError

import orjson
import pytest

from tobs_tui.errors import RetryCause
from tobs_tui.metrics import SAMPLES, Metrics, Rate, Timing, Wait


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


def reading(clock: list[float]) -> Callable[[], float]:
    return lambda: clock[0]


def test_what_a_job_counts_its_engine_counts_too() -> None:
    engine = Metrics()
    jobs = [Metrics(engine), Metrics(engine)]
    for job in jobs:
        job.messages(10)
        job.media_bytes(5)
        job.flush(10, 100, 1.5)
        job.cache_save(2.0)
        job.retry(RetryCause.TIMEOUT)
        job.request("messages.getHistory", 2)
        job.request("an article", 0)
        job.level("files", 2)
    whole, one = engine.snapshot(), jobs[0].snapshot()
    assert (whole.messages.total, one.messages.total) == (20, 10)
    assert (whole.flush_bytes, one.flush_bytes) == (200, 100)
    assert (whole.retried(RetryCause.TIMEOUT), one.retried(RetryCause.TIMEOUT)) == (2, 1)
    assert (whole.gauge("files"), one.gauge("files"), one.gauge("pages")) == (4, 2, 0)
    assert dict(whole.requests) == {"messages.getHistory": 2, "an article": 2}
    assert whole.centres == ((2, 2),)
    assert whole.flushes.count == whole.cache_saves.count == 2


def test_a_gauge_falls_again_whatever_happens() -> None:
    metrics = Metrics()
    with pytest.raises(KeyError, match="3"), metrics.in_flight("parts", 3):
        raise KeyError(metrics.snapshot().gauge("parts"))
    assert metrics.snapshot().gauge("parts") == 0


def test_the_worst_file_is_kept() -> None:
    metrics = Metrics()
    for name, attempts in (("a", 2), ("b", 7), ("c", 3)):
        metrics.file_attempts(name, attempts)
    assert metrics.snapshot().worst_file == ("b", 7)


def test_a_wait_is_shown_until_its_time_is_over() -> None:
    metrics = Metrics()
    metrics.wait(Wait("messages.getHistory", 2, time.time() + 60))
    metrics.wait(Wait("upload.getFile", 4, time.time() - 1))
    assert [wait.method for wait in metrics.snapshot().waits] == ["messages.getHistory"]


def test_a_rate_is_the_mean_of_three_seconds(clock: list[float]) -> None:
    rate = Rate(reading(clock))
    for _ in range(3):
        rate.add(30)
        clock[0] += 1
    assert rate.snapshot().now == 30
    clock[0] += 3
    snapshot = rate.snapshot()
    assert (snapshot.now, snapshot.peak, snapshot.total, len(snapshot.seconds)) == (0, 30, 90, 60)
    clock[0] += 10_000
    assert sum(rate.snapshot().seconds) == 0


def test_times_rank_by_their_share() -> None:
    timing = Timing()
    for value in range(100, 0, -1):
        timing.add(float(value))
    snapshot = timing.snapshot()
    assert (snapshot.count, snapshot.last, snapshot.p50, snapshot.p95, snapshot.longest) == (100, 1, 51, 96, 100)
    for _ in range(SAMPLES):
        timing.add(5.0)
    assert (timing.snapshot().p95, timing.snapshot().longest) == (5.0, 100.0)


def test_a_snapshot_is_frozen_and_known_to_orjson() -> None:
    snapshot = Metrics().snapshot(memory=7)
    with pytest.raises(FrozenInstanceError):
        snapshot.memory = 8  # type: ignore[misc] # that is what is tried
    assert orjson.loads(orjson.dumps(snapshot))["memory"] == 7
