"""What the demo account is there to show: every style, every kind of message, and texts and names as nasty as senders make them."""

from __future__ import annotations

from functools import partial
from typing import Any

from telethon.tl import types

from tobs_tui.model import CHANNEL_MARK
from tobs_tui.sandbox.account import OWNER
from tobs_tui.sandbox.cast import ADA, ALAN, BOT, ELSEWHERE, GIF_BOT, GRACE, LINUS, MARGARET, RUST
from tobs_tui.sandbox.generator import PAID, Draft, peer_of
from tobs_tui.sandbox.media import place, plain, poll, todo
from tobs_tui.sandbox.nasty import FILE_NAMES, TEXTS
from tobs_tui.sandbox.phrases import sentence
from tobs_tui.sandbox.scenes import Scene
from tobs_tui.sandbox.texts import (
    Rich,
    bold,
    card,
    cashtag,
    code,
    command,
    compose,
    custom,
    email,
    folded,
    hashtag,
    italic,
    link,
    mention,
    overlapping,
    person,
    phone,
    pre,
    quote,
    spoiler,
    strike,
    underline,
    units,
    unknown,
    url,
)

HOUR = 3600


def styles(scene: Scene) -> None:
    """Every kind of entity, alone, nested and overlapping."""
    emoji = scene.media.custom_emoji(scene.now, "🦀")
    for rich in (
        compose(
            "Plain, ", bold("bold"), ", ", italic("italic"), ", ", underline("underline"), ", ", strike("strike"), ", ", spoiler("spoiler")
        ),
        compose(code("code `with` ticks"), " and ", pre("rust", 'fn main() {\n    println!("```");\n}'), " after"),
        compose(pre("", "no language\n\n    indented\n~~~")),
        compose(quote("A quote\nof two lines"), "and what follows"),
        compose(folded("A folded quote\n" + "line\n" * 6 + "its end")),
        compose("Read ", link("https://example.org/a_(b)?x=1&y=[2]", "this [page]"), " at ", url("https://example.org/plain_url")),
        compose(
            mention("@ada_demo"),
            " and ",
            person(ALAN, "Alan, who has no username"),
            " like ",
            hashtag("#rust"),
            " ",
            hashtag("#Ünïcode_tag"),
        ),
        compose("Buy ", cashtag("$TON"), ", write to ", email("ada@example.org"), ", call ", phone("+999 66 20002")),
        compose(command("/start@demo_poll_bot"), " with ", card("4242 4242 4242 4242"), " ", custom(emoji, "🦀"), " ", unknown("unknown")),
        compose("👩‍👩‍👧‍👦 ", bold("after 👍🏽 a family ", italic("in 🇪🇺 both ", underline("all 𝔘𝔫𝔦 three")), " out"), " 🙂"),
        compose("in", bold("si"), "de a wo", italic("r"), "d, ", bold("“quoted”"), "and", strike("!"), bold(" spaces "), "end"),
        compose(bold("bold\n\nover paragraphs\n"), italic("\nitalic after a break")),
        overlapping(
            "one two three four", (types.MessageEntityBold, 0, 13), (types.MessageEntityItalic, 4, 14), (types.MessageEntityStrike, 8, 5)
        ),
        overlapping("🙂 code over bold 🙂", (types.MessageEntityBold, 0, 10), (types.MessageEntityCode, 3, 4)),
        compose(quote("quoted ", bold("bold ", link("https://example.org", "link")), "\n", spoiler("hidden ", code("code")))),
        overlapping("a date", (partial(types.MessageEntityFormattedDate, date=scene.now), 2, 4)),
    ):
        scene.say(rich)
    replies(scene)


def replies(scene: Scene) -> None:
    """Answers: to a message, to a part of one, to one that is gone, to one in another chat, to a story."""
    question = scene.say("Do you remember the **first** program?\nIt had a bug.")
    scene.say("The first one, yes", reply=question)
    scene.say("Which bug?", reply=question, quote="It had a bug.")
    gone = scene.say("This will be deleted", deleted=True)
    scene.say("Too late, I have read it", reply=gone)
    elsewhere = types.MessageReplyHeader(
        reply_to_msg_id=3, reply_to_peer_id=peer_of(RUST), quote=True, quote_text="what [[they]] said", quote_offset=0
    )
    scene.say("An answer to something in another chat", reply_header=elsewhere)
    hidden = types.MessageReplyHeader(
        reply_from=types.MessageFwdHeader(scene.now - HOUR, from_name="A hidden name"), quote=True, quote_text="hidden"
    )
    scene.say("An answer to somebody hidden", reply_header=hidden)
    scene.say("About your story", reply_header=types.MessageReplyStoryHeader(types.PeerUser(ADA), 7))


def hostile_texts(scene: Scene) -> None:
    """Texts that would break a Markdown note, a terminal or a YAML file if anything in them had power."""
    for text in TEXTS:
        scene.say(text)
    long = (sentence(scene.chance) + " ") * 100
    scene.say(long[:4096])
    scene.say("🙂" * 2048)
    scene.say(bare_bold("a" * 4096))


def bare_bold(text: str) -> Rich:
    """A text that is bold from end to end."""
    return Rich(text, (types.MessageEntityBold(0, units(text)),))


def hostile_files(scene: Scene) -> None:
    """Documents with names as nasty as senders make them."""
    for name in FILE_NAMES:
        scene.file(name, size=scene.chance.randrange(500, 6000))
    scene.file(None, 700)
    scene.say("The handbook, which several chats show", media=scene.media.handbook())
    for size in (2_300_000, 3_145_728, 4_900_001):
        scene.file(f"large {size}.bin", size=size)
    scene.file("exactly 1 MiB.bin", size=1024 * 1024)
    scene.file("one byte.bin", size=1)


def kinds(scene: Scene) -> None:
    """Each kind of message once."""
    media, now = scene.media, scene.now
    scene.say("A caption", media=media.photo(now, 60_000, progressive=False))
    scene.say(media=media.photo(now, 30_000, spoiler=True))
    for made in (
        media.video(now, 300_000),
        media.round_video(now, 60_000),
        media.voice(now, 12_000),
        media.audio(now, 200_000, "So/What", "Miles: Davis"),
        media.gif(now, 40_000),
        media.sticker(now, "😎"),
        place_message(),
        live_place(),
        venue(),
        contact("Ada", "Lovelace", ADA),
        contact("[Some|body]", "", 0),
        types.MessageMediaDice(4, "🎲"),
        types.MessageMediaDice(64, "🎰"),
        story(),
        game(scene),
        invoice(),
        giveaway(now),
        giveaway_results(now),
        paid(),
        bought(scene),
        types.MessageMediaUnsupported(),
        poll(9001, "Tabs or *spaces*?", (("Tabs", 12), ("Spaces", 30), ("[ ] Both", 1))),
        poll(9002, "2 + 2?", (("4", 9), ("22", 3)), right=0, closed=True),
        todo("Move house", ("Boxes", "**Van**", "Keys"), (1, 3), ADA, now),
        media.web_page(
            "https://example.org/article", "A *title*", "What the page [says] about itself", "Example", picture_size=20_000, date=now
        ),
        media.web_page("https://telegra.ph/Sample-01-01", "Sample", "", "Telegraph"),
        media.web_page("https://telegra.ph/Nasty-02-29", "Nasty", "", "Telegraph"),
        media.web_page("https://telegra.ph/Deleted-03-31", "It was here", "", "Telegraph"),
        types.MessageMediaWebPage(types.WebPageEmpty(77, "https://example.org/gone")),
    ):
        text = made.webpage.url if isinstance(made, types.MessageMediaWebPage) else ""
        scene.say(compose(url(text)) if text else "", media=made)
    scene.album(3, "An album of three")
    scene.say("The same file as elsewhere", media=scene.media.handbook())
    scene.say("Through a bot", via_bot=GIF_BOT, media=media.gif(scene.now, 30_000))
    scene.say("Self-destructed", media=types.MessageMediaPhoto(ttl_seconds=10))
    scene.say("Edited at once", edited=scene.now + 60)
    scene.say(compose("The engine again: ", link("https://graph.org/Sample-01-01", "an article")))
    forwards(scene, ADA)
    links(scene)


def links(scene: Scene) -> None:
    """Addresses of messages in all their forms: in chats of the account, in another one, where nothing is; and mentions."""
    for address in (
        f"https://t.me/c/{-RUST - CHANNEL_MARK}/5",
        "t.me/rust_weekly_demo/5?comment=2",
        "https://t.me/s/Rust_Weekly_Demo/6?single",
        "https://t.me/python_talk_demo/1/4",
        f"https://t.me/c/{-RUST - CHANNEL_MARK}/999999",
        "https://t.me/elsewhere_demo/812",
        "https://t.me/rust_weekly_demo",
    ):
        scene.say(compose("Look at ", url(address), ", please"))
    for _ in range(2):
        same = link("https://t.me/rust_weekly_demo/5", "the same *link*")
        scene.say(compose(bold("Twice "), same, " and ", mention("@grace_demo"), " saw it"))
    scene.say(compose(person(GRACE, "Grace"), " and ", person(ALAN, "Alan"), " and ", mention("@nobody_demo")))


def place_message() -> Any:
    return types.MessageMediaGeo(place(48.2082, 16.3738))


def live_place() -> Any:
    return types.MessageMediaGeoLive(place(47.0707, 15.4395), period=900, heading=90)


def venue() -> Any:
    return types.MessageMediaVenue(place(48.2, 16.37), "Café [Central]", "Herrengasse 14", "foursquare", "4b5988", "food/cafe")


def contact(first: str, last: str, user_id: int) -> Any:
    return types.MessageMediaContact("9996620002", first, last, "", user_id)


def story() -> Any:
    return types.MessageMediaStory(types.PeerUser(GRACE), 12)


def game(scene: Scene) -> Any:
    photo = scene.media.raw_photo(scene.now, 15_000)
    return types.MessageMediaGame(types.Game(77_001, 77_002, "lumber", "Lumberjack", "Chop *wood*", photo))


def invoice() -> Any:
    return types.MessageMediaInvoice("A mug", "With a crab on it", "EUR", 1290, "mug")


def giveaway(now: int) -> Any:
    return types.MessageMediaGiveaway([-RUST - CHANNEL_MARK], 5, now + 86_400, months=3, prize_description="stickers")


def giveaway_results(now: int) -> Any:
    return types.MessageMediaGiveawayResults(-RUST - CHANNEL_MARK, 4, 1, 0, [ADA], now, months=3)


def paid() -> Any:
    return types.MessageMediaPaidMedia(50, [types.MessageExtendedMediaPreview(640, 480)])


def bought(scene: Scene) -> Any:
    """Paid media that the account has paid for: it is shown."""
    shown = (scene.media.photo(scene.now, 21_000), scene.media.photo(scene.now, 22_000))
    return types.MessageMediaPaidMedia(20, [types.MessageExtendedMedia(each) for each in shown])


def forwards(scene: Scene, sender: int) -> None:
    """Messages from elsewhere: from people, from hidden people, from channels."""
    before = scene.now - HOUR
    heads = (
        types.MessageFwdHeader(before, from_id=types.PeerUser(GRACE)),
        types.MessageFwdHeader(before, from_name="Somebody *hidden* [x]"),
        types.MessageFwdHeader(before, from_id=peer_of(RUST), channel_post=5, post_author="The editor"),
        types.MessageFwdHeader(before, from_id=peer_of(ELSEWHERE), channel_post=812),
        types.MessageFwdHeader(before, imported=True, from_name="An imported name"),
    )
    for head in heads:
        if sender == OWNER and head.from_id is not None:
            head.saved_from_peer, head.saved_from_msg_id = head.from_id, head.channel_post or 5
        scene.say(sentence(scene.chance), sender, forward=head)
    scene.album(2, "A forwarded album", sender, forward=heads[3])


def calls(scene: Scene, other: int) -> None:
    """Calls and what else happens between two people."""
    picture = scene.media.raw_document(scene.now, 4000, "image/webp", ())
    for action in (
        types.MessageActionPhoneCall(1, reason=types.PhoneCallDiscardReasonHangup(), duration=754),
        types.MessageActionPhoneCall(2, reason=types.PhoneCallDiscardReasonMissed()),
        types.MessageActionPhoneCall(3, video=True, reason=types.PhoneCallDiscardReasonBusy()),
        types.MessageActionScreenshotTaken(),
        types.MessageActionContactSignUp(),
        types.MessageActionSetMessagesTTL(86_400),
        types.MessageActionCustomAction("Something *custom* happened"),
        types.MessageActionHistoryClear(),
        types.MessageActionSetChatTheme(types.ChatTheme("🎄")),
        types.MessageActionGiftPremium("EUR", 990, 90, message=plain("Happy birthday, *you*")),
        types.MessageActionStarGift(types.StarGift(1, picture, 100, 85), message=plain("For you")),
    ):
        scene.say(action=action, sender=other)


def bot_talk(scene: Scene) -> None:
    """A bot and the one who talks to it."""
    scene.say(compose(command("/start")), OWNER)
    button = types.KeyboardInlineButton("Open [it]", types.InlineButtonTypeUrl("https://example.org/"))
    buttons = types.ReplyInlineMarkup([types.KeyboardInlineButtonRow([button])])
    scene.say("Welcome! Choose:", BOT, markup=buttons)
    scene.say(compose(command("/poll"), " Lunch?"), OWNER)
    scene.say(media=poll(9003, "Lunch?", (("Soup", 0), ("Salad", 0))), sender=BOT)


def group_life(scene: Scene, title: str) -> None:
    """How a basic group begins, and who comes and goes."""
    scene.say(action=types.MessageActionChatCreate("Familiy", [ADA, GRACE, ALAN]), sender=OWNER)
    scene.say(action=types.MessageActionChatEditTitle(title), sender=ADA)
    scene.say(action=types.MessageActionChatAddUser([LINUS]), sender=ADA)
    scene.say(action=types.MessageActionChatAddUser([MARGARET]), sender=MARGARET)
    scene.say(action=types.MessageActionChatDeleteUser(MARGARET), sender=MARGARET)
    scene.say(action=types.MessageActionChatJoinedByLink(OWNER), sender=MARGARET)
    scene.say(action=types.MessageActionChatDeleteUser(MARGARET), sender=OWNER)
    scene.say(action=types.MessageActionChatEditPhoto(scene.media.raw_photo(scene.now, 20_000)), sender=ADA)
    scene.say(action=types.MessageActionChatDeletePhoto(), sender=ADA)
    rules = scene.say("The rules of this group: be kind", ADA, pinned=True)
    scene.say(action=types.MessageActionPinMessage(), sender=ADA, reply=rules)
    scene.say(media=todo("Birthday", ("Cake", "Candles"), (1,), ADA, scene.now), sender=ADA)


def supergroup_life(scene: Scene, title: str) -> None:
    """Service messages of larger groups."""
    scene.say(action=types.MessageActionChatEditTitle(f"{title} (old)"), sender=ADA)
    scene.say(action=types.MessageActionChatEditTitle(title), sender=ADA)
    scene.say(action=types.MessageActionChatJoinedByRequest(), sender=LINUS)
    scene.say(action=types.MessageActionChatAddUser([LINUS, MARGARET, BOT]), sender=ADA)
    scene.say(action=types.MessageActionGroupCall(types.InputGroupCall(5, 6)), sender=ADA)
    scene.say(action=types.MessageActionGroupCall(types.InputGroupCall(5, 6), duration=1800), sender=ADA)
    scene.say(action=types.MessageActionBoostApply(2), sender=GRACE)
    scene.say(action=types.MessageActionTopicCreate("Help", 0x6FB9F0), sender=ADA)
    scene.say("Written as the group itself", scene.chat_id)
    pinned = scene.say(compose(bold("Read this first"), "\n", "1. Be kind\n2. Say what you tried"), ADA, pinned=True)
    scene.say(action=types.MessageActionPinMessage(), sender=ADA, reply=pinned)


def posts(scene: Scene) -> None:
    """A channel's first posts, one of each sort."""
    scene.say(compose(bold("Rust Weekly 1"), "\n\n", "Hello, world! ", hashtag("#issue")), views=1200, author="Ferris")
    scene.say(action=types.MessageActionChatEditPhoto(scene.media.raw_photo(scene.now, 25_000)))
    post(scene)
    pinned = scene.say("How to send us links", views=900, pinned=True, reactions=(("👍", 31), ("❤", 4)))
    scene.say(action=types.MessageActionPinMessage(), reply=pinned)
    scene.album(10, compose("Ten pictures of ", italic("crabs")), views=4000)
    scene.album(2, views=300)
    scene.say(media=poll(9004, "Which edition?", (("2018", 7), ("2021", 88), ("2024", 41))), views=500)
    emoji = scene.media.custom_emoji(scene.now, "🦀")
    scene.say("A custom reaction", reactions=((PAID, 30), (emoji, 5), ("🔥", 2)), views=77)


def post(scene: Scene) -> Draft:
    """One post: text, a picture, a file or an album, with views, sometimes signed, edited, answered or deleted."""
    views = scene.chance.randrange(200, 90_000)
    kind = scene.chance.random()
    if kind < 0.14:
        return scene.photo(views=views)
    if kind < 0.2:
        return scene.any_file(views=views, text=sentence(scene.chance))
    if kind < 0.23:
        return scene.album(scene.chance.randrange(2, 6), sentence(scene.chance), views=views)[0]
    draft = scene.say(compose(bold(sentence(scene.chance)), "\n\n", " ".join(sentence(scene.chance) for _ in range(3))), views=views)
    draft.author = scene.chance.choice(("", "", "Ferris", "Corro [the Unsafe] Urchin"))
    draft.deleted = scene.chance.random() < 0.05
    draft.edited = draft.date + 600 if scene.chance.random() < 0.08 else 0
    if scene.chance.random() < 0.5:
        draft.reactions = (("👍", scene.chance.randrange(1, 500)), ("🔥", scene.chance.randrange(1, 90)))
    return draft
