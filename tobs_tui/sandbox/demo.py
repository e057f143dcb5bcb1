"""The demo account: its chats, written scene by scene, numbered and built."""

from __future__ import annotations

from typing import Any

from telethon.tl import types

from tobs_tui.model import CHANNEL_MARK
from tobs_tui.sandbox import cast, showcase
from tobs_tui.sandbox.account import OWNER, Account, new_account
from tobs_tui.sandbox.cast import ADA, BOT, GHOST, GRACE, PEOPLE, TITLES
from tobs_tui.sandbox.chats import ChatRecord, History
from tobs_tui.sandbox.forum import forum_entity, topic_records, write_comments, write_forum
from tobs_tui.sandbox.generator import build, number_account, number_channel
from tobs_tui.sandbox.media import MediaMaker, plain
from tobs_tui.sandbox.people import access_hash
from tobs_tui.sandbox.scenes import END, START, Scene
from tobs_tui.sandbox.seeding import rng

FIRST_SHARED_ID = 100_000
MONTH = 30 * 86_400
MIGRATED_AT = START + 5 * MONTH
NOT_BROADCAST = (cast.PYTHON, cast.NEW_CREW, cast.ESCAPES, cast.HIDDEN, cast.LONG, cast.LARGE_ID, cast.COMMENTS)
USERNAMES = {cast.RUST: "rust_weekly_demo", cast.PYTHON: "python_talk_demo", cast.ELSEWHERE: "elsewhere_demo"}


def demo_account(seed: int) -> Account:
    """The account that `tobs-tui --demo` shows, the same for the same seed."""
    account = new_account(seed)
    cast.add_people(account)
    account.strangers[cast.ELSEWHERE] = new_entity(seed, cast.ELSEWHERE, "Elsewhere Daily", 0)
    media = MediaMaker(seed, account.files, rng(seed, "media"))
    add_shared(account, media)
    add_channels(account, media)
    add_forum(account, media)
    add_comments(account, media)
    add_profile_photos(account, media)
    add_folders(account)
    for chat, text in cast.ABOUT.items():
        account.chats[chat].about = text
    return account


def add_profile_photos(account: Account, media: MediaMaker) -> None:
    """Faces for a person and a channel."""
    face, sign = media.profile_photo(), media.profile_photo()
    account.users[ADA].photo = types.UserProfilePhoto(face.id, face.dc)
    account.chats[cast.RUST].entity.photo = types.ChatPhoto(sign.id, sign.dc)


def add_shared(account: Account, media: MediaMaker) -> None:
    """Private chats and basic groups, which share one sequence of message ids."""
    scenes = [write(account.seed, media) for write in (ada, grace, ghost, bot, saved, markup, family, old_crew, reserved)]
    drafts = (draft for scene in scenes for draft in scene.drafts)
    account.next_id = number_account(drafts, FIRST_SHARED_ID, rng(account.seed, "ids"))
    for scene in scenes:
        add_chat(account, scene)
    account.chats[ADA].pinned, account.chats[ADA].unread = 2, 3
    account.chats[OWNER].pinned = 1
    account.chats[cast.FAMILY].unread = 17
    account.chats[BOT].muted = True
    account.chats[cast.OLD_CREW].entity.migrated_to = types.InputChannel(*hashed(account.seed, cast.NEW_CREW))
    account.chats[cast.OLD_CREW].entity.deactivated = True


def hashed(seed: int, chat_id: int) -> tuple[int, int]:
    """A channel's bare id and access hash."""
    return -chat_id - CHANNEL_MARK, access_hash(seed, chat_id)


def ada(seed: int, media: MediaMaker) -> Scene:
    scene = Scene(seed, ADA, media, (ADA, OWNER))
    for count, show in ((60, showcase.styles), (80, showcase.hostile_texts), (100, showcase.kinds)):
        scene.later = 400 - count
        scene.chat(count)
        show(scene)
    scene.later = 0
    scene.chat(150)
    return scene


def grace(seed: int, media: MediaMaker) -> Scene:
    scene = Scene(seed, GRACE, media, (GRACE, OWNER))
    scene.later = 100
    scene.chat(60)
    showcase.calls(scene, GRACE)
    scene.later = 0
    scene.chat(80, documents=0.05)
    return scene


def ghost(seed: int, media: MediaMaker) -> Scene:
    scene = Scene(seed, GHOST, media, (GHOST, OWNER), finish=START + 3 * MONTH)
    scene.chat(18)
    return scene


def bot(seed: int, media: MediaMaker) -> Scene:
    scene = Scene(seed, BOT, media, (BOT,))
    showcase.bot_talk(scene)
    scene.chat(20, pictures=0.1)
    return scene


def saved(seed: int, media: MediaMaker) -> Scene:
    scene = Scene(seed, OWNER, media, (OWNER,))
    scene.later = 60
    scene.chat(30)
    showcase.forwards(scene, OWNER)
    scene.later = 0
    scene.chat(50, documents=0.1)
    return scene


def markup(seed: int, media: MediaMaker) -> Scene:
    scene = Scene(seed, cast.MARKUP, media, (cast.MARKUP, OWNER), begin=START + 6 * MONTH)
    scene.chat(15)
    return scene


def family(seed: int, media: MediaMaker) -> Scene:
    scene = Scene(seed, cast.FAMILY, media, (*PEOPLE[:4], OWNER))
    showcase.group_life(scene, TITLES[cast.FAMILY])
    scene.chat(260, pictures=0.06)
    return scene


def old_crew(seed: int, media: MediaMaker) -> Scene:
    scene = Scene(seed, cast.OLD_CREW, media, (*PEOPLE[1:4], OWNER), finish=MIGRATED_AT)
    scene.chat(40)
    scene.say(action=types.MessageActionChatMigrateTo(-cast.NEW_CREW - CHANNEL_MARK), sender=OWNER)
    return scene


def reserved(seed: int, media: MediaMaker) -> Scene:
    scene = Scene(seed, cast.RESERVED, media, (*PEOPLE[3:], OWNER), begin=START + 9 * MONTH)
    scene.chat(14)
    return scene


def add_channels(account: Account, media: MediaMaker) -> None:
    """Channels and supergroups, each with message ids of its own."""
    for write in (rust, python, new_crew, escapes, hidden, backwards, long_title, same_case, controls, large_id):
        scene = write(account.seed, media)
        number_channel(scene.drafts)
        add_chat(account, scene)
    account.chats[cast.RUST].unread = 5
    account.chats[cast.RUST].about = "A made-up channel about Rust.\nPosts, pictures & files. <b>Not</b> [[a link]]"
    account.chats[cast.PYTHON].unread = 121
    for archived in (cast.REVERSED, cast.LONG, cast.CONTROLS):
        account.chats[archived].archived = True
    account.chats[cast.NEW_CREW].migrated_from = (-cast.OLD_CREW, account.chats[cast.OLD_CREW].messages.last_id)


def add_forum(account: Account, media: MediaMaker) -> None:
    """A supergroup with topics, also ones of the same title, a closed and a deleted one."""
    scene, topics = write_forum(account.seed, media)
    number_channel(scene.drafts)
    record = add_chat(account, scene)
    record.entity = forum_entity(account.seed, cast.FORUM, TITLES[cast.FORUM])
    record.topics = topic_records(record.messages, topics, ADA)


def add_comments(account: Account, media: MediaMaker) -> None:
    """The group in which a channel's posts are talked about."""
    channel = account.chats[cast.RUST]
    scene = write_comments(account.seed, cast.COMMENTS, media, channel)
    number_channel(scene.drafts)
    group = add_chat(account, scene)
    group.linked, channel.linked = channel.id, group.id
    group.entity.has_link = channel.entity.has_link = True


def rust(seed: int, media: MediaMaker) -> Scene:
    scene = channel_scene(seed, cast.RUST, media)
    showcase.posts(scene)
    for left in range(360, 0, -1):
        scene.pause(left)
        showcase.post(scene)
    return scene


def python(seed: int, media: MediaMaker) -> Scene:
    scene = channel_scene(seed, cast.PYTHON, media, *PEOPLE, OWNER, cast.MARKUP)
    scene.later = 800
    scene.chat(150)
    scene.delete_run(37)
    showcase.hostile_files(scene)
    scene.later = 600
    scene.chat(150)
    showcase.supergroup_life(scene, TITLES[cast.PYTHON])
    scene.delete_run(130)
    scene.later = 0
    scene.chat(400)
    return scene


def new_crew(seed: int, media: MediaMaker) -> Scene:
    scene = channel_scene(seed, cast.NEW_CREW, media, *PEOPLE[1:4], OWNER, begin=MIGRATED_AT)
    scene.drafts[0].action = types.MessageActionChannelMigrateFrom("Crew", -cast.OLD_CREW)
    scene.chat(90)
    return scene


def escapes(seed: int, media: MediaMaker) -> Scene:
    scene = channel_scene(seed, cast.ESCAPES, media, cast.MARKUP, ADA)
    showcase.hostile_texts(scene)
    scene.chat(40)
    return scene


def hidden(seed: int, media: MediaMaker) -> Scene:
    return small(seed, cast.HIDDEN, media, 25)


def backwards(seed: int, media: MediaMaker) -> Scene:
    scene = channel_scene(seed, cast.REVERSED, media, finish=START + 8 * MONTH)
    scene.chat(16)
    return scene


def long_title(seed: int, media: MediaMaker) -> Scene:
    return small(seed, cast.LONG, media, 12, finish=START + 4 * MONTH)


def same_case(seed: int, media: MediaMaker) -> Scene:
    scene = channel_scene(seed, cast.SAME_CASE, media, begin=START + 2 * MONTH)
    scene.chat(12)
    return scene


def controls(seed: int, media: MediaMaker) -> Scene:
    scene = channel_scene(seed, cast.CONTROLS, media, finish=START + 10 * MONTH)
    scene.chat(6)
    return scene


def large_id(seed: int, media: MediaMaker) -> Scene:
    return small(seed, cast.LARGE_ID, media, 30, begin=START + 7 * MONTH)


def small(seed: int, chat_id: int, media: MediaMaker, count: int, *, begin: int = START, finish: int = END) -> Scene:
    """A supergroup in which nothing special happens."""
    scene = channel_scene(seed, chat_id, media, *PEOPLE[2:5], OWNER, begin=begin, finish=finish)
    scene.chat(count)
    return scene


def channel_scene(seed: int, chat_id: int, media: MediaMaker, *people: int, begin: int = START, finish: int = END) -> Scene:
    """A channel (without people) or supergroup; its first message says that it was created."""
    scene = Scene(seed, chat_id, media, people or (0,), begin=begin, finish=finish)
    scene.say(action=types.MessageActionChannelCreate(TITLES[chat_id]), sender=people[0] if people else 0)
    return scene


def add_chat(account: Account, scene: Scene) -> ChatRecord:
    """Builds a scene's messages; those that were deleted leave holes."""
    history = History(account.files)
    for draft in scene.drafts:
        if not draft.deleted:
            history.put(build(draft, scene.chat_id, account.owner))
    entity = account.users.get(scene.chat_id) or new_entity(account.seed, scene.chat_id, TITLES[scene.chat_id], len(scene.people))
    members = scene.people if isinstance(entity, types.Chat) else ()
    return account.add_chat(ChatRecord(scene.chat_id, entity, history, members=tuple(members)))


def new_entity(seed: int, chat_id: int, title: str, members: int) -> Any:
    """The TL group or channel of a marked id."""
    photo = types.ChatPhotoEmpty()
    if chat_id > -CHANNEL_MARK:
        return types.Chat(-chat_id, title, photo, members, START, version=1)
    supergroup = chat_id in NOT_BROADCAST
    return types.Channel(
        id=-chat_id - CHANNEL_MARK,
        title=title,
        photo=photo,
        date=START,
        access_hash=access_hash(seed, chat_id),
        username=USERNAMES.get(chat_id),
        megagroup=supergroup or None,
        broadcast=(not supergroup) or None,
        signatures=(not supergroup) or None,
        participants_count=members or 1200,
    )


def add_folders(account: Account) -> None:
    """The account's own folders: one that lists chats, one made of rules, one that others share."""
    listed = [input_peer(account, chat_id) for chat_id in (cast.RUST, cast.PYTHON, GRACE, cast.NEW_CREW)]
    work = types.DialogFilter(2, plain("Work"), listed[:1], listed[1:], [])
    excluded = [input_peer(account, cast.ESCAPES)]
    rules = types.DialogFilter(
        3, plain("People & groups 👥"), [], [input_peer(account, BOT)], excluded, contacts=True, groups=True, exclude_archived=True
    )
    shared = types.DialogFilterChatlist(4, plain("[b]Shared\x1b[31m"), [], [input_peer(account, cast.SAME_CASE)])
    account.filters += [work, rules, shared]


def input_peer(account: Account, chat_id: int) -> Any:
    """How a folder names a chat."""
    if chat_id > 0:
        return types.InputPeerUser(chat_id, account.users[chat_id].access_hash)
    if chat_id > -CHANNEL_MARK:
        return types.InputPeerChat(-chat_id)
    return types.InputPeerChannel(*hashed(account.seed, chat_id))
