"""Files: photos and documents as TL objects in, the model out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from telethon.tl import types

from tobs_tui.content import MediaKind, RemoteFile


def file_of(media: Any, chat_id: int, message_id: int) -> RemoteFile | None:
    """The file of a message's media; None where it has none (any more)."""
    if isinstance(media, types.MessageMediaPhoto):
        return photo_file(media.photo, chat_id, message_id)
    if isinstance(media, types.MessageMediaDocument):
        return document_file(media.document, chat_id, message_id)
    return None


def files_of(media: Any, chat_id: int, message_id: int) -> Iterator[RemoteFile]:
    """All files of a message's media: its own, those that were bought, the picture of a link preview; or that of its action."""
    if file := file_of(media, chat_id, message_id):
        yield file
    elif isinstance(media, types.MessageMediaPaidMedia):
        yield from bought_files(media, chat_id, message_id)
    elif isinstance(media, types.MessageMediaWebPage) and (picture := web_picture(media.webpage, chat_id, message_id)):
        yield picture
    elif file := action_photo(media, chat_id, message_id):
        yield file


def action_photo(action: Any, chat_id: int, message_id: int) -> RemoteFile | None:
    """The photo that a chat got, or that was suggested to somebody."""
    if not isinstance(action, types.MessageActionChatEditPhoto | types.MessageActionSuggestProfilePhoto):
        return None
    return photo_file(action.photo, chat_id, message_id, MediaKind.PROFILE_PHOTO)


def bought_files(media: Any, chat_id: int, message_id: int) -> Iterator[RemoteFile]:
    """The files of paid media that the account may see."""
    for each in media.extended_media:
        if isinstance(each, types.MessageExtendedMedia) and (file := file_of(each.media, chat_id, message_id)):
            yield file


def web_picture(page: Any, chat_id: int, message_id: int) -> RemoteFile | None:
    """The picture of a link preview."""
    return photo_file(getattr(page, "photo", None), chat_id, message_id, MediaKind.WEB_PICTURE)


def photo_file(photo: Any, chat_id: int, message_id: int, kind: MediaKind = MediaKind.PHOTO) -> RemoteFile | None:
    """The largest size of a photo; None where there is none."""
    if not isinstance(photo, types.Photo):
        return None
    best = max(photo.sizes, key=_size_rank, default=None)
    if best is None or (rank := _size_rank(best)) == (0, 0):
        return None
    return RemoteFile(
        id=photo.id,
        kind=kind,
        size=rank[1],
        dc=photo.dc_id,
        access_hash=photo.access_hash,
        reference=photo.file_reference.hex(),
        thumb=best.type,
        mime="image/jpeg",
        chat_id=chat_id,
        message_id=message_id,
    )


def _size_rank(size: Any) -> tuple[int, int]:
    """Pixels and bytes of a photo's size. Stripped, vector and inline previews are no photos: (0, 0)."""
    if isinstance(size, types.PhotoSize):
        return size.w * size.h, size.size
    if isinstance(size, types.PhotoSizeProgressive):
        return size.w * size.h, max(size.sizes, default=0)
    return 0, 0


def document_file(document: Any, chat_id: int, message_id: int) -> RemoteFile | None:
    """A document of any kind; None where there is none."""
    if not isinstance(document, types.Document):
        return None
    return RemoteFile(
        id=document.id,
        kind=document_kind(document.attributes),
        size=document.size,
        dc=document.dc_id,
        access_hash=document.access_hash,
        reference=document.file_reference.hex(),
        mime=document.mime_type or "",
        name=_file_name(document.attributes),
        chat_id=chat_id,
        message_id=message_id,
        emoji=_emoji(document.attributes),
    )


def document_kind(attributes: list[Any]) -> MediaKind:
    """What a document is, by its attributes: a GIF is a video too, a sticker has a picture's size."""
    found = {type(attribute): attribute for attribute in attributes}
    if types.DocumentAttributeSticker in found:
        return MediaKind.STICKER
    if types.DocumentAttributeCustomEmoji in found:
        return MediaKind.CUSTOM_EMOJI
    if types.DocumentAttributeAnimated in found:
        return MediaKind.GIF
    if video := found.get(types.DocumentAttributeVideo):
        return MediaKind.ROUND if video.round_message else MediaKind.VIDEO
    if audio := found.get(types.DocumentAttributeAudio):
        return MediaKind.VOICE if audio.voice else MediaKind.AUDIO
    return MediaKind.DOCUMENT


def _file_name(attributes: list[Any]) -> str:
    """The name that the file came with; of music without one what is played."""
    names = (a.file_name for a in attributes if isinstance(a, types.DocumentAttributeFilename))
    music = (filter(None, (a.performer, a.title)) for a in attributes if isinstance(a, types.DocumentAttributeAudio))
    return next(names, "") or " - ".join(next(music, ()))


def _emoji(attributes: list[Any]) -> str:
    signs = (a.alt for a in attributes if isinstance(a, types.DocumentAttributeSticker | types.DocumentAttributeCustomEmoji))
    return next(signs, "") or ""
