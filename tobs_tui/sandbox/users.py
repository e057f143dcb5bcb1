"""Answers about users and chats, and who a request means: access hashes are checked here."""

from __future__ import annotations

from typing import Any

from telethon.tl import functions, types

from tobs_tui.model import CHANNEL_MARK, bare_id
from tobs_tui.sandbox.answers import Answer, RpcError, vector
from tobs_tui.sandbox.chats import ChatRecord
from tobs_tui.sandbox.handlers import Context, handles
from tobs_tui.sandbox.world import World


def world_of(context: Context) -> World:
    """The world as the faults have it: when they raise their reference epoch, no older file reference is good or handed out any more."""
    context.world.files.advance(context.faults.reference_epoch)
    return context.world


def chat_of(context: Context, peer: Any) -> ChatRecord:
    """The chat that an InputPeer or InputChannel means; refuses as Telegram does when there is none or the access hash is wrong."""
    peer_id = peer_of_input(world_of(context), peer)
    record = context.world.chats.get(peer_id)
    if record is None or isinstance(record.entity, types.ChannelForbidden):
        raise RpcError(400, "CHANNEL_PRIVATE" if is_channel(peer) else "PEER_ID_INVALID")
    return record


def is_channel(peer: Any) -> bool:
    return isinstance(peer, (types.InputPeerChannel, types.InputChannel))


def peer_of_input(world: World, peer: Any) -> int:
    """The marked id behind an input peer, channel or user whose access hash is right."""
    if isinstance(peer, (types.InputPeerSelf, types.InputUserSelf)):
        return world.owner_id
    if isinstance(peer, types.InputPeerChat):
        return -int(peer.chat_id)
    if is_channel(peer):
        return checked(world, -CHANNEL_MARK - peer.channel_id, peer.access_hash, "CHANNEL_INVALID")
    if isinstance(peer, types.InputPeerUser):
        return checked(world, peer.user_id, peer.access_hash, "PEER_ID_INVALID")
    if isinstance(peer, types.InputUser):
        return checked(world, peer.user_id, peer.access_hash, "USER_ID_INVALID")
    raise RpcError(400, "PEER_ID_INVALID")


def checked(world: World, peer_id: int, access_hash: int, error: str) -> int:
    """`peer_id`, when somebody has it and that is the access hash; refuses with `error` otherwise."""
    entity = world.entity(peer_id)
    if entity is None or entity.access_hash != access_hash:
        raise RpcError(400, error)
    return peer_id


@handles(functions.users.GetUsersRequest)
def get_users(context: Context, request: functions.users.GetUsersRequest) -> Answer:
    world = context.world
    return vector(world.raw_peer(peer_of_input(world, item)) for item in request.id)


@handles(functions.contacts.ResolveUsernameRequest)
def resolve_username(context: Context, request: functions.contacts.ResolveUsernameRequest) -> Answer:
    peer_id = context.world.named(request.username)
    if not peer_id:
        raise RpcError(400, "USERNAME_NOT_OCCUPIED")
    entity = context.world.entity(peer_id)
    if peer_id > 0:
        return types.contacts.ResolvedPeer(types.PeerUser(peer_id), [], [entity])
    return types.contacts.ResolvedPeer(types.PeerChannel(entity.id), [entity], [])


@handles(functions.contacts.GetContactsRequest)
def get_contacts(context: Context, _request: functions.contacts.GetContactsRequest) -> Answer:
    people = [entity for entity in context.world.users.values() if entity.contact]
    contacts = [types.Contact(entity.id, mutual=True) for entity in people]
    return types.contacts.Contacts(contacts, len(contacts), people)


@handles(functions.channels.GetChannelsRequest)
def get_channels(context: Context, request: functions.channels.GetChannelsRequest) -> Answer:
    world = context.world
    return types.messages.Chats([world.entity(peer_of_input(world, item)) for item in request.id])


@handles(functions.messages.GetChatsRequest)
def get_chats(context: Context, request: functions.messages.GetChatsRequest) -> Answer:
    return types.messages.Chats([group(context, chat_id).entity for chat_id in request.id])


@handles(functions.users.GetFullUserRequest)
def get_full_user(context: Context, request: functions.users.GetFullUserRequest) -> Answer:
    world = context.world
    user_id = peer_of_input(world, request.id)
    about = world.chats[user_id].about if user_id in world.chats else ""
    full = types.UserFull(user_id, types.PeerSettings(), types.PeerNotifySettings(), common_chats_count=0, about=about or None)
    return types.users.UserFull(full, [], [world.entity(user_id)])


@handles(functions.messages.GetFullChatRequest)
def get_full_chat(context: Context, request: functions.messages.GetFullChatRequest) -> Answer:
    record = group(context, request.chat_id)
    members = [types.ChatParticipant(member, context.world.owner_id, record.entity.date) for member in record.members]
    participants = types.ChatParticipants(request.chat_id, members, version=1)
    full = types.ChatFull(request.chat_id, record.about, participants, types.PeerNotifySettings())
    return types.messages.ChatFull(full, [record.entity], [context.world.entity(member) for member in record.members])


def group(context: Context, chat_id: int) -> ChatRecord:
    """The basic group with that bare id."""
    record = context.world.chats.get(-chat_id)
    if record is None or not isinstance(record.entity, types.Chat):
        raise RpcError(400, "CHAT_ID_INVALID")
    return record


@handles(functions.channels.GetFullChannelRequest)
def get_full_channel(context: Context, request: functions.channels.GetFullChannelRequest) -> Answer:
    record = chat_of(context, request.channel)
    before, last = record.migrated_from
    full = types.ChannelFull(
        id=record.entity.id,
        about=record.about,
        read_inbox_max_id=record.messages.last_id,
        read_outbox_max_id=record.messages.last_id,
        unread_count=record.unread,
        chat_photo=types.PhotoEmpty(0),
        notify_settings=types.PeerNotifySettings(),
        bot_info=[],
        pts=record.pts,
        participants_count=record.entity.participants_count,
        migrated_from_chat_id=before or None,
        migrated_from_max_id=last or None,
        linked_chat_id=bare_id(record.linked) or None,
    )
    others = [context.world.entity(other) for other in (-before, record.linked) if other]
    return types.messages.ChatFull(full, [record.entity, *others], [])
