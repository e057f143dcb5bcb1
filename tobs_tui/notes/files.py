"""The lines of files in a note: an embed where the file is or will be, words where it isn't."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from tobs_tui.content import MediaKind, RemoteFile
from tobs_tui.model import ExportOptions
from tobs_tui.notes.escape import escape, one_line

_BLOCK_ID = re.compile(r" \^m\d+\Z")


@dataclass(frozen=True, slots=True)
class NoteFile:
    """A file that a block shows. `path` is from the vault's root, `line` its embed as it stands in the block, `date` Unix seconds."""

    file: RemoteFile
    path: str
    line: str
    message_id: int
    date: int


def missing_line(file: NoteFile, reason: str) -> str:
    """What stands in place of `file.line` when the file could not be had, with the same block id."""
    block_id = _BLOCK_ID.search(file.line)
    return missing_words(file.file, file.path, reason) + (block_id[0] if block_id else "")


def missing_words(file: RemoteFile, path: str, reason: str) -> str:
    """`📎 report.pdf, 12 MB, not downloaded: larger than your limit`."""
    name = one_line(file.name) or path.rpartition("/")[2].partition(" ")[2] or file.kind.value
    shown = " ".join(filter(None, (one_line(file.emoji), name)))
    return f"📎 {escape(shown)}, {size_words(file.size)}, not downloaded: {escape(one_line(reason))}"


def left_out(file: RemoteFile, options: ExportOptions, path: str = "") -> str:
    """Why the options leave this file out, which would lie at `path`; empty when they don't."""
    if file.kind not in options.media:
        return f"{file.kind.value.replace('_', ' ')} files are left out by your choice"
    if options.extensions and file.kind is MediaKind.DOCUMENT and not _extension_wanted(path, options.extensions):
        return "files of its extension are left out by your choice"
    return "larger than your limit" if options.max_size and file.size > options.max_size else ""


def _extension_wanted(path: str, extensions: frozenset[str]) -> bool:
    extension = PurePosixPath(path).suffix.removeprefix(".").lower()
    wanted = {each for each in extensions if not each.startswith("!")}
    return f"!{extension}" not in extensions and (not wanted or extension in wanted)


def size_words(size: int) -> str:
    """A size as people read it: `900 B`, `1.5 MB`, `12 MB` (of 1024 each)."""
    amount, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1024
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}".replace(".0 ", " ")
