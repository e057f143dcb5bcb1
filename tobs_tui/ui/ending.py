"""How the app ends when it is told to from outside: by a signal, on a terminal that is gone or has stalled.

Two facts make this more than a handler. A terminal that stops reading blocks the screen's loop in a full output queue, where
no callback of the loop runs any more; Python's own signal handlers still do. And a line that drops sends SIGCONT after SIGHUP,
which makes Textual start to draw again, on a terminal that isn't there.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

from tobs_tui.errors import ExitCode
from tobs_tui.signals import SIGNALS
from tobs_tui.ui import terminal

GRACE_SECONDS = 3.0
Handler = Callable[[int, FrameType | None], object]


class Ending:
    """Watches for signals, and sees to it that the process ends.

    `told` is called once, in the main thread, at any point of it: it may only set things off. `checkpoint` waits until the
    engine has ended; it is called in a thread of its own.
    """

    def __init__(self, told: Callable[[], None], checkpoint: Callable[[], object]) -> None:
        self.signal = 0
        self._told = told
        self._checkpoint = checkpoint
        self._gone = threading.Event()
        self._terminal = terminal.State()

    def watch(self) -> None:
        """Take over the signals that end a program; an ignored one stays ignored (nohup)."""
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self.begin)
        go_on = signal.getsignal(signal.SIGCONT)
        if callable(go_on):
            signal.signal(signal.SIGCONT, _only_with_terminal(go_on))

    def begin(self, number: int, frame: FrameType | None = None) -> None:  # noqa: ARG002 - the signature of a signal handler
        """A signal came, or the terminal has gone: begin to end. The first one counts."""
        if self.signal:
            return
        self.signal = number
        self._told()
        threading.Thread(target=self._see_to_it, name="ending", daemon=True).start()

    def done(self) -> None:
        """The app has ended by itself."""
        self._gone.set()

    def _see_to_it(self) -> None:
        self._checkpoint()
        if not self._gone.wait(GRACE_SECONDS):
            self._terminal.restore()
            os._exit(ExitCode.SIGNAL + self.signal)


def _only_with_terminal(handler: Handler) -> Handler:
    def handle(number: int, frame: FrameType | None) -> None:
        if terminal.still_there():
            handler(number, frame)

    return handle
