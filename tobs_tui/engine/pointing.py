"""What the blocks of notes point at, and the record from which their lines are made again when what they point at is there."""

from __future__ import annotations

from collections.abc import Container, Mapping

import msgspec
from msgspec import Struct, structs

from tobs_tui.engine.albums import Block
from tobs_tui.model import Entity, Forward, Layout, Message, Reply, Sender, Service
from tobs_tui.notes.articles import path_of
from tobs_tui.notes.targets import Target, targets_in
from tobs_tui.pipeline.records import ARTICLE, LinkRecord, LinkTarget


class Words(Struct, frozen=True, gc=False):
    """What of a message the lines with links depend on: all but its content and its reactions."""

    id: int
    date: int
    sender: Sender
    text: str
    entities: tuple[Entity, ...]
    reply: Reply | None
    forward: Forward | None
    edited: int
    via_bot: str
    author: str
    views: int
    service: Service | None = None


class Kept(Struct, frozen=True, gc=False):
    """The record of a block that points at something."""

    block: tuple[Words, ...]
    layout: Layout
    articles: tuple[tuple[int, tuple[str, ...]], ...] = ()


def link_records(
    block: Block, chat_id: int, layout: Layout, note: str, articles: Mapping[int, tuple[str, ...]], there: Container[int]
) -> tuple[LinkRecord, ...]:
    """What a block points at, for the store; nothing for most blocks. `articles` are their addresses by message id; answers to messages
    that are `there` are written already."""
    targets = targets_in(block[0]).union(*map(targets_in, block[1:]))
    linked = {message.id: articles[message.id] for message in block if message.id in articles} if articles else {}
    targets |= {Target(name=ARTICLE + path_of(address)) for addresses in linked.values() for address in addresses}
    reply = block[0].reply
    if reply and not reply.chat_id and reply.message_id not in there:
        targets.add(Target(chat_id, "", reply.message_id))
    if not targets:
        return ()
    kept = Kept(tuple(map(words_of, block)), layout, tuple(linked.items()))
    pointed = tuple(sorted((_pointed(target) for target in targets), key=lambda target: (target.chat_id, target.name, target.message_id)))
    return (LinkRecord(chat_id, block[0].id, note, msgspec.json.encode(kept), pointed),)


def words_of(message: Message) -> Words:
    return Words(*[getattr(message, name) for name in Words.__struct_fields__])


def message_of(words: Words) -> Message:
    return Message(**structs.asdict(words))


def _pointed(target: Target) -> LinkTarget:
    return LinkTarget(target.chat_id, target.name, target.message_id)
