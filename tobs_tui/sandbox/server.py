"""A Telegram on loopback: two data centres, one account, and whatever goes wrong on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tobs_tui.sandbox import auth, dialogs, help, history, takeout, topics, transfer, users
from tobs_tui.sandbox.centre import DataCentre
from tobs_tui.sandbox.faults import Faults
from tobs_tui.sandbox.keys import RsaKey
from tobs_tui.sandbox.listener import Listener
from tobs_tui.sandbox.logins import Logins
from tobs_tui.sandbox.memory import recall, remember
from tobs_tui.sandbox.stats import Stats
from tobs_tui.sandbox.world import DATA_CENTRES, HOME, World

HANDLERS = (auth, dialogs, help, history, takeout, topics, transfer, users)
"""The modules whose import fills the registry."""


class Sandbox:
    """The server. `dcs` are the ports of its data centres (known once it is started), `home` the account's own one.

    `port` is the home data centre's; 0 lets the system choose. The others always listen where the system chooses.
    """

    def __init__(
        self, world: World | None = None, faults: Faults | None = None, key: RsaKey | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.world = world if world is not None else World()
        self.faults = faults if faults is not None else Faults()
        self.stats = Stats()
        self.logins = Logins()
        self.key = key or RsaKey.generate()
        self.host = host
        self.home = HOME
        self.dcs: dict[int, int] = {}
        self._centres = [self._centre(dc) for dc in DATA_CENTRES]
        self._listeners = {centre.id: Listener(centre, port if centre.id == self.home else 0) for centre in self._centres}
        self._reopening: asyncio.Task[None] | None = None

    def _centre(self, dc: int) -> DataCentre:
        return DataCentre(dc, self.host, self.dcs, self.world, self.faults, self.stats, self.logins, self.key)

    @property
    def public_key_pem(self) -> str:
        return self.key.public_pem

    async def start(self) -> None:
        """Listens; also again after `refuse`. Raises OSError when a port isn't to be had."""
        for dc, listener in self._listeners.items():
            self.dcs[dc] = await listener.open()

    async def stop(self) -> None:
        """Stops listening and cuts every connection."""
        if self._reopening is not None:
            self._reopening.cancel()
        for listener in self._listeners.values():
            await listener.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    def remember(self, file: Path) -> None:
        """Keeps the clients' keys and logins in a file for another run. Raises OSError."""
        remember(file, self._centres, self.logins)

    def recall(self, file: Path) -> None:
        """Knows the clients again that `remember` kept. Raises OSError."""
        recall(file, self._centres, self.logins)

    def drop_connections(self) -> None:
        """Cuts every connection now."""
        for listener in self._listeners.values():
            listener.cut()

    def refuse(self, seconds: float) -> None:
        """Cuts every connection, and refuses new ones for that long."""
        for listener in self._listeners.values():
            listener.shut()
        if self._reopening is not None:
            self._reopening.cancel()
        self._reopening = asyncio.get_running_loop().create_task(self._reopen(seconds))

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.start()

    def revoke(self, message: str = "SESSION_REVOKED") -> None:
        """Ends every login, as if the user had ended all sessions in another app. A new login is possible."""
        self.logins.end_all(message)

    def forget_keys(self) -> None:
        """Forgets every authorisation key: clients are told -404, as after a key was destroyed."""
        for centre in self._centres:
            centre.keys.clear()

    def rotate_salts(self) -> None:
        """Gives every key a new salt; the old ones are refused."""
        for centre in self._centres:
            for key in centre.keys.values():
                key.rotate_salt()

    def change(self, switches: Mapping[str, Any]) -> None:
        """Changes faults from parsed JSON; beside the switches of Faults it knows what happens once, now:
        `drop_now`, `refuse` (seconds), `revoke` (message), `forget_keys`, `rotate_salts`. Raises ValueError.
        """
        now = {name: value for name, value in switches.items() if name in _NOW}
        self.faults.change({name: value for name, value in switches.items() if name not in _NOW})
        for name, value in now.items():
            method, kind = _NOW[name]
            if not isinstance(value, kind) or value is False:
                raise ValueError(f"fault {name}: {value!r} isn't what it takes")
            getattr(self, method)(*([] if value is True else [value]))


_NOW: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "drop_now": ("drop_connections", bool),
    "refuse": ("refuse", (int, float)),
    "revoke": ("revoke", (str, bool)),
    "forget_keys": ("forget_keys", bool),
    "rotate_salts": ("rotate_salts", bool),
}
