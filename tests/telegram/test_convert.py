"""TL objects made by hand become what the model says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import telethon  # noqa: F401 - puts Telethon's own message classes into telethon.tl.types, as in the program
from telethon.tl import types

from tobs_tui.content import (
    Contact,
    Dice,
    Game,
    Giveaway,
    Gone,
    Invoice,
    MediaKind,
    PaidMedia,
    Place,
    Poll,
    PollOption,
    RemoteFile,
    Story,
    TodoItem,
    TodoList,
    Unrendered,
    WebPage,
)
from tobs_tui.model import Button, Entity, EntityKind, Forward, Message, Reaction, Reply, Sender, Service, ServiceKind
from tobs_tui.telegram.convert import entities_of, message_of
from tobs_tui.telegram.convert_media import document_kind, files_of
from tobs_tui.telegram.peers import Names

ME, ADA, BOB, BOT, GONE = 1, 2, 3, 4, 5
CHANNEL, GROUP = -1000000000077, -88
DATE = datetime(2025, 1, 30, 14, 5, tzinfo=UTC)
AT = int(DATE.timestamp())
NAMES = Names(
    [
        types.User(ME, is_self=True, first_name="Me"),
        types.User(ADA, first_name="Ada", last_name="Lovelace"),
        types.User(BOB, first_name="Bob\x1b[2J"),
        types.User(BOT, bot=True, first_name="Gif", username="gif"),
        types.User(GONE, deleted=True),
    ],
    [types.Channel(77, "News", types.ChatPhotoEmpty(), DATE), types.Chat(88, "Group", types.ChatPhotoEmpty(), 3, DATE, 1)],
)


def plain(text: str) -> types.TextWithEntities:
    return types.TextWithEntities(text, [])


def converted(chat_id: int = ADA, peer: Any = None, **fields: Any) -> Message:
    message = types.Message(**{"id": 9, "peer_id": peer or types.PeerUser(ADA), "date": DATE, "message": "text"} | fields)
    result = message_of(message, chat_id, NAMES, ME)
    assert result is not None
    return result


def action(made: Any, **fields: Any) -> Service:
    fields = {"id": 9, "peer_id": types.PeerChat(88), "date": DATE, "from_id": types.PeerUser(ADA), "action": made} | fields
    result = message_of(types.MessageService(**fields), GROUP, NAMES, ME)
    assert result is not None
    assert result.service is not None
    return result.service


def test_a_plain_message() -> None:
    assert converted() == Message(9, AT, Sender(ADA, "Ada Lovelace"), "text")
    assert converted(out=True).sender == Sender(ME, "Me")
    assert converted(out=True).outgoing


def test_a_deleted_message_is_none() -> None:
    assert message_of(types.MessageEmpty(9, None), ADA, NAMES, ME) is None


@pytest.mark.parametrize(
    ("chat_id", "from_id", "sender"),
    [
        (CHANNEL, None, Sender(CHANNEL, "News")),
        (CHANNEL, types.PeerUser(BOB), Sender(BOB, "Bob\x1b[2J")),
        (CHANNEL, types.PeerChannel(77), Sender(CHANNEL, "News")),
        (GROUP, types.PeerUser(GONE), Sender(GONE, "Deleted account")),
        (GROUP, types.PeerUser(999), Sender(999, "")),
    ],
)
def test_senders(chat_id: int, from_id: Any, sender: Sender) -> None:
    assert converted(chat_id, types.PeerChannel(77), from_id=from_id).sender == sender


def test_what_surrounds_a_text() -> None:
    message = converted(
        edit_date=DATE,
        grouped_id=5,
        via_bot_id=BOT,
        post_author="Grace",
        views=12,
        reactions=types.MessageReactions(
            [
                types.ReactionCount(types.ReactionEmoji("👍"), 3),
                types.ReactionCount(types.ReactionCustomEmoji(7), 2),
                types.ReactionCount(types.ReactionPaid(), 1),
            ]
        ),
    )
    assert (message.edited, message.album, message.via_bot, message.author, message.views) == (AT, 5, "gif", "Grace", 12)
    assert message.reactions == (Reaction("👍", 3), Reaction("custom emoji", 2, custom=7), Reaction("⭐", 1))
    assert converted(edit_date=DATE, edit_hide=True).edited == 0


def test_buttons_are_those_under_the_message() -> None:
    buttons = [
        types.KeyboardInlineButton("Open", types.InlineButtonTypeUrl("https://a.b")),
        types.KeyboardInlineButton("Vote", types.InlineButtonTypeCallback(b"1")),
    ]
    rows = [types.KeyboardInlineButtonRow([button]) for button in buttons]
    assert converted(reply_markup=types.ReplyInlineMarkup(rows)).buttons == (Button("Open", "https://a.b"), Button("Vote"))
    assert converted(reply_markup=types.ReplyKeyboardHide()).buttons == ()


@pytest.mark.parametrize(
    ("header", "reply"),
    [
        (None, None),
        (types.MessageReplyHeader(reply_to_msg_id=4), Reply(4)),
        (types.MessageReplyHeader(reply_to_msg_id=4, reply_to_peer_id=types.PeerChannel(77)), Reply(4, CHANNEL, name="News")),
        (types.MessageReplyHeader(reply_to_msg_id=4, reply_to_peer_id=types.PeerUser(ADA)), Reply(4)),
        (types.MessageReplyHeader(reply_to_msg_id=4, quote=True, quote_text="part"), Reply(4, quote="part")),
        (
            types.MessageReplyHeader(
                reply_to_msg_id=4, quote=True, quote_text="part", quote_entities=[types.MessageEntitySpoiler(1, 2)]
            ),
            Reply(4, quote="part", entities=(Entity(EntityKind.SPOILER, 1, 2),)),
        ),
        (types.MessageReplyHeader(reply_to_msg_id=4, forum_topic=True), None),
        (types.MessageReplyHeader(reply_to_msg_id=6, forum_topic=True, reply_to_top_id=4), Reply(6)),
        (types.MessageReplyHeader(), None),
        (types.MessageReplyStoryHeader(types.PeerUser(BOB), 3), Reply(0, BOB, name="Bob\x1b[2J")),
    ],
)
def test_replies(header: Any, reply: Reply | None) -> None:
    assert converted(reply_to=header).reply == reply


@pytest.mark.parametrize(
    ("header", "forward"),
    [
        (types.MessageFwdHeader(DATE, from_id=types.PeerUser(ADA)), Forward("Ada Lovelace", AT, ADA)),
        (types.MessageFwdHeader(DATE, from_id=types.PeerChannel(77), channel_post=5), Forward("News", AT, CHANNEL, 5)),
        (
            types.MessageFwdHeader(DATE, from_id=types.PeerChannel(77), channel_post=5, post_author="Grace"),
            Forward("News (Grace)", AT, CHANNEL, 5),
        ),
        (types.MessageFwdHeader(DATE, from_name="Hidden"), Forward("Hidden", AT)),
        (types.MessageFwdHeader(DATE, post_author="Grace"), Forward("Grace", AT)),
        (types.MessageFwdHeader(DATE), Forward("", AT)),
        (
            types.MessageFwdHeader(DATE, from_id=types.PeerUser(ADA), saved_from_peer=types.PeerChat(88), saved_from_msg_id=6),
            Forward("Ada Lovelace", AT, GROUP, 6),
        ),
    ],
)
def test_forwards(header: Any, forward: Forward) -> None:
    assert converted(fwd_from=header).forward == forward


def test_every_entity_of_telegram_has_a_kind_or_a_name() -> None:
    values: dict[str, Any] = {"url": "https://a.b", "language": "rust", "user_id": 7, "document_id": 8}
    kinds = set()
    for name in (name for name in dir(types) if name.startswith("MessageEntity")):
        kind = getattr(types, name)
        wanted = kind.__init__.__annotations__
        made = kind(**{"offset": 1, "length": 2} | {key: values.get(key, 0) for key in wanted if key not in ("offset", "length", "return")})
        (entity,) = entities_of([made])
        assert (entity.offset, entity.length) == (1, 2)
        assert entity.kind is not EntityKind.UNKNOWN or entity.value == name
        kinds.add(entity.kind)
    assert kinds | {EntityKind.QUOTE, EntityKind.COLLAPSED_QUOTE} == set(EntityKind)


@pytest.mark.parametrize(
    ("made", "entity"),
    [
        (types.MessageEntityTextUrl(0, 1, "https://a.b"), Entity(EntityKind.TEXT_LINK, 0, 1, "https://a.b")),
        (types.MessageEntityPre(0, 1, ""), Entity(EntityKind.PRE, 0, 1)),
        (types.MessageEntityPre(0, 1, "rust"), Entity(EntityKind.PRE, 0, 1, "rust")),
        (types.MessageEntityMentionName(0, 1, 7), Entity(EntityKind.MENTION_NAME, 0, 1, "7")),
        (types.MessageEntityCustomEmoji(0, 1, 8), Entity(EntityKind.CUSTOM_EMOJI, 0, 1, "8")),
        (types.MessageEntityBlockquote(0, 1), Entity(EntityKind.QUOTE, 0, 1)),
        (types.MessageEntityBlockquote(0, 1, collapsed=True), Entity(EntityKind.COLLAPSED_QUOTE, 0, 1)),
    ],
)
def test_values_of_entities(made: Any, entity: Entity) -> None:
    assert entities_of([made]) == (entity,)


def document(*attributes: Any) -> types.Document:
    return types.Document(6, 7, b"\x01\xff", DATE, "video/mp4", 5000, 2, list(attributes))


VIDEO = types.DocumentAttributeVideo(1.0, 2, 3)


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ([], MediaKind.DOCUMENT),
        ([types.DocumentAttributeImageSize(1, 2)], MediaKind.DOCUMENT),
        ([VIDEO], MediaKind.VIDEO),
        ([types.DocumentAttributeVideo(1.0, 2, 3, round_message=True)], MediaKind.ROUND),
        ([VIDEO, types.DocumentAttributeAnimated()], MediaKind.GIF),
        ([types.DocumentAttributeAudio(3)], MediaKind.AUDIO),
        ([types.DocumentAttributeAudio(3, voice=True)], MediaKind.VOICE),
        ([types.DocumentAttributeImageSize(1, 2), types.DocumentAttributeSticker("", types.InputStickerSetEmpty())], MediaKind.STICKER),
        ([VIDEO, types.DocumentAttributeSticker("", types.InputStickerSetEmpty())], MediaKind.STICKER),
        ([types.DocumentAttributeCustomEmoji("", types.InputStickerSetEmpty())], MediaKind.CUSTOM_EMOJI),
    ],
)
def test_kinds_of_documents(attributes: list[Any], kind: MediaKind) -> None:
    assert document_kind(attributes) is kind


def test_a_document() -> None:
    made = types.MessageMediaDocument(document=document(VIDEO, types.DocumentAttributeFilename("../a\x00.mp4")))
    file = RemoteFile(6, MediaKind.VIDEO, 5000, 2, 7, "01ff", "", "video/mp4", "../a\x00.mp4", ADA, 9)
    assert converted(media=made).content == file


@pytest.mark.parametrize(
    ("attributes", "name", "emoji"),
    [
        ([types.DocumentAttributeAudio(3, title="So/What", performer="Miles")], "Miles - So/What", ""),
        ([types.DocumentAttributeAudio(3, title="So What"), types.DocumentAttributeFilename("a.mp3")], "a.mp3", ""),
        ([types.DocumentAttributeAudio(3, voice=True)], "", ""),
        ([types.DocumentAttributeSticker("😎", types.InputStickerSetEmpty()), types.DocumentAttributeFilename("s.webp")], "s.webp", "😎"),
    ],
)
def test_what_a_document_is_called(attributes: list[Any], name: str, emoji: str) -> None:
    file = converted(media=types.MessageMediaDocument(document=document(*attributes))).content
    assert isinstance(file, RemoteFile)
    assert (file.name, file.emoji) == (name, emoji)


def test_the_photo_that_a_chat_got() -> None:
    photo = types.Photo(6, 7, b"\x02", DATE, [types.PhotoSize("x", 800, 500, 9000)], 4)
    made = types.MessageActionChatEditPhoto(photo)
    message = message_of(types.MessageService(id=9, peer_id=types.PeerChat(88), date=DATE, action=made), GROUP, NAMES, ME)
    file = RemoteFile(6, MediaKind.PROFILE_PHOTO, 9000, 4, 7, "02", "x", "image/jpeg", "", GROUP, 9)
    assert message is not None
    assert message.content == file
    assert list(files_of(made, GROUP, 9)) == [file]


def test_the_largest_size_of_a_photo_is_the_photo() -> None:
    sizes: list[Any] = [
        types.PhotoStrippedSize("i", b"1"),
        types.PhotoSize("m", 320, 200, 900),
        types.PhotoSizeProgressive("y", 1280, 800, [100, 4000, 3000]),
        types.PhotoSize("x", 800, 500, 9000),
        types.PhotoPathSize("j", b"1"),
    ]
    photo = types.Photo(6, 7, b"\x02", DATE, sizes, 4)
    file = RemoteFile(6, MediaKind.PHOTO, 4000, 4, 7, "02", "y", "image/jpeg", "", ADA, 9)
    assert converted(media=types.MessageMediaPhoto(photo=photo)).content == file


@pytest.mark.parametrize(
    ("media", "content"),
    [
        (types.MessageMediaEmpty(), None),
        (types.MessageMediaPhoto(), Gone("photo")),
        (types.MessageMediaPhoto(photo=types.Photo(6, 7, b"", DATE, [], 4)), Gone("photo")),
        (types.MessageMediaDocument(ttl_seconds=5), Gone("document", expired=True)),
        (types.MessageMediaUnsupported(), Unrendered("MessageMediaUnsupported")),
        (types.MessageMediaGeo(types.GeoPoint(13.4, 52.5, 1)), Place(52.5, 13.4)),
        (types.MessageMediaGeo(types.GeoPointEmpty()), Gone("location")),
        (types.MessageMediaGeoLive(types.GeoPoint(13.4, 52.5, 1), 60), Place(52.5, 13.4, live=True)),
        (types.MessageMediaVenue(types.GeoPoint(13.4, 52.5, 1), "Café", "Street 1", "", "", ""), Place(52.5, 13.4, "Café", "Street 1")),
        (types.MessageMediaContact("+44", "Ada", "", "", 0), Contact("Ada", "+44")),
        (types.MessageMediaDice(5, "🎲"), Dice("🎲", 5)),
        (types.MessageMediaStory(types.PeerUser(BOT), 3), Story("Gif", "https://t.me/gif/s/3")),
        (types.MessageMediaStory(types.PeerUser(ADA), 3), Story("Ada Lovelace")),
        (types.MessageMediaGame(types.Game(1, 2, "s", "Lumber", "cut", types.PhotoEmpty(1))), Game("Lumber", "cut")),
        (types.MessageMediaInvoice("Tea", "hot", "EUR", 250, ""), Invoice("Tea", "hot", 250, "EUR")),
        (types.MessageMediaGiveaway([77], 3, DATE, months=6), Giveaway(3, AT, "Telegram Premium for 6 months")),
        (types.MessageMediaGiveawayResults(77, 1, 2, 0, [], DATE, stars=50), Giveaway(2, AT, "50 Telegram stars", ended=True)),
        (types.MessageMediaPaidMedia(10, [types.MessageExtendedMediaPreview()]), PaidMedia(1, 10)),
        (
            types.MessageMediaToDo(
                types.TodoList(plain("Shop"), [types.TodoItem(1, plain("tea")), types.TodoItem(2, plain("milk"))]),
                [types.TodoCompletion(2, types.PeerUser(ADA), DATE)],
            ),
            TodoList("Shop", (TodoItem("tea"), TodoItem("milk", True, "Ada Lovelace"))),
        ),
        (
            types.MessageMediaPoll(
                types.Poll(1, plain("Which?"), [types.PollAnswer(plain("A"), b"0"), types.PollAnswer(plain("B"), b"1")], 0, quiz=True),
                types.PollResults(results=[types.PollAnswerVoters(b"1", True, True, 4)], total_voters=5, solution="because"),
            ),
            Poll("Which?", (PollOption("A"), PollOption("B", 4, True, True)), 5, quiz=True, solution="because"),
        ),
        (types.MessageMediaWebPage(types.WebPageEmpty(1)), None),
        (
            types.MessageMediaWebPage(types.WebPage(1, "https://a.b", "a.b", 0, title="T", description="D", site_name="S")),
            WebPage("https://a.b", "T", "D", "S"),
        ),
    ],
)
def test_other_content(media: Any, content: Any) -> None:
    assert converted(media=media).content == content


@pytest.mark.parametrize(
    ("made", "service"),
    [
        (types.MessageActionChatAddUser([ADA]), Service(ServiceKind.JOINED, ("Ada Lovelace",))),
        (types.MessageActionChatAddUser([BOB, GONE]), Service(ServiceKind.ADDED, ("Bob\x1b[2J", "Deleted account"))),
        (types.MessageActionChatJoinedByLink(ADA), Service(ServiceKind.JOINED, ("Ada Lovelace",))),
        (types.MessageActionChatDeleteUser(ADA), Service(ServiceKind.LEFT, ("Ada Lovelace",))),
        (types.MessageActionChatDeleteUser(BOB), Service(ServiceKind.REMOVED, ("Bob\x1b[2J",))),
        (types.MessageActionChatCreate("T", [BOB]), Service(ServiceKind.CREATED, ("Bob\x1b[2J",), "T")),
        (types.MessageActionChannelCreate("T"), Service(ServiceKind.CREATED, (), "T")),
        (types.MessageActionChatEditTitle("T"), Service(ServiceKind.TITLE, (), "T")),
        (types.MessageActionChatEditPhoto(types.PhotoEmpty(1)), Service(ServiceKind.PHOTO)),
        (types.MessageActionChatDeletePhoto(), Service(ServiceKind.PHOTO_REMOVED)),
        (types.MessageActionPinMessage(), Service(ServiceKind.PINNED)),
        (types.MessageActionPhoneCall(1, duration=61), Service(ServiceKind.CALL, (), "61")),
        (types.MessageActionChatMigrateTo(77), Service(ServiceKind.MIGRATED)),
        (types.MessageActionChannelMigrateFrom("Old", 88), Service(ServiceKind.MIGRATED, (), "Old")),
        (types.MessageActionScreenshotTaken(), Service(ServiceKind.SCREENSHOT)),
        (types.MessageActionContactSignUp(), Service(ServiceKind.CONTACT_JOINED)),
    ],
)
def test_service_messages(made: Any, service: Service) -> None:
    assert action(made) == service
