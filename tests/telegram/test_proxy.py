"""Through a SOCKS5 proxy, which here is a small one on loopback."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.support.sandbox import SandboxProcess
from tests.telegram.support import connected, logged_in
from tobs_tui.errors import Unreachable
from tobs_tui.settings import ProxySettings


class Proxy:
    """SOCKS5 without authentication (RFC 1928), for IPv4 addresses. `refuse` answers every wish with "connection refused"."""

    def __init__(self, *, refuse: bool = False) -> None:
        self.refuse = refuse
        self.served = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            await reader.readexactly((await reader.readexactly(2))[1])
            writer.write(b"\x05\x00")
            *_, kind = await reader.readexactly(4)
            host = ".".join(map(str, await reader.readexactly(4))) if kind == 1 else (await self._name(reader))
            (port,) = struct.unpack(">H", await reader.readexactly(2))
            if self.refuse:
                writer.write(b"\x05\x05\x00\x01" + bytes(6))
            else:
                self.served += 1
                await self._join(reader, writer, host, port)
        writer.close()

    async def _name(self, reader: asyncio.StreamReader) -> str:
        return (await reader.readexactly((await reader.readexactly(1))[0])).decode()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
        far_reader, far_writer = await asyncio.open_connection(host, port)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await asyncio.gather(pour(reader, far_writer), pour(far_reader, writer), return_exceptions=True)


async def pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Passes bytes on until one side ends."""
    try:
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    finally:
        sink.close()


@asynccontextmanager
async def proxy(*, refuse: bool = False) -> AsyncIterator[Proxy]:
    subject = Proxy(refuse=refuse)
    server = await asyncio.start_server(subject.serve, "127.0.0.1", 0)
    subject.port = server.sockets[0].getsockname()[1]
    try:
        yield subject
    finally:
        server.close()


async def test_everything_goes_through_the_proxy(sandbox: SandboxProcess, tmp_path: Path) -> None:
    async with proxy() as between:
        settings = ProxySettings(type="socks5", host="127.0.0.1", port=between.port)
        async with logged_in(sandbox, tmp_path / "session.json", proxy=settings) as account:
            assert await account.account()
        assert between.served == 2  # the exchange of keys, and the connection


async def test_a_proxy_that_refuses_is_named(sandbox: SandboxProcess, tmp_path: Path) -> None:
    async with proxy(refuse=True) as between:
        settings = ProxySettings(type="socks5", host="127.0.0.1", port=between.port)
        with pytest.raises(Unreachable, match=r"proxy"):
            async with connected(sandbox, tmp_path / "session.json", proxy=settings):
                pass


async def test_a_proxy_that_is_not_there_is_named(sandbox: SandboxProcess, tmp_path: Path) -> None:
    settings = ProxySettings(type="socks5", host="127.0.0.1", port=1)
    with pytest.raises(Unreachable, match=r"proxy"):
        async with connected(sandbox, tmp_path / "session.json", proxy=settings):
            pass
