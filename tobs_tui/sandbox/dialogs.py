"""Answers about the list of chats: pages of it, what is pinned, the account's own folders."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from telethon.tl import functions, types

from tobs_tui.sandbox.answers import Answer, RpcError, vector
from tobs_tui.sandbox.chats import ARCHIVE, ChatRecord
from tobs_tui.sandbox.generator import peer_of
from tobs_tui.sandbox.handlers import Context, handles
from tobs_tui.sandbox.history import appearing, seconds
from tobs_tui.sandbox.users import chat_of, peer_of_input, world_of
from tobs_tui.sandbox.world import World, dialog_key

PAGE = 100
DEFAULT_PAGE = 20
DIALOGS = types.messages.Dialogs.CONSTRUCTOR_ID
SLICE = types.messages.DialogsSlice.CONSTRUCTOR_ID
FOREVER = 2**31 - 1


@handles(functions.messages.GetDialogsRequest)
def get_dialogs(context: Context, request: functions.messages.GetDialogsRequest) -> Answer:
    if request.folder_id not in (None, 0, ARCHIVE):
        raise RpcError(400, "FOLDER_ID_INVALID")
    world = world_of(context)
    shown = world.dialogs(request.folder_id)
    if request.exclude_pinned:
        shown = [record for record in shown if not record.pinned]
    limit = min(request.limit or DEFAULT_PAGE, PAGE)
    page = after_offset(world, shown, request)[:limit]
    head = struct.pack("<I", DIALOGS) if len(page) == len(shown) else struct.pack("<Ii", SLICE, len(shown))
    return head + dialogs_body(world, page)


def after_offset(world: World, shown: Sequence[ChatRecord], request: Any) -> Sequence[ChatRecord]:
    """The chats behind the request's offset: older than its date and message. The pinned stand before every offset."""
    date = seconds(request.offset_date)
    if not date and not request.offset_id:
        return shown
    peer = 0 if isinstance(request.offset_peer, types.InputPeerEmpty) else peer_of_input(world, request.offset_peer)
    offset = (date or FOREVER, request.offset_id or FOREVER, peer)
    rest = [record for record in shown if not record.pinned]
    return rest[bisect_left(rest, True, key=lambda record: dialog_key(record) < offset) :]


def dialogs_body(world: World, page: Sequence[ChatRecord]) -> bytes:
    """The four vectors of an answer with dialogs; each dialog's newest message comes with it."""
    dialogs = vector(dialog(record) for record in page)
    messages = vector(record.messages.raw(record.messages.last_id) for record in page if len(record.messages))
    peers = frozenset[int]().union(*(appearing(world, record, record.messages.ids[-1:]) for record in page))
    return dialogs + messages + b"".join(world.raw_peers(peers))


def dialog(record: ChatRecord) -> types.Dialog:
    """A chat as the list shows it."""
    last = record.messages.last_id
    unread_from = record.messages.ids[-record.unread - 1] if record.unread < len(record.messages) else 0
    return types.Dialog(
        peer=peer_of(record.id),
        top_message=last,
        read_inbox_max_id=unread_from,
        read_outbox_max_id=last,
        unread_count=record.unread,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(mute_until=FOREVER if record.muted else None),
        pinned=bool(record.pinned) or None,
        pts=record.pts if record.is_channel else None,
        folder_id=ARCHIVE if record.archived else None,
    )


@handles(functions.messages.GetPinnedDialogsRequest)
def get_pinned_dialogs(context: Context, request: functions.messages.GetPinnedDialogsRequest) -> Answer:
    if request.folder_id not in (0, ARCHIVE):
        raise RpcError(400, "FOLDER_ID_INVALID")
    page = [record for record in context.world.dialogs(request.folder_id) if record.pinned]
    return peer_dialogs(context.world, page)


@handles(functions.messages.GetPeerDialogsRequest)
def get_peer_dialogs(context: Context, request: functions.messages.GetPeerDialogsRequest) -> Answer:
    page = [chat_of(context, item.peer) for item in request.peers if isinstance(item, types.InputDialogPeer)]
    return peer_dialogs(context.world, page)


def peer_dialogs(world: World, page: Sequence[ChatRecord]) -> bytes:
    state = types.updates.State(pts=1, qts=0, date=0, seq=1, unread_count=0)
    return struct.pack("<I", types.messages.PeerDialogs.CONSTRUCTOR_ID) + dialogs_body(world, page) + bytes(state)


@handles(functions.messages.GetDialogFiltersRequest)
def get_dialog_filters(context: Context, _request: functions.messages.GetDialogFiltersRequest) -> Answer:
    return types.messages.DialogFilters([types.DialogFilterDefault(), *context.world.account.filters])
