"""Chats that belong together: earlier histories come along, comments by choice, and their notes lead to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.conftest import driver_on
from tests.engine.driver import EngineDriver
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Export
from tobs_tui.engine.events import ChatsListed
from tobs_tui.engine.snapshot import JobReport, JobState
from tobs_tui.model import ExportOptions, bare_id
from tobs_tui.pipeline.store import Store
from tobs_tui.sandbox import cast

COMMENT_LINE = re.compile(r"^💬 \[\[(.+)#\^m(\d+)\|(Comments|Post)\]\]$")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess() as running:
        yield running


def export(driver: EngineDriver, options: ExportOptions, *chats: int, jobs: int) -> list[JobReport]:
    driver.submit(Export(chats, options))
    reports = [ended.report for ended in driver.jobs_ended(jobs)]
    driver.until(lambda now: all(job.state.ended for job in now.jobs))
    assert {report.state for report in reports} == {JobState.DONE}
    return reports


def listed(driver: EngineDriver) -> EngineDriver:
    driver.ready().wait_for(ChatsListed)
    return driver


def body(vault: VaultReader, folder: str) -> str:
    """An index note's text behind its properties."""
    return vault.notes[f"Telegram/{folder}/{folder}.md"].split("---\n", 2)[2]


def test_the_history_before_a_supergroup_comes_along(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(sandbox, tmp_path) as driver:
        reports = export(listed(driver), options, cast.NEW_CREW, jobs=2)
        before = VaultReader(Path(options.vault)).picture()
        export(driver, options, cast.NEW_CREW, jobs=2)
    vault = VaultReader(Path(options.vault))
    assert {report.chat_id for report in reports} == {bare_id(cast.NEW_CREW), bare_id(cast.OLD_CREW)}
    world = sandbox.twin()
    old = f"Crew ({bare_id(cast.OLD_CREW)})"
    assert vault.ids("Telegram/Crew") == sorted(world.chat(cast.NEW_CREW).messages)
    assert vault.ids(f"Telegram/{old}") == sorted(world.chat(cast.OLD_CREW).messages)
    assert f"\n# Crew\n\n- Earlier history: [[{old}]]\n\n## Notes\n" in body(vault, "Crew")
    assert "\n# Crew\n\n- Continued in: [[Crew]]\n\n## Notes\n" in body(vault, old)
    assert vault.broken_links() == []
    assert vault.picture() == before


def test_chats_describe_themselves_in_their_index_notes(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    forum = cast.TITLES[cast.FORUM]
    with driver_on(sandbox, tmp_path) as driver:
        export(listed(driver), options, cast.RUST, cast.FAMILY, cast.FORUM, jobs=3)
        before = VaultReader(Path(options.vault)).picture()
        export(driver, options, cast.RUST, cast.FAMILY, cast.FORUM, jobs=3)
    vault = VaultReader(Path(options.vault))
    assert "\n\nNews of Rust, \\*every\\* week." in body(vault, "Rust Weekly")
    assert "\n\nUs \\<b>four\\</b>\n\n" in body(vault, vault.folder_of(bare_id(cast.FAMILY), "group").rpartition("/")[2])
    assert f"\n\n{cast.ABOUT[cast.FORUM]}\n\n" in body(vault, forum)
    assert vault.broken_links() == []
    assert vault.picture() == before


def test_a_group_that_went_on_elsewhere_links_to_what_is_there(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(sandbox, tmp_path) as driver:
        export(listed(driver), options, cast.OLD_CREW, jobs=1)
        vault = VaultReader(Path(options.vault))
        assert "Continued" not in body(vault, "Crew")
        export(driver, options, cast.NEW_CREW, jobs=2)
    vault = VaultReader(Path(options.vault))
    assert f"- Continued in: [[Crew ({bare_id(cast.NEW_CREW)})]]" in body(vault, "Crew")
    assert vault.broken_links() == []


def comments(vault: VaultReader) -> dict[tuple[str, int], tuple[str, int, str]]:
    """The lines between posts and threads: where each stands (chat's folder and message) and where it leads."""
    found = {}
    for path, text in vault.notes.items():
        message = 0
        for line in text.splitlines():
            if block := re.search(r" \^m(\d+)$", line):
                message = int(block[1])
            elif match := COMMENT_LINE.match(line):
                found[path.split("/")[1], message] = (match[1], int(match[2]), match[3])
    return found


@pytest.mark.parametrize("order", [(cast.RUST,), (cast.COMMENTS, cast.RUST)], ids=["channel alone", "group first"])
def test_posts_and_threads_lead_to_each_other(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions, order: tuple[int, ...]
) -> None:
    with driver_on(sandbox, tmp_path) as driver:
        listed(driver)
        for chat in order:
            export(driver, replace(options, comments=True), chat, jobs=1 if chat == cast.COMMENTS else 2)
    vault, world = VaultReader(Path(options.vault)), sandbox.twin()
    group = next(path.split("/")[1] for path in vault.notes if "comments" in path.split("/")[1])
    copies = {id: message for id, message in world.chat(cast.COMMENTS).messages.items() if getattr(message, "fwd_from", None)}
    threads = {message.fwd_from.channel_post: id for id, message in copies.items()}
    commented = {id for id, post in world.chat(cast.RUST).messages.items() if getattr(post, "replies", None) and post.replies.replies}
    found = comments(vault)
    posts = {id: line for (folder, id), line in found.items() if folder == "Rust Weekly"}
    heads = {id: line for (folder, id), line in found.items() if folder == group}
    assert {id: line[1:] for id, line in posts.items()} == {id: (threads[id], "Comments") for id in commented}
    assert {id: line[1:] for id, line in heads.items()} == {thread: (post, "Post") for post, thread in threads.items()}
    assert "💬 [" not in "".join(vault.notes.values()).replace("💬 [[", "")
    assert f"- Comments: [[{group}]]" in body(vault, "Rust Weekly")
    assert "- Comments on: [[Rust Weekly]]" in body(vault, group)
    assert vault.broken_links() == []


def test_without_the_setting_no_comments_come(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(sandbox, tmp_path) as driver:
        export(listed(driver), options, cast.RUST, jobs=1)
    vault = VaultReader(Path(options.vault))
    assert {path.split("/")[1] for path in vault.notes} == {"Rust Weekly"}
    assert "💬" not in "".join(vault.notes.values())


def test_threads_that_lead_to_their_posts_cost_the_next_export_nothing(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced: list[str] = []
    real = Store.replace_lines

    async def counted(self: Store, vault: str, note: str, lines: tuple[tuple[str, str], ...]) -> int:
        replaced.append(note)
        return await real(self, vault, note, lines)

    monkeypatch.setattr(Store, "replace_lines", counted)
    wanted = replace(options, comments=True)
    with driver_on(sandbox, tmp_path) as driver:
        export(listed(driver), wanted, cast.RUST, jobs=2)
        assert replaced
        export(driver, wanted, cast.RUST, cast.COMMENTS, jobs=2)  # the later of two jobs beside each other has settled all
        replaced.clear()
        export(driver, wanted, cast.RUST, cast.COMMENTS, jobs=2)
    assert replaced == []
