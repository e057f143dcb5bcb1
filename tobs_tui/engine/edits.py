"""Messages that are in the vault already, as Telegram shows them now: edits, reactions, votes, and what was deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tobs_tui.content import Gone
from tobs_tui.engine.albums import AlbumGatherer, Block
from tobs_tui.engine.job import Job
from tobs_tui.engine.stamps import stamp_of
from tobs_tui.engine.stations import Stations
from tobs_tui.model import Deleted, Message
from tobs_tui.pipeline.edittables import DELETED, Known
from tobs_tui.pipeline.records import Entry
from tobs_tui.pipeline.renewal import Change, Deletion, Edit

if TYPE_CHECKING:
    from tobs_tui.telegram.history import Newest

# As many messages of the cache are compared at most: more can only have been deleted together.
MOST_KNOWN = 10_000
# Messages whose ids are no further apart are read together.
NEAR = 1_000

Entries = Callable[[list[Block], Mapping[int, str]], Awaitable[list[Entry]]]
"""Renders blocks for the notes that they stand in, by the id of their first message."""


class Edits:
    """Compares the newest messages of a chat with what the cache knows of them. `entries` renders those that changed."""

    def __init__(self, job: Job, stations: Stations, entries: Entries) -> None:
        self._job = job
        self._root = job.options.vault
        self._telegram = stations.telegram
        self._store = stations.store
        self._entries = entries

    async def settle(self, newest: Newest) -> int:
        """Bring notes up to what the chat shows of its newest messages, as far as they are in the vault.

        Returns how many files wait to be fetched for that. Raises VaultError, CacheError and the RequestErrors that pass.
        """
        await self._store.checkpoint(self._root, self._job.chat.id)
        return await self._compare(newest.messages, _blocks(newest.messages, newest.low), newest.low, newest.high)

    async def settle_otherwise(self) -> int:
        """Add what is new in blocks that an interrupted run wrote and that were edited before this one came to them. Returns and raises as
        `settle`."""
        chat = self._job.chat
        await self._store.checkpoint(self._root, chat.id)
        files = 0
        for ids in _near(await self._store.edits.otherwise(self._root, chat.id)):
            messages = await self._between(ids[0], ids[-1])
            files += await self._compare(messages, _blocks(messages), ids[0], ids[-1])
            await self._store.edits.forget_stamps(self._root, chat.id, set(ids) - {message.id for message in messages})
        return files

    async def _between(self, low: int, high: int) -> list[Message]:
        """All messages that the chat shows from one id up to another."""
        messages: list[Message] = []
        async with aclosing(self._telegram.history(self._job.chat, low - 1, self._job.metrics, high)) as pages:
            async for page in pages:
                messages += (message for message in page.messages if message.id <= high)
                if page.last_id >= high:
                    break
        return messages

    async def _compare(self, messages: Sequence[Message], blocks: Sequence[Block], low: int, high: int) -> int:
        """Bring notes up to these whole `blocks` of all `messages` that the chat shows from the id `low` up to `high` (0: to the end)."""
        known = await self._store.edits.known(self._root, self._job.chat.id, low, high, MOST_KNOWN)
        changes: defaultdict[str, list[Change]] = defaultdict(list)
        for note, edit in await self._edits(blocks, known):
            changes[note].append(edit)
        for note, deletion in self._deletions({message.id for message in messages}, known):
            changes[note].append(deletion)
        return sum([await self._renew(note, changes[note]) for note in sorted(changes)])

    async def _edits(self, shown_now: Iterable[Block], known: Mapping[int, Known]) -> list[tuple[str, Edit]]:
        """The blocks that aren't what they were, with their notes."""
        blocks = [block for block in shown_now if _changed(block, known)]
        if not blocks:
            return []
        shown = {message.id: message for message in await self._telegram.with_emoji(sum(blocks, ()), self._job.metrics)}
        blocks = [tuple(shown[message.id] for message in block) for block in blocks]
        notes = {block[0].id: known[block[0].id].note for block in blocks}
        entries = await self._entries(blocks, notes)
        bare = await self._entries([(replace(block[0], reply=None), *block[1:]) for block in blocks], notes)
        together = _members(known)
        rows = zip(blocks, entries, bare, strict=True)
        return [(entry.note, _edit(block, entry, below.text, known, together)) for block, entry, below in rows]

    def _deletions(self, there: set[int], known: Mapping[int, Known]) -> list[tuple[str, Deletion]]:
        if self._job.options.deleted is Deleted.KEEP:
            return []
        gone = sorted(id for id, row in known.items() if id not in there and row.stamp != DELETED)
        return [(known[id].note, Deletion(known[id].head, id)) for id in gone]

    async def _renew(self, note: str, changes: list[Change]) -> int:
        done = await self._store.edits.renew(self._root, note, changes)
        self._job.edited += done.edited
        self._job.deleted += done.deleted
        if done.edited or done.deleted:
            self._job.notes.add(note)
        paths = {file.path for entry in done.entries for file in entry.files}
        return await self._store.edits.queued(self._root, paths) if paths else 0


def _blocks(messages: Iterable[Message], low: int = 0) -> list[Block]:
    """Messages as blocks; of the first one, when it is an album, some may lie below `low`, where that is where they begin."""
    gatherer = AlbumGatherer()
    blocks = gatherer.add(messages) + gatherer.rest()
    return blocks[1:] if blocks and low and blocks[0][0].album else blocks


def _near(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Rising ids in groups that are worth reading as one range."""
    start = 0
    for at in range(1, len(ids) + 1):
        if at == len(ids) or ids[at] - ids[at - 1] > NEAR:
            yield ids[start:at]
            start = at


def _changed(block: Block, known: Mapping[int, Known]) -> bool:
    """Whether a block that is in the vault isn't what it was. New members of an album come as messages of their own."""
    rows = [known.get(message.id) for message in block]
    return None not in rows and any(row and row.stamp != stamp_of(message) for row, message in zip(rows, block, strict=True))


def _members(known: Mapping[int, Known]) -> dict[int, set[int]]:
    """The messages of blocks by their first ones."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for id, row in known.items():
        found[row.head].add(id)
    return found


def _edit(block: Block, entry: Entry, below: str, known: Mapping[int, Known], together: Mapping[int, set[int]]) -> Edit:
    """What has become of a block. A file that is gone since, or a member that was deleted, mustn't leave the note with it."""
    head, ids = known[block[0].id].head, {message.id for message in block}
    whole = ids == together[head] and head == block[0].id and not any(isinstance(message.content, Gone) for message in block)
    return Edit(head, entry, below, stood=all(known[id].stamp is not None for id in ids), whole=whole)
