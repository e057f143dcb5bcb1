"""Messages from a client: containers, service messages and requests (core.telegram.org/mtproto/service_messages)."""

from __future__ import annotations

import gzip
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from telethon.errors import TypeNotFoundError
from telethon.extensions import BinaryReader
from telethon.tl import TLRequest, functions, types

from tobs_tui.sandbox.centre import DataCentre
from tobs_tui.sandbox.faults import Fate
from tobs_tui.sandbox.keys import KeyState
from tobs_tui.sandbox.rpc import GZIP_PACKED, answer, rpc_result
from tobs_tui.sandbox.session import Incoming, Session, time_error

CONTAINER = 0x73F1F8DC
MAX_CONTAINED = 1024
BAD_SALT = 48
BAD_CONTAINER = 64
SALT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Peer:
    """Who a message came from: an authorisation key and one of its sessions."""

    key: KeyState
    session: Session


class Line(Protocol):
    """What the handling of messages asks of a connection."""

    centre: DataCentre

    def send(self, peer: Peer, body: bytes, *, content: bool = False, request_id: int = 0) -> None:
        """Sends a message; an answer names its request."""
        ...

    def unanswered(self) -> None:
        """One request less is in flight: it gets no answer."""
        ...

    def cut(self) -> None:
        """Ends the connection at once."""
        ...

    def cut_in(self, seconds: float) -> None:
        """Ends the connection after that time unless asked again."""
        ...

    def drop_answer(self, request_id: int) -> bool:
        """Drops an answer that is still on its way; false when there is none."""
        ...


def receive(line: Line, key: KeyState, salt: int, session_id: int, message: Incoming) -> None:
    """Handles one message as it came out of a packet."""
    centre = line.centre
    session, new = key.session(session_id)
    peer = Peer(key, session)
    code = time_error(message.id, centre.faults.clock)
    if code:
        line.send(peer, bytes(types.BadMsgNotification(message.id, message.seqno, code)))
    elif not key.accepts(salt):
        line.send(peer, bytes(types.BadServerSalt(message.id, message.seqno, BAD_SALT, key.salt)))
    else:
        if not session.announced:
            session.announced = True
            line.send(peer, bytes(types.NewSessionCreated(message.id, session.id, key.salt)), content=True)
        _inner(line, peer, message)
        return
    if new:
        key.forget(session_id)


def _inner(line: Line, peer: Peer, message: Incoming) -> None:
    body = message.body
    constructor = int.from_bytes(body[:4], "little")
    if constructor == CONTAINER:
        _container(line, peer, message)
    elif constructor == GZIP_PACKED:
        _inner(line, peer, Incoming(message.id, message.seqno, _unpacked(body)))
    elif peer.session.seen(message.id):
        _again(line, peer, message)
    else:
        _object(line, peer, message)


def _unpacked(body: bytes) -> bytes:
    reader = BinaryReader(body)
    reader.set_position(4)
    return gzip.decompress(reader.tgread_bytes())


def _container(line: Line, peer: Peer, message: Incoming) -> None:
    count, place = int.from_bytes(message.body[4:8], "little"), 8
    if count > MAX_CONTAINED:
        line.send(peer, bytes(types.BadMsgNotification(message.id, message.seqno, BAD_CONTAINER)))
        return
    for _ in range(count):
        message_id, seqno, length = struct.unpack_from("<qii", message.body, place)
        place += 16
        _inner(line, peer, Incoming(message_id, seqno, message.body[place : place + length]))
        place += length


def _again(line: Line, peer: Peer, message: Incoming) -> None:
    """A message that came before: its answer is sent again while it is kept, but nothing is done twice."""
    body = peer.session.answer_to(message.id)
    if body is not None:
        line.send(peer, body, content=True)


def _object(line: Line, peer: Peer, message: Incoming) -> None:
    try:
        request = BinaryReader(message.body).tgread_object()
    except (TypeNotFoundError, struct.error, BufferError, ValueError, RuntimeError):
        line.send(peer, rpc_result(message.id, bytes(types.RpcError(400, "INPUT_FETCH_ERROR"))), content=True)
        return
    service = _SERVICES.get(type(request))
    if service is not None:
        service(line, peer, message, request)
    elif isinstance(request, TLRequest):
        _request(line, peer, message, request)


def _request(line: Line, peer: Peer, message: Incoming, request: Any) -> None:
    fate, body = answer(line.centre, peer.key, message.id, request)
    if fate is Fate.ANSWER:
        line.send(peer, body, content=True, request_id=message.id)
        return
    line.unanswered()
    if fate is Fate.DROP:
        line.cut()
    else:
        line.send(peer, bytes(types.MsgsAck([message.id])))


def _ack(_line: Line, peer: Peer, _message: Incoming, request: types.MsgsAck) -> None:
    peer.session.acknowledge(request.msg_ids)


def _ping(line: Line, peer: Peer, message: Incoming, request: functions.PingRequest) -> None:
    line.send(peer, bytes(types.Pong(message.id, request.ping_id)))


def _ping_and_cut(line: Line, peer: Peer, message: Incoming, request: functions.PingDelayDisconnectRequest) -> None:
    line.cut_in(request.disconnect_delay)
    line.send(peer, bytes(types.Pong(message.id, request.ping_id)))


def _future_salts(line: Line, peer: Peer, message: Incoming, _request: functions.GetFutureSaltsRequest) -> None:
    now = int(time.time()) + line.centre.faults.clock
    since, until = (datetime.fromtimestamp(t, UTC) for t in (now - SALT_SECONDS, now + SALT_SECONDS))
    line.send(peer, bytes(types.FutureSalts(message.id, now, [types.FutureSalt(since, until, peer.key.salt)])))


def _destroy_session(line: Line, peer: Peer, _message: Incoming, request: functions.DestroySessionRequest) -> None:
    known = request.session_id != peer.session.id and peer.key.forget(request.session_id)
    result = types.DestroySessionOk if known else types.DestroySessionNone
    line.send(peer, bytes(result(request.session_id)))


def _destroy_key(line: Line, peer: Peer, _message: Incoming, _request: functions.DestroyAuthKeyRequest) -> None:
    line.send(peer, bytes(types.DestroyAuthKeyOk()))
    line.centre.keys.pop(peer.key.id, None)


def _drop_answer(line: Line, peer: Peer, message: Incoming, request: functions.RpcDropAnswerRequest) -> None:
    dropped = line.drop_answer(request.req_msg_id)
    result = types.RpcAnswerDropped(request.req_msg_id, 0, 0) if dropped else types.RpcAnswerUnknown()
    line.send(peer, rpc_result(message.id, bytes(result)), content=True)


def _states(line: Line, peer: Peer, message: Incoming, request: types.MsgsStateReq) -> None:
    info = peer.session.states(request.msg_ids)
    line.send(peer, bytes(types.MsgsStateInfo(message.id, info)))


def _resend(line: Line, peer: Peer, message: Incoming, request: types.MsgResendReq) -> None:
    kept = [body for body in map(peer.session.kept, request.msg_ids) if body is not None]
    for body in kept:
        line.send(peer, body, content=True)
    if len(kept) < len(request.msg_ids):
        _states(line, peer, message, types.MsgsStateReq(request.msg_ids))


def _nothing(_line: Line, _peer: Peer, _message: Incoming, _request: Any) -> None:
    """Told for information; nothing follows from it."""


_SERVICES: dict[type, Callable[[Line, Peer, Incoming, Any], None]] = {
    types.MsgsAck: _ack,
    functions.PingRequest: _ping,
    functions.PingDelayDisconnectRequest: _ping_and_cut,
    functions.GetFutureSaltsRequest: _future_salts,
    functions.DestroySessionRequest: _destroy_session,
    functions.DestroyAuthKeyRequest: _destroy_key,
    functions.RpcDropAnswerRequest: _drop_answer,
    types.MsgsStateReq: _states,
    types.MsgResendReq: _resend,
    types.MsgsStateInfo: _nothing,
    types.MsgsAllInfo: _nothing,
    types.MsgDetailedInfo: _nothing,
    types.MsgNewDetailedInfo: _nothing,
}
