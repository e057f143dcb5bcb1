"""The options of one export, filled from the settings; enter queues."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Any

from tobs_tui.content import MediaKind
from tobs_tui.errors import UsageError
from tobs_tui.model import Deleted, ExportOptions, Layout
from tobs_tui.options import parse_moment, parse_size
from tobs_tui.ui import words
from tobs_tui.ui.forms import Invalid, parse_vault
from tobs_tui.ui.screens.form import Field, Form
from tobs_tui.ui.widgets.choices import Choices
from tobs_tui.ui.widgets.filter_input import CalmInput
from tobs_tui.ui.widgets.titles import home_short


def size_text(size: int) -> str:
    """A size as it is typed: exact, in the greatest unit that has no fraction."""
    for unit, name in ((1024**3, "GiB"), (1024**2, "MiB"), (1000**3, "GB"), (1000**2, "MB")):
        if size and size % unit == 0:
            return f"{size // unit} {name}"
    return str(size) if size else ""


class Comments(StrEnum):
    """Whether the discussion groups of channels come along."""

    WITHOUT = "without"
    WITH = "with"

    @classmethod
    def of(cls, wanted: bool) -> Comments:
        return cls.WITH if wanted else cls.WITHOUT


class Restore(StrEnum):
    """Whether notes that were deleted from the vault are written again."""

    NO = "no"
    YES = "yes"

    @classmethod
    def of(cls, wanted: bool) -> Restore:
        return cls.YES if wanted else cls.NO


class ExportOptionsScreen(Form[ExportOptions]):
    """Asks for the options of an export of so many chats."""

    def __init__(self, chats: int, options: ExportOptions) -> None:
        keys = "enter queues · ↑↓←→ go · space picks · a all · n none · esc back"
        super().__init__(f"Export {words.count(chats, 'chat')}", keys)
        self._options = options

    def fields(self) -> Iterable[Field]:
        options = self._options
        yield Field("vault", CalmInput(home_short(options.vault), id="vault"))
        yield Field("notes", Choices(Layout, {options.layout}, single=True, id="notes"))
        yield Field("media", Choices(MediaKind, options.media, single=False, id="media"))
        yield Field("max size", CalmInput(size_text(options.max_size), placeholder="any, or such as 20 MB", id="max_size"), "of one file")
        yield Field("since", CalmInput(placeholder="the first message, or 2024-01-31", id="since"), "from this day on")
        yield Field("until", CalmInput(placeholder="the last message, or 2024-12-31", id="until"), "before this day")
        yield Field("comments", Choices(Comments, {Comments.of(options.comments)}, single=True, id="comments"), "of channels")
        yield Field("deleted", Choices(Deleted, {options.deleted}, single=True, id="deleted"), "at Telegram")
        yield Field("restore", Choices(Restore, {Restore.of(options.restore)}, single=True, id="restore"), "notes you deleted")

    async def action_done(self) -> None:
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, parse in self._parsers().items():
            try:
                values[name] = parse(self.text(name))
            except (Invalid, UsageError) as error:
                wrong[name] = str(error)
        if not wrong and values["until"] and values["since"] >= values["until"]:
            wrong["until"] = "It must be after the day in since"
        self.show_wrong(wrong)
        if not wrong:
            self.end(self._chosen(values))

    def _parsers(self) -> dict[str, Callable[[str], Any]]:
        zone = self._options.timezone
        return {
            "vault": parse_vault,
            "max_size": lambda text: 0 if text.strip().lower() in ("", "any") else parse_size(text),
            "since": lambda text: parse_moment(text, zone),
            "until": lambda text: parse_moment(text, zone),
        }

    def _chosen(self, values: dict[str, Any]) -> ExportOptions:
        layout = next(iter(self.query_one("#notes", Choices).chosen))
        media = frozenset(map(MediaKind, self.query_one("#media", Choices).chosen))
        comments = Comments.WITH in self.query_one("#comments", Choices).chosen
        deleted = Deleted(next(iter(self.query_one("#deleted", Choices).chosen)))
        restore = Restore.YES in self.query_one("#restore", Choices).chosen
        chosen = replace(self._options, layout=Layout(layout), media=media, comments=comments, deleted=deleted, restore=restore)
        return replace(chosen, **values)
