"""What a person may write to mean a chat, and which of the known chats that is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from tobs_tui.display import display_text
from tobs_tui.errors import ChatNotFound
from tobs_tui.model import Chat, bare_id

_LINK = re.compile(r"^(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|telegram\.dog)/(?P<path>[^?#]+)", re.IGNORECASE)
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]{3,31}$")
_SUGGESTIONS = 3
_NO_NAMES = frozenset({"joinchat", "addstickers", "addlist", "addemoji", "share", "proxy", "socks", "login", "invoice", "boost", "c"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: an id, a public name, or a title; a plain word is first a title. `shown` is fit for a message."""

    shown: str
    id: int | None = None
    username: str = ""
    title: str = ""


def wanted(text: str) -> Wanted:
    """What `text` means. Raises ChatNotFound for a link that names no chat."""
    text = text.strip()
    shown = display_text(text) or "(nothing)"
    if link := _LINK.match(text):
        return _of_link(link["path"], shown)
    if text.startswith("@"):
        if not _NAME.match(text[1:]):
            raise ChatNotFound(f"No chat is called {shown}", "a public name has 4 to 32 letters, digits and underscores")
        return Wanted(shown, username=text[1:])
    if re.fullmatch(r"-?[0-9]{1,16}", text):
        return Wanted(shown, id=int(text), title=text)
    return Wanted(shown, title=text)


def _of_link(path: str, shown: str) -> Wanted:
    parts = path.strip("/").split("/")
    if parts[0] == "s" and len(parts) > 1:
        parts = parts[1:]  # t.me/s/name is the preview of a channel
    if parts[0] == "c" and len(parts) > 1 and parts[1].isascii() and parts[1].isdigit():
        return Wanted(shown, id=int(parts[1]))
    if _NAME.match(parts[0]) and parts[0].lower() not in _NO_NAMES:
        return Wanted(shown, username=parts[0])
    raise ChatNotFound(f"{shown} names no chat", "it is an invitation or another link", "Join the chat, then name it by its title or id")


def choose(want: Wanted, chats: Iterable[Chat]) -> Chat:
    """The one chat that is meant. Raises ChatNotFound when there is none or more than one."""
    chats = list(chats)
    found = _by_id(want.id, chats) if want.id is not None else []
    if not found and want.title:
        found = _by_title(want.title, chats)
    if len(found) == 1:
        return found[0]
    if found:
        raise ChatNotFound(f"{want.shown} is the name of {len(found)} chats", todo=f"Use an id: {_listed(found)}")
    raise ChatNotFound(f"No chat answers to {want.shown}", todo=_hint(want, chats))


def _by_id(wanted_id: int, chats: list[Chat]) -> list[Chat]:
    exact = [chat for chat in chats if chat.id == wanted_id]
    return exact or [chat for chat in chats if bare_id(chat.id) == wanted_id]


def _by_title(title: str, chats: list[Chat]) -> list[Chat]:
    for form in (str, str.strip, display_text, lambda text: display_text(text).casefold()):
        if found := [chat for chat in chats if form(chat.title) == form(title)]:
            return found
    return []


def _hint(want: Wanted, chats: list[Chat]) -> str:
    titles: dict[str, list[Chat]] = {}
    for chat in chats:
        titles.setdefault(display_text(chat.title).casefold(), []).append(chat)
    word = display_text(want.title or want.username).casefold()
    close = difflib.get_close_matches(word, titles, _SUGGESTIONS) if word else []
    inside = [title for title in titles if word and word in title]
    similar = [chat for title in dict.fromkeys((*close, *inside)) for chat in titles[title]]
    return f"Similar: {_listed(similar[:_SUGGESTIONS])}" if similar else "tobs-tui chats lists them all"


def _listed(chats: list[Chat]) -> str:
    return ", ".join(f"{display_text(chat.title) or '(no title)'} ({chat.id})" for chat in chats[: _SUGGESTIONS + 2])
