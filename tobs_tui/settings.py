"""Settings: one TOML file, checked as a whole, with two secrets that the environment may give.

Unknown keys and bad values raise SettingsError with the file, the key and what is allowed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import available_timezones

import msgspec
from msgspec import Meta

from tobs_tui.content import DEFAULT_MEDIA, MediaKind
from tobs_tui.errors import SettingsError
from tobs_tui.model import LOOK_BACK, Deleted, Layout

Port = Annotated[int, Meta(ge=1, le=65535)]
LARGEST = 2**63 - 1  # what the cache's records hold
Positive = Annotated[int, Meta(ge=1, le=LARGEST)]
EXTENSION = r"^!?[^\s!.,/\\A-Z]+$"
Extension = Annotated[str, Meta(pattern=EXTENSION, description="extensions such as pdf, or !zip to leave them out")]
NotNegative = Annotated[int, Meta(ge=0, le=LARGEST)]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the settings file."""


class ServerSettings(Table, frozen=True):
    """`[telegram.server]`: another MTProto server than Telegram's own. `public_key` is the path of a PEM file."""

    dc: Annotated[int, Meta(ge=1, le=9999)]
    host: Annotated[str, Meta(min_length=1)]
    port: Port
    public_key: Annotated[str, Meta(min_length=1)]


class ProxySettings(Table, frozen=True):
    """`[telegram.proxy]`: how to reach Telegram. `type` is socks5, socks4 or http."""

    type: Annotated[str, Meta(pattern="^(socks5|socks4|http)$", description="socks5, socks4 or http")]
    host: Annotated[str, Meta(min_length=1)]
    port: Port
    username: str = ""
    password: str = ""


class TakeoutChoice(StrEnum):
    """Whether a takeout is asked for: when the user says so on the screen, by itself, or not."""

    ASK = "ask"
    ALWAYS = "always"
    NEVER = "never"


class TelegramSettings(Table, frozen=True):
    """`[telegram]`: the application's own id and hash, from https://my.telegram.org."""

    api_id: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    api_hash: Annotated[str, Meta(pattern="^([0-9a-fA-F]{32})?$", description="32 hexadecimal digits")] = ""
    server: ServerSettings | None = None
    proxy: ProxySettings | None = None
    request_seconds: Seconds = 15.0
    takeout: TakeoutChoice = TakeoutChoice.ASK


class VaultSettings(Table, frozen=True):
    """`[vault]`: where the notes go and how they are cut. `timezone` is an IANA name, empty for the machine's. With
    `comments` the discussion group of a channel is exported beside it. `reserve` are bytes of the disk that are left free. `look_back`
    and `deleted` as in ExportOptions."""

    path: Annotated[str, Meta(min_length=1)] = "~/tobs"
    notes: Layout = Layout.MONTH
    timezone: str = ""
    comments: bool = False
    look_back: NotNegative = LOOK_BACK
    deleted: Deleted = Deleted.KEEP
    reserve: NotNegative = 1024**3


class MediaSettings(Table, frozen=True):
    """`[media]`: which files are downloaded. `max_size` is in bytes, 0 for any size; `extensions` as in ExportOptions."""

    kinds: frozenset[MediaKind] = DEFAULT_MEDIA
    max_size: NotNegative = 0
    extensions: frozenset[Extension] = frozenset()
    attempts: Positive = 50
    parts: Annotated[int, Meta(ge=1, le=64)] = 8
    files: Annotated[int, Meta(ge=1, le=64)] = 6
    connections: Annotated[int, Meta(ge=1, le=4)] = 2


class KeptQueue(StrEnum):
    """What becomes of the queue of an earlier run when the app starts: it goes on by itself, or when the user says so."""

    CONTINUE = "continue"
    ASK = "ask"


class PipelineSettings(Table, frozen=True):
    """`[pipeline]`: how much is buffered, how often it is made durable, how many jobs run at once, and whether a kept queue goes on."""

    flush_messages: Positive = 200
    flush_bytes: Positive = 64 * 1024
    flush_seconds: Seconds = 2.0
    jobs: Annotated[int, Meta(ge=1, le=16)] = 2
    kept_queue: KeptQueue = KeptQueue.CONTINUE


class ArticleSettings(Table, frozen=True):
    """`[articles]`: notes from telegra.ph links. `service` is the address of the service's JSON pages."""

    enabled: bool = True
    service: Annotated[str, Meta(pattern="^https?://[^/]+$", description="https:// and a host, no path")] = "https://api.telegra.ph"
    hosts: tuple[str, ...] = ("telegra.ph", "graph.org", "te.legra.ph")
    limit: Positive = 100
    limit_per_host: Positive = 30
    ttl_dns_cache: NotNegative = 300


class Settings(Table, frozen=True):
    """All settings. Every key has a default but those that only the user knows."""

    telegram: TelegramSettings = TelegramSettings()
    vault: VaultSettings = VaultSettings()
    media: MediaSettings = MediaSettings()
    pipeline: PipelineSettings = PipelineSettings()
    articles: ArticleSettings = ArticleSettings()


def load_settings(file: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in `file` (all defaults where there is none), with `TOBS_API_ID` and `TOBS_API_HASH` over them.

    Raises SettingsError.
    """
    try:
        data = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} isn't valid TOML", str(error), "Mend the file") from error
    except OSError as error:
        raise SettingsError(f"{file} can't be read", error.strerror or str(error)) from error
    settings = check_settings(data, str(file))
    secrets = _secrets(environ)
    if not secrets:
        return settings
    telegram = dict(data.get("telegram", {})) | secrets
    return check_settings(data | {"telegram": telegram}, "the environment (TOBS_API_ID, TOBS_API_HASH)")


def _secrets(environ: Mapping[str, str]) -> dict[str, Any]:
    secrets: dict[str, Any] = {}
    if api_id := environ.get("TOBS_API_ID"):
        secrets["api_id"] = int(api_id) if api_id.isascii() and api_id.isdigit() else api_id
    if api_hash := environ.get("TOBS_API_HASH"):
        secrets["api_hash"] = api_hash
    return secrets


def check_settings(data: Mapping[str, Any], source: str) -> Settings:
    """Settings from parsed TOML. `source` names where they come from, for SettingsError."""
    try:
        settings = msgspec.convert(data, Settings)
    except msgspec.ValidationError as error:
        raise _explained(str(error), source) from error
    zone = settings.vault.timezone
    if zone and zone not in available_timezones():
        allowed = "Allowed: an IANA name such as Europe/Berlin, or empty for the machine's"
        raise SettingsError(f"{source}: vault.timezone is {zone!r}", "no such time zone", allowed)
    return settings


def _explained(message: str, source: str) -> SettingsError:
    """msgspec's `Expected `int`, got `str` - at `$.telegram.api_id`` in our words."""
    reason, _, place = message.partition(" - at `$")
    key = place.rstrip("`").lstrip(".").partition("[")[0]
    if unknown := re.search(r"unknown field `(.*)`", reason):
        name = f"{key}.{unknown[1]}" if key else unknown[1]
        allowed = ", ".join(_table(key).__struct_fields__)
        return SettingsError(f"{source}: unknown key {name}", todo=f"Allowed here: {allowed}")
    return SettingsError(f"{source}: {key or 'the file'} has a value that isn't allowed", _in_words(reason), _allowed(key))


_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "str": "text in quotes",
    "bool": "true or false",
    "array": "a list in brackets",
    "object": "a table",
    "null": "nothing",
}


def _in_words(reason: str) -> str:
    """What msgspec says of types, for people who write TOML. Limits and patterns are left to `_allowed`."""
    if re.search(r"` (matching|of length|[<>]=?) ", reason):
        return ""
    return re.sub(r"`([^`]*)`", lambda quoted: re.sub(r"\w+", lambda word: _TYPES.get(word[0], word[0]), quoted[1]), reason)


def _table(key: str) -> type[msgspec.Struct]:
    """The table behind a dotted key; the whole of the settings for an empty one."""
    table: type[msgspec.Struct] = Settings
    for name in filter(None, key.split(".")):
        kind = next(f.type for f in msgspec.structs.fields(table) if f.name == name)
        members = [kind, *getattr(kind, "__args__", ())]
        table = next(m for m in members if isinstance(m, type) and issubclass(m, msgspec.Struct))
    return table


def _allowed(key: str) -> str:
    """What a key takes, where its type says more than msgspec does: an enum's words, a pattern's description."""
    table, _, name = key.rpartition(".")
    kind = next((f.type for f in msgspec.structs.fields(_table(table)) if f.name == name), None)
    for member in (kind, *getattr(kind, "__args__", ()), *getattr(kind, "__metadata__", ())):
        if isinstance(member, type) and issubclass(member, Enum):
            return f"Allowed: {', '.join(str(each.value) for each in member)}"
        if isinstance(member, Meta) and (range_ := member.description or _range(member)):
            return f"Allowed: {range_}"
    return ""


def _range(limits: Meta) -> str:
    """The numbers between two limits, in words; for text, that it may not be empty."""
    if limits.min_length:
        return "not empty"
    start = f"more than {limits.gt}" if limits.gt is not None else f"{limits.ge}"
    if limits.le in (None, LARGEST):
        return start if limits.ge is None else f"{start} or more"
    return f"{start}{', up' if limits.ge is None else ''} to {limits.le}"
