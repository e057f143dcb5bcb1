"""Exports in processes of their own, from homes that are logged in: what can be killed and started again."""

from __future__ import annotations

import multiprocessing
import shutil
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Self

from tests.engine.conftest import driver_on
from tests.engine.export_child import paths_in, run
from tests.support.sandbox import SandboxProcess
from tobs_tui.model import ExportOptions
from tobs_tui.settings import ArticleSettings, PipelineSettings, Settings

_spawn = multiprocessing.get_context("forkserver")
_spawn.set_forkserver_preload(["tests.engine.export_child"])


@dataclass(frozen=True)
class Exporter:
    """An account on a server that runs, and the folder `login` of its sessions. All exports go by `pipeline`."""

    sandbox: SandboxProcess
    login: Path
    pipeline: PipelineSettings

    @classmethod
    def on(cls, sandbox: SandboxProcess, folder: Path, pipeline: PipelineSettings) -> Self:
        """One whose login is kept under `folder`."""
        with driver_on(sandbox, folder) as driver:
            driver.ready()
        (folder / "login").mkdir()
        for session in paths_in(folder).data.glob("*.session"):
            shutil.copy(session, folder / "login")
        return cls(sandbox, folder / "login", pipeline)

    def home_at(self, folder: Path) -> Path:
        """A home that is logged in and has exported nothing."""
        shutil.copytree(self.login, folder / "data")
        return folder

    def start(self, home: Path, options: ExportOptions, *chats: str, **ends: int) -> BaseProcess:
        """An export that runs, of all chats unless some are named; for `ends` see `export_child.run`."""
        articles = ArticleSettings(service=self.sandbox.facts["articles"])
        settings = Settings(telegram=self.sandbox.telegram_settings(), pipeline=self.pipeline, articles=articles)
        process = _spawn.Process(target=run, args=(home, settings, options, chats), kwargs=ends)
        process.start()
        return process

    def export(self, home: Path, options: ExportOptions, *chats: str, **ends: int) -> int:
        """An export to its end; returns its exit code (-9 for killed)."""
        return ended(self.start(home, options, *chats, **ends))


def ended(process: BaseProcess) -> int:
    """The exit code of a process, when it has one."""
    process.join()
    assert process.exitcode is not None
    return process.exitcode
