"""Folders and names: private, apart for each server, and the demo's never the real ones."""

import base64
import errno
from pathlib import Path
from unittest.mock import Mock

import pytest

from tobs_tui.errors import AccountBusy, CacheError, SettingsError
from tobs_tui.lock import AccountLock
from tobs_tui.paths import Paths, private_folder, server_identity


def pem(file: Path, content: bytes, width: int = 64) -> str:
    body = base64.b64encode(content).decode()
    lines = [body[at : at + width] for at in range(0, len(body), width)]
    file.write_text("\n".join(["-----BEGIN RSA PUBLIC KEY-----", *lines, "-----END RSA PUBLIC KEY-----", ""]))
    return str(file)


def test_telegram_has_its_own_name_and_each_key_another(tmp_path: Path) -> None:
    one, two = pem(tmp_path / "1.pem", b"one" * 90), pem(tmp_path / "2.pem", b"two" * 90)
    names = {server_identity(), server_identity(one), server_identity(two)}
    assert len(names) == 3
    assert server_identity() == "telegram"
    assert all("/" not in name for name in names)


def test_the_same_key_is_the_same_server_wherever_it_lies_and_however_it_is_wrapped(tmp_path: Path) -> None:
    assert server_identity(pem(tmp_path / "1.pem", b"key" * 90)) == server_identity(pem(tmp_path / "2.pem", b"key" * 90, width=40))


@pytest.mark.parametrize("content", [b"not a key!", b"\xff\xfe"])
def test_a_file_without_a_key_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.pem").write_bytes(content)
    with pytest.raises(SettingsError, match=r"public_key.*bad\.pem"):
        server_identity(str(tmp_path / "bad.pem"))


def test_a_key_that_isnt_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        server_identity(str(tmp_path / "none.pem"))


def test_the_demo_shares_no_file_with_the_real_account() -> None:
    real, demo = Paths.of_platform(), Paths.of_demo()
    for name in ("config_file", "data", "logs", "log_file"):
        assert getattr(real, name) != getattr(demo, name)
    assert real.session_file("telegram") != demo.session_file("telegram")
    assert real.data in demo.data.parents


def test_a_settings_file_of_ones_own(tmp_path: Path) -> None:
    assert Paths.of_platform(tmp_path / "x.toml").config_file == tmp_path / "x.toml"
    assert Paths.of_platform(tmp_path / "x.toml").data == Paths.of_platform().data


def test_folders_are_for_their_user_alone(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "c", tmp_path / "deep" / "data", tmp_path / "logs")
    paths.logs.mkdir(mode=0o755)
    paths.create()
    paths.create()
    assert {folder.stat().st_mode & 0o777 for folder in (paths.data, paths.logs)} == {0o700}


def test_a_folder_that_cant_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheError, match="can't be made"):
        private_folder(tmp_path / "file" / "data")


def test_an_account_is_held_once(tmp_path: Path) -> None:
    file = tmp_path / "data" / "telegram.lock"
    with AccountLock(file), pytest.raises(AccountBusy, match=r"process \d+, since 20\d\d-"):
        AccountLock(file).acquire()
    with AccountLock(file):
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_holder_that_hasnt_said_who_it_is_is_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "telegram.lock"
    with AccountLock(file):
        file.with_name("telegram.lock.owner").write_text("{")
        with pytest.raises(AccountBusy, match="just starting"):
            AccountLock(file).acquire()


def test_letting_go_twice_is_nothing(tmp_path: Path) -> None:
    lock = AccountLock(tmp_path / "telegram.lock")
    lock.release()
    lock.acquire()
    lock.release()
    lock.release()
    assert not (tmp_path / "telegram.lock.owner").exists()


def test_a_disk_without_room_for_the_owners_name_costs_nobody_the_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "telegram.lock"
    file.with_name("telegram.lock.owner").write_text('{"pid": 1, "since": 0}')
    monkeypatch.setattr(Path, "write_bytes", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
    with AccountLock(file), pytest.raises(AccountBusy, match="just starting"):
        AccountLock(file).acquire()
    with AccountLock(file):
        assert [each.name for each in tmp_path.iterdir()] == ["telegram.lock"]
