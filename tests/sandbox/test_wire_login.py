"""Telethon logs in to the sandbox as it would at Telegram, and is refused as it would be there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telethon import errors, functions, types

from tests.support.client import connected, inner_sandbox, logged_in
from tobs_tui.sandbox.auth import CODE_TRIES
from tobs_tui.sandbox.server import Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with inner_sandbox() as server:
        yield server


async def test_code_alone_logs_in_where_there_is_no_password() -> None:
    async with inner_sandbox(password=False) as sandbox, connected(sandbox) as client:
        account = sandbox.world.account
        assert await client.get_me() is None
        sent = await client.send_code_request(account.phone)
        assert isinstance(sent.type, types.auth.SentCodeTypeApp)
        user = await client.sign_in(account.phone, account.code)
        assert user.id == sandbox.world.owner_id
        assert await client.is_user_authorized()


async def test_code_and_password(sandbox: Sandbox) -> None:
    account = sandbox.world.account
    async with connected(sandbox) as client:
        await client.send_code_request(account.phone)
        with pytest.raises(errors.SessionPasswordNeededError):
            await client.sign_in(account.phone, account.code)
        challenge = await client(functions.account.GetPasswordRequest())
        assert challenge.hint == account.hint
        user = await client.sign_in(password=account.password)
        assert user.is_self


async def test_wrong_password_may_be_tried_again(sandbox: Sandbox) -> None:
    account = sandbox.world.account
    async with connected(sandbox) as client:
        await client.send_code_request(account.phone)
        with pytest.raises(errors.SessionPasswordNeededError):
            await client.sign_in(account.phone, account.code)
        for wrong in (account.password + "x", account.password[:-1], "пароль"):
            with pytest.raises(errors.PasswordHashInvalidError):
                await client.sign_in(password=wrong)
        assert (await client.sign_in(password=account.password)).is_self


async def test_a_used_challenge_is_refused(sandbox: Sandbox) -> None:
    account = sandbox.world.account
    async with connected(sandbox) as client:
        await client.send_code_request(account.phone)
        with pytest.raises(errors.SessionPasswordNeededError):
            await client.sign_in(account.phone, account.code)
        proof = types.InputCheckPasswordSRP(12345, b"\x01" * 256, b"\x02" * 32)
        with pytest.raises(errors.SrpIdInvalidError):
            await client(functions.auth.CheckPasswordRequest(proof))


async def test_wrong_code_may_be_tried_again_but_not_for_ever(sandbox: Sandbox) -> None:
    account = sandbox.world.account
    async with connected(sandbox) as client:
        await client.send_code_request(account.phone)
        for _ in range(CODE_TRIES):
            with pytest.raises(errors.PhoneCodeInvalidError):
                await client.sign_in(account.phone, "00000")
        with pytest.raises(errors.PhoneCodeExpiredError):
            await client.sign_in(account.phone, account.code)


async def test_expired_code(sandbox: Sandbox) -> None:
    account = sandbox.world.account
    async with connected(sandbox) as client:
        await client.send_code_request(account.phone)
        sandbox.faults.code_expired = True
        with pytest.raises(errors.PhoneCodeExpiredError):
            await client.sign_in(account.phone, account.code)


async def test_unknown_phone(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        with pytest.raises(errors.PhoneNumberInvalidError):
            await client.send_code_request("+4915500000000")


async def test_another_data_centre_sends_the_login_home(sandbox: Sandbox) -> None:
    account = sandbox.world.account
    async with connected(sandbox, dc=1) as client:
        await client.send_code_request(account.phone)
        assert client.session.dc_id == sandbox.home
        assert client.session.port == sandbox.dcs[sandbox.home]


async def test_without_migration_any_data_centre_will_do() -> None:
    async with inner_sandbox(password=False, phone_migrate=False) as sandbox, connected(sandbox, dc=1) as client:
        account = sandbox.world.account
        await client.send_code_request(account.phone)
        await client.sign_in(account.phone, account.code)
        assert client.session.dc_id == 1


async def test_authorisation_travels_to_the_other_data_centre(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client:
        sender = await client._borrow_exported_sender(1)
        (user,) = await sender.send(functions.users.GetUsersRequest([types.InputUserSelf()]))
        assert user.id == sandbox.world.owner_id
        await client._return_exported_sender(sender)


async def test_an_exported_authorisation_is_good_once_and_for_its_data_centre(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client, connected(sandbox, dc=1) as other, connected(sandbox) as third:
        exported = await client(functions.auth.ExportAuthorizationRequest(1))
        with pytest.raises(errors.AuthBytesInvalidError):
            await third(functions.auth.ImportAuthorizationRequest(exported.id, exported.bytes))
        await other(functions.auth.ImportAuthorizationRequest(exported.id, exported.bytes))
        assert await other.is_user_authorized()
        with pytest.raises(errors.AuthBytesInvalidError):
            await other(functions.auth.ImportAuthorizationRequest(exported.id, exported.bytes))
        with pytest.raises(errors.DcIdInvalidError):
            await client(functions.auth.ExportAuthorizationRequest(5))


async def test_log_out_ends_the_login_at_every_data_centre(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client:
        sender = await client._borrow_exported_sender(1)
        await client(functions.auth.LogOutRequest())
        with pytest.raises(errors.AuthKeyUnregisteredError):
            await client(functions.users.GetUsersRequest([types.InputUserSelf()]))
        with pytest.raises(errors.AuthKeyUnregisteredError):
            await sender.send(functions.users.GetUsersRequest([types.InputUserSelf()]))
        await client._return_exported_sender(sender)


async def test_client_logs_out(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client:
        assert await client.log_out()
    assert sandbox.stats.granted["auth.logOut"] == 1


async def test_two_logins_know_nothing_of_one_another(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as first, logged_in(sandbox) as second:
        await first(functions.auth.LogOutRequest())
        assert await second.get_me() is not None


async def test_what_needs_a_login_is_refused_before_it(sandbox: Sandbox) -> None:
    async with connected(sandbox) as client:
        needing = functions.updates.GetStateRequest(), functions.account.GetPasswordRequest(), functions.auth.ExportAuthorizationRequest(1)
        for request in needing:
            with pytest.raises(errors.AuthKeyUnregisteredError):
                await client(request)
