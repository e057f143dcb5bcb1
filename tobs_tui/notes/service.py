"""Service messages in words: who did what, as one line without marks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from tobs_tui.model import Message, Service, ServiceKind
from tobs_tui.notes.escape import one_line
from tobs_tui.notes.money import price

_K = ServiceKind
_WORDS = {
    _K.JOINED: "{who} joined",
    _K.LEFT: "{who} left",
    _K.ADDED: "{who} added {people}",
    _K.REMOVED: "{who} removed {people}",
    _K.CREATED: "{who} created “{value}”",
    _K.TITLE: "{who} changed the title to “{value}”",
    _K.PHOTO: "{who} changed the photo",
    _K.PHOTO_REMOVED: "{who} removed the photo",
    _K.PINNED: "{who} pinned a message",
    _K.GROUP_CALL_PLANNED: "{who} planned a group call for {value}",
    _K.GROUP_CALL_INVITED: "{who} invited {people} to the group call",
    _K.CONFERENCE: "{who} called {people}, {value}",
    _K.MIGRATED: "The group became a supergroup",
    _K.SCREENSHOT: "{who} took a screenshot",
    _K.HISTORY_CLEARED: "The history was cleared",
    _K.CUSTOM: "{value}",
    _K.CONTACT_JOINED: "{who} joined Telegram",
    _K.TTL: "{who} set messages to delete themselves after {value}",
    _K.BOOST: "{who} boosted the chat {value}",
    _K.TOPIC_CREATED: "{who} created the topic “{value}”",
    _K.TOPIC_TITLE: "{who} changed the topic's title to “{value}”",
    _K.TOPIC_ICON: "{who} changed the topic's icon",
    _K.TOPIC_CLOSED: "{who} closed the topic",
    _K.TOPIC_REOPENED: "{who} reopened the topic",
    _K.TOPIC_HIDDEN: "{who} hid the topic",
    _K.TOPIC_SHOWN: "{who} showed the topic again",
    _K.THEME: "{who} changed the chat's theme to {value}",
    _K.WALLPAPER: "{who} changed the chat's wallpaper",
    _K.PROXIMITY: "{first} came within {value} m of {second}",
    _K.GAME_SCORE: "{who} scored {value} in a game",
    _K.PAYMENT: "{who} paid {value}",
    _K.REFUND: "{who} was paid {value} back",
    _K.GIFT: "{who} sent a gift: {value}",
    _K.GIFT_PREMIUM: "{who} gave Telegram Premium for {value}",
    _K.GIFT_CODE: "{who} gave a code of Telegram Premium for {value}",
    _K.GIFT_STARS: "{who} gave {value}",
    _K.GIFT_TON: "{who} gave {value}",
    _K.GIFT_OFFER: "{who} made an offer for the gift “{value}”",
    _K.GIFT_OFFER_DECLINED: "{who} declined the offer for the gift “{value}”",
    _K.GIVEAWAY_STARTED: "{who} started a giveaway of {value}",
    _K.GIVEAWAY_RESULTS: "The giveaway ended, {value}",
    _K.PRIZE: "{who} gave a prize of {value}",
    _K.BOT_ALLOWED: "{who} allowed the bot to write: {value}",
    _K.BOT_CREATED: "{who} created the bot {people}",
    _K.BOT_DATA: "{who} sent data to the bot: “{value}”",
    _K.PASSPORT: "{who} sent documents of Telegram Passport",
    _K.SHARED_WITH_BOT: "{who} shared {people} with the bot",
    _K.PROFILE_PHOTO_SUGGESTED: "{who} suggested a profile photo",
    _K.BIRTHDAY_SUGGESTED: "{who} suggested a birthday: {value}",
    _K.PAID_MESSAGES: "{who} set the price of a message to {value}",
    _K.PAID_MESSAGES_REFUNDED: "{who} paid {value} for messages back",
    _K.TASKS_ADDED: "{who} added to the list: {value}",
    _K.TASKS_DONE: "{who} marked as done: task {value}",
    _K.TASKS_UNDONE: "{who} marked as not done: task {value}",
    _K.POLL_ANSWER_ADDED: "{who} added an answer to the poll: “{value}”",
    _K.POLL_ANSWER_REMOVED: "{who} removed an answer from the poll: “{value}”",
    _K.POST_APPROVED: "{who} approved a suggested post",
    _K.POST_REJECTED: "{who} rejected a suggested post",
    _K.POST_PAID: "A suggested post was paid for",
    _K.POST_REFUNDED: "A suggested post was paid back",
    _K.OWNER_CHANGED: "{who} made {people} the owner",
    _K.OWNER_PENDING: "{who} will make {people} the owner",
    _K.SAVING_FORBIDDEN: "{who} forbade saving and forwarding",
    _K.SAVING_ALLOWED: "{who} allowed saving and forwarding",
    _K.SAVING_ASKED: "{who} asked to change whether messages may be saved and forwarded",
    _K.COMMUNITY: "{who} changed the chat's community",
    _K.COMMUNITY_JOINED: "{who} joined by way of a community",
    _K.EMPTY: "Something happened that Telegram doesn't tell",
}
# What is said where Telegram gives no value.
_WITHOUT_VALUE = {
    _K.CREATED: "{who} created the chat",
    _K.GIFT: "{who} sent a gift",
    _K.TTL: "{who} switched off that messages delete themselves",
    _K.THEME: "{who} removed the chat's theme",
    _K.GIVEAWAY_STARTED: "{who} started a giveaway",
    _K.PAID_MESSAGES: "{who} made messages free of charge",
    _K.BOT_ALLOWED: "{who} allowed the bot to write",
    _K.CONFERENCE: "{who} called {people}",
    _K.CUSTOM: "{who}: a service message without words",
}


def author_of(message: Message) -> str:
    """Who sent a message, cleaned."""
    return one_line(message.sender.name) or ("Deleted account" if message.sender.id else "Unknown")


def service_words(message: Message, service: Service) -> str:
    """The service message as one cleaned line, not escaped."""
    words, text = _words(message, service), one_line(service.text)
    return f"{words}: {text}" if text else words


def _words(message: Message, service: Service) -> str:
    who, kind, value = author_of(message), service.kind, one_line(service.value)
    if call := _CALLS.get(kind):
        return f"{who} {call(value)}"
    people = [one_line(name) or "Unknown" for name in service.people]
    words = _WORDS.get(kind) if value else _WITHOUT_VALUE.get(kind, _WORDS.get(kind))
    if not words:
        return f"{who}: a service message of the kind {value or 'unknown'}"
    shown = _VALUES[kind](value) if value and kind in _VALUES else value
    first, second = (*people, "somebody", "somebody")[:2]
    return words.format(who=who, people=", ".join(people) or "somebody", value=shown, first=first, second=second)


def _call(value: str) -> str:
    return f"called{_CALL_ENDS.get(value) or _lasted(value) or ', without an answer'}"


def _video_call(value: str) -> str:
    return f"called with video{_CALL_ENDS.get(value) or _lasted(value) or ', without an answer'}"


def _group_call(value: str) -> str:
    return f"ended the group call{_lasted(value)}" if value else "started a group call"


def _lasted(value: str) -> str:
    return f", {_duration(value)}" if _number(value) else ""


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() else 0


def _duration(value: str) -> str:
    """Seconds as people say them: `12 s`, `12 min 34 s`."""
    minutes, seconds = divmod(_number(value), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _period(value: str) -> str:
    """Seconds in the largest unit that they fill: `1 day`, `2 weeks`."""
    seconds = _number(value)
    for unit, length in (("year", 31_536_000), ("month", 2_592_000), ("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            return _count(unit)(str(seconds // length))
    return _count("second")(str(seconds))


def _count(word: str) -> Callable[[str], str]:
    return lambda value: f"{value} {word}" if value == "1" else f"{value} {word}s"


def _moment(value: str) -> str:
    return f"{datetime.fromtimestamp(_number(value), UTC):%Y-%m-%d %H:%M} UTC"


_CALLS: dict[ServiceKind, Callable[[str], str]] = {_K.CALL: _call, _K.VIDEO_CALL: _video_call, _K.GROUP_CALL: _group_call}
_CALL_ENDS = {"busy": ", the line was busy"}
_VALUES: dict[ServiceKind, Callable[[str], str]] = {
    _K.CONFERENCE: _duration,
    _K.GROUP_CALL_PLANNED: _moment,
    _K.TTL: _period,
    _K.BOOST: _count("time"),
    _K.GIFT_PREMIUM: _count("day"),
    _K.GIFT_CODE: _count("day"),
    _K.GIFT_STARS: _count("star"),
    _K.PRIZE: _count("star"),
    _K.GIVEAWAY_STARTED: _count("star"),
    _K.PAID_MESSAGES: _count("star"),
    _K.PAID_MESSAGES_REFUNDED: _count("star"),
    _K.GIVEAWAY_RESULTS: _count("winner"),
    _K.PAYMENT: price,
    _K.REFUND: price,
    _K.GIFT_TON: price,
}
