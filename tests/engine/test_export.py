"""Whole exports of the demo account: a real engine, a real client, a server in a process of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.conftest import driver_on
from tests.engine.driver import EngineDriver
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Export
from tobs_tui.engine.events import ChatsListed
from tobs_tui.engine.snapshot import ChatRow, JobReport, JobState
from tobs_tui.model import ExportOptions, bare_id
from tobs_tui.sandbox.world import World


class Exported:
    """The demo account, exported once for all tests of the module."""

    def __init__(self, rows: tuple[ChatRow, ...], reports: list[JobReport], vault: Path, world: World) -> None:
        self.rows = rows
        self.reports = reports
        self.vault = VaultReader(vault)
        self.world = world


def export_all(driver: EngineDriver, options: ExportOptions) -> tuple[tuple[ChatRow, ...], list[JobReport]]:
    driver.ready().wait_for(ChatsListed)
    rows = driver.engine.snapshot().chats.rows
    driver.submit(Export(tuple(row.chat.id for row in rows), options))
    return rows, [ended.report for ended in driver.jobs_ended(len(rows))]


@pytest.fixture(scope="module")
def exported(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    home = tmp_path_factory.mktemp("exported")
    with driver_on(sandbox, home) as driver:
        rows, reports = export_all(driver, ExportOptions(str(home / "vault"), timezone="Europe/Berlin"))
    return Exported(rows, reports, home / "vault", sandbox.twin())


def test_every_chat_is_done(exported: Exported) -> None:
    assert {(report.chat, report.state, report.reason) for report in exported.reports if report.state is not JobState.DONE} == set()
    assert len(exported.rows) == len(exported.world.ordered())


def test_every_message_stands_once_in_rising_order(exported: Exported) -> None:
    for row in exported.rows:
        folder = exported.vault.folder_of(bare_id(row.chat.id), row.chat.kind)
        ids = exported.vault.ids(folder)
        assert ids == sorted(exported.world.chat(row.chat.id).messages), row.title


def test_no_link_and_no_embed_leads_nowhere(exported: Exported) -> None:
    assert exported.vault.broken_links() == []


def test_every_file_is_the_file_that_was_sent(exported: Exported) -> None:
    """Each file in the vault has the bytes that the generator says, found by its message."""
    sent = {hashlib.sha256(data).digest() for data in sent_files(exported.world)}
    kept = [file for file in exported.vault.root.rglob("*") if file.is_file() and file.suffix != ".md" and "Articles" not in file.parts]
    assert sum(report.files for report in exported.reports) == len(kept) > 150
    assert [str(file) for file in kept if hashlib.sha256(file.read_bytes()).digest() not in sent] == []


def sent_files(world: World) -> Iterator[bytes]:
    """The bytes of all files that the account knows, in each of their sizes."""
    for spec in world.files.specs():
        for thumb in ("", *spec.sizes):
            if size := spec.length(thumb):
                yield world.file_bytes(spec.id, 0, size, thumb)


def test_the_vault_holds_notes_and_media_and_nothing_else(exported: Exported) -> None:
    assert [path for path in exported.vault.root.rglob(".*") if ".obsidian" not in path.parts] == []
    assert {path.name for path in exported.vault.root.iterdir()} == {"Telegram"}


def test_a_second_run_changes_no_byte_and_asks_little(exported: Exported, sandbox: SandboxProcess, tmp_path: Path) -> None:
    home = exported.vault.root.parent
    before = {path: file.stat().st_mtime_ns for path in exported.vault.notes for file in [exported.vault.root / path]}
    sandbox.stats(reset=True)
    with driver_on(sandbox, home) as driver:
        rows, reports = export_all(driver, ExportOptions(str(exported.vault.root), timezone="Europe/Berlin"))
    assert all(report.state is JobState.DONE and not report.messages for report in reports)
    assert sandbox.requests("messages.getHistory") == len(rows)
    assert sandbox.requests("messages.getCustomEmojiDocuments") == 0
    assert {path: (exported.vault.root / path).stat().st_mtime_ns for path in before} == before
