"""The index note of a chat: what it is, where its messages are, and every file that is missing with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from tobs_tui.model import Chat, bare_id
from tobs_tui.notes.escape import escape, escape_start, one_line
from tobs_tui.notes.layout import NotePlace, chat_folder, topic_folder
from tobs_tui.notes.properties import Value, front_matter
from tobs_tui.notes.text import markdown

_RELATION = re.compile(r"- (?:Earlier history|Continued in|Comments|Comments on): \[\[[^\]]*\]\]\Z")
_EXPORTED = re.compile(r"^exported: .*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MissingFile:
    """A file that isn't in the vault: its name, why, and the message (with its note's path) that shows it."""

    name: str
    reason: str
    note: str
    message_id: int


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """A topic of a forum: the name of its folder, its title (uncleaned), and in a word what is special about it (empty for nothing)."""

    name: str
    title: str
    state: str = ""


class Relation(StrEnum):
    """What another chat is to this one; the value stands in the index note."""

    BEFORE = "Earlier history"
    AFTER = "Continued in"
    COMMENTS = "Comments"
    CHANNEL = "Comments on"


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """What an index note tells.

    `name` is the chat's safe name in the vault, `notes` the paths of its notes in order, `timezone` an IANA name. `first_date`,
    `last_date` (0 where there are no messages) and `exported` are Unix seconds. `description` is the sender's, uncleaned. `topics` are
    those of a forum that have notes or may get some, in the order in which they are shown. `related` are other chats that have an index
    note, by the names of these.
    """

    chat: Chat
    name: str
    timezone: str
    notes: tuple[str, ...]
    messages: int
    media_files: int
    missing: tuple[MissingFile, ...]
    first_date: int
    last_date: int
    exported: float
    complete: bool
    description: str = ""
    topics: tuple[TopicFacts, ...] = ()
    related: tuple[tuple[Relation, str], ...] = ()


def index_note(facts: IndexFacts) -> str:
    """The whole index note."""
    parts = [f"# {escape(one_line(facts.chat.title) or facts.name)}"]
    if facts.related:
        parts.append("\n".join(sorted(relation_line(*each) for each in facts.related)))
    if facts.description:
        parts.append(markdown(facts.description))
    parts += _notes(facts)
    if facts.missing:
        parts.append("## Missing files\n\n" + "\n".join(map(_missing, facts.missing)))
    return front_matter(_properties(facts)) + "\n\n".join(parts) + "\n"


def relation_line(relation: Relation, name: str) -> str:
    """The line that leads to a chat's index note."""
    return f"- {relation.value}: [[{name}]]"


def with_relation(text: str, line: str) -> str:
    """An index note with one more such line behind its heading, unless it is there; the same as one that was made with it."""
    head, heading, rest = text.partition("\n# ")
    title, _, body = rest.partition("\n")
    if not heading or line in body.splitlines():
        return text
    block, _, behind = body.lstrip("\n").partition("\n\n")
    ours = [each for each in block.strip().splitlines() if _RELATION.match(each)]
    behind = behind if ours else body.lstrip("\n")
    lines = "\n".join(sorted({*ours, line}))
    return f"{head}{heading}{title}\n\n{lines}\n" + (f"\n{behind}" if behind else "")


def _notes(facts: IndexFacts) -> list[str]:
    """Links to the notes, in a forum topic by topic."""
    folders: dict[str, list[str]] = {}
    for path in facts.notes:
        folders.setdefault(path.rpartition("/")[0], []).append(f"- [[{NotePlace(path, '').stem}]]")
    topics = [(topic, folders.pop(topic_folder(chat_folder(facts.name), topic.name), [])) for topic in facts.topics]
    own = [line for lines in folders.values() for line in lines]
    parts = ["## Notes\n\n" + "\n".join(own)] if own else []
    shown = [_topic(topic, lines) for topic, lines in topics if lines]
    return [*parts, "## Topics", *shown] if shown else parts


def _topic(topic: TopicFacts, notes: list[str]) -> str:
    state = f" ({topic.state})" if topic.state else ""
    return f"### {escape(one_line(topic.title) or topic.name)}{state}\n\n" + "\n".join(notes)


def _properties(facts: IndexFacts) -> dict[str, Value]:
    zone = ZoneInfo(facts.timezone)
    chat, title = facts.chat, one_line(facts.chat.title)
    found: dict[str, Value] = {"telegram_id": bare_id(chat.id), "telegram_kind": chat.kind.value}
    if chat.link:
        found["telegram_link"] = chat.link
    found["aliases"] = (title,) if title and title != facts.name else ()
    found |= {"tags": ("telegram",), "timezone": facts.timezone, "messages": facts.messages, "media_files": facts.media_files}
    found["missing_media"] = len(facts.missing)
    if facts.messages:
        found["first_message"] = datetime.fromtimestamp(facts.first_date, zone)
        found["last_message"] = datetime.fromtimestamp(facts.last_date, zone)
    return found | {"exported": datetime.fromtimestamp(facts.exported, zone), "complete": facts.complete}


def _missing(file: MissingFile) -> str:
    target = f"{NotePlace(file.note, '').stem}#^m{file.message_id}"
    return f"- {escape_start(one_line(file.name))}: {escape(one_line(file.reason))} ([[{target}|message]])"


def same_but_exported(old: str, new: str) -> bool:
    """Whether two index notes differ in nothing but when they were written."""
    return _EXPORTED.sub("", old, count=1) == _EXPORTED.sub("", new, count=1)
