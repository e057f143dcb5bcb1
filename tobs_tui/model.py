"""What travels between the rooms: chats, messages, files and the choices of an export.

Everything here is frozen and slotted, holds no object of any library, and is known to orjson.
Dates are Unix seconds (UTC). Chat and user ids are *marked*: users positive, basic groups
negative, channels and supergroups `-100…`, as Telethon and the Bot API write them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct

from tobs_tui.content import DEFAULT_MEDIA, Content, MediaKind
from tobs_tui.service import Service as Service
from tobs_tui.service import ServiceKind as ServiceKind

CHANNEL_MARK = 1_000_000_000_000


def bare_id(marked: int) -> int:
    """The id without its mark, as in `t.me/c/ID` and in the properties of notes."""
    if marked >= 0:
        return marked
    return -marked - CHANNEL_MARK if -marked > CHANNEL_MARK else -marked


class ChatKind(StrEnum):
    """What a chat is; `telegram_kind` in the notes."""

    PRIVATE = "private"
    BOT = "bot"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"
    FORUM = "forum"
    SAVED = "saved"

    @property
    def dense_ids(self) -> bool:
        """Whether message ids are the chat's own and nearly without holes."""
        return self in (ChatKind.SUPERGROUP, ChatKind.CHANNEL, ChatKind.FORUM)


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat of the account, as its dialog list shows it. `id` is marked; `title` is the sender's, uncleaned.

    `successor` is the marked id of the supergroup that a basic group became, 0 for none.
    """

    id: int
    kind: ChatKind
    title: str
    access_hash: int = 0
    username: str = ""
    unread: int = 0
    last_message_id: int = 0
    last_date: int = 0
    pinned: bool = False
    archived: bool = False
    folders: tuple[int, ...] = ()
    successor: int = 0

    @property
    def link(self) -> str:
        """The chat's t.me address, or an empty string where it has none."""
        if self.username:
            return f"https://t.me/{self.username}"
        return f"https://t.me/c/{bare_id(self.id)}" if self.kind.dense_ids else ""


GENERAL_TOPIC = 1
"""The id of the topic that every forum has."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a forum. `id` is that of the message that created it; `title` is a sender's, uncleaned."""

    id: int
    title: str
    closed: bool = False
    hidden: bool = False
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the account (a tab of the chat list). `title` is the user's, uncleaned."""

    id: int
    title: str


class TakeoutState(StrEnum):
    """Where an account's takeout (Telegram's export session, in which everything comes faster) stands."""

    NEVER = "never"
    NOT_ASKED = "not asked"
    WAITING = "waiting"
    OPEN = "open"
    REPLACED = "replaced"
    REFUSED = "refused"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Takeout:
    """A takeout's state. `until` is when (Unix seconds) it is granted at the latest while it waits; `why` says why it was refused."""

    state: TakeoutState = TakeoutState.NOT_ASKED
    until: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Relatives:
    """Chats that belong to a channel or supergroup: the basic group that it was, and a channel's discussion group or such a group's
    channel. `about` is a chat's description of itself."""

    before: Chat | None = None
    linked: Chat | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Who is logged in."""

    id: int
    name: str
    username: str = ""
    premium: bool = False

    @property
    def label(self) -> str:
        return f"@{self.username}" if self.username else self.name


class EntityKind(StrEnum):
    """The kinds of Telegram's message entities."""

    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    SPOILER = "spoiler"
    CODE = "code"
    PRE = "pre"
    QUOTE = "quote"
    COLLAPSED_QUOTE = "collapsed_quote"
    TEXT_LINK = "text_link"
    URL = "url"
    MENTION = "mention"
    MENTION_NAME = "mention_name"
    HASHTAG = "hashtag"
    CASHTAG = "cashtag"
    BOT_COMMAND = "bot_command"
    EMAIL = "email"
    PHONE = "phone"
    BANK_CARD = "bank_card"
    CUSTOM_EMOJI = "custom_emoji"
    UNKNOWN = "unknown"


class Entity(Struct, frozen=True, gc=False):
    """A styled span of a text. `offset` and `length` count UTF-16 code units.

    `value` is the address of a TEXT_LINK, the language of a PRE, the user id of a MENTION_NAME, the
    document id of a CUSTOM_EMOJI, the constructor's name of an UNKNOWN; otherwise empty.
    """

    kind: EntityKind
    offset: int
    length: int
    value: str = ""


class Sender(Struct, frozen=True, gc=False):
    """Who sent something: marked id (0 when hidden or unknown) and the name shown, uncleaned."""

    id: int
    name: str


class Reply(Struct, frozen=True, gc=False):
    """What a message answers: the message's id, and its chat when that is another one (0 otherwise).

    A story is an id of 0 in a chat, what nobody may find an id of 0 alone. `quote` is the part that the sender chose, if any, with its
    `entities`; `name` whose it is, where the message is in another chat or can't be found.
    """

    message_id: int
    chat_id: int = 0
    quote: str = ""
    name: str = ""
    entities: tuple[Entity, ...] = ()


class Forward(Struct, frozen=True, gc=False):
    """Where a message was forwarded from. `chat_id` and `message_id` are 0 where Telegram hides them."""

    name: str
    date: int
    chat_id: int = 0
    message_id: int = 0


class Reaction(Struct, frozen=True, gc=False):
    """A reaction and how often it was given; `emoji` is the fallback of a custom one, `custom` the document's id of such a one."""

    emoji: str
    count: int
    custom: int = 0


class Button(Struct, frozen=True, gc=False):
    """A button under a bot's message; `link` is the address that it opens, empty where it does something else."""

    text: str
    link: str = ""


class Message(Struct, frozen=True, gc=False):
    """One message of a chat. A message has either a `service` or text and `content`. `edited` is 0 for never.

    `topic` is the id of the forum's topic that it lies in, 0 in other chats. `comments` is how many a post has.
    """

    id: int
    date: int
    sender: Sender
    text: str = ""
    entities: tuple[Entity, ...] = ()
    content: Content | None = None
    service: Service | None = None
    reply: Reply | None = None
    forward: Forward | None = None
    edited: int = 0
    album: int = 0
    via_bot: str = ""
    author: str = ""
    views: int = 0
    reactions: tuple[Reaction, ...] = ()
    outgoing: bool = False
    topic: int = 0
    comments: int = 0
    buttons: tuple[Button, ...] = ()


class Deleted(StrEnum):
    """What becomes of messages in the vault that are gone at Telegram: they stay, or stay and are marked."""

    KEEP = "keep"
    MARK = "mark"


class Layout(StrEnum):
    """How messages are spread over notes."""

    MONTH = "month"
    DAY = "day"
    CHAT = "chat"
    POST = "post"


# As many messages as one answer of Telegram holds.
LOOK_BACK = 100


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What one export takes and where it puts it.

    `vault` is an absolute path. `media` are the kinds to download, `max_size` the largest file in bytes (0: any).
    `since` and `until` bound the messages' dates in Unix seconds: since <= date < until; 0 is no bound. `topics` are the ids of a forum's
    topics to take, none for all. With `comments` a channel's discussion group is exported beside it. `extensions` choose among documents:
    in lower case, without their dot, those with `!` before them are left out; none for all. With `restore` notes that were deleted from the
    vault are written again. Of a chat that is in the vault, the newest `look_back` messages are compared with what Telegram shows of them
    now (0: none); `deleted` are those that it doesn't show any more.
    """

    vault: str
    layout: Layout = Layout.MONTH
    media: frozenset[MediaKind] = field(default=DEFAULT_MEDIA)
    max_size: int = 0
    since: int = 0
    until: int = 0
    timezone: str = "UTC"
    articles: bool = True
    topics: tuple[int, ...] = ()
    comments: bool = False
    extensions: frozenset[str] = frozenset()
    restore: bool = False
    deleted: Deleted = Deleted.KEEP
    look_back: int = LOOK_BACK
