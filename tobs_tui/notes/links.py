"""Addresses of links: only schemes that do no harm become links, and no address ends its link early."""

from __future__ import annotations

import re
from urllib.parse import quote

from tobs_tui.model import EntityKind

# A name of the module is found faster than a member of an enum.
_EMAIL, _PHONE, _URL = EntityKind.EMAIL, EntityKind.PHONE, EntityKind.URL
# Only these become links.
_HARMLESS = re.compile("(?:https?|mailto|tel|tg|ton):", re.ASCII | re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HOST_PORT = re.compile(r"[\w.-]+\.\w+:\d+(?:[/?#]|\Z)|localhost:\d", re.ASCII)
_ENTITY = re.compile(r"&(?=#?[A-Za-z0-9]{1,32};)")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# What may end a destination, mean something to Obsidian inside one, or not be seen.
_UNSAFE = re.compile(
    r"[\x00-\x20\x7f-\xa0<>()\[\]\\^`{|}\"*\xad\u061c\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ud800-\udfff]"
)
# Parsers decode what they show of an autolink; these characters they show as they are.
_AUTOLINK = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?"
    r"(?:/[\w.~!$&'()*+,;=:@/-]*(?:\?[\w.~!$&'()*+,;=:@/?-]+)?)?\Z",
    re.ASCII,
)


def destination(kind: EntityKind, shown: str, value: str) -> str:
    """The address of a link entity as it may stand between parentheses; empty when it must not be a link."""
    if kind is _EMAIL:
        return escaped(f"mailto:{shown}")
    if kind is _PHONE:
        digits = re.sub(r"[^\d+]", "", shown, flags=re.ASCII)
        return f"tel:{digits}" if digits else ""
    address = (shown if kind is _URL else value).strip()
    if _HARMLESS.match(address):
        return escaped(address)
    other = _SCHEME.match(address) and not _HOST_PORT.match(address)
    return escaped(f"http://{address}") if address and not other else ""


def escaped(address: str) -> str:
    """The address with everything that could end it early percent-encoded."""
    return _ENTITY.sub("&amp;", _UNSAFE.sub(_encoded, _BARE_PERCENT.sub("%25", address)))


def _encoded(match: re.Match[str]) -> str:
    return quote(match[0], safe="", errors="replace")


def note_destination(note: str, message_id: int = 0) -> str:
    """Where a link to a note, or to a message's block in it, leads. Obsidian decodes the percent signs, CommonMark the entities."""
    name = _ENTITY.sub("&amp;", note.replace("%", "%25"))
    return f"<{name}.md{f'#^m{message_id}' if message_id else ''}>"


def autolink(shown: str, address: str) -> str:
    """`<https://…>` where a parser shows just these characters for it, otherwise nothing."""
    return f"<{shown}>" if shown == address and _AUTOLINK.match(shown) and "xn--" not in shown.lower() else ""
