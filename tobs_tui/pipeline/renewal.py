"""Blocks of a note brought up to what became of their messages: renewed where they still stand as the program wrote them.

Where a person changed a block, what is new stands below it, once. All functions are pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from tobs_tui.pipeline.edittables import DELETED, BlockMark, BlockProof
from tobs_tui.pipeline.placing import FENCE, block_end, block_ids
from tobs_tui.pipeline.records import Entry

_BLOCK_ID = re.compile(r" \^m\d+$")
_DELETED = " · deleted".encode()


@dataclass(frozen=True, slots=True)
class Edit:
    """The block `head` as Telegram shows it now: `entry`. Where it can't take the old block's place, what is new of the text `below` goes
    below it.

    `stood` says whether it is known what the block was: if not, it is only looked at. `whole` is false where the old block holds more.
    """

    head: int
    entry: Entry
    below: str
    stood: bool = True
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Deletion:
    """A message of the block `head` that is gone at Telegram."""

    head: int
    id: int


Change = Edit | Deletion


@dataclass(slots=True)
class Renewed:
    """What became of a note: its bytes, up to where they are ours, what its blocks are now, and the entries whose files and links count."""

    data: bytes = b""
    length: int = 0
    marks: list[BlockMark] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    edited: int = 0
    deleted: int = 0


@dataclass(slots=True)
class _Region:
    """A block and what stands behind it up to the next one. `proof` is that of its first bytes, where the program wrote them.

    `added` goes below.
    """

    data: bytes
    proof: BlockProof | None
    added: str = ""

    @property
    def stands(self) -> bool:
        return self.proof is not None and self.proof.holds(self.data)

    def put(self, block: bytes) -> None:
        """Another block in the place of the one that stands."""
        size = self.proof.size if self.proof else 0
        self.data = block + self.data[size:]
        self.proof = BlockProof.of(block)


def renewed(data: bytes, length: int, changes: Sequence[Change], proofs: Mapping[int, BlockProof]) -> Renewed:
    """A note of which the first `length` bytes are ours, after these changes."""
    by_head: dict[int, list[Change]] = {}
    for change in changes:
        by_head.setdefault(change.head, []).append(change)
    places = list(block_ids(data))
    first = dict(reversed(places))
    done, pieces, at = Renewed(length=length), list[bytes](), 0
    for start, head in sorted((first[head], head) for head in by_head if head in first):
        end = block_end(data, places, start, {head, *_ids(by_head[head])})
        region = _Region(data[start:end], proofs.get(head))
        for change in by_head[head]:
            _apply(region, change, done)
        done.length += (len(region.data) - (end - start)) * (start < length)
        pieces += [data[at:start], region.data]
        if region.added:
            text = _apart(region.data) + region.added.encode()
            pieces.append(text)
            done.length += len(text) * (end <= length)
        at = end
        _record(head, region, done)
    gone = (change for head, some in by_head.items() if head not in first for change in some)
    done.marks += [mark for change in gone for mark in _stamps(change)]
    done.data = b"".join((*pieces, data[at:]))
    return done


def _ids(changes: Sequence[Change]) -> Iterator[int]:
    for change in changes:
        yield from (message.id for message in change.entry.messages) if isinstance(change, Edit) else (change.id,)


def _record(head: int, region: _Region, done: Renewed) -> None:
    if region.proof is not None and region.stands:
        done.marks.append(BlockMark(head, size=region.proof.size, crc=region.proof.crc))


def _stamps(change: Change) -> list[BlockMark]:
    if isinstance(change, Deletion):
        return [BlockMark(change.id, stamp=DELETED)]
    return [BlockMark(each.id, stamp=each.stamp, snippet=each.snippet) for each in change.entry.messages]


def _apply(region: _Region, change: Change, done: Renewed) -> None:
    done.marks += _stamps(change)
    if isinstance(change, Deletion):
        done.deleted += _delete(region, change.id)
        return
    entry, block = change.entry, change.entry.text.encode()
    if change.whole and region.stands and change.stood:
        done.edited += not region.data.startswith(block) or len(block) != (region.proof.size if region.proof else 0)
        region.put(block)
        done.entries.append(entry)
    elif change.whole and region.data.startswith(block):
        region.proof = BlockProof.of(block)
        done.entries += [entry] if change.stood else []
    elif change.stood and (missing := _missing(change.below, region)):
        region.added += "\n\n".join(missing) + "\n\n"
        done.edited += 1
        done.entries.append(_beside(entry, missing))


def _missing(text: str, region: _Region) -> list[str]:
    """The header and the parts of a block that don't stand in a region; nothing where all of them do."""
    standing = {*_parts(region.data.decode("utf-8", "replace")), *_parts(region.added)}
    header, *parts = _parts(text)
    missing = [part for part in parts if part not in standing]
    return [header, *missing] if missing else []


def _parts(text: str) -> list[str]:
    """The parts of a block between empty lines, without block ids. A code block is one part, as its sender typed it."""
    parts, fence = [""], b""
    for line in text.split("\n"):
        inside, raw = bool(fence), line.encode()
        if opened := FENCE.match(raw):
            closes = inside and opened[1].startswith(fence) and not raw[opened.end() :].strip()
            fence = b"" if closes else fence or opened[1]
        if line or inside:
            parts[-1] += (line if inside else _BLOCK_ID.sub("", line)) + "\n"
        elif parts[-1]:
            parts.append("")
    return [part.removesuffix("\n") for part in parts if part]


def _beside(entry: Entry, missing: Sequence[str]) -> Entry:
    """The files and links of what stands below a block: of files those that it names, by lines without a block id."""
    files = (replace(file, line=_BLOCK_ID.sub("", file.line)) for file in entry.files)
    return replace(entry, files=tuple(file for file in files if file.line in missing))


def _delete(region: _Region, id: int) -> bool:
    """Say that a message is gone; returns whether that is new."""
    below = f"*Deleted at Telegram: message {id}*"
    at = next((at for found, at in block_ids(region.data) if found == id), -1)
    end = region.data.rfind(b" ^m", at, region.data.find(b"\n", at)) if at >= 0 else -1
    if end >= 0 and region.data.endswith(_DELETED, at, end):
        return False
    if end >= 0 and region.stands and region.proof and end < region.proof.size:
        region.put(region.data[:end] + _DELETED + region.data[end : region.proof.size])
        return True
    new = below not in _parts(region.data.decode("utf-8", "replace"))
    region.added += f"{below}\n\n" * new
    return new


def _apart(data: bytes) -> bytes:
    """What makes the end of a text an empty line."""
    return b"\n" * (2 - len(data[-2:]) + len(data[-2:].rstrip(b"\n")))
