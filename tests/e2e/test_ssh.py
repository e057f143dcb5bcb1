"""A terminal that is far away: the app over SSH, on loopback, and a line that is cut."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from tests.cli.conftest import Home
from tests.e2e.conftest import FAST, MESSAGES, SLOW, SMALL, WIDE, User
from tests.e2e.journey import block_ids
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tests.support.terminal import CTRL_Q, ENTER, Picture, Terminal, on_pty


class Session:
    """One SSH session as its client sees it."""

    def __init__(self, process: asyncssh.SSHClientProcess[bytes]) -> None:
        self.process = process
        self.picture = Picture(WIDE)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Read until something holds; the test's time-out is the limit."""
        while not holds():
            data = await self.process.stdout.read(1 << 16)
            assert data, f"it ended; the screen is\n{self.picture.text}"
            self.picture.feed(data)

    async def shows(self, *words: str) -> None:
        await self.until(lambda: all(word in self.picture.text for word in words))

    async def settle(self) -> None:
        """Read until nothing has been written for a moment."""
        with suppress(TimeoutError):
            while data := await asyncio.wait_for(self.process.stdout.read(1 << 16), 0.3):
                self.picture.feed(data)

    async def end(self) -> None:
        """Read to the end."""
        while data := await self.process.stdout.read(1 << 16):
            self.picture.feed(data)
        await self.process.wait_closed()

    def type(self, keys: bytes) -> None:
        self.process.stdin.write(keys)

    def resize(self, size: tuple[int, int]) -> None:
        self.picture.resize(size)
        self.process.change_terminal_size(*size)


@dataclass
class Host:
    """The machine at the other end: whoever connects gets the app; `ended` are its exit codes."""

    user: User
    server: asyncssh.SSHAcceptor
    options: dict[str, object]
    ended: asyncio.Queue[int] = field(default_factory=asyncio.Queue)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[tuple[asyncssh.SSHClientConnection, Session]]:
        async with asyncssh.connect("127.0.0.1", self.server.get_port(), **self.options) as client:
            process = await client.create_process(term_type="xterm-256color", term_size=WIDE, encoding=None)
            yield client, Session(process)


@asynccontextmanager
async def host_of(user: User, folder: Path) -> AsyncIterator[Host]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    public = folder / "keys"
    public.write_bytes(key.export_public_key())
    apps: set[asyncio.Task[None]] = set()

    def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
        apps.add(asyncio.create_task(serve_app(host, process)))

    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[key], authorized_client_keys=str(public), process_factory=serve, encoding=None, line_editor=False
    )
    host = Host(user, server, {"client_keys": [key], "known_hosts": None, "username": "ada", "config": None, "agent_path": None})
    async with server:
        yield host
        await asyncio.gather(*apps)


async def serve_app(host: Host, process: asyncssh.SSHServerProcess[bytes]) -> None:
    """What an SSH server does for a session with a terminal: a pty, the program on it, bytes to and fro, and the pty goes with the line."""
    loop = asyncio.get_running_loop()
    with on_pty(host.user.command, host.user.environ(), process.term_size[:2]) as terminal:
        loop.add_reader(terminal.master, lambda: process.stdout.write(take(terminal.master)))
        keys = asyncio.create_task(pass_keys(process, terminal))
        child = asyncio.create_task(asyncio.to_thread(terminal.child.wait))
        await asyncio.wait((keys, child), return_when=asyncio.FIRST_COMPLETED)
        loop.remove_reader(terminal.master)
        if child.done():
            keys.cancel()
            os.set_blocking(terminal.master, False)
            process.stdout.write(take(terminal.master))
            process.exit(child.result())
        else:
            terminal.hang_up()
        host.ended.put_nowait(await child)


def take(descriptor: int) -> bytes:
    """What the program has written; nothing when it has ended."""
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:
        return b""


async def pass_keys(process: asyncssh.SSHServerProcess[bytes], terminal: Terminal) -> None:
    """Until the line is gone."""
    while True:
        try:
            data = await process.stdin.read(1024)
        except asyncssh.TerminalSizeChanged as change:
            terminal.resize((change.width, change.height))
            continue
        except (asyncssh.Error, OSError):
            return
        if not data:
            return
        terminal.send(data)


async def test_a_session_over_ssh(user: User, tmp_path: Path) -> None:
    async with host_of(user, tmp_path) as host, host.session() as (_, session):
        await session.shows("Rust Weekly", "Metrics", "cache saves")
        session.resize(SMALL)
        await session.shows("1 Chats", "3 Metrics")
        session.type(CTRL_Q)
        await session.end()
        assert (session.process.exit_status, session.picture.left_clean) == (0, True)


async def test_after_a_line_that_was_cut_the_queue_goes_on(
    user: User, known_home: Home, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """The vault comes out as that of a run which nothing disturbed, byte for byte."""
    async with host_of(user, tmp_path) as host:
        async with host.session() as (client, session):
            await session.shows("Rust Weekly")
            sandbox.faults(**SLOW)
            await queue_big_chat(session)
            await session.until(lambda: bool(written(user)))
            client.abort()
        assert await host.ended.get() == 128 + signal.SIGHUP
        assert len(written(user)) < MESSAGES
        sandbox.faults(**FAST)
        async with host.session() as (_, session):
            await session.shows("\N{CHECK MARK} done")
            session.type(CTRL_Q)
            await session.end()
        assert await host.ended.get() == 0
    assert len(written(user)) == MESSAGES
    assert written(user) == sorted(set(written(user)))
    assert VaultReader(user.vault.parent).picture() == undisturbed(known_home, sandbox, tmp_path / "other")


async def queue_big_chat(session: Session) -> None:
    """Find it by the filter, and export it as it is offered."""
    session.type(b"/")
    await session.settle()
    for letter in b"big":
        session.type(bytes([letter]))
    await session.until(lambda: "Big chat" in session.picture.line_with(" ▸"))
    session.type(ENTER)
    await session.settle()
    session.type(b" ")
    await session.shows("1 selected")
    session.type(ENTER)
    await session.shows("enter queues")
    session.type(ENTER)
    await session.until(lambda: "enter queues" not in session.picture.text)


def undisturbed(known_home: Home, sandbox: SandboxProcess, folder: Path) -> dict[str, bytes]:
    """The same export by somebody else, without a screen."""
    home = Home(folder)
    shutil.copytree(known_home.folder, home.folder)
    ended = home.run("export", "Big chat", "--config", str(home.settings_for(sandbox)))
    assert ended.returncode == 0, ended.stderr
    return VaultReader(home.folder / "vault").picture()


def written(user: User) -> list[int]:
    return block_ids(user.vault / "Big chat")
