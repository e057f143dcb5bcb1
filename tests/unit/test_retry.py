"""Every loop ends: at the limit, or at 80 % of it when nothing moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tobs_tui.errors import GaveUp, RequestFailed, RetryCause
from tobs_tui.retry import Attempts, RetryPolicy

FAILURE = RequestFailed(RetryCause.NETWORK, "the line dropped")


def failures_until_given_up(attempts: Attempts, progress_every: int = 0) -> int:
    count = 0
    while True:
        count += 1
        try:
            attempts.failed(FAILURE)
        except GaveUp:
            return count
        if progress_every and count % progress_every == 0:
            attempts.progressed()


def test_fifty_failures_are_the_limit_and_forty_in_a_row() -> None:
    assert failures_until_given_up(Attempts(RetryPolicy())) == 40
    assert failures_until_given_up(Attempts(RetryPolicy()), progress_every=7) == 50


@given(st.integers(1, 300), st.integers(0, 20))
def test_every_policy_ends(limit: int, progress_every: int) -> None:
    policy = RetryPolicy.of_limit(limit)
    assert failures_until_given_up(Attempts(policy), progress_every) <= limit


@given(st.integers(1, 10_000))
def test_a_pause_is_bounded(failures: int) -> None:
    policy = RetryPolicy()
    assert 0 < policy.pause(failures) <= policy.longest


def test_giving_up_tells_the_last_reason() -> None:
    attempts = Attempts(RetryPolicy(limit=1, stalled=1))
    with pytest.raises(GaveUp, match="the line dropped, after 1 attempts"):
        attempts.failed(FAILURE)
