"""Any sequence of exports, of what happens in a chat, of what a person does to the notes, of kills and lost caches: no message is missing,
none comes twice, no word of the person's is gone, and every edit arrives.

A seeded few with the tests. For 200 others, each of up to 30 steps::

    TOBS_HISTORIES=200 python -m pytest tests/engine/test_note_histories.py --timeout 7200
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from tests.engine.conftest import driver_on
from tests.engine.export_child import paths_in, run
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.model import Deleted, ExportOptions, Layout
from tobs_tui.settings import PipelineSettings, Settings

T = TypeVar("T")
EXAMPLES = int(os.environ.get("TOBS_HISTORIES", "0"))
seldom = settings(
    max_examples=EXAMPLES or 4,
    stateful_step_count=30 if EXAMPLES else 12,
    derandomize=not EXAMPLES,
    deadline=None,
    print_blob=False,
    database=None,
    phases=[Phase.generate],  # making a failing history shorter takes minutes
    suppress_health_check=list(HealthCheck),
)
# Every flush and checkpoint that a few messages can have.
OFTEN = PipelineSettings(flush_messages=2, flush_bytes=512, flush_seconds=0.02)
KINDS = (("supergroup", Layout.DAY), ("channel", Layout.POST), ("private", Layout.CHAT), ("group", Layout.MONTH))
MINUTE, DAY = 60, 86_400
# As many days of messages the sandbox gets before it starts anew: dates end in 2038.
DAYS = 2_000
# A small export takes about so many steps of the disk.
STEPS = 900

_spawn = multiprocessing.get_context("forkserver")
_spawn.set_forkserver_preload(["tests.engine.export_child"])
anywhere = st.integers(0, 10_000)


@dataclass
class Stage:
    """An account, its login, and a new home and chat for each history."""

    sandbox: SandboxProcess
    folder: Path
    numbers: Iterator[int] = field(default_factory=count)
    days: int = 0

    def home(self) -> Path:
        home = self.folder / f"home {next(self.numbers)}"
        shutil.copytree(self.folder / "login", home / "data")
        return home

    def chat(self, kind: str) -> tuple[int, str]:
        """A new chat's marked id and title."""
        if self.days > DAYS:
            self.sandbox.restart()
            self.days = 0
        title = f"History {next(self.numbers)}"
        return self.sandbox.world(add_chat={"title": title, "kind": kind})["add_chat"], title


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("histories")
    with SandboxProcess() as sandbox:
        with driver_on(sandbox, folder) as driver:
            driver.ready()
        (folder / "login").mkdir()
        for session in paths_in(folder).data.glob("*.session"):
            shutil.copy(session, folder / "login")
        yield Stage(sandbox, folder)


def where_notes_are(step: Callable[..., None]) -> Callable[..., None]:
    """A step that is nothing before there is a note. It is no precondition: when a kill came isn't the same each time, and what Hypothesis
    chooses from must be."""

    @wraps(step)
    def taken(self: Histories, **drawn: Any) -> None:
        if self.notes():
            step(self, **drawn)

    return taken


class Histories(RuleBasedStateMachine):
    """One chat, its notes, and what must be in them.

    `said` is what Telegram shows: texts by ids. `kept` are ids that the last whole export left in the vault, `maybe` ones that were
    deleted at Telegram before a whole export saw them, `away` ones of notes that the person deleted, `either` such ones that no
    cache may know of, `pending` edits that no whole export
    has seen, `stale` ones that a lost cache hides. `words` are the person's.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.home = stage.home()
        self.numbers = count()
        self.said: dict[int, str] = {}
        self.kept: set[int] = set()
        self.maybe: set[int] = set()
        self.away: set[int] = set()
        self.either: set[int] = set()
        self.pending: set[int] = set()
        self.stale: set[int] = set()
        self.words: set[str] = set()
        self.blind = False

    @initialize(kind=st.sampled_from(KINDS), some=st.integers(1, 6))
    def begin(self, kind: tuple[str, Layout], some: int) -> None:
        self.chat, self.title = self.stage.chat(kind[0])
        self.options = ExportOptions(str(self.home / "vault"), kind[1], timezone="UTC", articles=False)
        self.say(some, DAY, False, 0)

    # What happens in the chat

    @rule(some=st.integers(1, 4), pause=st.sampled_from((MINUTE, DAY)), answer=st.booleans(), at=anywhere)
    def say(self, some: int, pause: int, answer: bool, at: int) -> None:
        for _ in range(some):
            text = self.new("said")
            more = {"reply_to": self.pick(self.said, at)} if answer and self.said else {}
            added = self.stage.sandbox.world(add_message={"chat": self.chat, "text": f"{text}\n\nand on", "pause": pause, **more})
            self.said[added["add_message"][0]] = text
            self.stage.days += pause == DAY

    @precondition(lambda self: self.said)
    @rule(at=anywhere)
    def edit(self, at: int) -> None:
        id, text = self.pick(self.said, at), self.new("edited")
        self.stage.sandbox.world(edit={"chat": self.chat, "id": id, "text": f"{text}\n\nand on"})
        self.said[id] = text
        self.pending.add(id)
        (self.stale.add if self.blind else self.stale.discard)(id)

    @precondition(lambda self: self.said)
    @rule(at=anywhere)
    def react(self, at: int) -> None:
        self.stage.sandbox.world(react={"chat": self.chat, "id": self.pick(self.said, at), "emoji": "🔥", "count": next(self.numbers) + 1})

    @precondition(lambda self: len(self.said) > 1)
    @rule(at=anywhere)
    def delete(self, at: int) -> None:
        id = self.pick(self.said, at)
        self.stage.sandbox.world(delete={"chat": self.chat, "ids": [id]})
        del self.said[id]
        if id not in self.kept:
            self.maybe.add(id)

    # What a person does

    @rule(at=anywhere, line=st.one_of(st.just(0), anywhere), whole=st.booleans())
    @where_notes_are
    def write(self, at: int, line: int, whole: bool) -> None:
        """A line of their own: at the top, between any two others, or at the end, where it may lack its line break."""
        note = self.pick(self.notes(), at)
        head, body = split(note.read_text())
        lines = body.splitlines(keepends=True)
        place = line % (len(lines) + 1)
        word = self.new("Mine")
        own = f"{word}\n" if whole or place < len(lines) else word
        if place and not lines[place - 1].endswith("\n"):
            own = f"\n{own}"
        note.write_text(head + "".join((*lines[:place], own, *lines[place:])))
        self.words.add(word)

    @rule(at=anywhere)
    @where_notes_are
    def add_property(self, at: int) -> None:
        note = self.pick(self.notes(), at)
        head, body = split(note.read_text())
        word = self.new("Mine")
        note.write_text(head.removesuffix("---\n") + f"own{word}: {word}\n---\n{body}")
        self.words.add(f": {word}")

    @rule(at=anywhere, far=st.booleans())
    @where_notes_are
    def move(self, at: int, far: bool) -> None:
        note = self.pick(self.notes(), at)
        folder = self.vault / "Elsewhere" if far else note.parent
        folder.mkdir(exist_ok=True)
        note.rename(folder / f"{self.new('Moved')}.md")

    @rule(at=anywhere)
    @where_notes_are
    def throw_away(self, at: int) -> None:
        note = self.pick(self.notes(), at)
        ids = set(VaultReader(self.vault).block_ids(note.relative_to(self.vault).as_posix()))
        known = set() if self.blind else self.kept
        self.away |= ids & known
        self.either |= ids - known
        self.words -= {word for word in self.words if word in note.read_text()}
        note.unlink()

    # What the program does, and what befalls it

    @rule(restore=st.booleans(), deleted=st.sampled_from(Deleted))
    def export(self, restore: bool, deleted: Deleted) -> None:
        assert self.run_export(replace(self.options, restore=restore, deleted=deleted)) == 0
        self.check(restore)

    @rule(moment=st.integers(1, STEPS), deleted=st.sampled_from(Deleted))
    def export_killed(self, moment: int, deleted: Deleted) -> None:
        code = self.run_export(replace(self.options, deleted=deleted), moment)
        assert code in (0, -9)
        if code == 0:
            self.check(restore=False)

    @rule()
    def lose_cache(self) -> None:
        for file in (self.home / "data").glob("*.sqlite*"):
            file.unlink()
        self.blind = True
        self.either |= self.away
        self.away.clear()
        self.stale |= self.pending

    # What must hold

    @invariant()
    def no_word_is_gone(self) -> None:
        whole = "".join(note.read_text() for note in self.vault.rglob("*.md"))
        assert {word: whole.count(word) for word in self.words} == dict.fromkeys(self.words, 1)

    def check(self, restore: bool) -> None:
        """After an export that came to its end."""
        reader = VaultReader(self.vault)
        found = Counter(id for path in reader.notes for id in reader.block_ids(path))
        assert [id for id, times in found.items() if times > 1] == []
        assert [path for path in reader.notes if reader.block_ids(path) != sorted(reader.block_ids(path))] == []
        assert sorted((self.said.keys() | self.kept) - self.away - self.either - found.keys()) == []
        assert sorted(found.keys() - self.said.keys() - self.kept - self.maybe) == []
        if restore:
            assert sorted(self.said.keys() - found.keys()) == []
        else:
            assert sorted(self.away & found.keys()) == []
        texts = "".join(reader.notes.values())
        assert [text for id, text in self.said.items() if id in found and id not in self.stale and text not in texts] == []
        self.kept, self.away = set(found), (self.away | self.either) - found.keys()
        self.maybe.clear()
        self.either.clear()
        self.pending.clear()
        self.blind = False

    def teardown(self) -> None:
        """At last one more run, and another one that changes no byte."""
        if self.said:
            self.export(restore=False, deleted=Deleted.KEEP)
            written = self.times()
            self.export(restore=False, deleted=Deleted.KEEP)
            assert self.times() == written
        shutil.rmtree(self.home)

    # Tools

    @property
    def vault(self) -> Path:
        return self.home / "vault"

    def notes(self) -> list[Path]:
        """The notes with messages; the index is the program's."""
        return sorted(note for note in self.vault.rglob("*.md") if note.stat().st_size and "telegram_kind:" not in note.read_text())

    def times(self) -> dict[str, int]:
        return {str(note): note.stat().st_mtime_ns for note in self.notes()}

    def run_export(self, options: ExportOptions, killed_at: int = 0) -> int | None:
        """An export of the chat in a process of its own; returns its exit code."""
        configured = Settings(telegram=self.stage.sandbox.telegram_settings(), pipeline=OFTEN)
        process = _spawn.Process(target=run, args=(self.home, configured, options, (str(self.chat),), killed_at))
        process.start()
        process.join()
        return process.exitcode

    def pick(self, things: Iterable[T], at: int) -> T:
        several = list(things)
        return several[at % len(several)]

    def new(self, word: str) -> str:
        """A word that comes once."""
        return f"{word}{next(self.numbers)}x"


def split(text: str) -> tuple[str, str]:
    """A note's properties with the lines around them, and the rest."""
    end = text.find("\n---\n", 4)
    return (text[: end + 5], text[end + 5 :]) if text.startswith("---\n") and end >= 0 else ("", text)


@pytest.mark.timeout(max(120, 60 * EXAMPLES))
def test_whatever_happens_nothing_is_missing_and_nothing_comes_twice(stage: Stage) -> None:
    class OnStage(Histories):
        def __init__(self) -> None:
            super().__init__(stage)

    run_state_machine_as_test(OnStage, settings=seldom)
