"""Where the messages of a forum's topics lie, and how its index note lists them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
import yaml

from tobs_tui.model import Chat, ChatKind, ExportOptions, Layout, Message, Sender
from tobs_tui.notes.index import IndexFacts, TopicFacts, index_note
from tobs_tui.notes.layout import note_path
from tobs_tui.notes.message import RenderContext, render
from tobs_tui.notes.names import chat_name

UTC = ZoneInfo("UTC")
FORUM = Chat(-1001500000010, ChatKind.FORUM, "Python Talk")
FOLDER = "Telegram/Python Talk"
MESSAGE = Message(77, 1_738_240_000, Sender(1, "Ada"), "Hello", topic=14)


@pytest.mark.parametrize(
    ("layout", "path"),
    [
        (Layout.MONTH, "Help/Python Talk · Help 2025-01.md"),
        (Layout.DAY, "Help/Python Talk · Help 2025-01-30.md"),
        (Layout.CHAT, "Help/Python Talk · Help all messages.md"),
    ],
)
def test_each_topic_has_notes_in_a_folder_of_its_own(layout: Layout, path: str) -> None:
    assert note_path(FOLDER, "Python Talk", layout, MESSAGE, "2025-01-30", "Help").path == f"{FOLDER}/{path}"


def test_the_properties_name_the_topic() -> None:
    context = RenderContext(FORUM, "Python Talk", FOLDER, UTC, ExportOptions("/vault"), {}, topics={14: "Help"})
    rendered = render((MESSAGE,), context)
    properties = yaml.safe_load(rendered.head.split("---\n")[1])
    ids = {"telegram_id": 1500000010, "telegram_topic": 14}
    assert properties == ids | {"telegram_chat": "[[Python Talk]]", "period": "2025-01", "tags": ["telegram"]}
    assert rendered.note.path.startswith(f"{FOLDER}/Help/")


def test_no_chat_is_named_like_another_ones_topic() -> None:
    """The mark between chat and topic stands in no chat's name, so that equal names of notes can't come about."""
    for title in ("Python Talk · Help", "a · · b", "Python ·", "· a ·  ·"):
        assert " · " not in f"{chat_name(title, 'chat')} 2025-01", title
    assert chat_name("Col·legi", "chat") == "Col·legi"


def test_the_index_note_lists_topics_with_their_notes() -> None:
    names = ("Python Talk 2024-01", "Help/Python Talk · Help 2025-01", "Old/Python Talk · Old 2025-01")
    notes = tuple(f"{FOLDER}/{name}.md" for name in names)
    topics = (TopicFacts("Help", "# Help [[x]]"), TopicFacts("Old", "Old", "closed"), TopicFacts("Empty", "Empty"))
    text = index_note(IndexFacts(FORUM, "Python Talk", "UTC", notes, 3, 0, (), 1, 2, 3.0, complete=True, topics=topics))
    body = text.split("---\n", 2)[2]
    assert body == (
        "\n# Python Talk\n\n## Notes\n\n- [[Python Talk 2024-01]]\n\n## Topics\n\n"
        "### \\# Help \\[\\[x\\]\\]\n\n- [[Python Talk · Help 2025-01]]\n\n### Old (closed)\n\n- [[Python Talk · Old 2025-01]]\n"
    )
