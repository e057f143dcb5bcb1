"""The cache's file: one process at a time, older and newer schemas, damage."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.store_support import entry, export, names, notes_in, open_store
from tobs_tui.errors import CacheError
from tobs_tui.metrics import Metrics
from tobs_tui.pipeline.cache import Cache
from tobs_tui.pipeline.schema import MIGRATIONS
from tobs_tui.pipeline.store import Store
from tobs_tui.settings import PipelineSettings

HOLD = """
import sys; from pathlib import Path; from tobs_tui.pipeline.cache import Cache
cache = Cache(Path(sys.argv[1])); cache.open(); print("open", flush=True); sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "cache.sqlite"


def test_a_new_cache_is_private_and_of_today_s_schema(file: Path) -> None:
    cache = Cache(file)
    assert cache.open() == ()
    assert cache.db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert cache.db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert {each.stat().st_mode & 0o777 for each in file.parent.iterdir()} == {0o600}
    cache.close()
    assert names(file.parent) == ["cache.sqlite"]


def test_a_closed_cache_says_so(file: Path) -> None:
    with pytest.raises(CacheError, match="closed"):
        _ = Cache(file).db


def test_a_newer_schema_is_left_alone(file: Path) -> None:
    cache = Cache(file)
    cache.open()
    cache.db.execute("PRAGMA user_version = 1000")
    cache.close()
    before = file.read_bytes()
    with pytest.raises(CacheError, match="newer tobs-tui"):
        Cache(file).open()
    assert file.read_bytes() == before
    assert names(file.parent) == ["cache.sqlite"]


def test_a_second_process_is_told_who_has_it(file: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(CacheError, match=f"process {holder.pid} ") as raised:
            Cache(file).open()
        assert str(file) in raised.value.what
        holder.stdin.close()
    cache = Cache(file)
    assert cache.open() == ()
    cache.close()


async def test_a_store_that_couldn_t_open_its_cache_closes_quietly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    store = Store(tmp_path / "file" / "cache.sqlite", PipelineSettings(), Metrics())
    with pytest.raises(CacheError):
        await store.open()
    await store.close()


def damage(file: Path, kind: str) -> bytes:
    """Harm a file; returns what it holds then."""
    data = bytearray(file.read_bytes())
    match kind:
        case "text":
            data = bytearray(b"this is not a database " * 300)
        case "header":
            data[:100] = bytes(100)
        case "middle":
            data[4096:] = random.Random(1).randbytes(len(data) - 4096)
        case "end":
            data[-3000:] = bytes([255]) * 3000
        case "cut":
            del data[9000:]
    file.write_bytes(data)
    return bytes(data)


@pytest.mark.parametrize("kind", ["text", "header", "middle", "cut"])
async def test_a_damaged_cache_is_set_aside_with_a_word(tmp_path: Path, file: Path, kind: str) -> None:
    await export(tmp_path, 200)
    data = damage(file, kind)
    notes = notes_in(tmp_path)
    async with open_store(tmp_path) as (store, vault):
        assert await store.chat(str(vault), 7) is None
        (notice,) = store.notices
        assert str(file.with_name("cache.sqlite.damaged-1")) in notice
    assert content(file.with_name("cache.sqlite.damaged-1")) == data
    assert notes_in(tmp_path) == notes


def content(file: Path) -> bytes:
    return file.read_bytes()


def test_damage_after_damage_keeps_every_file(file: Path) -> None:
    for number in (1, 2, 3):
        cache = Cache(file)
        cache.open()
        cache.close()
        file.write_bytes(b"not a database, attempt %d " % number * 100)
    cache = Cache(file)
    assert "damaged-3" in cache.open()[0]
    cache.close()
    assert len(names(file.parent)) == 4


async def test_damage_inside_a_page_is_found_after_a_run_that_died(tmp_path: Path, file: Path) -> None:
    """Only a run that didn't close its cache makes the next one read it all."""
    await export(tmp_path, 400)
    with sqlite3.connect(file) as db:
        db.execute("UPDATE meta SET value = 0 WHERE name = 'clean'")
    db.close()
    damage(file, "end")
    async with open_store(tmp_path) as (store, _):
        assert "damaged" in store.notices[0]


async def test_a_damaged_cache_in_the_middle_of_a_run_is_told(tmp_path: Path, file: Path) -> None:
    await export(tmp_path, 400)
    store = Store(file, PipelineSettings(), Metrics())
    await store.open()
    vault = tmp_path / "vault"
    await store.vault(str(vault))
    damage(file, "middle")
    store.append(entry(vault, 401))
    with pytest.raises(CacheError):
        await store.close()
