"""What answers which request: the registry that the wire asks and the account's modules fill.

A handler is a plain function of a Context and the request (nothing in the sandbox waits, so nothing is a coroutine; the wire
itself delays answers). It returns a TL object, or the answer's bytes where they are serialised already, and refuses with RpcError::

    @handles(functions.users.GetUsersRequest)
    def get_users(context: Context, request: functions.users.GetUsersRequest) -> bytes:
        return vector(context.world.user(u) for u in request.id)

Modules that hold handlers are imported by `server.py`: the wire's own (auth.*, help.*, account.getPassword, updates.getState and
getDifference) and the account's. The wire needs of a world: `account` with `phone`, `code`, `password` (or None) and `hint`,
`owner_id`, `entity(owner_id)`, and `change(mapping)` for changes by JSON.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from telethon.tl import TLRequest

from tobs_tui.sandbox.answers import Answer

if TYPE_CHECKING:
    from tobs_tui.sandbox.faults import Faults
    from tobs_tui.sandbox.keys import KeyState
    from tobs_tui.sandbox.logins import Logins
    from tobs_tui.sandbox.stats import Stats
    from tobs_tui.sandbox.world import World

Handler = Callable[["Context", Any], Answer]
HandlerT = TypeVar("HandlerT", bound=Handler)


@dataclass(slots=True)
class Context:
    """What a handler may know of where a request came from. Made anew for each request.

    `dc` is the data centre that was asked, `dcs` all of them with their ports. `key` is the authorisation that the request came with;
    `key.user_id` is 0 before the login. `takeout_id` is that of invokeWithTakeout, 0 outside of it.
    """

    world: World
    faults: Faults
    stats: Stats
    logins: Logins
    dc: int
    dcs: dict[int, int]
    host: str
    key: KeyState
    takeout_id: int = 0

    @property
    def user_id(self) -> int:
        """The account that is logged in on this key, 0 for none."""
        return self.key.user_id


@dataclass(frozen=True, slots=True)
class Entry:
    """A handler as it is registered: the method's name as Telegram writes it, and whether it needs a login."""

    method: str
    handler: Handler
    login: bool


REGISTRY: dict[int, Entry] = {}
"""Handlers by the constructor id of their request."""


def handles(request: type[TLRequest], *, login: bool = True) -> Callable[[HandlerT], HandlerT]:
    """Registers a handler for `request`; without a login it answers 401 AUTH_KEY_UNREGISTERED unless `login` is False."""

    def register(handler: HandlerT) -> HandlerT:
        if inspect.iscoroutinefunction(handler):
            raise TypeError(f"{handler.__name__} must be a plain function: nothing in the sandbox waits")
        if request.CONSTRUCTOR_ID in REGISTRY:
            raise ValueError(f"{method_name(request)} has a handler already")
        REGISTRY[request.CONSTRUCTOR_ID] = Entry(method_name(request), handler, login)
        return handler

    return register


def method_name(request: type[TLRequest]) -> str:
    """The request's name in Telegram's schema, as faults and statistics use it: `messages.getHistory`."""
    space = request.__module__.removeprefix("telethon.tl.functions").lstrip(".")
    name = request.__name__.removesuffix("Request")
    name = name[0].lower() + name[1:]
    return f"{space}.{name}" if space else name


