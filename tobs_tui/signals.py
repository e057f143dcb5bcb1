"""The signals that end a run without a screen, and how their end is told: exit code 128 + n."""

from __future__ import annotations

import signal

from tobs_tui.errors import ExitCode

SIGNALS = (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))


class Interrupted(BaseException):
    """A signal ended the run, after the last checkpoint. Like KeyboardInterrupt, nothing but the door catches it."""

    def __init__(self, number: int) -> None:
        self.exit_code = ExitCode.SIGNAL + number
        super().__init__(number)
