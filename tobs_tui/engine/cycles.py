"""How often Python looks for cycles of objects."""

from __future__ import annotations

import gc

# A page makes thousands of objects and no cycles. Looking for those as often as Python does by itself (every 700 objects, and all of
# them now and then) was 7 % of an export's time; so seldom it costs nothing, and memory stays the same.
COLLECT = (50_000, 20, 50)


def look_seldom() -> None:
    """Let this process look for cycles no oftener than it needs to."""
    gc.set_threshold(*COLLECT)
