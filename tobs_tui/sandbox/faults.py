"""What goes wrong, on demand: switches that may change while the sandbox runs, and the seeded dice behind them.

Methods are named as in Telegram's schema (`messages.getHistory`); the name `*` stands for every method that has no entry of its own.
Probabilities are between 0 and 1.
"""

from __future__ import annotations

import math
import random
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Annotated, Any, TypeVar, get_type_hints

import msgspec

from tobs_tui.sandbox.answers import RpcError
from tobs_tui.sandbox.seeding import number

Chance = Annotated[float, msgspec.Meta(ge=0, le=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
EVERY = "*"
SHORTER = "SHORTER"
DICE = 1_000_000
T = TypeVar("T")


class Fate(Enum):
    """What becomes of a request's answer."""

    ANSWER = "answer"
    SILENCE = "silence"
    DROP = "drop"


class PartFault(StrEnum):
    """Ways in which a file part goes wrong."""

    CUT = "cut"
    EMPTY = "empty"
    LONG = "long"
    CORRUPT = "corrupt"


class Flood(msgspec.Struct, forbid_unknown_fields=True):
    """The next `count` requests of a method are answered FLOOD_WAIT_`seconds`, or FLOOD_PREMIUM_WAIT with `premium`."""

    seconds: Positive
    count: NotNegative = 1
    premium: bool = False


class Limit(msgspec.Struct, forbid_unknown_fields=True):
    """At most `requests` in any `seconds` (a sliding window), or in each period of `seconds` from the first one (`fixed`)."""

    requests: Positive
    seconds: Annotated[float, msgspec.Meta(gt=0)]
    fixed: bool = False
    premium: bool = False


class Failure(msgspec.Struct, forbid_unknown_fields=True):
    """Errors of the server: `code` with `probability`, for the next `count` requests that it hits (0: without end)."""

    code: int = 500
    probability: Chance = 1.0
    count: NotNegative = 0
    message: str = ""


class _Window:
    """What a Limit has granted lately."""

    def __init__(self) -> None:
        self.grants: deque[float] = deque()
        self.start = -math.inf

    def wait(self, limit: Limit, now: float) -> int:
        """Takes a grant and returns 0, or returns the whole seconds until one is free again."""
        free = self._fixed(limit, now) if limit.fixed else self._sliding(limit, now)
        if free > now:
            return max(1, math.ceil(free - now))
        self.grants.append(now)
        return 0

    def _sliding(self, limit: Limit, now: float) -> float:
        while self.grants and self.grants[0] <= now - limit.seconds:
            self.grants.popleft()
        if len(self.grants) < limit.requests:
            return now
        return self.grants[-limit.requests] + limit.seconds

    def _fixed(self, limit: Limit, now: float) -> float:
        if now >= self.start + limit.seconds:
            periods = (now - self.start) // limit.seconds
            self.start = now if math.isinf(self.start) else self.start + periods * limit.seconds
            self.grants.clear()
        return self.start + limit.seconds if len(self.grants) >= limit.requests else now


@dataclass(slots=True)
class Faults:
    """The switches. Every random decision comes from one generator that `seed` starts.

    rtt_ms            delay of each answer; answers to requests that were in flight together still arrive together
    bandwidth         bytes/s of each connection's answers, 0 for no bound
    floods, limits, failures     errors by method, see Flood, Limit and Failure
    drop              chance that a request's connection is cut instead of answered
    drop_after        cuts the connection at the n-th request from now, once; 0 never
    silent            chance by method that the answer never comes
    expired           chance that a file reference counts as expired
    reference_epoch   raising it expires all references that were handed out before
    parts             chances of spoilt file parts; `next_parts` spoils exactly the next ones
    bad_files         chances that a file is one whose parts are always refused, by error message; SHORTER: it ends before its declared size
    clock             seconds that the server's clock is ahead
    phone_migrate     whether logins at another data centre than the account's own are sent there
    code_expired      whether login codes count as expired
    takeout_delay     seconds from the first question for a takeout until it is granted
    gzip              whether answers over 512 bytes are packed
    """

    seed: int = 1
    rtt_ms: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    bandwidth: NotNegative = 0
    floods: dict[str, Flood] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    drop: Chance = 0.0
    drop_after: NotNegative = 0
    silent: dict[str, Chance] = field(default_factory=dict)
    expired: Chance = 0.0
    reference_epoch: NotNegative = 0
    parts: dict[PartFault, Chance] = field(default_factory=dict)
    next_parts: list[PartFault] = field(default_factory=list)
    bad_files: dict[str, Chance] = field(default_factory=dict)
    clock: int = 0
    phone_migrate: bool = True
    code_expired: bool = False
    gzip: bool = False
    takeout_delay: NotNegative = 0
    _random: random.Random = field(init=False, repr=False)
    _windows: dict[str, _Window] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - dice that must fall the same way again, not secrets

    def change(self, switches: Mapping[str, Any]) -> None:
        """Sets switches from parsed JSON. Raises ValueError that names the switch; then nothing has changed."""
        checked: dict[str, Any] = {}
        for name, value in switches.items():
            if name not in _TYPES:
                raise ValueError(f"unknown fault {name!r}; there are {', '.join(_TYPES)}")
            try:
                checked[name] = msgspec.convert(value, _TYPES[name])
            except msgspec.ValidationError as error:
                raise ValueError(f"fault {name}: {error}") from error
        for name, value in checked.items():
            setattr(self, name, value)
        if "seed" in checked:
            self._random.seed(self.seed)
        if "limits" in checked:
            self._windows.clear()

    def happens(self, chance: float) -> bool:
        """A throw of the dice; certain chances throw none."""
        return chance > 0 and (chance >= 1 or self._random.random() < chance)

    def refusal(self, method: str) -> RpcError | None:
        """The error that this request gets instead of an answer: a flood wait, or a fault of the server's own."""
        wait, premium = self._flood(method)
        if wait:
            return RpcError(420, f"FLOOD_PREMIUM_WAIT_{wait}" if premium else f"FLOOD_WAIT_{wait}")
        failure = _of(self.failures, method)
        if failure is None or not self.happens(failure.probability):
            return None
        if failure.count:
            self._used_up(self.failures, method, failure)
        return RpcError(failure.code, failure.message or ("Timeout" if failure.code == -503 else "RPC_CALL_FAIL"))

    def _flood(self, method: str) -> tuple[int, bool]:
        flood = _of(self.floods, method)
        if flood is not None and flood.count > 0:
            self._used_up(self.floods, method, flood)
            return flood.seconds, flood.premium
        limit = _of(self.limits, method)
        if limit is None:
            return 0, False
        window = self._windows.setdefault(method, _Window())
        return window.wait(limit, time.monotonic()), limit.premium

    @staticmethod
    def _used_up(table: dict[str, Any], method: str, entry: Flood | Failure) -> None:
        entry.count -= 1
        if not entry.count:
            del table[method if method in table else EVERY]

    def fate(self, method: str) -> Fate:
        """Whether the request is answered, ignored, or costs the connection."""
        if self.drop_after:
            self.drop_after -= 1
            if not self.drop_after:
                return Fate.DROP
        if self.happens(self.drop):
            return Fate.DROP
        return Fate.SILENCE if self.happens(_of(self.silent, method) or 0.0) else Fate.ANSWER

    def reference_expired(self, epoch: int) -> bool:
        """Whether a file reference that was handed out in `epoch` is refused now."""
        return epoch < self.reference_epoch or self.happens(self.expired)

    def bad_file(self, file_id: int) -> str:
        """What is wrong with a file for good, by `bad_files`; empty for most. A file keeps its fault as long as nobody switches."""
        dice = number(self.seed, "bad file", file_id) % DICE / DICE
        for fault, chance in self.bad_files.items():
            if dice < chance:
                return fault
            dice -= chance
        return ""

    def spoil(self, part: bytes) -> bytes:
        """A file part as it is sent: as it is, or spoilt in one of the ways that are switched on."""
        if self.next_parts:
            return self._spoilt(part, self.next_parts.pop(0))
        for fault, chance in self.parts.items():
            if self.happens(chance):
                return self._spoilt(part, fault)
        return part

    def _spoilt(self, part: bytes, fault: PartFault) -> bytes:
        if fault is PartFault.EMPTY or not part:
            return b""
        if fault is PartFault.CUT:
            return part[: self._random.randrange(1, len(part))] if len(part) > 1 else b""
        if fault is PartFault.LONG:
            return part + bytes(self._random.randrange(1, 4096))
        place = self._random.randrange(len(part))
        return part[:place] + bytes((part[place] ^ 0xFF,)) + part[place + 1 :]


def _of(table: Mapping[str, T], method: str) -> T | None:
    return table.get(method, table.get(EVERY)) if table else None


_TYPES = {name: kind for name, kind in get_type_hints(Faults, include_extras=True).items() if not name.startswith("_")}
