"""Which chats are shown: folders (the tabs) and what is typed into the filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tobs_tui.display import display_text
from tobs_tui.engine.snapshot import ChatRow
from tobs_tui.model import ChatKind, Folder

_PEOPLE = frozenset({ChatKind.PRIVATE, ChatKind.BOT, ChatKind.SAVED})
_GROUPS = frozenset({ChatKind.GROUP, ChatKind.SUPERGROUP, ChatKind.FORUM})
TYPES: dict[str, frozenset[ChatKind]] = {kind.value: frozenset({kind}) for kind in ChatKind} | {
    "group": frozenset({ChatKind.GROUP, ChatKind.SUPERGROUP}),
    "people": _PEOPLE,
    "person": frozenset({ChatKind.PRIVATE}),
}

Test = Callable[[ChatRow], bool]


def searched(row: ChatRow) -> str:
    """What words are looked for in: title and @username, case-folded."""
    return f"{row.title} @{row.chat.username}".casefold() if row.chat.username else row.title.casefold()


@dataclass(frozen=True, slots=True)
class ChatFilter:
    """Words that must all be there, words that mustn't, and tests of the chat itself. `unknown` are kinds that there aren't."""

    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    tests: tuple[Test, ...] = ()
    unknown: tuple[str, ...] = ()

    def matches(self, row: ChatRow, text: str) -> bool:
        """Whether a chat is shown; `text` is `searched(row)`, kept by the caller."""
        return (
            all(word in text for word in self.words)
            and not any(word in text for word in self.without)
            and all(test(row) for test in self.tests)
        )


def parse_filter(text: str) -> ChatFilter:
    """A filter from what was typed: `words`, `!word`, `type:channel`, `unread`, `exported`; each of them also after a `!`."""
    words: list[str] = []
    without: list[str] = []
    tests: list[Test] = []
    unknown: list[str] = []
    for token in text.casefold().split():
        bare = token.removeprefix("!")
        wanted = bare == token
        if test := _test(bare):
            tests.append(partial(_is, test, wanted))
            unknown += [name for name in (bare.removeprefix("type:"),) if name != bare and not _kinds(name)]
        elif bare:
            (words if wanted else without).append(bare)
    return ChatFilter(tuple(words), tuple(without), tuple(tests), tuple(unknown))


def _is(test: Test, wanted: bool, row: ChatRow) -> bool:
    return test(row) is wanted


def _test(token: str) -> Test | None:
    if token == "unread":  # noqa: S105 - a word of the filter
        return _unread
    if token == "exported":  # noqa: S105 - a word of the filter
        return _exported
    if token.startswith("type:"):
        return partial(_of_kinds, _kinds(token.removeprefix("type:")))
    return None


def _kinds(name: str) -> frozenset[ChatKind]:
    """The kinds of a name that may still be typed: `chan` is enough. An unknown name has none."""
    if name in TYPES:
        return TYPES[name]
    return frozenset(kind for full, kinds in TYPES.items() if full.startswith(name) for kind in kinds)


def _unread(row: ChatRow) -> bool:
    return row.chat.unread > 0


def _exported(row: ChatRow) -> bool:
    return row.exported is not None


def _archived(row: ChatRow) -> bool:
    return row.chat.archived


def _any(row: ChatRow) -> bool:  # noqa: ARG001 - the signature of Test
    return True


def _of_kinds(kinds: frozenset[ChatKind], row: ChatRow) -> bool:
    return row.chat.kind in kinds


def _in_folder(folder: int, row: ChatRow) -> bool:
    return folder in row.chat.folders


@dataclass(frozen=True, slots=True)
class Tab:
    """A folder of the chat list. `key` stays the same when folders come and go."""

    key: str
    title: str
    test: Test


_FIRST = (
    Tab("all", "all", _any),
    Tab("unread", "unread", _unread),
    Tab("people", "people", partial(_of_kinds, _PEOPLE)),
    Tab("groups", "groups", partial(_of_kinds, _GROUPS)),
    Tab("channels", "channels", partial(_of_kinds, frozenset({ChatKind.CHANNEL}))),
)
_ARCHIVE = Tab("archive", "archive", _archived)


def tabs_of(folders: tuple[Folder, ...]) -> tuple[Tab, ...]:
    """The program's own folders, then the account's, then the archive."""
    own = (Tab(f"folder:{folder.id}", display_text(folder.title) or "folder", partial(_in_folder, folder.id)) for folder in folders)
    return (*_FIRST, *own, _ARCHIVE)
