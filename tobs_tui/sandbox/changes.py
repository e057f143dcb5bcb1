"""What can happen to the account while it runs: new messages, edits, deletions, new chats, new titles.

A request names changes and their arguments; chats go by their marked id::

    {"add_message": {"chat": -1001500000002, "text": "Hello", "count": 3}}        -> {"add_message": [920, 921, 922]}
    {"add_message": {"chat": 5100000001, "text": "", "size": 4096, "name": "a.bin"}}
    {"add_message": {"chat": 5100000001, "text": "Hello", "count": 3, "size": 4096, "album": true, "pause": 90000}}
    {"add_message": {"chat": 5100000001, "text": "Look", "link": "https://t.me/c/1500000002/920"}}
    {"edit": {"chat": -1001500000002, "id": 920, "text": "Hello again"}}
    {"delete": {"chat": -1001500000002, "ids": [921, 922]}}
    {"react": {"chat": -1001500000002, "id": 920, "emoji": "👍", "count": 3}}        (a custom one by its document's id; 0: taken back)
    {"vote": {"chat": -1001500000002, "id": 900, "option": 1, "count": 5}}
    {"exchange_file": {"chat": 5100000001, "id": 930, "size": 4096, "name": "b.bin"}}
    {"add_chat": {"title": "New", "kind": "channel"}}                             -> {"add_chat": -100…}
    {"remove_chat": {"chat": -1001800000001}}       (as if it had never been there)
    {"rename": {"chat": -1001500000002, "title": "Other"}}
    {"add_message": {"chat": -1001500000010, "text": "Hello", "topic": 14}}
    {"add_topic": {"chat": -1001500000010, "title": "Plans"}}                     -> {"add_topic": 140}
    {"edit_topic": {"chat": -1001500000010, "topic": 14, "title": "Other", "closed": true, "hidden": false, "deleted": false}}
    {"forbid": {"chat": -1001500000005}}            (the account is thrown out; the chat stays in its list)
    {"expire_references": {"files": []}}            (none: all)
    {"miscount": {"chat": -1001500000002, "extra": 7}}      (how many messages more the server's count says)
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from telethon.tl import types

from tobs_tui.model import CHANNEL_MARK
from tobs_tui.sandbox.chats import GENERAL, ChatRecord, History, TopicRecord, topic_of
from tobs_tui.sandbox.demo import new_entity
from tobs_tui.sandbox.forum import GENERAL_TITLE, forum_entity
from tobs_tui.sandbox.generator import Draft, build
from tobs_tui.sandbox.media import MediaMaker
from tobs_tui.sandbox.people import user
from tobs_tui.sandbox.scenes import END, START
from tobs_tui.sandbox.seeding import rng
from tobs_tui.sandbox.texts import Rich, compose
from tobs_tui.sandbox.texts import link as make_link

if TYPE_CHECKING:
    from tobs_tui.sandbox.world import World

NEW_CHATS = 1_800_000_000
PACE = 60
"""Seconds between messages that are added, if nothing else is said."""


def change(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """Makes the changes that `request` names, in its order, and returns what each of them answers."""
    unknown = request.keys() - CHANGES.keys()
    if unknown:
        raise ValueError(f"unknown change {', '.join(sorted(unknown))}; there are {', '.join(CHANGES)}")
    return {name: CHANGES[name](world, **arguments) for name, arguments in request.items()}


def add_message(
    world: World,
    chat: int,
    text: str = "",
    sender: int = 0,
    count: int = 1,
    reply_to: int = 0,
    size: int = 0,
    name: str = "added.bin",
    topic: int = 0,
    album: bool = False,
    link: str = "",
    pause: int = PACE,
) -> list[int]:
    """New messages of one text, with a document when `size` says its bytes, in a topic of a forum when one is named, each `pause` seconds
    after the one before; returns their ids.

    `link` is an address behind the text. As an `album` they belong together, have one date, and only the first has the text.
    """
    record = world.chat(chat)
    added: list[int] = []
    group = max(END, world.latest) if album else 0
    for number in range(count):
        member = bool(group and number)
        date = max(END, world.latest) + (0 if member else pause)
        rich = compose(make_link(link, text)) if link else Rich(text)
        draft = Draft(date, sender or usual_sender(world, record), Rich("") if member else rich, album=group)
        draft.reply_header = header(reply_to, topic)
        draft.media = new_media(world).document(date, size, name) if size else None
        added.append(put(world, record, draft))
    record.unread += count
    touched(world, record)
    return added


def header(reply_to: int, topic: int) -> Any:
    """The reply header of a message that answers another one, or lies in a topic, or both; None for neither."""
    if not topic:
        return types.MessageReplyHeader(reply_to_msg_id=reply_to) if reply_to else None
    return types.MessageReplyHeader(forum_topic=True, reply_to_msg_id=reply_to or topic, reply_to_top_id=topic if reply_to else None)


def put(world: World, record: ChatRecord, draft: Draft) -> int:
    """Numbers and adds a message; returns its id."""
    draft.id = next_id(world, record)
    message = build(draft, record.id, world.owner_id)
    record.messages.put(message)
    world.latest = draft.date
    if (topic := record.topics.get(topic_of(message))) is not None:
        topic.last = draft.id
    return draft.id


def add_topic(world: World, chat: int, title: str) -> int:
    """A new topic of a forum; returns its id."""
    record = world.chat(chat)
    sender = usual_sender(world, record)
    draft = Draft(max(END, world.latest) + PACE, sender, action=types.MessageActionTopicCreate(title, 0x6FB9F0))
    topic = put(world, record, draft)
    record.topics[topic] = TopicRecord(topic, title, draft.date, sender, topic)
    touched(world, record)
    return topic


def edit_topic(world: World, chat: int, topic: int, **facts: Any) -> bool:
    """Another title for a topic, or another state: closed, hidden, deleted. Its messages stay."""
    record = world.chat(chat)
    record.topics[topic] = replace(record.topics[topic], **facts)
    touched(world, record)
    return True


def new_media(world: World) -> MediaMaker:
    """A maker of files that the account doesn't have yet."""
    world.additions += 1
    return MediaMaker(world.seed, world.files, rng(world.seed, "added", world.additions), first=1_000_000 + world.additions)


def usual_sender(world: World, record: ChatRecord) -> int:
    """Who writes when nobody is named: the other one, the first of the people, nobody in a channel."""
    if record.id > 0:
        return record.id
    return 0 if record.is_channel and record.entity.broadcast else next(i for i in world.users if i != world.owner_id)


def next_id(world: World, record: ChatRecord) -> int:
    """The id of the next message: of the chat's own sequence in a channel, of the account's elsewhere."""
    if record.is_channel:
        record.newest = max(record.newest, record.messages.last_id) + 1
        return record.newest
    world.account.next_id += 1
    return world.account.next_id - 1


def touched(world: World, record: ChatRecord) -> None:
    record.pts += 1
    world.changed((record.id,))


def edit(world: World, chat: int, id: int, text: str) -> bool:
    """Another text for a message, without styles, edited now."""
    record = world.chat(chat)
    message = copy.copy(record.messages[id])
    message.message, message.entities = text, None
    message.edit_date = max(END, world.latest) + PACE
    record.messages.put(message)
    touched(world, record)
    return True


def react(world: World, chat: int, id: int, emoji: str | int, count: int = 1) -> bool:
    """So many reactions of one kind to a message, besides the others that it has; Telegram hides the edit that this is."""
    record = world.chat(chat)
    message = copy.copy(record.messages[id])
    reaction = types.ReactionEmoji(emoji) if isinstance(emoji, str) else types.ReactionCustomEmoji(emoji)
    others = [each for each in (message.reactions.results if message.reactions else []) if each.reaction.to_dict() != reaction.to_dict()]
    message.reactions = types.MessageReactions([*others, *([types.ReactionCount(reaction, count)] if count else [])])
    message.edit_date, message.edit_hide = message.edit_date or max(END, world.latest) + PACE, message.edit_hide or not message.edit_date
    record.messages.put(message)
    touched(world, record)
    return True


def vote(world: World, chat: int, id: int, option: int, count: int = 1) -> bool:
    """So many votes more for an option of a poll."""
    record = world.chat(chat)
    message = copy.deepcopy(record.messages[id])
    results = message.media.results
    results.results[option].voters = (results.results[option].voters or 0) + count
    results.total_voters = (results.total_voters or 0) + count
    record.messages.put(message)
    touched(world, record)
    return True


def exchange_file(world: World, chat: int, id: int, size: int, name: str) -> bool:
    """Another document in a message, edited now."""
    record = world.chat(chat)
    message = copy.copy(record.messages[id])
    message.edit_date = max(END, world.latest) + PACE
    message.media = new_media(world).document(int(message.date), size, name)
    record.messages.put(message)
    touched(world, record)
    return True


def delete(world: World, chat: int, ids: Sequence[int]) -> int:
    """Deletes messages; returns how many there were."""
    record = world.chat(chat)
    record.newest = max(record.newest, record.messages.last_id)
    there = [i for i in ids if i in record.messages]
    for message_id in there:
        record.messages.delete(message_id)
    touched(world, record)
    return len(there)


def add_chat(world: World, title: str, kind: str = "supergroup", archived: bool = False) -> int:
    """An empty chat: private, group, supergroup, channel or forum. It shows in the list once it has a message."""
    world.additions += 1
    number = NEW_CHATS + world.additions
    marked = {"private": number, "group": -number, "supergroup": -CHANNEL_MARK - number}
    marked |= dict.fromkeys(("channel", "forum"), marked["supergroup"])
    if kind not in marked:
        raise ValueError(f"unknown kind {kind!r}; there are {', '.join(marked)}")
    chat_id = marked[kind]
    entity = world.account.add_user(user(world.seed, chat_id, title)) if chat_id > 0 else new_entity(world.seed, chat_id, title, 3)
    if kind == "supergroup":
        entity.megagroup, entity.broadcast = True, None
    if kind == "forum":
        entity = forum_entity(world.seed, chat_id, title)
    record = ChatRecord(chat_id, entity, History(world.files), archived=archived)
    if kind == "forum":
        record.topics[GENERAL] = TopicRecord(GENERAL, GENERAL_TITLE, START, world.owner_id)
    world.account.add_chat(record)
    world.changed((chat_id,))
    return chat_id


def remove_chat(world: World, chat: int) -> bool:
    """Takes a chat out of the account, as if it had never been there."""
    del world.chats[chat]
    world.latest = max(record.last_date for record in world.chats.values())
    world.changed((chat,))
    return True


def rename(world: World, chat: int, title: str) -> bool:
    """Another title, or another name of a person."""
    entity = world.chat(chat).entity
    if isinstance(entity, types.User):
        entity.first_name, entity.last_name = title, None
    else:
        entity.title = title
    world.changed((chat,))
    return True


def forbid(world: World, chat: int) -> bool:
    """Throws the account out of a channel or supergroup: its dialog stays, all else is refused. Raises ValueError for other chats."""
    record = world.chat(chat)
    if not record.is_channel:
        raise ValueError("only channels and supergroups can be forbidden")
    old = record.entity
    record.entity = types.ChannelForbidden(old.id, old.access_hash, old.title, broadcast=old.broadcast, megagroup=old.megagroup)
    touched(world, record)
    return True


def expire_references(world: World, files: Sequence[int] = ()) -> bool:
    """Lets the references of these files expire, of all files when none is named."""
    world.files.expire(*files)
    return True


def miscount(world: World, chat: int, extra: int) -> bool:
    """Lets the server count messages that nobody can see, as Telegram's sometimes does."""
    world.chat(chat).miscount = extra
    return True


CHANGES: dict[str, Callable[..., Any]] = {
    operation.__name__: operation
    for operation in (
        add_message,
        add_topic,
        edit,
        edit_topic,
        react,
        vote,
        exchange_file,
        delete,
        add_chat,
        remove_chat,
        rename,
        forbid,
        expire_references,
        miscount,
    )
}
