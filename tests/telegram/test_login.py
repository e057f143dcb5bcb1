"""Logging in over the real wire, and everything that can be wrong about it."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from tests.support.sandbox import SandboxProcess
from tests.telegram.support import connected, faults, logged_in, messages, twin
from tobs_tui.errors import CodeExpired, LoginRefused, NotLoggedIn, SettingsError, Unreachable
from tobs_tui.metrics import Metrics
from tobs_tui.settings import MediaSettings, ServerSettings, TelegramSettings
from tobs_tui.telegram.account import TelegramAccount


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "session.json"


def mode_of(file: Path) -> int:
    """Who may read a file; 0 where there is none."""
    return file.stat().st_mode & 0o777 if file.exists() else 0


def put(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)


async def test_phone_code_and_password_lead_in(sandbox: SandboxProcess, file: Path) -> None:
    async with connected(sandbox, file) as account:
        assert await account.account() is None
        assert "sent" in await account.send_code(f" {sandbox.login.phone} ")
        assert await account.sign_in(f" {sandbox.login.code[:2]}-{sandbox.login.code[2:]} ") is None
        assert await account.password_hint()
        entered = await account.check_password(sandbox.login.password)
        assert entered == await account.account()
        assert entered.id == twin(sandbox).owner_id
    assert mode_of(file) == 0o600
    async with connected(sandbox, file) as again:
        assert await again.account() == entered
        assert again.online


async def test_an_account_without_password_is_in_after_the_code(file: Path) -> None:
    with SandboxProcess(password=False) as sandbox:
        async with connected(sandbox, file) as account:
            await account.send_code(sandbox.login.phone)
            assert await account.sign_in(sandbox.login.code) == await account.account()


@pytest.mark.parametrize("phone", ["+1 555", "hello", ""])
async def test_a_wrong_phone_number_is_said(sandbox: SandboxProcess, file: Path, phone: str) -> None:
    async with connected(sandbox, file) as account:
        with pytest.raises(LoginRefused, match="phone number"):
            await account.send_code(phone)


async def test_wrong_answers_may_be_given_again(sandbox: SandboxProcess, file: Path) -> None:
    async with connected(sandbox, file) as account:
        with pytest.raises(LoginRefused, match="No code was asked for"):
            await account.sign_in("12345")
        await account.send_code(sandbox.login.phone)
        with pytest.raises(LoginRefused, match="The code is wrong"):
            await account.sign_in("00000")
        with faults(sandbox, code_expired=True), pytest.raises(CodeExpired, match="The code has expired"):
            await account.sign_in(sandbox.login.code)
        await account.send_code(sandbox.login.phone)
        assert await account.sign_in(sandbox.login.code) is None
        assert await account.account() is None
        with pytest.raises(LoginRefused, match="The password is wrong"):
            await account.check_password("not it")
        assert await account.check_password(sandbox.login.password)


async def test_a_flood_at_the_login_is_said_not_slept_through(sandbox: SandboxProcess, file: Path) -> None:
    async with connected(sandbox, file) as account:
        with faults(sandbox, floods={"auth.sendCode": {"seconds": 30_000}}), pytest.raises(LoginRefused, match="8 h 20 min"):
            await account.send_code(sandbox.login.phone)


async def test_a_server_with_faults_is_asked_again(sandbox: SandboxProcess, file: Path) -> None:
    async with connected(sandbox, file) as account:
        with faults(sandbox, failures={"auth.sendCode": {"code": 500, "count": 2}}):
            assert await account.send_code(sandbox.login.phone)


async def test_the_login_follows_the_account_to_its_data_centre(sandbox: SandboxProcess, file: Path) -> None:
    settings = sandbox.telegram_settings()
    assert settings.server is not None
    elsewhere = next(int(dc) for dc in sandbox.facts["dcs"] if int(dc) != settings.server.dc)
    server = ServerSettings(
        dc=elsewhere, host=settings.server.host, port=sandbox.facts["dcs"][str(elsewhere)], public_key=settings.server.public_key
    )
    async with logged_in(sandbox, file, server=server) as account:
        first = await account.account()
    async with connected(sandbox, file, server=server) as again:
        assert await again.account() == first is not None


async def test_logging_out_ends_the_session_at_the_server_and_here(sandbox: SandboxProcess, file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    async with logged_in(sandbox, file) as account:
        shutil.copy(file, kept)
        await account.log_out()
    assert mode_of(file) == 0
    async with connected(sandbox, kept) as stolen:
        assert await stolen.account() is None


async def test_a_revoked_session_is_noticed_and_a_new_login_heals_it(sandbox: SandboxProcess, file: Path) -> None:
    async with logged_in(sandbox, file) as account:
        chat = await account.find("Rust Weekly")
        sandbox.faults(revoke=True)
        with pytest.raises(NotLoggedIn):
            await messages(account, chat)
        assert await account.account() is None
    async with logged_in(sandbox, file) as account:
        assert await account.account()


async def test_a_key_that_the_server_forgot_is_made_anew_by_a_login(sandbox: SandboxProcess, file: Path) -> None:
    async with logged_in(sandbox, file):
        pass
    sandbox.faults(forget_keys=True)
    async with connected(sandbox, file) as account:
        assert await account.account() is None
    async with logged_in(sandbox, file) as account:
        assert await account.account()


async def test_a_session_of_another_server_is_not_used(sandbox: SandboxProcess, file: Path) -> None:
    async with logged_in(sandbox, file):
        pass
    with SandboxProcess() as other:
        async with connected(other, file) as account:
            assert await account.account() is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"server": 3}', b"\x00\xff"])
async def test_a_damaged_session_file_asks_for_a_login(sandbox: SandboxProcess, file: Path, content: bytes) -> None:
    put(file, content)
    async with connected(sandbox, file) as account:
        assert await account.account() is None


async def test_a_server_that_does_not_listen_is_unreachable(sandbox: SandboxProcess, file: Path) -> None:
    settings = sandbox.telegram_settings()
    assert settings.server is not None
    server = ServerSettings(dc=2, host="127.0.0.1", port=1, public_key=settings.server.public_key)
    with pytest.raises(Unreachable, match="can't be reached"):
        async with connected(sandbox, file, server=server):
            pass


async def test_a_server_with_another_key_is_not_trusted(sandbox: SandboxProcess, file: Path, tmp_path: Path) -> None:
    with SandboxProcess(key=tmp_path / "other.pem") as other:
        right, wrong = sandbox.telegram_settings().server, other.telegram_settings().server
        assert right is not None
        assert wrong is not None
        mixed = ServerSettings(dc=right.dc, host=right.host, port=wrong.port, public_key=right.public_key)
        with pytest.raises(Unreachable, match="public key"):
            async with connected(sandbox, file, server=mixed):
                pass


@pytest.mark.parametrize(("message", "error"), [("CONNECTION_API_ID_INVALID", SettingsError), ("CONNECTION_LAYER_INVALID", Unreachable)])
async def test_a_refused_connection_is_said(sandbox: SandboxProcess, file: Path, message: str, error: type[Exception]) -> None:
    with faults(sandbox, failures={"help.getConfig": {"code": 400, "message": message}}), pytest.raises(error):
        async with connected(sandbox, file):
            pass


@pytest.mark.parametrize("content", ["no key", "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n", None])
async def test_a_bad_public_key_is_a_matter_of_the_settings(file: Path, tmp_path: Path, content: str | None) -> None:
    pem = tmp_path / "server.pem"
    if content is not None:
        pem.write_text(content)
    settings = TelegramSettings(api_id=1, api_hash="0" * 32, server=ServerSettings(dc=2, host="127.0.0.1", port=1, public_key=str(pem)))
    with pytest.raises(SettingsError, match="public_key"):
        await TelegramAccount(settings, MediaSettings(), file, Metrics()).connect()


async def test_neither_log_nor_errors_hold_a_secret(sandbox: SandboxProcess, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    async with connected(sandbox, file) as account:
        await account.send_code(sandbox.login.phone)
        for give, text in ((account.sign_in, "98761"), (account.send_code, "+15550000001"), (account.check_password, "open sesame")):
            with pytest.raises(LoginRefused) as refused:
                await give(text)
            said.append(repr(refused.value) + str(refused.value) + repr(refused.value.__cause__))
    settings = sandbox.telegram_settings()
    secrets = ("98761", "15550000001", "open sesame", sandbox.login.phone.lstrip("+"), settings.api_hash)
    assert not [secret for secret in secrets for text in (*said, caplog.text) if secret in text]
