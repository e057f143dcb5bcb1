"""Runs of workers, each on a sandbox process that both sides of a comparison share."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from tests.support.sandbox import SandboxProcess
from tobs_tui.sandbox.bulk import BIG_CHAT, FILES_CHAT, SECOND_BIG_CHAT

Figures = dict[str, Any]
HISTORY = "messages.getHistory"
# Floods so many seconds apart are two: what was under way with a refused request is refused with it.
APART = 0.5
# Who shares the line and the engine.
THREE = ("first chat", "second chat", "file")


def _command(kind: str, sandbox: SandboxProcess, home: Path, **more: Any) -> list[str]:
    task = {"kind": kind, "facts": sandbox.facts, "home": str(home), "result": str(home / "figures.json"), **more}
    return [sys.executable, "-m", "tests.benchmarks.worker", orjson.dumps(task).decode()]


def run(kind: str, sandbox: SandboxProcess, **more: Any) -> Figures:
    """One worker to its end; its figures."""
    with tempfile.TemporaryDirectory(prefix="tobs-benchmark-") as folder:
        home, before = Path(folder), sum(sandbox.stats()["requests"].values())
        if more.get("screen"):
            _on_a_pty(_command(kind, sandbox, home, **more))
        else:
            subprocess.run(_command(kind, sandbox, home, **more), check=True)
        figures: Figures = orjson.loads((home / "figures.json").read_bytes())
        return figures | {"served": sum(sandbox.stats()["requests"].values()) - before}


def _on_a_pty(command: list[str]) -> None:
    """Run on a terminal of 120 by 40, whose bytes somebody reads."""
    master, slave = pty.openpty()
    environ = os.environ | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True)
    os.close(slave)
    reader = threading.Thread(target=_drain, args=(master,), daemon=True)
    reader.start()
    if process.wait():
        raise RuntimeError("the run on a terminal failed")
    reader.join()
    os.close(master)


def _drain(master: int) -> None:
    try:
        while os.read(master, 65536):
            pass
    except OSError:
        return  # the other side was closed


def against_bare(messages: int, rounds: int, **faults: Any) -> Figures:
    """The export's messages a second by those of the bare loop, run after run on one server: the median and all of them."""
    ratios, bares, exports = [], [], []
    with SandboxProcess(messages=messages, password=False, **faults) as sandbox:
        for _ in range(rounds):
            bares.append(run("bare", sandbox))
            exports.append(run("export", sandbox))
            ratios.append(exports[-1]["rate"] / bares[-1]["rate"])
    return {"ratio": median(ratios), "ratios": ratios, "bare": bares, "export": exports}


def screen_cost(messages: int, rounds: int) -> Figures:
    """Messages a second with the screen by those without."""
    ratios, without, screens = [], [], []
    with SandboxProcess(messages=messages, password=False) as sandbox:
        for _ in range(rounds):
            without.append(run("export", sandbox))
            screens.append(run("export", sandbox, screen=True))
            ratios.append(screens[-1]["rate"] / without[-1]["rate"])
    return {"ratio": median(ratios), "ratios": ratios, "export": without, "screen": screens}


def memory(small: int, large: int, chats: int) -> Figures:
    """Peak memory of a long chat by that of a short one, with the screen and a long list of chats."""
    peaks = []
    for messages in (small, large):
        with SandboxProcess(messages=messages, chats=chats, password=False) as sandbox:
            peaks.append(run("export", sandbox, screen=True))
    return {"ratio": peaks[1]["memory"] / peaks[0]["memory"], "megabytes": peaks[1]["memory"] / 1e6, "screen": peaks}


def fairness(file_size: int, messages: int, rounds: int, **faults: Any) -> Figures:
    """The least that two chats and a file get of their fair shares when all three run at once, in so many rounds; the median of them.

    A chat's fair share is half of the messages that both bring, the file's is the speed of its run alone. What both bring is measured by
    what one chat alone brings in as much time.
    """
    shares, exports = [], []
    with SandboxProcess(messages=messages, second_big=True, files=(1, file_size), password=False, **faults) as sandbox:
        for _ in range(rounds):
            file = run("export", sandbox, chats=[FILES_CHAT])
            together = run("export", sandbox, chats=[BIG_CHAT, SECOND_BIG_CHAT, FILES_CHAT])
            alone = run("export", sandbox, chats=[BIG_CHAT], seconds=together["seconds"])
            shares.append(_shares(together, alone, file))
            exports += [file, alone, together]
    return {"ratio": median(min(each[who] for who in THREE) for each in shares), "shares": shares, "export": exports}


def _shares(together: Figures, alone: Figures, file: Figures) -> dict[str, float]:
    """What each of the three got of its fair share. Raises RuntimeError when the file wasn't the first to end: then it measures nothing."""
    ends = [together["share"][str(chat)] for chat in (BIG_CHAT, SECOND_BIG_CHAT, FILES_CHAT)]
    if ends[2][2] != "done" or not {end[2] for end in ends[:2]} <= {"running", "waiting"}:
        raise RuntimeError(f"the file had to end while both chats were read: {ends}")
    both = ends[0][0] + ends[1][0]
    return {
        "first chat": 2 * ends[0][0] / both,
        "second chat": 2 * ends[1][0] / both,
        "file": file["seconds"] / together["seconds"],
        "both chats by one alone": both / together["seconds"] / (alone["share"][str(BIG_CHAT)][0] / alone["seconds"]),
    }


def governed(requests: int, seconds: float, windows: int, fixed: bool = False, takeout: bool = False) -> Figures:
    """History requests that were granted, by those that the server allows in so many windows; and how often it refused."""
    limits = {HISTORY: {"requests": requests, "seconds": seconds, "fixed": fixed}}
    options: Figures = {"messages": requests * (windows + 2) * 100, "password": False, "limits": limits}
    with SandboxProcess(**options) as sandbox, _exporting(sandbox, takeout=takeout):
        while not sandbox.requests(HISTORY):
            time.sleep(0.01)
        time.sleep(windows * seconds - 0.1)
        stats = sandbox.stats(log=True)
    granted, allowed = stats["granted"][HISTORY], requests * windows
    return {
        "ratio": granted / allowed,
        "granted": granted,
        "allowed": allowed,
        "floods": _floods([at for at, method in stats["refused"] if method == HISTORY]),
        "in_takeout": stats["in_takeout"] / stats["requests"][HISTORY],
    }


def _floods(refused: list[float]) -> list[int]:
    """How many requests each flood refused, from the times of the refusals."""
    floods, last = list[int](), -APART
    for at in refused:
        if at - last >= APART:
            floods.append(0)
        floods[-1] += 1
        last = at
    return floods


@contextmanager
def _exporting(sandbox: SandboxProcess, **more: Any) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="tobs-benchmark-") as folder:
        process = subprocess.Popen(_command("export", sandbox, Path(folder), **more))
        try:
            yield
        finally:
            process.kill()
            process.wait()
