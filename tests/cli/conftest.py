"""The command as a process of its own, in a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.sandbox import SandboxProcess


@dataclass(frozen=True)
class Home:
    """A user's home with nothing in it but what a test puts there."""

    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TOBS_", "XDG_"))}
        return kept | {"HOME": str(self.folder), "PYTHONPATH": str(Path(__file__).parents[2]), "TZ": "UTC", "COLUMNS": "200"}

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tobs_tui", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=self.environ | environ, cwd=self.folder)

    def run(self, *arguments: str, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """Run `tobs-tui` to its end, with something typed into its stdin."""
        with self.start(*arguments, **environ) as process:
            try:
                out, err = process.communicate(typed, timeout=40)
            finally:
                process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def settings(self, text: str) -> Path:
        file = self.folder / "settings.toml"
        file.write_text(text)
        return file

    def settings_for(self, sandbox: SandboxProcess, more: str = "") -> Path:
        """A settings file that leads to a sandbox."""
        facts = sandbox.facts
        place = f'dc = {facts["dc"]}\nhost = "{facts["host"]}"\nport = {facts["port"]}'
        return self.settings(
            f'[telegram]\napi_id = {facts["api_id"]}\napi_hash = "{facts["api_hash"]}"\n'
            f'[telegram.server]\n{place}\npublic_key = "{facts["public_key"]}"\n'
            f'[vault]\npath = "{self.folder / "vault"}"\ntimezone = "UTC"\n[articles]\nservice = "{facts["articles"]}"\n{more}'
        )

    def logs(self) -> str:
        return "".join(file.read_text() for file in self.folder.rglob("*.log*"))

    def files(self) -> list[Path]:
        return [file for file in self.folder.rglob("*") if file.is_file()]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)
