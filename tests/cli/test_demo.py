"""The demo works with every command, in folders of its own, and ends with its parent."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import orjson
import psutil
import pytest

from tests.cli.conftest import Home
from tobs_tui.demo import check_demo_vault, demo_vault
from tobs_tui.errors import UsageError
from tobs_tui.lock import AccountLock
from tobs_tui.paths import Paths
from tobs_tui.sandbox.world import World


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home where the demo has run before."""
    home = Home(tmp_path_factory.mktemp("used"))
    ended = home.run("login", "--demo")
    assert (ended.returncode, "Logged in as" in ended.stderr) == (0, True), ended.stderr
    return home


def vault_of(home: Home) -> Path:
    return Path(orjson.loads(home.run("paths", "--json", "--demo").stdout)["vault"])


def test_without_a_terminal_the_whole_account_is_exported(used: Home) -> None:
    home = used
    ended = home.run("--demo")
    assert ended.returncode == 0, ended.stderr
    vault = vault_of(home)
    assert f"The demo's vault: {vault}" in ended.stderr
    assert ended.stdout == ""
    assert not any(mark in ended.stderr for mark in ("\x1b", "\r", "Traceback"))
    chats = [folder for folder in (vault / "Telegram").iterdir() if folder.is_dir() and folder.name != "Articles"]
    assert len(chats) == len(World().account.chats)
    assert not list(vault.rglob("*.part"))

    again = home.run("export", "--all", "--json", "--demo")
    assert again.returncode == 0, again.stderr
    reports = [orjson.loads(line) for line in again.stdout.splitlines()]
    assert len(reports) == len(chats)
    assert {(report["state"], report["messages"]) for report in reports} == {("done", 0)}


def test_nothing_of_the_real_account_is_touched_or_read(home: Home) -> None:
    config = home.folder / ".config" / "tobs-tui"
    config.mkdir(parents=True)
    (config / "settings.toml").write_text("this isn't TOML")
    before = {file: file.read_bytes() for file in home.files()}
    ended = home.run("--demo", "chats", "--json", TOBS_API_ID="no number")
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.splitlines()) == len(World().account.chats)
    assert {file: file.read_bytes() for file in before} == before
    assert all("demo" in file.parts for file in home.files() if file not in before)


@pytest.mark.parametrize(("place", "words"), [("tobs", "is your own vault"), ("tobs/notes/demo", "is in your own vault")])
def test_the_demo_never_writes_into_the_real_vault(home: Home, place: str, words: str) -> None:
    ended = home.run("--demo", "export", "--all", "--vault", str(home.folder / place))
    assert (ended.returncode, words in ended.stderr) == (2, True)
    assert not (home.folder / "tobs").exists()


def test_the_demos_own_vault_may_lie_in_a_home_that_is_a_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, place in {"HOME": "", "XDG_CONFIG_HOME": ".config", "XDG_DATA_HOME": ".local/share"}.items():
        monkeypatch.setenv(name, str(tmp_path / place))
    real, demo = Paths.of_platform().config_file, Paths.of_demo()
    real.parent.mkdir(parents=True)
    real.write_text(f'[vault]\npath = "{tmp_path}"\n')
    check_demo_vault(str(demo_vault(demo)), demo)
    with pytest.raises(UsageError, match="is in your own vault"):
        check_demo_vault(str(tmp_path / "x"), demo)


def test_a_logout_logs_in_by_itself_first(used: Home) -> None:
    ended = used.run("--demo", "logout")
    assert (ended.returncode, "Logged out" in ended.stderr) == (0, True), ended.stderr


def test_a_second_demo_is_told_who_has_the_account(used: Home) -> None:
    lock = orjson.loads(used.run("paths", "--json", "--demo").stdout)["lock"]
    with AccountLock(Path(lock)):
        ended = used.run("--demo", "chats")
    assert (ended.returncode, f"process {os.getpid()}" in ended.stderr) == (3, True), ended.stderr


def test_the_server_ends_with_its_parent_however_that_ends(used: Home) -> None:
    with used.start("--demo", "export", "--all") as process:
        assert process.stderr
        assert any(" messages" in line for line in iter(process.stderr.readline, ""))
        helpers = psutil.Process(process.pid).children()
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
    psutil.wait_procs(helpers, timeout=20)
    assert helpers
    assert not any(helper.is_running() for helper in helpers)


def test_a_server_that_cant_start_ends_with_3(home: Home) -> None:
    data = home.folder / ".local" / "share" / "tobs-tui" / "demo"
    data.mkdir(parents=True)
    (data / "server.pem").write_text("no key")
    ended = home.run("--demo", "chats")
    assert (ended.returncode, "sandbox.log" in ended.stderr) == (3, True), ended.stderr


def test_a_reader_that_goes_away_ends_an_export_at_a_checkpoint(used: Home, tmp_path: Path) -> None:
    with used.start("--demo", "export", "--all", "--json", "--media", "none", "--vault", str(tmp_path)) as process:
        assert process.stdout
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == 128 + signal.SIGPIPE
