"""How a chat of the demo account comes about: a clock that moves on, people who talk, and what is special about each chat."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from tobs_tui.sandbox.generator import Draft
from tobs_tui.sandbox.media import MediaMaker
from tobs_tui.sandbox.phrases import ANSWERS, sentence, utterance
from tobs_tui.sandbox.seeding import rng
from tobs_tui.sandbox.texts import Rich, bold, code, compose, hashtag, italic, link

START = 1_711_929_600
"""1 April 2024, 00:00 UTC: the account's first message comes after it."""

END = 1_751_308_200
"""30 June 2025, 18:30 UTC: nothing is newer."""

EVERYDAY = ("report.pdf", "notes.txt", "data.csv", "slides.odp", "Отчёт 2025.docx", "main.rs")
MIMES = {".txt": "text/plain", ".csv": "text/csv", ".rs": "text/plain", ".pdf": "application/pdf", ".png": "image/png"}

PAUSES = 0.15
"""How often somebody lets the others wait: after every seventh message or so."""

EMOJI = ("👍", "❤", "🔥", "🎉", "😁", "🤔")


class Scene:
    """Writes one chat's drafts in the order of time, from `begin` to `finish` (Unix seconds)."""

    def __init__(self, seed: int, chat_id: int, media: MediaMaker, people: Sequence[int], *, begin: int = START, finish: int = END) -> None:
        self.chat_id = chat_id
        self.media = media
        self.people = people
        self.drafts: list[Draft] = []
        self.chance: random.Random = rng(seed, "scene", chat_id)
        self._finish = finish
        self.later = 0
        self._now = begin + self.chance.randrange(60, 86_400)

    @property
    def now(self) -> int:
        """The date of the next message."""
        return self._now

    def at(self, date: int) -> None:
        """Moves the clock on to a date, unless it is later already."""
        self._now = max(self._now, date)

    def say(self, text: str | Rich = "", sender: int | None = None, **facts: Any) -> Draft:
        """One message now; the clock moves on by some seconds."""
        rich = text if isinstance(text, Rich) else Rich(text)
        draft = Draft(self._now, self.someone() if sender is None else sender, rich, **facts)
        self.drafts.append(draft)
        self._now += self.chance.randrange(1, 240)
        return draft

    def someone(self) -> int:
        return self.chance.choice(self.people)

    def pause(self, left: int, often: float = 1.0) -> None:
        """Moves the clock on by what leaves enough time for the messages that are left, of which every one in 1/`often` follows a pause."""
        room = max(0, self._finish - self._now - 250 * (left + 1))
        self._now += int(min(3.0, self.chance.expovariate(1.0)) * room / max(3.0, left * often))

    def chat(self, count: int, *, pictures: float = 0.03, documents: float = 0.012) -> None:
        """`count` messages of people who talk, answer and sometimes send a photo or a file; some were deleted later.

        `self.later` says about how many messages are still to come after them.
        """
        for left in range(count, 0, -1):
            if self.chance.random() < PAUSES:
                self.pause(left + self.later, PAUSES)
            self._one(pictures, documents)

    def _one(self, pictures: float, documents: float) -> None:
        kind = self.chance.random()
        if kind < pictures:
            self.photo()
        elif kind < pictures + documents:
            self.any_file()
        else:
            self._talk()

    def _talk(self) -> None:
        answered = self.chance.choice(self.drafts[-12:]) if self.drafts and self.chance.random() < 0.18 else None
        draft = self.say(self._words(), reply=answered)
        if answered is not None and self.chance.random() < 0.2 and len(answered.rich.text) > 10 and not answered.rich.entities:
            draft.quote = answered.rich.text[: self.chance.randrange(5, 40)].strip()
        self._fate(draft)

    def _fate(self, draft: Draft) -> None:
        """What happened to a message after it was sent."""
        if self.chance.random() < 0.04:
            draft.deleted = True
        if self.chance.random() < 0.05:
            draft.edited = draft.date + self.chance.randrange(20, 4000)
        if self.chance.random() < 0.12:
            given = self.chance.sample(EMOJI, self.chance.choice((1, 1, 2)))
            draft.reactions = tuple((emoji, self.chance.randrange(1, 9)) for emoji in given)

    def _words(self) -> Rich:
        text = utterance(self.chance)
        style = self.chance.random()
        if style < 0.8:
            return Rich(text)
        first = sentence(self.chance)
        return self.chance.choice(
            (
                compose(bold(first), " ", text),
                compose(text, " ", italic(first)),
                compose("See ", link("https://example.org/wiki/Main_Page#History", "this page"), ": ", text),
                compose(text, "\n", hashtag("#later")),
                compose("Try ", code("cargo build --release"), " first. ", text),
            )
        )

    def photo(self, text: str | Rich | None = None, **facts: Any) -> Draft:
        """A photo, every second one with a caption."""
        size = self.chance.randrange(14_000, 140_000)
        media = self.media.photo(self._now, size, progressive=self.chance.random() < 0.6)
        caption = text if text is not None else self.chance.choice(("", sentence(self.chance)))
        return self.say(caption, media=media, **facts)

    def album(self, count: int, caption: str | Rich = "", sender: int | None = None, **facts: Any) -> list[Draft]:
        """Photos that belong together: one date, one group, the caption at the first."""
        group = self.chance.getrandbits(52) << 8 | 1
        who = self.someone() if sender is None else sender
        date = self._now
        members = []
        for i in range(count):
            media = self.media.photo(date, self.chance.randrange(14_000, 90_000))
            members.append(self.say(caption if i == 0 else "", who, media=media, album=group, **facts))
            members[-1].date = date
        return members

    def any_file(self, **facts: Any) -> Draft:
        """A document with an everyday name."""
        return self.file(self.chance.choice(EVERYDAY), self.chance.randrange(2_000, 60_000), **facts)

    def file(self, name: str | None, size: int, **facts: Any) -> Draft:
        """A document (None: without a name), of `size` bytes unless its name says that it is a text: those can be read."""
        mime = MIMES.get(PurePosixPath(name or "").suffix, "application/octet-stream")
        head = "\n".join(sentence(self.chance) for _ in range(40)).encode() if mime.startswith("text/") else b""
        media = self.media.document(self._now, len(head) or size, name, mime, head)
        return self.say(facts.pop("text", ""), media=media, **facts)

    def delete_run(self, count: int) -> None:
        """Messages that were all deleted: a hole of that many ids."""
        for _ in range(count):
            self.say(self.chance.choice(ANSWERS), deleted=True)
