"""Starts the demo app on a real pty, exports the chat under the cursor as a user would, quits by its key. Standard library only."""

import os
import pty
import select
import sys
import time

SECONDS = 60.0
STEPS = ((b"Saved Messages", b"\r"), (b"enter queues", b"\r"), ("✓ done".encode(), b"\x11"))
"""What shows, and the key that is pressed then."""


def main(command: str) -> int:
    """0 when the app took every step and ended by itself with 0."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
        os.execv(command, [command, "--demo"])  # noqa: S606 - our own program, no shell wanted
    seen = b""
    steps = list(STEPS)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            seen += os.read(terminal, 65536)
        except OSError:  # the pty is closed: the app has ended
            break
        if steps and steps[0][0] in seen:
            seen = b""
            os.write(terminal, steps.pop(0)[1])
    else:
        os.kill(pid, 9)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    done = "exported a chat" if not steps else f"never showed {steps[0][0].decode()!r}"
    sys.stdout.write(f"the app {done} and ended with {code}\n")
    return 0 if not steps and code == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
