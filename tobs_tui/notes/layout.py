"""Where things lie in a vault: the folder of a chat, the note of a message, the place of a file. All from the vault's root."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tobs_tui.content import MediaKind, RemoteFile
from tobs_tui.model import Layout, Message
from tobs_tui.notes.escape import one_line
from tobs_tui.notes.names import TITLE_BYTES, TOPIC_MARK, cut, file_name, safe_name
from tobs_tui.notes.snippets import revealed

ROOT = "Telegram"
WHOLE_CHAT = "all"
_DATE_PARTS = {Layout.MONTH: 7, Layout.DAY: 10, Layout.CHAT: 0}  # characters of an ISO date that name a period

_NAMELESS = {
    MediaKind.PHOTO: "photo.jpg",
    MediaKind.VIDEO: "video.mp4",
    MediaKind.ROUND: "round video.mp4",
    MediaKind.VOICE: "voice.ogg",
    MediaKind.AUDIO: "audio.mp3",
    MediaKind.GIF: "gif.mp4",
    MediaKind.STICKER: "sticker.webp",
    MediaKind.CUSTOM_EMOJI: "emoji.webp",
    MediaKind.WEB_PICTURE: "picture.jpg",
    MediaKind.PROFILE_PHOTO: "photo.jpg",
}


class NotePlace(NamedTuple):
    """A note: its path from the vault's root, and the period that it covers (empty for a post)."""

    path: str
    period: str

    @property
    def stem(self) -> str:
        """The note's name as a link gives it."""
        return self.path.rpartition("/")[2].removesuffix(".md")


def chat_folder(name: str) -> str:
    """The folder of the chat with this (safe, unique) name."""
    return f"{ROOT}/{name}"


def index_path(folder: str, name: str) -> str:
    """The path of the chat's index note."""
    return f"{folder}/{name}.md"


def topic_folder(folder: str, topic: str) -> str:
    """The folder of a forum's topic, in that of its chat. `topic` is a safe name, unique in the chat."""
    return f"{folder}/{topic}"


def note_path(folder: str, chat_name: str, layout: Layout, message: Message, day: str, topic: str = "") -> NotePlace:
    """The note that holds `message`, which came on `day` (an ISO date) in the reader's time, in a forum that of its topic. POST is for
    channels; the caller gives MONTH for other kinds."""
    if layout is Layout.POST:
        return NotePlace(_post_path(folder, chat_name, message, day), "")
    if topic:
        folder, chat_name = topic_folder(folder, topic), f"{chat_name}{TOPIC_MARK}{topic}"
    return period_place(folder, chat_name, day[: _DATE_PARTS[layout]] or WHOLE_CHAT)


@lru_cache(maxsize=4096)
def period_place(folder: str, chat_name: str, period: str) -> NotePlace:
    """The note of a period; one object for all of its messages."""
    return NotePlace(f"{folder}/{chat_name} {'all messages' if period == WHOLE_CHAT else period}.md", period)


def _post_path(folder: str, chat_name: str, message: Message, day: str) -> str:
    """Day, first line and id can be the same in two channels: the name begins with the chat's, and the mark ends that for sure."""
    title = safe_name(first_line(revealed(message)), post_kind(message))
    return f"{folder}/{day[:4]}/{chat_name}{TOPIC_MARK}{day} {cut(title, TITLE_BYTES).rstrip('. ')} ({message.id}).md"


def first_line(text: str) -> str:
    """The first line of a text that shows anything."""
    return next(filter(None, map(one_line, text[:1000].splitlines())), "")


def post_kind(message: Message) -> str:
    """What a post without a text is called."""
    if message.service:
        return "service"
    return message.content.kind.value.replace("_", " ") if isinstance(message.content, RemoteFile) else "post"


def media_path(folder: str, message: Message, file: RemoteFile, zone: ZoneInfo, number: int = 0) -> str:
    """Where a file of `message` lies; `number` (from 1) tells several files of one message apart."""
    when = datetime.fromtimestamp(message.date, zone)
    name = file.name or _nameless(file)
    named = file_name(message.id, f"{number} {name}" if number else name, file.mime)
    return f"{media_folder(folder, when.year, when.month)}/{named}"


@lru_cache(maxsize=4096)
def media_folder(folder: str, year: int, month: int) -> str:
    """Where the files of a month lie."""
    return f"{folder}/media/{year:04}-{month:02}"


def _nameless(file: RemoteFile) -> str:
    return nameless(file.kind, file.mime)


@lru_cache(maxsize=1024)
def nameless(kind: MediaKind, mime: str) -> str:
    """What a file without a name is called."""
    name = _NAMELESS.get(kind, "document")
    extension = file_name(0, "", mime).partition(".")[2]
    return f"{name.partition('.')[0]}.{extension}" if extension else name
