"""Which links of a message lead to articles."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from tobs_tui.content import WebPage
from tobs_tui.model import Entity, EntityKind, Message

_LINKS = frozenset({EntityKind.TEXT_LINK, EntityKind.URL})
HOSTS = frozenset({"telegra.ph", "graph.org", "te.legra.ph"})


def articles_of(message: Message, hosts: Collection[str] = HOSTS) -> tuple[str, ...]:
    """The addresses of articles in a message's text, and that of its link preview, one for each article."""
    found = {address.rpartition("/")[2]: address for address in article_links(message.text, message.entities, hosts)}
    if isinstance(message.content, WebPage) and (place := article_place(message.content.url, hosts)):
        found.setdefault(place[1], f"https://{place[0]}/{place[1]}")
    return tuple(found.values())


def article_links(text: str, entities: Iterable[Entity], hosts: Collection[str] = HOSTS) -> tuple[str, ...]:
    """The addresses of articles that a text links to, each once, in order; their form is always `https://host/path`."""
    links = [entity.value or _covered(text, entity) for entity in entities if entity.kind in _LINKS]
    places = [place for link in links if (place := article_place(link, hosts))]
    return tuple(dict.fromkeys(f"https://{host}/{path}" for host, path in places))


def _covered(text: str, entity: Entity) -> str:
    wide = text.encode("utf-16-le", "surrogatepass")
    return wide[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le", "replace")


def article_place(link: str, hosts: Collection[str] = HOSTS) -> tuple[str, str] | None:
    """Host and path of an article's address, None for any other address. The path is one segment, as it stands in the link."""
    lowered = link.lower()
    if not any(host in lowered for host in hosts):
        return None
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = parts.hostname or ""
    except ValueError:
        return None
    path = parts.path.strip("/")
    if parts.scheme not in ("http", "https") or host not in hosts or not path or "/" in path or path in (".", ".."):
        return None
    return host, path
