"""The account's own folders: which chat is in which. Rules as in Telegram's clients (https://core.telegram.org/api/folders)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from telethon.tl import types

from tobs_tui.model import Folder
from tobs_tui.telegram.dates import unix
from tobs_tui.telegram.peers import marked_id


@dataclass(frozen=True, slots=True)
class Traits:
    """What the rules of a folder ask of a chat."""

    id: int
    kind: str  # contact, non_contact, bot, group, broadcast
    muted: bool
    unread: bool
    mentioned: bool
    archived: bool


def traits_of(dialog: Any, entity: Any) -> Traits:
    """A dialog's traits."""
    mentioned = dialog.unread_mentions_count > 0
    return Traits(
        id=marked_id(dialog.peer),
        kind=_kind(entity),
        muted=unix(dialog.notify_settings.mute_until) > time.time(),
        unread=dialog.unread_count > 0 or bool(dialog.unread_mark) or mentioned,
        mentioned=mentioned,
        archived=bool(dialog.folder_id),
    )


def _kind(entity: Any) -> str:
    if isinstance(entity, types.User):
        if entity.bot:
            return "bot"
        return "contact" if entity.contact or entity.is_self else "non_contact"
    if isinstance(entity, types.UserEmpty):
        return "non_contact"
    channel = isinstance(entity, types.Channel | types.ChannelForbidden)
    return "broadcast" if channel and entity.broadcast else "group"


class FolderRule:
    """One folder of the account."""

    def __init__(self, dialog_filter: Any) -> None:
        title = dialog_filter.title
        self.folder = Folder(dialog_filter.id, title if isinstance(title, str) else title.text)
        self._always = {marked_id(peer) for peer in (*dialog_filter.pinned_peers, *dialog_filter.include_peers)}
        self._never = {marked_id(peer) for peer in getattr(dialog_filter, "exclude_peers", ())}
        self._saved = any(isinstance(peer, types.InputPeerSelf) for peer in (*dialog_filter.pinned_peers, *dialog_filter.include_peers))
        self._kinds = {kind for kind, flag in _FLAGS.items() if getattr(dialog_filter, flag, False)}
        self._no_muted = bool(getattr(dialog_filter, "exclude_muted", False))
        self._no_read = bool(getattr(dialog_filter, "exclude_read", False))
        self._no_archived = bool(getattr(dialog_filter, "exclude_archived", False))

    def holds(self, chat: Traits, *, is_self: bool) -> bool:
        """Whether the folder shows a chat."""
        if chat.id in self._never:
            return False
        if chat.id in self._always or (self._saved and is_self):
            return True
        if chat.kind not in self._kinds:
            return False
        muted = self._no_muted and chat.muted and not chat.mentioned
        read = self._no_read and not chat.unread
        return not (muted or read or (self._no_archived and chat.archived))


_FLAGS = {"contact": "contacts", "non_contact": "non_contacts", "bot": "bots", "group": "groups", "broadcast": "broadcasts"}


def rules_of(answer: Any) -> tuple[FolderRule, ...]:
    """The folders in an answer to messages.getDialogFilters, in the user's order, without "All chats"."""
    filters = answer if isinstance(answer, list) else answer.filters
    return tuple(FolderRule(each) for each in filters if isinstance(each, types.DialogFilter | types.DialogFilterChatlist))
