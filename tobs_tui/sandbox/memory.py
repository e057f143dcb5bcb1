"""What a sandbox keeps for its next run beside its key: the authorisation keys and logins, so that clients stay logged in."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tobs_tui.sandbox.centre import DataCentre
from tobs_tui.sandbox.keys import KeyState, Login
from tobs_tui.sandbox.logins import Logins

log = logging.getLogger(__name__)

KEPT_KEYS = 200
"""Keys that are kept for each data centre; the newest are."""


class _Key(msgspec.Struct, frozen=True):
    """A key of one data centre; `login` is the place of its login in the list, -1 for none."""

    dc: int
    key: bytes
    salt: int
    login: int
    inited: bool


class _Login(msgspec.Struct, frozen=True):
    user_id: int
    ended: str


class _Memory(msgspec.Struct, frozen=True):
    logins: list[_Login]
    keys: list[_Key]


def remember(file: Path, centres: Iterable[DataCentre], logins: Logins) -> None:
    """Writes `file` (0600), whole or not at all. Raises OSError."""
    held = [(centre.id, key) for centre in centres for key in list(centre.keys.values())[-KEPT_KEYS:]]
    alive = {id(key.login) for _, key in held}
    kept = [login for login in logins.logins if id(login) in alive]
    places = {id(login): place for place, login in enumerate(kept)}
    keys = [_Key(dc, key.key, key.salt, places.get(id(key.login), -1), key.inited) for dc, key in held]
    body = msgspec.json.encode(_Memory([_Login(login.user_id, login.ended) for login in kept], keys))
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(body)
    fresh.replace(file)


def recall(file: Path, centres: Iterable[DataCentre], logins: Logins) -> None:
    """Takes in what `remember` wrote; nothing where there is no file or a damaged one. Raises OSError."""
    if not file.exists():
        return
    try:
        memory = msgspec.json.decode(file.read_bytes(), type=_Memory)
    except msgspec.DecodeError as error:
        log.warning("%s is damaged (%s): clients must log in again", file, error)
        return
    logins.logins = [Login(login.user_id, login.ended) for login in memory.logins]
    known = {centre.id: centre for centre in centres}
    for kept in (key for key in memory.keys if key.dc in known):
        login = logins.logins[kept.login] if 0 <= kept.login < len(logins.logins) else None
        known[kept.dc].learn(KeyState(kept.key, kept.salt, login=login, inited=kept.inited))
