"""What is read quickly is what Telethon reads."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.extensions import BinaryReader
from telethon.tl import functions, types

from tobs_tui.sandbox.world import World
from tobs_tui.telegram.dates import unix
from tobs_tui.telegram.reading import KNOWN, KNOWN_SHORT, Known


def read(known: Known, data: bytes) -> object:
    request = known.teach(functions.messages.GetHistoryRequest(types.InputPeerSelf(), 0, None, 0, 0, 0, 0, 0))
    return request.read_result(BinaryReader(data))


def test_every_message_of_the_account_is_read_as_telethon_reads_it() -> None:
    known = Known()
    for record in World().chats.values():
        for message_id in record.messages.ids:
            raw = bytes(record.messages[message_id])
            assert bytes(read(known, raw)) == bytes(BinaryReader(raw).tgread_object())  # type: ignore[call-overload]  # TL objects have no types


@given(st.text(max_size=600), st.text(max_size=30), st.integers(0, 2**62), st.booleans())
def test_people_are_read_and_recognised(first: str, last: str, user_id: int, premium: bool) -> None:
    known = Known()
    user = types.User(id=user_id, first_name=first, last_name=last, access_hash=user_id, premium=premium)
    changed = types.User(id=user_id, first_name=first + "!", last_name=last, access_hash=user_id, premium=premium)
    once, again, other = (read(known, bytes(each)) for each in (user, user, changed))
    assert once is again
    assert once is not other
    assert [bytes(each) for each in (once, other)] == [bytes(user), bytes(changed)]  # type: ignore[call-overload]


def test_what_is_known_is_bounded() -> None:
    known = Known()
    for user_id in range(2 * KNOWN):
        read(known, bytes(types.User(id=user_id, first_name="a")))
    assert len(known._entries) == KNOWN


def test_short_objects_are_recognised() -> None:
    known = Known()
    ada, same, other = (read(known, bytes(types.PeerUser(user_id))) for user_id in (1, 1, 2))
    assert ada is same
    assert ada == types.PeerUser(1)
    assert other == types.PeerUser(2)


def test_of_short_objects_no_more_are_kept_than_fit() -> None:
    known = Known()
    for user_id in range(2 * KNOWN_SHORT + 1):
        assert read(known, bytes(types.PeerUser(user_id))) == types.PeerUser(user_id)
        assert len(known.short) <= KNOWN_SHORT


@pytest.mark.parametrize("seconds", [-1, 1, 1_700_000_000, 2**31 - 1])
def test_a_date_is_the_same_however_it_was_read(seconds: int) -> None:
    message = types.Message(1, types.PeerUser(2), datetime.fromtimestamp(seconds, UTC), "text")
    quick: Any = read(Known(), bytes(message))
    assert isinstance(quick, types.Message)
    assert (unix(quick.date), unix(quick.edit_date)) == (unix(message.date), unix(message.edit_date)) == (seconds, 0)


def test_an_answer_that_ends_early_is_an_error() -> None:
    raw = bytes(types.Message(1, types.PeerUser(2), datetime.fromtimestamp(5, UTC), "a text of some length"))
    for end in range(4, len(raw) - 4, 4):
        with pytest.raises((BufferError, IndexError, struct.error)):
            read(Known(), raw[:end])
