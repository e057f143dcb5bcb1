"""How often names and paths were found ready-made. The caches are bounded, and the process's own."""

from __future__ import annotations

from functools import _lru_cache_wrapper
from typing import Any

from tobs_tui.notes.layout import media_folder, nameless, period_place
from tobs_tui.notes.message import bold_name
from tobs_tui.notes.names import safe_name
from tobs_tui.notes.properties import period_head

CACHES: dict[str, tuple[_lru_cache_wrapper[Any], ...]] = {
    "names": (safe_name, bold_name, nameless),
    "paths": (period_place, media_folder, period_head),
}


def cache_use() -> tuple[tuple[str, int, int], ...]:
    """Of names and of paths: how many were found, and how many were asked for."""
    infos = {name: [cache.cache_info() for cache in caches] for name, caches in CACHES.items()}
    return tuple((name, sum(i.hits for i in found), sum(i.hits + i.misses for i in found)) for name, found in infos.items())
