"""The demo: a made-up Telegram on this machine, started as a child process, and an engine that logs in to it by itself.

All of it lies in folders of its own; no real settings, session or vault is read or written.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from tobs_tui.engine.commands import Answer, Command
from tobs_tui.engine.engine import Engine
from tobs_tui.engine.events import Event, LoginNeeded, Stopped, Trouble
from tobs_tui.engine.snapshot import Phase, QuestionKind, Snapshot
from tobs_tui.errors import ExitCode, TobsError, Unreachable, UsageError
from tobs_tui.options import vault_path
from tobs_tui.paths import Paths
from tobs_tui.settings import ServerSettings, Settings, TelegramSettings, load_settings

START_SECONDS = 30.0
END_SECONDS = 5.0
WATCHABLE = ("--rtt-ms", "80", "--bandwidth", "250000")
"""A line to a server that isn't on this machine, so that on a screen one sees jobs move: the whole account takes some 15 seconds."""
logger = logging.getLogger(__name__)


class Facts(msgspec.Struct, frozen=True):
    """What the demo's server prints about itself; `public_key` is a PEM text or the path of one."""

    host: str
    port: int
    public_key: str
    api_id: int
    api_hash: str
    phone: str
    code: str
    password: str
    dc: int = 2
    articles: str | None = None


def demo_key(paths: Paths) -> Path:
    """The demo server's public key, which names its session and cache."""
    return paths.data / "server-public.pem"


def demo_vault(paths: Paths) -> Path:
    """The demo's own vault."""
    return paths.data / "vault"


def demo_settings(paths: Paths) -> Settings:
    """The demo's settings as far as they are known before its server runs: its own vault, and no environment."""
    settings = load_settings(paths.config_file, {})
    vault = msgspec.structs.replace(settings.vault, path=str(demo_vault(paths)))
    return msgspec.structs.replace(settings, telegram=TelegramSettings(api_id=1, api_hash="0" * 32), vault=vault)


def check_demo_vault(vault: str, paths: Paths) -> None:
    """Raises UsageError for the vault of the real settings, or a folder in it: made-up chats have no place there. The demo's own is
    allowed, also where the user's whole home is a vault."""
    try:
        real = Path(vault_path(load_settings(Paths.of_platform().config_file).vault.path)).resolve()
    except TobsError:
        return  # settings that can't be read lead to no vault
    place = Path(vault).resolve()
    if place == real or (place.is_relative_to(real) and place != demo_vault(paths).resolve()):
        where = "is" if place == real else "is in"
        raise UsageError(f"{vault} {where} your own vault", "the demo's chats are made up", "Give another --vault")


class DemoServer:
    """The sandbox in a process of its own. It ends with ours, however ours ends: its stdin closes."""

    def __init__(self, paths: Paths, options: Sequence[str] = ()) -> None:
        self._paths = paths
        self._options = options
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._lock = threading.Lock()

    def start(self) -> Facts:
        """Start it and learn how to reach it. Raises Unreachable."""
        command = [sys.executable, "-m", "tobs_tui.sandbox", "--key", str(self._paths.data / "server.pem"), *self._options]
        log = self._paths.logs / "sandbox.log"
        with self._lock, open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as errors:  # noqa: PTH123 - a descriptor
            if self._closed:
                raise Unreachable("The demo was ended before its server started")
            # A session of its own: ctrl+c in our terminal must not end the server before the last checkpoint.
            self._child = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
            )
        return self._first_line(self._child, log)

    def _first_line(self, child: subprocess.Popen[bytes], log: Path) -> Facts:
        late = threading.Timer(START_SECONDS, child.kill)
        late.start()
        try:
            line = child.stdout.readline() if child.stdout else b""
            return msgspec.json.decode(line, type=Facts)
        except msgspec.DecodeError as error:
            raise Unreachable(
                "The demo's server didn't start", "it said nothing that could be understood", f"{log} may tell why"
            ) from error
        finally:
            late.cancel()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            child = self._child
        if child is None:
            return
        for pipe in filter(None, (child.stdin, child.stdout)):
            pipe.close()
        try:
            child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


class Demo:
    """An engine (`EngineFace`) on the demo account. The server starts in the background, so that a screen is there at once.

    For a screen the server is as slow as one far away, and the queue of earlier runs goes on.
    """

    def __init__(self, paths: Paths, on_screen: bool = True) -> None:
        self.settings = demo_settings(paths)
        self._paths = paths
        self._keep_queue = on_screen
        self._server = DemoServer(paths, WATCHABLE if on_screen else ())
        self._engine: Engine | None = None
        self._early: list[Command] = []
        self._lock = threading.RLock()  # a signal's handler may come in the middle of `submit`, in the same thread
        self._answers: dict[QuestionKind, str] = {}
        self._starter: threading.Thread | None = None

    def __enter__(self) -> Demo:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()

    def start(self, listener: Callable[[Event], None]) -> None:
        self._starter = threading.Thread(target=self._start, args=(listener,), name="demo", daemon=True)
        self._starter.start()

    def _start(self, listener: Callable[[Event], None]) -> None:
        try:
            facts = self._server.start()
            engine = Engine(self._settings_for(facts), self._paths, self._keep_queue)
            with self._lock:
                engine.start(lambda event: self._listen(event, listener))
                for command in self._early:
                    engine.submit(command)
                self._engine = engine
        except TobsError as error:
            listener(Stopped(error.exit_code, Trouble(0, error.what, error.why, error.todo)))
        except Exception:
            logger.exception("the demo's server can't be started")
            listener(Stopped(ExitCode.INCOMPLETE, Trouble(0, "The demo can't be started", "a fault of the program", "The log tells more")))

    def _settings_for(self, facts: Facts) -> Settings:
        key = demo_key(self._paths)
        pem = facts.public_key if facts.public_key.startswith("-----") else Path(facts.public_key).read_text("ascii")
        key.write_text(pem, "ascii")
        server = ServerSettings(dc=facts.dc, host=facts.host, port=facts.port, public_key=str(key))
        telegram = TelegramSettings(api_id=facts.api_id, api_hash=facts.api_hash, server=server)
        self._answers = {QuestionKind.PHONE: facts.phone, QuestionKind.CODE: facts.code, QuestionKind.PASSWORD: facts.password}
        changes: dict[str, Any] = {"telegram": telegram}
        if facts.articles:
            changes["articles"] = msgspec.structs.replace(self.settings.articles, service=facts.articles)
        return msgspec.structs.replace(self.settings, **changes)

    def _listen(self, event: Event, listener: Callable[[Event], None]) -> None:
        """Answer each question of the login once; what is asked again is the user's to see."""
        if isinstance(event, LoginNeeded) and (answer := self._answers.pop(event.question.kind, "")):
            self.submit(Answer(answer))
        else:
            listener(event)

    def submit(self, command: Command) -> None:
        with self._lock:
            if self._engine is None:
                self._early.append(command)
            else:
                self._engine.submit(command)

    def snapshot(self) -> Snapshot:
        """The engine's, without the questions that are being answered already."""
        if self._engine is None:
            return Snapshot()
        snapshot = self._engine.snapshot()
        if snapshot.phase is not Phase.LOGIN or not self._answers:
            return snapshot
        return replace(snapshot, phase=Phase.CONNECTING, question=None)

    def join(self, timeout: float | None = None) -> bool:
        if self._starter is None:
            return True
        self._starter.join(timeout)
        if self._starter.is_alive():
            return False
        return self._engine is None or self._engine.join(timeout)
