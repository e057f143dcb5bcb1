"""What runs in the engine's loop: the connection, the login, the chat list, the commands, the jobs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from tobs_tui.articles.client import Articles
from tobs_tui.engine.articles import ArticleKeeper
from tobs_tui.engine.chat_list import KnownChats
from tobs_tui.engine.commands import (
    Answer,
    Cancel,
    ClearEnded,
    Command,
    Estimate,
    Export,
    Find,
    LogOut,
    Move,
    Pause,
    Refresh,
    Resume,
    Retry,
    Stop,
    Unfold,
    UseTakeout,
)
from tobs_tui.engine.estimator import Estimator
from tobs_tui.engine.events import ChatsListed, Estimated, Event, Found, LoggedIn, LoginNeeded, Stopped, TopicsListed, Trouble
from tobs_tui.engine.faults import first_error
from tobs_tui.engine.login import log_in
from tobs_tui.engine.memory import resident_bytes
from tobs_tui.engine.renderer import Renderer
from tobs_tui.engine.room import Room
from tobs_tui.engine.runner import JobRunner
from tobs_tui.engine.snapshot import Phase, Question, Snapshot
from tobs_tui.engine.stations import Stations
from tobs_tui.errors import ExitCode, RequestError, TobsError, UsageError
from tobs_tui.lock import AccountLock
from tobs_tui.logs import hide
from tobs_tui.metrics import Metrics
from tobs_tui.model import Account, ChatKind, Takeout
from tobs_tui.paths import Paths, server_identity
from tobs_tui.pipeline.downloader import Downloader
from tobs_tui.pipeline.store import Store
from tobs_tui.settings import KeptQueue, Settings
from tobs_tui.telegram.account import TelegramAccount

log = logging.getLogger(__name__)
PAINT_SECONDS = 0.5


class Core:
    """One life of the engine: from the lock on the account to the last checkpoint."""

    def __init__(
        self, settings: Settings, paths: Paths, keep_queue: bool, listener: Callable[[Event], None], publish: Callable[[Snapshot], None]
    ) -> None:
        self._settings = settings
        self._paths = paths
        self._keep_queue = keep_queue
        self._listener = listener
        self._publish = publish
        self._metrics = Metrics()
        self._renderer = Renderer()
        self._chats = KnownChats()
        self._phase = Phase.STARTING
        self._account: Account | None = None
        self._question: Question | None = None
        self._answer: asyncio.Future[str] | None = None
        self._orders: asyncio.Queue[Command] = asyncio.Queue()
        self._halt = asyncio.Event()
        self._telegram: TelegramAccount | None = None
        self._jobs: JobRunner | None = None
        self._estimator: Estimator | None = None
        self._listing: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._memory = 0

    async def run(self, take: Callable[[], Awaitable[Command]]) -> None:
        """Serve commands until one of them, or an error that nothing can go on from, ends it. Always ends with `Stopped`."""
        try:
            identity = server_identity(self._settings.telegram.server.public_key if self._settings.telegram.server else "")
            with AccountLock(self._paths.lock_file(identity)):
                await self._serve(identity, take)
            self._tell_stopped(ExitCode.OK)
        except TobsError as error:
            self._tell_stopped(error.exit_code, error)
        except Exception as crash:  # noqa: BLE001 - the thread's end: an untold crash would leave the screen waiting for ever
            self._tell_crash(crash)

    async def _serve(self, identity: str, take: Callable[[], Awaitable[Command]]) -> None:
        session = self._paths.session_file(identity)
        self._telegram = TelegramAccount(self._settings.telegram, self._settings.media, session, self._metrics)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(work) for work in (self._paint(), self._receive(take), self._live(identity, self._telegram))]
                await self._halt.wait()
                self._enter(Phase.STOPPING)
                for task in tasks:
                    task.cancel()
        finally:
            await self._telegram.close()

    async def _receive(self, take: Callable[[], Awaitable[Command]]) -> None:
        """Answers and stops are served at any time; everything else waits until the account is known."""
        while True:
            match await take():
                case Stop(finish=False):
                    self._halt.set()
                case Stop() if self._jobs is None:
                    self._halt.set()
                case Answer(text):
                    self._give(text)
                case command:
                    self._orders.put_nowait(command)

    async def _live(self, identity: str, telegram: TelegramAccount) -> None:
        self._enter(Phase.CONNECTING)
        await telegram.connect()
        self._account = await self._known_account(telegram)
        store = Store(self._paths.cache_file(f"{identity}-{self._account.id}"), self._settings.pipeline, self._metrics)
        try:
            await store.open()
            for notice in store.notices:
                self._tell(Trouble(time.time(), notice))
            await self._ready(telegram, store, self._account)
        finally:
            await store.close()

    async def _known_account(self, telegram: TelegramAccount) -> Account:
        """Who is logged in, after a login if need be."""
        if account := await telegram.account():
            return account
        self._enter(Phase.LOGIN)
        return await log_in(telegram, self._ask)

    async def _ask(self, question: Question) -> str:
        self._question = question
        self._answer = asyncio.get_running_loop().create_future()
        self._paint_now()
        self._tell(LoginNeeded(question))
        try:
            return await self._answer
        finally:
            self._question = self._answer = None

    def _give(self, text: str) -> None:
        hide(text)
        if self._answer and not self._answer.done():
            self._answer.set_result(text)

    async def _ready(self, telegram: TelegramAccount, store: Store, account: Account) -> None:
        downloader = Downloader(telegram, store, self._settings.media, self._metrics, self._settings.telegram.request_seconds)
        articles = Articles(self._settings.articles, self._metrics)
        keeper = ArticleKeeper(articles, store, self._settings.articles.hosts)
        self._estimator = Estimator(telegram, store.remembered, self._chats, self._metrics, self._settings.vault.reserve)
        stations = Stations(telegram, store, downloader, keeper, self._renderer, Room(self._settings.vault.reserve))
        try:
            async with asyncio.TaskGroup() as group:
                goes_on = self._keep_queue and self._settings.pipeline.kept_queue is KeptQueue.CONTINUE
                self._jobs = JobRunner(group, self._settings, stations, self._chats, self._metrics, self._tell, goes_on)
                try:
                    await self._jobs.load()
                    self._enter(Phase.READY)
                    self._tell(LoggedIn(account))
                    group.create_task(telegram.keep_takeout())
                    group.create_task(self._renderer.start())
                    self._listing = self._errand(group, self._list_chats(telegram))
                    while True:
                        await self._obey(await self._orders.get(), group, telegram)
                finally:
                    await self._jobs.stop()
        finally:
            await downloader.close()
            await articles.close()
            await self._renderer.close()

    async def _list_chats(self, telegram: TelegramAccount) -> None:
        try:
            self._chats.start(await telegram.folders())
            async for page in telegram.chats():
                self._chats.add(page.chats, page.total)
        except RequestError as error:
            self._tell(trouble("The chat list couldn't be read to its end", error))
            return
        self._chats.finish()
        self._paint_now()
        self._tell(ChatsListed(self._chats.picture().total))

    async def _obey(self, command: Command, group: asyncio.TaskGroup, telegram: TelegramAccount) -> None:
        """Do what is asked for; what can't be done is told, and ends nothing."""
        try:
            match command:
                case Find(text):
                    self._errand(group, self._find(text, telegram))
                case Estimate() if self._estimator:
                    self._estimator.start(command, group, lambda estimate: self._tell(Estimated(estimate)))
                case Unfold(chat):
                    self._errand(group, self._unfold(chat, telegram))
                case Refresh():
                    self._stop_listing()
                    self._listing = self._errand(group, self._list_chats(telegram))
                case UseTakeout(wanted):
                    await telegram.want_takeout(wanted)
                case Stop() if self._jobs:
                    self._jobs.when_idle(self._halt.set)
                case LogOut():
                    await self._log_out(telegram)
                case Export() | Pause() | Resume() | Cancel() | Retry() | Move() | ClearEnded():
                    if self._jobs:
                        await self._jobs.obey(command)
        except TobsError as error:
            if isinstance(command, LogOut):  # the session is forgotten here whatever the server said: nothing can go on
                raise
            self._tell(trouble("That couldn't be done", error))
        self._paint_now()

    def _errand(self, group: asyncio.TaskGroup, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something beside everything else that asks the server for things, and may be broken off."""
        task = group.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        return task

    def _stop_listing(self) -> None:
        if self._listing:
            self._listing.cancel()

    async def _log_out(self, telegram: TelegramAccount) -> None:
        """End the session when nothing asks for anything any more: a request behind its end would look like a lost login."""
        for errand in (errands := tuple(self._errands)):
            errand.cancel()
        await asyncio.gather(*errands, return_exceptions=True)
        if self._estimator:
            await self._estimator.stop()
        if self._jobs:
            await self._jobs.stop()
        await telegram.log_out()
        self._halt.set()

    async def _find(self, text: str, telegram: TelegramAccount) -> None:
        try:
            chat = await telegram.find(text)
        except (UsageError, RequestError) as error:
            self._tell(Found(text, None, str(error.why or error.what), error.todo, error.exit_code))
        else:
            self._chats.remember(chat)
            self._tell(Found(text, chat))

    async def _unfold(self, chat_id: int, telegram: TelegramAccount) -> None:
        chat = self._chats.get(chat_id)
        if chat is None or chat.kind is not ChatKind.FORUM:
            self._tell(TopicsListed(chat_id, (), "it isn't a forum" if chat else "it isn't in the list"))
            return
        try:
            topics = self._chats.unfold(chat_id, await telegram.topics(chat))
        except RequestError as error:
            self._tell(TopicsListed(chat_id, (), error.why or error.what))
        else:
            self._tell(TopicsListed(chat_id, topics))

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._paint_now()

    async def _paint(self) -> None:
        while True:
            self._paint_now()
            await asyncio.sleep(PAINT_SECONDS)

    def _paint_now(self) -> None:
        online = bool(self._telegram and self._telegram.online)
        jobs = self._jobs.views(online) if self._jobs else ()
        if any(job.state.active for job in jobs) or not self._memory:
            self._memory = resident_bytes(self._renderer.pid)
        self._publish(
            Snapshot(
                at=time.time(),
                phase=self._phase,
                account=self._account,
                question=self._question,
                online=online,
                takeout=self._telegram.takeout if self._telegram else Takeout(),
                chats=self._chats.picture(),
                jobs=jobs,
                estimate=self._estimator.picture() if self._estimator else None,
                metrics=self._metrics.snapshot(self._memory, self._renderer.cache_use()),
            )
        )

    def _tell(self, event: Event) -> None:
        self._paint_now()
        self._listener(event)

    def _tell_crash(self, crash: Exception) -> None:
        """An error of several tasks at once is told by the first that is for the user; anything else is a defect of the program."""
        error = first_error(crash)
        if error is None:
            log.critical("the engine ended by a defect", exc_info=crash)
            error = TobsError("The engine ended by a defect of the program", type(crash).__name__, "What was written is safe; see the log")
        self._tell_stopped(error.exit_code, error)

    def _tell_stopped(self, code: ExitCode, error: TobsError | None = None) -> None:
        self._phase = Phase.STOPPED
        self._tell(Stopped(code, Trouble(time.time(), error.what, error.why, error.todo) if error else None))


def trouble(what: str, error: TobsError) -> Trouble:
    """An error as an event: what couldn't be done, and the error's own words as the reason."""
    reason = f"{error.what}: {error.why}" if error.why else error.what
    return Trouble(time.time(), what, reason, error.todo)
