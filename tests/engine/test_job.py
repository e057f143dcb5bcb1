"""What a job remembers of itself."""

from __future__ import annotations

from tobs_tui.engine.job import SHOWN_FAILURES, Job
from tobs_tui.engine.snapshot import Failure
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat, ChatKind, ExportOptions


def test_the_first_failures_are_kept_and_all_are_counted() -> None:
    job = Job(1, Chat(7, ChatKind.GROUP, "A group"), ExportOptions("/vault"))
    for number in range(1000):
        assert job.fail(f"file {number}", Failure(f"file {number}", "gone"))
    assert not job.fail("file 0", Failure("file 0", "gone for good"))
    view, kept = job.view(online=True), Job.kept(job.record())
    assert len(job.failures) == SHOWN_FAILURES
    assert view.failures[0].why == "gone for good"
    assert [each.failed for each in (view, kept.view(online=True))] == [1000, 1000]
    assert kept.view(online=True).failures == view.failures == job.report().failures
    job.begin(Metrics())
    assert (job.failures, job.failed) == ({}, 0)
