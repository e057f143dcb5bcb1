"""Writes what the first start asked for into the settings file, and leaves the rest of the file as its owner wrote it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from tobs_tui.errors import SettingsError
from tobs_tui.settings import Settings, check_settings, load_settings


def save_setup(file: Path, vault: str = "", api_id: int = 0, api_hash: str = "") -> Settings:
    """Set `[vault] path` and `[telegram] api_id, api_hash` in `file` (made with mode 0600, changed as a whole).

    What is empty isn't touched. Returns the settings as they are then. Raises SettingsError; the file is as before.
    """
    values: dict[str, dict[str, Any]] = {"vault": {"path": vault}, "telegram": {"api_id": api_id, "api_hash": api_hash}}
    document = _document(file)
    for table, keys in values.items():
        _set(document, table, {key: value for key, value in keys.items() if value}, file)
    check_settings(document.unwrap(), str(file))
    _write(file, tomlkit.dumps(document))
    return load_settings(file)


def _document(file: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(file.read_text("utf-8")) if file.exists() else tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} isn't valid TOML", str(error), "Mend the file") from error
    except OSError as error:
        raise SettingsError(f"{file} can't be read", error.strerror or str(error)) from error


def _set(document: tomlkit.TOMLDocument, name: str, values: Mapping[str, Any], file: Path) -> None:
    if not values:
        return
    table = document.setdefault(name, tomlkit.table())
    if not isinstance(table, Mapping):
        raise SettingsError(f"{file}: {name} has a value that isn't allowed", "it must be a table", f"Write [{name}]")
    for key, value in values.items():
        document[name][key] = value


def _write(file: Path, text: str) -> None:
    """Replace the file as a whole, behind a link where it is one; mkstemp makes its file with mode 0600."""
    target = file.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(prefix=".settings-", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as fresh:
                fresh.write(text)
                fresh.flush()
                os.fsync(fresh.fileno())
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"{file} can't be written", error.strerror or str(error)) from error
