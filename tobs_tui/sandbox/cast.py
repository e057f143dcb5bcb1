"""The people of the demo account, and its chats' titles: as plain and as nasty as Telegram has them."""

from __future__ import annotations

from tobs_tui.model import CHANNEL_MARK
from tobs_tui.sandbox.account import Account
from tobs_tui.sandbox.people import user

ADA, GRACE, ALAN, LINUS, MARGARET, KATHERINE = (5_100_000_000 + i for i in range(1, 7))
GHOST = 612_345_678
MARKUP = 5_100_000_020
BOT = 93_372_553
GIF_BOT = 140_267_078
PEOPLE = (ADA, GRACE, ALAN, LINUS, MARGARET, KATHERINE)

FAMILY, OLD_CREW, RESERVED = -401_000_001, -401_000_002, -401_000_003


def channel_id(number: int) -> int:
    """The marked id of the demo account's n-th channel or supergroup."""
    return -CHANNEL_MARK - 1_500_000_000 - number


RUST, PYTHON, NEW_CREW, ESCAPES, HIDDEN, REVERSED, LONG, SAME_CASE, CONTROLS, LARGE_ID = (
    *(channel_id(i) for i in range(1, 10)),
    -CHANNEL_MARK - 2_300_000_001,
)
FORUM, COMMENTS = channel_id(10), channel_id(11)
ELSEWHERE = channel_id(90)

LONG_TITLE = "The extremely long title of a group that was named by a committee 🇪🇺 " * 3

TITLES = {
    FAMILY: "Family 👨‍👩‍👧",
    OLD_CREW: "Crew",
    RESERVED: "CON",
    RUST: "Rust Weekly",
    PYTHON: "Python Talk",
    NEW_CREW: "Crew",
    ESCAPES: "[/red]\x1b[2J../../x",
    HIDDEN: ".hidden",
    REVERSED: "gnp.\u202etxt.elif|trailing dots...",
    LONG: LONG_TITLE[:255],
    SAME_CASE: "RUST weekly",
    CONTROLS: "\x07\x1b\x00\x7f",
    FORUM: "Makers' Corner",
    COMMENTS: "Rust Weekly: comments",
    LARGE_ID: "#1: <b>bold</b> [[link]] `code` 💾",
}

ABOUT = {
    RUST: "News of Rust, *every* week.\n\n# Not a heading, [[not a link]], ![[not.png]]\nhttps://this-week-in-rust.org",
    FAMILY: "Us <b>four</b>",
    FORUM: "A topic for each thing that we make",
}


def add_people(account: Account) -> None:
    """Everybody whom the account meets."""
    seed = account.seed
    cast = (
        user(seed, ADA, "Ada", "Lovelace", "ada_demo", phone="9996620002", contact=True),
        user(seed, GRACE, "Grace", "Hopper 👩‍✈️", "grace_demo", contact=True),
        user(seed, ALAN, "Alan", "Turing"),
        user(seed, LINUS, "Linus", "", "linus_demo"),
        user(seed, MARGARET, "Margaret", "Hamilton", contact=True),
        user(seed, KATHERINE, "Катерина", "Джонсон"),
        user(seed, MARKUP, "[b]**Bobby**", "\"'; DROP TABLE\n# heading\u202e"),
        user(seed, GHOST, "", deleted=True),
        user(seed, BOT, "PollBot", username="demo_poll_bot", bot=True),
        user(seed, GIF_BOT, "GIF search", username="demo_gif_bot", bot=True),
    )
    for person in cast:
        account.add_user(person)
