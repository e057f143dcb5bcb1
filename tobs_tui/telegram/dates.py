"""Dates of TL objects: quickly read ones (reading.py) have Unix seconds, Telethon's own datetimes."""

from __future__ import annotations

from datetime import datetime


def unix(date: datetime | int | None) -> int:
    """Unix seconds; 0 for no date."""
    if isinstance(date, datetime):
        return int(date.timestamp())
    return date or 0
