"""Arguments and settings, before any server is asked: exit code 2, and words that help."""

import os
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.cli.conftest import Home
from tobs_tui import __version__
from tobs_tui.errors import NotLoggedIn
from tobs_tui.headless import ask_line

KEYS = f'[telegram]\napi_id = 1\napi_hash = "{"0" * 32}"\n'


def test_version_and_help_need_nothing(home: Home) -> None:
    assert home.run("--version").stdout == f"tobs-tui {__version__}\n"
    shown = home.run("--help")
    assert shown.returncode == 0
    for command in ("export", "chats", "login", "logout", "paths", "--demo", "--config", "--debug"):
        assert command in shown.stdout
    assert home.files() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--nonsense"], "--nonsense"),
        (["exprot"], "exprot"),
        (["export"], "Nothing to export"),
        (["export", "x", "--all"], "together"),
        (["export", "x", "--notes", "week"], "month"),
        (["export", "x", "--media", "foto"], "none, all, photo"),
        (["export", "x", "--since", "yesterday"], "isn't a date"),
        (["export", "x", "--since", "2025-02-01", "--until", "2025-02-01"], "--until isn't after --since"),
        (["export", "x", "--max-size", "big"], "isn't a size"),
        (["export", "x", "--max-size", "99999999999999999999"], "isn't a size"),
        (["export", "x", "--look-back", "99999999999999999999"], "--look-back"),
        (["export", "x", "--vault", ""], "The vault has no name"),
        (["export", "x", "--vault", "~nobody-at-all/notes"], "leads nowhere"),
        (["export", "x", "--nonsense"], "--nonsense"),
        ([], "needs a terminal"),
    ],
)
def test_what_cant_be_served_ends_with_2_and_says_why(home: Home, arguments: list[str], words: str) -> None:
    file = home.settings(KEYS)
    ended = home.run("--config", str(file), *arguments)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[vault]\npth = 1\n", ["unknown key vault.pth", "path, notes, timezone"]),
        ('[media]\nkinds = ["foto"]\n', ["media.kinds", "photo, video"]),
        ("[vault\n", ["isn't valid TOML"]),
        ("", ["telegram.api_id", "https://my.telegram.org", "tobs-tui login"]),
    ],
)
def test_wrong_settings_end_with_2_and_name_the_file(home: Home, text: str, words: list[str]) -> None:
    file = home.settings(text)
    ended = home.run("chats", "--config", str(file))
    assert ended.returncode == 2
    for word in [str(file), *words]:
        assert word in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_settings_file_that_isnt_there_is_named(home: Home) -> None:
    ended = home.run("export", "x", "--config", "none.toml")
    assert (ended.returncode, "none.toml doesn't exist" in ended.stderr) == (2, True)


def test_a_bad_value_in_the_environment(home: Home) -> None:
    ended = home.run("chats", TOBS_API_ID="seven")
    assert (ended.returncode, "TOBS_API_ID" in ended.stderr) == (2, True)


def test_paths_are_told_before_anything_is_there(home: Home) -> None:
    lines = dict(line.split(maxsplit=1) for line in home.run("paths").stdout.splitlines())
    places = orjson.loads(home.run("paths", "--json").stdout)
    assert lines == places
    assert list(places) == ["config", "data", "session", "cache", "lock", "log", "vault"]
    assert all(str(home.folder) in place for place in places.values())
    assert home.files() == []


def test_options_stand_before_a_command_and_behind_it(home: Home) -> None:
    file = home.settings('[vault]\npath = "/somewhere"\n')
    before, behind = home.run("--config", str(file), "paths"), home.run("paths", "--config", str(file))
    assert before.stdout == behind.stdout
    assert "/somewhere" in behind.stdout
    assert home.run("--demo", "paths").stdout == home.run("paths", "--demo").stdout


def test_the_demos_places_are_its_own(home: Home) -> None:
    real, demo = (orjson.loads(home.run("paths", "--json", *more).stdout) for more in ((), ("--demo",)))
    assert not set(filter(None, real.values())) & set(filter(None, demo.values()))
    assert demo["session"] is None


def test_a_login_without_anybody_to_ask_ends_with_3(home: Home) -> None:
    ended = home.run("login")
    assert ended.returncode == 3
    assert re.search(r"my\.telegram\.org", ended.stderr)


def test_a_crash_shows_no_trace_and_no_secret(home: Home) -> None:
    """A broken part of the program itself: the log has the trace, the terminal one line."""
    (home.folder / "broken").mkdir()
    (home.folder / "broken" / "tzlocal.py").write_text("raise ZeroDivisionError('0123456789abcdef0123456789abcdef')")
    ended = home.run(
        "export", "x", "--config", str(home.settings(KEYS)), PYTHONPATH=f"{home.folder / 'broken'}:{home.environ['PYTHONPATH']}"
    )
    assert ended.returncode == 70
    assert len(ended.stderr.splitlines()) == 1
    assert "ZeroDivisionError" in home.logs()
    assert "0123456789abcdef0123456789abcdef" not in home.logs() + ended.stderr


def test_a_settings_file_that_isnt_there_is_named_also_with_the_keys_in_the_environment(home: Home) -> None:
    ended = home.run("chats", "--config", "none.toml", TOBS_API_ID="1", TOBS_API_HASH="0" * 32)
    assert (ended.returncode, "none.toml doesn't exist" in ended.stderr) == (2, True)


@pytest.mark.parametrize(("closed", "code"), [("1", 0), ("2", 0), ("0", 2)])
def test_streams_that_are_closed_from_the_start_are_no_crash(home: Home, closed: str, code: int) -> None:
    command = "paths" if code == 0 else f"--config {home.settings(KEYS)}"
    shell = ["sh", "-c", f"exec {sys.executable} -m tobs_tui {command} {closed}>&-"]
    ended = subprocess.run(shell, env=home.environ, cwd=home.folder, capture_output=True, text=True, check=False)
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_output_that_is_full_is_said(home: Home) -> None:
    shell = ["sh", "-c", f"exec {sys.executable} -m tobs_tui paths >/dev/full"]
    ended = subprocess.run(shell, env=home.environ, cwd=home.folder, capture_output=True, text=True, check=False)
    assert (ended.returncode, "No space left" in ended.stderr) == (1, True)


def test_an_answer_that_isnt_shown_may_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-D at the password's question is as good as no answer at all."""
    child, terminal = os.openpty()
    with open(terminal, closefd=False) as keyboard:
        monkeypatch.setattr(sys, "stdin", keyboard)
        monkeypatch.setattr("getpass.getpass", lambda _: _raise(EOFError))
        with pytest.raises(NotLoggedIn):
            ask_line("Password", hidden=True)
    for descriptor in (child, terminal):
        os.close(descriptor)


def _raise(error: type[Exception]) -> str:
    raise error
