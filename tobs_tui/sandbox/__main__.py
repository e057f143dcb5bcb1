"""`python -m tobs_tui.sandbox`: the sandbox in a process of its own.

The first line on stdout is a JSON object with all that a client needs. Then each line of JSON on stdin is done and answered by one line::

    {"faults": {"rtt_ms": 50, "floods": {"messages.getHistory": {"seconds": 3}}}}     -> {"ok": true}
    {"faults": {"drop_now": true}}                                                    -> {"ok": true}
    {"stats": true}   or   {"stats": {"log": true, "reset": true}}                    -> {"ok": true, "stats": {…}}
    {"world": {…}}    see changes.py                                                  -> {"ok": true, "world": {…}}
    anything wrong                                                                    -> {"error": "…"}

It ends when stdin does, so that it dies with whoever started it; with `--forever` only by a signal.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import orjson

from tobs_tui.sandbox.articles import ArticleServer
from tobs_tui.sandbox.faults import Faults
from tobs_tui.sandbox.keys import RsaKey
from tobs_tui.sandbox.server import Sandbox
from tobs_tui.sandbox.world import World


@click.command()
@click.option("--seed", default=1, show_default=True, help="The account, and every random fault, are the same for the same seed.")
@click.option("--chats", default=0, help="So many small chats more.")
@click.option("--messages", default=0, help="A supergroup with so many messages.")
@click.option("--second-big", is_flag=True, help="Another such supergroup.")
@click.option("--files", nargs=2, type=int, default=(0, 0), metavar="COUNT BYTES", help="A chat with so many documents of that size.")
@click.option("--topics", default=0, help="A forum with so many topics.")
@click.option("--password/--no-password", default=True, help="Whether the account has a two-step password.")
@click.option("--port", default=0, help="Port of the account's own data centre; by default the system chooses.")
@click.option("--key", "key_file", type=click.Path(path_type=Path, dir_okay=False), help="Keeps key and logins for the next run.")
@click.option("--rtt-ms", default=0.0, help="Round-trip time, in milliseconds.")
@click.option("--bandwidth", default=0, help="Bytes a second of each connection.")
@click.option("--faults", "faults_json", default="{}", help="Faults as JSON, as in {'faults': …} on stdin.")
@click.option("--forever", is_flag=True, help="Don't end with stdin.")
@click.option("--debug", is_flag=True, help="Tell on stderr what connections do.")
def main(
    seed: int,
    chats: int,
    messages: int,
    second_big: bool,
    files: tuple[int, int],
    topics: int,
    password: bool,
    port: int,
    key_file: Path | None,
    rtt_ms: float,
    bandwidth: int,
    faults_json: str,
    forever: bool,
    debug: bool,
) -> None:
    """A Telegram on loopback, with a made-up account, to try things on."""
    logging.basicConfig(level=logging.INFO if debug else logging.ERROR, stream=sys.stderr)
    world = World(seed, chats, messages, files, topics, second_big)
    if not password:
        world.account.password = ""
    try:
        faults = Faults(seed=seed, rtt_ms=rtt_ms, bandwidth=bandwidth)
        faults.change(orjson.loads(faults_json))
        key = RsaKey.kept_in(key_file) if key_file else RsaKey.generate()
        asyncio.run(_serve(Sandbox(world, faults, key, port=port), key_file, forever))
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _public_key(key: RsaKey, key_file: Path | None) -> str:
    """The public key for the first line: a file beside the kept key, or the PEM text."""
    if key_file is None:
        return key.public_pem
    public = key_file.with_name(key_file.name + ".pub").absolute()
    public.write_text(key.public_pem, "ascii")
    return str(public)


async def _serve(sandbox: Sandbox, key_file: Path | None, forever: bool) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers on its loops
            loop.add_signal_handler(number, ended.set)
    with _memory(sandbox, key_file):
        async with ArticleServer(host=sandbox.host) as articles, sandbox:
            _say(_facts(sandbox, _public_key(sandbox.key, key_file), articles.url))
            click.echo(_directions(sandbox), err=True)
            threading.Thread(target=_read_orders, args=(sandbox, loop, ended, forever), daemon=True).start()
            await ended.wait()


@contextlib.contextmanager
def _memory(sandbox: Sandbox, key_file: Path | None) -> Iterator[None]:
    """Keeps clients logged in from run to run, in a file beside the key."""
    if key_file is None:
        yield
        return
    file = key_file.with_name(key_file.name + ".logins")
    sandbox.recall(file)
    yield
    sandbox.remember(file)


def _facts(sandbox: Sandbox, public_key: str, articles: str) -> dict[str, Any]:
    account = sandbox.world.account
    return {
        "dc": sandbox.home,
        "host": sandbox.host,
        "port": sandbox.dcs[sandbox.home],
        "dcs": {str(dc): port for dc, port in sandbox.dcs.items()},
        "public_key": public_key,
        "pem": sandbox.public_key_pem,
        "api_id": account.api_id,
        "api_hash": account.api_hash,
        "phone": account.phone,
        "code": account.code,
        "password": account.password,
        "articles": articles,
    }


def _directions(sandbox: Sandbox) -> str:
    account = sandbox.world.account
    return (
        f"A Telegram listens on {sandbox.host}, port {sandbox.dcs[sandbox.home]} (data centre {sandbox.home}).\n"
        f"API id {account.api_id}, hash {account.api_hash}; phone {account.phone}, code {account.code}, "
        f"{f'password {account.password!r}' if account.password else 'no password'}.\n"
        "Its public key is in the line of JSON on stdout: the value of [telegram.server] public_key, or, as PEM,\n"
        "for telethon.crypto.rsa.add_key(pem, old=False) and client.session.set_dc(dc, host, port)."
    )


def _read_orders(sandbox: Sandbox, loop: asyncio.AbstractEventLoop, ended: asyncio.Event, forever: bool) -> None:
    """Runs in a thread of its own: stdin may be a pipe, a terminal or a file, and only a thread can wait for all of them.

    It is read without Python's buffer: an interpreter that ends while a thread holds that buffer's lock aborts.
    """
    with contextlib.suppress(RuntimeError), open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as orders:  # the loop has ended
        for line in orders:
            if line.strip():
                loop.call_soon_threadsafe(_obey, sandbox, line)
        if not forever:
            loop.call_soon_threadsafe(ended.set)


def _obey(sandbox: Sandbox, line: bytes) -> None:
    try:
        _say(_done(sandbox, orjson.loads(line)))
    except (ValueError, TypeError, KeyError) as error:
        _say({"error": f"{type(error).__name__}: {error}"})


def _done(sandbox: Sandbox, order: dict[str, Any]) -> dict[str, Any]:
    """Does what one line asks for. Raises ValueError, TypeError or KeyError for one that makes no sense."""
    unknown = order.keys() - {"faults", "world", "stats"}
    if unknown:
        raise ValueError(f"unknown order {', '.join(sorted(unknown))}; there are faults, world, stats")
    if "faults" in order:
        sandbox.change(order["faults"])
    answer: dict[str, Any] = {"ok": True}
    if "world" in order:
        answer["world"] = sandbox.world.change(order["world"])
    if order.get("stats"):
        answer["stats"] = _stats(sandbox, order["stats"])
    return answer


def _stats(sandbox: Sandbox, wish: Any) -> dict[str, Any]:
    options = wish if isinstance(wish, dict) else {}
    answer = sandbox.stats.as_json(log=bool(options.get("log")))
    if options.get("reset"):
        sandbox.stats.reset()
    return answer


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
