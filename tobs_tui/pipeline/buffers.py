"""Blocks that wait in memory for the flush of their note."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tobs_tui.pipeline.records import Entry


@dataclass(slots=True)
class Buffer:
    """Blocks of one note: so many messages, and so many characters."""

    entries: list[Entry] = field(default_factory=list)
    messages: int = 0
    size: int = 0

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.messages += len(entry.messages)
        self.size += len(entry.text)

    def leave(self) -> None:
        """The blocks wait no longer, as their jobs are told."""
        for metrics, count in Counter(entry.metrics for entry in self.entries).items():
            metrics.level("note_queue", -count)
