"""Logging in and out: codes, two-step passwords, authorisations carried to another data centre."""

from __future__ import annotations

import secrets

from telethon.tl import TLObject, functions, types

from tobs_tui.sandbox.answers import RpcError, boolean
from tobs_tui.sandbox.handlers import Context, handles
from tobs_tui.sandbox.keys import Login
from tobs_tui.sandbox.world import HOME

CODE_TRIES = 5
KEPT = 100


@handles(functions.auth.SendCodeRequest, login=False)
def send_code(context: Context, request: functions.auth.SendCodeRequest) -> TLObject:
    account = context.world.account
    if _digits(request.phone_number) != _digits(account.phone):
        raise RpcError(400, "PHONE_NUMBER_INVALID")
    if context.faults.phone_migrate and context.dc != HOME:
        raise RpcError(303, f"PHONE_MIGRATE_{HOME}")
    return _sent_code(context)


@handles(functions.auth.ResendCodeRequest, login=False)
def resend_code(context: Context, request: functions.auth.ResendCodeRequest) -> TLObject:
    _known_hash(context, request.phone_code_hash)
    del context.logins.codes[request.phone_code_hash]
    return _sent_code(context)


@handles(functions.auth.CancelCodeRequest, login=False)
def cancel_code(context: Context, request: functions.auth.CancelCodeRequest) -> bytes:
    return boolean(context.logins.codes.pop(request.phone_code_hash, None) is not None)


def _sent_code(context: Context) -> TLObject:
    codes = context.logins.codes
    if len(codes) >= KEPT:
        del codes[next(iter(codes))]
    code_hash = secrets.token_hex(9)
    codes[code_hash] = 0
    return types.auth.SentCode(types.auth.SentCodeTypeApp(len(context.world.account.code)), code_hash)


def _known_hash(context: Context, code_hash: str) -> None:
    if context.faults.code_expired:
        context.logins.codes.pop(code_hash, None)
    if code_hash not in context.logins.codes:
        raise RpcError(400, "PHONE_CODE_EXPIRED")


@handles(functions.auth.SignInRequest, login=False)
def sign_in(context: Context, request: functions.auth.SignInRequest) -> TLObject:
    account, codes = context.world.account, context.logins.codes
    if _digits(request.phone_number) != _digits(account.phone):
        raise RpcError(400, "PHONE_NUMBER_INVALID")
    if not request.phone_code:
        raise RpcError(400, "PHONE_CODE_EMPTY")
    _known_hash(context, request.phone_code_hash)
    if request.phone_code != account.code:
        codes[request.phone_code_hash] += 1
        if codes[request.phone_code_hash] >= CODE_TRIES:
            del codes[request.phone_code_hash]
        raise RpcError(400, "PHONE_CODE_INVALID")
    del codes[request.phone_code_hash]
    if account.password:
        context.key.half_login = context.world.owner_id
        raise RpcError(401, "SESSION_PASSWORD_NEEDED")
    return _log_in(context)


@handles(functions.account.GetPasswordRequest, login=False)
def get_password(context: Context, _request: functions.account.GetPasswordRequest) -> TLObject:
    if not (context.user_id or context.key.half_login):
        raise RpcError(401, "AUTH_KEY_UNREGISTERED")
    account = context.world.account
    return context.logins.check.challenge(account.password or "", account.hint)


@handles(functions.auth.CheckPasswordRequest, login=False)
def check_password(context: Context, request: functions.auth.CheckPasswordRequest) -> TLObject:
    if not context.key.half_login:
        raise RpcError(401, "AUTH_KEY_UNREGISTERED")
    if not isinstance(request.password, types.InputCheckPasswordSRP):
        raise RpcError(400, "PASSWORD_HASH_INVALID")
    context.logins.check.verify(request.password)
    return _log_in(context)


def _log_in(context: Context) -> TLObject:
    login = Login(context.world.owner_id)
    context.logins.logins.append(login)
    context.key.login, context.key.half_login = login, 0
    return types.auth.Authorization(context.world.entity(context.world.owner_id))


@handles(functions.auth.LogOutRequest)
def log_out(context: Context, _request: functions.auth.LogOutRequest) -> TLObject:
    if context.key.login is not None:
        context.key.login.ended = "AUTH_KEY_UNREGISTERED"
    return types.auth.LoggedOut()


@handles(functions.auth.ExportAuthorizationRequest)
def export_authorization(context: Context, request: functions.auth.ExportAuthorizationRequest) -> TLObject:
    exported, login = context.logins.exported, context.key.login
    if request.dc_id not in context.dcs or request.dc_id == context.dc or login is None:
        raise RpcError(400, "DC_ID_INVALID")
    if len(exported) >= KEPT:
        del exported[next(iter(exported))]
    token = secrets.token_bytes(64)
    exported[request.dc_id, token] = login
    return types.auth.ExportedAuthorization(login.user_id, token)


@handles(functions.auth.ImportAuthorizationRequest, login=False)
def import_authorization(context: Context, request: functions.auth.ImportAuthorizationRequest) -> TLObject:
    login = context.logins.exported.pop((context.dc, request.bytes), None)
    if login is None or login.user_id != request.id or login.ended:
        raise RpcError(400, "AUTH_BYTES_INVALID")
    context.key.login = login
    return types.auth.Authorization(context.world.entity(context.world.owner_id))


def _digits(phone: str) -> str:
    return "".join(c for c in phone if c.isdigit())
