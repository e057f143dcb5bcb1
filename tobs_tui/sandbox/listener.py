"""Where a data centre listens: a port that is kept also while nobody is let in."""

from __future__ import annotations

import asyncio
import socket
from functools import partial

from tobs_tui.sandbox.centre import DataCentre
from tobs_tui.sandbox.connection import Connection


class Listener:
    """The listening socket of one data centre. While it is shut, connections are refused as where nobody listens."""

    def __init__(self, centre: DataCentre, port: int = 0) -> None:
        self._centre = centre
        self._port = port
        self._server: asyncio.Server | None = None
        self._kept: socket.socket | None = None

    async def open(self) -> int:
        """Listens, and returns the port. Raises OSError when it isn't to be had."""
        if self._server is None:
            bound, self._kept = self._kept or self._bound(), None
            factory = partial(Connection, self._centre)
            self._server = await asyncio.get_running_loop().create_server(factory, sock=bound)
        return self._port

    def _bound(self) -> socket.socket:
        """A socket that holds the port but doesn't listen."""
        bound = socket.socket()
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((self._centre.host, self._port))
        except OSError:
            bound.close()
            raise
        self._port = bound.getsockname()[1]
        return bound

    def shut(self) -> None:
        """Listens no more, keeps the port, and cuts what is connected."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._kept = self._bound()
        self.cut()

    def cut(self) -> None:
        """Cuts every connection."""
        for connection in tuple(self._centre.connections):
            connection.cut()

    async def close(self) -> None:
        """Ends for good."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self.cut()
        if server is not None:
            await server.wait_closed()
        if self._kept is not None:
            self._kept.close()
