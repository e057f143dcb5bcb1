"""Two-step passwords: the server's side of SRP (core.telegram.org/api/srp)."""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import pbkdf2_hmac, sha256

from telethon.tl import types

from tobs_tui.sandbox.answers import RpcError
from tobs_tui.sandbox.keys import DH_G, DH_PRIME

SIZE = 256
KEPT = 20
SALT1, SALT2 = b"sandbox1" * 2, b"sandbox2" * 2


def _hash(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def _bytes(number: int) -> bytes:
    return number.to_bytes(SIZE, "big")


@lru_cache(maxsize=8)
def _verifier(password: str) -> int:
    """g to the power of the salted hash of the password: a tenth of a second of work, done once."""
    inner = _hash(SALT2, _hash(SALT1, password.encode(), SALT1), SALT2)
    x = _hash(SALT2, pbkdf2_hmac("sha512", inner, SALT1, 100_000), SALT2)
    return pow(DH_G, int.from_bytes(x, "big"), DH_PRIME)


@dataclass(frozen=True, slots=True)
class _Challenge:
    password: str
    secret: int
    public: int


@dataclass(slots=True)
class PasswordCheck:
    """The challenges that are open. Each is good for one try."""

    _open: dict[int, _Challenge] = field(default_factory=dict, repr=False)

    def challenge(self, password: str, hint: str) -> types.account.Password:
        """`account.password` with a fresh challenge; without one for an empty password."""
        new = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(b"new-salt", SALT2, DH_G, _bytes(DH_PRIME))
        secure = types.SecurePasswordKdfAlgoPBKDF2HMACSHA512iter100000(b"new-salt")
        if not password:
            return types.account.Password(new, secure, os.urandom(SIZE), has_password=False)
        srp_id = secrets.randbits(62)
        k = int.from_bytes(_hash(_bytes(DH_PRIME), _bytes(DH_G)), "big")
        secret = secrets.randbits(2048)
        public = (k * _verifier(password) + pow(DH_G, secret, DH_PRIME)) % DH_PRIME
        if len(self._open) >= KEPT:
            del self._open[next(iter(self._open))]
        self._open[srp_id] = _Challenge(password, secret, public)
        algo = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(SALT1, SALT2, DH_G, _bytes(DH_PRIME))
        return types.account.Password(
            new, secure, os.urandom(SIZE), has_password=True, current_algo=algo, srp_B=_bytes(public), srp_id=srp_id, hint=hint or None
        )

    def verify(self, proof: types.InputCheckPasswordSRP) -> None:
        """Raises RpcError unless the proof shows that its maker knows the password."""
        challenge = self._open.pop(proof.srp_id, None)
        if challenge is None:
            raise RpcError(400, "SRP_ID_INVALID")
        a = int.from_bytes(proof.A, "big")
        if not 1 < a < DH_PRIME - 1 or not hmac.compare_digest(_expected(challenge, a), proof.M1):
            raise RpcError(400, "PASSWORD_HASH_INVALID")


def _expected(challenge: _Challenge, a: int) -> bytes:
    """M1 of a client that knows the password and chose `a` as its public half."""
    u = int.from_bytes(_hash(_bytes(a), _bytes(challenge.public)), "big")
    shared = pow(a * pow(_verifier(challenge.password), u, DH_PRIME), challenge.secret, DH_PRIME)
    mixed = bytes(x ^ y for x, y in zip(_hash(_bytes(DH_PRIME)), _hash(_bytes(DH_G)), strict=True))
    return _hash(mixed, _hash(SALT1), _hash(SALT2), _bytes(a), _bytes(challenge.public), _hash(_bytes(shared)))
