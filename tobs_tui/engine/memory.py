"""How much memory the program takes."""

from __future__ import annotations

from contextlib import suppress

import psutil

_PROCESS = psutil.Process()


def resident_bytes(other: int = 0) -> int:
    """The resident memory of this process, and of an `other` one that works for it (its id, 0 for none), in bytes."""
    own = int(_PROCESS.memory_info().rss)
    with suppress(psutil.Error):
        return own + (int(psutil.Process(other).memory_info().rss) if other else 0)
    return own
