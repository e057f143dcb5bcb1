"""Topics of forums: all of them whatever the number of pages, and which message lies in which."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.sandbox import SandboxProcess
from tests.telegram.support import all_chats, messages
from tobs_tui.errors import RequestRefused
from tobs_tui.model import GENERAL_TOPIC, ChatKind, Topic
from tobs_tui.sandbox import cast
from tobs_tui.sandbox.chats import topic_of
from tobs_tui.sandbox.forum import MANY_TOPICS
from tobs_tui.telegram.account import TelegramAccount

TOPICS = 250


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(topics=TOPICS) as running:
        yield running


async def test_all_topics_come_in_pages_of_a_hundred(account: TelegramAccount, sandbox: SandboxProcess) -> None:
    chat = (await all_chats(account))[MANY_TOPICS]
    sandbox.stats(reset=True)
    found = await account.topics(chat)
    known = sandbox.twin().chat(MANY_TOPICS).topics
    assert [(topic.id, topic.title) for topic in found] == [(topic.id, topic.title) for _, topic in sorted(known.items())]
    assert len(found) == TOPICS + 1
    assert sandbox.requests("messages.getForumTopics") == 3


async def test_topics_tell_their_state_and_deleted_ones_are_not_listed(account: TelegramAccount, sandbox: SandboxProcess) -> None:
    chat = (await all_chats(account))[cast.FORUM]
    assert chat.kind is ChatKind.FORUM
    found = {topic.id: topic for topic in await account.topics(chat)}
    known = {topic.id: topic for topic in sandbox.twin().chat(cast.FORUM).topics.values()}
    assert known.keys() - found.keys() == {id for id, topic in known.items() if topic.deleted} != set()
    assert {found[id] for id in found} == {Topic(id, t.title, t.closed, t.hidden, t.pinned) for id, t in known.items() if not t.deleted}
    assert any(topic.closed for topic in found.values())
    assert found[GENERAL_TOPIC].hidden


async def test_every_message_names_its_topic(account: TelegramAccount, sandbox: SandboxProcess) -> None:
    chats = await all_chats(account)
    read = {message.id: message.topic for message in await messages(account, chats[cast.FORUM])}
    record = sandbox.twin().chat(cast.FORUM)
    assert read == {id: topic_of(message) for id, message in record.messages.items()}
    assert set(read.values()) == set(record.topics)
    assert {message.topic for message in await messages(account, chats[cast.PYTHON])} == {0}


async def test_other_chats_have_no_topics(account: TelegramAccount) -> None:
    chat = (await all_chats(account))[cast.PYTHON]
    with pytest.raises(RequestRefused):
        await account.topics(chat)
