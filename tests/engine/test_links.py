"""Links between chats lead to their blocks, whatever the order in which the chats came."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from tests.engine.conftest import driver_on
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Export
from tobs_tui.engine.events import ChatsListed
from tobs_tui.engine.linking import Linker
from tobs_tui.engine.snapshot import JobState
from tobs_tui.model import ExportOptions, bare_id
from tobs_tui.sandbox import cast
from tobs_tui.settings import PipelineSettings

Order = Callable[[Sequence[int]], list[int]]


def export(sandbox: SandboxProcess, home: Path, *orders: Order, jobs: int = 2) -> VaultReader:
    """The account's chats, in a vault of its own: each order chooses what is queued, one after the other."""
    with driver_on(sandbox, home, pipeline=PipelineSettings(jobs=jobs)) as driver:
        driver.ready().wait_for(ChatsListed)
        rows = driver.engine.snapshot().chats.rows
        for order in orders:
            chats = order([row.chat.id for row in rows])
            driver.submit(Export(tuple(chats), ExportOptions(str(home / "vault"), timezone="Europe/Berlin")))
            assert {ended.report.state for ended in driver.jobs_ended(len(chats))} == {JobState.DONE}
    return VaultReader(home / "vault")


def only(*chats: int) -> Order:
    return lambda _: list(chats)


def lines(vault: VaultReader, words: str) -> list[str]:
    """All lines of Ada's notes with these words."""
    notes = [text for path, text in vault.notes.items() if "/Ada Lovelace/" in path]
    return [line for text in notes for line in text.split("\n") if words in line]


def test_the_order_and_the_number_of_jobs_never_show(sandbox: SandboxProcess, tmp_path: Path) -> None:
    """The queue settles names when chats are queued, so each order queues all of them."""
    one = export(sandbox, tmp_path / "one", list, jobs=1).picture()
    other = export(sandbox, tmp_path / "other", lambda chats: list(reversed(chats)), jobs=2)
    assert other.picture() == one
    assert other.broken_links() == []


def test_links_to_chats_that_come_later_are_settled(sandbox: SandboxProcess, tmp_path: Path) -> None:
    before = export(sandbox, tmp_path / "late", only(cast.ADA))
    assert not [line for line in lines(before, "") if "Rust Weekly 20" in line]
    late = export(sandbox, tmp_path / "late", only(cast.RUST), only(cast.GRACE))
    soon = export(sandbox, tmp_path / "soon", only(cast.RUST, cast.GRACE, cast.ADA))
    assert late.picture() == soon.picture()
    assert late.broken_links() == []
    rust = r"\[https\\://t\.me/c/1500000001/5\]\(<Rust Weekly \d{4}-\d\d\.md#\^m5>\)"
    assert [re.fullmatch(rf"Look at {rust}, please", line) for line in lines(late, "/c/1500000001/5")] != [None]
    assert "rust_weekly_demo/5?comment=2](<Rust Weekly " in lines(late, "comment=2")[0]
    assert ".md#^m6>)" in lines(late, "Demo/6?single")[0]
    twice = lines(late, "the same")
    assert len(twice) == 2
    assert all(".md#^m5>)" in line and "](<Grace Hopper 👩‍✈️.md>)" in line for line in twice)
    assert "[Grace](<Grace Hopper 👩‍✈️.md>) and Alan and" in lines(late, " and Alan and ")[0]
    assert re.match(r"> \[\[Rust Weekly [-\d]+#\^m3\|Rust Weekly\]\]: what ", lines(late, "#^m3|")[0])
    forwarded = r"forwarded from \[\[Rust Weekly [-\d]+#\^m5\|Rust Weekly \(The editor\)\]\], "
    assert any(re.search(forwarded, line) for line in lines(late, "forwarded"))


def test_what_a_person_changed_is_left_alone(sandbox: SandboxProcess, tmp_path: Path) -> None:
    vault = export(sandbox, tmp_path, only(cast.ADA))
    path = next(path for path, text in vault.notes.items() if "/c/1500000001/5" in text)
    file = vault.root / path
    file.write_text(file.read_text("utf-8").replace("t.me/c/1500000001/5", "t.me/c/1500000001/5 (mine)", 1), "utf-8")
    changed = next(line for line in file.read_text("utf-8").split("\n") if "(mine)" in line)
    after = export(sandbox, tmp_path, only(cast.RUST))
    assert lines(after, "(mine)") == [changed]
    assert ".md#^m5>)" in lines(after, "comment=2")[0]


def test_a_note_of_the_readers_keeps_its_name_to_itself(sandbox: SandboxProcess, tmp_path: Path) -> None:
    own = tmp_path / "vault" / "Reading" / "rust weekly.md"
    own.parent.mkdir(parents=True)
    own.write_text("---\nmine: true\n---\n")
    vault = export(sandbox, tmp_path, only(cast.RUST))
    assert {path.split("/")[1] for path in vault.notes if path.startswith("Telegram/")} == {f"Rust Weekly ({bare_id(cast.RUST)})"}
    assert vault.broken_links() == []
    assert export(sandbox, tmp_path, only(cast.RUST)).picture() == vault.picture()


def test_a_new_title_keeps_the_folder_and_becomes_an_alias(tmp_path: Path) -> None:
    with SandboxProcess() as sandbox:
        export(sandbox, tmp_path, only(cast.RUST))
        sandbox.world(rename={"chat": cast.RUST, "title": "Rust [Monthly]"})
        vault = export(sandbox, tmp_path, only(cast.RUST))
    assert {path.split("/")[1] for path in vault.notes} == {"Rust Weekly"}
    index = vault.properties("Telegram/Rust Weekly/Rust Weekly.md")
    assert index["telegram_id"] == bare_id(cast.RUST)
    assert index["aliases"] == ["Rust [Monthly]"]


def test_a_run_that_was_killed_before_links_were_settled_leaves_that_to_the_next_one(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one brings nothing new, and is of another chat."""
    with monkeypatch.context() as killed:
        killed.setattr(Linker, "settle", AsyncMock(return_value=[]))
        words = export(sandbox, tmp_path / "one", only(cast.RUST, cast.GRACE, cast.ADA, cast.OLD_CREW)).picture()
    after = export(sandbox, tmp_path / "one", only(cast.OLD_CREW))
    soon = export(sandbox, tmp_path / "other", only(cast.RUST, cast.GRACE, cast.ADA, cast.OLD_CREW))
    assert words != soon.picture()
    assert after.picture() == soon.picture()
