"""The list of chats, its folders, and who is who."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from telethon import TelegramClient, errors
from telethon.tl import functions, types

from tests.support.client import inner_sandbox, logged_in
from tobs_tui.sandbox import cast
from tobs_tui.sandbox.account import OWNER
from tobs_tui.sandbox.chats import ChatRecord
from tobs_tui.sandbox.demo import input_peer
from tobs_tui.sandbox.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def world() -> World:
    return World(chats=300)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(world: World) -> AsyncIterator[TelegramClient]:
    async with inner_sandbox(world, password=False) as sandbox, logged_in(sandbox) as client:
        yield client


def naive_list(world: World, *, archived: bool | None) -> list[int]:
    """Pinned chats in their order, then the newest first."""
    there = [r for r in world.chats.values() if archived is None or r.archived == archived]

    def newest(record: ChatRecord) -> tuple[int, int, int]:
        last = max(record.messages.values(), key=lambda message: message.id)
        return last.date, last.id, record.id

    pinned = sorted((r for r in there if r.pinned), key=lambda r: r.pinned)
    rest = sorted((r for r in there if not r.pinned), key=newest, reverse=True)
    return [r.id for r in (*pinned, *rest)]


@pytest.mark.parametrize("archived", [None, False, True])
async def test_all_chats_come_in_order_and_once(world: World, client: TelegramClient, archived: bool | None) -> None:
    listed = await client.get_dialogs(archived=archived)
    assert [d.id for d in listed] == naive_list(world, archived=archived)
    assert listed.total == len([r for r in naive_list(world, archived=archived) if not world.chat(r).pinned])
    for dialog in listed:
        record = world.chat(dialog.id)
        assert (dialog.archived, bool(dialog.pinned), dialog.unread_count) == (record.archived, bool(record.pinned), record.unread)
        assert dialog.message.id == record.messages.last_id
        assert dialog.dialog.folder_id == (1 if record.archived else None)


async def test_a_first_page_with_the_count_of_all(world: World, client: TelegramClient) -> None:
    request = functions.messages.GetDialogsRequest(None, 0, types.InputPeerEmpty(), 500, 0, folder_id=0)
    page = await client(request)
    assert isinstance(page, types.messages.DialogsSlice)
    assert len(page.dialogs) == 100
    assert page.count == len(naive_list(world, archived=False))


async def test_a_small_archive_comes_whole(client: TelegramClient) -> None:
    page = await client(functions.messages.GetDialogsRequest(None, 0, types.InputPeerEmpty(), 100, 0, folder_id=1))
    assert isinstance(page, types.messages.Dialogs)
    with pytest.raises(errors.FolderIdInvalidError):
        await client(functions.messages.GetDialogsRequest(None, 0, types.InputPeerEmpty(), 100, 0, folder_id=9))


async def test_pinned_and_single_dialogs(world: World, client: TelegramClient) -> None:
    pinned = await client(functions.messages.GetPinnedDialogsRequest(0))
    assert [d.peer.user_id for d in pinned.dialogs] == [OWNER, cast.ADA]
    asked = [types.InputDialogPeer(input_peer(world.account, chat_id)) for chat_id in (cast.RUST, cast.FAMILY)]
    answer = await client(functions.messages.GetPeerDialogsRequest(asked))
    assert [d.top_message for d in answer.dialogs] == [world.chat(i).messages.last_id for i in (cast.RUST, cast.FAMILY)]


async def test_the_accounts_own_folders(world: World, client: TelegramClient) -> None:
    filters = (await client(functions.messages.GetDialogFiltersRequest())).filters
    kinds = [types.DialogFilterDefault, types.DialogFilter, types.DialogFilter, types.DialogFilterChatlist]
    assert [type(f) for f in filters] == kinds
    assert filters[1].title.text == "Work"
    assert filters[2].contacts
    assert filters[2].groups
    for asked in (*filters[1].include_peers, *filters[1].pinned_peers, *filters[2].exclude_peers):
        await client.get_messages(asked, limit=1)


async def test_usernames(world: World, client: TelegramClient) -> None:
    for name, expected in (("Rust_Weekly_demo", cast.RUST), ("ada_demo", cast.ADA), ("demo_poll_bot", cast.BOT)):
        answer = await client(functions.contacts.ResolveUsernameRequest(name))
        assert await client.get_peer_id(answer.peer) == expected
        assert next(e.username for e in (*answer.users, *answer.chats)).casefold() == name.casefold()
    with pytest.raises(errors.UsernameNotOccupiedError):
        await client(functions.contacts.ResolveUsernameRequest("nobody_here"))


async def test_people_and_chats_in_full(world: World, client: TelegramClient) -> None:
    me = await client.get_me()
    assert (me.id, me.is_self) == (OWNER, True)
    channel = await client(functions.channels.GetFullChannelRequest(as_channel(world, cast.NEW_CREW)))
    assert channel.full_chat.migrated_from_chat_id == -cast.OLD_CREW
    assert channel.full_chat.migrated_from_max_id == world.chat(cast.OLD_CREW).messages.last_id
    group = await client(functions.messages.GetFullChatRequest(-cast.OLD_CREW))
    assert group.chats[0].migrated_to.channel_id == channel.full_chat.id
    assert (await client(functions.users.GetFullUserRequest(input_peer(world.account, cast.ADA)))).full_user.id == cast.ADA
    assert (await client(functions.channels.GetChannelsRequest([as_channel(world, cast.RUST)]))).chats[0].title == "Rust Weekly"
    assert (await client(functions.messages.GetChatsRequest([-cast.FAMILY]))).chats[0].title == world.chat(cast.FAMILY).title
    contacts = await client(functions.contacts.GetContactsRequest(0))
    assert cast.ADA in {person.id for person in contacts.users}


def as_channel(world: World, chat_id: int) -> Any:
    shown = input_peer(world.account, chat_id)
    return types.InputChannel(shown.channel_id, shown.access_hash)


async def test_a_new_chat_and_a_new_title_show(world: World, client: TelegramClient) -> None:
    chat = world.change({"add_chat": {"title": "Brand new"}})["add_chat"]
    world.change({"add_message": {"chat": chat, "text": "first"}, "rename": {"chat": cast.FAMILY, "title": "Kin"}})
    titles = {d.id: d.title for d in await client.get_dialogs()}
    assert (titles[chat], titles[cast.FAMILY]) == ("Brand new", "Kin")


async def test_a_chat_that_threw_the_account_out_stays_listed(world: World, client: TelegramClient) -> None:
    hidden = input_peer(world.account, cast.HIDDEN)
    assert await client.get_messages(hidden, limit=1)
    world.change({"forbid": {"chat": cast.HIDDEN}})
    listed = next(d for d in await client.get_dialogs() if d.id == cast.HIDDEN)
    assert isinstance(listed.entity, types.ChannelForbidden)
    with pytest.raises(errors.ChannelPrivateError):
        await client.get_messages(hidden, limit=1)
