"""Logging in by phone number, code and password, and out again. Neither number, code nor password is kept, logged or put into an error."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

from telethon import errors
from telethon.password import compute_check
from telethon.tl import functions, types

from tobs_tui.errors import CodeExpired, GaveUp, LoginRefused, NotLoggedIn, RequestFailed, Unreachable
from tobs_tui.metrics import Metrics
from tobs_tui.model import Account
from tobs_tui.retry import RetryPolicy
from tobs_tui.settings import TelegramSettings
from tobs_tui.telegram.calls import Caller, retrying
from tobs_tui.telegram.link import KeyUnknown
from tobs_tui.telegram.peers import name_of, username_of
from tobs_tui.telegram.refusals import FLOODS, not_logged_in, words

T = TypeVar("T")

# A person waits for the answer: a few attempts, then the words.
POLICY = RetryPolicy(limit=4, stalled=4, first=0.3, longest=2.0)

_AGAIN = "Check it and try again"
_PHONE_WORDS: dict[type[errors.RPCError], tuple[str, str]] = {
    errors.PhoneNumberInvalidError: ("The phone number isn't one that Telegram knows", "Write it with its country code"),
    errors.PhoneNumberBannedError: ("The phone number is banned from Telegram", "Telegram's support may lift that: recover@telegram.org"),
    errors.PhoneNumberUnoccupiedError: ("There is no account with this phone number", "Create the account in a Telegram app first"),
    errors.PhoneNumberFloodError: ("Too many codes were asked for with this number", "Try again tomorrow"),
    errors.PhonePasswordFloodError: ("Too many wrong passwords were given", "Try again tomorrow"),
    errors.ApiIdInvalidError: ("The api_id and api_hash don't belong together", "Copy both from https://my.telegram.org"),
    errors.ApiIdPublishedFloodError: ("The api_id is one that was published", "Get one of your own at https://my.telegram.org"),
}
_CODE_WORDS: dict[type[errors.RPCError], tuple[str, str]] = {
    errors.PhoneCodeInvalidError: ("The code is wrong", _AGAIN),
    errors.PhoneCodeEmptyError: ("The code is empty", _AGAIN),
    errors.PhoneCodeHashEmptyError: ("No code was asked for", "Give the phone number first"),
}
_PASSWORD_WORDS: dict[type[errors.RPCError], tuple[str, str]] = {
    errors.PasswordHashInvalidError: ("The password is wrong", _AGAIN),
}


class Login:
    """One person's way in. Remembers the number and the code's hash between two questions."""

    def __init__(self, settings: TelegramSettings, caller: Caller, metrics: Metrics) -> None:
        self._settings = settings
        self._caller = caller
        self._metrics = metrics
        self._phone = ""
        self._hash = ""
        self._lost = False

    async def _ask(self, make: Callable[[], Any]) -> Any:
        """Raises RPCError, NotLoggedIn where the server forgot our key meanwhile, or Unreachable."""

        async def attempt() -> Any:
            try:
                return await self._caller.ask(make(), self._metrics, patient=False)
            except KeyUnknown:
                raise not_logged_in() from None
            except RequestFailed:
                self._lost = True
                raise

        return await patiently(attempt, self._metrics)

    async def send_code(self, phone: str) -> str:
        """Ask for a code; returns where it was sent. Raises LoginRefused or Unreachable."""
        digits = "+" + "".join(char for char in phone if char.isascii() and char.isdigit())

        def request() -> Any:
            return functions.auth.SendCodeRequest(digits, self._settings.api_id, self._settings.api_hash, types.CodeSettings())

        try:
            sent = await self._ask(request)
        except errors.AuthRestartError:
            sent = await self._ask(request)
        except errors.RPCError as error:
            _refuse(error, _PHONE_WORDS)
        if not isinstance(sent, types.auth.SentCode):
            raise LoginRefused("Telegram asks for something that only its own apps can do", type(sent).__name__, "Log in there first")
        self._phone, self._hash = digits, sent.phone_code_hash
        return code_hint(sent.type)

    async def sign_in(self, code: str) -> Account | None:
        """Give the code; None when a password is needed as well. Raises LoginRefused or Unreachable."""
        if not self._hash:
            raise LoginRefused("No code was asked for", todo="Give the phone number first")
        plain = "".join(code.split()).replace("-", "")
        self._lost = False
        try:
            answer = await self._ask(lambda: functions.auth.SignInRequest(self._phone, self._hash, plain))
        except errors.SessionPasswordNeededError:
            return None
        except errors.RPCError as error:
            if account := await self._in_already():
                return account
            if isinstance(error, errors.PhoneCodeExpiredError):
                raise CodeExpired("The code has expired", todo="Ask for a new one") from None
            _refuse(error, _PHONE_WORDS | _CODE_WORDS)
        if not isinstance(answer, types.auth.Authorization):
            raise LoginRefused(*_PHONE_WORDS[errors.PhoneNumberUnoccupiedError][:1], todo="Create the account in a Telegram app first")
        return self._entered(answer)

    async def password_hint(self) -> str:
        """The hint that the account's owner set, empty for none. Raises LoginRefused or Unreachable."""
        return (await self._password()).hint or ""

    async def _password(self) -> types.account.Password:
        try:
            return await self._ask(functions.account.GetPasswordRequest)
        except errors.RPCError as error:
            _refuse(error, {})

    async def check_password(self, password: str) -> Account:
        """Give the password. Raises LoginRefused or Unreachable."""
        self._lost = False
        try:
            try:
                return await self._check(password)
            except errors.SrpIdInvalidError:  # the question had grown old
                return await self._check(password)
        except errors.RPCError as error:
            if account := await self._in_already():
                return account
            _refuse(error, _PASSWORD_WORDS | _PHONE_WORDS)

    async def _check(self, password: str) -> Account:
        question = await self._password()
        if not question.has_password:
            raise LoginRefused("The account has no password", todo="Begin again with the phone number")
        try:
            proof = await asyncio.to_thread(compute_check, question, password)  # about 0.1 s of hashing
        except ValueError as error:
            raise LoginRefused("The password can't be checked", str(error), "Update tobs-tui") from None
        return self._entered(await self._ask(lambda: functions.auth.CheckPasswordRequest(proof)))

    async def _in_already(self) -> Account | None:
        """Who is logged in where an answer got lost: what was asked again is refused then, though the first question was served."""
        if not self._lost:
            return None
        try:
            users = await self._ask(lambda: functions.users.GetUsersRequest([types.InputUserSelf()]))
        except (errors.RPCError, NotLoggedIn):
            return None
        self._phone = self._hash = ""
        return account_of(users[0])

    def _entered(self, answer: types.auth.Authorization) -> Account:
        self._phone = self._hash = ""
        return account_of(answer.user)


def account_of(user: types.User) -> Account:
    """Who is logged in."""
    return Account(user.id, name_of(user), username_of(user), bool(user.premium))


async def patiently(attempt: Callable[[], Awaitable[T]], metrics: Metrics) -> T:
    """A few attempts while somebody waits. Raises Unreachable when none reaches the server."""
    try:
        return await retrying(attempt, POLICY, metrics)
    except GaveUp as error:
        todo = "Check the network, and [telegram.server] and [telegram.proxy] if you use them"
        raise Unreachable("Telegram can't be reached", error.why, todo) from error


def _refuse(error: errors.RPCError, known: dict[type[errors.RPCError], tuple[str, str]]) -> NoReturn:
    """Raises LoginRefused in words. The server's error isn't chained: it holds the request, and with it number and code."""
    if isinstance(error, FLOODS):
        raise LoginRefused("Too many attempts", f"Telegram wants a pause of {duration(error.seconds)}", "Try again after it") from None
    if found := known.get(type(error)):
        raise LoginRefused(found[0], todo=found[1]) from None
    raise LoginRefused("Telegram refused the login", words(error)) from None


def duration(seconds: int) -> str:
    """A time in words: "45 s", "12 min", "5 h 20 min"."""
    if seconds < 100:
        return f"{seconds} s"
    minutes = -(-seconds // 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


_HINTS: dict[str, str] = {
    "App": "to your other Telegram apps",
    "Sms": "by SMS",
    "SmsWord": "by SMS, as a word",
    "SmsPhrase": "by SMS, as a phrase",
    "FirebaseSms": "by SMS",
    "Call": "by a phone call",
    "FlashCall": "by a call whose number is the code",
    "MissedCall": "by a call: the last digits of its number are the code",
    "FragmentSms": "at fragment.com",
}


def code_hint(sent: Any) -> str:
    """Where a code was sent, in words."""
    name = type(sent).__name__.removeprefix("SentCodeType")
    if isinstance(sent, types.auth.SentCodeTypeEmailCode):
        return f"The code was sent by e-mail to {sent.email_pattern}"
    return f"The code was sent {_HINTS[name]}" if name in _HINTS else "The code was sent"

