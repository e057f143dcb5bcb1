"""From a page of messages to all that an export would bring: pure functions of what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tobs_tui.content import MediaKind, PaidMedia, RemoteFile, WebPage
from tobs_tui.engine.estimate import Figure, KindEstimate, Pace, about
from tobs_tui.metrics import MetricsSnapshot, RateSnapshot
from tobs_tui.model import EntityKind, ExportOptions, Message
from tobs_tui.notes.files import left_out
from tobs_tui.notes.layout import media_path
from tobs_tui.pipeline.parts import PART

if TYPE_CHECKING:
    from tobs_tui.telegram.counters import Count, Look

LINK, PAID = "link", "paid media"
HISTORY = "messages.getHistory"
_UNCOUNTED = (MediaKind.STICKER, MediaKind.CUSTOM_EMOJI, MediaKind.PROFILE_PHOTO)
_ADDRESSES = (EntityKind.URL, EntityKind.TEXT_LINK)
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The ids that an export would read: ranges (after, up to), rising and apart. `marks` tell up to which id single topics of a forum were
    read already. `narrowed` says that all this isn't the whole chat."""

    ranges: tuple[tuple[int, int], ...]
    narrowed: bool
    marks: Mapping[int, int] = field(default_factory=dict)

    def of(self, messages: Iterable[Message]) -> list[Message]:
        """Those of the messages that are wanted."""
        return [message for message in messages if self._inside(message.id) and message.id > self.marks.get(message.topic, 0)]

    def _inside(self, id: int) -> bool:
        return any(after < id <= last for after, last in self.ranges)

    def seen_whole(self, look: Look) -> bool:
        """Whether a look saw everything that is wanted."""
        return look.complete or not self.ranges or look.oldest <= self.ranges[0][0] + 1

    def below(self, id: int) -> int:
        """How many ids below this one are wanted, whether they have a message or not."""
        return sum(max(0, min(last, id - 1) - after) for after, last in self.ranges)


def wanted_ids(front: int, since: int, top: int, holes: Iterable[tuple[int, int]] = (), *, until: bool = False) -> Wanted:
    """What lies above `front` and in the holes below it, above the last id before `since`, up to `top`."""
    ranges = [(max(after, since), min(last, top)) for after, last in (*sorted(holes), (front, top))]
    return Wanted(tuple(each for each in ranges if each[0] < each[1]), narrowed=bool(front or since or until))


def how_many(look: Look, wanted: Wanted, in_all: Count) -> Figure:
    """How many messages are wanted, of which a look saw the newest: all seen, all counted, or worked out from how densely they lie."""
    if not wanted.narrowed:
        return Figure(in_all.messages) if in_all.exact else about(in_all.messages)
    seen = len(wanted.of(look.messages))
    if wanted.seen_whole(look):
        return Figure(seen)
    if look.short:
        return about(seen)
    span = max(message.id for message in look.messages) - look.oldest + 1 if look.messages else 1
    return about(min(in_all.messages, seen + wanted.below(look.oldest) * len(look.messages) / span))


def of_kind(kind: str, look: Look, wanted: Wanted, in_all: Count, options: ExportOptions) -> KindEstimate:
    """The messages of one kind, of which a look saw the newest, and their files by the mean of those seen."""
    amount = how_many(look, wanted, in_all)
    chosen = wanted.of(look.messages)
    seen = chosen or look.messages
    sample = files_among(kind, seen, amount, options)
    if amount == Figure(len(chosen)):
        return sample if chosen else KindEstimate(kind, amount)
    factor = amount.value / max(1, len(seen))
    scaled = (about(figure.value * factor) for figure in (sample.files, sample.bytes, sample.parts))
    return KindEstimate(kind, amount, *scaled)


def files_among(kind: str, messages: Iterable[Message], amount: Figure, options: ExportOptions) -> KindEstimate:
    """The files that the options take of these messages. The bytes of one that several show come once."""
    taken = [file for message in messages for file in _files(message) if _is(kind, file) and _taken(message, file, options)]
    sizes = {file.key: file.size for file in taken}
    return KindEstimate(kind, amount, Figure(len(taken)), Figure(sum(sizes.values())), Figure(sum(map(parts_of, sizes.values()))))


def parts_of(size: int) -> int:
    """The requests for a file; where it ends on a border of parts, one more looks behind its end (see pipeline/parts.py)."""
    return size // PART + 1


def _files(message: Message) -> tuple[RemoteFile, ...]:
    match message.content:
        case RemoteFile() as file:
            return (file,)
        case PaidMedia(files=files):
            return files
        case WebPage(picture=RemoteFile() as picture):
            return (picture,)
    return ()


def _is(kind: str, file: RemoteFile) -> bool:
    """Whether a file belongs to a kind: a photo with an address in its caption is a photo, though its message counts twice."""
    return kind == (LINK if file.kind is MediaKind.WEB_PICTURE else file.kind) or kind == PAID


def _taken(message: Message, file: RemoteFile, options: ExportOptions) -> bool:
    return not left_out(file, options, media_path("", message, file, _UTC))


def uncounted(options: ExportOptions) -> tuple[str, ...]:
    """Kinds of files that the options take and that Telegram has no counter of."""
    bought = (PAID,) if options.media & {MediaKind.PHOTO, MediaKind.VIDEO} else ()
    return (*(kind.value.replace("_", " ") for kind in _UNCOUNTED if kind in options.media), *bought)


def by_kind(messages: Sequence[Message], options: ExportOptions) -> tuple[KindEstimate, ...]:
    """All kinds among messages that are all known."""
    groups: dict[str, list[Message]] = {}
    for message in messages:
        for kind in kinds_of(message):
            groups.setdefault(kind, []).append(message)
    return tuple(files_among(kind, group, Figure(len(group)), options) for kind, group in sorted(groups.items()))


def kinds_of(message: Message) -> tuple[str, ...]:
    """The kinds that a message counts among: that of its file, and `link` where its text has an address, as Telegram counts."""
    match message.content:
        case RemoteFile(kind=kind):
            kinds: tuple[str, ...] = (kind.value,)
        case PaidMedia():
            kinds = (PAID,)
        case WebPage():
            return (LINK,)
        case _:
            kinds = ()
    return (*kinds, LINK) if any(entity.kind in _ADDRESSES for entity in message.entities) else kinds


def present_pace(metrics: MetricsSnapshot, *, takeout: bool) -> Pace:
    """What is granted by the pace that floods taught, and what was measured in the last minute."""
    pages = [each.limit / each.seconds for each in metrics.budgets if each.method == HISTORY and each.takeout == takeout and each.limit]
    return Pace(min(pages, default=None), _measured(metrics.messages), _measured(metrics.media))


def _measured(rate: RateSnapshot) -> float | None:
    """The mean from the first second of the last minute in which something came to the last one."""
    busy = [place for place, amount in enumerate(rate.seconds) if amount]
    return sum(rate.seconds) / (busy[-1] - busy[0] + 1) if busy else None
