"""What all jobs share: the account, the store of notes and cache, the downloader, the renderer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tobs_tui.engine.articles import ArticleKeeper
from tobs_tui.engine.renderer import Renderer
from tobs_tui.engine.room import Room
from tobs_tui.pipeline.downloader import Downloader
from tobs_tui.pipeline.store import Store

if TYPE_CHECKING:
    from tobs_tui.telegram.account import TelegramAccount


@dataclass(frozen=True, slots=True)
class Stations:
    """The rooms below, as the engine joins them. Index notes name one another: who writes one holds `indexing`."""

    telegram: TelegramAccount
    store: Store
    downloader: Downloader
    articles: ArticleKeeper
    renderer: Renderer
    room: Room
    indexing: asyncio.Lock = field(default_factory=asyncio.Lock)
