"""A message, or an album, as a block of a note: header with the block id, what it answers, text, files, reactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from tobs_tui.content import PaidMedia, RemoteFile, Unrendered, WebPage
from tobs_tui.model import (
    Button,
    Chat,
    ChatKind,
    EntityKind,
    ExportOptions,
    Forward,
    Layout,
    Message,
    Reaction,
    Reply,
    Service,
    ServiceKind,
    bare_id,
)
from tobs_tui.notes.articles import article_line
from tobs_tui.notes.contents import KINDS, content_lines
from tobs_tui.notes.escape import escape, escape_start, one_line, shortened
from tobs_tui.notes.files import NoteFile, left_out, missing_line, missing_words
from tobs_tui.notes.layout import NotePlace, media_path, note_path
from tobs_tui.notes.links import destination, note_destination
from tobs_tui.notes.properties import period_head, post_head
from tobs_tui.notes.service import author_of, service_words
from tobs_tui.notes.snippets import snippet_of, wiki_link
from tobs_tui.notes.targets import Target, forward_target, linked, reply_target
from tobs_tui.notes.text import markdown

__all__ = ["NoteFile", "RenderContext", "Rendered", "ReplyTarget", "missing_line", "render"]

Block = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class ReplyTarget:
    """A message that others answer: its note's name, who wrote it, its first words (both cleaned, not escaped)."""

    note: str
    author: str
    snippet: str


@dataclass(frozen=True, slots=True)
class RenderContext:
    """What rendering needs to know besides the message.

    `name` is the chat's unique safe name, `folder` its folder from the vault's root. `replies` are targets in this chat by message
    id; `links` what messages of this and other chats point at (see targets.py), as far as it is in the vault: for a whole chat its
    index note. `topics` are the folders' names of a forum's topics by id, `threads` the lines that lead from posts to their comments
    and back, by message id. `articles` are addresses of articles that messages link to, by message id, `kept` note, title and reason
    of those that something is known of (see `article_line`).
    """

    chat: Chat
    name: str
    folder: str
    zone: ZoneInfo
    options: ExportOptions
    replies: Mapping[int, ReplyTarget]
    links: Mapping[Target, ReplyTarget] = field(default_factory=dict)
    topics: Mapping[int, str] = field(default_factory=dict)
    articles: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    kept: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    threads: Mapping[int, str] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """The options' layout; `post` is for channels alone."""
        layout = self.options.layout
        return Layout.MONTH if layout is Layout.POST and self.chat.kind is not ChatKind.CHANNEL else layout


class Rendered(NamedTuple):
    """A block that is ready for its note.

    `head` opens the note if it is new, `day_heading` (empty for a post) a day (`day`, an ISO date) that isn't the note's last one.
    `text` ends with one blank line. `kinds` has one word a message, `records` its id, author and first words for later replies.
    """

    note: NotePlace
    head: str
    day: str
    day_heading: str
    text: str
    files: tuple[NoteFile, ...]
    kinds: tuple[str, ...]
    records: tuple[tuple[int, str, str], ...]


def render(block: Block, context: RenderContext) -> Rendered:
    """One message, or the messages of an album by rising id, as a block."""
    first = block[0]
    day, time = _local(first.date, context.zone)
    topic = context.topics.get(first.topic, "")
    place = note_path(context.folder, context.name, context.layout, _titled(block), day, topic)
    head, heading = _head(first, place, context), f"## {day}\n\n" if place.period else ""
    lines, files = _service(first, first.service, context) if first.service else _block(block, day, time, context)
    text = "\n\n".join(lines) + "\n\n"
    records = tuple([(message.id, author_of(message), snippet_of(message)) for message in block])
    return Rendered(place, head, day, heading, text, tuple(files), tuple(map(_kind, block)), records)


def _titled(block: Block) -> Message:
    """The first message, with the caption of its album: a post is named after it."""
    if block[0].text or len(block) == 1:
        return block[0]
    captioned = next((message for message in block if message.text), block[0])
    return replace(block[0], text=captioned.text, entities=captioned.entities)


def _local(date: int, zone: ZoneInfo) -> tuple[str, str]:
    """A date in Unix seconds as the reader's day and time: `2025-01-30`, `14:05`."""
    when = datetime.fromtimestamp(date, zone)
    return when.date().isoformat(), when.time().isoformat("minutes")


def _head(first: Message, place: NotePlace, context: RenderContext) -> str:
    chat_id = bare_id(context.chat.id)
    if not place.period:
        return post_head(chat_id, context.name, first.id, datetime.fromtimestamp(first.date, context.zone))
    return period_head(chat_id, context.name, place.period, first.topic if first.topic in context.topics else 0)


def _kind(message: Message) -> str:
    if message.service:
        other = message.service.kind is ServiceKind.OTHER
        return f"unrendered:{message.service.value or 'unknown'}" if other else "service"
    if isinstance(message.content, Unrendered):
        return f"unrendered:{message.content.name}"
    return message.content.kind.value if isinstance(message.content, RemoteFile) else KINDS.get(type(message.content), "text")


def _service(message: Message, service: Service, context: RenderContext) -> tuple[list[str], list[NoteFile]]:
    """What happened; a photo left out by choice needs no word besides those."""
    words = escape(service_words(message, service))
    target = context.replies.get(message.reply.message_id) if message.reply and not message.reply.chat_id else None
    if target and message.reply and service.kind is ServiceKind.PINNED:
        words = f"{words}: {wiki_link(target.note, message.reply.message_id, target.snippet)}"
    lines, files = [f"*{words}* ^m{message.id}"], list[NoteFile]()
    if isinstance(message.content, RemoteFile) and not left_out(message.content, context.options):
        lines.append(_file(message, message.content, "", context, files))
    if message.reactions:
        lines.append(_reactions(message.reactions))
    return lines, files


def _block(block: Block, day: str, time: str, context: RenderContext) -> tuple[list[str], list[NoteFile]]:
    first = block[0]
    lines = [_header(block, day, time, context)]
    files: list[NoteFile] = []
    if first.reply:
        lines.append(_reply(first, first.reply, context))
    lines += _bodies(block, context, files)
    if context.articles:
        addresses = dict.fromkeys(address for message in block for address in context.articles.get(message.id, ()))
        lines += [article_line(address, context.kept) for address in addresses]
    lines += [_buttons(message.buttons) for message in block if message.buttons]
    lines += [_reactions(message.reactions) for message in block if message.reactions]
    if context.threads:
        lines += [context.threads[message.id] for message in block if message.id in context.threads]
    return lines, files


def _bodies(block: Block, context: RenderContext, files: list[NoteFile]) -> list[str]:
    """Texts and what else the messages hold. An album's one caption is that of all its files; of several each stands above its own."""
    captioned = [message for message in block if message.text]
    lines = [_text(captioned[0], context)] if len(captioned) == 1 else []
    for message in block:
        if message.text and len(captioned) > 1:
            lines.append(_text(message, context))
        block_id = f" ^m{message.id}" if message is not block[0] else ""
        if shown := _content(message, block_id, context, files):
            lines.append(shown)
    return lines


def _text(message: Message, context: RenderContext) -> str:
    if not context.links or not message.entities:
        return markdown(message.text, message.entities)
    found = linked(message.text, message.entities)
    targets = {key: note_destination(context.links[at].note, at.message_id) for key, at in found if at in context.links}
    return markdown(message.text, message.entities, targets)


def _header(block: Block, day: str, time: str, context: RenderContext) -> str:
    first = block[0]
    parts = [bold_name(author_of(first)), time]
    if first.forward:
        parts.append(_forward(first, first.forward, context))
    if first.via_bot and (bot := one_line(first.via_bot).lstrip("@")):
        parts.append(f"via @{escape(bot)}")
    if first.author and (author := one_line(first.author)):
        parts.append(escape(author))
    if edited := max([message.edited for message in block]):
        parts.append(f"edited {' '.join(_local(edited, context.zone)).removeprefix(f'{day} ')}")
    if first.views and context.layout is Layout.POST:
        parts.append(f"{first.views} views")
    return f"{' · '.join(parts)} ^m{first.id}"


@lru_cache(maxsize=16_384)
def bold_name(name: str) -> str:
    """A cleaned name as headers show it."""
    return f"**{escape(name)}**"


def _forward(message: Message, forward: Forward, context: RenderContext) -> str:
    name = one_line(forward.name) or "a hidden account"
    target = forward_target(message)
    there = context.links.get(target) if target else None
    source = wiki_link(there.note, forward.message_id, name) if there else escape(name)
    date = f", {' '.join(_local(forward.date, context.zone))}" if forward.date else ""
    return f"forwarded from {source}{date}"


def _reply(message: Message, reply: Reply, context: RenderContext) -> str:
    """What the message answers, as a quote: whose words, linked where they are in the vault, and the part that the sender chose, or
    else the first ones."""
    there = context.links.get(elsewhere) if (elsewhere := reply_target(message)) else context.replies.get(reply.message_id)
    if reply.message_id and there:
        source, words = wiki_link(there.note, reply.message_id, there.author), escape(there.snippet)
    else:
        source, words = _unlinked(reply), ""
    chosen = markdown(reply.quote, reply.entities) if reply.quote.strip() else ""
    if "\n" in chosen or chosen.startswith("> "):
        return _quoted(f"{source}:\n\n{chosen}")
    words = chosen or words
    return _quoted(f"{source}: {words}" if words else source)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def _unlinked(reply: Reply) -> str:
    """What is answered, in words."""
    name = escape(one_line(reply.name))
    if not reply.message_id and reply.chat_id:
        return f"Answer to a story{f' of {name}' if name else ''}"
    if not reply.message_id:
        return escape_start(one_line(reply.name)) or "Answer to a message that can't be found"
    if reply.chat_id:
        return f"Answer to message {reply.message_id} of {name or 'another chat'}"
    return f"Answer to message {reply.message_id}, which isn't here"


def _content(message: Message, block_id: str, context: RenderContext, files: list[NoteFile]) -> str:
    """What a message holds besides its text, ending with `block_id`; its file is added to `files` unless it is left out."""
    content = message.content
    if isinstance(content, RemoteFile):
        return _file(message, content, block_id, context, files)
    if isinstance(content, Unrendered):
        return f"*Not shown here: {escape(one_line(content.name)) or 'unknown content'}*{block_id}"
    if isinstance(content, WebPage):
        return _web_page(message, content, block_id, context, files)
    if content and (lines := content_lines(content, context.zone)):
        bought = content.files if isinstance(content, PaidMedia) else ()
        lines[1:] += [_file(message, file, "", context, files, number) for number, file in enumerate(bought, 1)]
        return "\n\n".join((lines[0] + block_id, *lines[1:]))
    if block_id or not message.text:
        return f"*{'Part of the album' if block_id else 'Empty message'}*{block_id}"
    return ""


def _file(message: Message, file: RemoteFile, block_id: str, context: RenderContext, files: list[NoteFile], number: int = 0) -> str:
    """The line of a file; `number` tells several of one message apart."""
    path = media_path(context.folder, message, file, context.zone, number)
    if reason := left_out(file, context.options, path):
        return missing_words(file, path, reason) + block_id
    line = f"![[{path}]]{block_id}"
    files.append(NoteFile(file, path, line, message.id, message.date))
    return line


def _web_page(message: Message, page: WebPage, block_id: str, context: RenderContext, files: list[NoteFile]) -> str:
    """A link preview; what is left out of it by choice is only its picture, which needs no word."""
    lines = [_preview(page)]
    if page.picture and not left_out(page.picture, context.options):
        lines.append(_file(message, page.picture, block_id, context, files))
    elif block_id:
        lines.append(f"*Link preview*{block_id}")
    return "\n\n".join(lines)


def _preview(page: WebPage) -> str:
    title = shortened(one_line(page.title), 200) or shortened(one_line(page.url), 200) or "A link"
    address = destination(EntityKind.TEXT_LINK, page.url, page.url)
    guard = "\\" if title[:1] == "!" else ""  # or it might be a callout
    linked = f"[{guard}{escape_start(title)}]({address})" if address else escape_start(title)
    site = f" · {escape(one_line(page.site))}" if one_line(page.site) else ""
    lines = [linked + site]
    if description := shortened(one_line(page.description), 500):
        lines.append(escape_start(description))
    return "  \n".join(lines).replace("\n", "\n> ").join(("> ", ""))


def _buttons(buttons: tuple[Button, ...]) -> str:
    return "🔘 " + " · ".join(map(_button, buttons))


def _button(button: Button) -> str:
    words = escape(one_line(button.text)) or "A button"
    address = destination(EntityKind.TEXT_LINK, words, button.link)
    return f"[{words}]({address})" if address else words


def _reactions(reactions: tuple[Reaction, ...]) -> str:
    return escape_start(" · ".join(f"{one_line(reaction.emoji) or '?'} {reaction.count}" for reaction in reactions))
