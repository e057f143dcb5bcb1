"""A handful of the kills that `python -m tests.engine.killed_file` does in number."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.killed_file import Trial, trial

SIZE = 40_000_000
MOST = 16 * 1024 * 1024
"""Eight parts of 1 MiB are in flight, and a map is kept every 8 MiB at the latest."""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with trial(tmp_path_factory.mktemp("killed"), SIZE) as running:
        yield running


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_download_goes_on_where_it_stood(killed: Trial, seed: int) -> None:
    assert killed.kill_once(seed) * SIZE <= MOST
