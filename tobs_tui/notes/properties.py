"""Properties of notes (front matter): flat YAML of Obsidian's own types, written by PyYAML.

Strings that another reader of YAML might take for something else are always quoted: Obsidian reads YAML 1.2, PyYAML
writes 1.1, and they differ on `1e3` or `0o17`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import yaml

Value = str | int | bool | datetime | Sequence[str]

_WORDS = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z]{3,})*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_NOT_WORDS = frozenset({"yes", "off", "true", "false", "null", "nan", "inf"})


class _Key(str):
    """A key: one of our own plain words."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe dumper, with our quotes and Obsidian's form of dates."""


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = _WORDS.match(text) and text.lower() not in _NOT_WORDS
    # PyYAML writes emoji as escapes between double quotes, and folds line breaks between single ones.
    quote = "'" if max(text, default="") > "\uffff" and not _CONTROL.search(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else quote)


def _key(dumper: yaml.SafeDumper, key: _Key) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(key))


def _date(dumper: yaml.SafeDumper, when: datetime) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", when.strftime("%Y-%m-%dT%H:%M:%S"))


_Dumper.add_representer(str, _string)
_Dumper.add_representer(_Key, _key)
_Dumper.add_representer(datetime, _date)


def front_matter(properties: Mapping[str, Value]) -> str:
    """The properties between their rules, with the blank line that follows. Dates are written as the reader's local time."""
    listed = {_Key(key): list(value) if isinstance(value, tuple) else value for key, value in properties.items()}
    body = yaml.dump(listed, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31, default_flow_style=None)
    return f"---\n{body}---\n\n"


def properties_of(note: str) -> dict[str, Value]:
    """The properties at a note's head, none where they can't be read: a person may have changed them."""
    if not note.startswith("---\n") or "\n---\n" not in note:
        return {}
    try:
        found = yaml.safe_load(note[4:].partition("\n---\n")[0])
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


@lru_cache(maxsize=1024)
def period_head(telegram_id: int, chat_name: str, period: str, topic: int = 0) -> str:
    """What opens a note of a month, a day or a whole chat: only what never changes. `topic` is a forum's."""
    facts: dict[str, Value] = {"telegram_id": telegram_id}
    if topic:
        facts["telegram_topic"] = topic
    return front_matter({**facts, "telegram_chat": f"[[{chat_name}]]", "period": period, "tags": ("telegram",)})


def post_head(telegram_id: int, chat_name: str, message_id: int, when: datetime) -> str:
    """What opens the note of a post."""
    facts: dict[str, Value] = {"telegram_id": telegram_id, "telegram_chat": f"[[{chat_name}]]", "message_id": message_id, "date": when}
    return front_matter({**facts, "tags": ("telegram",)})
