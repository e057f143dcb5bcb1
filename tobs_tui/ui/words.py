"""Numbers, sizes, times and bars in words: each with its unit, none wider than it must be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from tobs_tui.display import DAY, HOUR, MINUTE
from tobs_tui.display import count as count
from tobs_tui.display import duration as duration
from tobs_tui.display import size as size

WEEK, YEAR = 604_800, 31_557_600
_BLOCKS = "▁▂▃▄▅▆▇█"
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def number(value: float) -> str:
    """`48210` as `48,210`."""
    return f"{value:,.0f}"


def short(value: int) -> str:
    """A number in at most five cells: `9,999`, `12k`, `3M`."""
    if value < 10_000:
        return number(value)
    return f"{value // 1000}k" if value < 1_000_000 else f"{value // 1_000_000}M"


def megabytes(count: float) -> str:
    """A rate of bytes a second in MB/s, as lines are sold."""
    return f"{count / 1e6:.1f} MB/s"


def milliseconds(value: float) -> str:
    """A time in ms, with tenths below 100."""
    return f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"


def age(seconds: float) -> str:
    """How long ago in one unit: `5 m`, `2 d`, `3 y`."""
    for unit, name in ((YEAR, "y"), (WEEK, "w"), (DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if seconds >= unit:
            return f"{int(seconds // unit)} {name}"
    return "now"


def day(at: float, now: float) -> str:
    """A date near `now` in the machine's time zone: `today`, `3 Nov`, `3 Nov 2023`."""
    date, today = (datetime.fromtimestamp(when, tz=UTC).astimezone() for when in (at, now))
    if date.date() == today.date():
        return "today"
    short = f"{date.day} {date:%b}"
    return short if date.year == today.year else f"{short} {date.year}"


def clock(at: float) -> str:
    """Date and time of day in the machine's time zone."""
    return f"{datetime.fromtimestamp(at, tz=UTC).astimezone():%Y-%m-%d %H:%M:%S}"


def percent(done: int, total: int | None) -> str:
    """`64 %`; 100 only for all of it; empty where the total isn't known."""
    if total is None:
        return ""
    if done >= total:
        return "100 %"
    return f"{min(99, done * 100 // total)} %"


def bar(done: int, total: int | None, width: int) -> str:
    """A bar of block characters in eighths of a cell; blank where the total isn't known."""
    if not total:
        return " " * width
    eighths = min(width * 8, done * width * 8 // total)
    text = "█" * (eighths // 8) + _EIGHTHS[eighths % 8]
    return text.ljust(width)


def sparkline(values: Sequence[float], width: int) -> str:
    """The last `width` values as block characters, the highest of them at full height."""
    recent = list(values)[-width:]
    recent = [0.0] * (width - len(recent)) + recent
    highest = max(recent, default=0)
    if highest <= 0:
        return _BLOCKS[0] * width
    return "".join(_BLOCKS[min(7, int(value * 7 / highest + 0.999))] for value in recent)
