"""The chat list and looking chats up, against what the generator made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.sandbox import SandboxProcess
from tests.telegram.support import all_chats, faults, twin
from tobs_tui.errors import ChatNotFound, NotLoggedIn
from tobs_tui.model import ChatKind, bare_id
from tobs_tui.telegram.account import TelegramAccount

EXTRA = 330


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(chats=EXTRA) as process:
        yield process


async def test_every_chat_comes_once_in_the_order_of_the_list(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    world = twin(sandbox)
    pages = [page async for page in account.chats()]
    chats = [chat for page in pages for chat in page.chats]
    assert [chat.id for chat in chats] == [record.id for folder in (0, 1) for record in world.dialogs(folder)]
    assert {page.total for page in pages} == {len(chats)}
    assert len(pages) > 3
    for chat in chats:
        record = world.chat(chat.id)
        assert (chat.unread, chat.last_message_id, chat.last_date) == (record.unread, record.messages.last_id, record.last_date)
        assert (chat.archived, chat.pinned, chat.username) == (record.archived, bool(record.pinned), record.username)


async def test_kinds_and_titles(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    chats = await all_chats(account)
    world = twin(sandbox)
    assert chats[world.owner_id].kind is ChatKind.SAVED
    assert chats[world.owner_id].title == "Saved Messages"
    by_title = {chat.title: chat.kind for chat in chats.values()}
    assert by_title["Rust Weekly"] is ChatKind.CHANNEL
    assert by_title["Python Talk"] is ChatKind.SUPERGROUP
    assert by_title["Ada Lovelace"] is ChatKind.PRIVATE
    assert by_title["PollBot"] is ChatKind.BOT
    assert by_title["Deleted account"] is ChatKind.PRIVATE
    assert by_title["[/red]\x1b[2J../../x"] is ChatKind.SUPERGROUP


async def test_folders_hold_the_chats_that_they_list_and_rule(account: TelegramAccount) -> None:
    folders = {folder.title: folder.id for folder in await account.folders()}
    assert set(folders) == {"Work", "People & groups 👥", "[b]Shared\x1b[31m"}
    chats = await all_chats(account)
    work = {chat.title for chat in chats.values() if folders["Work"] in chat.folders}
    assert {"Rust Weekly", "Python Talk"} < work
    people = [chat for chat in chats.values() if folders["People & groups 👥"] in chat.folders]
    assert not [chat for chat in people if chat.archived or chat.kind is ChatKind.CHANNEL]
    assert "PollBot" in {chat.title for chat in people}


@pytest.mark.parametrize("form", ["{id}", "{bare}", "@{name}", "https://t.me/{name}", "t.me/{name}/17", "https://t.me/s/{name}", "{title}"])
async def test_a_chat_is_found_by_whatever_names_it(account: TelegramAccount, form: str) -> None:
    chats = await all_chats(account)
    wanted = next(chat for chat in chats.values() if chat.title == "Rust Weekly")
    text = form.format(id=wanted.id, bare=bare_id(wanted.id), name=wanted.username, title=wanted.title)
    assert (await account.find(text)).id == wanted.id


async def test_a_chat_is_found_before_the_list_was_read(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    python = next(record for record in twin(sandbox).chats.values() if record.title == "Python Talk")
    found = await account.find(f"https://t.me/c/{bare_id(python.id)}/12")
    assert (found.id, found.title) == (python.id, "Python Talk")
    assert await account.extent(found)


async def test_a_public_name_is_asked_for_without_the_list(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    named = next(record for record in twin(sandbox).chats.values() if record.username and record.is_channel)
    sandbox.stats(reset=True)
    found = await account.find(f"@{named.username}")
    assert found.id == named.id
    assert (await account.extent(found)).last_id == named.messages.last_id
    assert not sandbox.requests("messages.getDialogs")


async def test_a_marked_id_is_looked_for_no_further_than_needed(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    python = next(record for record in twin(sandbox).chats.values() if record.title == "Python Talk")
    sandbox.stats(reset=True)
    assert (await account.find(str(python.id))).id == python.id
    assert sandbox.requests("messages.getDialogs") == 2  # the first page of the list and of the archive


async def test_a_session_that_ends_meanwhile_is_said(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    revoked = {"code": 401, "message": "SESSION_REVOKED"}
    with faults(sandbox, failures={"contacts.resolveUsername": revoked}), pytest.raises(NotLoggedIn, match="another device"):
        await account.find("@somebody_else")


async def test_titles_are_told_apart_by_case_and_named_by_id_when_equal(account: TelegramAccount) -> None:
    chats = await all_chats(account)
    assert (await account.find("RUST weekly")).id != (await account.find("Rust Weekly")).id
    crews = [chat.id for chat in chats.values() if chat.title == "Crew"]
    assert len(crews) == 2
    with pytest.raises(ChatNotFound) as refused:
        await account.find("Crew")
    assert all(str(crew) in refused.value.todo for crew in crews)
    assert (await account.find(str(crews[0]))).id == crews[0]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Rust Weakly", "No chat answers"),
        ("@nobody_has_this_name", "nobody has this name"),
        ("@a b", "public name"),
        ("https://t.me/+AbCdEf", "invitation"),
        ("https://t.me/joinchat/AbCdEf", "invitation"),
        ("https://t.me/c/99999999/4", "No chat answers"),
        ("424242424242", "No chat answers"),
        ("", "No chat answers"),
        ("\x1b[2J[/red]", "No chat answers"),
    ],
)
async def test_what_names_no_chat_is_said_without_its_escapes(account: TelegramAccount, text: str, what: str) -> None:
    with pytest.raises(ChatNotFound, match=what) as refused:
        await account.find(text)
    assert "\x1b" not in str(refused.value)


async def test_similar_titles_are_offered(account: TelegramAccount) -> None:
    with pytest.raises(ChatNotFound, match=r"Similar: .*Rust Weekly"):
        await account.find("Rust Weakly")


async def test_a_public_name_is_asked_for_again_after_a_fault(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    named = next(record for record in twin(sandbox).chats.values() if record.username and record.is_channel)
    with faults(sandbox, failures={"contacts.resolveUsername": {"code": 500, "count": 2}}):
        assert (await account.find(f"@{named.username}")).id == named.id


async def test_who_looks_for_several_chats_reads_the_list_once(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    sandbox.stats(reset=True)
    await asyncio.gather(*(account.find(title) for title in ("Ada Lovelace", "Rust Weekly", "Python Talk")))
    assert sandbox.requests("messages.getDialogFilters") == 1
