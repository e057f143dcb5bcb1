"""What the sandbox served, counted: for tests of pace and for whoever watches it."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

LOG_LENGTH = 200_000


@dataclass(slots=True)
class Stats:
    """Counters since the start or the last `reset`.

    `log` holds (seconds on the monotonic clock, method) of the latest requests, refused ones too; `refused` those of flood waits.
    `granted` counts answers that weren't errors, `errors` the error messages (numbers in them replaced by X). `part_bytes` are bytes of
    file parts, `in_takeout` requests that came inside of a takeout.
    """

    requests: Counter[str] = field(default_factory=Counter)
    requests_by_dc: Counter[int] = field(default_factory=Counter)
    granted: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    floods: Counter[str] = field(default_factory=Counter)
    part_bytes: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    connections: int = 0
    open_connections: int = 0
    in_takeout: int = 0
    in_flight: int = 0
    max_in_flight: int = 0
    log: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
    refused: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))

    def request(self, method: str, dc: int) -> None:
        self.requests[method] += 1
        self.requests_by_dc[dc] += 1
        self.log.append((time.monotonic(), method))
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def flood(self, method: str) -> None:
        self.floods[method] += 1
        self.refused.append((time.monotonic(), method))

    def reset(self) -> None:
        """Starts counting anew; connections that are open stay counted as open."""
        for counter in (self.requests, self.requests_by_dc, self.granted, self.errors, self.floods):
            counter.clear()
        self.part_bytes = self.sent_bytes = self.received_bytes = self.connections = self.in_takeout = 0
        self.max_in_flight = self.in_flight
        self.log.clear()
        self.refused.clear()

    def as_json(self, *, log: bool = False) -> dict[str, Any]:
        """The counters for JSON; with `log` also the time and method of every request and flood wait."""
        data: dict[str, Any] = {
            "requests": dict(self.requests),
            "requests_by_dc": {str(dc): n for dc, n in self.requests_by_dc.items()},
            "granted": dict(self.granted),
            "errors": dict(self.errors),
            "floods": dict(self.floods),
            "part_bytes": self.part_bytes,
            "sent_bytes": self.sent_bytes,
            "received_bytes": self.received_bytes,
            "connections": self.connections,
            "open_connections": self.open_connections,
            "max_in_flight": self.max_in_flight,
            "in_takeout": self.in_takeout,
        }
        return data | {"log": list(self.log), "refused": list(self.refused)} if log else data
