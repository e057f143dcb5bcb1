"""The bottom of the room: a TCP line that notices what it hears, its proxy, and the exchange of keys.

Telethon's own loggers are given to nothing here: they log whole requests, which hold phone numbers and codes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from pyasn1.error import PyAsn1Error  # type: ignore[import-untyped]  # what Telethon's RSA library raises for a bad key
from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError
from telethon.crypto import rsa
from telethon.network import MTProtoPlainSender, authenticator
from telethon.network.connection import ConnectionTcpFull

from tobs_tui.errors import SettingsError
from tobs_tui.settings import ProxySettings, ServerSettings
from tobs_tui.telegram.session import Address, read_public_key

CHUNK = 256 * 1024
_PROXY_ERRORS = (ProxyError, ProxyConnectionError, ProxyTimeoutError)


class _Silence(dict[str, logging.Logger]):
    """Loggers for Telethon's parts, all of them silent."""

    def __missing__(self, name: str) -> logging.Logger:
        return _mute


_mute = logging.getLogger(f"{__name__}.mute")
_mute.addHandler(logging.NullHandler())
_mute.propagate = False
_mute.setLevel(logging.CRITICAL + 1)
SILENCE = _Silence()


class _Ear:
    """Reads for a line in pieces, so that it is known when the last bytes came, also in the middle of a large answer."""

    def __init__(self, reader: asyncio.StreamReader, line: Line) -> None:
        self._reader = reader
        self._line = line

    async def readexactly(self, size: int) -> bytes:
        """As StreamReader.readexactly."""
        chunks: list[bytes] = []
        missing = size
        while missing:
            chunk = await self._reader.read(min(missing, CHUNK))
            if not chunk:
                raise asyncio.IncompleteReadError(b"".join(chunks), size)
            self._line.heard = time.monotonic()
            self._line.receiving = True
            chunks.append(chunk)
            missing -= len(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class Line(ConnectionTcpFull):  # type: ignore[misc]  # Telethon has no types
    """A TCP connection. `heard` is the monotonic time of the last bytes, `receiving` says that a packet is half read."""

    def __init__(self, dc: int, address: Address, proxy: ProxySettings | None) -> None:
        super().__init__(address.host, address.port, dc, loggers=SILENCE, proxy=_proxy_tuple(proxy))
        self.heard = time.monotonic()
        self.receiving = False
        self.failure: OSError | TimeoutError | None = None

    async def connect(self, timeout: float | None = None, ssl: Any = None) -> None:  # noqa: ASYNC109 - Telethon's signature
        """Raises OSError or TimeoutError; proxies too, whose errors are no OSErrors by themselves."""
        try:
            await super().connect(timeout=timeout, ssl=ssl)
        except _PROXY_ERRORS as error:
            self.failure = ConnectionError(f"the proxy: {error}")
            raise self.failure from error
        except (OSError, TimeoutError) as error:
            self.failure = error
            raise

    def abort(self) -> None:
        """Close the socket at once: a line that is dead would be waited for."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def _recv(self) -> bytes:
        packet: bytes = await self._codec.read_packet(_Ear(self._reader, self))
        self.receiving = False
        return packet


def _proxy_tuple(proxy: ProxySettings | None) -> tuple[object, ...] | None:
    """As telethon.network.connection.Connection._parse_proxy takes it: type, address, port, remote DNS, user, password."""
    if proxy is None:
        return None
    return proxy.type, proxy.host, proxy.port, True, proxy.username or None, proxy.password or None


def add_server_key(server: ServerSettings) -> None:
    """Let the key exchange trust the settings' server. Raises SettingsError for a key that isn't one."""
    try:
        rsa.add_key(read_public_key(server), old=False)
    except (ValueError, TypeError, PyAsn1Error) as error:
        needed = "Needed: a PEM file that begins with BEGIN RSA PUBLIC KEY"
        raise SettingsError("telegram.server.public_key isn't a public key", type(error).__name__, needed) from error


async def exchange_key(line: Line, seconds: float) -> bytes:
    """A new authorisation key with the server behind `line`, which is used for this alone and closed.

    Raises OSError, TimeoutError, EOFError, BufferError or Telethon's SecurityError.
    """
    try:
        async with asyncio.timeout(seconds):
            await line.connect(timeout=seconds)
            key, _ = await authenticator.do_authentication(MTProtoPlainSender(line, loggers=SILENCE))
    finally:
        await line.disconnect()
    return bytes(key.key)
