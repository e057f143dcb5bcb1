"""Forums and the comments of a channel, as the demo account has them, and forums of any number of topics."""

from __future__ import annotations

from typing import Any

from telethon.tl import types

from tobs_tui.model import CHANNEL_MARK, bare_id
from tobs_tui.sandbox.cast import ADA, ALAN, FORUM, GRACE, LINUS, PEOPLE, TITLES
from tobs_tui.sandbox.chats import GENERAL, ChatRecord, History, TopicRecord, topic_of
from tobs_tui.sandbox.files import FileBook
from tobs_tui.sandbox.generator import Draft, build, number_channel, peer_of
from tobs_tui.sandbox.media import MediaMaker
from tobs_tui.sandbox.people import access_hash
from tobs_tui.sandbox.phrases import sentence
from tobs_tui.sandbox.scenes import START, Scene
from tobs_tui.sandbox.texts import Rich

BLUE = 0x6FB9F0
MANY_TOPICS = -CHANNEL_MARK - 1_700_000_002
POSTS_WITH_THREADS = 24
GENERAL_TITLE = "General"
NASTY_TITLE = "../../etc: [x] #1 | <b>\u202etxt"


class ForumScene(Scene):
    """A scene whose messages go to `topic` (None: General), the message that created it."""

    topic: Draft | None = None

    def say(self, text: str | Rich = "", sender: int | None = None, **facts: Any) -> Draft:
        return super().say(text, sender, **{"topic": self.topic} | facts)

    def open(self, title: str) -> Draft:
        """A new topic, in which the next messages are."""
        self.topic = super().say(action=types.MessageActionTopicCreate(title, BLUE))
        return self.topic

    def edit(self, **changes: Any) -> None:
        """A message that says what changed about the topic."""
        self.say(action=types.MessageActionTopicEdit(**changes))


def write_forum(seed: int, media: MediaMaker) -> tuple[ForumScene, dict[Draft, dict[str, Any]]]:
    """The demo's forum, and the topics of it: by their first message what the server says of them besides."""
    scene = ForumScene(seed, FORUM, media, PEOPLE)
    scene.say(action=types.MessageActionChannelCreate(TITLES[FORUM]), sender=ADA)
    scene.later = 160
    scene.chat(12, pictures=0, documents=0)
    topics = {scene.open(title): facts for title, facts in _TOPICS}
    for _ in range(3):
        for topic in (None, *topics):
            scene.topic = topic
            scene.chat(4, pictures=0.05, documents=0.02)
    _special(scene, list(topics))
    return scene, topics


_TOPICS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Help", {"pinned": True}),
    ("Announcements", {"title": "News 📰"}),
    ("Help", {}),
    ("HELP", {}),
    ("Old things 2024", {"closed": True}),
    (NASTY_TITLE, {}),
    ("media", {}),
    ("Gone", {"deleted": True}),
)


def _special(scene: ForumScene, topics: list[Draft]) -> None:
    """What happens only in forums: topics that are renamed, hidden and closed, answers across topics, an album."""
    helps, news, _, _, closed = topics[:5]
    scene.topic = helps
    question = scene.say("Which glue holds *brass*?", GRACE)
    album = scene.album(3, "Three sorts of glue", ALAN)
    scene.topic = news
    scene.edit(title="News 📰")
    scene.say("Answered in another topic", LINUS, reply=question, quote="Which glue")
    scene.say("And from the topic itself", LINUS, reply=news)
    scene.topic = None
    scene.say("From General, about an album elsewhere", ADA, reply=album[0])
    scene.edit(hidden=True)
    scene.topic = closed
    scene.edit(closed=True)


def topic_records(history: History, drafts: dict[Draft, dict[str, Any]], creator: int) -> dict[int, TopicRecord]:
    """What the server says of the topics that those messages created, and of General."""
    found = {GENERAL: TopicRecord(GENERAL, GENERAL_TITLE, START, creator, hidden=True)}
    for draft, facts in drafts.items():
        found[draft.id] = TopicRecord(draft.id, **{"title": draft.action.title, "date": draft.date, "creator": draft.sender} | facts)
    for message in history.values():
        found[topic_of(message)].last = message.id
    return found


def forum_entity(seed: int, chat_id: int, title: str) -> types.Channel:
    """A supergroup with topics."""
    return types.Channel(
        id=bare_id(chat_id),
        title=title,
        photo=types.ChatPhotoEmpty(),
        date=START,
        access_hash=access_hash(seed, chat_id),
        megagroup=True,
        forum=True,
        participants_count=len(PEOPLE),
    )


def many_topics(seed: int, files: FileBook, people: tuple[int, ...], count: int) -> ChatRecord:
    """A forum of so many topics besides General, of two messages each; every seventh has the title of the one before."""
    create = Draft(START, people[0], action=types.MessageActionChannelCreate("Many topics"))
    drafts, topics = [create], {}
    for number in range(count):
        title = f"Topic {number - (number % 7 == 6):03d}"
        opened = Draft(START + 60 * number, people[0], action=types.MessageActionTopicCreate(title, BLUE))
        topics[opened] = {"pinned": number == 3}
        drafts.append(opened)
    drafts += [Draft(START + 60 * (count + i), people[i % 2], Rich(f"In {t.action.title}"), topic=t) for i, t in enumerate(topics)]
    number_channel(drafts)
    history = History(files)
    for draft in drafts:
        history.put(build(draft, MANY_TOPICS, 0))
    entity = forum_entity(seed, MANY_TOPICS, "Many topics")
    return ChatRecord(MANY_TOPICS, entity, history, topics=topic_records(history, topics, people[0]))


def write_comments(seed: int, chat_id: int, media: MediaMaker, channel: ChatRecord) -> Scene:
    """The discussion group of a channel: its last posts come in by themselves, and are talked about. The posts learn of their comments."""
    scene = Scene(seed, chat_id, media, PEOPLE, begin=channel.messages.date(_posts(channel)[0]) - 90_000)
    scene.say(action=types.MessageActionChannelCreate(TITLES[chat_id]), sender=ADA)
    for place, post_id in enumerate(_posts(channel)):
        post = channel.messages[post_id]
        head = types.MessageFwdHeader(
            post.date, from_id=peer_of(channel.id), channel_post=post_id, saved_from_peer=peer_of(channel.id), saved_from_msg_id=post_id
        )
        scene.at(post.date)
        thread = scene.say(Rich(post.message), channel.id, media=post.media, forward=head)
        comments = [_comment(scene, thread) for _ in range(place % 4)]
        post.replies = types.MessageReplies(len(comments), 1, comments=True, channel_id=bare_id(chat_id))
        channel.messages.put(post)
    scene.say("About nothing in particular", GRACE)
    return scene


def _posts(channel: ChatRecord) -> list[int]:
    """The newest posts, without those of albums: of these only the first is talked about."""
    ids = [i for i, message in channel.messages.items() if isinstance(message, types.Message) and not message.grouped_id]
    return ids[-POSTS_WITH_THREADS:]


def _comment(scene: Scene, thread: Draft) -> Draft:
    """A comment under a post, or under another comment of it."""
    above = scene.drafts[-1]
    said = scene.say(sentence(scene.chance))
    said.reply, said.thread = (above if above is not thread and scene.chance.random() < 0.4 else thread), thread
    return said
