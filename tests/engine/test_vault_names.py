"""One chat has one folder, and one job in a vault, whatever names they go by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.conftest import driver_on
from tests.engine.test_queue import check_whole, listed
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Export, Retry
from tobs_tui.engine.events import JobEnded
from tobs_tui.engine.snapshot import JobState
from tobs_tui.model import ExportOptions


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(messages=1_000, rtt_ms=20) as running:
        yield running


def test_chats_of_one_title_have_two_folders_though_none_could_be_settled_before(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions
) -> None:
    twins = tuple(sandbox.world(add_chat={"title": "Twins", "kind": "supergroup"})["add_chat"] for _ in range(2))
    for chat in twins:
        sandbox.world(add_message={"chat": chat, "text": "Hello"})
    vault = Path(options.vault)
    vault.write_text("in the way")
    with driver_on(sandbox, tmp_path) as driver:
        listed(driver)
        driver.submit(Export(twins, options))
        failed = driver.jobs_ended(2)
        vault.unlink()
        for ended in failed:
            driver.submit(Retry(ended.job))
        assert [ended.report.state for ended in driver.jobs_ended(2)] == [JobState.DONE] * 2
    assert len(list((vault / "Telegram").glob("Twins*"))) == 2


def test_two_names_of_one_vault_are_one_job(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    vault, link = Path(options.vault), tmp_path / "link"
    vault.mkdir()
    link.symlink_to(vault)
    with driver_on(sandbox, tmp_path) as driver:
        chat = listed(driver)["Big chat"]
        driver.submit(Export((chat.id,), options))
        driver.submit(Export((chat.id,), replace(options, vault=str(link))))
        assert driver.wait_for(JobEnded).report.state is JobState.DONE
        assert len(driver.engine.snapshot().jobs) == 1
    check_whole(vault, chat, sandbox)
