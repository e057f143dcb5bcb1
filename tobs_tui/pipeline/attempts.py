"""How long a file's requests are tried: a part at most `limit` times, a file at most `stalled` times without a new right byte."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field, replace

from tobs_tui.errors import GaveUp, RequestFailed, RetryCause
from tobs_tui.pipeline.parts import PartRequest
from tobs_tui.retry import Attempts, RetryPolicy

SAME_ANSWERS = 5
"""A wrong length that comes so often for a part is the server's last word on it, whatever else went wrong in between."""

SILENCE = (RetryCause.NETWORK, RetryCause.TIMEOUT)
LAST_WORDS = 3
"""Failures after which a file is given up when the server is known to be silent."""


@dataclass(slots=True)
class PartAttempts:
    """The failures of one part, and the wrong lengths that came for it."""

    failures: Attempts
    lengths: Counter[int] = field(default_factory=Counter)

    def check_length(self, request: PartRequest, length: int, size: int) -> None:
        """Raises RequestFailed for a part of the wrong length, GaveUp when the server keeps to it."""
        expected = request.expected(size)
        if length == expected:
            return
        self.lengths[length] += 1
        if self.lengths[length] >= SAME_ANSWERS:
            ends = f"sends {request.offset + length:,}" if length < expected else "sends more"
            raise GaveUp("The file's size is wrong", f"Telegram says that it has {size:,} bytes, but {ends}")
        kind = "no bytes" if not length else f"{length:,} bytes"
        raise RequestFailed(RetryCause.BAD_PART, f"{kind} came instead of {expected:,}")


class Pulse:
    """Whether the server still gives anything to anybody: known to all files."""

    def __init__(self) -> None:
        self.beats = 0
        """Grows with each piece that was right."""
        self._silent_at = -1

    @property
    def silent(self) -> bool:
        """A file was given up because nothing came from the server, and nothing has come to any file since before that."""
        return self._silent_at == self.beats

    def gave_up(self, since: int) -> None:
        """A file was given up whose failures began at the beat `since`."""
        if since == self.beats:
            self._silent_at = since


class FileAttempts:
    """The failures of one file. Where the server is silent to all, each of the others asks only a few times more."""

    def __init__(self, policy: RetryPolicy, pulse: Pulse) -> None:
        self._policy = policy
        self._pulse = pulse
        self._since = pulse.beats
        self._stall = Attempts(replace(policy, limit=sys.maxsize))

    @property
    def failures(self) -> int:
        """All failed requests so far."""
        return self._stall.failures

    @property
    def in_a_row(self) -> int:
        """Failed requests since the last byte that was right."""
        return self._stall.in_a_row

    def part(self) -> PartAttempts:
        """The attempts of a new part."""
        return PartAttempts(Attempts(replace(self._policy, stalled=self._policy.limit)))

    def progressed(self) -> None:
        """A new byte is right."""
        self._stall.progressed()
        self._pulse.beats += 1

    def failed(self, error: RequestFailed, part: PartAttempts) -> None:
        """Count a failure. Raises GaveUp when a limit is reached."""
        if not self._stall.in_a_row:
            self._since = self._pulse.beats
        try:
            part.failures.failed(error)
            self._stall.failed(error)
        except GaveUp:
            if error.cause in SILENCE:
                self._pulse.gave_up(self._since)
            raise
        if self._pulse.silent and error.cause in SILENCE and self._stall.in_a_row >= LAST_WORDS:
            raise GaveUp("Given up", f"{error.why}, and nothing else has come from the server for a while") from error
