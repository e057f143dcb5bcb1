"""What any client asks first: where the data centres are, and how far its updates have come."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from telethon.tl import TLObject, functions, types

from tobs_tui.sandbox.answers import boolean
from tobs_tui.sandbox.handlers import Context, handles
from tobs_tui.sandbox.world import HOME


def _now(context: Context) -> datetime:
    return datetime.fromtimestamp(time.time() + context.faults.clock, UTC)


@handles(functions.help.GetConfigRequest, login=False)
def get_config(context: Context, _request: functions.help.GetConfigRequest) -> TLObject:
    now = _now(context)
    options = [types.DcOption(dc, context.host, port, this_port_only=True) for dc, port in context.dcs.items()]
    return types.Config(
        date=now,
        expires=datetime.fromtimestamp(now.timestamp() + 3600, UTC),
        test_mode=False,
        this_dc=context.dc,
        dc_options=options,
        dc_txt_domain_name="",
        chat_size_max=200,
        megagroup_size_max=200_000,
        forwarded_count_max=100,
        online_update_period_ms=210_000,
        offline_blur_timeout_ms=5_000,
        offline_idle_timeout_ms=30_000,
        online_cloud_timeout_ms=300_000,
        notify_cloud_delay_ms=30_000,
        notify_default_delay_ms=1_500,
        push_chat_period_ms=60_000,
        push_chat_limit=2,
        edit_time_limit=172_800,
        revoke_time_limit=2_147_483_647,
        revoke_pm_time_limit=2_147_483_647,
        rating_e_decay=2_419_200,
        stickers_recent_limit=200,
        channels_read_media_period=604_800,
        call_receive_timeout_ms=20_000,
        call_ring_timeout_ms=90_000,
        call_connect_timeout_ms=30_000,
        call_packet_timeout_ms=10_000,
        me_url_prefix="https://t.me/",
        caption_length_max=1_024,
        message_length_max=4_096,
        webfile_dc_id=context.dc,
    )


@handles(functions.help.GetNearestDcRequest, login=False)
def get_nearest_dc(context: Context, _request: functions.help.GetNearestDcRequest) -> TLObject:
    return types.NearestDc("", context.dc, HOME)


@handles(functions.updates.GetStateRequest)
def get_state(context: Context, _request: functions.updates.GetStateRequest) -> TLObject:
    return types.updates.State(pts=1, qts=0, date=_now(context), seq=0, unread_count=0)


@handles(functions.updates.GetDifferenceRequest)
def get_difference(context: Context, _request: functions.updates.GetDifferenceRequest) -> TLObject:
    return types.updates.DifferenceEmpty(_now(context), 0)


@handles(functions.account.UpdateStatusRequest)
def update_status(_context: Context, _request: functions.account.UpdateStatusRequest) -> bytes:
    return boolean(True)
