"""Faults of file parts, as a client that asks for parts meets them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from telethon import TelegramClient, errors, functions, types

from tests.support.client import inner_sandbox, logged_in
from tobs_tui.sandbox.faults import PartFault
from tobs_tui.sandbox.files import FileSpec
from tobs_tui.sandbox.server import Sandbox

LIMIT = 16 * 1024


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with inner_sandbox() as server:
        yield server


def a_document(sandbox: Sandbox, dc: int) -> FileSpec:
    """A document of several parts that lies at that data centre."""
    return next(spec for spec in sandbox.world.files.specs() if spec.dc == dc and spec.size >= 2 * LIMIT)


async def part(client: TelegramClient, sandbox: Sandbox, spec: FileSpec) -> Any:
    location = types.InputDocumentFileLocation(spec.id, spec.access_hash, sandbox.world.files.reference(spec.id), "")
    return (await client._sender.send(functions.upload.GetFileRequest(location, 0, LIMIT))).bytes


@pytest.mark.parametrize("fault", PartFault)
async def test_spoilt_parts(sandbox: Sandbox, fault: PartFault) -> None:
    spec = a_document(sandbox, sandbox.home)
    whole = sandbox.world.file_bytes(spec.id, 0, LIMIT)
    async with logged_in(sandbox) as client:
        sandbox.change({"next_parts": [fault]})
        spoilt = await part(client, sandbox, spec)
        assert spoilt != whole
        assert (len(spoilt) > len(whole)) is (fault is PartFault.LONG)
        assert await part(client, sandbox, spec) == whole
    assert sandbox.stats.part_bytes == len(spoilt) + len(whole)


async def test_expired_references(sandbox: Sandbox) -> None:
    spec = a_document(sandbox, sandbox.home)
    async with logged_in(sandbox) as client:
        sandbox.faults.expired = 1.0
        with pytest.raises(errors.FileReferenceExpiredError):
            await part(client, sandbox, spec)
        sandbox.faults.expired = 0.0
        assert len(await part(client, sandbox, spec)) == LIMIT


async def test_a_file_of_another_data_centre_has_moved(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client:
        with pytest.raises(errors.FileMigrateError) as moved:
            await part(client, sandbox, a_document(sandbox, 1))
    assert moved.value.new_dc == 1


async def test_waits_of_accounts_without_premium(sandbox: Sandbox) -> None:
    spec = a_document(sandbox, sandbox.home)
    async with logged_in(sandbox) as client:
        sandbox.change({"floods": {"upload.getFile": {"seconds": 9, "premium": True}}})
        with pytest.raises(errors.FloodPremiumWaitError):
            await part(client, sandbox, spec)
        assert len(await part(client, sandbox, spec)) == LIMIT
