"""All connections of the account: one to its home for ordinary requests, and lines of their own for the transfer of files."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import platform
import time
from collections import defaultdict

from telethon.errors import RPCError
from telethon.tl import TLRequest, functions, types
from telethon.tl.alltlobjects import LAYER

from tobs_tui import __version__
from tobs_tui.errors import CacheError, RequestFailed
from tobs_tui.metrics import Metrics
from tobs_tui.settings import TelegramSettings
from tobs_tui.telegram.connection import Connection
from tobs_tui.telegram.link import KeyUnknown, Link
from tobs_tui.telegram.session import Address, Session
from tobs_tui.telegram.transport import Line, add_server_key

log = logging.getLogger(__name__)

# Seconds: an idle home is asked for a sign of life, an idle transfer line is closed, and how often both are looked at.
PING_AFTER = 45.0
CLOSE_AFTER = 60.0
LOOK_EVERY = 5.0


class Pool:
    """Connections by data centre. `transfers` is the most that one data centre gets for files."""

    def __init__(self, settings: TelegramSettings, session: Session, transfers: int, metrics: Metrics) -> None:
        self.session = session
        self.seconds = settings.request_seconds
        self._settings = settings
        self._limit = transfers
        self._metrics = metrics
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._home: Connection | None = None
        self._transfers: dict[int, list[Connection]] = {}
        self._keeper: asyncio.Task[None] | None = None

    @property
    def home(self) -> Connection:
        """The connection to the account's own data centre."""
        if self._home is None:
            self._home = Connection(self.session.dc, self, home=True)
        return self._home

    def start(self) -> None:
        """Read the server's key and begin to look after the lines. Raises SettingsError."""
        if self._settings.server is not None:
            add_server_key(self._settings.server)
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())

    def transfer(self, dc: int) -> Connection:
        """A line for files: a new one while all are busy and there may be more, else the one with the least to do."""
        lines = self._transfers.setdefault(dc, [])
        least = min(lines, key=lambda line: line.in_flight, default=None)
        if least is None or (least.in_flight and len(lines) < self._limit):
            least = Connection(dc, self, home=False)
            lines.append(least)
        return least

    async def move_home(self, dc: int) -> None:
        """The account lives at another data centre (PHONE_MIGRATE and its like): that one is home from now on."""
        if dc == self.session.dc:
            return  # another request was told so before
        old, self._home = self._home, None
        self.session.dc = dc
        await self.session.save()
        if old is not None:
            await old.close()

    async def renew_home(self) -> None:
        """Before a login: make a new key if the server doesn't know ours any more. What else is wrong the login will tell."""
        try:
            await self.home.ready()
        except KeyUnknown:
            self.session.set_key(self.session.dc, None)
        except (RequestFailed, RPCError) as error:
            log.debug("Home isn't reachable before the login: %s", type(error).__name__)

    async def close(self) -> None:
        """Close every line."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait((self._keeper,))
            self._keeper = None
        lines = [line for group in self._transfers.values() for line in group]
        self._transfers.clear()
        if self._home is not None:
            lines.append(self._home)
            self._home = None
        await asyncio.gather(*(line.close() for line in lines))

    # What connections need (connection.Surroundings)

    def lock(self, dc: int) -> asyncio.Lock:
        """Guards the making of a data centre's key and login."""
        return self._locks[dc]

    def line(self, dc: int, address: Address) -> Line:
        """A line to an address, through the proxy if there is one."""
        return Line(dc, address, self._settings.proxy)

    async def greet(self, dc: int, link: Link) -> None:
        """Say who we are, and learn where the data centres are."""
        self._metrics.request("help.getConfig", dc)
        config: types.Config = await link.ask(self._introduced(functions.help.GetConfigRequest()), self.seconds)
        if self.session.set_addresses(fit_addresses(config.dc_options, through_proxy=self._settings.proxy is not None)):
            await self.session.save()

    def _introduced(self, query: TLRequest) -> TLRequest:
        system = platform.uname()
        introduction = functions.InitConnectionRequest(
            api_id=self._settings.api_id,
            device_model="tobs-tui",
            system_version=f"{system.system} {system.release}".strip() or "unknown",
            app_version=__version__,
            system_lang_code="en",
            lang_pack="",  # language packs are for official applications
            lang_code="en",
            query=query,
        )
        return functions.InvokeWithLayerRequest(LAYER, introduction)

    async def authorise(self, dc: int, link: Link) -> None:
        """Carry the login from home to another data centre, once for each key."""
        if dc == self.session.dc:
            return
        async with self._locks[dc]:
            if self.session.authorised(dc):
                return
            self._metrics.request("auth.exportAuthorization", self.session.dc)
            exported = await self.home.request(functions.auth.ExportAuthorizationRequest(dc))
            self._metrics.request("auth.importAuthorization", dc)
            await link.ask(functions.auth.ImportAuthorizationRequest(exported.id, exported.bytes), self.seconds)
            self.session.set_authorised(dc, True)
            await self.session.save()

    async def ask_home(self) -> None:
        """Ask home for a sign of life. Raises as `Connection.request`."""
        await self.home.request(functions.PingRequest(int(time.time())))

    # Looking after the lines

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self._close_idle()
            await self._ping()

    async def _close_idle(self) -> None:
        now = time.monotonic()
        for dc, lines in list(self._transfers.items()):
            idle = [line for line in lines if not line.in_flight and now - line.used > CLOSE_AFTER]
            self._transfers[dc] = [line for line in lines if line not in idle]
            for line in idle:
                await line.close()

    async def _ping(self) -> None:
        """Ask for a sign of life: it notices a line that died in silence, and opens one that was lost."""
        home = self.home
        if home.in_flight or (home.online and time.monotonic() - home.used < PING_AFTER):
            return
        with contextlib.suppress(RequestFailed, KeyUnknown, RPCError, CacheError):  # `online` tells, and whoever asks next gets the reason
            await self.ask_home()


def fit_addresses(options: list[types.DcOption], *, through_proxy: bool) -> dict[int, Address]:
    """The first address of each data centre that this client can use; behind a proxy rather a static one."""
    fit = [o for o in options if not (o.ipv6 or o.cdn or o.media_only or o.tcpo_only or o.secret)]
    if through_proxy:
        fit.sort(key=lambda option: not option.static)
    addresses: dict[int, Address] = {}
    for option in fit:
        addresses.setdefault(option.id, Address(option.ip_address, option.port))
    return addresses
