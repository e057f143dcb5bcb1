"""What is typed into forms, made into values; errors in words."""

from __future__ import annotations

import re
from pathlib import Path


class Invalid(ValueError):
    """What was typed can't be used; the text says why, to the user."""


def parse_vault(text: str) -> str:
    """The absolute path of a vault's folder. `~` is the home folder. Raises Invalid."""
    stripped = text.strip()
    if not stripped:
        raise Invalid("A folder is needed, such as ~/notes")
    if "\0" in stripped:
        raise Invalid("A path can't hold that character")
    try:
        path = Path(stripped).expanduser()
    except RuntimeError as error:
        raise Invalid("There is no such user") from error
    if not path.is_absolute():
        raise Invalid("The whole path is needed, from / or ~")
    return str(path)


def parse_phone(text: str) -> str:
    """A phone number with its country's code, as digits after a plus. Raises Invalid."""
    digits = re.sub(r"[\s().\-]", "", text)
    number = digits.removeprefix("+").removeprefix("00")
    if not number.isascii() or not number.isdigit() or not 5 <= len(number) <= 15:
        raise Invalid("A phone number is needed, with the country's code, such as +49 170 1234567")
    return f"+{number}"


def parse_api_id(text: str) -> int:
    """The application's id. Raises Invalid."""
    stripped = text.strip()
    if not stripped.isascii() or not stripped.isdigit() or not 0 < int(stripped) < 1 << 31:
        raise Invalid("api_id is a number, such as 1234567")
    return int(stripped)


def parse_api_hash(text: str) -> str:
    """The application's hash. Raises Invalid."""
    stripped = text.strip()
    if not re.fullmatch("[0-9a-fA-F]{32}", stripped):
        raise Invalid("api_hash has 32 characters, each a digit or a letter from a to f")
    return stripped.lower()
