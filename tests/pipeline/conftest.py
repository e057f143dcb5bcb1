"""A downloader to work with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.pipeline.part_source import Bench
from tobs_tui.pipeline.downloader import Downloader
from tobs_tui.pipeline.vault import Vault


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A new vault, with a source and a store of its own."""
    vault = Vault(tmp_path / "vault")
    vault.open()
    return Bench(vault)


@pytest.fixture
async def downloader(bench: Bench) -> AsyncIterator[Downloader]:
    """The downloader of `bench`."""
    downloader = bench.downloader()
    yield downloader
    await downloader.close()
