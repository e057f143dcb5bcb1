"""The session file: which data centre is home, where the data centres are, and the keys that the account is known by.

One small orjson file of mode 0600, written as a whole and rarely: after a key exchange, a login, a change of addresses, or when the
server imposes a long wait. A file that belongs to another server, or that can't be read as ours, isn't used: the account is then asked
to log in again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import orjson

from tobs_tui.errors import CacheError, SettingsError
from tobs_tui.settings import ServerSettings
from tobs_tui.telegram.governor import Lane

log = logging.getLogger(__name__)

TELEGRAM = "telegram"
# Where Telegram's own servers are met for the first time (Telethon's default too); they tell the rest.
TELEGRAM_DC = 2
TELEGRAM_HOST = "149.154.167.51"
TELEGRAM_PORT = 443


@dataclass(frozen=True, slots=True)
class Address:
    """Where a data centre listens."""

    host: str
    port: int


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    """The file's content. Keys are in hex, data centres are strings as JSON wants them."""

    server: str
    dc: int
    account: int = 0
    addresses: dict[str, tuple[str, int]] = {}
    keys: dict[str, str] = {}
    authorised: list[int] = []
    takeout: int = 0
    waits: list[tuple[str, int, bool, float]] = []
    noted: float = 0.0


def server_identity(server: ServerSettings | None) -> str:
    """Names the server that a session belongs to. Raises SettingsError when the public key can't be read."""
    if server is None:
        return TELEGRAM
    key = hashlib.sha256(read_public_key(server).encode()).hexdigest()
    return f"{server.host}:{server.port}/{server.dc}/{key[:16]}"


def read_public_key(server: ServerSettings) -> str:
    """The text of the server's PEM file. Raises SettingsError."""
    file = Path(server.public_key).expanduser()
    try:
        return file.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it isn't a text file"
        raise SettingsError("telegram.server.public_key can't be read", why, f"Needed: a PEM file, not {file}") from error


class Session:
    """What is known of the server and of the login. Changes are kept by `save`; nothing here is ever logged."""

    def __init__(self, file: Path, server: ServerSettings | None) -> None:
        self._file = file
        self._server = server
        self._lock = asyncio.Lock()
        self._identity = ""
        self.dc = server.dc if server else TELEGRAM_DC
        self.account_id = 0
        self.takeout = 0
        self.waits: list[tuple[Lane, float]] = []
        """What the server makes wait until when (Unix seconds)."""
        self.noted = 0.0
        """When `waits` was true (Unix seconds)."""
        self._addresses: dict[int, Address] = {}
        self._keys: dict[int, bytes] = {}
        self._authorised: set[int] = set()

    async def load(self) -> None:
        """Read the file, if there is one for this server. Raises SettingsError for a public key that can't be read."""
        self._identity = await asyncio.to_thread(server_identity, self._server)
        stored = await asyncio.to_thread(self._read)
        if stored is not None:
            self._take(stored)

    def _read(self) -> _Stored | None:
        try:
            stored = msgspec.convert(orjson.loads(self._file.read_bytes()), _Stored)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.warning("The session file can't be used, a login is needed: %s", type(error).__name__)
            return None
        if stored.server != self._identity:
            log.warning("The session file belongs to another server and isn't used")
            return None
        return stored

    def _take(self, stored: _Stored) -> None:
        try:
            keys = {int(dc): bytes.fromhex(key) for dc, key in stored.keys.items()}
            addresses = {int(dc): Address(*address) for dc, address in stored.addresses.items()}
        except ValueError:
            log.warning("The session file is damaged, a login is needed")
            return
        self.dc, self.account_id, self.takeout = stored.dc, stored.account, stored.takeout
        self._keys, self._addresses, self._authorised = keys, addresses, set(stored.authorised)
        self.waits = [(Lane(method, dc, takeout), until) for method, dc, takeout, until in stored.waits]
        self.noted = stored.noted

    async def save(self) -> None:
        """Make the present state durable, readable to its owner alone. Raises CacheError."""
        async with self._lock:
            try:
                await asyncio.to_thread(_write_secret, self._file, orjson.dumps(msgspec.to_builtins(self._stored())))
            except OSError as error:
                raise CacheError("The session can't be kept", error.strerror or str(error), "Free the place or the rights") from error

    def _stored(self) -> _Stored:
        return _Stored(
            server=self._identity,
            dc=self.dc,
            account=self.account_id,
            addresses={str(dc): (address.host, address.port) for dc, address in self._addresses.items()},
            keys={str(dc): key.hex() for dc, key in self._keys.items()},
            authorised=sorted(self._authorised),
            takeout=self.takeout,
            waits=[(lane.method, lane.dc, lane.takeout, until) for lane, until in self.waits],
            noted=self.noted,
        )

    async def delete(self) -> None:
        """Forget the login, here and on disk."""
        async with self._lock:
            self._keys.clear()
            self._authorised.clear()
            self.waits = []
            self.account_id = self.takeout = 0
            await asyncio.to_thread(self._file.unlink, missing_ok=True)

    def key(self, dc: int) -> bytes | None:
        """The authorisation key of a data centre, if one was exchanged."""
        return self._keys.get(dc)

    def set_key(self, dc: int, key: bytes | None) -> None:
        """Keep a new key, or forget one that the server doesn't know. Either way nobody is logged in on it yet."""
        self._authorised.discard(dc)
        if key is None:
            self._keys.pop(dc, None)
        else:
            self._keys[dc] = key

    def authorised(self, dc: int) -> bool:
        """Whether the account was logged in on the key of another data centre than its home."""
        return dc in self._authorised

    def set_authorised(self, dc: int, authorised: bool) -> None:
        """Keep whether the account is logged in on the key of a data centre."""
        if authorised:
            self._authorised.add(dc)
        else:
            self._authorised.discard(dc)

    def address(self, dc: int) -> Address | None:
        """Where a data centre is: as the settings say, as the server told, or Telegram's well-known one."""
        if self._server is not None and dc == self._server.dc:
            return Address(self._server.host, self._server.port)
        if dc in self._addresses:
            return self._addresses[dc]
        return Address(TELEGRAM_HOST, TELEGRAM_PORT) if self._server is None and dc == TELEGRAM_DC else None

    def set_addresses(self, addresses: dict[int, Address]) -> bool:
        """Keep the addresses that the server told; returns whether anything changed."""
        changed = {dc: address for dc, address in addresses.items() if self._addresses.get(dc) != address}
        self._addresses.update(changed)
        return bool(changed)


def _write_secret(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mkstemp makes files of mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
