"""The key exchange where Telethon doesn't go: RSA_PAD, and clients that cheat."""

from __future__ import annotations

import os
from hashlib import sha1, sha256

import pytest
from telethon.crypto import AES, AuthKey, Factorization
from telethon.extensions import BinaryReader
from telethon.helpers import generate_key_data_from_nonce
from telethon.tl import TLObject, functions, types

from tests.support.sandbox import shared_key
from tobs_tui.sandbox.exchange import Exchange, ExchangeError
from tobs_tui.sandbox.keys import DH_PRIME, KeyState, RsaKey

NONCE = 123
NEW_NONCE = -456


class Client:
    """The client's side, step by step; `agreed` is what the server took as the key."""

    def __init__(self) -> None:
        self.agreed: list[KeyState] = []
        self.key = RsaKey.kept_in(shared_key())
        self.exchange = Exchange(self.key, self.agreed.append)

    def ask(self, request: TLObject) -> TLObject:
        return self.exchange.answer(bytes(request))

    def parameters(self, *, new_nonce: int = NEW_NONCE, server_nonce: int | None = None, seal: bool = True) -> TLObject:
        pq = self.ask(functions.ReqPqMultiRequest(NONCE))
        p, q = Factorization.factorize(int.from_bytes(pq.pq, "big"))
        p_bytes, q_bytes = (x.to_bytes(4, "big").lstrip(b"\0") for x in (p, q))
        self.server_nonce = pq.server_nonce
        inner = bytes(types.PQInnerData(pq.pq, p_bytes, q_bytes, NONCE, server_nonce or pq.server_nonce, new_nonce))
        sealed = rsa_pad(inner, self.key) if seal else os.urandom(255).rjust(256, b"\0")
        fingerprint = pq.server_public_key_fingerprints[0]
        return self.ask(functions.ReqDHParamsRequest(NONCE, pq.server_nonce, p_bytes, q_bytes, fingerprint, sealed))

    def finish(self, parameters: TLObject, g_b: int | None = None, *, spoil: bool = False) -> TLObject:
        aes = generate_key_data_from_nonce(self.server_nonce, NEW_NONCE)
        reader = BinaryReader(AES.decrypt_ige(parameters.encrypted_answer, *aes))
        reader.set_position(20)
        inner = reader.tgread_object()
        b = int.from_bytes(os.urandom(256), "big")
        prime = int.from_bytes(inner.dh_prime, "big")
        g_b = pow(inner.g, b, prime) if g_b is None else g_b
        self.shared = pow(int.from_bytes(inner.g_a, "big"), b, prime).to_bytes(256, "big")
        data = bytes(types.ClientDHInnerData(NONCE, self.server_nonce, 0, g_b.to_bytes(256, "big")))
        proof = os.urandom(20) if spoil else sha1(data).digest()  # noqa: S324 - MTProto says SHA-1
        return self.ask(functions.SetClientDHParamsRequest(NONCE, self.server_nonce, AES.encrypt_ige(proof + data, *aes)))


def rsa_pad(data: bytes, key: RsaKey) -> bytes:
    """RSA_PAD as core.telegram.org/mtproto/auth_key describes it."""
    padded = data + os.urandom(192 - len(data))
    while True:
        temporary = os.urandom(32)
        cipher = AES.encrypt_ige(padded[::-1] + sha256(temporary + padded).digest(), temporary, bytes(32))
        masked = bytes(a ^ b for a, b in zip(temporary, sha256(cipher).digest(), strict=True))
        number = int.from_bytes(masked + cipher, "big")
        if number < key.private.n:
            return pow(number, key.private.e, key.private.n).to_bytes(256, "big")


def test_rsa_pad_leads_to_the_same_key_on_both_sides() -> None:
    client = Client()
    answer = client.finish(client.parameters())
    assert isinstance(answer, types.DhGenOk)
    (agreed,) = client.agreed
    assert agreed.key == client.shared
    assert answer.new_nonce_hash1 == AuthKey(client.shared).calc_new_nonce_hash(NEW_NONCE, 1)


def test_telethon_pads_the_old_way_and_is_understood() -> None:
    client = Client()
    inner = types.PQInnerData(b"\x01", b"\x02", b"\x03", NONCE, 7, NEW_NONCE)
    data = bytes(inner)
    padded = b"\0" + sha1(data).digest() + data + os.urandom(235 - len(data))  # noqa: S324 - MTProto says SHA-1
    assert client.exchange._inner(padded) == inner


def test_cheats_end_the_exchange() -> None:
    with pytest.raises(ExchangeError, match="doesn't open"):
        Client().parameters(seal=False)
    with pytest.raises(ExchangeError, match="sealed nonces"):
        Client().parameters(server_nonce=99)
    with pytest.raises(ExchangeError, match="nonces"):
        Client().ask(functions.SetClientDHParamsRequest(NONCE, 1, bytes(16)))
    with pytest.raises(ExchangeError, match="not a TL object"):
        Client().exchange.answer(b"\x01\x02\x03")
    client = Client()
    server_nonce = client.ask(functions.ReqPqMultiRequest(NONCE)).server_nonce
    with pytest.raises(ExchangeError, match="out of turn"):
        client.ask(functions.SetClientDHParamsRequest(NONCE, server_nonce, bytes(16)))


@pytest.mark.parametrize("g_b", [0, 1, DH_PRIME - 1, 2**1000])
def test_unsafe_halves_are_refused(g_b: int) -> None:
    client = Client()
    with pytest.raises(ExchangeError, match="unsafe"):
        client.finish(client.parameters(), g_b)
    assert not client.agreed


def test_a_wrong_hash_is_refused() -> None:
    client = Client()
    with pytest.raises(ExchangeError, match="wrong hash"):
        client.finish(client.parameters(), spoil=True)
