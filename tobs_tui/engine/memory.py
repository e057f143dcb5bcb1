"""How much memory the process takes."""

from __future__ import annotations

import psutil

_PROCESS = psutil.Process()


def resident_bytes() -> int:
    """The process's resident memory in bytes."""
    return int(_PROCESS.memory_info().rss)
