"""Users as Telegram shows them."""

from __future__ import annotations

from telethon.tl import types

from tobs_tui.sandbox.seeding import number


def user(
    seed: int,
    user_id: int,
    first: str,
    last: str = "",
    username: str = "",
    *,
    phone: str = "",
    bot: bool = False,
    contact: bool = False,
    deleted: bool = False,
    is_self: bool = False,
    photo: types.UserProfilePhoto | None = None,
) -> types.User:
    """A user; a deleted account has no name, as at Telegram."""
    return types.User(
        id=user_id,
        is_self=is_self or None,
        contact=contact or None,
        mutual_contact=contact or None,
        deleted=deleted or None,
        bot=bot or None,
        bot_info_version=1 if bot else None,
        access_hash=access_hash(seed, user_id),
        first_name=first or None,
        last_name=last or None,
        username=username or None,
        phone=phone or None,
        photo=photo,
        status=None if deleted or bot else types.UserStatusRecently(),
    )


def access_hash(seed: int, peer_id: int) -> int:
    """The access hash of a user, channel or file; Telegram's are signed, so every second one is negative here."""
    value = number(seed, "hash", peer_id)
    return -value if value % 2 else value
