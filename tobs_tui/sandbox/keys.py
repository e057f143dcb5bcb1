"""Keys: the server's RSA pair, the Diffie-Hellman group, and the authorisation keys that clients agreed on with it."""

from __future__ import annotations

import os
import secrets
from collections import deque
from dataclasses import dataclass, field
from hashlib import sha1
from math import gcd, isqrt, prod
from pathlib import Path

import rsa
from telethon.tl import TLObject

from tobs_tui.sandbox.session import Session

DH_G = 3
DH_PRIME = int(
    "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F48198A0AA7C14058229493D22530F4DBFA336F6E0AC925139543AED44CCE7C37"
    "20FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F642477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4"
    "A4A695811051907E162753B56B0F6B410DBA74D8A84B2A14B3144E0EF1284754FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4"
    "E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F0D8115F635B105EE2E4E15D04B2454BF6F4FADF034B10403119CD8E3B92FCC5B",
    16,
)
"""The safe 2048-bit prime that Telegram uses for key exchange and passwords alike (core.telegram.org/mtproto/auth_key, …/api/srp)."""

RSA_BITS = 2048
RSA_EXPONENT = 65537
MAX_SESSIONS = 64


def primes(start: int, stop: int) -> list[int]:
    """The primes from an odd `start` on, up to and without `stop`, by trial division."""
    return [n for n in range(start, stop, 2) if all(n % d for d in range(3, isqrt(n) + 1, 2))]


_SMALL_PRIMES = primes(3, 2000)
_SMALL_PRODUCT = prod(_SMALL_PRIMES)


@dataclass(frozen=True, slots=True)
class RsaKey:
    """The server's own key pair; a client is given `public_pem` (PKCS#1, as Telethon's `add_key` wants it)."""

    private: rsa.PrivateKey
    fingerprint: int

    @classmethod
    def of(cls, private: rsa.PrivateKey) -> RsaKey:
        return cls(private, _fingerprint(private.n, private.e))

    @classmethod
    def generate(cls) -> RsaKey:
        """A fresh pair of 2048 bits."""
        while True:
            p, q = _prime(RSA_BITS // 2), _prime(RSA_BITS // 2)
            if p != q and gcd(RSA_EXPONENT, (p - 1) * (q - 1)) == 1:
                return cls.of(rsa.PrivateKey(p * q, RSA_EXPONENT, pow(RSA_EXPONENT, -1, (p - 1) * (q - 1)), p, q))

    @classmethod
    def kept_in(cls, file: Path) -> RsaKey:
        """The pair in `file`; generated and written there (0600) on first use.

        Raises OSError, and ValueError for a file that holds no key.
        """
        if file.exists():
            return cls.of(rsa.PrivateKey.load_pkcs1(file.read_bytes()))
        key = cls.generate()
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(key.private.save_pkcs1())
        return key

    @property
    def public_pem(self) -> str:
        return rsa.PublicKey(self.private.n, self.private.e).save_pkcs1().decode("ascii")

    def decrypt(self, block: bytes) -> bytes:
        """Plain RSA without padding: 256 bytes in, 256 out."""
        return pow(int.from_bytes(block, "big"), self.private.d, self.private.n).to_bytes(RSA_BITS // 8, "big")


def _fingerprint(n: int, e: int) -> int:
    """The lower 64 bits of the SHA-1 of both numbers as TL strings (core.telegram.org/mtproto/auth_key)."""
    numbers = (x.to_bytes((x.bit_length() + 7) // 8, "big") for x in (n, e))
    digest = sha1(b"".join(TLObject.serialize_bytes(number) for number in numbers)).digest()  # noqa: S324 - MTProto says SHA-1
    return int.from_bytes(digest[-8:], "little", signed=True)


def _prime(bits: int) -> int:
    """A random prime with its two highest bits set, so that a product of two has twice the bits."""
    while True:
        candidate = secrets.randbits(bits) | (0b11 << (bits - 2)) | 1
        if gcd(candidate, _SMALL_PRODUCT) == 1 and _probably_prime(candidate):
            return candidate


def _probably_prime(n: int, rounds: int = 20) -> bool:
    """Miller and Rabin's test."""
    shift = ((n - 1) & -(n - 1)).bit_length() - 1
    odd = (n - 1) >> shift
    return all(_witnesses(n, odd, shift, secrets.randbelow(n - 3) + 2) for _ in range(rounds))


def _witnesses(n: int, odd: int, shift: int, base: int) -> bool:
    x = pow(base, odd, n)
    if x in (1, n - 1):
        return True
    for _ in range(shift - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False


@dataclass(slots=True)
class Login:
    """One login, shared by the keys of all data centres that it was carried to.

    `ended` is the 401 message of requests after it ended: AUTH_KEY_UNREGISTERED after a log-out, SESSION_REVOKED.
    """

    user_id: int
    ended: str = ""


@dataclass(slots=True)
class KeyState:
    """An authorisation key of one data centre, and what belongs to it.

    `salt` is the one in force, `old_salt` is still accepted. `half_login` is the account whose code was right and whose
    password is still to come.
    """

    key: bytes
    salt: int
    id: int = field(init=False)
    old_salt: int | None = None
    login: Login | None = None
    half_login: int = 0
    inited: bool = False
    sessions: dict[int, Session] = field(default_factory=dict)
    _order: deque[int] = field(default_factory=deque, repr=False)

    def __post_init__(self) -> None:
        self.id = int.from_bytes(sha1(self.key).digest()[-8:], "little", signed=True)  # noqa: S324 - MTProto says SHA-1

    @property
    def user_id(self) -> int:
        return self.login.user_id if self.login is not None and not self.login.ended else 0

    def session(self, session_id: int) -> tuple[Session, bool]:
        """The session of that id, and whether it is new. The oldest is forgotten when there are too many."""
        found = self.sessions.get(session_id)
        if found is not None:
            return found, False
        if len(self._order) >= MAX_SESSIONS:
            self.sessions.pop(self._order.popleft(), None)
        self._order.append(session_id)
        session = self.sessions[session_id] = Session(session_id)
        return session, True

    def forget(self, session_id: int) -> bool:
        """Ends a session; false when there was none."""
        return self.sessions.pop(session_id, None) is not None

    def accepts(self, salt: int) -> bool:
        return salt in (self.salt, self.old_salt)

    def rotate_salt(self) -> None:
        """A new salt, at once: both old ones are refused from now on."""
        self.salt, self.old_salt = int.from_bytes(os.urandom(8), "little", signed=True), None
