"""A forum's messages by topic: which folder is whose, which topics are wanted, and how far each was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tobs_tui.engine.job import Job
from tobs_tui.model import Message, Topic
from tobs_tui.notes.index import TopicFacts
from tobs_tui.notes.names import safe_name, unique_name
from tobs_tui.pipeline.records import ChatState, TopicState
from tobs_tui.pipeline.store import Store

WHOLE = 0
"""The id of the record that says up to which message all topics were read, whatever was chosen since."""


class TopicSorter:
    """The topics of one forum in one run. Names are settled before anything is read, so that they don't hang on the order of messages."""

    def __init__(self, job: Job, state: ChatState, listed: tuple[Topic, ...], known: dict[int, TopicState], store: Store) -> None:
        self._root = job.options.vault
        self._chat = state.id
        self._chosen = frozenset(job.options.topics)
        self._listed = {topic.id: topic for topic in listed}
        self._store = store
        self._taken = {"media", f"{state.name}.md".casefold(), *(topic.name.casefold() for topic in known.values())}
        # A group that was exported before it became a forum was read as a whole.
        self._states = {WHOLE: TopicState(WHOLE, "", read=0 if known else state.last_id)} | known
        self._names: dict[int, str] = {}
        self._settle()

    def _settle(self) -> None:
        """A topic keeps its folder when its title changes; of new ones with one title the oldest gets the plain name."""
        for topic in sorted(self._listed.values(), key=lambda topic: topic.id):
            state = self._states.get(topic.id) or self._new(topic.id, topic.title)
            self._states[topic.id] = replace(state, title=topic.title)
        self._names = {number: state.name for number, state in self._states.items() if number != WHOLE}
        self._store.put_topics(self._root, self._chat, self._states.values())

    def _new(self, number: int, title: str) -> TopicState:
        name = unique_name(safe_name(title, f"topic {number}"), self._taken, number)
        self._taken.add(name.casefold())
        return TopicState(number, name, title)

    @property
    def names(self) -> Mapping[int, str]:
        """Names of folders by topic; grows while messages of topics come that Telegram doesn't list any more."""
        return self._names

    @property
    def after(self) -> int:
        """Everything that is wanted has ids above this one."""
        return min(self._read(number) for number in self._chosen or self._states)

    def _read(self, number: int) -> int:
        """Up to which message a topic was read. It begins with the message that created it."""
        own = self._states[number].read if number in self._states else 0
        return max(own, self._states[WHOLE].read, number - 1)

    def wanted(self, messages: Iterable[Message]) -> list[Message]:
        """Those of the chosen topics that aren't in the vault yet."""
        marks = {number: self._read(number) for number in self._states}
        found = []
        for message in messages:
            if (not self._chosen or message.topic in self._chosen) and message.id > marks.get(message.topic, self._read(message.topic)):
                self._know(message.topic)
                found.append(message)
        return found

    def meet(self, messages: Iterable[Message]) -> None:
        """Messages will be written whatever was read of their topics: each topic gets its folder."""
        for message in messages:
            self._know(message.topic)

    def _know(self, number: int) -> None:
        if number not in self._names:
            state = self._states[number] = self._new(number, "")
            self._names[number] = state.name
            self._store.put_topics(self._root, self._chat, [state])

    def reached(self, message_id: int) -> None:
        """All that is wanted is appended up to this message."""
        behind = (number for number in self._chosen or (WHOLE,) if number in self._states and self._read(number) < message_id)
        moved = [replace(self._states[number], read=message_id) for number in behind]
        self._states.update((state.id, state) for state in moved)
        self._store.put_topics(self._root, self._chat, moved)

    def facts(self) -> tuple[TopicFacts, ...]:
        """What the index note tells of the topics: General first, then as they were created."""
        states = (self._states[number] for number in sorted(self._names))
        return tuple(TopicFacts(state.name, state.title or state.name, self._state(state.id)) for state in states)

    def _state(self, number: int) -> str:
        topic = self._listed.get(number)
        if topic is None:
            return "deleted"
        return ", ".join(word for word, true in (("closed", topic.closed), ("hidden", topic.hidden)) if true)
