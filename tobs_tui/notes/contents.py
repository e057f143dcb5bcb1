"""What a message holds besides text and files, as lines of a note: polls, to-do lists, places, contacts and their like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tobs_tui.content import (
    Contact,
    Content,
    Dice,
    Game,
    Giveaway,
    Gone,
    Invoice,
    PaidMedia,
    Place,
    Poll,
    PollOption,
    Story,
    TodoItem,
    TodoList,
)
from tobs_tui.model import EntityKind
from tobs_tui.notes.escape import escape, escape_start, one_line
from tobs_tui.notes.links import destination
from tobs_tui.notes.money import money

KINDS: dict[type, str] = {
    Poll: "poll",
    TodoList: "todo",
    Place: "place",
    Contact: "contact",
    Dice: "dice",
    Story: "story",
    Game: "game",
    Invoice: "invoice",
    Giveaway: "giveaway",
    PaidMedia: "paid_media",
    Gone: "gone",
}


def content_lines(content: Content, zone: ZoneInfo) -> list[str]:
    """The content's first line, which can take a block id, and what follows as a block of its own; empty for other kinds."""
    render = _RENDERERS.get(type(content))
    return render(content, zone) if render else []


def content_word(content: Content) -> str:
    """The content in a few words, cleaned, not escaped."""
    title = next((one_line(value) for name in ("question", "title", "name", "emoji", "what") if (value := getattr(content, name, ""))), "")
    kind = KINDS.get(type(content), "").replace("_", " ")
    return f"{kind}: {title}" if kind and title else kind


def _line(text: str) -> str:
    return escape(one_line(text))


def _poll(poll: Poll, _: ZoneInfo) -> list[str]:
    about = ["quiz" if poll.quiz else "poll", *(["several answers"] if poll.multiple else []), _count(poll.voters, "voter")]
    head = f"📊 **{_line(poll.question) or 'A poll'}** ({', '.join(about + ['closed'] * poll.closed)})"
    lines = ["\n".join(_option(option, poll) for option in poll.options)] if poll.options else []
    return [head, *lines, *([f"Explanation: {solution}"] if (solution := _line(poll.solution)) else [])]


def _option(option: PollOption, poll: Poll) -> str:
    votes = "votes hidden" if option.votes is None else _count(option.votes, "vote")
    share = f", {round(100 * option.votes / poll.voters)} %" if option.votes is not None and poll.voters else ""
    marks = ", the right answer" * option.correct + ", your answer" * option.chosen
    return f"- {escape_start(one_line(option.text)) or '?'}: {votes}{share}{marks}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _todo(todo: TodoList, _: ZoneInfo) -> list[str]:
    head = f"☑️ **{_line(todo.title) or 'To-do list'}**"
    return [head, "\n".join(map(_task, todo.items))] if todo.items else [head]


def _task(item: TodoItem) -> str:
    by = f" ({name})" if (name := _line(item.by)) else ""
    return f"- [{'x' if item.done else ' '}] {escape_start(one_line(item.text)) or '?'}{by}"


def _place(place: Place, _: ZoneInfo) -> list[str]:
    at = f"{place.latitude:.6f}", f"{place.longitude:.6f}"
    address = f"https://www.openstreetmap.org/?mlat={at[0]}&mlon={at[1]}#map=16/{at[0]}/{at[1]}"
    name = ", ".join(filter(None, (_line(place.title), _line(place.address)))) or ("Live location" if place.live else "Location")
    return [f"📍 [{name}]({address}) ({at[0]}, {at[1]})"]


def _contact(contact: Contact, _: ZoneInfo) -> list[str]:
    phone = one_line(contact.phone)
    address = destination(EntityKind.PHONE, phone, "")
    linked = f"[{escape(phone)}]({address})" if address else escape(phone)
    return [f"👤 {', '.join(filter(None, (_line(contact.name), linked))) or 'A contact'}"]


def _dice(dice: Dice, _: ZoneInfo) -> list[str]:
    return [f"{escape_start(one_line(dice.emoji)) or '🎲'} {dice.value}"]


def _story(story: Story, _: ZoneInfo) -> list[str]:
    words = f"Story of {_line(story.name) or 'a hidden account'}"
    address = destination(EntityKind.TEXT_LINK, words, story.link)
    return [f"📖 [{words}]({address})" if address else f"📖 {words}"]


def _game(game: Game, _: ZoneInfo) -> list[str]:
    return ["🎮 " + ": ".join(filter(None, (f"**{_line(game.title) or 'A game'}**", _line(game.description))))]


def _invoice(invoice: Invoice, _: ZoneInfo) -> list[str]:
    words = ": ".join(filter(None, (f"**{_line(invoice.title) or 'An invoice'}**", _line(invoice.description))))
    return [f"🧾 {words} ({escape(money(invoice.amount, invoice.currency))})"]


def _giveaway(giveaway: Giveaway, zone: ZoneInfo) -> list[str]:
    parts = ["Giveaway, ended" if giveaway.ended else "Giveaway", _line(giveaway.prize), _count(giveaway.winners, "winner")]
    if giveaway.until:
        parts.append(f"until {datetime.fromtimestamp(giveaway.until, zone):%Y-%m-%d %H:%M}")
    return ["🎁 " + ", ".join(filter(None, parts))]


def _paid(paid: PaidMedia, _: ZoneInfo) -> list[str]:
    bought = len(paid.files)
    shown = ", bought" if bought == paid.count else f", {bought} of them bought" if bought else ", not shown"
    return [f"⭐ {_count(paid.count, 'paid file')} for {_count(paid.stars, 'star')}{shown}"]


def _gone(gone: Gone, _: ZoneInfo) -> list[str]:
    what = _line(gone.what) or "file"
    return [f"*A {what} that destroyed itself*" if gone.expired else f"*A {what} that Telegram doesn't have any more*"]


_RENDERERS: dict[type, Callable[[Any, ZoneInfo], list[str]]] = {
    Poll: _poll,
    TodoList: _todo,
    Place: _place,
    Contact: _contact,
    Dice: _dice,
    Story: _story,
    Game: _game,
    Invoice: _invoice,
    Giveaway: _giveaway,
    PaidMedia: _paid,
    Gone: _gone,
}
