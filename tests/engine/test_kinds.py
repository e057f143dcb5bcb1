"""Every kind of message of the demo account, from the wire to the words that stand in the note."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from telethon.tl import types

from tests.engine.conftest import driver_on
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.content import MediaKind
from tobs_tui.engine.commands import Export
from tobs_tui.engine.events import ChatsListed
from tobs_tui.engine.snapshot import JobReport, JobState
from tobs_tui.model import ExportOptions, bare_id
from tobs_tui.sandbox import cast
from tobs_tui.sandbox.account import OWNER
from tobs_tui.sandbox.world import World

CHATS = (cast.ADA, cast.GRACE, cast.BOT, cast.FAMILY, cast.RUST, cast.PYTHON, cast.OLD_CREW, cast.NEW_CREW, OWNER)
Finder = Callable[[Any], bool]


@dataclass(frozen=True)
class Shown:
    """The chats of the demo account, as sent and as written, with every kind of file."""

    world: World
    vault: VaultReader
    folders: dict[int, str]
    reports: list[JobReport]

    def block(self, chat_id: int, find: Finder) -> str:
        """What stands in the note for the first message of a chat that `find` is true of."""
        messages = self.world.chat(chat_id).messages
        number = next(number for number in sorted(messages) if find(messages[number]))
        return self.vault.block(self.folders[chat_id], number)


@pytest.fixture(scope="module")
def shown(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    home = tmp_path_factory.mktemp("kinds")
    with driver_on(sandbox, home) as driver:
        driver.ready().wait_for(ChatsListed)
        chats = {row.chat.id: row.chat for row in driver.engine.snapshot().chats.rows}
        driver.submit(Export(CHATS, ExportOptions(str(home / "vault"), media=frozenset(MediaKind), timezone="Europe/Berlin")))
        reports = [ended.report for ended in driver.jobs_ended(len(CHATS))]
    vault = VaultReader(home / "vault")
    folders = {chat: vault.folder_of(bare_id(chat), chats[chat].kind) for chat in CHATS}
    return Shown(sandbox.twin(), vault, folders, reports)


def media(kind: type[Any], *, nth: int = 1, **facts: Any) -> Finder:
    """Finds the nth message with media of a type, with these attributes."""
    seen = []

    def find(message: Any) -> bool:
        made = getattr(message, "media", None)
        if isinstance(made, kind) and all(getattr(made, name) == value for name, value in facts.items()):
            seen.append(message.id)
        return len(seen) == nth

    return find


def document(kind: type[Any]) -> Finder:
    """Finds the first document with an attribute of a type."""

    def find(message: Any) -> bool:
        made = getattr(message, "media", None)
        if not isinstance(made, types.MessageMediaDocument) or made.voice:
            return False
        return any(isinstance(attribute, kind) for attribute in made.document.attributes)

    return find


def action(kind: type[Any], nth: int = 1) -> Finder:
    seen = []

    def find(message: Any) -> bool:
        if isinstance(getattr(message, "action", None), kind):
            seen.append(message.id)
        return len(seen) == nth

    return find


def text(start: str) -> Finder:
    return lambda message: (message.message or "").startswith(start)


KINDS: list[tuple[int, Finder, str]] = [
    (cast.ADA, media(types.MessageMediaPhoto), r"!\[\[Telegram/Ada Lovelace/media/\d{4}-\d\d/\d+ photo\.jpg\]\]"),
    (cast.ADA, media(types.MessageMediaDocument, video=True), r"!\[\[.*/\d+ video\.mp4\]\]"),
    (cast.ADA, media(types.MessageMediaDocument, round=True), r"!\[\[.*/\d+ round video\.mp4\]\]"),
    (cast.ADA, media(types.MessageMediaDocument, voice=True), r"!\[\[.*/\d+ voice\.ogg\]\]"),
    (cast.ADA, document(types.DocumentAttributeAudio), r"!\[\[.*/\d+ Miles- Davis - So-What\.mp3\]\]"),
    (cast.ADA, document(types.DocumentAttributeAnimated), r"!\[\[.*/\d+ giphy\.mp4\]\]"),
    (cast.ADA, document(types.DocumentAttributeSticker), r"!\[\[.*/\d+ sticker\.webp\]\]"),
    (cast.ADA, text("The same file as elsewhere"), r"!\[\[.*/\d+ handbook\.pdf\]\]"),
    (cast.ADA, text("An album of three"), r"An album of three\n\n!\[\[.*\]\]\n\n!\[\[.*\]\] \^m\d+\n\n!\[\[.*\]\] \^m\d+\n"),
    (cast.ADA, text("Through a bot"), r"via @demo_gif_bot \^m\d+"),
    (cast.ADA, text("Edited at once"), r"· edited \d\d:\d\d \^m\d+"),
    (cast.ADA, text("Self-destructed"), r"Self-destructed\n\n\*A photo that destroyed itself\*"),
    (cast.ADA, text("Which bug?"), r"\n> \[\[Ada Lovelace [-\d]+#\^m\d+\|.*\]\]: It had a bug\.\n\nWhich bug\?"),
    (cast.ADA, text("Too late"), r"\n> Answer to message \d+, which isn't here\n"),
    (cast.ADA, text("About your story"), r"\n> Answer to a story of Ada Lovelace\n\nAbout your story"),
    (cast.ADA, text("An answer to somebody hidden"), r"\n> A hidden name: hidden\n\nAn answer"),
    (
        cast.ADA,
        media(types.MessageMediaPoll),
        r"📊 \*\*Tabs or \\\*spaces\\\*\?\*\* \(poll, 43 voters\)\n\n- Tabs: 12 votes, 28 %, your answer\n",
    ),
    (cast.ADA, media(types.MessageMediaPoll, nth=2), r"\(quiz, 12 voters, closed\)\n\n- 4: 9 votes, 75 %, the right answer, your answer\n"),
    (cast.BOT, text("Welcome!"), r"Welcome! Choose:\n\n🔘 \[Open \\\[it\\\]\]\(https://example\.org/\)\n"),
    (cast.BOT, media(types.MessageMediaPoll), r"📊 \*\*Lunch\?\*\* \(poll, 0 voters\)\n\n- Soup: 0 votes"),
    (cast.RUST, media(types.MessageMediaPoll), r"- 2021: 88 votes, 65 %"),
    (
        cast.ADA,
        media(types.MessageMediaToDo),
        r"☑️ \*\*Move house\*\*\n\n- \[x\] Boxes \(Ada Lovelace\)\n- \[ \] \\\*\\\*Van\\\*\\\*\n- \[x\] Keys",
    ),
    (cast.ADA, media(types.MessageMediaGeo), r"📍 \[Location\]\(https://www\.openstreetmap\.org/\?mlat=48\.208200&mlon=16\.373800"),
    (cast.ADA, media(types.MessageMediaGeoLive), r"📍 \[Live location\]\("),
    (cast.ADA, media(types.MessageMediaVenue), r"📍 \[Café \\\[Central\\\], Herrengasse 14\]\("),
    (cast.ADA, media(types.MessageMediaContact), r"👤 Ada Lovelace, \[9996620002\]\(tel:9996620002\)"),
    (cast.ADA, media(types.MessageMediaDice), r"🎲 4"),
    (cast.ADA, media(types.MessageMediaDice, nth=2), r"🎰 64"),
    (cast.ADA, media(types.MessageMediaStory), r"📖 \[Story of Grace Hopper.*\]\(https://t\.me/grace_demo/s/12\)"),
    (cast.ADA, media(types.MessageMediaGame), r"🎮 \*\*Lumberjack\*\*: Chop \\\*wood\\\*"),
    (cast.ADA, media(types.MessageMediaInvoice), r"🧾 \*\*A mug\*\*: With a crab on it \(12\.90 EUR\)"),
    (cast.ADA, media(types.MessageMediaGiveaway), r"🎁 Giveaway, stickers, Telegram Premium for 3 months, 5 winners, until \d{4}"),
    (cast.ADA, media(types.MessageMediaGiveawayResults), r"🎁 Giveaway, ended, Telegram Premium for 3 months, 1 winner,"),
    (cast.ADA, media(types.MessageMediaPaidMedia), r"⭐ 1 paid file for 50 stars, not shown"),
    (
        cast.ADA,
        media(types.MessageMediaPaidMedia, nth=2),
        r"⭐ 2 paid files for 20 stars, bought\n\n!\[\[.*/\d+ 1 photo\.jpg\]\]\n\n!\[\[.*/\d+ 2 ",
    ),
    (
        cast.ADA,
        media(types.MessageMediaWebPage),
        r"> \[A \\\*title\\\*\]\(https://example\.org/article\) · Example  \n> What the page .*\n\n!\[\[",
    ),
    (cast.ADA, media(types.MessageMediaUnsupported), r"\*Not shown here: MessageMediaUnsupported\*"),
    (OWNER, text("A forwarded album"), r"forwarded from Elsewhere Daily, \d{4}-\d\d-\d\d \d\d:\d\d \^m\d+\n\nA forwarded album\n\n!\[\["),
    (
        cast.ADA,
        lambda m: bool(getattr(m, "fwd_from", None) and m.fwd_from.from_name),
        r"forwarded from Somebody \\\*hidden\\\* \\\[x\\\], \d{4}",
    ),
    (cast.ADA, lambda m: bool(getattr(m, "fwd_from", None) and m.fwd_from.imported), r"forwarded from An imported name, \d{4}"),
    (cast.RUST, text("A custom reaction"), r"\n⭐ 30 · 🦀 5 · 🔥 2\n"),
    (cast.RUST, text("Rust Weekly 1"), r"· Ferris \^m\d+"),
    (cast.GRACE, action(types.MessageActionPhoneCall), r"\*Grace Hopper .* called, 12 min 34 s\*"),
    (cast.GRACE, action(types.MessageActionPhoneCall, 2), r" called, without an answer\*"),
    (cast.GRACE, action(types.MessageActionPhoneCall, 3), r" called with video, the line was busy\*"),
    (cast.GRACE, action(types.MessageActionScreenshotTaken), r" took a screenshot\*"),
    (cast.GRACE, action(types.MessageActionContactSignUp), r" joined Telegram\*"),
    (cast.GRACE, action(types.MessageActionSetMessagesTTL), r" set messages to delete themselves after 1 day\*"),
    (cast.GRACE, action(types.MessageActionCustomAction), r"\*Something \\\*custom\\\* happened\*"),
    (cast.GRACE, action(types.MessageActionHistoryClear), r"\*The history was cleared\*"),
    (cast.GRACE, action(types.MessageActionSetChatTheme), r" changed the chat's theme to 🎄\*"),
    (cast.GRACE, action(types.MessageActionGiftPremium), r" gave Telegram Premium for 90 days: Happy birthday, \\\*you\\\*\*"),
    (cast.GRACE, action(types.MessageActionStarGift), r" sent a gift: 100 stars: For you\*"),
    (cast.FAMILY, action(types.MessageActionChatCreate), r" created “Familiy”\*"),
    (cast.FAMILY, action(types.MessageActionChatEditTitle), r" changed the title to “Family "),
    (cast.FAMILY, action(types.MessageActionChatAddUser), r"\*Ada Lovelace added Linus\*"),
    (cast.FAMILY, action(types.MessageActionChatAddUser, 2), r"\*Margaret Hamilton joined\*"),
    (cast.FAMILY, action(types.MessageActionChatDeleteUser), r"\*Margaret Hamilton left\*"),
    (cast.FAMILY, action(types.MessageActionChatDeleteUser, 2), r" removed Margaret Hamilton\*"),
    (cast.FAMILY, action(types.MessageActionChatEditPhoto), r" changed the photo\* \^m\d+\n\n!\[\[.*/\d+ photo\.jpg\]\]"),
    (cast.FAMILY, action(types.MessageActionChatDeletePhoto), r" removed the photo\*"),
    (
        cast.FAMILY,
        action(types.MessageActionPinMessage),
        r" pinned a message: \[\[Family .*#\^m\d+\|The rules of this group: be kind\]\]\*",
    ),
    (cast.PYTHON, action(types.MessageActionGroupCall), r" started a group call\*"),
    (cast.PYTHON, action(types.MessageActionGroupCall, 2), r" ended the group call, 30 min 0 s\*"),
    (cast.PYTHON, action(types.MessageActionBoostApply), r" boosted the chat 2 times\*"),
    (cast.PYTHON, action(types.MessageActionTopicCreate), r" created the topic “Help”\*"),
    (cast.PYTHON, action(types.MessageActionChannelCreate), r" created “Python Talk”\*"),
    (cast.OLD_CREW, action(types.MessageActionChatMigrateTo), r"\*The group became a supergroup\*"),
    (cast.NEW_CREW, action(types.MessageActionChannelMigrateFrom), r"\*The group became a supergroup\*"),
]


@pytest.mark.parametrize(("chat_id", "find", "words"), KINDS, ids=[str(number) for number in range(len(KINDS))])
def test_what_stands_in_the_note(shown: Shown, chat_id: int, find: Finder, words: str) -> None:
    block = shown.block(chat_id, find)
    assert re.search(words, block), block


def test_only_what_nobody_knows_is_unrendered(shown: Shown) -> None:
    kinds = {kind for report in shown.reports for kind in report.kinds}
    assert {kind for kind in kinds if kind.startswith("unrendered:")} == {"unrendered:MessageMediaUnsupported"}
    known = "text service poll todo place contact dice story game invoice giveaway paid_media gone"
    assert kinds >= set(known.split())
    assert all(report.state is JobState.DONE for report in shown.reports)


def test_the_folders_are_where_the_vault_says(shown: Shown) -> None:
    assert shown.folders[OWNER] == "Telegram/Saved Messages"
    assert Path(shown.vault.root / shown.folders[cast.ADA] / "Ada Lovelace.md").is_file()
