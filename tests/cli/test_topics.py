"""Topics chosen on the command line: by id, by title, and what is said when a name means none or several."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from tests.cli.conftest import Home
from tests.support.sandbox import SandboxProcess

FORUM = "1500000010"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("home"))
    with SandboxProcess() as sandbox:
        home.settings_for(sandbox)
        ended = home.run("login", "--config", "settings.toml", typed="\n".join([*sandbox.login, ""]))
        assert ended.returncode == 0, ended.stderr
        yield home


def test_topics_are_chosen_by_id_and_by_title(account: Home) -> None:
    ended = account.run("export", FORUM, "--topic", "16", "--topic", "News 📰", "--json", "--config", "settings.toml")
    assert ended.returncode == 0, ended.stderr
    assert orjson.loads(ended.stdout)["state"] == "done"
    folder = account.folder / "vault" / "Telegram" / "Makers' Corner"
    assert {path.name for path in folder.iterdir() if path.is_dir() and path.name != "media"} == {"Help (16)", "News 📰"}


def test_chats_that_come_along_are_reported_too(account: Home) -> None:
    ended = account.run("export", "Rust Weekly", "--comments", "--media", "none", "--json", "--config", "settings.toml")
    assert ended.returncode == 0, ended.stderr
    assert {orjson.loads(line)["chat"] for line in ended.stdout.splitlines()} == {"Rust Weekly", "Rust Weekly: comments"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((FORUM, "--topic", "Help"), ("2 topics have this title", "14 Help", "16 Help")),
        ((FORUM, "--topic", "Nothing"), ("none with this id or title", "1 General")),
        (("Python Talk", "--topic", "1"), ("no topics", "isn't a forum")),
        ((FORUM, "Python Talk", "--topic", "1"), ("exactly one chat",)),
    ],
)
def test_a_name_that_means_no_topic_ends_with_2(account: Home, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    ended = account.run("export", *arguments, "--config", "settings.toml")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert all(word in ended.stderr for word in words), ended.stderr
