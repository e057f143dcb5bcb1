"""The door: the app by default, and every errand that needs no screen.

Imports that cost time stand where they are needed, so that `--version` and `--help` answer at once
and `export` never loads the screen's toolkit.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tobs_tui import __version__
from tobs_tui.errors import ExitCode, SettingsError, TobsError, UsageError
from tobs_tui.signals import Interrupted

if TYPE_CHECKING:
    from tobs_tui.engine.face import EngineFace
    from tobs_tui.engine.snapshot import JobReport
    from tobs_tui.model import ExportOptions
    from tobs_tui.paths import Paths
    from tobs_tui.settings import Settings

CRASHED = 70
"""EX_SOFTWARE of sysexits.h: a fault of the program itself."""

_MINUS = "\N{MINUS SIGN}"
log = logging.getLogger("tobs_tui.cli")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Door:
    """The options that every command takes, before its name and behind it."""

    config: Path | None = None
    demo: bool = False
    debug: bool = False

    def joined(self, other: Door) -> Door:
        return Door(other.config or self.config, other.demo or self.demo, other.debug or self.debug)


@dataclass(frozen=True, slots=True)
class Place:
    """Settings, folders and an engine to work with."""

    settings: Settings
    paths: Paths
    engine: EngineFace


def door_options(command: F) -> F:
    """`--demo`, `--config FILE` and `--debug`, handed over as one `door`."""

    def with_door(*args: Any, config: Path | None, demo: bool, debug: bool, **options: Any) -> Any:
        context = click.get_current_context()
        door = (context.obj or Door()).joined(Door(config, demo, debug))
        context.obj = door
        return command(*args, door=door, **options)

    with_door.__name__ = command.__name__
    with_door.__doc__ = command.__doc__
    config = click.option("--config", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Use this settings file.")
    demo = click.option("--demo", is_flag=True, help="Use a made-up account on this machine, in folders of its own.")
    debug = click.option("--debug", is_flag=True, help="Write more into the log file.")
    return config(demo(debug(with_door)))  # type: ignore[return-value] # click's decorators keep the kind of what they decorate


class ChatsCommand(click.Command):
    """A command whose arguments may be marked ids such as -1001234: a minus and digits is never an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [re.sub(r"^-(?=\d+$)", _MINUS, arg) for arg in args])


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="tobs-tui", message="%(prog)s %(version)s")
@door_options
def cli(door: Door) -> int:
    """Telegram chats as Markdown notes and media in an Obsidian vault. Without a command, the full-screen app opens."""
    if click.get_current_context().invoked_subcommand:
        return ExitCode.OK
    if door.demo and not _has_terminal():
        return _export(door, (), _default_options, as_json=False)
    return _app(door)


@cli.command(cls=ChatsCommand, short_help="Export chats into the vault.")
@click.argument("chats", nargs=-1, metavar="CHAT…")
@click.option("--all", "all_chats", is_flag=True, help="Every chat of the account, with the archive.")
@click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="Of a forum only this topic (id or exact title); may come again.")
@click.option("--vault", metavar="DIR", help="The vault's folder.")
@click.option("--since", metavar="D", help="From this date or date-time on (2025-01-30, 2025-01-30T14:05), in the vault's time zone.")
@click.option("--until", metavar="D", help="Up to this date or date-time, which isn't part of it any more.")
@click.option("--media", metavar="KINDS", help="none, all, or kinds with commas between: photo,video,…")
@click.option("--max-size", metavar="SIZE", help="No file larger than this (20MB, 1.5GiB; 0: any).")
@click.option("--extensions", metavar="LIST", help="Of documents these alone (pdf,epub), or all but these (!zip,!exe).")
@click.option("--notes", type=click.Choice(["month", "day", "chat", "post"]), help="What one note holds.")
@click.option("--comments/--no-comments", default=None, help="Export the discussion group of each channel beside it.")
@click.option("--look-back", metavar="N", type=click.IntRange(0, 2**31 - 1), help="Look for edits in the newest N messages (0: don't).")
@click.option("--deleted", type=click.Choice(["mark", "keep"]), help="What becomes of messages that were deleted at Telegram.")
@click.option("--restore", is_flag=True, default=None, help="Write notes again that were deleted from the vault.")
@click.option("--dry-run", is_flag=True, help="Only estimate what it would bring: messages, files, requests, time, room. Writes nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finished chat on stdout; of an estimate, one in all.")
@door_options
def export(
    door: Door, chats: tuple[str, ...], all_chats: bool, topics: tuple[str, ...], dry_run: bool, as_json: bool, **choices: Any
) -> int:
    """Export chats: by id (bare or marked), @name, t.me link or exact title."""
    if bool(chats) == all_chats:
        raise UsageError("Nothing to export" if not chats else "Chats and --all together", todo="Name chats, or give --all")
    if topics and len(chats) != 1:
        raise UsageError("Topics are of one forum", "--topic needs exactly one chat", "Export one forum at a time")
    names = tuple(re.sub(f"^{_MINUS}(?=\\d+$)", "-", chat) for chat in chats)
    work = _estimate if dry_run else _export
    return work(door, names, lambda settings: _chosen_options(settings, choices), as_json=as_json, topics=topics)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a chat.")
@door_options
def chats(door: Door, as_json: bool) -> int:
    """List the account's chats."""
    from tobs_tui.headless import list_chats
    from tobs_tui.listing import chat_object, chat_table
    from tobs_tui.options import zone_name

    with _opened(door) as place:
        listed = list_chats(place.engine)
        zone = zone_name(place.settings)
        if as_json:
            for row in listed.rows:
                _print_json(chat_object(row, listed.folders, zone))
        else:
            for line in chat_table(listed, zone):
                _print(line)
    return ExitCode.OK


@cli.command()
@door_options
def login(door: Door) -> int:
    """Log in by phone, code and password, asked on the terminal."""
    from tobs_tui.headless import log_in

    with _opened(door, ask_for_api=True) as place:
        log_in(place.engine)
    return ExitCode.OK


@cli.command()
@door_options
def logout(door: Door) -> int:
    """End the session at the server and forget it here. Notes stay."""
    from tobs_tui.headless import log_out

    with _opened(door) as place:
        log_out(place.engine)
    return ExitCode.OK


@cli.command(short_help="Check a vault's files, without asking Telegram.")
@click.option("--vault", metavar="DIR", help="The vault's folder.")
@click.option("--repair", is_flag=True, help="Fetch again what is missing or changed, by an export of its chats.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@door_options
def verify(door: Door, vault: str | None, repair: bool, as_json: bool) -> int:
    """Check a vault's files against what was recorded when they came, without asking Telegram."""
    from tobs_tui.options import vault_path
    from tobs_tui.verify import Place, as_object, chats_to_repair, exit_wrong, lines
    from tobs_tui.verify import verify as check

    folders, settings, identity = _known(door)
    place = Place(folders, identity or "", vault_path(settings.vault.path if vault is None else vault))
    found, repaired = check(place, queue=repair), 0
    if repair and (chats := chats_to_repair(found)):
        if not as_json:
            _print_all(lines(found))
        wrong = found.repairable
        _export(door, chats, lambda settings: _chosen_options(settings, {"vault": place.vault}), as_json=False, some=True)
        found = check(place, expected={finding.path for finding in found.findings if finding.repairable})
        repaired = wrong - found.repairable
    if as_json:
        _print_json(as_object(place, found, repaired))
    else:
        _print_all(lines(found))
    return ExitCode.INCOMPLETE if exit_wrong(found) else ExitCode.OK


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@door_options
def paths(door: Door, as_json: bool) -> int:
    """Say where settings, session, cache, log and vault lie."""
    places = _places(door)
    if as_json:
        _print_json(places)
    else:
        for name, place in places.items():
            _print(f"{name:<8} {place or 'not made yet'}")
    return ExitCode.OK


def _known(door: Door) -> tuple[Paths, Settings, str | None]:
    """Folders, settings and the server's identity, as far as they are known without asking anybody."""
    from tobs_tui.paths import Paths, server_identity
    from tobs_tui.settings import load_settings

    if door.demo:
        from tobs_tui.demo import demo_key, demo_settings

        demo = Paths.of_demo(door.config)
        return demo, demo_settings(demo), server_identity(str(key)) if (key := demo_key(demo)).exists() else None
    folders = Paths.of_platform(door.config)
    settings = load_settings(folders.config_file)
    return folders, settings, server_identity(settings.telegram.server.public_key if settings.telegram.server else "")


def _places(door: Door) -> dict[str, str | None]:
    from tobs_tui.options import vault_path

    folders, settings, identity = _known(door)
    return {
        "config": str(folders.config_file),
        "data": str(folders.data),
        "session": str(folders.session_file(identity)) if identity else None,
        "cache": str(folders.cache_file(f"{identity}-*")) if identity else None,  # one for each account
        "lock": str(folders.lock_file(identity)) if identity else None,
        "log": str(folders.log_file),
        "vault": vault_path(settings.vault.path),
    }


def _has_terminal() -> bool:
    """Whether somebody sits there: the app reads stdin and draws on stderr."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _app(door: Door) -> int:
    if not _has_terminal() or os.environ.get("TERM") == "dumb":
        raise UsageError("The app needs a terminal", "there is none here, or one that can't draw", "Use tobs-tui export, see --help")
    from tobs_tui.ui.app import run_app

    with _opened(door, keep_queue=True, needs_api=False) as place:
        if door.demo:
            _tell_vault(place.settings.vault.path)
        return run_app(place.settings, place.paths, place.engine)


def _export(
    door: Door,
    names: Sequence[str],
    choose: Callable[[Settings], ExportOptions],
    *,
    as_json: bool,
    topics: Sequence[str] = (),
    some: bool = False,
) -> int:
    from tobs_tui.headless import export_chats

    code = ExitCode.OK
    with _opened(door) as place:
        options = _checked(door, choose(place.settings))
        with closing(export_chats(place.engine, names, options, topics, some=some)) as ends:
            for end in ends:
                code = max(code, end.exit_code)
                if as_json:
                    _print_json(end.report)
    return code


def _estimate(
    door: Door, names: Sequence[str], choose: Callable[[Settings], ExportOptions], *, as_json: bool, topics: Sequence[str] = ()
) -> int:
    """What an export would bring. A chat that can't be asked makes it incomplete."""
    from tobs_tui.headless import estimate_export
    from tobs_tui.listing import estimate_object, estimate_table

    with _opened(door) as place:
        estimate = estimate_export(place.engine, names, _checked(door, choose(place.settings)), topics)
    if as_json:
        _print_json(estimate_object(estimate))
    else:
        for line in estimate_table(estimate):
            _print(line)
    return ExitCode.INCOMPLETE if any(chat.why for chat in estimate.each) else ExitCode.OK


def _checked(door: Door, options: ExportOptions) -> ExportOptions:
    """The options; those of the demo never lead to the user's own vault."""
    if door.demo:
        from tobs_tui.demo import check_demo_vault
        from tobs_tui.paths import Paths

        check_demo_vault(options.vault, Paths.of_demo(door.config))
        _tell_vault(options.vault)
    return options


def _tell_vault(path: str) -> None:
    from tobs_tui.headless import say

    say(f"The demo's vault: {path}")


def _default_options(settings: Settings) -> ExportOptions:
    from tobs_tui.options import export_options

    return export_options(settings)


def _chosen_options(settings: Settings, choices: Mapping[str, Any]) -> ExportOptions:
    from tobs_tui.model import Deleted, Layout
    from tobs_tui.options import check_span, export_options, parse_extensions, parse_media, parse_moment, parse_size, vault_path

    options = export_options(settings)
    parsers: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "vault": ("vault", vault_path),
        "since": ("since", lambda text: parse_moment(text, options.timezone)),
        "until": ("until", lambda text: parse_moment(text, options.timezone)),
        "media": ("media", parse_media),
        "max_size": ("max_size", parse_size),
        "extensions": ("extensions", parse_extensions),
        "notes": ("layout", Layout),
        "comments": ("comments", bool),
        "restore": ("restore", bool),
        "look_back": ("look_back", int),
        "deleted": ("deleted", Deleted),
    }
    changes = {field: parse(text) for name, (field, parse) in parsers.items() if (text := choices.get(name)) is not None}
    chosen = replace(options, **changes)
    check_span(chosen)
    return chosen


@contextmanager
def _opened(door: Door, *, keep_queue: bool = False, needs_api: bool = True, ask_for_api: bool = False) -> Iterator[Place]:
    """The account that the options lead to: the real one, or the demo's with its server."""
    from tobs_tui.logs import hide, hook_crashes, start_logging
    from tobs_tui.paths import Paths

    folders = Paths.of_demo(door.config) if door.demo else Paths.of_platform(door.config)
    folders.create()
    start_logging(folders.log_file, debug=door.debug)
    hook_crashes()
    if door.demo:
        from tobs_tui.demo import Demo

        with Demo(folders, keep_queue) as demo:
            yield Place(demo.settings, folders, demo)
        return
    settings = _settings(door, folders, needs_api=needs_api, ask_for_api=ask_for_api)
    hide(settings.telegram.api_hash, settings.telegram.proxy.password if settings.telegram.proxy else "")
    from tobs_tui.engine.engine import Engine

    yield Place(settings, folders, Engine(settings, folders, keep_queue))


def _settings(door: Door, folders: Paths, *, needs_api: bool, ask_for_api: bool) -> Settings:
    from tobs_tui.settings import load_settings

    if needs_api and not ask_for_api and door.config and not door.config.exists():
        raise SettingsError(f"{door.config} doesn't exist", todo="Name a settings file that does")
    settings = load_settings(folders.config_file)
    if not needs_api or (settings.telegram.api_id and settings.telegram.api_hash):
        return settings
    if ask_for_api:
        return _ask_for_api(folders.config_file)
    missing = f"{folders.config_file}: telegram.api_id and telegram.api_hash are needed"
    raise SettingsError(missing, "they name the application to Telegram", "Get them at https://my.telegram.org, then run tobs-tui login")


def _ask_for_api(file: Path) -> Settings:
    from tobs_tui.headless import ask_line, say
    from tobs_tui.logs import hide
    from tobs_tui.setup import save_setup

    say("Telegram wants to know the application by an id and a hash of its own: get them at https://my.telegram.org, API development tools")
    api_id = ask_line("api_id")
    api_hash = ask_line("api_hash")
    hide(api_hash)
    if not (api_id.isascii() and api_id.isdigit() and api_hash):
        raise SettingsError("api_id is a number, api_hash 32 letters and digits", todo="Run tobs-tui login again")
    return save_setup(file, api_id=int(api_id), api_hash=api_hash)


def _print(line: str) -> None:
    _write(f"{line}\n".encode("utf-8", "replace"))


def _print_all(lines: Iterable[str]) -> None:
    from tobs_tui.display import display_text

    for line in lines:
        _print(display_text(line))


def _print_json(record: JobReport | dict[str, Any]) -> None:
    import orjson

    _write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))


def _write(data: bytes) -> None:
    """To stdout, at once; nowhere if it is closed. Nobody reads any more: an end as by SIGPIPE, which Python ignores. Raises TobsError."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise Interrupted(getattr(signal, "SIGPIPE", signal.SIGTERM)) from error
    except OSError as error:
        raise TobsError("The output can't be written", error.strerror or str(error)) from error


def main(args: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code (`ExitCode`, 128 + n for a signal, 70 for a crash)."""
    code = _guarded(args)
    flush_streams()
    return code


def flush_streams() -> None:
    """Write out what is left for stdout and stderr. Where nobody is to take it, drop it: else the interpreter's own flush ends with 120."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: closed before the start
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _guarded(args: Sequence[str] | None) -> int:
    from tobs_tui.display import display_text

    try:
        result = cli.main(args=args, prog_name="tobs-tui", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except TobsError as error:
        click.echo(f"tobs-tui: {display_text(str(error))}", err=True)
        return error.exit_code
    except Interrupted as interrupted:
        return interrupted.exit_code
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.SIGNAL + signal.SIGINT
    except Exception:
        from tobs_tui.logs import ready_for_crash

        ready_for_crash()
        log.exception("crashed")
        click.echo("tobs-tui: A fault of the program ended it; the log file (tobs-tui paths) tells more", err=True)
        return CRASHED
    return int(result or 0)
