"""Names of files and folders made of what senders typed: safe on Windows, macOS and Linux and in an Obsidian link.

What a name can't bear is replaced by what reads alike (`C#` becomes `C♯`, `A/B` becomes `A-B`). A name never holds a
separator, so it never leads anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

import regex

from tobs_tui.notes.escape import one_line

TITLE_BYTES = 100
NAME_BYTES = 240
TOPIC_MARK = " · "
"""Stands behind the chat in the names of a forum's notes and of posts, and so in no name of a chat."""
_OUTER = ". \u200c\u200d"  # what no name starts or ends with

_REPLACED = str.maketrans(
    {
        "/": "-",
        "\\": "-",
        "|": "-",
        ":": "-",
        "*": "＊",
        "?": "？",
        '"': "'",
        "`": "'",
        "<": "‹",
        ">": "›",
        "#": "♯",
        "^": "ˆ",
        "[": "(",
        "]": ")",
    }
)
# Device names of Windows, which it also sees before an extension (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|CLOCK\$|(?:COM|LPT)[0-9¹²³])(?=\s*(?:\.|\Z))", re.IGNORECASE)
# Chats named like another chat's notes get their id, so that no link has two targets.
_LIKE_A_NOTE = re.compile(r"(.*) (?:\d{4}(?:-\d\d){0,2}|all messages)\Z", re.IGNORECASE)
# What shows anything: people call themselves by a Hangul filler or an empty Braille pattern to have no name.
_SEEN = regex.compile(r"[^\p{Default_Ignorable_Code_Point}\p{Z}\u2800]")
_MARK = re.compile(r"(?<= )·(?= |\Z)")
_OWN_SUFFIXES = frozenset({"md", "canvas", "base"})
_EXTENSION = re.compile(r"\w{1,12}\Z")
_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/svg+xml": "svg",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "video/x-matroska": "mkv",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/x-m4a": "m4a",
    "audio/aac": "aac",
    "audio/ogg": "ogg",
    "audio/opus": "opus",
    "audio/flac": "flac",
    "audio/x-wav": "wav",
    "audio/wav": "wav",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/json": "json",
    "application/x-tgsticker": "tgs",
    "application/epub+zip": "epub",
    "text/plain": "txt",
    "text/html": "html",
    "text/csv": "csv",
}


@lru_cache(maxsize=16_384)
def safe_name(text: str, fallback: str) -> str:
    """A name of at most 100 bytes made of `text`; of `fallback` when nothing of it is left."""
    return _title(text) or _title(fallback) or "unnamed"


def chat_name(text: str, fallback: str) -> str:
    """As `safe_name`, for a chat: no other chat's topic makes notes of the same name."""
    return _MARK.sub("•", safe_name(text, fallback))


def _title(text: str) -> str:
    name = _cleaned(text)
    if not _SEEN.search(name):
        return ""
    return cut(_DEVICE.sub(r"\1_", name, count=1) if _DEVICE.match(name) else name, TITLE_BYTES).strip(_OUTER)


def _cleaned(text: str) -> str:
    return one_line(text).translate(_REPLACED).replace("%%", "%％").strip(_OUTER)


def cut(text: str, limit: int) -> str:
    """As many whole graphemes of `text` as fit in `limit` bytes of UTF-8."""
    if len(text.encode("utf-8", "replace")) <= limit:
        return text
    kept, size = [], 0
    for match in regex.finditer(r"\X", text):
        size += len(match[0].encode("utf-8", "replace"))
        if size > limit:
            break
        kept.append(match[0])
    return "".join(kept)


def unique_name(name: str, taken: Collection[str], id: int) -> str:
    """`name`, with `id` behind it when it is in `taken` (casefolded names) or reads like the name of a chat's note."""
    if name.casefold() not in taken and not _LIKE_A_NOTE.match(name):
        return name
    candidate, count = _suffixed(name, f" ({id})"), 2
    while candidate.casefold() in taken:
        candidate, count = _suffixed(name, f" ({id}) {count}"), count + 1
    return candidate


def names_taken_by(stem: str) -> set[str]:
    """The names (casefolded) that a chat can't have beside a note of this name: its own, and that of a chat which would call a note so."""
    plain = unicodedata.normalize("NFC", stem).casefold()
    chat = _LIKE_A_NOTE.match(plain)
    return {plain, chat[1]} if chat else {plain}


def _suffixed(name: str, suffix: str) -> str:
    return cut(name, TITLE_BYTES - len(suffix)).rstrip(_OUTER) + suffix


def file_name(message_id: int, original: str, mime: str) -> str:
    """The message's id and the name that its file came with, at most 240 bytes, with an extension that fits `mime`
    where it came without one. A file that Obsidian would take for a note of the vault gets `.txt` behind its name."""
    cleaned = _cleaned(original)
    stem, dot, extension = cleaned.rpartition(".")
    if not (dot and _EXTENSION.match(extension)):
        stem, extension = cleaned, _EXTENSIONS.get(mime.lower(), "")
    if extension.lower() in _OWN_SUFFIXES:
        extension += ".txt"
    ending = f".{extension}" if extension else ""
    name = cut(f"{message_id} {stem}".rstrip(_OUTER), NAME_BYTES - len(ending.encode()))
    return unicodedata.normalize("NFC", name.rstrip(_OUTER) + ending)
