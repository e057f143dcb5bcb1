"""The whole demo account in every layout, with comments: no link leads nowhere, and each message is there once, in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.conftest import driver_on
from tests.engine.driver import EngineDriver
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Export
from tobs_tui.engine.events import ChatsListed
from tobs_tui.engine.snapshot import JobState
from tobs_tui.model import ExportOptions, Layout, bare_id


@pytest.fixture(scope="module")
def driver(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineDriver]:
    with driver_on(sandbox, tmp_path_factory.mktemp("home")) as running:
        running.ready().wait_for(ChatsListed)
        yield running


@pytest.mark.parametrize("layout", Layout)
def test_the_whole_account(driver: EngineDriver, sandbox: SandboxProcess, tmp_path: Path, layout: Layout) -> None:
    chats = [row.chat for row in driver.engine.snapshot().chats.rows]
    options = ExportOptions(str(tmp_path), layout=layout, media=frozenset(), timezone="Europe/Berlin", comments=True)
    driver.submit(Export(tuple(chat.id for chat in chats), options))
    assert {ended.report.state for ended in driver.jobs_ended(len(chats))} == {JobState.DONE}
    driver.until(lambda now: all(job.state.ended for job in now.jobs))
    vault, world = VaultReader(tmp_path), sandbox.twin()
    assert vault.broken_links() == []
    for chat in chats:
        assert vault.ids(vault.folder_of(bare_id(chat.id), chat.kind)) == sorted(world.chat(chat.id).messages), chat.title
