"""Logging in: questions to the user, answers to the server, until the server knows the account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tobs_tui.engine.snapshot import Question, QuestionKind
from tobs_tui.errors import CodeExpired, LoginRefused
from tobs_tui.model import Account

if TYPE_CHECKING:
    from tobs_tui.telegram.account import TelegramAccount

Ask = Callable[[Question], Awaitable[str]]


async def log_in(telegram: TelegramAccount, ask: Ask) -> Account:
    """Ask for phone, code and password until the server takes them; a refused answer is asked for again, with what was wrong.

    Ends only with a login: whoever answers decides when to stop asking. Raises Unreachable.
    """
    wrong = ""
    while True:
        hint = await _phone(telegram, ask, wrong)
        try:
            return await _code(telegram, ask, hint) or await _password(telegram, ask)
        except CodeExpired as expired:
            wrong = str(expired)


async def _phone(telegram: TelegramAccount, ask: Ask, wrong: str) -> str:
    """Where the code was sent."""
    while True:
        phone = await ask(Question(QuestionKind.PHONE, "With the country's code, such as +49 170 1234567", wrong))
        try:
            return await telegram.send_code(phone)
        except LoginRefused as refused:
            wrong = str(refused)


async def _code(telegram: TelegramAccount, ask: Ask, hint: str) -> Account | None:
    """The account, or None when a password is asked for as well. An empty answer goes back to the phone number."""
    wrong = ""
    while True:
        code = await ask(Question(QuestionKind.CODE, hint, wrong))
        if not code.strip():
            raise CodeExpired("The code wasn't given", todo="Give the phone number again")
        try:
            return await telegram.sign_in(code)
        except CodeExpired:
            raise
        except LoginRefused as refused:
            wrong = str(refused)


async def _password(telegram: TelegramAccount, ask: Ask) -> Account:
    wrong = ""
    while True:
        password = await ask(Question(QuestionKind.PASSWORD, await telegram.password_hint(), wrong))
        try:
            return await telegram.check_password(password)
        except LoginRefused as refused:
            wrong = str(refused)
