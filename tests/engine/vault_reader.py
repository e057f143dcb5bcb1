"""Reads an exported vault back, knowing nothing of the code that wrote it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import yaml

BLOCK_ID = re.compile(r"(?:^| )\^m(\d+)$", re.MULTILINE)
EMBED = re.compile(r"^!\[\[([^\]|]+)\]\](?: \^m\d+)?$", re.MULTILINE)
LINK = re.compile(r"(?<![\\!])\[\[([^\]|#]*)(?:#\^(m\d+))?(?:\|[^\]]*)?\]\]")
NOTE_LINK = re.compile(r"\]\(<([^<>\n]+)\.md(?:#\^(m\d+))?>\)")
FENCE = re.compile(r"^(?:> ?)*(`{3,}|~{3,}).*?^(?:> ?)*\1", re.MULTILINE | re.DOTALL)


class VaultReader:
    """All notes of a vault."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notes = {file.relative_to(root).as_posix(): file.read_text("utf-8") for file in root.rglob("*.md")}

    def properties(self, path: str) -> dict[str, object]:
        head = self.notes[path].split("---\n")[1]
        loaded = yaml.safe_load(head)
        assert isinstance(loaded, dict)
        return loaded

    def folder_of(self, telegram_id: int, kind: str) -> str:
        """The folder of a chat, found by its index note."""
        found = []
        for path in self.notes:
            properties = self.properties(path)
            if properties.get("telegram_id") == telegram_id and properties.get("telegram_kind") == kind:
                found.append(path.rpartition("/")[0])
        assert len(found) == 1, (telegram_id, kind, found)
        return found[0]

    def ids(self, folder: str) -> list[int]:
        """Block ids of a chat's notes, note by note in the order in which the index note names them, or else in that of their names; of
        a forum's they rise in each topic."""
        topics: dict[str, list[int]] = {}
        index = re.findall(r"^- \[\[(.+)\]\]$", self.notes.get(f"{folder}/{Path(folder).name}.md", ""), re.MULTILINE)
        place = {stem: number for number, stem in enumerate(index)}
        for path in sorted(self.notes, key=lambda path: (place.get(Path(path).stem, -1), path)):
            if path.startswith(folder + "/"):
                topics.setdefault(path.rpartition("/")[0], []).extend(self.block_ids(path))
        assert all(ids == sorted(ids) for ids in topics.values()) or len(topics) == 1, folder
        found = [id for ids in topics.values() for id in ids]
        return sorted(found) if len(topics) > 1 else found

    def block_ids(self, path: str) -> list[int]:
        return [int(id) for id in BLOCK_ID.findall(FENCE.sub("", self.notes[path]))]

    def block(self, folder: str, message_id: int) -> str:
        """The text from the line with a message's block id up to the next one's, of a message that isn't inside an album."""
        for path, text in self.notes.items():
            if path.startswith(folder + "/") and (found := re.search(rf"^.*(?:^| )\^m{message_id}$", text, re.MULTILINE)):
                rest = text[found.end() :]
                end = re.search(r"^(?!!\[\[).* \^m\d+$|^## ", rest, re.MULTILINE)
                return found[0] + rest[: end.start() if end else None]
        raise KeyError(message_id)

    def broken_links(self) -> list[tuple[str, str]]:
        """Links and embeds that lead nowhere, with the notes that they stand in."""
        stems: dict[str, str] = {}
        for path in self.notes:
            stem = Path(path).stem
            assert stem.casefold() not in {known.casefold() for known in stems}, f"two notes are called {stem}"
            stems[stem] = path
        broken = []
        for path, text in self.notes.items():
            prose = FENCE.sub("", text.split("---\n", 2)[2]) + f"\n{self.properties(path).get('telegram_chat', '')}"
            broken += [(path, target) for target in EMBED.findall(prose) if not (self.root / target).is_file()]
            prose = re.sub(r"`+[^`\n]*`+", "", prose)
            others = [(unescape(unquote(name)), block) for name, block in NOTE_LINK.findall(prose)]
            for name, block in (*LINK.findall(prose), *others):
                target = f"{name}.md" if f"{name}.md" in self.notes else stems.get(name)
                if target is None or (block and int(block[1:]) not in self.block_ids(target)):
                    broken.append((path, f"{name}#^{block}"))
        return broken

    def picture(self) -> dict[str, bytes]:
        """Every file of the vault and its bytes, but for the lines that tell when an export was."""
        files = {file.relative_to(self.root).as_posix(): file.read_bytes() for file in self.root.rglob("*") if file.is_file()}
        return {path: re.sub(rb"(?m)^exported: .*\n", b"", data, count=1) if path.endswith(".md") else data for path, data in files.items()}
