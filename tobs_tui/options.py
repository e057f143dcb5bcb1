"""The choices of one export, from what a person types: dates, kinds of files, sizes. The screen and the command line share it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import tzlocal

from tobs_tui.content import MediaKind
from tobs_tui.errors import UsageError
from tobs_tui.model import ExportOptions
from tobs_tui.settings import EXTENSION, LARGEST, Settings

# Telegram's dates are signed numbers of 32 bits.
LAST_SECOND = 2**31 - 1
_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "KI": 1024, "MI": 1024**2, "GI": 1024**3}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMG]I?)?B?\s*", re.IGNORECASE)


def zone_name(settings: Settings) -> str:
    """The IANA name of the notes' time zone: that of the settings, else the machine's, else UTC."""
    name = settings.vault.timezone or tzlocal.get_localzone_name() or "UTC"
    return name if name in available_timezones() else "UTC"


def vault_path(text: str) -> str:
    """A vault as a person names it (`~` is their home), as an absolute path. Raises UsageError."""
    if not text.strip():
        raise UsageError("The vault has no name", "an empty path would be the folder that you are in", "Write . if you mean that")
    try:
        return str(Path(text).expanduser().absolute())
    except RuntimeError as error:
        raise UsageError(f"{text!r} leads nowhere", "there is no such home folder", "Write the whole path") from error


def export_options(settings: Settings) -> ExportOptions:
    """What an export does when nothing else is asked for."""
    return ExportOptions(
        vault=vault_path(settings.vault.path),
        layout=settings.vault.notes,
        media=settings.media.kinds,
        max_size=settings.media.max_size,
        extensions=settings.media.extensions,
        timezone=zone_name(settings),
        articles=settings.articles.enabled,
        comments=settings.vault.comments,
        look_back=settings.vault.look_back,
        deleted=settings.vault.deleted,
    )


def parse_moment(text: str, timezone: str) -> int:
    """`2025-01-30` (its midnight) or `2025-01-30T14:05` in `timezone`, an offset in the text wins; as Unix seconds.

    Empty text is no bound, 0. What lies before or behind all that Telegram can date is the first or last such second. Raises UsageError.
    """
    if not text.strip():
        return 0
    try:
        moment = datetime.fromisoformat(text.strip())
        seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))).timestamp())
        return min(max(seconds, 1), LAST_SECOND)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} isn't a date", todo="Write 2025-01-30 or 2025-01-30T14:05") from error


def check_span(options: ExportOptions) -> None:
    """Raises UsageError when no message can lie between `since` and `until`."""
    if options.until and options.since >= options.until:
        raise UsageError("--until isn't after --since", "no message is between them", "Give a later date as --until")


def parse_media(text: str) -> frozenset[MediaKind]:
    """`none`, `all` or kinds with commas between. Raises UsageError with what is allowed."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if words == ["all"]:
        return frozenset(MediaKind)
    if words == ["none"]:
        return frozenset()
    unknown = [word for word in words if word not in set(MediaKind)]
    if unknown or not words:
        allowed = ", ".join(("none", "all", *MediaKind))
        raise UsageError(f"{', '.join(unknown) or 'an empty list'} isn't a kind of file", todo=f"Allowed: {allowed}")
    return frozenset(map(MediaKind, words))


def parse_extensions(text: str) -> frozenset[str]:
    """`pdf,epub` (documents with these extensions alone) or `!zip,!exe` (without these); empty text is no choice. Raises UsageError."""
    words = frozenset(word.strip().lower().replace(".", "", 1) for word in text.split(",") if word.strip())
    if wrong := sorted(word for word in words if not re.fullmatch(EXTENSION, word)):
        raise UsageError(f"{', '.join(wrong)} isn't an extension", todo="Write pdf,epub to take these alone, !zip,!exe to leave these out")
    return words


def parse_size(text: str) -> int:
    """`0` (any size), `500000`, `20 MB` (powers of 1000) or `20 MiB` (of 1024), in bytes. Raises UsageError."""
    match = _SIZE.fullmatch(text)
    if not match:
        raise UsageError(f"{text!r} isn't a size", todo="Write bytes or a number with a unit, such as 20MB or 1.5GiB")
    size = float(match[1]) * _UNITS[(match[2] or "").upper()]
    if size >= LARGEST:
        raise UsageError(f"{text!r} isn't a size", "it is more than any disk holds", "Write 0 for any size")
    return int(size)
