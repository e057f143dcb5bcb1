"""The first start: the vault's folder, and the application's id and hash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from textual.widget import Widget

from tobs_tui.errors import SettingsError
from tobs_tui.settings import Settings
from tobs_tui.ui.forms import Invalid, parse_api_hash, parse_api_id, parse_vault
from tobs_tui.ui.lines import Lines, wrapped
from tobs_tui.ui.screens.form import Field, Form
from tobs_tui.ui.widgets.filter_input import CalmInput

SaveSetup = Callable[[str, int, str], Settings]
_INTRODUCTION = (
    "tobs-tui writes your chats as notes into a folder, and needs an application id of your own to speak to Telegram.",
    "Get api_id and api_hash at https://my.telegram.org: log in there, choose API development tools, and name an application as you like.",
)


class SetupScreen(Form[Settings]):
    """Asks for what only the user knows; the result is the settings as they are then. Esc does nothing: ctrl+q quits."""

    def __init__(self, settings: Settings, save: SaveSetup) -> None:
        super().__init__("First start", "tab next field · enter goes on · ctrl+q quits")
        self._settings = settings
        self._save = save

    def body(self) -> Iterable[Widget]:
        yield Lines(classes="popup-text")
        yield from self.fields()

    def fields(self) -> Iterable[Field]:
        telegram = self._settings.telegram
        yield Field("vault folder", CalmInput(self._settings.vault.path, id="vault"))
        yield Field("api_id", CalmInput(str(telegram.api_id or ""), id="api_id"))
        yield Field("api_hash", CalmInput(telegram.api_hash, password=True, id="api_hash"))

    def on_mount(self) -> None:
        lines = self.query_one(".popup-text", Lines)
        text = [line for part in _INTRODUCTION for line in (*wrapped(part, 62), ())]
        lines.styles.height = len(text)
        lines.show(*text)

    def action_close(self) -> None:
        """There is nothing to go back to."""

    async def action_done(self) -> None:
        parsers: dict[str, Callable[[str], Any]] = {"vault": parse_vault, "api_id": parse_api_id, "api_hash": parse_api_hash}
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, parse in parsers.items():
            try:
                values[name] = parse(self.text(name))
            except Invalid as error:
                wrong[name] = str(error)
        if not wrong:
            try:
                self.end(await asyncio.to_thread(self._save, self.text("vault").strip(), values["api_id"], values["api_hash"]))
            except SettingsError as error:
                wrong["api_hash"] = str(error)
        self.show_wrong(wrong)
