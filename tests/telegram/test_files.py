"""Parts, hashes and references over the real wire."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.records import replace
from tests.support.sandbox import SandboxProcess
from tests.telegram.support import all_chats, connected, eventually, faults, messages, twin
from tobs_tui.content import MediaKind, RemoteFile
from tobs_tui.errors import ReferenceExpired, RequestFailed, RequestRefused, RetryCause
from tobs_tui.metrics import Metrics
from tobs_tui.model import Chat
from tobs_tui.telegram.account import TelegramAccount

COUNT, SIZE = 130, 300_000
PART = 1 << 20


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(files=(COUNT, SIZE)) as process:
        yield process


async def files_in(account: TelegramAccount, chat: Chat) -> list[RemoteFile]:
    return [message.content for message in await messages(account, chat) if isinstance(message.content, RemoteFile)]


@pytest.fixture
async def files(account: TelegramAccount, sandbox: SandboxProcess) -> list[RemoteFile]:
    """The documents of the chat that has many."""
    for chat in (await all_chats(account)).values():
        if len(found := await files_in(account, chat)) >= COUNT - 1:
            return found
    raise LookupError("no chat has that many files")


async def whole(account: TelegramAccount, file: RemoteFile) -> bytes:
    offsets = range(0, file.size, PART)
    return b"".join(await asyncio.gather(*(account.fetch(file, offset, PART) for offset in offsets)))


async def test_every_kind_of_file_arrives_as_it_was_made(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    world = twin(sandbox)
    seen: set[MediaKind] = set()
    for chat in (await all_chats(account)).values():
        for file in await files_in(account, chat):
            if file.kind not in seen and file.size < 4 * PART:
                seen.add(file.kind)
                assert await whole(account, file) == world.file_bytes(file.id, 0, file.size, file.thumb)
    assert {MediaKind.PHOTO, MediaKind.DOCUMENT, MediaKind.VIDEO, MediaKind.VOICE} <= seen


async def test_hashes_are_those_of_the_bytes(account: TelegramAccount) -> None:
    hashed = 0
    for chat in (await all_chats(account)).values():
        for file in (await files_in(account, chat))[:5]:
            found = await account.hashes(file, 0)
            if not found or file.size > PART:
                continue
            data = await whole(account, file)
            assert all(hashlib.sha256(data[each.offset : each.offset + each.length]).digest() == each.sha256 for each in found)
            hashed += 1
    assert hashed


async def test_a_file_that_lies_elsewhere_is_followed_once(account: TelegramAccount, files: list[RemoteFile]) -> None:
    job = Metrics()
    elsewhere = replace(files[0], dc=3 - files[0].dc)
    first = await account.fetch(elsewhere, 0, 4096, job)
    assert await account.fetch(elsewhere, 4096, 4096, job)
    assert first == await account.fetch(files[0], 0, 4096, job)
    assert job.snapshot().retried(RetryCause.FILE_MOVED) == 1


async def test_transfers_have_their_own_lines_and_no_more_than_allowed(
    sandbox: SandboxProcess, account: TelegramAccount, files: list[RemoteFile]
) -> None:
    sandbox.stats(reset=True)
    with faults(sandbox, rtt_ms=20):
        await asyncio.gather(*(account.fetch(file, 0, 4096) for file in files[:40]))
    centres = len({file.dc for file in files[:40]})
    assert sandbox.requests("help.getConfig") == 2 * centres
    assert sandbox.requests("auth.importAuthorization") <= centres - 1


async def test_an_expired_reference_is_refreshed(sandbox: SandboxProcess, account: TelegramAccount, files: list[RemoteFile]) -> None:
    sandbox.world(expire_references={"files": []})
    with pytest.raises(ReferenceExpired):
        await account.fetch(files[0], 0, 4096)
    sandbox.stats(reset=True)
    fresh = await asyncio.gather(*map(account.refresh, files))
    assert sandbox.requests("channels.getMessages") == 2  # more than 100 messages, 100 in a request
    assert [file.key for file in fresh] == [file.key for file in files]
    assert await account.fetch(fresh[0], 0, 4096)


async def test_references_of_files_that_come_next_are_renewed_along(
    sandbox: SandboxProcess, account: TelegramAccount, files: list[RemoteFile]
) -> None:
    """Of 60 files 3 are under way when all references expire; the others don't even notice."""
    some = files[:60]
    sandbox.world(expire_references={"files": []})
    sandbox.stats(reset=True)
    await asyncio.gather(*(account.refresh(file, None, some) for file in some[:3]))
    for file in some:
        assert await account.fetch(file, 0, 4096)
    late = await account.refresh(some[3])  # its request was under way when the reference was renewed for others
    assert late.reference != some[3].reference
    assert sandbox.requests("channels.getMessages") == 1
    sandbox.world(expire_references={"files": []})
    with pytest.raises(ReferenceExpired):
        await account.fetch(late, 0, 4096)
    assert await account.fetch(await account.refresh(late), 0, 4096)


async def test_references_in_private_chats_are_refreshed_too(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    chat = await account.find("Ada Lovelace")
    file = next(file for file in await files_in(account, chat) if file.kind is MediaKind.PHOTO)
    sandbox.world(expire_references={"files": [file.id]})
    fresh = await account.refresh(file)
    assert fresh.reference != file.reference
    assert await account.fetch(fresh, 0, 4096)


async def test_a_file_whose_message_is_gone_is_refused(sandbox: SandboxProcess, account: TelegramAccount, files: list[RemoteFile]) -> None:
    sandbox.world(delete={"chat": files[-1].chat_id, "ids": [files[-1].message_id]})
    with pytest.raises(RequestRefused, match="deleted"):
        await account.refresh(files[-1])


async def test_wrong_parts_are_refused(account: TelegramAccount, files: list[RemoteFile]) -> None:
    with pytest.raises(RequestRefused, match="OFFSET_INVALID"):
        await account.fetch(files[0], 100, 4096)
    with pytest.raises(RequestRefused, match="LIMIT_INVALID"):
        await account.fetch(files[0], 0, 5000)
    with pytest.raises(RequestRefused, match="doesn't exist"):
        await account.fetch(replace(files[0], id=1), 0, 4096)


async def test_faults_are_told_to_the_downloader_which_counts_them(
    sandbox: SandboxProcess, session_file: Path, account: TelegramAccount, files: list[RemoteFile], metrics: Metrics
) -> None:
    async def cause(account: TelegramAccount = account) -> RetryCause:
        with pytest.raises(RequestFailed) as failed:
            await account.fetch(files[0], 0, 4096)
        return failed.value.cause

    await account.fetch(files[0], 0, 4096)
    with faults(sandbox, failures={"upload.getFile": {"code": -503}}):
        assert await cause() is RetryCause.SERVER
    async with connected(sandbox, session_file, request_seconds=0.4) as impatient:
        with faults(sandbox, silent={"upload.getFile": 1.0}):
            assert await cause(impatient) is RetryCause.TIMEOUT
    await account.fetch(files[0], 0, 4096)
    sandbox.faults(drop_after=1)
    assert await cause() is RetryCause.NETWORK
    assert await account.fetch(files[0], 0, 4096)
    assert not any(metrics.snapshot().retried(each) for each in (RetryCause.SERVER, RetryCause.TIMEOUT, RetryCause.NETWORK))


async def test_a_wait_for_files_holds_up_nothing_else(
    sandbox: SandboxProcess, account: TelegramAccount, files: list[RemoteFile], metrics: Metrics
) -> None:
    chat = await account.find("Ada Lovelace")
    with faults(sandbox, floods={"upload.getFile": {"seconds": 1, "premium": True}}):
        part = asyncio.create_task(account.fetch(files[0], 0, 4096))
        await eventually(lambda: bool(metrics.snapshot().waits))
        assert await messages(account, chat)
        assert not part.done()
        (wait,) = metrics.snapshot().waits
        assert (wait.method, wait.dc, wait.cause) == ("upload.getFile", files[0].dc, RetryCause.FLOOD_WAIT)
        assert await part
    assert metrics.snapshot().retried(RetryCause.FLOOD_WAIT) == 1


async def test_a_login_that_another_data_centre_lost_is_carried_there_again(sandbox: SandboxProcess, account: TelegramAccount) -> None:
    home = sandbox.facts["dc"]
    chats = (await all_chats(account)).values()
    everything = [file for chat in chats for file in await files_in(account, chat)]
    file = next(file for file in everything if file.dc != home)
    await account.fetch(file, 0, 4096)
    with faults(sandbox, failures={"upload.getFile": {"code": 401, "message": "AUTH_KEY_UNREGISTERED", "count": 1}}):
        assert await account.fetch(file, 0, 4096)
