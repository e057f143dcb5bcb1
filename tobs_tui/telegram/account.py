"""The room's face: one Telegram account, from the connection to the parts of its files. Importing this imports Telethon, which is slow."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from pathlib import Path

from telethon import errors
from telethon.tl import functions, types

from tobs_tui.content import RangeHash, RemoteFile
from tobs_tui.metrics import Metrics
from tobs_tui.model import Account, Chat, Folder, Message, Relatives, Takeout, Topic
from tobs_tui.retry import RetryPolicy
from tobs_tui.settings import MediaSettings, TelegramSettings
from tobs_tui.telegram.calls import Caller
from tobs_tui.telegram.chats import ChatList, ChatPage
from tobs_tui.telegram.counters import Counters
from tobs_tui.telegram.files import Files
from tobs_tui.telegram.flight import Extent
from tobs_tui.telegram.governor import Governor
from tobs_tui.telegram.history import HistoryPage, HistoryReader, Newest
from tobs_tui.telegram.link import KeyUnknown
from tobs_tui.telegram.login import Login, account_of, patiently
from tobs_tui.telegram.pool import Pool
from tobs_tui.telegram.refusals import LOST_LOGINS, explained, refused_connection
from tobs_tui.telegram.relatives import read_relatives
from tobs_tui.telegram.session import Session
from tobs_tui.telegram.takeout import TakeoutSession
from tobs_tui.telegram.topics import read_topics

__all__ = ["ChatPage", "Extent", "HistoryPage", "TelegramAccount"]


class TelegramAccount:
    """One account on one server. Everything runs on the loop that `connect` was called in.

    Besides what each method names, all of them raise NotLoggedIn when the server doesn't know the session, RequestRefused for what it
    refuses, and GaveUp when a fault lasts longer than the attempts that the settings allow.
    """

    def __init__(self, settings: TelegramSettings, media: MediaSettings, session_file: Path, metrics: Metrics) -> None:
        self._metrics = metrics
        self._session = Session(session_file, settings.server)
        self._pool = Pool(settings, self._session, media.connections, metrics)
        self._takeout = TakeoutSession(self._session, settings.takeout)
        self._governor = Governor()
        self._caller = Caller(self._pool, self._governor, RetryPolicy.of_limit(media.attempts), self._takeout)
        self._login = Login(settings, self._caller, metrics)
        self._chats = ChatList(self._caller, metrics)
        self._history = HistoryReader(self._caller, metrics, self._session)
        self._files = Files(self._caller, metrics, self._chat)
        self.counters = Counters(self._caller, self._session)

    # The connection and the login

    async def connect(self) -> None:
        """Open the connection; lost ones come back by themselves later. Raises Unreachable or SettingsError."""
        await self._session.load()
        self._governor.resume(self._session.waits, self._session.noted)
        self._pool.start()

        async def open_home() -> None:
            try:
                await self._pool.home.ready()
            except KeyUnknown:
                return  # `account` tells that nobody is logged in
            except errors.RPCError as error:
                raise refused_connection(error) from error

        await patiently(open_home, self._metrics)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    @property
    def online(self) -> bool:
        """Whether the line to the account's data centre is open, as far as one knows."""
        return self._pool.home.online

    async def account(self) -> Account | None:
        """Who is logged in, as the server says; None when it doesn't know the session. Raises Unreachable."""

        async def ask() -> Account | None:
            try:
                users = await self._caller.ask(functions.users.GetUsersRequest([types.InputUserSelf()]), self._metrics)
            except (*LOST_LOGINS, KeyUnknown):
                return None
            except errors.RPCError as error:
                raise explained(error) from error
            return account_of(users[0])

        return await self._entered(await patiently(ask, self._metrics))

    async def _entered(self, account: Account | None) -> Account | None:
        if account is not None and account.id != self._session.account_id:
            self._session.account_id = account.id
            await self._session.save()
        return account

    async def send_code(self, phone: str) -> str:
        """Ask Telegram for a login code; returns where it was sent. Raises LoginRefused or Unreachable."""
        await self._pool.renew_home()
        return await self._login.send_code(phone)

    async def sign_in(self, code: str) -> Account | None:
        """Give the code; None when a password is needed too. Raises LoginRefused or Unreachable."""
        return await self._entered(await self._login.sign_in(code))

    async def password_hint(self) -> str:
        """The owner's hint for the password, empty for none. Raises LoginRefused or Unreachable."""
        return await self._login.password_hint()

    async def check_password(self, password: str) -> Account:
        """Give the password. Raises LoginRefused or Unreachable."""
        account = await self._login.check_password(password)
        await self._entered(account)
        return account

    async def log_out(self) -> None:
        """End the session at the server and forget it here, also when the server can't be asked any more."""
        try:
            await self._takeout.finish(self._caller, self._metrics)
            await patiently(lambda: self._caller.ask(functions.auth.LogOutRequest(), self._metrics), self._metrics)
        except (*LOST_LOGINS, KeyUnknown):
            pass  # the server had ended it already
        except errors.RPCError as error:
            raise explained(error) from error
        finally:
            await self._pool.close()
            await self._session.delete()

    # The takeout

    @property
    def takeout(self) -> Takeout:
        """Where the takeout stands."""
        return self._takeout.picture()

    async def keep_takeout(self) -> None:
        """Run beside everything else, once somebody is logged in: opens the takeout when it is wanted and as soon as it is allowed."""
        await self._takeout.run(self._caller, self._metrics)

    async def want_takeout(self, wanted: bool) -> None:
        """The user wants a takeout, or wants the one that is open finished."""
        if not wanted:
            await self._takeout.finish(self._caller, self._metrics)
        self._takeout.want(wanted)

    # Chats

    async def folders(self) -> tuple[Folder, ...]:
        """The account's own folders."""
        return await self._chats.folders()

    def chats(self) -> AsyncIterator[ChatPage]:
        """All chats as their pages arrive: the main list, then the archive."""
        return self._chats.pages()

    async def find(self, text: str) -> Chat:
        """A chat by id (bare or marked), @name, t.me link or exact title. Raises ChatNotFound with similar ones in `todo`."""
        return await self._chats.find(text)

    async def topics(self, chat: Chat, metrics: Metrics | None = None) -> tuple[Topic, ...]:
        """The topics of a forum that aren't deleted, by rising id. Its requests count in `metrics`."""
        return await read_topics(self._caller, chat, metrics or self._metrics)

    async def relatives(self, chat: Chat, metrics: Metrics) -> Relatives:
        """The chats that belong to a channel or supergroup, and how a group or channel describes itself. It counts in `metrics`."""
        return await read_relatives(self._caller, chat, metrics)

    async def _chat(self, chat_id: int) -> Chat:
        return self._chats.known(chat_id) or await self.find(str(chat_id))

    # Messages

    async def extent(self, chat: Chat, metrics: Metrics | None = None) -> Extent:
        """How many messages a chat has and the id of the newest. Counts in `metrics`, else in the account's."""
        self._chats.remember(chat)
        return await self._history.extent(chat, metrics)

    async def newest(self, chat: Chat, upto: int, count: int, metrics: Metrics | None = None) -> Newest:
        """What `extent` tells, and the newest `count` messages that it has up to the id `upto`, about. Counts as `extent`."""
        self._chats.remember(chat)
        return await self._history.newest(chat, upto, count, metrics)

    async def with_emoji(self, messages: Iterable[Message], metrics: Metrics) -> tuple[Message, ...]:
        """Messages of `newest` with the emoji that custom ones among their reactions stand for."""
        return await self._history.with_emoji(messages, metrics)

    async def id_before(self, chat: Chat, date: int, metrics: Metrics | None = None) -> int:
        """The greatest id of a message older than `date` (Unix seconds); 0 when there is none. Counts as `extent`."""
        self._chats.remember(chat)
        return await self._history.id_before(chat, date, metrics)

    def history(self, chat: Chat, after: int, metrics: Metrics, upto: int = 0) -> AsyncGenerator[HistoryPage, None]:
        """All messages with ids above `after`, in rising order, in pages of up to 100. Its requests count in `metrics`.

        Some pages are under way ahead of what is taken, but none that lies wholly above `upto` (0 for no bound); close the generator to
        stop them.
        """
        self._chats.remember(chat)
        return self._history.pages(chat, after, metrics, upto)

    # Files (pipeline.ports.PartSource)

    async def fetch(self, file: RemoteFile, offset: int, limit: int, metrics: Metrics | None = None) -> bytes:
        """Up to `limit` bytes of a file. Raises RequestFailed, ReferenceExpired or RequestRefused; only floods
        and moves are tried again."""
        return await self._files.fetch(file, offset, limit, metrics)

    async def hashes(self, file: RemoteFile, offset: int, metrics: Metrics | None = None) -> tuple[RangeHash, ...]:
        """The server's hashes of a file from `offset` on, as many as one answer holds. Raises as `fetch`."""
        return await self._files.hashes(file, offset, metrics)

    async def refresh(self, file: RemoteFile, metrics: Metrics | None = None, beside: Iterable[RemoteFile] = ()) -> RemoteFile:
        """The same file with a fresh reference, and such of those `beside` it for later. Raises as `fetch`."""
        return await self._files.refresh(file, metrics, beside)
