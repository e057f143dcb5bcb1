"""The chat list grows, keeps what it showed, and marks what was exported."""

from __future__ import annotations

from tobs_tui.engine.chat_list import KnownChats
from tobs_tui.model import Chat, ChatKind


def test_titles_are_cleaned_and_marks_tell_what_is_new() -> None:
    chats = KnownChats()
    chats.mark({-1001: (5.0, 90), 7: (5.0, 90), 8: (5.0, 100)})
    chats.start(())
    chats.add(
        (
            Chat(-1001, ChatKind.CHANNEL, "[/red]\x1b[2J", last_message_id=100),
            Chat(7, ChatKind.PRIVATE, "Ada", last_message_id=100),
            Chat(8, ChatKind.PRIVATE, "Grace", last_message_id=100),
        ),
        3,
    )
    chats.finish()
    dense, sparse, nothing_new = chats.picture().rows
    assert dense.title == "[/red][2J"
    assert dense.exported is not None
    assert dense.exported.new == 10
    assert sparse.exported is not None
    assert sparse.exported.new is None
    assert nothing_new.exported is not None
    assert nothing_new.exported.new == 0


def test_the_picture_is_made_anew_only_after_a_change() -> None:
    chats = KnownChats()
    chats.add((Chat(1, ChatKind.PRIVATE, "Ada"),), 2)
    before = chats.picture()
    assert chats.picture() is before
    chats.add((Chat(2, ChatKind.BOT, "Bot"),), 2)
    assert chats.picture().version > before.version
    assert before.rows == chats.picture().rows[:1]
