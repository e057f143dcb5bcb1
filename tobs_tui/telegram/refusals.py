"""The server's refusals in our own errors and in words.

Names and meanings: https://core.telegram.org/api/errors and telethon.errors.
"""

from __future__ import annotations

import re

from telethon import errors

from tobs_tui.errors import (
    FileGone,
    NotLoggedIn,
    ReferenceExpired,
    RequestFailed,
    RequestRefused,
    RetryCause,
    SettingsError,
    TobsError,
    Unreachable,
)

FLOODS = (errors.FloodWaitError, errors.FloodPremiumWaitError, errors.SlowModeWaitError, errors.FloodTestPhoneWaitError)
PASSING = (errors.ServerError, errors.TimedOutError)
LOST_LOGINS = (
    errors.AuthKeyUnregisteredError,
    errors.AuthKeyInvalidError,
    errors.AuthKeyPermEmptyError,
    errors.AuthKeyDuplicatedError,
    errors.SessionRevokedError,
    errors.SessionExpiredError,
    errors.SessionPasswordNeededError,
    errors.UserDeactivatedError,
    errors.UserDeactivatedBanError,
)
EXPIRED = (errors.FileReferenceExpiredError, errors.FileReferenceEmptyError, errors.FileReferenceInvalidError)
GONE = (errors.FileIdInvalidError, errors.LocationInvalidError)
HOME_MOVES = (errors.PhoneMigrateError, errors.NetworkMigrateError, errors.UserMigrateError)

_WORDS: dict[type[errors.RPCError], str] = {
    errors.ChannelPrivateError: "the chat is private, or this account was removed from it",
    errors.ChannelInvalidError: "the chat doesn't exist any more",
    errors.ChatForbiddenError: "this account may not see the chat",
    errors.ChatAdminRequiredError: "only admins may do that in this chat",
    errors.PeerIdInvalidError: "the chat doesn't exist, or this account never met it",
    errors.UserDeactivatedError: "the account was deleted",
    errors.UserDeactivatedBanError: "the account was banned",
    errors.SessionRevokedError: "the session was ended from another device",
    errors.AuthKeyUnregisteredError: "the session is not known to the server any more",
    errors.AuthKeyDuplicatedError: "the session was used from two places at once, and the server ended it",
    errors.FileIdInvalidError: "the file doesn't exist any more",
    errors.LocationInvalidError: "the file doesn't exist any more",
    errors.ChatForwardsRestrictedError: "the chat protects its content: its files may not be saved",
    errors.LimitInvalidError: "the server doesn't accept the size of the part (LIMIT_INVALID)",
    errors.OffsetInvalidError: "the server doesn't accept the place of the part (OFFSET_INVALID)",
    errors.UsernameInvalidError: "no such name",
    errors.UsernameNotOccupiedError: "nobody has this name",
}


def words(error: errors.RPCError) -> str:
    """Why the server refused, in words without a full stop."""
    if known := _WORDS.get(type(error)):
        return known
    text = re.sub(r"^RPCError -?\d+: | \(caused by .*\)$", "", str(error)).strip().rstrip(".")
    return text or type(error).__name__.removesuffix("Error")


def explained(error: errors.RPCError) -> TobsError:
    """Our own error for a refusal that neither waiting nor asking elsewhere heals."""
    if isinstance(error, LOST_LOGINS):
        return not_logged_in(words(error))
    if isinstance(error, EXPIRED):
        return ReferenceExpired("The file reference is out of date")
    return (FileGone if isinstance(error, GONE) else RequestRefused)("Telegram refused a request", words(error))


def passing(error: errors.RPCError) -> RequestFailed:
    """Our own error for a fault of the server that may pass."""
    return RequestFailed(RetryCause.SERVER, f"the server has a fault ({error.code or 500}: {words(error)})")


def refused_connection(error: errors.RPCError) -> TobsError:
    """Our own error for a server that refuses the first words of a connection: mostly those about the application."""
    if isinstance(error, errors.ApiIdInvalidError | errors.ConnectionApiIdInvalidError | errors.ApiIdPublishedFloodError):
        return SettingsError("telegram.api_id isn't one that Telegram knows", words(error), "Copy it from https://my.telegram.org")
    return Unreachable("Telegram refused the connection", words(error))


def not_logged_in(why: str = "the server doesn't know this session") -> NotLoggedIn:
    """The error of a session that is at its end."""
    return NotLoggedIn("Not logged in", why, "Log in again with: tobs-tui login")


