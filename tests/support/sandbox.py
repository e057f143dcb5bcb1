"""The sandbox in a process of its own, for tests: started, asked, and ended with the test.

::

    with SandboxProcess(messages=1000) as sandbox:
        account = TelegramAccount(sandbox.telegram_settings(), …)
        sandbox.faults(rtt_ms=50, floods={"messages.getHistory": {"seconds": 1}})
        sandbox.faults(drop_now=True)
        sandbox.stats()["requests"]["messages.getHistory"]

Tests compare with a World of the same options in their own process: `sandbox.twin()`.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

from tobs_tui.sandbox.keys import RsaKey
from tobs_tui.sandbox.world import World
from tobs_tui.settings import ServerSettings, TelegramSettings


class Login(NamedTuple):
    """What a test types in."""

    phone: str
    code: str
    password: str


@cache
def shared_key() -> Path:
    """One server key for all sandboxes of a test run; making one takes a second."""
    folder = Path(tempfile.mkdtemp(prefix="tobs-tui-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "sandbox.pem"
    RsaKey.kept_in(file)
    return file


class SandboxProcess:
    """`python -m tobs_tui.sandbox` with a world's options (`files`: count, bytes), `password` (False: none), and faults from the start."""

    def __init__(
        self,
        *,
        seed: int = 1,
        chats: int = 0,
        messages: int = 0,
        files: tuple[int, int] = (0, 0),
        topics: int = 0,
        second_big: bool = False,
        password: bool = True,
        port: int = 0,
        key: Path | None = None,
        **faults: Any,
    ) -> None:
        self._world = {"seed": seed, "chats": chats, "messages": messages, "files": files, "topics": topics, "second_big": second_big}
        self._arguments = ["--seed", seed, "--chats", chats, "--messages", messages, "--files", *files, "--topics", topics]
        self._arguments += ["--port", port, "--key", key or shared_key(), "--faults", orjson.dumps(faults).decode()]
        self._arguments += ["--second-big"] if second_big else []
        self._arguments += [] if password else ["--no-password"]
        self._process: subprocess.Popen[bytes] | None = None
        self.facts: dict[str, Any] = {}

    def start(self) -> Self:
        """Starts it and waits until it listens. Raises RuntimeError when it ends instead."""
        command = [sys.executable, "-m", "tobs_tui.sandbox", *map(str, self._arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.facts = self._read()
        return self

    def stop(self) -> None:
        """Ends it; nothing happens when it has ended."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def restart(self) -> None:
        """Ends it as its user would and starts it again on the same port, with the same key and logins; the account is generated anew."""
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("the sandbox isn't running")
        self._process.stdin.close()
        self._process.wait()
        self._arguments[self._arguments.index("--port") + 1] = self.port
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def login(self) -> Login:
        return Login(self.facts["phone"], self.facts["code"], self.facts["password"] or "")

    @property
    def port(self) -> int:
        return int(self.facts["port"])

    def telegram_settings(self, **changes: Any) -> TelegramSettings:
        """`[telegram]` that leads to this sandbox."""
        facts = self.facts
        server = ServerSettings(dc=facts["dc"], host=facts["host"], port=facts["port"], public_key=facts["public_key"])
        return TelegramSettings(**{"api_id": facts["api_id"], "api_hash": facts["api_hash"], "server": server} | changes)

    def twin(self) -> World:
        """The same generated account, in this process: what a client should find."""
        return World(**self._world)  # type: ignore[arg-type]  # one dict holds options of several types

    def faults(self, **switches: Any) -> None:
        """Changes faults; they are in force when this returns. See Faults and Sandbox.change for the names."""
        self._order({"faults": switches})

    def world(self, **changes: Any) -> dict[str, Any]:
        """Changes the account, see sandbox/changes.py; returns what each change answers."""
        answers: dict[str, Any] = self._order({"world": changes})["world"]
        return answers

    def stats(self, *, log: bool = False, reset: bool = False) -> dict[str, Any]:
        """What it served since its start or the last reset; with `log` the (seconds, method) of each request."""
        stats: dict[str, Any] = self._order({"stats": {"log": log, "reset": reset}})["stats"]
        return stats

    def requests(self, method: str) -> int:
        """How many requests of a method came."""
        return int(self.stats()["requests"].get(method, 0))

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("the sandbox isn't running")
        self._process.stdin.write(orjson.dumps(order) + b"\n")
        self._process.stdin.flush()
        answer = self._read()
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def _read(self) -> dict[str, Any]:
        if self._process is None or self._process.stdout is None:
            raise RuntimeError("the sandbox isn't running")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sandbox ended with code {self._process.wait()}")
        answer: dict[str, Any] = orjson.loads(line)
        return answer
