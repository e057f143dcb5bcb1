"""Service messages: what somebody did, instead of what somebody wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from telethon.tl import types

from tobs_tui.model import Service, ServiceKind
from tobs_tui.telegram.dates import unix
from tobs_tui.telegram.peers import DELETED, Names, marked_id

_Actor = int
_Maker = Callable[[Any, _Actor, Names], Service]
_Value = Callable[[Any], Any]
_People = Callable[[Any], Iterable[int]]


def service_of(action: Any, actor: int, names: Names) -> Service:
    """What an action tells. `actor` is the marked id of the message's sender."""
    maker = _MAKERS.get(type(action))
    return maker(action, actor, names) if maker else Service(ServiceKind.OTHER, value=type(action).__name__)


def _people(ids: Iterable[int], names: Names) -> tuple[str, ...]:
    return tuple(names.name(each) or DELETED for each in ids)


def _nobody(_action: Any) -> Iterable[int]:
    return ()


def _nothing(_action: Any) -> str:
    return ""


def _tell(kind: ServiceKind, value: _Value = _nothing, people: _People = _nobody) -> _Maker:
    """Makes services of one kind; `people` gives marked ids."""

    def made(action: Any, _actor: _Actor, names: Names) -> Service:
        text = getattr(getattr(action, "message", None), "text", "")
        return Service(kind, _people(people(action), names), str(value(action) or ""), text)

    return made


def _added(action: Any, actor: int, names: Names) -> Service:
    if list(action.users) == [actor]:
        return Service(ServiceKind.JOINED, _people(action.users, names))
    return Service(ServiceKind.ADDED, _people(action.users, names))


def _removed(action: Any, actor: int, names: Names) -> Service:
    kind = ServiceKind.LEFT if action.user_id == actor else ServiceKind.REMOVED
    return Service(kind, _people([action.user_id], names))


def _joined(_action: Any, actor: int, names: Names) -> Service:
    return Service(ServiceKind.JOINED, _people([actor], names))


def _call(action: Any, _actor: int, _names: Names) -> Service:
    """`value` are the seconds that it lasted, or the word for why it didn't."""
    kind = ServiceKind.VIDEO_CALL if action.video else ServiceKind.CALL
    reason = {types.PhoneCallDiscardReasonMissed: "missed", types.PhoneCallDiscardReasonBusy: "busy"}.get(type(action.reason), "0")
    return Service(kind, value=str(action.duration or reason))


def _topic_edited(action: Any, _actor: int, _names: Names) -> Service:
    if action.title is not None:
        return Service(ServiceKind.TOPIC_TITLE, value=action.title)
    if action.closed is not None:
        return Service(ServiceKind.TOPIC_CLOSED if action.closed else ServiceKind.TOPIC_REOPENED)
    if action.hidden is not None:
        return Service(ServiceKind.TOPIC_HIDDEN if action.hidden else ServiceKind.TOPIC_SHOWN)
    return Service(ServiceKind.TOPIC_ICON)


def _gift(action: Any, _actor: int, _names: Names) -> Service:
    """`value` is a gift's title, or what it is worth in stars."""
    gift = action.gift
    title = getattr(gift, "title", None) or (f"{gift.stars} stars" if getattr(gift, "stars", None) else "")
    return Service(ServiceKind.GIFT, value=title, text=getattr(action.message, "text", ""))


def _tasks_marked(action: Any, _actor: int, _names: Names) -> Service:
    kind, numbers = (ServiceKind.TASKS_DONE, action.completed) if action.completed else (ServiceKind.TASKS_UNDONE, action.incompleted)
    return Service(kind, value=", ".join(map(str, numbers)))


def _approval(action: Any, _actor: int, _names: Names) -> Service:
    kind = ServiceKind.POST_REJECTED if action.rejected or action.balance_too_low else ServiceKind.POST_APPROVED
    return Service(kind, text=action.reject_comment or "")


def _saving(action: Any, _actor: int, _names: Names) -> Service:
    return Service(ServiceKind.SAVING_FORBIDDEN if action.new_value else ServiceKind.SAVING_ALLOWED)


def _theme(action: Any) -> str:
    theme = action.theme
    return getattr(theme, "emoticon", "") or getattr(getattr(theme, "gift", None), "title", "")


def _sum(amount: str, currency: str = "currency") -> _Value:
    return lambda action: f"{getattr(action, amount)} {getattr(action, currency)}"


def _birthday(action: Any) -> str:
    day = action.birthday
    return "-".join(f"{part:02}" for part in (day.year, day.month, day.day) if part)


def _peers(action: Any) -> Iterable[int]:
    return map(marked_id, action.peers)


_K = ServiceKind
_MAKERS: dict[type[Any], _Maker] = {
    types.MessageActionEmpty: _tell(_K.EMPTY),
    types.MessageActionChatAddUser: _added,
    types.MessageActionChatJoinedByLink: _joined,
    types.MessageActionChatJoinedByRequest: _joined,
    types.MessageActionChatJoinedViaCommunity: _tell(_K.COMMUNITY_JOINED),
    types.MessageActionChatDeleteUser: _removed,
    types.MessageActionChatCreate: _tell(_K.CREATED, lambda a: a.title, lambda a: a.users),
    types.MessageActionChannelCreate: _tell(_K.CREATED, lambda a: a.title),
    types.MessageActionChatEditTitle: _tell(_K.TITLE, lambda a: a.title),
    types.MessageActionChatEditPhoto: _tell(_K.PHOTO),
    types.MessageActionChatDeletePhoto: _tell(_K.PHOTO_REMOVED),
    types.MessageActionPinMessage: _tell(_K.PINNED),
    types.MessageActionPhoneCall: _call,
    types.MessageActionGroupCall: _tell(_K.GROUP_CALL, lambda a: a.duration),
    types.MessageActionGroupCallScheduled: _tell(_K.GROUP_CALL_PLANNED, lambda a: unix(a.schedule_date)),
    types.MessageActionInviteToGroupCall: _tell(_K.GROUP_CALL_INVITED, people=lambda a: a.users),
    types.MessageActionConferenceCall: _tell(_K.CONFERENCE, lambda a: a.duration, lambda a: map(marked_id, a.other_participants or ())),
    types.MessageActionChatMigrateTo: _tell(_K.MIGRATED),
    types.MessageActionChannelMigrateFrom: _tell(_K.MIGRATED, lambda a: a.title),
    types.MessageActionScreenshotTaken: _tell(_K.SCREENSHOT),
    types.MessageActionHistoryClear: _tell(_K.HISTORY_CLEARED),
    types.MessageActionCustomAction: _tell(_K.CUSTOM, lambda a: a.message),
    types.MessageActionContactSignUp: _tell(_K.CONTACT_JOINED),
    types.MessageActionSetMessagesTTL: _tell(_K.TTL, lambda a: a.period),
    types.MessageActionBoostApply: _tell(_K.BOOST, lambda a: a.boosts),
    types.MessageActionTopicCreate: _tell(_K.TOPIC_CREATED, lambda a: a.title),
    types.MessageActionTopicEdit: _topic_edited,
    types.MessageActionSetChatTheme: _tell(_K.THEME, _theme),
    types.MessageActionSetChatWallPaper: _tell(_K.WALLPAPER),
    types.MessageActionGeoProximityReached: _tell(_K.PROXIMITY, lambda a: a.distance, lambda a: (marked_id(a.from_id), marked_id(a.to_id))),
    types.MessageActionGameScore: _tell(_K.GAME_SCORE, lambda a: str(a.score)),
    types.MessageActionPaymentSent: _tell(_K.PAYMENT, _sum("total_amount")),
    types.MessageActionPaymentSentMe: _tell(_K.PAYMENT, _sum("total_amount")),
    types.MessageActionPaymentRefunded: _tell(_K.REFUND, _sum("total_amount"), lambda a: (marked_id(a.peer),)),
    types.MessageActionStarGift: _gift,
    types.MessageActionStarGiftUnique: _gift,
    types.MessageActionGiftPremium: _tell(_K.GIFT_PREMIUM, lambda a: a.days),
    types.MessageActionGiftCode: _tell(_K.GIFT_CODE, lambda a: a.days),
    types.MessageActionGiftStars: _tell(_K.GIFT_STARS, lambda a: a.stars),
    types.MessageActionGiftTon: _tell(_K.GIFT_TON, _sum("crypto_amount", "crypto_currency")),
    types.MessageActionStarGiftPurchaseOffer: _tell(_K.GIFT_OFFER, lambda a: getattr(a.gift, "title", "")),
    types.MessageActionStarGiftPurchaseOfferDeclined: _tell(_K.GIFT_OFFER_DECLINED, lambda a: getattr(a.gift, "title", "")),
    types.MessageActionGiveawayLaunch: _tell(_K.GIVEAWAY_STARTED, lambda a: a.stars),
    types.MessageActionGiveawayResults: _tell(_K.GIVEAWAY_RESULTS, lambda a: a.winners_count),
    types.MessageActionPrizeStars: _tell(_K.PRIZE, lambda a: a.stars),
    types.MessageActionBotAllowed: _tell(_K.BOT_ALLOWED, lambda a: a.domain or getattr(a.app, "title", "")),
    types.MessageActionManagedBotCreated: _tell(_K.BOT_CREATED, people=lambda a: (a.bot_id,)),
    types.MessageActionWebViewDataSent: _tell(_K.BOT_DATA, lambda a: a.text),
    types.MessageActionWebViewDataSentMe: _tell(_K.BOT_DATA, lambda a: a.text),
    types.MessageActionSecureValuesSent: _tell(_K.PASSPORT),
    types.MessageActionSecureValuesSentMe: _tell(_K.PASSPORT),
    types.MessageActionRequestedPeer: _tell(_K.SHARED_WITH_BOT, people=_peers),
    types.MessageActionRequestedPeerSentMe: _tell(_K.SHARED_WITH_BOT),
    types.MessageActionSuggestProfilePhoto: _tell(_K.PROFILE_PHOTO_SUGGESTED),
    types.MessageActionSuggestBirthday: _tell(_K.BIRTHDAY_SUGGESTED, _birthday),
    types.MessageActionPaidMessagesPrice: _tell(_K.PAID_MESSAGES, lambda a: a.stars),
    types.MessageActionPaidMessagesRefunded: _tell(_K.PAID_MESSAGES_REFUNDED, lambda a: a.stars),
    types.MessageActionTodoAppendTasks: _tell(_K.TASKS_ADDED, lambda a: ", ".join(item.title.text for item in a.list)),
    types.MessageActionTodoCompletions: _tasks_marked,
    types.MessageActionPollAppendAnswer: _tell(_K.POLL_ANSWER_ADDED, lambda a: a.answer.text.text),
    types.MessageActionPollDeleteAnswer: _tell(_K.POLL_ANSWER_REMOVED, lambda a: a.answer.text.text),
    types.MessageActionSuggestedPostApproval: _approval,
    types.MessageActionSuggestedPostSuccess: _tell(_K.POST_PAID),
    types.MessageActionSuggestedPostRefund: _tell(_K.POST_REFUNDED),
    types.MessageActionChangeCreator: _tell(_K.OWNER_CHANGED, people=lambda a: (a.new_creator_id,)),
    types.MessageActionNewCreatorPending: _tell(_K.OWNER_PENDING, people=lambda a: (a.new_creator_id,)),
    types.MessageActionNoForwardsToggle: _saving,
    types.MessageActionNoForwardsRequest: _tell(_K.SAVING_ASKED),
    types.MessageActionChangeCommunity: _tell(_K.COMMUNITY),
}
