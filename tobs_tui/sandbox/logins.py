"""Logins under way, and those that were made."""

from __future__ import annotations

from dataclasses import dataclass, field

from tobs_tui.sandbox.keys import Login
from tobs_tui.sandbox.srp import PasswordCheck


@dataclass(slots=True)
class Logins:
    """What the sandbox remembers of logins under way, the same for all data centres.

    `codes` counts the wrong codes given for each code hash, `exported` holds the logins behind export tokens by (data centre, token),
    `logins` every login ever made.
    """

    codes: dict[str, int] = field(default_factory=dict)
    exported: dict[tuple[int, bytes], Login] = field(default_factory=dict)
    logins: list[Login] = field(default_factory=list)
    check: PasswordCheck = field(default_factory=PasswordCheck)

    def end_all(self, message: str) -> None:
        """Ends every login: its requests are refused with 401 and this message."""
        for login in self.logins:
            login.ended = login.ended or message
