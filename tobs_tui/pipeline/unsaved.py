"""What was appended and isn't in the cache yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.records import Entry, MessageAt, MessageRecord


@dataclass(slots=True)
class Generation:
    """What was appended between two cuts: messages with the notes they stand in, by vault, chat and id; and whose metrics took part."""

    messages: defaultdict[tuple[str, int], dict[int, tuple[str, MessageRecord]]] = field(default_factory=lambda: defaultdict(dict))
    metrics: dict[int, Metrics] = field(default_factory=dict)

    def add(self, entries: list[Entry]) -> None:
        """Blocks of one note and one job."""
        first = entries[0]
        self.metrics[id(first.metrics)] = first.metrics
        messages, note = self.messages[first.vault, first.chat_id], first.note
        messages.update({message.id: (note, message) for entry in entries for message in entry.messages})

    def find(self, vault: str, chat_id: int, ids: Iterable[int]) -> dict[int, MessageAt]:
        """Where messages stand, as far as they are here."""
        there = self.messages.get((vault, chat_id), {})
        found = {number: there[number] for number in ids if number in there}
        return {number: MessageAt(note, message.author, message.snippet) for number, (note, message) in found.items()}

    def __len__(self) -> int:
        return sum(map(len, self.messages.values()))
