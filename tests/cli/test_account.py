"""Errands against a Telegram on loopback: login, chats, export, logout, and how each ends."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.cli.conftest import Home
from tests.support.sandbox import SandboxProcess
from tobs_tui.lock import AccountLock
from tobs_tui.model import ChatKind
from tobs_tui.paths import server_identity

REPORT_KEYS = {
    *("chat", "chat_id", "state", "messages", "notes", "files", "files_failed", "bytes", "seconds"),
    *("flushes", "cache_saves", "cache_save_ms", "retries", "requests"),
}


def answers(sandbox: SandboxProcess, *before: str) -> str:
    return "\n".join([*before, *sandbox.login, ""])


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, SandboxProcess]]:
    """A home that is logged in to a sandbox with a long chat."""
    home = Home(tmp_path_factory.mktemp("home"))
    with SandboxProcess(messages=6000) as sandbox:
        home.settings_for(sandbox, "[pipeline]\nflush_seconds = 0.2\n")
        ended = home.run("login", "--config", "settings.toml", typed=answers(sandbox))
        assert ended.returncode == 0, ended.stderr
        assert "Logged in as" in ended.stderr
        yield home, sandbox


def reports(ended: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in ended.stdout.splitlines()]


def run(account: tuple[Home, SandboxProcess], *arguments: str) -> subprocess.CompletedProcess[str]:
    return account[0].run(*arguments, "--config", "settings.toml")


def test_a_login_that_is_refused_says_so_and_asks_again(home: Home) -> None:
    with SandboxProcess() as sandbox:
        home.settings_for(sandbox)
        phone, code, password = sandbox.login
        ended = home.run("login", "--config", "settings.toml", typed=f"{phone}\n00000\n{code}\nwrong\n{password}\n")
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("Code (nothing: another number): ") == 2
    assert ended.stderr.count("Password: ") == 2
    secrets = (phone.lstrip("+"), password)
    assert not any(secret in home.logs() for secret in secrets)


def test_without_a_login_an_errand_ends_with_3(home: Home) -> None:
    with SandboxProcess() as sandbox:
        home.settings_for(sandbox)
        for errand in (["chats"], ["export", "--all"], ["logout"]):
            ended = home.run(*errand, "--config", "settings.toml")
            assert (ended.returncode, "tobs-tui login" in ended.stderr, ended.stdout) == (3, True, "")


def test_without_a_server_an_errand_ends_with_3(home: Home) -> None:
    with SandboxProcess() as sandbox:
        home.settings_for(sandbox)
    ended = home.run("chats", "--config", "settings.toml")
    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr


def test_chats_as_a_table_and_as_json(account: tuple[Home, SandboxProcess]) -> None:
    table, listed = run(account, "chats"), [orjson.loads(line) for line in run(account, "chats", "--json").stdout.splitlines()]
    assert len(table.stdout.splitlines()) == len(listed) + 1
    assert {chat["kind"] for chat in listed} <= set(ChatKind)
    assert {"id", "marked_id", "kind", "title", "username", "unread", "last_message", "archived", "folders", "exported"} == set(listed[0])
    assert any(chat["archived"] for chat in listed)
    assert any(chat["folders"] for chat in listed)
    assert all(str(chat["marked_id"]).endswith(str(chat["id"])) for chat in listed)
    assert "\x1b" not in table.stdout


def test_an_export_reports_in_json_and_leaves_notes(account: tuple[Home, SandboxProcess], tmp_path: Path) -> None:
    ended = run(account, "export", "@rust_weekly_demo", "--json", "--vault", str(tmp_path / "v"), "--media", "none")
    assert ended.returncode == 0, ended.stderr
    (report,) = reports(ended)
    assert set(report) >= REPORT_KEYS
    assert (report["chat"], report["chat_id"], report["state"], report["files"]) == ("Rust Weekly", 1500000001, "done", 0)
    notes = list((tmp_path / "v" / "Telegram" / "Rust Weekly").glob("*.md"))
    assert len(notes) >= 2
    assert len(re.findall(r"\^m\d+", "".join(note.read_text() for note in notes))) >= report["messages"]  # type: ignore[operator]


def test_a_chat_by_every_name_is_one_chat(account: tuple[Home, SandboxProcess], tmp_path: Path) -> None:
    names = [
        "1500000001",
        "-1001500000001",
        "@rust_weekly_demo",
        "https://t.me/rust_weekly_demo",
        "https://t.me/c/1500000001/5",
        "Rust Weekly",
    ]
    ended = run(account, "export", *names, "--json", "--vault", str(tmp_path), "--media", "none", "--since", "2025-06-01")
    assert ended.returncode == 0, ended.stderr
    assert [report["chat_id"] for report in reports(ended)] == [1500000001]


def test_a_name_that_leads_nowhere_stops_everything_with_2(account: tuple[Home, SandboxProcess], tmp_path: Path) -> None:
    ended = run(account, "export", "Rust Weekly", "Rust Weekli", "@nobody_at_all", "--vault", str(tmp_path / "v"))
    assert ended.returncode == 2
    assert "Rust Weekli" in ended.stderr
    assert "nobody_at_all" in ended.stderr
    assert "'Rust Weekly'" in ended.stderr or "Rust Weekly" in ended.stderr.replace("Rust Weekli", "")
    assert not (tmp_path / "v" / "Telegram").exists()


def test_a_vault_that_cant_be_written_ends_with_4(account: tuple[Home, SandboxProcess], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run(account, "export", "Rust Weekly", "--vault", str(tmp_path / "file" / "v"))
    assert ended.returncode == 4, ended.stderr
    assert str(tmp_path / "file") in ended.stderr


def test_an_account_that_another_has_ends_with_3(account: tuple[Home, SandboxProcess]) -> None:
    home, sandbox = account
    data = Path(orjson.loads(home.run("paths", "--json", "--config", "settings.toml").stdout)["data"])
    with AccountLock(data / f"{server_identity(sandbox.facts['public_key'])}.lock"):
        ended = run(account, "chats")
    assert ended.returncode == 3
    assert "process" in ended.stderr


def test_signals_end_at_a_checkpoint_and_the_next_run_goes_on(account: tuple[Home, SandboxProcess], tmp_path: Path) -> None:
    home, sandbox = account
    arguments = ["export", "@big_chat", "--vault", str(tmp_path), "--json", "--media", "none", "--config", "settings.toml"]
    sandbox.faults(rtt_ms=150, bandwidth=150_000)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with home.start(*arguments) as process:
            assert process.stderr
            assert " messages" in process.stderr.readline()
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (128 + number, "")
        assert "Traceback" not in err
    sandbox.faults(rtt_ms=0, bandwidth=0)
    ended = home.run(*arguments)
    assert ended.returncode == 0, ended.stderr
    (report,) = reports(ended)
    notes = sorted((tmp_path / "Telegram" / "Big chat").glob("*.md"))
    ids = re.findall(r"\^m(\d+)$", "".join(note.read_text() for note in notes), re.MULTILINE)
    assert len(ids) == len(set(ids)) == 6000
    assert 0 < report["messages"] < 6000  # type: ignore[operator] # of this run alone


def test_secrets_are_private_and_in_no_log(account: tuple[Home, SandboxProcess]) -> None:
    home, sandbox = account
    run(account, "chats", "--debug")
    private = [file for file in home.files() if file.suffix in (".session", ".lock", ".log") or ".sqlite" in file.name]
    assert {file.suffix for file in private} >= {".session", ".log"}
    assert {file.stat().st_mode & 0o077 for file in private} == {0}
    for secret in (sandbox.facts["api_hash"], sandbox.facts["phone"].lstrip("+"), sandbox.facts["password"]):
        assert secret not in home.logs()


def test_an_export_never_loads_the_screen(account: tuple[Home, SandboxProcess], tmp_path: Path) -> None:
    home, _ = account
    arguments = ["export", "Saved Messages", "--media", "none", "--vault", str(tmp_path), "--config", "settings.toml"]
    program = f"import sys\nfrom tobs_tui.cli import main\ncode = main({arguments!r})\nsys.exit(code or 50 * ('textual' in sys.modules))"
    ended = subprocess.run([sys.executable, "-c", program], cwd=home.folder, env=home.environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_a_logout_is_told_to_the_server(home: Home) -> None:
    with SandboxProcess() as sandbox:
        home.settings_for(sandbox)
        assert home.run("login", "--config", "settings.toml", typed=answers(sandbox)).returncode == 0
        ended = home.run("logout", "--config", "settings.toml")
        assert (ended.returncode, "Logged out" in ended.stderr) == (0, True)
        assert not list(home.folder.rglob("*.session"))
        assert sandbox.requests("auth.logOut") == 1
        assert home.run("chats", "--config", "settings.toml").returncode == 3


def test_a_login_asks_for_what_the_settings_lack(home: Home) -> None:
    with SandboxProcess() as sandbox:
        file = home.settings_for(sandbox)
        file.write_text(re.sub(r"api_(id|hash) = .*\n", "", file.read_text()))
        typed = answers(sandbox, str(sandbox.facts["api_id"]), sandbox.facts["api_hash"])
        ended = home.run("login", "--config", str(file), typed=typed)
    assert ended.returncode == 0, ended.stderr
    assert sandbox.facts["api_hash"] in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_wait_before_the_first_job_is_shown(account: tuple[Home, SandboxProcess]) -> None:
    account[1].faults(floods={"messages.getDialogs": {"seconds": 3}})
    ended = run(account, "chats")
    assert ended.returncode == 0
    assert ended.stderr.count("Flood wait, messages.getDialogs") == 1


def test_progress_stays_off_stdout_when_stderr_is_closed(account: tuple[Home, SandboxProcess], tmp_path: Path) -> None:
    home, _ = account
    words = f"export 'Ada Lovelace' --json --media none --vault {tmp_path} --config settings.toml"
    shell = ["sh", "-c", f"exec {sys.executable} -m tobs_tui {words} 2>&-"]
    ended = subprocess.run(shell, env=home.environ, cwd=home.folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    assert [report["chat"] for report in reports(ended)] == ["Ada Lovelace"]
