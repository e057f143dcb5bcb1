"""The settings file is changed as a whole, keeps what its owner wrote, and stays private."""

from pathlib import Path

import pytest

from tobs_tui.errors import SettingsError
from tobs_tui.settings import load_settings
from tobs_tui.setup import save_setup

HASH = "0123456789abcdef0123456789abcdef"


def test_a_new_file_is_private_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "new" / "settings.toml"
    settings = save_setup(file, "~/notes", 7, HASH)
    assert (settings.vault.path, settings.telegram.api_id, settings.telegram.api_hash) == ("~/notes", 7, HASH)
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_settings(file, {}) == settings
    assert [each.name for each in file.parent.iterdir()] == ["settings.toml"]


def test_comments_and_other_keys_stay(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(
        '# mine\n[telegram]\napi_id = 1 # old\n\n[pipeline]\njobs = 3 # few\n[telegram.server]\ndc = 1\nhost="h"\nport=1\npublic_key="k"\n'
    )
    file.chmod(0o644)
    save_setup(file, api_id=2, api_hash=HASH)
    text = file.read_text()
    assert "# mine" in text
    assert "jobs = 3 # few" in text
    assert "api_id = 2 # old" in text
    assert "[vault]" not in text
    assert file.stat().st_mode & 0o777 == 0o600
    server = load_settings(file, {}).telegram.server
    assert server
    assert server.host == "h"


def test_dotted_and_inline_tables_are_understood(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('telegram = { api_id = 1 }\nvault.notes = "day"\n')
    settings = save_setup(file, "/v", 2, HASH)
    assert (settings.telegram.api_id, settings.vault.path, settings.vault.notes) == (2, "/v", "day")


@pytest.mark.parametrize("content", ["telegram = 3\n", "a = \n", "[telegram]\nunknown = 1\n"])
def test_a_bad_file_is_told_and_left_as_it_is(tmp_path: Path, content: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        save_setup(file, "/v", 2, HASH)
    assert file.read_text() == content


def test_a_bad_value_isnt_written(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"telegram\.api_hash"):
        save_setup(tmp_path / "settings.toml", api_hash="short")
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.toml", tmp_path / "settings.toml"
    target.write_text("")
    link.symlink_to(target)
    save_setup(link, "/v")
    assert link.is_symlink()
    assert load_settings(target, {}).vault.path == "/v"


def test_a_folder_that_cant_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"can't be (read|written)"):
        save_setup(tmp_path / "file" / "settings.toml", "/v")
