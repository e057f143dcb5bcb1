"""What was appended and isn't in the cache yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.records import Entry, MessageAt, MessageRecord

# A chat in a vault, by the vault's real path.
_Place = tuple[str, int]


@dataclass(slots=True)
class _Generation:
    """What was appended between two cuts: messages with the notes they stand in, by chat and id; and whose metrics took part."""

    messages: defaultdict[_Place, dict[int, tuple[str, MessageRecord]]] = field(default_factory=lambda: defaultdict(dict))
    metrics: dict[int, Metrics] = field(default_factory=dict)


class Unsaved:
    """Messages that the cache doesn't know yet, and up to where it may know others. `root` is a vault's real path."""

    def __init__(self) -> None:
        self._generations = [_Generation()]
        self._read: dict[_Place, int] = {}
        self._saved: dict[_Place, int] = {}

    def __len__(self) -> int:
        return sum(len(messages) for each in self._generations for messages in each.messages.values())

    def add(self, root: str, entries: list[Entry]) -> None:
        """Blocks of one note and one job."""
        first, generation = entries[0], self._generations[-1]
        generation.metrics[id(first.metrics)] = first.metrics
        messages = {message.id: (first.note, message) for entry in entries for message in entry.messages}
        generation.messages[root, first.chat_id].update(messages)

    def cut(self) -> None:
        """What is added from now on belongs to the next checkpoint."""
        self._generations.append(_Generation())

    def saved(self) -> list[Metrics]:
        """What was added before the last cut is in the cache; returns whose metrics took part, one for each generation."""
        done, self._generations = self._generations[:-1], self._generations[-1:]
        for place, messages in (item for each in done for item in each.messages.items()):
            self._saved[place] = max((self._saved.get(place, 0), *messages))
        return [metrics for each in done for metrics in each.metrics.values()]

    def read(self, root: str, chat_id: int, last_id: int) -> None:
        """The cache said which message of a chat is its last one."""
        self._read[root, chat_id] = last_id

    def find(self, root: str, chat_id: int, ids: Collection[int]) -> dict[int, MessageAt]:
        """Where messages stand, as far as they are here."""
        found: dict[int, MessageAt] = {}
        for each in self._generations:
            there = each.messages.get((root, chat_id), {})
            at = {id: there[id] for id in ids if id in there}
            found |= {id: MessageAt(note, message.author, message.snippet) for id, (note, message) in at.items()}
        return found

    def may_be_saved(self, root: str, chat_id: int, ids: Collection[int]) -> list[int]:
        """Those of ids that aren't here which the cache could know: it has none behind its last one. Answers to messages that Telegram
        doesn't have any more are common, and would each cost a turn of the cache's thread."""
        place = (root, chat_id)
        if place not in self._read:
            return list(ids)
        last = max(self._read[place], self._saved.get(place, 0))
        return [id for id in ids if id <= last]
