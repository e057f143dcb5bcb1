"""Sums of money in words."""

from __future__ import annotations

from tobs_tui.notes.escape import one_line

# Currencies by how many digits their smallest unit has, where it isn't two (core.telegram.org/bots/payments/currencies.json), with
# Telegram's stars and the nanotons of its coin.
_DIGITS = {"XTR": 0, "CLP": 0, "ISK": 0, "JPY": 0, "KRW": 0, "PYG": 0, "UGX": 0, "VND": 0, "TON": 9}


def money(amount: int, currency: str) -> str:
    """A sum in the smallest unit of its currency: `12.50 EUR`, `1 star`. One cleaned line, not escaped."""
    digits = _DIGITS.get(currency, 2)
    unit = ("star" if amount == 1 else "stars") if currency == "XTR" else one_line(currency)
    return f"{amount / 10**digits:.{min(digits, 2)}f} {unit}".rstrip()


def price(value: str) -> str:
    """`1290 EUR` as `money` says it; anything else as it is."""
    amount, _, currency = value.partition(" ")
    return money(int(amount), currency) if amount.isascii() and amount.isdigit() else value
