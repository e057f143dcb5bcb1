"""One data centre: what all of its connections share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tobs_tui.sandbox.faults import Faults
from tobs_tui.sandbox.handlers import Context
from tobs_tui.sandbox.keys import KeyState, RsaKey
from tobs_tui.sandbox.logins import Logins
from tobs_tui.sandbox.stats import Stats
from tobs_tui.sandbox.world import World

if TYPE_CHECKING:
    from tobs_tui.sandbox.connection import Connection


@dataclass(slots=True)
class DataCentre:
    """`dcs` are the ports of all data centres. `keys` are this one's authorisation keys by id; no other data centre knows them."""

    id: int
    host: str
    dcs: dict[int, int]
    world: World
    faults: Faults
    stats: Stats
    logins: Logins
    rsa: RsaKey
    keys: dict[int, KeyState] = field(default_factory=dict)
    connections: set[Connection] = field(default_factory=set)

    def learn(self, key: KeyState) -> None:
        """Takes in a key that a client has just agreed on."""
        self.keys[key.id] = key

    def context(self, key: KeyState, takeout_id: int) -> Context:
        return Context(self.world, self.faults, self.stats, self.logins, self.id, self.dcs, self.host, key, takeout_id)
