"""Requests: out of their wrappings, to their handlers, and into answers."""

from __future__ import annotations

import gzip
import logging
import re
import struct
from typing import Any

from telethon.tl import TLObject, functions, types

from tobs_tui.sandbox.answers import RpcError
from tobs_tui.sandbox.centre import DataCentre
from tobs_tui.sandbox.faults import Fate
from tobs_tui.sandbox.handlers import REGISTRY, Entry, method_name
from tobs_tui.sandbox.keys import KeyState

log = logging.getLogger(__name__)

RPC_RESULT = 0xF35C6D01
GZIP_PACKED = 0x3072CFA1
PACKED_FROM = 512
"""Answers over this many bytes are packed, where packing is switched on."""
_WRAPPERS = (
    functions.InvokeWithLayerRequest,
    functions.InvokeWithoutUpdatesRequest,
    functions.InvokeAfterMsgRequest,
    functions.InvokeAfterMsgsRequest,
    functions.InvokeWithMessagesRangeRequest,
)
_NUMBER = re.compile(r"\d+")


def answer(centre: DataCentre, key: KeyState, message_id: int, request: Any) -> tuple[Fate, bytes]:
    """What becomes of a request, and its rpc_result (empty when there is no answer)."""
    request, takeout_id = _unwrapped(key, request)
    entry = REGISTRY.get(request.CONSTRUCTOR_ID)
    method = entry.method if entry else method_name(type(request))
    centre.stats.request(method, centre.id)
    fate = centre.faults.fate(method)
    centre.stats.in_takeout += bool(takeout_id)
    if fate is not Fate.ANSWER:
        return fate, b""
    try:
        result = _called(centre, key, entry, method, request, takeout_id)
    except RpcError as error:
        result = _refused(centre, method, error)
    else:
        centre.stats.granted[method] += 1
    return fate, rpc_result(message_id, result, packed=centre.faults.gzip)


def _unwrapped(key: KeyState, request: Any) -> tuple[Any, int]:
    """The request inside its wrappers, and the takeout that it belongs to (0: none)."""
    takeout_id = 0
    while True:
        if isinstance(request, functions.InitConnectionRequest):
            key.inited = True
        elif isinstance(request, functions.InvokeWithTakeoutRequest):
            takeout_id = request.takeout_id
        elif not isinstance(request, _WRAPPERS):
            return request, takeout_id
        request = request.query


def _called(centre: DataCentre, key: KeyState, entry: Entry | None, method: str, request: Any, takeout_id: int) -> bytes:
    refusal = centre.faults.refusal(method)
    if refusal is not None:
        raise refusal
    if not key.inited:
        raise RpcError(400, "CONNECTION_NOT_INITED")
    if entry is None:
        raise RpcError(400, "INPUT_METHOD_INVALID")
    if entry.login and not key.user_id:
        raise _not_logged_in(key)
    if takeout_id and takeout_id != centre.world.account.takeout_id:
        raise RpcError(400, "TAKEOUT_INVALID")
    try:
        result = entry.handler(centre.context(key, takeout_id), request)
        return result if isinstance(result, bytes) else bytes(result)
    except RpcError:
        raise
    except Exception as error:
        log.exception("The handler of %s failed", method)  # a bug of one handler must not end the server: Telegram, too, answers 500
        raise RpcError(500, "INTERNAL_SERVER_ERROR") from error


def _not_logged_in(key: KeyState) -> RpcError:
    if key.half_login:
        return RpcError(401, "SESSION_PASSWORD_NEEDED")
    return RpcError(401, key.login.ended if key.login is not None else "AUTH_KEY_UNREGISTERED")


def _refused(centre: DataCentre, method: str, error: RpcError) -> bytes:
    if error.code == 420:
        centre.stats.flood(method)
    centre.stats.errors[_NUMBER.sub("X", error.message)] += 1
    return bytes(types.RpcError(error.code, error.message))


def rpc_result(message_id: int, result: bytes, *, packed: bool = False) -> bytes:
    """The rpc_result of a request; errors are never packed."""
    if packed and len(result) > PACKED_FROM:
        result = struct.pack("<I", GZIP_PACKED) + TLObject.serialize_bytes(gzip.compress(result, 1))
    return struct.pack("<Iq", RPC_RESULT, message_id) + result
