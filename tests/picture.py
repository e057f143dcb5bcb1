"""Draws the README's picture: the app on the demo account in the middle of an export. `python -m tests.picture docs/screen.svg`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from tests.ui.stage import refuse_setup
from tobs_tui.demo import Demo
from tobs_tui.engine.snapshot import Snapshot
from tobs_tui.paths import Paths
from tobs_tui.ui.app import TobsApp

SIZE = (120, 40)
TITLES = ("Python Talk", "Rust Weekly", "Ada Lovelace", "Grace Hopper", "Family", "Crew")
SECONDS = 60


async def until(pilot: Pilot[None], app: TobsApp, holds: Callable[[Snapshot], bool]) -> None:
    """Let the app work until the snapshot that it shows fits."""
    while not holds(app._snapshot):
        await pilot.pause(0.05)


def in_the_middle(snapshot: Snapshot) -> bool:
    """A job is done, two are under way, one of them with some of its files, and more wait."""
    states = [job.state.value for job in snapshot.jobs]
    fetching = any(0.2 < job.files / job.files_total < 0.6 for job in snapshot.jobs if job.files_total)
    return {"done", "queued"} <= set(states) and states.count("running") == 2 and fetching


async def draw() -> str:
    """The picture as SVG."""
    paths = Paths.of_demo()
    paths.create()
    with Demo(paths) as demo:
        app = TobsApp(demo.settings, lambda _: demo, refuse_setup)
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, app, lambda snapshot: snapshot.chats.complete)
            await pilot.pause()
            for title in TITLES:
                titles = [row.title for row in app.main.chats.rows]
                place = titles.index(min((each for each in titles if each.startswith(title)), key=len))
                app.main.chats.cursor = place
                await pilot.press("space")
            await pilot.press("home", "enter")
            await pilot.press("enter")
            await until(pilot, app, in_the_middle)
            app.clear_notifications()
            await pilot.pause()
            picture = app.export_screenshot(title="tobs-tui --demo")
        app.finish()
    return picture


def main() -> None:
    file = Path(sys.argv[1]).absolute()
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"HOME": home, "TERM": "xterm-256color"}
        for name in [name for name in os.environ if name.startswith("XDG_") or name == "NO_COLOR"]:
            del os.environ[name]
        file.write_text(asyncio.run(asyncio.wait_for(draw(), SECONDS)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
