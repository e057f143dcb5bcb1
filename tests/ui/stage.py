"""Puts the app on a stage: an app with a scripted engine, and words to look for on its screen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widgets import Input

from tests.ui.scripted import SETTINGS, ScriptedEngine
from tobs_tui.settings import Settings
from tobs_tui.ui.app import TobsApp
from tobs_tui.ui.screens.main import MainScreen

WIDE, NARROW = (120, 40), (80, 24)
_PAUSES = 50


def refuse_setup(vault: str, api_id: int, api_hash: str) -> Settings:
    """For apps that have nothing to set up."""
    raise AssertionError(f"nothing was to be saved: {vault} {api_id} {api_hash}")


def app_of(engine: ScriptedEngine) -> TobsApp:
    """An app on a scripted engine."""
    return TobsApp(SETTINGS, lambda _: engine, refuse_setup)


class Stage:
    """A running app without a terminal."""

    def __init__(self, app: TobsApp, engine: ScriptedEngine, pilot: Pilot[None]) -> None:
        self.app = app
        self.engine = engine
        self.pilot = pilot

    @property
    def main(self) -> MainScreen:
        return self.app.main

    @property
    def text(self) -> str:
        """All that is on the screen."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.crop(0, width).text for strip in strips[:height])

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type into the field in focus: the first letter as a key, the rest at once, as if pasted."""
        await self.pilot.press(text[0])
        assert isinstance(self.app.focused, Input)
        self.app.focused.insert_text_at_cursor(text[1:])
        await self.pilot.pause()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the app work until something holds."""
        for _ in range(_PAUSES):
            if holds():
                return
            await self.pilot.pause()
        raise AssertionError(f"it never came true; the screen is\n{self.text}")

    async def shows(self, text: str) -> None:
        """Wait for a text on the screen."""
        await self.until(lambda: text in self.text)


@asynccontextmanager
async def staged(engine: ScriptedEngine, size: tuple[int, int] = WIDE) -> AsyncIterator[Stage]:
    """Run an app with this engine until its first snapshot is shown."""
    app = app_of(engine)
    async with app.run_test(size=size, notifications=True) as pilot:
        stage = Stage(app, engine, pilot)
        await stage.until(lambda: app.now > 0)
        await pilot.pause()
        yield stage
