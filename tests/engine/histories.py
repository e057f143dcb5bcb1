"""What a history of an account and its vault may hold, and what must be true of the vault after each export."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.engine.vault_reader import BLOCK_ID, VaultReader
from tobs_tui.model import bare_id

FRONT = re.compile(r"\A---\n.*?^---\n\n?", re.MULTILINE | re.DOTALL)


@dataclass(slots=True)
class Said:
    """A message: its text, whether that was edited since the last whole export, and whether there was one since the message came.

    The notes must show the text, but where it was edited about the time that the cache was lost: nobody knows then what stood there.
    """

    text: str
    edited: bool = False
    exported: bool = False
    shown: bool = True


@dataclass(slots=True)
class Talk:
    """A chat: its messages that are there, and those that were deleted since, by their ids. It is `indexed` after a whole export."""

    id: int
    kind: str
    there: dict[int, Said] = field(default_factory=dict)
    gone: dict[int, Said] = field(default_factory=dict)
    topics: list[int] = field(default_factory=list)
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A line that a person wrote into a note, behind the block of a message (0: in front of all)."""

    text: str
    note: str
    behind: int


class Person:
    """Somebody who writes into the notes of a vault."""

    def __init__(self, vault: Path) -> None:
        self.vault = vault
        self.words: list[Words] = []
        self._numbers = count(1)

    def notes(self) -> list[Path]:
        """The notes that hold messages; index notes are the program's own. (An empty one was killed before it was written.)"""
        texts = {note: note.read_text() for note in self.vault.rglob("*.md")}
        return sorted(note for note, text in texts.items() if FRONT.match(text) and "\ntelegram_kind: " not in text)

    def write(self, note: Path, at: int, end: str) -> None:
        """A line at a place of a note."""
        text = note.read_text()
        self._keep(note, text[:at] + self._new(note, text[:at]) + end + text[at:])

    def append(self, note: Path, end: str) -> None:
        """A line behind everything."""
        text = note.read_text()
        self.write(note, len(text), end)

    def write_on_top(self, note: Path) -> None:
        """A line under the properties."""
        front = FRONT.match(note.read_text())
        assert front
        self.write(note, front.end(), "\n\n")

    def write_between(self, note: Path, pick: int, inside: bool) -> None:
        """A line before one of the note's own lines, or only before one with a block id."""
        text = note.read_text()
        front = FRONT.match(text)
        starts = [found.start() for found in re.finditer("^", text, re.MULTILINE) if found.start() >= front.end()] if front else []
        if not inside:
            starts = [at for at in starts if BLOCK_ID.search(text, at, text.find("\n", at) + 1 or len(text))]
        if starts:
            self.write(note, starts[pick % len(starts)], "\n\n")

    def add_property(self, note: Path) -> None:
        """A property of their own, the last one."""
        text = note.read_text()
        at = text.index("\n---\n") + 1
        words = self._new(note, "")
        self._keep(note, f"{text[:at]}mine{len(self.words)}: {words}\n{text[at:]}")

    def _new(self, note: Path, before: str) -> str:
        ids = BLOCK_ID.findall(before)
        words = Words(f"my word {next(self._numbers)}, and no other's", str(note.relative_to(self.vault)), int(ids[-1]) if ids else 0)
        self.words.append(words)
        lead = "" if not before or before.endswith("\n") else "\n"
        return lead + words.text

    @staticmethod
    def _keep(note: Path, text: str) -> None:
        note.write_text(text)


def check_words(person: Person) -> None:
    """Every line of the person stands once, in its note, behind the block that it stood behind."""
    reader = VaultReader(person.vault)
    for words in person.words:
        holders = [path for path, text in reader.notes.items() for _ in range(text.count(words.text))]
        assert holders == [words.note], (words, holders)
        ids = BLOCK_ID.findall(reader.notes[words.note].partition(words.text)[0])
        assert (int(ids[-1]) if ids else 0) == words.behind, words


def check_talk(reader: VaultReader, talk: Talk) -> None:
    """No message is missing, none stands twice, ids rise in each note, and texts are what they should be."""
    folder = reader.folder_of(bare_id(talk.id), talk.kind)
    ids = []
    for path in sorted(reader.notes):
        if path.startswith(f"{folder}/"):
            ids += (found := reader.block_ids(path))
            assert found == sorted(found), path
    assert len(ids) == len(set(ids)), f"twice: {sorted(id for id in ids if ids.count(id) > 1)}"
    exported = {id for id, said in talk.gone.items() if said.exported}
    assert set(ids) >= talk.there.keys() | exported, f"missing: {(talk.there.keys() | exported) - set(ids)}"
    assert set(ids) <= talk.there.keys() | talk.gone.keys()
    for id, said in talk.there.items():
        if said.text and said.shown:
            assert reader.block(folder, id).split("\n").count(said.text) == 1, (id, said)


def check_links(reader: VaultReader, talks: list[Talk]) -> None:
    """Links and embeds lead somewhere; but a file of a message that was deleted before it came is forgotten with the cache."""
    unseen = {str(id) for talk in talks for id, said in talk.gone.items() if not said.exported}
    broken = reader.broken_links()
    assert [row for row in broken if row[1].rpartition("/")[2].partition(" ")[0] not in unseen] == []


def picture(vault: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of a vault: when it was written last, in nanoseconds, and its bytes."""
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in files(vault)}


def files(vault: Path) -> Iterator[Path]:
    return (file for file in sorted(vault.rglob("*")) if file.is_file())
