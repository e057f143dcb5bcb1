"""The fallback emoji of custom ones: a reaction names only a document, whose attributes hold the emoji to show instead."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Set
from typing import Any

from telethon.tl import functions, types

from tobs_tui.errors import RequestError
from tobs_tui.metrics import Metrics
from tobs_tui.telegram.calls import Caller

log = logging.getLogger(__name__)

# The most documents that one request names (core.telegram.org/method/messages.getCustomEmojiDocuments).
BATCH = 200


class CustomEmoji:
    """Looks custom emoji up, each once. One that Telegram doesn't know stays without a fallback."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._known: dict[int, str] = {}
        self._asking = asyncio.Lock()

    async def meet(self, messages: Iterable[Any], metrics: Metrics) -> None:
        """Look up what isn't known of the custom emoji that were given to these messages as reactions."""
        await self._look_up(_ids(messages), metrics)

    def of(self, messages: Iterable[Any]) -> dict[int, str]:
        """The fallbacks of those that were met, by document id."""
        return self._found(_ids(messages))

    async def fallbacks(self, ids: Set[int], metrics: Metrics) -> dict[int, str]:
        """The fallbacks of custom emoji that have one."""
        await self._look_up(ids, metrics)
        return self._found(ids)

    def _found(self, ids: Set[int]) -> dict[int, str]:
        return {each: self._known[each] for each in ids if self._known.get(each)}

    async def _look_up(self, ids: Set[int], metrics: Metrics) -> None:
        if not ids <= self._known.keys():
            async with self._asking:  # pages in flight together show the same ones
                unknown = sorted(ids - self._known.keys())
                for start in range(0, len(unknown), BATCH):
                    await self._learn(unknown[start : start + BATCH], metrics)

    async def _learn(self, ids: list[int], metrics: Metrics) -> None:
        try:
            documents = await self._caller.call_retrying(functions.messages.GetCustomEmojiDocumentsRequest(ids), metrics)
        except RequestError as error:
            log.warning("custom emoji can't be looked up: %s", error)
            documents = []  # not asked again: every page would wait as long
        self._known |= dict.fromkeys(ids, "") | {each.id: _fallback(each) for each in documents}


def _ids(messages: Iterable[Any]) -> set[int]:
    given = (message.reactions.results for message in messages if message.reactions)
    return {each.reaction.document_id for results in given for each in results if isinstance(each.reaction, types.ReactionCustomEmoji)}


def _fallback(document: Any) -> str:
    attributes = getattr(document, "attributes", ())
    return next((each.alt for each in attributes if isinstance(each, types.DocumentAttributeCustomEmoji)), "")
