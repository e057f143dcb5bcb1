"""A program on a real pty, with pyte as its screen: what is on it, what was written to it, how the program ended."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

DOWN, UP, ENTER, ESCAPE, TAB = b"\x1b[B", b"\x1b[A", b"\r", b"\x1b", b"\t"
PAGE_DOWN, F1, CTRL_C, CTRL_L, CTRL_P, CTRL_Q = b"\x1b[6~", b"\x1bOP", b"\x03", b"\x0c", b"\x10", b"\x11"
KEPT_BYTES = 400_000
PATIENCE = 25.0
# Kitty's keyboard mode isn't known to pyte, which would draw the last letter; neither are queries of xterm's version.
_UNKNOWN = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;<>=?]*)?\Z")


class Picture:
    """A terminal's screen, fed with what a program writes."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.written = 0
        self.tail = b""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._unfed = b""

    @property
    def text(self) -> str:
        """All that is shown, a line a row."""
        return "\n".join(self._screen.display)

    def feed(self, data: bytes) -> None:
        self.written += len(data)
        self.tail = (self.tail + data)[-KEPT_BYTES:]
        data = self._unfed + data
        cut = _UNFINISHED.search(data)
        whole = data[: cut.start()] if cut else data
        self._unfed = data[len(whole) :]
        self._stream.feed(_UNKNOWN.sub(b"", whole))

    def resize(self, size: tuple[int, int]) -> None:
        self._screen.resize(size[1], size[0])

    def line_with(self, words: str) -> str:
        """The first row that holds the words; empty if none does."""
        return next((line for line in self.text.splitlines() if words in line), "")

    @property
    def left_clean(self) -> bool:
        """Whether the last word on the alternate screen and on the cursor was that the one is left and the other shown."""
        screen = self.tail.rfind(b"\x1b[?1049l") > self.tail.rfind(b"\x1b[?1049h")
        return screen and self.tail.rfind(b"\x1b[?25h") > self.tail.rfind(b"\x1b[?25l")


class Terminal(Picture):
    """A child on a pty. Whatever waits here waits for the child, and the test's time-out is its limit."""

    def __init__(self, master: int, child: subprocess.Popen[bytes], size: tuple[int, int]) -> None:
        super().__init__(size)
        self.child = child
        self.master = master

    def send(self, *keys: bytes | str) -> None:
        """Type keys, as bytes of a terminal or as text."""
        for key in keys:
            os.write(self.master, key.encode() if isinstance(key, str) else key)

    def read(self, seconds: float) -> int:
        """Read for so long; returns the number of bytes."""
        before, end = self.written, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0] and not self._take():
                break
        return self.written - before

    def until(self, holds: Callable[[], object]) -> None:
        """Read until something holds. Fails with the screen when it never does, or the child ends before."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            ended = self.read(0.02) == 0 and self.child.poll() is not None and self.read(0.05) == 0 and not holds()
            if ended or time.monotonic() > deadline:
                what = f"it never came true; exit code {self.child.returncode}, the screen is"
                raise AssertionError(f"{what}\n{self.text}\n{self.tail[-500:]!r}")

    def shows(self, *words: str) -> None:
        """Wait until all of this is on the screen."""
        self.until(lambda: all(word in self.text for word in words))

    def hides(self, words: str) -> None:
        """Wait until this is on the screen no more."""
        self.until(lambda: words not in self.text)

    def settle(self, seconds: float = 0.3) -> None:
        """Read until nothing has been written for so long."""
        self.until(lambda: self.read(seconds) == 0)

    def _take(self) -> bool:
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            return False
        self.feed(data)
        return bool(data)

    def resize(self, size: tuple[int, int]) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, _window(size))
        super().resize(size)

    def hang_up(self) -> None:
        """The terminal goes away, as when an SSH line drops."""
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, self.master)
        os.close(nothing)

    def end(self) -> int:
        """Read to the end; returns the exit code."""
        while self.child.poll() is None:
            self.read(0.02)
        self.read(0.05)
        return self.child.wait()


@contextmanager
def on_pty(
    command: Sequence[str], environ: Mapping[str, str], size: tuple[int, int] = (120, 40), folder: Path | None = None
) -> Iterator[Terminal]:
    """Run a command on a new pty that is its controlling terminal."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, _window(size))
    child = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environ, cwd=folder, start_new_session=True, preexec_fn=take_terminal
    )
    os.close(slave)
    try:
        yield Terminal(master, child, size)
    finally:
        os.close(master)
        child.kill()
        child.wait()


def _window(size: tuple[int, int]) -> bytes:
    return struct.pack("HHHH", size[1], size[0], 0, 0)


def take_terminal() -> None:
    """In the child: stdin becomes the controlling terminal, so that its end is a SIGHUP."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
