"""Forums: a folder for each topic, all messages sorted in one pass, and topics that are chosen, renamed, new or gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.conftest import driver_on
from tests.engine.driver import EngineDriver
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Export, Unfold
from tobs_tui.engine.events import ChatsListed, TopicsListed
from tobs_tui.engine.snapshot import JobReport, JobState
from tobs_tui.model import ExportOptions, bare_id
from tobs_tui.sandbox import cast
from tobs_tui.sandbox.chats import ChatRecord, topic_of
from tobs_tui.sandbox.forum import MANY_TOPICS

TOPICS = 130
FOLDER = "Telegram/Makers' Corner"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(topics=TOPICS) as running:
        yield running


@pytest.fixture
def forum(sandbox: SandboxProcess) -> ChatRecord:
    return sandbox.twin().chat(cast.FORUM)


def export(driver: EngineDriver, options: ExportOptions, *chats: int) -> JobReport:
    driver.submit(Export(chats, options))
    return [ended.report for ended in driver.jobs_ended(len(chats))][-1]


def listed(driver: EngineDriver) -> EngineDriver:
    driver.ready().wait_for(ChatsListed)
    return driver


def folders(vault: VaultReader, chat_id: int = cast.FORUM) -> dict[int, str]:
    """The folders of a forum's topics, by what their notes say."""
    found: dict[int, str] = {}
    for path in vault.notes:
        properties = vault.properties(path)
        if "telegram_topic" in properties and properties["telegram_id"] == bare_id(chat_id):
            topic = properties["telegram_topic"]
            assert isinstance(topic, int)
            assert found.setdefault(topic, path.split("/")[2]) == path.split("/")[2]
    return found


def test_one_pass_sorts_every_message_into_the_folder_of_its_topic(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    sandbox.stats(reset=True)
    with driver_on(sandbox, tmp_path) as driver:
        report = export(listed(driver), options, cast.FORUM)
    record = sandbox.twin().chat(cast.FORUM)
    vault = VaultReader(Path(options.vault))
    assert (report.state, report.reason, report.messages) == (JobState.DONE, "", len(record.messages))
    assert sandbox.requests("messages.getHistory") <= 4
    assert vault.ids(FOLDER) == list(record.messages)
    for topic, folder in folders(vault).items():
        expected = [id for id, message in record.messages.items() if topic_of(message) == topic]
        assert vault.ids(f"{FOLDER}/{folder}") == expected, folder
    assert vault.broken_links() == []


def test_folders_are_unique_and_named_after_their_topics(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(sandbox, tmp_path) as driver:
        export(listed(driver), options, cast.FORUM)
    found = folders(VaultReader(Path(options.vault)))
    plain = ["General", "Help", "News 📰", "Help (16)", "HELP (17)", "Old things 2024 (18)"]
    assert [found[id] for id in sorted(found)] == [*plain, "-..-etc- (x) ♯1 - ‹b›txt", "media (20)", "topic 21"]
    index = (Path(options.vault) / FOLDER / "Makers' Corner.md").read_text("utf-8")
    assert "### Help\n\n- [[Makers' Corner · Help 2024-" in index
    assert "### Old things 2024 (closed)" in index
    assert "### topic 21 (deleted)" in index
    assert (Path(options.vault) / FOLDER / "media").is_dir()


def test_answers_across_topics_lead_to_the_other_topics_note(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions, forum: ChatRecord
) -> None:
    with driver_on(sandbox, tmp_path) as driver:
        export(listed(driver), options, cast.FORUM)
    vault = VaultReader(Path(options.vault))
    news = "".join(text for path, text in vault.notes.items() if path.startswith(f"{FOLDER}/News"))
    question = next(id for id, message in forum.messages.items() if getattr(message, "message", "") == "Which glue holds *brass*?")
    assert f"> [[Makers' Corner · Help 2024-12#^m{question}|Grace Hopper 👩‍✈️]]: Which glue" in news


def test_chosen_topics_come_alone_and_the_others_later(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions, forum: ChatRecord
) -> None:
    """Every message stands once, in whatever order topics were chosen."""
    with driver_on(sandbox, tmp_path) as driver:
        first = export(listed(driver), replace(options, topics=(14, 18)), cast.FORUM)
        assert set(folders(VaultReader(Path(options.vault)))) == {14, 18}
        again = export(driver, replace(options, topics=(14, 16)), cast.FORUM)
        whole = export(driver, options, cast.FORUM)
        nothing = export(driver, options, cast.FORUM)
    assert {report.state for report in (first, again, whole, nothing)} == {JobState.DONE}
    assert first.messages + again.messages + whole.messages == len(forum.messages)
    assert nothing.messages == 0
    vault = VaultReader(Path(options.vault))
    assert vault.ids(FOLDER) == list(forum.messages)


def test_topics_queued_one_after_the_other_all_come(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    """The later ones join the unfinished job, whether it waits or runs, and don't take the place of the earlier ones."""
    with driver_on(sandbox, tmp_path) as driver:
        listed(driver).submit(Export((cast.RUST, cast.PYTHON), options))
        for topic in (14, 18):
            driver.submit(Export((cast.FORUM,), replace(options, topics=(topic,))))
        driver.until(lambda now: len(now.jobs) >= 3 and all(job.state is JobState.DONE for job in now.jobs))
    assert set(folders(VaultReader(Path(options.vault)))) == {14, 18}


def test_a_forum_is_whole_when_all_of_its_topics_are(
    sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions, forum: ChatRecord
) -> None:
    """Neither its index note nor the chat list says so of some topics."""

    def told() -> tuple[object, int | None]:
        row = next(row for row in driver.engine.snapshot().chats.rows if row.chat.id == cast.FORUM)
        assert row.exported is not None
        return VaultReader(Path(options.vault)).properties(f"{FOLDER}/Makers' Corner.md")["complete"], row.exported.new

    with driver_on(sandbox, tmp_path) as driver:
        export(listed(driver), replace(options, topics=(14, 18)), cast.FORUM)
        assert told() == (False, None)
        export(driver, options, cast.FORUM)
        assert told() == (True, 0)
        export(driver, replace(options, topics=(14,)), cast.FORUM)
        assert told() == (True, 0)
    with driver_on(sandbox, tmp_path) as driver:
        listed(driver)
        assert told() == (True, 0)


def test_chosen_topics_are_read_from_where_they_were_left(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(sandbox, tmp_path) as driver:
        listed(driver)
        chosen = replace(options, topics=(5, 7))
        first = export(driver, chosen, MANY_TOPICS)
        sandbox.stats(reset=True)
        again = export(driver, chosen, MANY_TOPICS)
    assert (first.messages, again.messages) == (4, 0)
    assert sandbox.requests("messages.getHistory") <= 2


def test_many_topics_with_equal_titles_have_their_own_folders(sandbox: SandboxProcess, tmp_path: Path, options: ExportOptions) -> None:
    with driver_on(sandbox, tmp_path) as driver:
        export(listed(driver), options, MANY_TOPICS)
    vault = VaultReader(Path(options.vault))
    found = folders(vault, MANY_TOPICS)
    assert len({name.casefold() for name in found.values()}) == len(found) == TOPICS + 1
    assert vault.ids("Telegram/Many topics") == list(sandbox.twin().chat(MANY_TOPICS).messages)


def test_a_renamed_topic_keeps_its_folder_and_new_ones_get_theirs(tmp_path: Path, options: ExportOptions) -> None:
    with SandboxProcess() as sandbox, driver_on(sandbox, tmp_path) as driver:
        export(listed(driver), options, cast.FORUM)
        before = folders(VaultReader(Path(options.vault)))
        sandbox.world(edit_topic={"chat": cast.FORUM, "topic": 14, "title": "Other", "closed": True})
        sandbox.world(add_message={"chat": cast.FORUM, "topic": 14, "text": "After the renaming"})
        sandbox.world(add_topic={"chat": cast.FORUM, "title": "help"})
        report = export(driver, options, cast.FORUM)
    vault = VaultReader(Path(options.vault))
    after = folders(vault)
    assert report.messages == 2
    assert after.items() > before.items()
    assert [after[id] for id in after.keys() - before.keys()] == [f"help ({max(after)})"]
    assert "### Other (closed)\n\n- [[Makers' Corner · Help" in vault.notes[f"{FOLDER}/Makers' Corner.md"]
    assert vault.broken_links() == []


def test_a_forum_unfolds_in_the_list(sandbox: SandboxProcess, tmp_path: Path, forum: ChatRecord) -> None:
    with driver_on(sandbox, tmp_path) as driver:
        listed(driver).submit(Unfold(cast.FORUM))
        told = driver.wait_for(TopicsListed)
        driver.submit(Unfold(cast.PYTHON))
        assert driver.wait_for(TopicsListed) == TopicsListed(cast.PYTHON, (), "it isn't a forum")
        row = next(row for row in driver.engine.snapshot().chats.rows if row.chat.id == cast.FORUM)
    assert row.topics == told.topics
    assert [topic.id for topic in row.topics] == [topic.id for topic in forum.topics.values() if not topic.deleted]
    assert "\u202e" not in "".join(topic.title for topic in row.topics)
