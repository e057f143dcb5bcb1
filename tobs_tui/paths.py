"""Where the program's own files lie: in the platform's folders, apart for each server and for the demo.

Settings, session, cache, lock and log are private: folders are made with mode 0700. The vault isn't here: it is the user's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from tobs_tui.errors import CacheError, SettingsError

APP = "tobs-tui"
TELEGRAM = "telegram"
_PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class Paths:
    """The places of one installation. An *identity* names the server whose session and cache a file holds (`server_identity`)."""

    config_file: Path
    data: Path
    logs: Path

    @classmethod
    def of_platform(cls, config: Path | None = None) -> Paths:
        """The platform's folders, with the settings in `config` where one is given."""
        dirs = platformdirs.PlatformDirs(APP, appauthor=False)
        return cls((config or dirs.user_config_path / "settings.toml").absolute(), dirs.user_data_path, dirs.user_log_path)

    @classmethod
    def of_demo(cls, config: Path | None = None) -> Paths:
        """The demo's own folders below the platform's: nothing in them is ever that of a real account."""
        real = cls.of_platform()
        return cls((config or real.config_file.parent / "demo" / "settings.toml").absolute(), real.data / "demo", real.logs / "demo")

    @property
    def log_file(self) -> Path:
        return self.logs / "tobs-tui.log"

    def session_file(self, identity: str) -> Path:
        """The login: who holds it is the account."""
        return self.data / f"{identity}.session"

    def cache_file(self, identity: str) -> Path:
        return self.data / f"{identity}.sqlite"

    def lock_file(self, identity: str) -> Path:
        return self.data / f"{identity}.lock"

    def create(self) -> None:
        """Make the data and log folders. Raises CacheError."""
        for folder in (self.data, self.logs):
            private_folder(folder)


def private_folder(folder: Path) -> None:
    """Make `folder` (and its parents) for this user alone. Raises CacheError when it can't be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
        if folder.stat().st_mode & 0o077:
            folder.chmod(_PRIVATE)
    except OSError as error:
        raise CacheError(f"The folder {folder} can't be made", error.strerror or str(error), "Free the place or the rights") from error


def server_identity(public_key: str = "") -> str:
    """Names the server behind a PEM file (the `public_key` of `[telegram.server]`); Telegram's own for an empty path.

    A server is who holds the key, so that a session never meets another server. Raises SettingsError.
    """
    if not public_key:
        return TELEGRAM
    try:
        file = Path(public_key).expanduser()
        lines = file.read_text("ascii").split("\n")
        key = base64.b64decode("".join(line.strip() for line in lines if not line.startswith("-----")), validate=True)
    except RuntimeError as error:
        raise SettingsError(f"telegram.server.public_key: {public_key} leads nowhere", "there is no such home folder") from error
    except (OSError, UnicodeDecodeError, binascii.Error) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else "it isn't a PEM file"
        todo = "Give the path of the server's public key"
        raise SettingsError(f"telegram.server.public_key: {file} can't be used", reason, todo) from error
    return f"server-{hashlib.sha256(key).hexdigest()[:16]}"
