"""One measured run in a process of its own: `python -m tests.benchmarks.worker JSON`, which writes its figures to the file it is told.

Two kinds: `bare` reads the big chat with Telethon's iter_messages and throws the messages away; `export` is the engine, everything rendered
and on disk, with the real screen on this terminal when `screen` is set, of the big chat or of several chats at once.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

import orjson
import psutil

from tobs_tui.engine.commands import Answer, Export, Stop
from tobs_tui.engine.engine import Engine, Listener
from tobs_tui.engine.events import ChatsListed, Event, JobEnded, LoginNeeded
from tobs_tui.model import ExportOptions, TakeoutState
from tobs_tui.paths import Paths
from tobs_tui.sandbox.bulk import BIG_CHAT
from tobs_tui.settings import ArticleSettings, PipelineSettings, ServerSettings, Settings, TakeoutChoice, TelegramSettings, VaultSettings

LOOK_SECONDS = 0.02


class Watch:
    """Seconds, CPU seconds and memory from its making on."""

    def __init__(self) -> None:
        self._started, self._cpu = time.perf_counter(), time.process_time()

    def figures(self, messages: int, **more: Any) -> dict[str, Any]:
        seconds = time.perf_counter() - self._started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        peak += sum(child.memory_info().rss for child in psutil.Process().children())  # the renderer's, which doesn't grow
        cpu = time.process_time() - self._cpu
        return {"messages": messages, "seconds": seconds, "rate": messages / seconds, "cpu": cpu, "memory": peak, **more}


async def bare(facts: dict[str, Any]) -> dict[str, Any]:
    """The plainest loop that there is."""
    from telethon import TelegramClient
    from telethon.crypto import rsa
    from telethon.sessions import MemorySession

    rsa.add_key(facts["pem"], old=False)
    client = TelegramClient(MemorySession(), facts["api_id"], facts["api_hash"])
    client.session.set_dc(facts["dc"], facts["host"], facts["port"])
    await client.connect()
    sent = await client.send_code_request(facts["phone"])
    await client.sign_in(facts["phone"], facts["code"], phone_code_hash=sent.phone_code_hash)
    chat = await client.get_input_entity("big_chat")
    watch, count = Watch(), 0
    async for _ in client.iter_messages(chat, limit=None, wait_time=0):
        count += 1
    figures = watch.figures(count)
    await client.disconnect()
    return figures


class Exporting(Engine):
    """An engine that logs in, exports chats as soon as the list is read, and stops when the first of them is there.

    With `takeout` it waits until one is open.
    """

    def __init__(self, facts: dict[str, Any], home: Path, chats: tuple[int, ...] = (BIG_CHAT,), takeout: bool = False) -> None:
        server = ServerSettings(dc=facts["dc"], host=facts["host"], port=facts["port"], public_key=facts["public_key"])
        choice = TakeoutChoice.ALWAYS if takeout else TakeoutChoice.ASK
        telegram = TelegramSettings(api_id=facts["api_id"], api_hash=facts["api_hash"], server=server, takeout=choice)
        articles = ArticleSettings(service=facts["articles"])
        vault, jobs = VaultSettings(path=str(home / "vault")), PipelineSettings(jobs=max(2, len(chats)))
        self.settings = Settings(telegram=telegram, vault=vault, articles=articles, pipeline=jobs)
        self.paths = Paths(home / "settings.toml", home / "data", home / "logs")
        self.figures: dict[str, Any] = {}
        self._facts = facts
        self._chats = tuple(chats)
        self._takeout = takeout
        self._listed = False
        self._options = ExportOptions(str(home / "vault"), timezone="UTC")
        self._watch: Watch | None = None
        super().__init__(self.settings, self.paths)

    def start(self, listener: Listener) -> None:
        def listen(event: Event) -> None:
            self._act(event)
            listener(event)

        super().start(listen)

    def _act(self, event: Event) -> None:
        match event:
            case LoginNeeded(question):
                self.submit(Answer({"phone": self._facts["phone"], "code": self._facts["code"]}[question.kind]))
            case ChatsListed() if not self._listed:
                self._listed = True
                threading.Thread(target=self._begin, daemon=True).start()
            case JobEnded(_, report) if self._watch is not None and not self.figures:
                self.figures = self._watch.figures(report.messages, requests=report.requests, state=report.state, flushes=report.flushes)
                self.figures["share"] = self.progress()
                self.submit(Stop())

    def _begin(self) -> None:
        while self._takeout and self.snapshot().takeout.state is not TakeoutState.OPEN:
            time.sleep(LOOK_SECONDS)
        self._watch = Watch()
        self.submit(Export(self._chats, self._options))

    def progress(self) -> dict[str, Any]:
        """How far each chat is by now: its messages, the bytes of its files, its state."""
        return {str(job.chat_id): [job.messages, job.metrics.media.total, job.state] for job in self.snapshot().jobs}

    def stop_after(self, seconds: float) -> None:
        """Take the figures so long after the export began, and stop."""
        while self._watch is None:
            time.sleep(LOOK_SECONDS)
        end = time.time() + seconds
        while not self.join(LOOK_SECONDS) and self.snapshot().at < end:
            pass
        if not self.figures:
            share = self.progress()
            self.figures = self._watch.figures(sum(each[0] for each in share.values()), share=share)
            self.submit(Stop())


def export(facts: dict[str, Any], home: Path, screen: bool = False, seconds: float = 0.0, **more: Any) -> dict[str, Any]:
    """The engine until the first of its chats is there, or for so many seconds."""
    engine = Exporting(facts, home, **more)
    if screen:
        from tobs_tui.ui.app import run_app

        run_app(engine.settings, engine.paths, engine)
    else:
        engine.start(lambda _event: None)
        if seconds:
            engine.stop_after(seconds)
        engine.join()
    return engine.figures


def main() -> None:
    task = orjson.loads(sys.argv[1])
    home = Path(task.pop("home"))
    os.environ.setdefault("TERM", "xterm-256color")
    kind, facts, result = task.pop("kind"), task.pop("facts"), task.pop("result")
    figures = asyncio.run(bare(facts)) if kind == "bare" else export(facts, home, **task)
    Path(result).write_bytes(orjson.dumps(figures))


if __name__ == "__main__":
    main()
