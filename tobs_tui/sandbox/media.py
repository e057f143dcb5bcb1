"""Photos, documents and the other things that a message can carry, as TL objects; their files go into the world's book."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from telethon.tl import types

from tobs_tui.sandbox.files import RANGE, FileBook, FileSpec
from tobs_tui.sandbox.people import access_hash
from tobs_tui.sandbox.pictures import picture
from tobs_tui.sandbox.seeding import number

STRIPPED = bytes((1, 30, 40)) + bytes(range(40))
HANDBOOK_DATE = 1_711_929_600
PACK = types.InputStickerSetEmpty()


def plain(text: str) -> types.TextWithEntities:
    """A text without styles, where TL wants one that could have them."""
    return types.TextWithEntities(text, [])


class MediaMaker:
    """Makes media for messages, one file after another from number `first` on; the same calls make the same files."""

    def __init__(self, seed: int, files: FileBook, chance: random.Random, first: int = 0) -> None:
        self._seed = seed
        self._files = files
        self._chance = chance
        self._made = first
        self._handbook: Any = None

    def _id(self) -> int:
        self._made += 1
        return number(self._seed, "file", self._made)

    def _spec(self, **facts: Any) -> FileSpec:
        file_id = self._id()
        hashes = self._chance.choice((RANGE, RANGE, RANGE // 2, 0))
        spec = FileSpec(
            id=file_id,
            access_hash=access_hash(self._seed, file_id),
            dc=1 + self._made % 2,
            range=hashes,
            uneven=bool(hashes) and self._chance.random() < 0.3,
            **facts,
        )
        return self._files.add(spec)

    def raw_photo(self, date: int, size: int, *, progressive: bool = True) -> types.Photo:
        """A photo of `size` bytes in its largest form."""
        small = max(1024, size // 8)
        sizes = {"m": small, "y": size} if progressive else {"m": small, "x": size // 2, "w": size}
        largest: Any = types.PhotoSize("w", 1920, 1440, size)
        if progressive:
            largest = types.PhotoSizeProgressive("y", 1280, 960, [size // 6, size // 3, size // 2, size])
        middle = [] if progressive else [types.PhotoSize("x", 800, 600, size // 2)]
        spec = self._spec(sizes=sizes, head=picture(self._chance.getrandbits(32)))
        shown = [types.PhotoStrippedSize("i", STRIPPED), types.PhotoSize("m", 320, 240, small), *middle, largest]
        return types.Photo(spec.id, spec.access_hash, b"", date, shown, spec.dc)

    def photo(self, date: int, size: int, *, progressive: bool = True, spoiler: bool = False) -> types.MessageMediaPhoto:
        return types.MessageMediaPhoto(spoiler=spoiler or None, photo=self.raw_photo(date, size, progressive=progressive))

    def profile_photo(self) -> FileSpec:
        """The photo of a person or chat, in its two sizes."""
        return self._spec(sizes={"a": 10_000, "c": 24_000}, head=picture(self._chance.getrandbits(32)))

    def raw_document(
        self, date: int, size: int, mime: str, attributes: Sequence[Any], *, thumb: bool = False, head: bytes = b""
    ) -> types.Document:
        """A document; `head` are its first bytes, the rest is noise."""
        spec = self._spec(size=size, sizes={"m": 4096} if thumb else {}, head=head[:size])
        thumbs = [types.PhotoStrippedSize("i", STRIPPED), types.PhotoSize("m", 320, 180, 4096)] if thumb else None
        return types.Document(spec.id, spec.access_hash, b"", date, mime, size, spec.dc, list(attributes), thumbs)

    def document(self, date: int, size: int, name: str | None, mime: str = "application/octet-stream", head: bytes = b"") -> Any:
        """A file; without a name (None) it has no name attribute at all."""
        attributes = [] if name is None else [types.DocumentAttributeFilename(name)]
        return types.MessageMediaDocument(document=self.raw_document(date, size, mime, attributes, head=head))

    def handbook(self) -> Any:
        """One document that several messages show, in several chats: its bytes are the same for all of them."""
        if self._handbook is None:
            self._handbook = self.document(HANDBOOK_DATE, 260_000, "handbook.pdf", "application/pdf")
        return self._handbook

    def video(self, date: int, size: int, name: str = "video.mp4") -> Any:
        attributes = [
            types.DocumentAttributeVideo(12.5, 1280, 720, supports_streaming=True),
            types.DocumentAttributeFilename(name),
        ]
        return types.MessageMediaDocument(document=self.raw_document(date, size, "video/mp4", attributes, thumb=True), video=True)

    def round_video(self, date: int, size: int) -> Any:
        attributes = [types.DocumentAttributeVideo(8.0, 384, 384, round_message=True)]
        return types.MessageMediaDocument(document=self.raw_document(date, size, "video/mp4", attributes, thumb=True), round=True)

    def voice(self, date: int, size: int) -> Any:
        attributes = [types.DocumentAttributeAudio(7, voice=True, waveform=bytes(63))]
        return types.MessageMediaDocument(document=self.raw_document(date, size, "audio/ogg", attributes), voice=True)

    def audio(self, date: int, size: int, title: str, performer: str) -> Any:
        attributes = [
            types.DocumentAttributeAudio(183, title=title, performer=performer),
            types.DocumentAttributeFilename(f"{performer} - {title}.mp3"),
        ]
        return types.MessageMediaDocument(document=self.raw_document(date, size, "audio/mpeg", attributes))

    def gif(self, date: int, size: int) -> Any:
        attributes = [
            types.DocumentAttributeVideo(2.0, 320, 240, nosound=True),
            types.DocumentAttributeAnimated(),
            types.DocumentAttributeFilename("giphy.mp4"),
        ]
        return types.MessageMediaDocument(document=self.raw_document(date, size, "video/mp4", attributes, thumb=True))

    def sticker(self, date: int, emoji: str, size: int = 9000) -> Any:
        attributes = [
            types.DocumentAttributeImageSize(512, 512),
            types.DocumentAttributeSticker(emoji, PACK),
            types.DocumentAttributeFilename("sticker.webp"),
        ]
        return types.MessageMediaDocument(document=self.raw_document(date, size, "image/webp", attributes))

    def custom_emoji(self, date: int, emoji: str) -> int:
        """A custom emoji's document; returns its id."""
        attributes = [types.DocumentAttributeImageSize(100, 100), types.DocumentAttributeCustomEmoji(emoji, PACK)]
        document = self.raw_document(date, 3000, "image/webp", attributes)
        self._files.emoji[document.id] = document
        return int(document.id)

    def web_page(self, url: str, title: str, description: str, site: str, *, picture_size: int = 0, date: int = 0) -> Any:
        photo = self.raw_photo(date, picture_size) if picture_size else None
        page = types.WebPage(
            id=self._id(),
            url=url,
            display_url=url.split("://")[-1],
            hash=0,
            type="article",
            site_name=site or None,
            title=title or None,
            description=description or None,
            photo=photo,
        )
        return types.MessageMediaWebPage(page)


def poll(poll_id: int, question: str, answers: Sequence[tuple[str, int]], *, right: int = -1, closed: bool = False) -> Any:
    """A poll with its answers and their votes; a quiz when `right` names the right answer."""
    options = [types.PollAnswer(plain(text), bytes((48 + i,))) for i, (text, _) in enumerate(answers)]
    voters = [
        types.PollAnswerVoters(bytes((48 + i,)), correct=(i == right) or None, chosen=(i == 0) or None, voters=votes, recent_voters=[])
        for i, (_, votes) in enumerate(answers)
    ]
    shown = types.Poll(poll_id, plain(question), options, hash=0, quiz=right >= 0 or None, closed=closed or None)
    return types.MessageMediaPoll(shown, types.PollResults(results=voters, total_voters=sum(votes for _, votes in answers)))


def todo(title: str, items: Sequence[str], done: Sequence[int], who: int, date: int) -> Any:
    """A to-do list; `done` are the numbers (from 1) of the items that `who` ticked off."""
    listed = [types.TodoItem(i, plain(text)) for i, text in enumerate(items, 1)]
    ticked = [types.TodoCompletion(i, types.PeerUser(who), date) for i in done]
    return types.MessageMediaToDo(types.TodoList(plain(title), listed, others_can_append=True), ticked or None)


def place(latitude: float, longitude: float) -> types.GeoPoint:
    return types.GeoPoint(long=longitude, lat=latitude, access_hash=0)
