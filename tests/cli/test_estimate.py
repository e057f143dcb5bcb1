"""`export --dry-run`: what an export would bring, without a trace of it."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from tests.cli.conftest import Home
from tests.support.sandbox import SandboxProcess
from tobs_tui.sandbox import cast
from tobs_tui.sandbox.world import World


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, World]]:
    home = Home(tmp_path_factory.mktemp("home"))
    with SandboxProcess() as sandbox:
        home.settings_for(sandbox)
        ended = home.run("login", "--config", "settings.toml", typed="\n".join([*sandbox.login, ""]))
        assert ended.returncode == 0, ended.stderr
        yield home, sandbox.twin()


def test_a_table_for_people(account: tuple[Home, World]) -> None:
    home, world = account
    ended = home.run("export", "Rust Weekly", "Python Talk", "--dry-run", "--config", "settings.toml")
    assert ended.returncode == 0, ended.stderr
    counts = [len(world.chat(chat).messages) for chat in (cast.RUST, cast.PYTHON)]
    for text in (f"{sum(counts):,} ", "photo", "about", "requests: about", "time: unknown", "besides the reserve", "Rust Weekly"):
        assert text in ended.stdout, ended.stdout
    assert not (home.folder / "vault").exists()


def test_one_object_for_programs_and_nothing_stays_behind(account: tuple[Home, World]) -> None:
    home, world = account
    ended = home.run("export", "--all", "--dry-run", "--json", "--media", "document", "--config", "settings.toml")
    assert ended.returncode == 0, ended.stderr
    told = orjson.loads(ended.stdout)
    assert told["messages"] == {"value": sum(len(chat.messages) for chat in world.ordered()), "sure": "exact"}
    assert len(told["chats"]) == len(world.ordered())
    assert {kind["kind"] for kind in told["kinds"] if kind["bytes"]["value"]} == {"document"}
    assert not (home.folder / "vault").exists()
