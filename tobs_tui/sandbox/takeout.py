"""Answers about takeouts (core.telegram.org/api/takeout): one at a time for the account, the newest replaces the one before."""

from __future__ import annotations

import math
import time

from telethon.tl import functions, types

from tobs_tui.sandbox.answers import BOOL_TRUE, Answer, RpcError
from tobs_tui.sandbox.handlers import Context, handles
from tobs_tui.sandbox.seeding import number


@handles(functions.account.InitTakeoutSessionRequest)
def init_takeout(context: Context, _request: functions.account.InitTakeoutSessionRequest) -> Answer:
    """A new takeout; within `takeout_delay` seconds of the first question only a wait."""
    account = context.world.account
    now = time.monotonic()
    account.takeout_asked = account.takeout_asked or now
    left = math.ceil(account.takeout_asked + context.faults.takeout_delay - now)
    if left > 0:
        raise RpcError(420, f"TAKEOUT_INIT_DELAY_{left}")
    account.takeout_id = number(account.seed, "takeout", account.takeout_id)
    return types.account.Takeout(account.takeout_id)


@handles(functions.account.FinishTakeoutSessionRequest)
def finish_takeout(context: Context, _request: functions.account.FinishTakeoutSessionRequest) -> Answer:
    if not context.takeout_id:
        raise RpcError(403, "TAKEOUT_REQUIRED")
    context.world.account.takeout_id = 0
    context.world.account.takeout_asked = 0.0
    return BOOL_TRUE
