"""Articles: the name and the text of their notes, and the line that leads from a message to one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import urlsplit

from tobs_tui.model import EntityKind
from tobs_tui.notes.escape import escape, one_line, shortened
from tobs_tui.notes.layout import ROOT
from tobs_tui.notes.links import destination
from tobs_tui.notes.names import cut, safe_name
from tobs_tui.notes.properties import Value, front_matter
from tobs_tui.notes.snippets import label_of

FOLDER = "Articles"
_PATH_BYTES = 60


def path_of(address: str) -> str:
    """An article's path at its service, which is the same at all of its hosts."""
    return urlsplit(address).path.strip("/")


def article_path(title: str, path: str, distinct: bool = False) -> str:
    """Where the note of an article lies: named after its title and its path at the service, with a digest of that where it doesn't say
    enough (`distinct`: because another note has the name)."""
    safe = safe_name(path, "article")
    if distinct or safe != path or len(safe.encode()) > _PATH_BYTES:
        safe = f"{cut(safe, _PATH_BYTES)} {hashlib.blake2b(path.encode('utf-8', 'replace'), digest_size=4).hexdigest()}"
    return f"{ROOT}/{FOLDER}/{safe_name(title, 'Article')} ({safe}).md"


def picture_path(note: str, number: int, extension: str) -> str:
    """Where a picture of an article lies, by its note's path and its number in the article, from 1."""
    return f"{ROOT}/{FOLDER}/media/{note.rpartition('/')[2].removesuffix('.md')} {number}.{extension}"


def article_head(url: str, title: str, author: str, date: str) -> str:
    """The properties of an article's note. `date` is the month and day that its address tells, or empty."""
    facts: dict[str, Value] = {"source": url}
    if one_line(title):
        facts["aliases"] = (one_line(title),)
    if one_line(author):
        facts["author"] = one_line(author)
    if date:
        facts["published"] = date
    return front_matter(facts | {"tags": ("telegram", "article")})


def article_note(head: str, title: str, markdown: str) -> str:
    """The whole note; `markdown` is the article's content."""
    return f"{head}# {escape(one_line(title)) or 'Article'}\n\n{markdown}"


def article_line(address: str, there: Mapping[str, tuple[str, str, str]]) -> str:
    """What stands in a message's block for an article that it links to. `there` are note (a path), title and reason by path at the
    service: without an entry nothing is known of it yet, without a note it is gone."""
    path = path_of(address)
    note, title, reason = there.get(path, ("", "", ""))
    if note:
        return f"📄 [[{note.removesuffix('.md')}|{label_of(shortened(one_line(title), 200) or 'Article')}]]"
    shown = shortened(one_line(address.removeprefix("https://")), 200)
    place = destination(EntityKind.TEXT_LINK, shown, address)
    linked = f"[{escape(shown)}]({place})" if place else escape(shown)
    return f"📄 {linked}, not kept{f': {escape(one_line(reason))}' if path in there else ' yet'}"
