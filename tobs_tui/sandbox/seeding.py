"""Chance that always falls the same way: everything random in the sandbox's account comes from here."""

from __future__ import annotations

import hashlib
import random


def rng(*key: object) -> random.Random:
    """A generator of its own for `key`. Seeded with a string it is the same on every Python version and machine."""
    return random.Random("/".join(map(str, key)))  # noqa: S311 - a made-up account, guards nothing


def number(*key: object, bits: int = 62) -> int:
    """A positive number of up to `bits` bits that depends on `key` alone."""
    digest = hashlib.blake2b("/".join(map(str, key)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "little") & ((1 << bits) - 1)) or 1
