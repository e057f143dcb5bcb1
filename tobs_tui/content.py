"""What a message can hold besides its text: files, polls, places and the like. Frozen and slotted, as all of model.py;
made and encoded by msgspec, which costs a tenth of what a frozen dataclass does."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class MediaKind(StrEnum):
    """Kinds of files, as `--media` and `[media] kinds` name them."""

    PHOTO = "photo"
    VIDEO = "video"
    ROUND = "round"
    VOICE = "voice"
    AUDIO = "audio"
    DOCUMENT = "document"
    GIF = "gif"
    STICKER = "sticker"
    CUSTOM_EMOJI = "custom_emoji"
    WEB_PICTURE = "web_picture"
    PROFILE_PHOTO = "profile_photo"


DEFAULT_MEDIA = frozenset(MediaKind) - {
    MediaKind.STICKER,
    MediaKind.CUSTOM_EMOJI,
    MediaKind.WEB_PICTURE,
    MediaKind.PROFILE_PHOTO,
}


class RemoteFile(Struct, frozen=True, gc=False, tag=True):
    """A file that lies at Telegram, and what is needed to ask for its parts.

    `id` is unique for documents and for photos of the account each (`kind` tells which). `size` is in bytes as the
    server declares it. `reference` is the file reference in hex. `thumb` names the size of a photo (`y`, `w`, …) and is empty for
    documents. `name` is the sender's, uncleaned, empty where there is none; `emoji` what a sticker stands for.
    """

    id: int
    kind: MediaKind
    size: int
    dc: int
    access_hash: int = 0
    reference: str = ""
    thumb: str = ""
    mime: str = ""
    name: str = ""
    chat_id: int = 0
    message_id: int = 0
    emoji: str = ""

    @property
    def key(self) -> str:
        """Names the file's bytes: equal for every message that shows them."""
        return f"{'p' if self.thumb else 'd'}{self.id}{self.thumb}"


class RangeHash(Struct, frozen=True, gc=False):
    """The SHA-256 of `length` bytes of a file, from `offset`."""

    offset: int
    length: int
    sha256: bytes


class WebPage(Struct, frozen=True, gc=False, tag=True):
    """A link preview; `picture` is a file of the kind WEB_PICTURE."""

    url: str
    title: str = ""
    description: str = ""
    site: str = ""
    picture: RemoteFile | None = None


class Unrendered(Struct, frozen=True, gc=False, tag=True):
    """Content that the notes can't show yet, or that Telegram invented since: `name` is its TL constructor's."""

    name: str


class Gone(Struct, frozen=True, gc=False, tag=True):
    """A file (`what` it was, in a word) that destroyed itself after it was seen (`expired`), or that Telegram doesn't have any more."""

    what: str
    expired: bool = False


class PollOption(Struct, frozen=True, gc=False):
    """An answer of a poll. `votes` is None where Telegram hides them."""

    text: str
    votes: int | None = None
    chosen: bool = False
    correct: bool = False


class Poll(Struct, frozen=True, gc=False, tag=True):
    """A poll or a quiz. `voters` is how many people voted, `solution` a quiz's explanation."""

    question: str
    options: tuple[PollOption, ...]
    voters: int = 0
    quiz: bool = False
    closed: bool = False
    multiple: bool = False
    solution: str = ""


class TodoItem(Struct, frozen=True, gc=False):
    """A task of a to-do list; `by` is who did it, where known."""

    text: str
    done: bool = False
    by: str = ""


class TodoList(Struct, frozen=True, gc=False, tag=True):
    """A to-do list."""

    title: str
    items: tuple[TodoItem, ...]


class Place(Struct, frozen=True, gc=False, tag=True):
    """A location, a live location (`live`), or a venue (with a `title`). Degrees."""

    latitude: float
    longitude: float
    title: str = ""
    address: str = ""
    live: bool = False


class Contact(Struct, frozen=True, gc=False, tag=True):
    """A shared contact."""

    name: str
    phone: str = ""


class Dice(Struct, frozen=True, gc=False, tag=True):
    """A thrown dice, or another emoji with a random value."""

    emoji: str
    value: int


class Story(Struct, frozen=True, gc=False, tag=True):
    """A story that was shared: whose, and its address where it has one."""

    name: str
    link: str = ""


class Game(Struct, frozen=True, gc=False, tag=True):
    """A game of a bot."""

    title: str
    description: str = ""


class Invoice(Struct, frozen=True, gc=False, tag=True):
    """A bill. `amount` is in the smallest unit of `currency` (ISO 4217, or XTR for Telegram's stars)."""

    title: str
    description: str
    amount: int
    currency: str


class Giveaway(Struct, frozen=True, gc=False, tag=True):
    """A giveaway, or its results (`ended`). `until` is in Unix seconds, `prize` in words; both may be unknown (0, empty)."""

    winners: int
    until: int = 0
    prize: str = ""
    ended: bool = False


class PaidMedia(Struct, frozen=True, gc=False, tag=True):
    """Media that must be bought: how many for how many stars. `files` are those that the account has bought."""

    count: int
    stars: int
    files: tuple[RemoteFile, ...] = ()


Content = (
    RemoteFile | WebPage | Poll | TodoList | Place | Contact | Dice | Story | Game | Invoice | Giveaway | PaidMedia | Gone | Unrendered
)
