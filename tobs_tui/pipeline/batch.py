"""Blocks that go to a note together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tobs_tui.pipeline.records import Entry, MessageRecord


@dataclass(frozen=True, slots=True)
class Batch:
    """Blocks of one note, at least one, with what is made of them once for all who want it: the bytes of each, and all their messages."""

    entries: Sequence[Entry]
    texts: Sequence[bytes]
    messages: Sequence[MessageRecord]

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Batch:
        messages = [message for entry in entries for message in entry.messages]
        return cls(entries, [entry.text.encode() for entry in entries], messages)

    @property
    def chat_id(self) -> int:
        """A note belongs to one chat."""
        return self.entries[0].chat_id
