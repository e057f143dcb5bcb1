"""How often something may fail before it is given up: every loop ends here.

A request may fail `limit` times in all (50), and work is given up at 80 % of that (40) when
nothing has moved. Flood waits, fresh file references and moves to another data centre
aren't failures and never come here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tobs_tui.errors import GaveUp, RequestFailed

STALL_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Limits and pauses of retries.

    `limit` is the number of failures after which one request is given up, `stalled` the number in a row
    without progress. Pauses are in seconds: `first` doubles up to `longest`, less a random part of up to
    half of it, so that parts that failed together don't come back together.
    """

    limit: int = 50
    stalled: int = 40
    first: float = 0.2
    longest: float = 20.0

    @classmethod
    def of_limit(cls, limit: int) -> RetryPolicy:
        """The policy with `limit` failures at most, stalled at 80 % of it."""
        return cls(limit=limit, stalled=max(1, int(limit * STALL_SHARE)))

    def pause(self, failures: int) -> float:
        """Seconds to wait after the given number of failures in a row (1 or more)."""
        longest = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


@dataclass(slots=True)
class Attempts:
    """Counts the failures of one request or one file against its policy."""

    policy: RetryPolicy
    failures: int = 0
    in_a_row: int = field(default=0)

    def progressed(self) -> None:
        """Something arrived that was right: the run of failures is over."""
        self.in_a_row = 0

    def failed(self, error: RequestFailed) -> float:
        """Count a failure; returns the pause in seconds before the next attempt.

        Raises GaveUp when a limit is reached.
        """
        self.failures += 1
        self.in_a_row += 1
        if self.failures >= self.policy.limit or self.in_a_row >= self.policy.stalled:
            raise GaveUp("Given up", f"{error.why}, after {self.failures} attempts", "It can be tried again") from error
        return self.policy.pause(self.in_a_row)
