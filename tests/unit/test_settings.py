"""Settings: what is wrong is named by file, key and what is allowed; the environment's secrets come over the file's."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tobs_tui.content import DEFAULT_MEDIA, MediaKind
from tobs_tui.errors import ExitCode, SettingsError
from tobs_tui.model import Layout
from tobs_tui.settings import Settings, check_settings, load_settings

SERVER = {"dc": 2, "host": "127.0.0.1", "port": 8443, "public_key": "key.pem"}


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "none.toml", {})
    assert settings == Settings()
    assert (settings.vault.path, settings.vault.notes, settings.media.kinds) == ("~/tobs", Layout.MONTH, DEFAULT_MEDIA)
    assert (settings.pipeline.flush_messages, settings.pipeline.jobs, settings.media.attempts) == (200, 2, 50)


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(
        '[telegram]\napi_id = 7\n[telegram.server]\ndc = 2\nhost = "h"\nport = 1\npublic_key = "k"\n[media]\nkinds = ["photo"]\n'
    )
    settings = load_settings(file, {})
    assert settings.telegram.api_id == 7
    assert settings.telegram.server
    assert settings.telegram.server.host == "h"
    assert settings.media.kinds == {MediaKind.PHOTO}


@pytest.mark.parametrize(
    ("data", "key", "allowed"),
    [
        ({"telegrm": {}}, "unknown key telegrm", "telegram, vault, media, pipeline, articles"),
        ({"vault": {"pth": "x"}}, "unknown key vault.pth", "path, notes, timezone"),
        ({"telegram": {"server": SERVER | {"user": "x"}}}, "unknown key telegram.server.user", "dc, host, port, public_key"),
        ({"telegram": {"api_hash": "short"}}, "telegram.api_hash", "32 hexadecimal digits"),
        ({"vault": {"notes": "week"}}, "vault.notes", "month, day, chat, post"),
        ({"media": {"kinds": ["photo", "foto"]}}, "media.kinds", "photo, video"),
        ({"telegram": {"proxy": {"type": "ftp", "host": "h", "port": 1}}}, "telegram.proxy.type", "socks5, socks4 or http"),
        ({"telegram": {"server": SERVER | {"port": 70000}}}, "telegram.server.port", "65535"),
        ({"telegram": {"server": {"dc": 2}}}, "telegram.server", "host"),
        ({"pipeline": {"jobs": 0}}, "pipeline.jobs", "Allowed: 1 to 16"),
        ({"pipeline": {"jobs": "two"}}, "pipeline.jobs", "Expected a whole number, got text in quotes. Allowed: 1 to 16"),
        ({"telegram": {"api_id": 2**31}}, "telegram.api_id", "Allowed: 0 to 2147483647"),
        ({"media": {"max_size": 10**20}}, "media.max_size", "Allowed: 0 or more"),
        ({"pipeline": {"flush_messages": 0}}, "pipeline.flush_messages", "Allowed: 1 or more"),
        ({"pipeline": {"flush_seconds": float("inf")}}, "pipeline.flush_seconds", "Allowed: more than 0, up to 86400"),
        ({"pipeline": 3}, "pipeline", "Expected a table, got a whole number"),
        ({"vault": {"comments": "no"}}, "vault.comments", "Expected true or false, got text in quotes"),
        ({"vault": {"path": ""}}, "vault.path", "Allowed: not empty"),
        ({"vault": {"timezone": "Mars/Olympus"}}, "vault.timezone", "IANA"),
        ({"articles": {"service": "gopher://x"}}, "articles.service", "https://"),
    ],
)
def test_what_is_wrong_is_named_with_file_key_and_what_is_allowed(data: dict[str, Any], key: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as raised:
        check_settings(data, "/x/settings.toml")
    words = str(raised.value)
    assert "/x/settings.toml" in words
    assert key in words
    assert allowed in words
    assert raised.value.exit_code is ExitCode.USAGE


def test_an_error_doesnt_repeat_a_secret() -> None:
    with pytest.raises(SettingsError) as raised:
        check_settings({"telegram": {"api_hash": "0123456789abcdef0123456789abcdeX"}}, "file")
    assert "0123456789" not in str(raised.value)


@pytest.mark.parametrize("content", [b"a = ", b"\xff\xfe"])
def test_a_file_that_isnt_toml_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"settings\.toml isn't valid TOML"):
        load_settings(file, {})


def test_a_folder_for_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read"):
        load_settings(tmp_path, {})


def test_the_environment_is_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f'[telegram]\napi_id = 1\napi_hash = "{"a" * 32}"\nrequest_seconds = 3.0\n')
    settings = load_settings(file, {"TOBS_API_ID": "2", "TOBS_API_HASH": "b" * 32})
    assert (settings.telegram.api_id, settings.telegram.api_hash, settings.telegram.request_seconds) == (2, "b" * 32, 3.0)
    assert load_settings(file, {"TOBS_API_ID": ""}).telegram.api_id == 1


@pytest.mark.parametrize("environ", [{"TOBS_API_ID": "seven"}, {"TOBS_API_ID": "-1"}, {"TOBS_API_HASH": "nope"}])
def test_a_bad_value_in_the_environment_is_told_as_such(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="the environment"):
        load_settings(tmp_path / "none.toml", environ)


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Settings().vault.path = "x"  # type: ignore[misc] # that is what is tried


def test_every_table_has_a_docstring() -> None:
    for field in msgspec.structs.fields(Settings):
        assert field.type.__doc__
