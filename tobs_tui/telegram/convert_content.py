"""What is attached to a message: polls, places, contacts and the rest beside files. What the model has no place for is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telethon.tl import types

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
    Unrendered,
    WebPage,
)
from tobs_tui.telegram.convert_media import bought_files, file_of, web_picture
from tobs_tui.telegram.dates import unix
from tobs_tui.telegram.peers import Names, marked_id, username_of

_Maker = Callable[[Any, Names], Content]
_Filer = Callable[[Any, int, int], Content | None]


def content_of(media: Any, chat_id: int, message_id: int, names: Names) -> Content | None:
    """What is attached to a message as media; None for nothing that a note could show."""
    kind = type(media)
    if filer := _FILERS.get(kind):
        return filer(media, chat_id, message_id)
    if maker := _MAKERS.get(kind):
        return maker(media, names)
    return None if kind is types.MessageMediaEmpty else Unrendered(kind.__name__)


def _file(media: Any, chat_id: int, message_id: int) -> Content:
    """A file; or what is left of one that destroyed itself after `ttl_seconds`, or that Telegram took away."""
    return file_of(media, chat_id, message_id) or Gone(_word(media), expired=bool(media.ttl_seconds))


def _word(media: Any) -> str:
    """What the media was, in a word."""
    if isinstance(media, types.MessageMediaPhoto):
        return "photo"
    marks = {"voice": media.voice, "round video": media.round, "video": media.video}
    return next((word for word, marked in marks.items() if marked), "document")


def _paid(media: Any, chat_id: int, message_id: int) -> Content:
    return PaidMedia(len(media.extended_media), media.stars_amount, tuple(bought_files(media, chat_id, message_id)))


def _web_page(media: Any, chat_id: int, message_id: int) -> Content | None:
    page = media.webpage
    if isinstance(page, types.WebPage):
        picture = web_picture(page, chat_id, message_id)
        return WebPage(page.url, page.title or "", page.description or "", page.site_name or "", picture)
    return None  # empty or pending: the message's text has the link itself


def _poll(media: Any, _names: Names) -> Content:
    poll, results = media.poll, media.results
    votes = {each.option: each for each in results.results or ()}
    return Poll(
        question=poll.question.text,
        options=tuple(_option(answer, votes.get(getattr(answer, "option", None))) for answer in poll.answers),
        voters=results.total_voters or 0,
        quiz=bool(poll.quiz),
        closed=bool(poll.closed),
        multiple=bool(poll.multiple_choice),
        solution=results.solution or "",
    )


def _option(answer: Any, voters: Any) -> PollOption:
    if voters is None:
        return PollOption(answer.text.text)
    return PollOption(answer.text.text, voters.voters, bool(voters.chosen), bool(voters.correct))


def _todo(media: Any, names: Names) -> Content:
    done = {each.id: marked_id(each.completed_by) for each in media.completions or ()}
    items = (TodoItem(item.title.text, item.id in done, names.name(done.get(item.id, 0))) for item in media.todo.list)
    return TodoList(media.todo.title.text, tuple(items))


def _place(media: Any, _names: Names) -> Content:
    if not isinstance(media.geo, types.GeoPoint):
        return Gone("location")
    title, address = getattr(media, "title", ""), getattr(media, "address", "")
    return Place(media.geo.lat, media.geo.long, title, address, live=isinstance(media, types.MessageMediaGeoLive))


def _contact(media: Any, _names: Names) -> Content:
    return Contact(" ".join(filter(None, (media.first_name, media.last_name))), media.phone_number)


def _dice(media: Any, _names: Names) -> Content:
    return Dice(media.emoticon, media.value)


def _story(media: Any, names: Names) -> Content:
    peer = marked_id(media.peer)
    username = username_of(names.entity(peer))
    return Story(names.name(peer), f"https://t.me/{username}/s/{media.id}" if username else "")


def _game(media: Any, _names: Names) -> Content:
    return Game(media.game.title, media.game.description)


def _invoice(media: Any, _names: Names) -> Content:
    return Invoice(media.title, media.description, media.total_amount, media.currency)


def _giveaway(media: Any, _names: Names) -> Content:
    ended = isinstance(media, types.MessageMediaGiveawayResults)
    winners = media.winners_count if ended else media.quantity
    return Giveaway(winners, unix(media.until_date), _prize(media), ended)


def _prize(media: Any) -> str:
    stars = f"{media.stars} Telegram stars" if media.stars else ""
    months = f"Telegram Premium for {media.months} months" if media.months else ""
    return ", ".join(filter(None, (media.prize_description, stars, months)))


_FILERS: dict[type[Any], _Filer] = {
    types.MessageMediaPhoto: _file,
    types.MessageMediaDocument: _file,
    types.MessageMediaPaidMedia: _paid,
    types.MessageMediaWebPage: _web_page,
}
_MAKERS: dict[type[Any], _Maker] = {
    types.MessageMediaPoll: _poll,
    types.MessageMediaToDo: _todo,
    types.MessageMediaGeo: _place,
    types.MessageMediaGeoLive: _place,
    types.MessageMediaVenue: _place,
    types.MessageMediaContact: _contact,
    types.MessageMediaDice: _dice,
    types.MessageMediaStory: _story,
    types.MessageMediaGame: _game,
    types.MessageMediaInvoice: _invoice,
    types.MessageMediaGiveaway: _giveaway,
    types.MessageMediaGiveawayResults: _giveaway,
}
