"""Texts with entities: styles are written as nested calls, offsets are counted in UTF-16 code units.

::

    compose("The ", bold("very ", italic("first")), " 👍 issue")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from telethon.tl import types

EntityMaker = Callable[[int, int], Any]


def units(text: str) -> int:
    """Length of `text` in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


@dataclass(frozen=True, slots=True)
class Styled:
    """A part of a text under one entity; parts nest."""

    make: EntityMaker
    parts: tuple[Part, ...]


Part = str | Styled


@dataclass(frozen=True, slots=True)
class Rich:
    """A text and its entities, in the order of their offsets, outer before inner."""

    text: str
    entities: tuple[Any, ...] = ()


def compose(*parts: Part) -> Rich:
    """Joins the parts into one text with its entities."""
    text: list[str] = []
    entities: list[Any] = []
    _walk(parts, 0, text, entities)
    return Rich("".join(text), tuple(entities))


def _walk(parts: tuple[Part, ...], offset: int, text: list[str], entities: list[Any]) -> int:
    for part in parts:
        if isinstance(part, str):
            text.append(part)
            offset += units(part)
            continue
        place = len(entities)
        end = _walk(part.parts, offset, text, entities)
        entities.insert(place, part.make(offset, end - offset))
        offset = end
    return offset


def _style(maker: EntityMaker) -> Callable[..., Styled]:
    def styled(*parts: Part) -> Styled:
        return Styled(maker, parts)

    return styled


bold = _style(types.MessageEntityBold)
italic = _style(types.MessageEntityItalic)
underline = _style(types.MessageEntityUnderline)
strike = _style(types.MessageEntityStrike)
spoiler = _style(types.MessageEntitySpoiler)
code = _style(types.MessageEntityCode)
url = _style(types.MessageEntityUrl)
mention = _style(types.MessageEntityMention)
hashtag = _style(types.MessageEntityHashtag)
cashtag = _style(types.MessageEntityCashtag)
command = _style(types.MessageEntityBotCommand)
email = _style(types.MessageEntityEmail)
phone = _style(types.MessageEntityPhone)
card = _style(types.MessageEntityBankCard)
unknown = _style(types.MessageEntityUnknown)
quote = _style(types.MessageEntityBlockquote)
folded = _style(partial(types.MessageEntityBlockquote, collapsed=True))


def pre(language: str, *parts: Part) -> Styled:
    """A block of code."""
    return Styled(lambda offset, length: types.MessageEntityPre(offset, length, language), parts)


def link(address: str, *parts: Part) -> Styled:
    """A text with a link behind it."""
    return Styled(lambda offset, length: types.MessageEntityTextUrl(offset, length, address), parts)


def person(user_id: int, *parts: Part) -> Styled:
    """A mention of somebody without a username."""
    return Styled(lambda offset, length: types.MessageEntityMentionName(offset, length, user_id), parts)


def custom(document_id: int, *parts: Part) -> Styled:
    """A custom emoji over its fallback."""
    return Styled(lambda offset, length: types.MessageEntityCustomEmoji(offset, length, document_id), parts)


def overlapping(text: str, *spans: tuple[EntityMaker, int, int]) -> Rich:
    """A text whose entities (maker, offset, length) may overlap without nesting."""
    return Rich(text, tuple(make(offset, length) for make, offset, length in spans))
