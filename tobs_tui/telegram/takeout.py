"""Takeout: the export session that Telegram grants an account for a while, in which histories and files come much faster.

Source: core.telegram.org/api/takeout. The account's owner allows it in another app at once, or it is allowed after a delay of up to
a day. Its id stays valid until it is finished or another export replaces it, so it is kept in the session file. Without it
everything works, slower.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from telethon import errors
from telethon.tl import TLRequest, functions, types

from tobs_tui.errors import RequestError, RequestFailed
from tobs_tui.metrics import Metrics
from tobs_tui.model import Takeout, TakeoutState
from tobs_tui.settings import TakeoutChoice
from tobs_tui.telegram.link import KeyUnknown
from tobs_tui.telegram.refusals import not_logged_in, words
from tobs_tui.telegram.session import Session

if TYPE_CHECKING:
    from tobs_tui.telegram.calls import Caller

log = logging.getLogger(__name__)

# What is asked for inside of a takeout.
METHODS = frozenset({"messages.getHistory", "messages.getReplies", "messages.search", "upload.getFile", "upload.getFileHashes"})
# Seconds between two questions whether it is allowed by now, and what one file may measure (4 GB, the most that Telegram stores).
ASK_EVERY = 60.0
LARGEST_FILE = 4_194_304_000


class TakeoutSession:
    """The takeout of one account: whether it is wanted, where it stands, and its id while it is open."""

    def __init__(self, session: Session, choice: TakeoutChoice) -> None:
        self._session = session
        self._always = self._wanted = choice is TakeoutChoice.ALWAYS
        self._never = choice is TakeoutChoice.NEVER
        self._state = TakeoutState.NEVER if self._never else TakeoutState.NOT_ASKED
        self._kept_id = 0
        self._until = 0.0
        self._why = ""
        self._news = asyncio.Event()

    @property
    def id(self) -> int:
        """The open takeout's id, 0 for none."""
        return self._session.takeout if self._state is TakeoutState.OPEN else 0

    def picture(self) -> Takeout:
        """Where it stands."""
        return Takeout(self._state, self._until, self._why)

    def want(self, wanted: bool) -> None:
        """The user's decision; `run` acts on it."""
        self._wanted, self._never = wanted, False
        self._news.set()

    def wrapped(self, request: TLRequest, takeout_id: int) -> TLRequest:
        """The request inside of the takeout; its answer is read as the request's own."""
        outer = functions.InvokeWithTakeoutRequest(takeout_id, request)
        outer.read_result = request.read_result
        return outer

    async def replaced(self, takeout_id: int) -> None:
        """The server knows the takeout no more: another export took its place. What was asked is asked again without one.

        The first one of this run may only have been too old: where one is always wanted, a new one is asked for.
        """
        if self._session.takeout != takeout_id:
            return  # another request was told so before
        log.info("The takeout isn't known any more, or was replaced by another export")
        self._wanted = self._always and takeout_id == self._kept_id
        self._enter(TakeoutState.REPLACED)
        await self._keep(0)
        self._news.set()

    def _enter(self, state: TakeoutState, until: float = 0.0, why: str = "") -> None:
        self._state, self._until, self._why = state, until, why

    async def _keep(self, takeout_id: int) -> None:
        self._session.takeout = takeout_id
        await self._session.save()

    async def run(self, caller: Caller, metrics: Metrics) -> None:
        """Bring about what is wanted, for as long as the account is in use. A takeout that an earlier run left open is taken up."""
        if self._session.takeout and not self._never:
            self._kept_id = self._session.takeout
            self._enter(TakeoutState.OPEN)
        while True:
            self._news.clear()
            pause = await self._step(caller, metrics)
            try:
                async with asyncio.timeout(pause):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _step(self, caller: Caller, metrics: Metrics) -> float | None:
        """One step towards what is wanted; how many seconds later the next one is worth trying, None for not by itself."""
        try:
            if self._wanted and not self.id:
                return await self._open(caller, metrics)
            if not self._wanted and self._state is TakeoutState.WAITING:
                self._enter(TakeoutState.NOT_ASKED)
        except RequestError as error:
            self._enter(TakeoutState.REFUSED, why=str(error.why or error.what))
        except errors.RPCError as error:
            self._enter(TakeoutState.REFUSED, why=words(error))
        except KeyUnknown:  # whoever asks for anything else ends the run
            self._enter(TakeoutState.REFUSED, why=not_logged_in().why)
        return None

    async def _open(self, caller: Caller, metrics: Metrics) -> float | None:
        everything = dict.fromkeys(("message_users", "message_chats", "message_megagroups", "message_channels", "files"), True)
        request = functions.account.InitTakeoutSessionRequest(**everything, file_max_size=LARGEST_FILE)
        try:
            granted: types.account.Takeout = await caller.ask(request, metrics)
        except errors.TakeoutInitDelayError as delay:
            self._enter(TakeoutState.WAITING, until=time.time() + delay.seconds)
            return min(ASK_EVERY, float(delay.seconds) + 0.1)
        except RequestFailed:
            return ASK_EVERY
        await self._keep(granted.id)
        self._enter(TakeoutState.OPEN)
        return None

    async def finish(self, caller: Caller, metrics: Metrics) -> None:
        """End it at the server, and forget it also where the server can't be asked or doesn't know it any more."""
        if not (takeout_id := self._session.takeout):
            return
        request = self.wrapped(functions.account.FinishTakeoutSessionRequest(success=True), takeout_id)
        try:
            await caller.ask(request, metrics)
        except RequestFailed as failed:
            log.warning("The takeout couldn't be finished: %s", failed)
        except errors.RPCError as error:
            log.warning("The takeout couldn't be finished: %s", words(error))
        except KeyUnknown:
            log.warning("The takeout couldn't be finished: %s", not_logged_in().why)
        self._wanted = False
        self._enter(TakeoutState.FINISHED)
        await self._keep(0)
