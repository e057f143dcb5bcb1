"""What lies in a vault of which the cache knows nothing: chats' folders and notes, found by the properties of their notes."""

from __future__ import annotations

import errno
import logging
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tobs_tui.model import Chat, ChatKind, bare_id
from tobs_tui.notes.layout import ROOT, chat_folder, period_place
from tobs_tui.notes.names import names_taken_by
from tobs_tui.notes.properties import Value, properties_of
from tobs_tui.pipeline.notefile import ANCHOR, NoteRow
from tobs_tui.pipeline.placing import block_ids, day_at
from tobs_tui.pipeline.vault import Vault, disk_errors

log = logging.getLogger(__name__)

# What one file alone may have: it is gone meanwhile, closed to this user, on a bad block, a folder by now.
_ITS_OWN = frozenset({errno.ENOENT, errno.EACCES, errno.EPERM, errno.EIO, errno.EISDIR, errno.ENOTDIR})
# Properties stand at a note's head; ours are never longer.
HEAD_BYTES = 4096
# Bare ids are unique among people, among basic groups, and among channels.
_FAMILY = {ChatKind.PRIVATE: "person", ChatKind.BOT: "person", ChatKind.SAVED: "person", ChatKind.GROUP: "group"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chat lies: its folder from the vault's root, its name there, the time zone of its notes (empty where none is told)."""

    folder: str
    name: str
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class ShelfNote:
    """A note with messages: its path, and what its properties say of it: the chat's name, the forum's topic (0 for none), and the period or
    the id of the post's message."""

    path: str
    chat: str
    topic: int
    key: str
    post: bool

    def within(self, folder: str) -> bool:
        """Whether it lies in a folder, at any depth."""
        return self.path.startswith(f"{folder}/")

    def regular(self, place: Place) -> bool:
        """Whether it lies where the layout puts it, as far as its properties tell that; a post's are found by their messages."""
        if self.post:
            return True
        if not self.topic:
            return self.path == period_place(place.folder, place.name, self.key).path
        return self.within(place.folder) and self.path.endswith(f"{period_place('', '', self.key).stem}.md")


@dataclass(slots=True)
class Shelf:
    """The chats of a vault by kind of id and bare id, and all notes with messages by bare id. `taken` are the names (casefolded) that no
    new chat can have, because of notes that lie outside the chats' folders."""

    places: dict[tuple[str, int], Place] = field(default_factory=dict)
    notes: defaultdict[int, list[ShelfNote]] = field(default_factory=lambda: defaultdict(list))
    guesses: dict[tuple[int, str], Place] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def place(self, chat: Chat, name: str) -> Place | None:
        """Where a chat lies, by its index note; where that was never written, by a folder of the name that the chat would get, or by notes
        that a person moved out of such a folder."""
        number = bare_id(chat.id)
        names = (name, f"{name} ({number})")
        guesses = (self.guesses.get((number, each)) for each in names)
        emptied = (Place(chat_folder(each), each) for each in names if any(note.chat == each for note in self.notes[number]))
        return self.index(chat) or next(filter(None, guesses), None) or next(emptied, None)

    def index(self, chat: Chat) -> Place | None:
        """Where a chat's index note lies."""
        return self.places.get((_FAMILY.get(chat.kind, "channel"), bare_id(chat.id)))


def look_through(vault: Vault) -> Shelf:
    """Read the properties of all notes of a vault; of copies the one in our own folder counts. Blocks; raises VaultError."""
    shelf = Shelf()
    with disk_errors(f"The vault {vault.root} can't be read"):
        for path in sorted(_markdown(vault.root), key=lambda path: not path.startswith(f"{ROOT}/")):
            if not path.startswith(f"{ROOT}/") or path.count("/") == 1:
                shelf.taken |= names_taken_by(PurePosixPath(path).stem)
            head = _head(vault.root / path)
            if b"telegram_id:" in head:
                _sort_in(shelf, path, properties_of(head.decode("utf-8", "replace")))
    return shelf


def _head(note: Path) -> bytes:
    """The beginning of a note; nothing of one that can't be read, which costs nobody else's chat. Raises OSError for the rest."""
    try:
        with note.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        if error.errno not in _ITS_OWN:
            raise
        log.warning("a note can't be read and is passed over: %s", error.strerror)
        return b""


def _markdown(root: Path) -> Iterator[str]:
    """The paths of all notes, but for those in hidden folders and behind links."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if name.endswith(".md") and not name.startswith(".") and not path.is_symlink() and path.is_file():  # no pipe, which never ends
                yield path.relative_to(root).as_posix()


def _sort_in(shelf: Shelf, path: str, properties: dict[str, Value]) -> None:
    number, kind = properties.get("telegram_id"), properties.get("telegram_kind")
    where = PurePosixPath(path)
    if not isinstance(number, int):
        return
    if isinstance(kind, str) and kind in list(ChatKind):
        place = Place(str(where.parent), where.stem, str(properties.get("timezone", "")))
        shelf.places.setdefault((_FAMILY.get(ChatKind(kind), "channel"), number), place)
    elif "period" in properties or "message_id" in properties:
        name = str(properties.get("telegram_chat", "")).removeprefix("[[").removesuffix("]]")
        shelf.notes[number].append(_note(path, name, properties))
        home = next((each for each in where.parents if each.name == name), None)
        if home is not None:
            shelf.guesses.setdefault((number, name), Place(str(home), name))


def _note(path: str, chat: str, properties: dict[str, Value]) -> ShelfNote:
    topic, period = properties.get("telegram_topic"), properties.get("period")
    key = properties.get("message_id") if period is None else period
    return ShelfNote(path, chat, topic if isinstance(topic, int) else 0, str(key), post=period is None)


def notes_of(shelf: Shelf, chat: Chat, place: Place) -> tuple[ShelfNote, ...]:
    """The notes of a chat: those in its folder, and those that a person moved out of it. Of copies one counts: that in its place, else
    that in the folder."""
    found: dict[tuple[int, str], ShelfNote] = {}
    for note in sorted(shelf.notes[bare_id(chat.id)], key=lambda note: (not note.within(place.folder), not note.regular(place))):
        if note.within(place.folder) or note.chat == place.name:
            found.setdefault((note.topic, note.key), note)
    return tuple(found.values())


def row_of(vault: Vault, chat_id: int, path: str) -> NoteRow:
    """A note as the cache would know it. A line that was begun at the end isn't counted: the next writing compares and completes it.

    Blocks; raises VaultError.
    """
    with disk_errors(f"The note {path} can't be read"):
        data = vault.path(path).read_bytes()
    data = data[: data.rfind(b"\n") + 1]
    ids = [id for id, _ in block_ids(data)]
    day = day_at(data, len(data)).decode()
    return NoteRow(0, chat_id, path, len(data), data[-ANCHOR:], day, 0, min(ids, default=0), max(ids, default=0))
