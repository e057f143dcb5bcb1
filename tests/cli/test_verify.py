"""A vault checked against its manifest, and repaired."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.conftest import Home
from tests.support.sandbox import SandboxProcess

COUNT, SIZE = 4, 200_000


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with an exported chat of files."""
    home = Home(tmp_path_factory.mktemp("home"))
    with SandboxProcess(files=(COUNT, SIZE)) as sandbox:
        home.settings_for(sandbox)
        assert home.run("login", "--config", "settings.toml", typed="\n".join([*sandbox.login, ""])).returncode == 0
        assert run(home, "export", "@large_files") == (0, "")
        yield home


def run(home: Home, *arguments: str) -> tuple[int, str]:
    ended = home.run(*arguments, "--config", "settings.toml")
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout


def verified(home: Home, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out = run(home, "verify", "--json", *arguments)
    return code, orjson.loads(out)


def media(home: Home) -> list[Path]:
    return sorted(file for file in (home.folder / "vault").rglob("*.bin") if file.is_file())


def test_a_sound_vault_is_called_so(account: Home) -> None:
    code, found = verified(account)
    assert (code, found["files"], found["notes"]) == (0, COUNT, 1)
    assert found["missing"] == found["changed"] == found["extra"] == []
    assert run(account, "verify") == (0, f"{COUNT} files and 1 note checked: 0 missing, 0 changed, 0 extra\n")


def test_what_is_wrong_is_told_and_repaired(account: Home) -> None:
    gone, changed, longer, _ = files = media(account)
    right = {file: file.read_bytes() for file in files}
    gone.unlink()
    changed.write_bytes(right[changed][:-1] + bytes([right[changed][-1] ^ 1]))
    longer.write_bytes(right[longer] + b"more")
    own = gone.with_name("own.txt")
    own.write_text("mine")
    names = {file: file.relative_to(account.folder / "vault").as_posix() for file in (*files, own)}
    code, found = verified(account)
    assert code == 1
    assert (found["missing"], found["changed"]) == ([names[gone]], [names[changed], names[longer]])
    assert found["extra"] == [names[own]]
    code, found = verified(account, "--repair")
    assert (code, found["repaired"], found["missing"], found["changed"]) == (0, 3, [], [])
    assert {file: file.read_bytes() for file in files} == right
    aside = longer.with_name(f"{longer.stem} (changed).bin")
    assert aside.read_bytes() == right[longer] + b"more"
    assert own.read_text() == "mine"


def test_a_note_that_is_gone_is_told(account: Home) -> None:
    note = next(file for file in (account.folder / "vault").rglob("*2024*.md"))
    aside = account.folder / "note.md"
    shutil.move(note, aside)
    code, found = verified(account)
    shutil.move(aside, note)
    assert (code, found["missing"]) == (1, [note.relative_to(account.folder / "vault").as_posix()])


def test_a_vault_that_nobody_knows_is_refused(account: Home, tmp_path: Path) -> None:
    ended = account.run("verify", "--vault", str(tmp_path), "--config", "settings.toml")
    assert ended.returncode == 2
    assert "Nothing is known of the vault" in ended.stderr


def test_a_chat_that_is_gone_hinders_no_repair_of_the_others(home: Home) -> None:
    with SandboxProcess() as sandbox:
        home.settings_for(sandbox)
        assert home.run("login", "--config", "settings.toml", typed="\n".join([*sandbox.login, ""])).returncode == 0
        assert run(home, "export", "Ada Lovelace", "Rust Weekly")[0] == 0
        vault = home.folder / "vault"
        lost = [next(file for file in vault.rglob("*.jpg") if chat in str(file)) for chat in ("Ada Lovelace", "Rust Weekly")]
        for file in lost:
            file.unlink()
        gone = next(chat for chat in sandbox.twin().chats.values() if chat.title == "Rust Weekly")
        sandbox.world(remove_chat={"chat": gone.id})
        code, found = verified(home, "--repair")
    assert (code, found["repaired"], found["missing"]) == (1, 1, [lost[1].relative_to(vault).as_posix()])


def test_a_repair_that_came_to_nothing_is_not_called_one(home: Home) -> None:
    with SandboxProcess() as sandbox:
        home.settings_for(sandbox)
        assert home.run("login", "--config", "settings.toml", typed="\n".join([*sandbox.login, ""])).returncode == 0
        assert run(home, "export", "Rust Weekly")[0] == 0
        lost = next((home.folder / "vault").rglob("*.jpg"))
        lost.unlink()
        sandbox.world(forbid={"chat": next(chat.id for chat in sandbox.twin().chats.values() if chat.title == "Rust Weekly")})
        code, found = verified(home, "--repair")
    assert (code, found["repaired"], found["missing"]) == (1, 0, [lost.relative_to(home.folder / "vault").as_posix()])
