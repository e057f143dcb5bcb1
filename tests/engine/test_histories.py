"""Random histories of an account and its vault, of several chats with topics, albums, files and links between them: no message is missing,
none stands twice, no word of a person is gone, and where nothing was edited the vault is that of a first export. (test_note_histories.py
looks closer at the notes of one chat.)

A few short ones, always the same, run with the tests; a long run, other ones each time, by::

    TOBS_HISTORIES=200 python -m pytest tests/engine/test_histories.py
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.engine.exporting import Exporter
from tests.engine.histories import Person, Said, Talk, check_links, check_talk, check_words, picture
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.model import Deleted, ExportOptions, Layout, bare_id
from tobs_tui.settings import PipelineSettings

MANY = int(os.environ.get("TOBS_HISTORIES", "0"))
SOME, STEPS = 4, 12
# Notes that are flushed in small pieces and checkpointed often, so that kills find something between.
PIECES = PipelineSettings(flush_messages=2, flush_bytes=400, flush_seconds=0.02)
CHATS = (("supergroup", "Talk"), ("channel", "talk"), ("forum", "Talk: all"), ("private", "Talk"))
PICKS = st.integers(0, 10_000)
ENDS = st.sampled_from(["\n", "", "\n\n"])
# Seconds between messages: also a day, and a month.
PAUSES = st.sampled_from([60, 60, 90_000, 40 * 86_400])


def loud(history: Histories) -> bool:
    """Whether more happens than new messages, kills and lost caches."""
    return not history.quiet


class Histories(RuleBasedStateMachine):
    """An account of four chats, its vault, and a person who writes into it."""

    exporter: Exporter

    def __init__(self) -> None:
        super().__init__()
        self.home = self.exporter.home_at(Path(tempfile.mkdtemp(prefix="history-")) / "home")
        self.person = Person(self.home / "vault")
        self.talks: list[Talk] = []
        self.quiet = False
        """Whether nothing is edited, deleted, renamed or written by a person, so that a first export would write the same vault."""
        self.whole = False
        """Whether nothing happened since the last whole export."""
        self.lost = False
        """Whether the cache was lost since."""
        self.numbers = iter(range(1, 1_000_000))

    def teardown(self) -> None:
        try:
            if self.talks:
                self.export()
                self.export_again()
                self.compare()
        finally:
            for talk in self.talks:
                self.world(remove_chat={"chat": talk.id})
            shutil.rmtree(self.home.parent)

    @initialize(layout=st.sampled_from(Layout), deleted=st.sampled_from(Deleted), quiet=st.booleans())
    def begin(self, layout: Layout, deleted: Deleted, quiet: bool) -> None:
        self.quiet = quiet
        vault = str(self.person.vault)
        self.options = ExportOptions(vault, layout, timezone="Europe/Berlin", articles=False, deleted=deleted, look_back=1_000)
        for kind, title in CHATS:
            self.talks.append(Talk(self.world(add_chat={"title": title, "kind": kind}), kind))
            self.say(len(self.talks) - 1, 2, 60)

    def world(self, **change: Any) -> Any:
        (answer,) = self.exporter.sandbox.world(**change).values()
        return answer

    def text(self) -> str:
        return f"word{next(self.numbers)}."

    def pick(self, pick: int, talk: Talk) -> int:
        """One of a chat's messages."""
        return sorted(talk.there)[pick % len(talk.there)]

    def run(self, **ends: int) -> int:
        return self.exporter.export(self.home, self.options, *(str(talk.id) for talk in self.talks), **ends)

    # What happens at Telegram

    @rule(chat=PICKS, count=st.integers(1, 7), pause=PAUSES)
    def say(self, chat: int, count: int, pause: int) -> None:
        self.add(self.talks[chat % len(self.talks)], chat, [self.text() for _ in range(count)], pause=pause)

    @rule(chat=PICKS, pick=PICKS, pause=PAUSES)
    def answer(self, chat: int, pick: int, pause: int) -> None:
        talk = self.talks[chat % len(self.talks)]
        if talk.there:
            self.add(talk, chat, [self.text()], pause=pause, reply_to=self.pick(pick, talk))

    @rule(chat=PICKS, other=PICKS, pick=PICKS)
    def link(self, chat: int, other: int, pick: int) -> None:
        there = self.talks[other % 3]
        if there.there:
            link = f"https://t.me/c/{bare_id(there.id)}/{self.pick(pick, there)}"
            self.add(self.talks[chat % len(self.talks)], chat, [""], link=link, text=self.text())

    @rule(chat=PICKS, count=st.integers(1, 3), album=st.booleans())
    def send_files(self, chat: int, count: int, album: bool) -> None:
        self.add(self.talks[chat % len(self.talks)], chat, [""] * count, size=3_000, album=album, text=self.text())

    def add(self, talk: Talk, pick: int, texts: list[str], **facts: Any) -> None:
        """Messages of these texts, in one of the topics of a forum; `text` instead is one that isn't looked for."""
        topic = talk.topics[pick % len(talk.topics)] if talk.topics and pick % 3 else 0
        rows: list[dict[str, Any]] = [{"text": text} for text in texts] if "text" not in facts else [{"count": len(texts)}]
        for row, text in zip(rows, texts, strict=False):
            ids = self.world(add_message={"chat": talk.id, "topic": topic} | facts | row)
            talk.there |= {id: Said(text) for id in ids}
            facts.pop("pause", None)
        self.whole = False

    @rule(title=st.sampled_from(["Help", "help", "media"]))
    def open_topic(self, title: str) -> None:
        talk = self.talks[2]
        talk.topics.append(self.world(add_topic={"chat": talk.id, "title": title}))
        talk.there[talk.topics[-1]] = Said("")
        self.whole = False

    @precondition(loud)
    @rule(chat=PICKS, pick=PICKS)
    def edit(self, chat: int, pick: int) -> None:
        talk = self.talks[chat % len(self.talks)]
        texts = [id for id, said in sorted(talk.there.items()) if said.text]
        if texts:
            id = texts[pick % len(texts)]
            said = replace(talk.there[id], text=self.text(), edited=True, shown=not self.lost)
            talk.there[id] = said
            self.world(edit={"chat": talk.id, "id": id, "text": said.text})
            self.whole = False

    @precondition(loud)
    @rule(chat=PICKS, pick=PICKS)
    def delete(self, chat: int, pick: int) -> None:
        talk = self.talks[chat % len(self.talks)]
        if len(talk.there) > 1 and (id := self.pick(pick, talk)) not in talk.topics:
            talk.gone[id] = talk.there.pop(id)
            self.world(delete={"chat": talk.id, "ids": [id]})
            self.whole = False

    # Without an index note, a chat with another title and no cache isn't found again: nothing tells whose its notes are.
    @precondition(lambda self: loud(self) and all(talk.indexed for talk in self.talks))
    @rule(chat=PICKS, title=st.sampled_from(["Talk", "TALK", "Other"]))
    def rename(self, chat: int, title: str) -> None:
        self.world(rename={"chat": self.talks[chat % len(self.talks)].id, "title": title})
        self.whole = False

    # What a person writes

    @precondition(loud)
    @rule(pick=PICKS, end=ENDS)
    def append(self, pick: int, end: str) -> None:
        for note in self.note(pick):
            self.person.append(note, end)

    @precondition(loud)
    @rule(pick=PICKS)
    def write_on_top(self, pick: int) -> None:
        for note in self.note(pick):
            self.person.write_on_top(note)

    @precondition(loud)
    @rule(pick=PICKS, place=PICKS, inside=st.booleans())
    def write_between(self, pick: int, place: int, inside: bool) -> None:
        for note in self.note(pick):
            self.person.write_between(note, place, inside)

    @precondition(loud)
    @rule(pick=PICKS)
    def add_property(self, pick: int) -> None:
        for note in self.note(pick):
            self.person.add_property(note)

    def note(self, pick: int) -> list[Path]:
        """One of the notes; none where there are none."""
        notes = self.person.notes()
        if notes:
            self.whole = False
        return [notes[pick % len(notes)]] if notes else []

    # What the program does

    @rule()
    def export(self) -> None:
        assert self.run() == 0
        check_words(self.person)
        reader = VaultReader(self.person.vault)
        for talk in self.talks:
            check_talk(reader, talk)
            talk.indexed = True
            for said in talk.there.values():
                said.exported, said.edited = True, False
        check_links(reader, self.talks)
        self.whole, self.lost = True, False

    @precondition(lambda self: self.whole)
    @rule()
    def export_again(self) -> None:
        before = picture(self.person.vault)
        assert self.run() == 0
        assert picture(self.person.vault) == before

    @rule(moment=st.integers(100, 2_500))
    def export_killed(self, moment: int) -> None:
        assert self.run(killed_at=moment) in (0, -signal.SIGKILL)
        check_words(self.person)
        self.whole = False

    @rule()
    def lose_cache(self) -> None:
        for file in (self.home / "data").glob("*.sqlite*"):
            file.unlink()
        for said in (said for talk in self.talks for said in talk.there.values()):
            said.shown = said.shown and not said.edited
        self.whole, self.lost = False, True

    def compare(self) -> None:
        """The vault is that of a first export, byte for byte."""
        if self.quiet:
            found = VaultReader(self.person.vault).picture()
            shutil.rmtree(self.home)
            self.exporter.home_at(self.home)
            assert self.run() == 0
            assert found == VaultReader(self.person.vault).picture()


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    with SandboxProcess() as sandbox:
        yield Exporter.on(sandbox, tmp_path_factory.mktemp("login"), PIECES)


@pytest.mark.timeout(60 + 30 * MANY)
def test_no_message_and_no_word_is_lost_whatever_happens(exporter: Exporter) -> None:
    Histories.exporter = exporter
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=MANY or SOME,
            stateful_step_count=3 * STEPS if MANY else STEPS,
            derandomize=not MANY,
            database=None,
            deadline=None,
            phases=[Phase.generate],  # making a failing history shorter takes minutes
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.verbose if MANY else Verbosity.normal,
        ),
    )
