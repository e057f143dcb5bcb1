"""The generated account itself: always the same, and with all that it promises."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from telethon.extensions import BinaryReader
from telethon.tl import types

from tobs_tui.sandbox import cast
from tobs_tui.sandbox.account import OWNER
from tobs_tui.sandbox.bulk import BIG_CHAT, is_hole
from tobs_tui.sandbox.chats import files_of
from tobs_tui.sandbox.nasty import FILE_NAMES, TEXTS
from tobs_tui.sandbox.scenes import END, START
from tobs_tui.sandbox.texts import units
from tobs_tui.sandbox.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return World(messages=5000, chats=50, files=(2, 10_000_000))


def digest(world: World) -> str:
    """A hash of all that the account would send."""
    total = hashlib.sha256()
    for record in world.dialogs(None):
        total.update(world.raw_peer(record.id))
        total.update(b"".join(map(record.messages.raw, record.messages.ids)))
    return total.hexdigest()


def test_the_same_seed_makes_the_same_account_in_every_process() -> None:
    program = "from tests.sandbox.test_world import *; print(digest(World(chats=9, messages=99)))"
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    elsewhere = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True, text=True)
    assert elsewhere.stdout.strip() == digest(World(chats=9, messages=99))


def test_another_seed_makes_another_account() -> None:
    assert digest(World(seed=2)) != digest(World(seed=1))


def test_the_demo_is_small_and_spans_many_months(world: World) -> None:
    plain = World()
    records = plain.dialogs(None)
    dates = [datetime.fromtimestamp(m.date, UTC) for record in records for m in record.messages.values()]
    files = plain.files.specs()
    assert 2000 <= len(dates) <= 3000
    assert 150 <= len(files) <= 320
    assert sum(spec.size or max(spec.sizes.values()) for spec in files) < 40_000_000
    assert len({(date.year, date.month) for date in dates}) >= 14
    assert all(START <= date.timestamp() <= END for date in dates)


def test_ids_and_dates_rise_together(world: World) -> None:
    for record in world.dialogs(None):
        dates = [record.messages.date(i) for i in record.messages.ids]
        assert list(record.messages.ids) == sorted(set(record.messages.ids))
        assert dates == sorted(dates), record.title
        assert [m.date for m in record.messages.values()] == dates


def test_private_chats_and_groups_share_one_sequence_and_channels_have_holes(world: World) -> None:
    shared = [(record.messages.date(i), i) for record in world.dialogs(None) if not record.is_channel for i in record.messages.ids]
    ids = [i for _, i in sorted(shared)]
    assert ids == sorted(set(ids))
    assert all(world.holder(i) for i in ids[:100])
    python = world.chat(cast.PYTHON).messages
    gaps = [after - before - 1 for before, after in pairwise(python.ids)]
    assert max(gaps) >= 100
    assert sum(gap > 0 for gap in gaps) > 10


def test_every_entity_lies_inside_its_text(world: World) -> None:
    seen = Counter[str]()
    for record in world.dialogs(None):
        for message in record.messages.values():
            for entity in getattr(message, "entities", None) or ():
                assert 0 <= entity.offset < entity.offset + entity.length <= units(message.message)
                seen[type(entity).__name__] += 1
    assert len(seen) >= 20, seen


def test_every_kind_of_content_is_there(world: World) -> None:
    seen: set[str] = set()
    for record in world.dialogs(None):
        for message in record.messages.values():
            seen.add(type(getattr(message, "media", None)).__name__)
            seen.add(type(getattr(message, "action", None)).__name__)
    media = (
        "Photo Document WebPage Poll ToDo Geo GeoLive Venue Contact Dice Story Game Invoice Giveaway GiveawayResults PaidMedia Unsupported"
    )
    actions = (
        "ChatCreate ChatEditTitle ChatEditPhoto ChatDeletePhoto ChatAddUser ChatDeleteUser ChatJoinedByLink ChatMigrateTo "
        "ChannelMigrateFrom ChannelCreate PinMessage PhoneCall ScreenshotTaken"
    )
    missing = {f"MessageMedia{name}" for name in media.split()} | {f"MessageAction{name}" for name in actions.split()}
    assert not missing - seen


def test_nasty_titles_texts_and_names_are_there(world: World) -> None:
    plain = World()
    titles = [record.title for record in plain.dialogs(None)]
    assert set(cast.TITLES.values()) <= set(titles)
    assert "" in titles
    assert titles.count("Crew") == 2
    texts = {getattr(message, "message", None) for message in plain.chat(cast.ADA).messages.values()}
    assert set(TEXTS) <= texts
    documents = [file for message in plain.chat(cast.PYTHON).messages.values() for file in files_of(message)]
    names = {attribute.file_name for file in documents for attribute in getattr(file, "attributes", ()) if hasattr(attribute, "file_name")}
    assert set(FILE_NAMES) <= names


def test_albums_stand_together(world: World) -> None:
    for record in world.dialogs(None):
        groups = [message.grouped_id for message in record.messages.values() if getattr(message, "grouped_id", None)]
        changes = sum(before != after for before, after in pairwise(groups)) + bool(groups)
        assert changes == len(set(groups))


def test_answers_name_messages_of_the_chat_or_deleted_ones(world: World) -> None:
    gone = 0
    for record in world.chats.values():
        for message in record.messages.values():
            header = message.reply_to
            if isinstance(header, types.MessageReplyHeader) and header.reply_to_msg_id and header.reply_to_peer_id is None:
                assert header.reply_to_msg_id < message.id
                gone += header.reply_to_msg_id not in record.messages
    assert gone


def test_the_big_chat_has_exactly_the_messages_asked_for(world: World) -> None:
    history = world.chat(BIG_CHAT).messages
    assert len(history) == len(history.ids) == 5000
    assert not any(map(is_hole, history.ids))
    assert history.last_id > 5000


def test_computed_bytes_are_those_of_the_message(world: World) -> None:
    for record in world.chats.values():
        history = record.messages
        for message_id in random.Random(1).sample(list(history.ids), min(40, len(history))):
            raw = history.raw(message_id)
            assert bytes(history[message_id]) == raw
            assert BinaryReader(raw).tgread_object().id == message_id


def test_large_numbers_cost_little() -> None:
    large = World(chats=10_000, messages=200_000, files=(1, 4_000_000_000))
    assert len(large.dialogs(None)) > 10_000
    assert len(large.chat(BIG_CHAT).messages) == 200_000
    spec_id = next(iter(large.chat(-1001700000001).messages.values())).media.document.id
    assert len(large.file_bytes(spec_id, 4_000_000_000 - 4096, 8192)) == 4096


def test_changes_while_it_runs() -> None:
    world = World()
    before = len(world.chat(cast.RUST).messages)
    added = world.change({"add_message": {"chat": cast.RUST, "text": "new", "count": 3}})["add_message"]
    assert [world.chat(cast.RUST).messages[i].message for i in added] == ["new"] * 3
    assert world.dialogs(0)[2].id == cast.RUST, "a new message brings a chat up, behind the pinned ones"
    assert world.change({"delete": {"chat": cast.RUST, "ids": [added[2]]}}) == {"delete": 1}
    again = world.change({"add_message": {"chat": cast.RUST, "text": "after"}})["add_message"]
    assert again == [added[2] + 1], "the id of a deleted message is never given again"
    world.change({"edit": {"chat": cast.RUST, "id": added[0], "text": "other"}})
    assert world.chat(cast.RUST).messages[added[0]].message == "other"
    assert len(world.chat(cast.RUST).messages) == before + 3
    private = world.change({"add_message": {"chat": cast.ADA, "text": "hi", "size": 5000}})["add_message"][0]
    assert private == max(i for record in world.dialogs(None) if not record.is_channel for i in record.messages.ids)
    document = world.chat(cast.ADA).messages[private].media.document
    assert len(world.file_bytes(document.id, 0, 10_000)) == 5000
    chat = world.change({"add_chat": {"title": "x", "kind": "channel"}, "rename": {"chat": OWNER, "title": "Me"}})["add_chat"]
    assert world.chat(chat).title == "x"
    with pytest.raises(ValueError, match="unknown change"):
        world.change({"explode": {}})
