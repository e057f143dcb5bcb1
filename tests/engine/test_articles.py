"""Articles behind the links of the demo account's messages become notes, each once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from unittest.mock import AsyncMock, Mock

from tests.engine.conftest import driver_on
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.articles import AT_ONCE, ArticleKeeper
from tobs_tui.engine.commands import Export
from tobs_tui.engine.events import ChatsListed
from tobs_tui.engine.job import Job
from tobs_tui.engine.snapshot import JobReport, JobState
from tobs_tui.errors import RequestRefused
from tobs_tui.model import Chat, ChatKind, ExportOptions
from tobs_tui.pipeline.vault import Vault
from tobs_tui.sandbox import cast
from tobs_tui.settings import ArticleSettings

ARTICLE = "Telegram/Articles/Sample (Sample-01-01)"


def export(sandbox: SandboxProcess, home: Path, wanted: bool = True, service: str = "") -> tuple[VaultReader, JobReport]:
    options = ExportOptions(str(home / "vault"), timezone="UTC", articles=wanted)
    with driver_on(sandbox, home, articles=ArticleSettings(service=service or sandbox.facts["articles"])) as driver:
        driver.ready().wait_for(ChatsListed)
        driver.submit(Export((cast.ADA,), options))
        (ended,) = driver.jobs_ended(1)
    return VaultReader(home / "vault"), ended.report


def lines(vault: VaultReader) -> list[str]:
    return sorted(line for path, text in vault.notes.items() if "/Ada" in path for line in text.split("\n") if line.startswith("📄"))


def test_articles_become_notes_with_their_pictures(sandbox: SandboxProcess, tmp_path: Path) -> None:
    vault, report = export(sandbox, tmp_path)
    assert report.state is JobState.DONE, report.reason
    *kept, dead = lines(vault)
    assert dead == "📄 [telegra.ph/Deleted-03-31](https://telegra.ph/Deleted-03-31), not kept: PAGE_NOT_FOUND"
    assert [line for line in kept if line == f"📄 [[{ARTICLE}|Sample]]"] == kept[-2:]
    assert len(kept) == 3
    properties = vault.properties(f"{ARTICLE}.md")
    facts = {"source": "https://telegra.ph/Sample-01-01", "aliases": ["Sample"], "author": "Ada Lovelace", "published": "01-01"}
    assert properties == facts | {"tags": ["telegram", "article"]}
    text = vault.notes[f"{ARTICLE}.md"]
    assert "\n# Sample\n" in text
    assert "![[Telegram/Articles/media/Sample (Sample-01-01) 1.png]]\n\n<i>The engine</i>" in text
    assert "🖼 [What was lost](https://telegra.ph/file/gone.png), not kept: its service answered 404" in text
    assert "🖼 [Figure](https://example.org/else.png), not kept: it lies with another service" in text
    assert (vault.root / "Telegram/Articles/media/Sample (Sample-01-01) 1.png").read_bytes().startswith(b"\x89PNG")
    assert vault.broken_links() == []
    assert len([path for path in vault.notes if path.startswith("Telegram/Articles/")]) == 2


def test_a_service_that_is_away_is_tried_again_by_the_next_run(sandbox: SandboxProcess, tmp_path: Path) -> None:
    vault, report = export(sandbox, tmp_path, service="http://127.0.0.1:9")
    assert (report.state, report.reason) == (JobState.INCOMPLETE, "3 articles could not be had")
    assert lines(vault)[0] == "📄 [graph.org/Sample-01-01](https://graph.org/Sample-01-01), not kept yet"
    vault, report = export(sandbox, tmp_path)
    assert report.state is JobState.DONE
    assert len([line for line in lines(vault) if f"[[{ARTICLE}|" in line]) == 2


def test_articles_can_be_left_alone(sandbox: SandboxProcess, tmp_path: Path) -> None:
    vault, report = export(sandbox, tmp_path, wanted=False)
    assert report.state is JobState.DONE
    assert lines(vault) == []
    assert not (vault.root / "Telegram/Articles").exists()


async def test_thousands_of_articles_wait_without_a_task_or_a_lock_each(tmp_path: Path) -> None:
    most, root = 0, str(tmp_path)

    async def gone(_address: str) -> None:
        nonlocal most
        await asyncio.sleep(0)
        most = max(most, len(asyncio.all_tasks()), len(keeper._under_way))
        raise RequestRefused("It isn't there")

    links = Mock(waiting_articles=AsyncMock(return_value=[f"a-{number}" for number in range(2000)]))
    links.articles, links.put_article = AsyncMock(return_value={}), AsyncMock()
    keeper = ArticleKeeper(Mock(fetch=gone), Mock(links=links, checkpoint=AsyncMock()), ("telegra.ph",))
    job = Job(1, Chat(7, ChatKind.GROUP, "A group"), ExportOptions(root, articles=True))
    await keeper.fetch(job, Vault(tmp_path))
    assert links.put_article.call_count == 2000
    assert most < 2 * AT_ONCE
    assert not keeper._under_way
