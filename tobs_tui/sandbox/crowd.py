"""The people of a busy supergroup, and the shapes of the messages that they write.

Messages carry what Telegram's do beside their text, and people what they have beside their name, so that a page weighs what one of a
real group weighs: decoding takes 26 to 47 us a message there, and about 40 % of that goes to people and chats.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Any

from telethon.tl import types

from tobs_tui.model import CHANNEL_MARK
from tobs_tui.sandbox.generator import peer_of
from tobs_tui.sandbox.media import STRIPPED
from tobs_tui.sandbox.people import access_hash, user
from tobs_tui.sandbox.phrases import sentence
from tobs_tui.sandbox.seeding import number, rng
from tobs_tui.sandbox.texts import Rich, bold, code, compose, hashtag, italic, link

if TYPE_CHECKING:
    from tobs_tui.sandbox.account import Account

START = 1_711_929_600
USERS = 710_000_000
MEMBERS = 160
NEWS = 1_710_000_000
NEWS_CHANNELS = 6
TEMPLATES = 256
EDITED_AFTER = 97
REPLY_DISTANCE = 7
ID_MARK, DATE_MARK, REPLY_MARK = 0x5A5B5C01, 0x5A5B5C02, 0x5A5B5C03
NUMBER_MARK = "@NUMBER@"
EMOJI = ("👍", "❤", "🔥", "😁", "🎉", "🤔")
# How many in a hundred messages answer another one, bear reactions, were edited, forwarded, show a link's preview.
ANSWERS, REACTED, EDITED, FORWARDED, PREVIEWS = 33, 20, 8, 5, 6
# How many in a hundred people have a last name, a picture, Premium.
NAMED_TWICE, PICTURED, PREMIUM = 60, 75, 25

Make = Callable[[int, int, int, str], types.Message]
"""A message of an id, a date, the id that it answers and the number in its text."""


class Template:
    """One shape of message: its TL object, and its bytes cut where ids, dates and numbers go."""

    def __init__(self, make: Make, peers: frozenset[int]) -> None:
        self.make = make
        self.peers = peers
        marks = [*map(_packed, (ID_MARK, DATE_MARK, DATE_MARK + EDITED_AFTER, REPLY_MARK)), NUMBER_MARK.encode()]
        self._parts = re.split(b"(" + b"|".join(map(re.escape, marks)) + b")", bytes(make(ID_MARK, DATE_MARK, REPLY_MARK, NUMBER_MARK)))
        self._marks = marks

    def raw(self, message_id: int, date: int) -> bytes:
        """The bytes of the message with that id and date (Unix seconds)."""
        numbers = map(_packed, (message_id, date, date + EDITED_AFTER, message_id - REPLY_DISTANCE))
        filled = dict(zip(self._marks, (*numbers, b"%08d" % message_id), strict=True))
        return b"".join([filled.get(part, part) for part in self._parts])


def _packed(value: int) -> bytes:
    return struct.pack("<i", value)


def templates(seed: int, chat_id: int) -> list[Template]:
    """The shapes of a chat's messages."""
    return [template(rng(seed, "crowd", index), chat_id, index) for index in range(TEMPLATES)]


def template(chance: Random, chat_id: int, index: int) -> Template:
    """One shape; what it carries beside its text falls as often as in a busy group."""
    rich, sender = text(chance, index), member(chance)
    reactions, reactors = reacted(chance) if happens(chance, REACTED) else (None, [])
    origin = NEWS + chance.randrange(NEWS_CHANNELS) if happens(chance, FORWARDED) else 0
    answers, edited, media = happens(chance, ANSWERS), happens(chance, EDITED), preview(index) if happens(chance, PREVIEWS) else None
    forward = types.MessageFwdHeader(date=START, from_id=types.PeerChannel(origin), channel_post=index + 1) if origin else None

    def make(message_id: int, date: int, reply: int, shown: str) -> types.Message:
        return types.Message(
            id=message_id,
            peer_id=peer_of(chat_id),
            date=date,
            message=rich.text.replace(NUMBER_MARK, shown),
            from_id=types.PeerUser(sender),
            entities=list(rich.entities) or None,
            reply_to=types.MessageReplyHeader(reply_to_msg_id=reply) if answers else None,
            fwd_from=forward,
            media=media,
            edit_date=date + EDITED_AFTER if edited else None,
            reactions=reactions,
        )

    return Template(make, frozenset((sender, *reactors, *([-CHANNEL_MARK - origin] if origin else []))))


def text(chance: Random, index: int) -> Rich:
    """What it says, with the number of its message in it."""
    first, second = sentence(chance), sentence(chance)
    styled = (
        compose(f"{NUMBER_MARK} {first}"),
        compose(f"{NUMBER_MARK} ", bold(first), " ", second),
        compose(f"{NUMBER_MARK} {first} ", italic(bold("both"), " ", second), " 👍🏽"),
        compose(f"{NUMBER_MARK} ", link("https://example.org/a?b=c&d", first), " ", code("a_b*c"), " ", hashtag("#rust")),
    )
    return styled[index % len(styled)]


def happens(chance: Random, percent: int) -> bool:
    return chance.randrange(100) < percent


def member(chance: Random) -> int:
    """Somebody; a few write most of it, as everywhere."""
    weights = list(accumulate(1 / (i + 1) for i in range(MEMBERS)))
    return USERS + chance.choices(range(MEMBERS), cum_weights=weights)[0]


def reacted(chance: Random) -> tuple[types.MessageReactions, list[int]]:
    """Reactions, with those who gave the latest; and those people's ids."""
    kinds = [types.ReactionEmoji(each) for each in chance.sample(EMOJI, chance.choice((1, 1, 2, 3)))]
    people = [member(chance) for _ in kinds]
    counts = [types.ReactionCount(kind, chance.randrange(1, 30)) for kind in kinds]
    latest = [types.MessagePeerReaction(types.PeerUser(who), START, kind) for who, kind in zip(people, kinds, strict=True)]
    return types.MessageReactions(counts, can_see_list=True, recent_reactions=latest), people


def preview(index: int) -> types.MessageMediaWebPage:
    """The preview of a link."""
    address = f"https://example.org/articles/{index}"
    page = types.WebPage(
        id=index + 1,
        url=address,
        display_url=address.removeprefix("https://"),
        hash=0,
        type="article",
        site_name="Example",
        title=f"Article {index}",
        description="What the page says of itself, in a sentence or two that stand under its title.",
    )
    return types.MessageMediaWebPage(page)


def add_crowd(account: Account) -> None:
    """Everybody who writes there, and the channels that are forwarded from."""
    for i in range(MEMBERS):
        account.add_user(person(account.seed, i))
    for i in range(NEWS_CHANNELS):
        channel_id = -CHANNEL_MARK - NEWS - i
        account.strangers[channel_id] = news(account.seed, NEWS + i, channel_id)


def person(seed: int, index: int) -> types.User:
    """A member with what a user carries on Telegram. Nobody asks for the picture."""
    chance, user_id = rng(seed, "person", index), USERS + index
    entity = user(seed, user_id, f"Member {index}", "of a Crowd" if happens(chance, NAMED_TWICE) else "", f"big_member_{index}")
    if happens(chance, PICTURED):
        entity.photo = types.UserProfilePhoto(number(seed, "face", index), 2, stripped_thumb=STRIPPED)
    entity.color = types.PeerColor(color=index % 7)
    entity.status = types.UserStatusOffline(START + index)
    if happens(chance, PREMIUM):
        entity.premium = True
        entity.emoji_status = types.EmojiStatus(number(seed, "status", index))
        entity.profile_color = types.PeerColor(color=index % 7, background_emoji_id=number(seed, "background", index))
    return entity


def news(seed: int, bare: int, marked: int) -> Any:
    """A channel that isn't among the account's chats."""
    return types.Channel(
        id=bare,
        title=f"News {bare - NEWS}",
        photo=types.ChatPhotoEmpty(),
        date=START,
        access_hash=access_hash(seed, marked),
        username=f"crowd_news_{bare - NEWS}",
        broadcast=True,
        color=types.PeerColor(color=bare % 7),
        level=3,
    )
