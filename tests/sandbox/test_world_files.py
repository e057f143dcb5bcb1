"""Parts of files: limits, references, data centres, hashes; the bytes are compared with the generator's."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from telethon import TelegramClient, errors
from telethon.tl import functions, types

from tests.support.client import inner_sandbox, logged_in
from tobs_tui.sandbox import cast
from tobs_tui.sandbox.bulk import FILES_CHAT
from tobs_tui.sandbox.chats import files_of
from tobs_tui.sandbox.demo import input_peer
from tobs_tui.sandbox.files import FileSpec
from tobs_tui.sandbox.server import Sandbox
from tobs_tui.sandbox.world import HOME, World

MIB = 1024 * 1024
SIZE = 3 * MIB + 5000


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def world() -> World:
    return World(files=(2, SIZE))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(world: World) -> AsyncIterator[Sandbox]:
    async with inner_sandbox(world, password=False) as sandbox:
        yield sandbox


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(sandbox: Sandbox) -> AsyncIterator[TelegramClient]:
    async with logged_in(sandbox) as client:
        yield client


def location(document: Any, thumb: str = "") -> types.InputDocumentFileLocation:
    return types.InputDocumentFileLocation(document.id, document.access_hash, document.file_reference, thumb)


def photo_location(photo: Any, size: str) -> types.InputPhotoFileLocation:
    return types.InputPhotoFileLocation(photo.id, photo.access_hash, photo.file_reference, size)


def large(world: World, dc: int = HOME) -> Any:
    """The large document that lies at a data centre, as its message shows it now."""
    messages = world.chat(FILES_CHAT).messages.values()
    return next(m.media.document for m in messages if m.media.document.dc_id == dc)


async def get(client: TelegramClient, place: Any, offset: int, limit: int, *, precise: bool = False) -> bytes:
    part = await client(functions.upload.GetFileRequest(place, offset, limit, precise=precise or None))
    return bytes(part.bytes)


@pytest.mark.parametrize(
    ("offset", "limit", "precise"),
    [
        (0, MIB, False),
        (0, 4096, False),
        (MIB, MIB, False),
        (3 * MIB, MIB, False),
        (3 * MIB + 4096, 4096, False),
        (8 * MIB, MIB, False),
        (64 * 1024, 64 * 1024, False),
        (512 * 1024, 512 * 1024, False),
        (1024, 3 * 1024, True),
        (MIB - 1024, 1024, True),
    ],
)
async def test_parts_hold_the_files_bytes(world: World, client: TelegramClient, offset: int, limit: int, precise: bool) -> None:
    document = large(world)
    part = await get(client, location(document), offset, limit, precise=precise)
    assert part == world.file_bytes(document.id, offset, limit)
    assert len(part) == max(0, min(limit, SIZE - offset))


@pytest.mark.parametrize(
    ("offset", "limit", "precise", "error"),
    [
        (1024, 4096, False, errors.OffsetInvalidError),
        (1, 1024, True, errors.OffsetInvalidError),
        (-4096, 4096, False, errors.OffsetInvalidError),
        (0, 0, False, errors.LimitInvalidError),
        (0, 5000, False, errors.LimitInvalidError),
        (0, 12 * 1024, False, errors.LimitInvalidError),
        (0, 2 * MIB, False, errors.LimitInvalidError),
        (0, 2 * MIB, True, errors.LimitInvalidError),
        (4096, MIB, False, errors.LimitInvalidError),
        (MIB - 4096, 8192, False, errors.LimitInvalidError),
        (MIB - 1024, 2048, True, errors.LimitInvalidError),
    ],
)
async def test_telegrams_limits(world: World, client: TelegramClient, offset: int, limit: int, precise: bool, error: Any) -> None:
    with pytest.raises(error):
        await get(client, location(large(world)), offset, limit, precise=precise)


async def test_a_file_elsewhere_names_its_data_centre(world: World, client: TelegramClient) -> None:
    with pytest.raises(errors.FileMigrateError) as caught:
        await get(client, location(large(world, 1)), 0, 4096)
    assert caught.value.new_dc == 1
    message = (await client.get_messages(input_peer(world.account, FILES_CHAT), limit=2))[1]
    assert message.document.dc_id == 1
    assert await client.download_media(message, bytes) == world.file_bytes(message.document.id, 0, SIZE)


async def test_references_expire_and_come_anew_with_the_message(world: World, client: TelegramClient, sandbox: Sandbox) -> None:
    chat = input_peer(world.account, cast.PYTHON)
    message = next(m for m in await client.get_messages(chat, limit=500) if m.document and m.document.dc_id == HOME)
    old = location(message.document)
    for expire in (lambda: world.change({"expire_references": {}}), lambda: sandbox.change({"reference_epoch": 1})):
        await get(client, old, 0, 4096)
        expire()
        with pytest.raises(errors.FileReferenceExpiredError):
            await get(client, old, 0, 4096)
        fresh = (await client.get_messages(chat, ids=[message.id]))[0].document
        old = location(fresh)
    assert await get(client, old, 0, 4096) == world.file_bytes(message.document.id, 0, 4096)


async def test_one_files_reference_expires_alone(world: World, client: TelegramClient) -> None:
    first, second = large(world), next(f for m in world.chat(cast.RUST).messages.values() for f in files_of(m) if f.dc_id == HOME)
    second.file_reference = world.files.reference(second.id)
    world.change({"expire_references": {"files": [first.id]}})
    with pytest.raises(errors.FileReferenceExpiredError):
        await get(client, location(first), 0, 4096)
    assert await get(client, photo_location(second, "m"), 0, 4096)


async def test_wrong_locations_are_refused(world: World, client: TelegramClient) -> None:
    document = large(world)
    right = location(document)
    for change, value, error in (
        ("access_hash", right.access_hash + 1, errors.LocationInvalidError),
        ("id", right.id + 1, errors.LocationInvalidError),
        ("thumb_size", "m", errors.LocationInvalidError),
        ("file_reference", b"made up", errors.FileReferenceInvalidError),
        ("file_reference", b"", errors.FileReferenceEmptyError),
    ):
        wrong = location(document)
        setattr(wrong, change, value)
        with pytest.raises(error):
            await get(client, wrong, 0, 4096)


async def test_each_size_of_a_photo_has_bytes_of_its_own(world: World, client: TelegramClient) -> None:
    photos = [f for m in world.chat(cast.RUST).messages.values() for f in files_of(m) if isinstance(f, types.Photo) and f.dc_id == HOME]
    photo = photos[0]
    photo.file_reference = world.files.reference(photo.id)
    sizes = world.files.find(photo.id).sizes  # type: ignore[union-attr]  # it is there
    parts = {size: await get(client, photo_location(photo, size), 0, MIB) for size in sizes}
    assert {size: len(part) for size, part in parts.items()} == sizes
    assert all(part == world.file_bytes(photo.id, 0, MIB, size) for size, part in parts.items())
    assert all(part.startswith(b"\x89PNG") for part in parts.values())


async def test_faces_of_people_and_chats(world: World, client: TelegramClient) -> None:
    for chat_id in (cast.ADA, cast.RUST):
        photo = world.entity(chat_id).photo
        for big, size in ((False, "a"), (True, "c")):
            body = await client.download_profile_photo(input_peer(world.account, chat_id), bytes, download_big=big)
            assert body == world.file_bytes(photo.photo_id, 0, MIB, size)


async def test_hashes_cover_a_file_in_ranges_of_their_own(world: World, client: TelegramClient) -> None:
    for kind, spec, place in specimens(world):
        body = world.file_bytes(spec.id, 0, 10 * MIB)
        ranges = await all_hashes(client, place, len(body))
        assert bool(ranges) == (kind != "none")
        end = 0
        for found in ranges:
            assert found.offset == end
            assert found.hash == hashlib.sha256(body[end : end + found.limit]).digest()
            end += found.limit
        assert end == (len(body) if ranges else 0)
        assert len({found.limit for found in ranges[:-1]}) == {"none": 0, "even": 1, "uneven": 2}[kind]


async def all_hashes(client: TelegramClient, place: Any, size: int) -> list[Any]:
    """The hashes of a whole file, answer after answer."""
    found: list[Any] = []
    while not found or found[-1].offset + found[-1].limit < size:
        offset = found[-1].offset + found[-1].limit if found else 0
        more = await client(functions.upload.GetFileHashesRequest(place, offset))
        if not more:
            break
        found += more
    return found


def specimens(world: World) -> Iterator[tuple[str, FileSpec, Any]]:
    """A file with even, with uneven and without hashes each, at the account's own data centre."""
    for kind, (step, uneven) in {"even": (64 * 1024, False), "uneven": (32 * 1024, True), "none": (0, False)}.items():
        spec = FileSpec(7000 + step, 1, HOME, size=MIB + 77_777, range=step, uneven=uneven)
        world.files.add(spec)
        yield kind, spec, types.InputDocumentFileLocation(spec.id, 1, world.files.reference(spec.id), "")


async def test_reading_by_pieces_equals_reading_at_once(world: World) -> None:
    for spec in world.files.specs()[:40]:
        for thumb in ("",) * bool(spec.size) + tuple(spec.sizes):
            whole = world.file_bytes(spec.id, 0, 10 * MIB, thumb)
            assert len(whole) == spec.length(thumb)
            assert b"".join(world.file_bytes(spec.id, i, 70_001, thumb) for i in range(0, len(whole), 70_001)) == whole
