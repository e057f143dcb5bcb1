"""A large file that the real program downloads, killed with SIGKILL at a seeded moment and started again.

The long form, 50 kills of 200 MB each: `python -m tests.engine.killed_file [KILLS [BYTES]]`. It prints what each kill cost, and fails when
a file isn't right or when more than 5 % of the bytes were fetched twice on average.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.conftest import Home
from tests.support.sandbox import SandboxProcess
from tobs_tui.sandbox.bulk import FILES_CHAT

KILLS, SIZE, SEED = 50, 200_000_000, 1
SHARE = 0.05
PATIENCE = 60.0
MB = 1_000_000


@dataclass(frozen=True)
class Trial:
    """An account with one large file, a program that is logged in to it, and the file's SHA-256."""

    home: Home
    sandbox: SandboxProcess
    size: int
    sha256: str

    def kill_once(self, seed: int) -> float:
        """Download the file with one kill on the way; the share of its bytes that were fetched twice. Fails when it isn't right."""
        vault = self.home.folder / f"vault {seed}"
        self.sandbox.stats(reset=True)
        self._run_until(random.Random(seed).randrange(self.size // 50, self.size), vault)
        ended = self.home.run(*self._command(vault))
        assert ended.returncode == 0, ended.stderr
        [file] = [file for file in vault.rglob("*") if file.is_file() and file.suffix != ".md"]
        with file.open("rb") as whole:
            assert hashlib.file_digest(whole, "sha256").hexdigest() == self.sha256, file
        shutil.rmtree(vault)
        return int(self.sandbox.stats()["part_bytes"]) / self.size - 1

    def _command(self, vault: Path) -> tuple[str, ...]:
        return "export", "@large_files", "--vault", str(vault), "--config", "settings.toml"

    def _run_until(self, served: int, vault: Path) -> None:
        """Run the program and kill it when the server has handed out so many bytes of the file."""
        with self.home.start(*self._command(vault)) as process:
            deadline = time.monotonic() + PATIENCE
            while self.sandbox.stats()["part_bytes"] < served and process.poll() is None:
                assert time.monotonic() < deadline, "the file doesn't come"
                time.sleep(0.005)
            process.kill()


@contextmanager
def trial(folder: Path, size: int) -> Iterator[Trial]:
    """`size` in bytes."""
    with SandboxProcess(files=(1, size)) as sandbox:
        home = Home(folder)
        home.settings_for(sandbox)
        ended = home.run("login", "--config", "settings.toml", typed="\n".join([*sandbox.login, ""]))
        assert ended.returncode == 0, ended.stderr
        world = sandbox.twin()
        document = world.chat(FILES_CHAT).messages[1].media.document
        digest = hashlib.sha256()
        for offset in range(0, size, MB):
            digest.update(world.file_bytes(document.id, offset, MB))
        yield Trial(home, sandbox, size, digest.hexdigest())


def main(kills: int, size: int) -> int:
    shares = []
    with tempfile.TemporaryDirectory() as folder, trial(Path(folder), size) as killed:
        for seed in range(SEED, SEED + kills):
            shares.append(killed.kill_once(seed))
            sys.stdout.write(f"kill {len(shares):3}: {shares[-1]:6.2%} fetched twice\n")
            sys.stdout.flush()
    mean = sum(shares) / len(shares)
    figures = f"{mean:.2%} fetched twice on average, at most {max(shares):.2%}"
    sys.stdout.write(f"{kills} kills of {size / MB:.0f} MB: every file right, {figures}\n")
    return mean >= SHARE


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) if len(sys.argv) == 3 else main(int(sys.argv[1]) if sys.argv[1:] else KILLS, SIZE))
