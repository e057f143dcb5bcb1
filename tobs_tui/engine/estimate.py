"""What exports would bring, as far as it can be known beforehand: frozen figures, each with how sure it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tobs_tui.model import ChatKind


class Sure(StrEnum):
    """How sure a figure is. What can't be known has no figure."""

    EXACT = "exact"
    ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and how sure it is."""

    value: int = 0
    sure: Sure = Sure.EXACT

    def __add__(self, other: Figure) -> Figure:
        exact = self.sure is other.sure is Sure.EXACT
        return Figure(self.value + other.value, Sure.EXACT if exact else Sure.ABOUT)


NONE = Figure()


def about(value: float) -> Figure:
    """A figure that is worked out from a part."""
    return Figure(round(value), Sure.ABOUT)


def total(figures: Iterable[Figure]) -> Figure:
    """The sum; exact when each figure is."""
    return sum(figures, NONE)


@dataclass(frozen=True, slots=True)
class KindEstimate:
    """Messages of one kind, the files among them that the options take, the bytes of these, and the requests for their parts.

    `kind` is a kind of files, or `link`. A message may be of two kinds.
    """

    kind: str
    messages: Figure
    files: Figure = NONE
    bytes: Figure = NONE
    parts: Figure = NONE


@dataclass(frozen=True, slots=True)
class ChatEstimate:
    """One chat. `chat_id` is bare, `title` cleaned for a screen.

    `messages` are those that would be written, `requests` pages to read them, parts of files and hashes. `uncounted` are kinds of files
    that the options take and that Telegram doesn't count, `waiting` files of earlier runs that aren't there yet. `why` says why nothing
    is known of the chat. `beside` is the bare id of the chat that it would come along with, 0 for none.
    """

    chat_id: int
    title: str
    kind: ChatKind
    messages: Figure = NONE
    files: Figure = NONE
    bytes: Figure = NONE
    requests: Figure = NONE
    pages: Figure = NONE
    kinds: tuple[KindEstimate, ...] = ()
    uncounted: tuple[str, ...] = ()
    waiting: KindEstimate | None = None
    beside: int = 0
    why: str = ""

    def summed(self) -> ChatEstimate:
        """With `files`, `bytes` and `requests` from the rest. One request for hashes goes with each part."""
        kinds = self.with_files()
        files, size = total(each.files for each in kinds), total(each.bytes for each in kinds)
        if self.uncounted:
            files, size = about(files.value), about(size.value)
        parts = total(each.parts for each in kinds)
        return replace(self, files=files, bytes=size, requests=self.pages + parts + parts)

    def with_files(self) -> tuple[KindEstimate, ...]:
        """The kinds, and what waits since earlier runs."""
        return (*self.kinds, *([self.waiting] if self.waiting else ()))


@dataclass(frozen=True, slots=True)
class Pace:
    """What is granted or was measured of late, per second; None where nothing is known."""

    pages: float | None = None
    messages: float | None = None
    bytes: float | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """All chats together, as far as they were asked.

    `requests` are pages, parts and hashes. `message_seconds` and `file_seconds` run beside each other, at the present pace; None where no
    pace is known. `left` are the bytes that the disk has room for besides the reserve (negative when that is touched already), and `enough`
    says whether the files fit; None where the disk doesn't tell.
    """

    messages: Figure = NONE
    kinds: tuple[KindEstimate, ...] = ()
    uncounted: tuple[str, ...] = ()
    files: Figure = NONE
    bytes: Figure = NONE
    requests: Figure = NONE
    message_seconds: float | None = None
    file_seconds: float | None = None
    left: int | None = None
    enough: bool | None = None


@dataclass(frozen=True, slots=True)
class ExportEstimate:
    """What is known so far: `asked` of `chats` were asked. `ticket` is that of the command, `vault` the folder that would be written."""

    ticket: int = 0
    vault: str = ""
    asked: int = 0
    chats: int = 0
    each: tuple[ChatEstimate, ...] = ()
    totals: Totals = field(default_factory=Totals)

    @property
    def complete(self) -> bool:
        return self.asked == self.chats


def totals_of(each: Iterable[ChatEstimate], pace: Pace, left: int | None) -> Totals:
    """All chats together. Where several have files, the bytes are no more than about known: a file that they all show comes once."""
    chats = tuple(each)
    messages, pages = total(chat.messages for chat in chats), total(chat.pages for chat in chats)
    size = total(chat.bytes for chat in chats)
    if sum(bool(chat.bytes.value) for chat in chats) > 1:
        size = about(size.value)
    return Totals(
        messages=messages,
        kinds=_by_kind(kind for chat in chats for kind in chat.with_files()),
        uncounted=tuple(sorted({kind for chat in chats for kind in chat.uncounted})),
        files=total(chat.files for chat in chats),
        bytes=size,
        requests=total(chat.requests for chat in chats),
        message_seconds=_seconds((messages.value and pages.value, pace.pages), (messages.value, pace.messages)),
        file_seconds=_seconds((size.value, pace.bytes)),
        left=left,
        enough=None if left is None else size.value <= left,
    )


def _by_kind(kinds: Iterable[KindEstimate]) -> tuple[KindEstimate, ...]:
    found: dict[str, KindEstimate] = {}
    for one in kinds:
        if other := found.get(one.kind):
            sums = (other.messages + one.messages, other.files + one.files, other.bytes + one.bytes, other.parts + one.parts)
            found[one.kind] = KindEstimate(one.kind, *sums)
        else:
            found[one.kind] = one
    return tuple(found.values())


def _seconds(*ways: tuple[int, float | None]) -> float | None:
    """By the first way whose pace is known; nothing takes no time at any pace."""
    if not ways[0][0]:
        return 0.0
    return next((amount / pace for amount, pace in ways if pace), None)
