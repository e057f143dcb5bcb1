"""Whole exports that are killed, meet a full disk or lose their line, again and again: the vault comes out as if nothing had happened.

A seeded handful of each runs with the tests; the long proof of 100, 30 and 30 by::

    TOBS_INTERRUPTIONS=100,30,30 python -m pytest tests/engine/test_interruptions.py
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.engine.exporting import Exporter, ended
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.model import ExportOptions
from tobs_tui.settings import PipelineSettings

KILLS, FULL, CUTS = map(int, os.environ.get("TOBS_INTERRUPTIONS", "12,12,12").split(","))
IN_A_ROW = 12
# How many steps of the disk a whole export of the account takes, about; and where a full disk ends the growth of files.
STEPS = 5_000
ROOMS = (0, 4_096, 100_000, 1_000_000)
MESSAGES = 600
# Checkpoints that are frequent enough to be hit, notes that are flushed in pieces.
OFTEN = PipelineSettings(flush_messages=40, flush_bytes=8 * 1024, flush_seconds=0.05)


@dataclass(frozen=True)
class Proof:
    """What exports the account, and the vault of an export that nothing disturbed."""

    exporter: Exporter
    undisturbed: dict[str, bytes]

    @property
    def sandbox(self) -> SandboxProcess:
        return self.exporter.sandbox

    def home_at(self, folder: Path) -> Path:
        """A home that is logged in and has exported nothing."""
        return self.exporter.home_at(folder)

    def start(self, home: Path, **ends: int) -> BaseProcess:
        """An export of all chats that runs."""
        return self.exporter.start(home, options_at(home), **ends)

    def export(self, home: Path, **ends: int) -> int:
        """An export to its end; returns its exit code (-9 for killed)."""
        return ended(self.start(home, **ends))

    def check(self, home: Path) -> None:
        """One more run ends well, and the vault is the undisturbed one."""
        assert self.export(home) == 0
        found = VaultReader(home / "vault").picture()
        assert sorted(found.keys() ^ self.undisturbed.keys()) == []
        assert [path for path, data in found.items() if data != self.undisturbed[path]] == []


def options_at(home: Path) -> ExportOptions:
    return ExportOptions(str(home / "vault"), timezone="Europe/Berlin")


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proof]:
    folder = tmp_path_factory.mktemp("undisturbed")
    with SandboxProcess(messages=MESSAGES) as sandbox:
        exporter = Exporter.on(sandbox, folder, OFTEN)
        home = exporter.home_at(folder / "home")
        assert exporter.export(home, options_at(home)) == 0
        yield Proof(exporter, VaultReader(home / "vault").picture())


def rows(count: int) -> list[tuple[int, int]]:
    """Seeds, and how many interruptions each has in a row: `count` in all."""
    return [(seed, min(IN_A_ROW, count - start)) for seed, start in enumerate(range(0, count, IN_A_ROW))]


@pytest.mark.parametrize(("seed", "count"), rows(KILLS))
def test_killed_again_and_again_the_vault_comes_out_the_same(proof: Proof, tmp_path: Path, seed: int, count: int) -> None:
    chance, home = random.Random(seed), proof.home_at(tmp_path)
    codes = [proof.export(home, killed_at=chance.randint(1, STEPS)) for _ in range(count)]
    assert -signal.SIGKILL in codes
    proof.check(home)


@pytest.mark.parametrize(("seed", "count"), rows(FULL))
def test_on_a_disk_that_fills_again_and_again_nothing_is_lost(proof: Proof, tmp_path: Path, seed: int, count: int) -> None:
    """From a moment on no file grows beyond a limit: the session's, the cache's, a note's or a download's, whichever reaches it first."""
    chance, home = random.Random(seed), proof.home_at(tmp_path)
    codes = [proof.export(home, full_at=chance.randint(1, STEPS), room=chance.choice(ROOMS)) for _ in range(count)]
    assert any(codes)
    proof.check(home)


@pytest.mark.parametrize(("seed", "count"), rows(CUTS))
def test_a_line_that_is_cut_again_and_again_costs_nothing(proof: Proof, tmp_path: Path, seed: int, count: int) -> None:
    chance, home = random.Random(seed), proof.home_at(tmp_path)
    process = proof.start(home)
    for _ in range(count):
        process.join(chance.uniform(0.05, 0.4))
        proof.sandbox.faults(**chance.choice(({"drop_now": True}, {"refuse": chance.uniform(0.1, 0.6)})))
    assert ended(process) == 0
    proof.check(home)


@pytest.mark.parametrize(("seed", "count"), rows(KILLS // 3))
def test_killed_and_robbed_of_its_cache_the_vault_comes_out_the_same(proof: Proof, tmp_path: Path, seed: int, count: int) -> None:
    chance, home = random.Random(seed), proof.home_at(tmp_path)
    for _ in range(count):
        proof.export(home, killed_at=chance.randint(500, STEPS))
        for file in (home / "data").glob("*.sqlite*"):
            file.unlink()
    proof.check(home)
