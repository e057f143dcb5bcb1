"""The key exchange: how a client and one data centre agree on an authorisation key (core.telegram.org/mtproto/auth_key)."""

from __future__ import annotations

import os
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha1, sha256

from telethon.crypto import AES
from telethon.errors import TypeNotFoundError
from telethon.extensions import BinaryReader
from telethon.helpers import generate_key_data_from_nonce
from telethon.tl import TLObject, functions, types

from tobs_tui.sandbox.keys import DH_G, DH_PRIME, KeyState, RsaKey, primes

SAFE = 2 ** (2048 - 64)

_SMALLER, _LARGER = primes(1_009, 2_003), primes(2_147_483_249, 2_147_483_549)
"""Far apart: Telethon's factorisation (Pollard's rho) takes 1 and the product for the factors when it comes upon both factors in the same
step, once in 1,900 exchanges with two primes of 21 bits."""


class ExchangeError(Exception):
    """The client's side of the exchange doesn't hold; the connection ends."""


@dataclass(slots=True)
class Exchange:
    """One exchange on one connection. `answer` takes the client's three requests in order; `agreed` is called with the key in the end."""

    key: RsaKey
    agreed: Callable[[KeyState], None]
    clock: int = 0
    _nonce: int = 0
    _server_nonce: int = 0
    _new_nonce: int = 0
    _primes: tuple[bytes, bytes] = (b"", b"")
    _secret: int = 0
    _aes: tuple[bytes, bytes] = field(default=(b"", b""), repr=False)

    def answer(self, body: bytes) -> TLObject:
        """The answer to one unencrypted request. Raises ExchangeError."""
        request = _read(body)
        if isinstance(request, functions.ReqPqMultiRequest | functions.ReqPqRequest):
            return self._pq(request.nonce)
        if not self._nonce or (getattr(request, "nonce", 0), getattr(request, "server_nonce", 0)) != (self._nonce, self._server_nonce):
            raise ExchangeError("nonces that don't belong to this exchange")
        if isinstance(request, functions.ReqDHParamsRequest):
            return self._parameters(request)
        if isinstance(request, functions.SetClientDHParamsRequest) and self._secret:
            return self._finish(request)
        raise ExchangeError(f"{type(request).__name__} out of turn")

    def _pq(self, nonce: int) -> TLObject:
        self._nonce, self._server_nonce = nonce, _signed(os.urandom(16))
        p, q = secrets.choice(_SMALLER), secrets.choice(_LARGER)
        self._primes = _big(p), _big(q)
        return types.ResPQ(nonce, self._server_nonce, _big(p * q), [self.key.fingerprint])

    def _parameters(self, request: functions.ReqDHParamsRequest) -> TLObject:
        if (request.p, request.q) != self._primes or request.public_key_fingerprint != self.key.fingerprint:
            raise ExchangeError("wrong factors, or another server's key")
        inner = self._inner(self.key.decrypt(request.encrypted_data))
        if (inner.nonce, inner.server_nonce) != (self._nonce, self._server_nonce):
            raise ExchangeError("sealed nonces that don't belong to this exchange")
        self._new_nonce = inner.new_nonce
        self._aes = generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        g_a = 0
        while not SAFE <= g_a <= DH_PRIME - SAFE:
            self._secret = secrets.randbits(2048)
            g_a = pow(DH_G, self._secret, DH_PRIME)
        now = int(time.time()) + self.clock
        data = bytes(types.ServerDHInnerData(self._nonce, self._server_nonce, DH_G, _big(DH_PRIME), _big(g_a), now))
        sealed = AES.encrypt_ige(sha1(data).digest() + data, *self._aes)  # noqa: S324 - MTProto says SHA-1
        return types.ServerDHParamsOk(self._nonce, self._server_nonce, sealed)

    @staticmethod
    def _inner(plain: bytes) -> types.PQInnerData:
        """What the client sealed with our public key: SHA-1 and data as Telethon sends it, or RSA_PAD."""
        for unpad in (_sha1_padded, _rsa_padded):
            data = unpad(plain)
            if data is not None:
                return data
        raise ExchangeError("the data sealed with our key doesn't open")

    def _finish(self, request: functions.SetClientDHParamsRequest) -> TLObject:
        if len(request.encrypted_data) % 16:
            raise ExchangeError("cipher text of broken blocks")
        plain = AES.decrypt_ige(request.encrypted_data, *self._aes)
        inner, end = _read_at(plain, 20)
        if sha1(plain[20:end]).digest() != plain[:20]:  # noqa: S324 - MTProto says SHA-1
            raise ExchangeError("a wrong hash of the client's half")
        g_b = int.from_bytes(inner.g_b, "big")
        if not SAFE <= g_b <= DH_PRIME - SAFE:
            raise ExchangeError("an unsafe g_b")
        key = pow(g_b, self._secret, DH_PRIME).to_bytes(256, "big")
        self._secret = 0
        nonce, server_nonce = self._new_nonce.to_bytes(32, "little", signed=True), self._server_nonce.to_bytes(16, "little", signed=True)
        self.agreed(KeyState(key, _signed(bytes(a ^ b for a, b in zip(nonce[:8], server_nonce[:8], strict=True)))))
        proof = sha1(nonce + b"\x01" + sha1(key).digest()[:8]).digest()[4:]  # noqa: S324 - MTProto says SHA-1
        return types.DhGenOk(self._nonce, self._server_nonce, _signed(proof))


def _sha1_padded(plain: bytes) -> types.PQInnerData | None:
    """SHA-1 of the data, the data, padding."""
    if plain[0]:
        return None
    try:
        inner, end = _read_at(plain, 21)
    except ExchangeError:
        return None  # not a TL object: it may be padded the other way
    return inner if sha1(plain[21:end]).digest() == plain[1:21] else None  # noqa: S324 - MTProto says SHA-1


def _rsa_padded(plain: bytes) -> types.PQInnerData | None:
    """RSA_PAD of core.telegram.org/mtproto/auth_key: a random AES key, masked, and the reversed data with its SHA-256."""
    masked, cipher = plain[:32], plain[32:]
    key = bytes(a ^ b for a, b in zip(masked, sha256(cipher).digest(), strict=True))
    opened = AES.decrypt_ige(cipher, key, bytes(32))
    data = opened[:192][::-1]
    return _read(data) if sha256(key + data).digest() == opened[192:] else None


def _read(body: bytes) -> TLObject:
    return _read_at(body, 0)[0]


def _read_at(body: bytes, offset: int) -> tuple[TLObject, int]:
    """The TL object at `offset`, and where it ends."""
    reader = BinaryReader(body)
    reader.set_position(offset)
    try:
        return reader.tgread_object(), reader.tell_position()
    except (TypeNotFoundError, struct.error, BufferError, ValueError, RuntimeError) as error:
        raise ExchangeError(f"not a TL object: {error}") from error


_signed = partial(int.from_bytes, byteorder="little", signed=True)


def _big(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
