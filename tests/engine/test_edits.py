"""Second runs meet messages that changed since: edits, reactions, votes, other files, deletions, and what a person wrote meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from telethon.tl import types

from tests.engine.conftest import driver_on
from tests.engine.driver import EngineDriver
from tests.engine.test_taking_up import lose_cache, times_of_notes
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.content import MediaKind
from tobs_tui.engine.commands import Export
from tobs_tui.engine.events import ChatsListed
from tobs_tui.engine.snapshot import JobReport, JobState
from tobs_tui.model import Deleted, ExportOptions
from tobs_tui.sandbox import cast

CHATS = (cast.RUST, cast.ADA, cast.BOT, cast.FORUM)


@pytest.fixture(scope="module")
def account() -> Iterator[SandboxProcess]:
    with SandboxProcess() as running:
        yield running


def options_at(home: Path) -> ExportOptions:
    kinds = frozenset({MediaKind.DOCUMENT})
    return ExportOptions(str(home / "vault"), media=kinds, max_size=10_000, timezone="Europe/Berlin", articles=False, look_back=200)


@contextmanager
def engine(account: SandboxProcess, home: Path) -> Iterator[EngineDriver]:
    """An engine that knows the account's chats."""
    with driver_on(account, home) as driver:
        driver.ready().wait_for(ChatsListed)
        yield driver


def export(driver: EngineDriver, options: ExportOptions, *chats: int) -> dict[int, JobReport]:
    driver.submit(Export(chats, options))
    reports = {ended.chat: ended.report for ended in driver.jobs_ended(len(chats))}
    assert {report.state for report in reports.values()} == {JobState.DONE}, reports
    return reports


def notes(home: Path) -> dict[str, bytes]:
    """All notes, but for the count of files in an index: a file that is named no more stays in the vault."""
    reader = VaultReader(home / "vault")
    pictured = ((path, data) for path, data in reader.picture().items() if path.endswith(".md"))
    return {path: re.sub(rb"(?m)^media_files: .*\n", b"", data, count=1) for path, data in pictured}


def files(home: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (home / "vault").rglob("*.bin")}


def messages(sandbox: SandboxProcess, chat: int) -> list[Any]:
    return [message for message in sandbox.twin().chat(chat).messages.values() if isinstance(message, types.Message)]


def test_the_vault_becomes_that_of_a_first_run_today(account: SandboxProcess, tmp_path: Path) -> None:
    """Also where links were led to their targets after a block was written, and where nothing changed no byte does."""
    options = options_at(tmp_path / "a")
    said = account.world(add_message={"chat": cast.ADA, "text": "One", "count": 3})["add_message"]
    linked = [m.id for m in messages(account, cast.ADA) if (m.fwd_from and m.fwd_from.channel_post) or _links(m)]
    posted = account.world(add_message={"chat": cast.RUST, "size": 5000, "name": "a.bin", "count": 2})["add_message"]
    album = [m for m in messages(account, cast.RUST) if m.grouped_id and m.message][-1]
    poll = next(m.id for m in messages(account, cast.BOT) if isinstance(m.media, types.MessageMediaPoll))
    with engine(account, tmp_path / "a") as driver:
        export(driver, options, *CHATS)
        account.world(edit={"chat": cast.ADA, "id": said[0], "text": "Uno\n\n- two"}, vote={"chat": cast.BOT, "id": poll, "option": 1})
        account.world(react={"chat": cast.ADA, "id": said[1], "emoji": "👍", "count": 3})
        for id in linked:
            account.world(react={"chat": cast.ADA, "id": id, "emoji": "🔥", "count": 2})
        account.world(edit={"chat": cast.RUST, "id": album.id, "text": "Another caption"})
        account.world(edit={"chat": cast.FORUM, "id": messages(account, cast.FORUM)[-1].id, "text": "Elsewhere"})
        for id, name in zip(posted, ("a.bin", "b.bin"), strict=True):
            account.world(exchange_file={"chat": cast.RUST, "id": id, "size": 5000, "name": name})
        first = export(driver, options, *CHATS)
        written = times_of_notes(tmp_path / "a")
        account.stats(reset=True)
        second = export(driver, replace(options, look_back=100), *CHATS)
        requests = account.stats()["requests"]
    with engine(account, tmp_path / "b") as driver:
        export(driver, options_at(tmp_path / "b"), *CHATS)
    assert {chat: report.edited for chat, report in first.items()} == {cast.ADA: 7, cast.BOT: 1, cast.RUST: 3, cast.FORUM: 1}
    assert (len(linked), first[cast.RUST].files) == (6, 2)
    blocks = [VaultReader(tmp_path / "a" / "vault").block("Telegram/Ada Lovelace", id) for id in linked]
    assert sum("Rust Weekly 20" in block and "🔥 2" in block for block in blocks) == 3
    assert sum(report.edited + report.messages for report in second.values()) == 0
    assert requests["messages.getHistory"] == len(CHATS)
    assert all(report.requests <= 2 for report in second.values())
    assert times_of_notes(tmp_path / "a") == written
    assert sorted(notes(tmp_path / "a").items()) == sorted(notes(tmp_path / "b").items())
    assert files(tmp_path / "a").keys() - files(tmp_path / "b").keys() == {f"{posted[1]} a.bin"}
    assert files(tmp_path / "a").items() >= files(tmp_path / "b").items()


def test_where_a_person_changed_a_block_edits_go_below_it_once(account: SandboxProcess, tmp_path: Path) -> None:
    options, said = options_at(tmp_path), account.world(add_message={"chat": cast.GRACE, "text": "One\n\nkept", "count": 3})["add_message"]
    with engine(account, tmp_path) as driver:
        export(driver, options, cast.GRACE)
        note = note_with(tmp_path, said[1])
        note.write_text(note.read_text().replace(f"^m{said[1]}\n\nOne", f"^m{said[1]}\n\nOne, I say") + "My own words\n")
        for text in ("Two\n\nkept", "Three\n\nkept"):
            for each in said:
                account.world(edit={"chat": cast.GRACE, "id": each, "text": text})
            assert export(driver, options, cast.GRACE)[cast.GRACE].edited == 3
            before = times_of_notes(tmp_path)
            assert export(driver, options, cast.GRACE)[cast.GRACE].edited == 0
            assert times_of_notes(tmp_path) == before
    reader = VaultReader(tmp_path / "vault")
    folder = f"Telegram/{note.parent.name}"
    block = reader.block(folder, said[1])
    assert [line for line in block.split("\n") if line in ("One, I say", "Two", "Three", "kept")] == ["One, I say", "kept", "Two", "Three"]
    assert [text in reader.block(folder, said[0]) for text in ("One", "Two", "Three")] == [False, False, True]
    assert reader.block(folder, said[2]).endswith("Three\n\nkept\n\nMy own words\n")
    assert reader.ids(folder) == sorted(set(reader.ids(folder)))


def test_what_was_edited_behind_an_interrupted_run_comes_with_the_next_one(account: SandboxProcess, tmp_path: Path) -> None:
    """Blocks that no checkpoint told of, far from the chat's end, in a note that a person wrote into since."""
    options, chat = options_at(tmp_path), cast.GRACE
    with engine(account, tmp_path) as driver:
        export(driver, options, chat)
        known_then = {file: file.read_bytes() for file in (tmp_path / "data").glob("*.sqlite*")}
        said = account.world(add_message={"chat": chat, "text": "One\n\nkept", "count": 3})["add_message"]
        export(driver, options, chat)
    lose_cache(tmp_path)
    for file, data in known_then.items():
        file.write_bytes(data)
    note = note_with(tmp_path, said[1])
    note.write_text(note.read_text() + "My own words\n")
    account.world(edit={"chat": chat, "id": said[0], "text": "Two\n\nkept"}, delete={"chat": chat, "ids": [said[2]]})
    account.world(add_message={"chat": chat, "text": "Later", "count": 150})
    with engine(account, tmp_path) as driver:
        export(driver, options, chat)
        reader = VaultReader(tmp_path / "vault")
        before = times_of_notes(tmp_path)
        again = export(driver, options, chat)[chat]
    folder = f"Telegram/{note.parent.name}"
    block = reader.block(folder, said[0])
    assert [line for line in block.split("\n") if line in ("One", "Two", "kept")] == ["One", "kept", "Two"]
    assert "One" in reader.block(folder, said[2])
    assert "My own words\n" in note.read_text()
    assert reader.ids(folder) == sorted(set(reader.ids(folder)))
    assert (again.edited, again.requests) == (0, 2)
    assert times_of_notes(tmp_path) == before


def _links(message: types.Message) -> bool:
    return any("t.me/" in getattr(entity, "url", "") for entity in message.entities or ())


def note_with(home: Path, id: int) -> Path:
    return next(note for note in (home / "vault").rglob("*.md") if f"^m{id}\n" in note.read_text())


def test_deleted_messages_stay_and_are_marked_once_when_asked(account: SandboxProcess, tmp_path: Path) -> None:
    chat, options = cast.FAMILY, options_at(tmp_path)
    said = account.world(add_message={"chat": chat, "text": "Gone soon", "count": 5})["add_message"]
    with engine(account, tmp_path) as driver:
        export(driver, options, chat)
        note = note_with(tmp_path, said[3])
        note.write_text(note.read_text().replace(f"^m{said[3]}\n\nGone soon", f"^m{said[3]}\n\nGone, alas"))
        account.world(delete={"chat": chat, "ids": [said[1], said[3], said[4]]})
        before = notes(tmp_path)
        assert export(driver, options, chat)[chat].deleted == 0
        assert notes(tmp_path) == before
        marking = replace(options, deleted=Deleted.MARK)
        assert export(driver, marking, chat)[chat].deleted == 3
        marked, times = note.read_text(), times_of_notes(tmp_path)
        assert export(driver, marking, chat)[chat].deleted == 0
        added = account.world(add_message={"chat": chat, "text": "Hello again"})["add_message"]
        assert times_of_notes(tmp_path) == times
        assert export(driver, marking, chat)[chat].messages == 1
    assert [f" · deleted ^m{id}\n" in marked for id in said] == [False, True, False, False, True]
    assert marked.count(f"Gone, alas\n\n*Deleted at Telegram: message {said[3]}*\n\n") == 1
    assert note.read_text().startswith(marked)
    assert VaultReader(tmp_path / "vault").ids(f"Telegram/{note.parent.name}")[-6:] == [*said, *added]


def test_a_member_of_an_album_that_was_deleted_stays_when_its_caption_is_edited(account: SandboxProcess, tmp_path: Path) -> None:
    options = replace(options_at(tmp_path), deleted=Deleted.MARK)
    album = [m for m in messages(account, cast.FORUM) if m.grouped_id][-3:]
    with engine(account, tmp_path) as driver:
        export(driver, options, cast.FORUM)
        account.world(delete={"chat": cast.FORUM, "ids": [album[1].id]})
        account.world(edit={"chat": cast.FORUM, "id": album[0].id, "text": "What is left of it"})
        assert [export(driver, options, cast.FORUM)[cast.FORUM].edited for _ in range(2)] == [1, 0]
    text = note_with(tmp_path, album[0].id).read_text()
    assert f" · deleted ^m{album[1].id}\n" in text
    assert text.count("What is left of it\n") == 1


def test_with_a_lost_cache_nothing_is_renewed_that_might_be_a_persons(account: SandboxProcess, tmp_path: Path) -> None:
    options, said = options_at(tmp_path), account.world(add_message={"chat": cast.ADA, "text": "First", "count": 2})["add_message"]
    with engine(account, tmp_path) as driver:
        export(driver, options, cast.ADA)
    lose_cache(tmp_path)
    account.world(edit={"chat": cast.ADA, "id": said[0], "text": "Second"})
    before = times_of_notes(tmp_path)
    with engine(account, tmp_path) as driver:
        assert export(driver, options, cast.ADA)[cast.ADA].edited == 0
        assert times_of_notes(tmp_path) == before
        for each in said:
            account.world(edit={"chat": cast.ADA, "id": each, "text": "Third"})
        assert export(driver, options, cast.ADA)[cast.ADA].edited == 2
    reader = VaultReader(tmp_path / "vault")
    assert [("First" in block, "Third" in block) for block in (reader.block("Telegram/Ada Lovelace", id) for id in said)] == [
        (True, True),
        (False, True),
    ]
