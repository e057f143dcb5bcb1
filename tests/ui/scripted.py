"""An engine face that serves given snapshots and records commands, for exact pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tobs_tui.engine.commands import Command, Estimate, Stop
from tobs_tui.engine.estimate import ChatEstimate, ExportEstimate, Figure, KindEstimate, Pace, about, totals_of
from tobs_tui.engine.events import Estimated, Event, LoginNeeded, Stopped
from tobs_tui.engine.snapshot import ChatList, ChatRow, ExportMark, FileView, JobState, JobView, Phase, Question, QuestionKind, Snapshot
from tobs_tui.errors import ExitCode, RetryCause
from tobs_tui.metrics import Budget, MetricsSnapshot, RateSnapshot, TimingSnapshot, Wait
from tobs_tui.model import Account, Chat, ChatKind, ExportOptions, Folder
from tobs_tui.settings import Settings, TelegramSettings, VaultSettings

NOW = 1_731_000_000.0  # 7 November 2024, 17:20 UTC
HOUR, DAY = 3600, 86_400
NASTY = "[/red]\x1b[2J../../x\u202e[bold]"
SETTINGS = Settings(telegram=TelegramSettings(api_id=1, api_hash="0" * 32), vault=VaultSettings(path="/vaults/notes", timezone="UTC"))
OPTIONS = ExportOptions(vault="/vaults/notes")


class ScriptedEngine:
    """Serves `snapshots` one after the other, the last one for ever; `submitted` holds what was asked of it."""

    def __init__(self, *snapshots: Snapshot, then: Callable[[Snapshot], Snapshot] | None = None) -> None:
        self.snapshots = list(snapshots)
        self.submitted: list[Command] = []
        self.joined = False
        self._then = then
        self._listener: Callable[[Event], None] | None = None

    def start(self, listener: Callable[[Event], None]) -> None:
        self._listener = listener
        question = self.snapshots[0].question
        if question is not None:
            self.tell(LoginNeeded(question))

    def submit(self, command: Command) -> None:
        self.submitted.append(command)
        if isinstance(command, Stop) and not command.finish:
            self.tell(Stopped(ExitCode.OK))

    def snapshot(self) -> Snapshot:
        if len(self.snapshots) > 1:
            return self.snapshots.pop(0)
        if self._then is not None:
            self.snapshots[0] = self._then(self.snapshots[0])
        return self.snapshots[0]

    def join(self, timeout: float | None = None) -> bool:
        self.joined = True
        return True

    def tell(self, event: Event) -> None:
        """Tell the screen something, as the engine's thread would."""
        if self._listener is not None:
            self._listener(event)


class EstimatingEngine(ScriptedEngine):
    """Has the answer to `Estimate` ready."""

    def submit(self, command: Command) -> None:
        super().submit(command)
        if isinstance(command, Estimate) and command.exports:
            told = estimate(command.ticket)
            self.snapshots = [replace(self.snapshots[-1], estimate=told)]
            self.tell(Estimated(told))


def row(
    number: int, kind: ChatKind, title: str, *, unread: int = 0, age: float = HOUR, mark: ExportMark | None = None, **chat: object
) -> ChatRow:
    """A chat of the list; `age` in seconds."""
    base = Chat(id=number, kind=kind, title=title, unread=unread, last_message_id=abs(number) % 100_000, last_date=int(NOW - age))
    return ChatRow(replace(base, **chat), title, mark)  # type: ignore[arg-type]  # fields of Chat, checked when it is made


def chat_rows() -> tuple[ChatRow, ...]:
    """A small account with one of each kind, and a title that means harm."""
    month_ago = ExportMark(at=NOW - 4 * DAY, last_message_id=48_198, new=12)
    return (
        row(-1000000048210, ChatKind.CHANNEL, "Rust Weekly", unread=3, age=2 * DAY, mark=month_ago, username="rustweekly", folders=(2,)),
        row(-1000000091002, ChatKind.FORUM, "Python Talk", age=300, folders=(2,)),
        row(-8112, ChatKind.GROUP, "Family", age=HOUR, mark=ExportMark(NOW - HOUR, 8112, 0)),
        row(77, ChatKind.PRIVATE, "Ada Lovelace", unread=1, age=20, username="ada"),
        row(78, ChatKind.BOT, "Weather Bot", age=9 * DAY),
        row(79, ChatKind.SAVED, "Saved Messages", age=40 * DAY, mark=ExportMark(NOW - 400 * DAY, 5, None)),
        row(-1000000012345, ChatKind.SUPERGROUP, NASTY, unread=12_345, age=10 * HOUR),
        row(-1000000000007, ChatKind.CHANNEL, "Новости и очень длинное название канала, которое не поместится в строку", age=500 * DAY),
        row(-1000000000008, ChatKind.CHANNEL, "日本語のチャンネル 🎉 お知らせ", age=3 * DAY),
        row(80, ChatKind.PRIVATE, "Old Friend", age=900 * DAY, archived=True),
    )


def many_rows(amount: int) -> tuple[ChatRow, ...]:
    """As many chats as wanted."""
    kinds = tuple(ChatKind)
    numbers = range(1, amount + 1)
    return tuple(row(number, kinds[number % len(kinds)], f"Chat number {number}", unread=number % 3, age=number * 60) for number in numbers)


def job(number: int, title: str, state: JobState, **fields: object) -> JobView:
    """A job of the queue."""
    return replace(JobView(number, -number, title, ChatKind.CHANNEL, OPTIONS, state), **fields)  # type: ignore[arg-type]  # as above


def jobs() -> tuple[JobView, ...]:
    """A queue with every state."""
    running = {"messages": 31_040, "total": 48_210, "rate": 1412.0, "left": 12.0, "files": 210, "files_total": 344}
    waiting = {"messages": 8_800, "total": 91_002, "reason": "flood wait, history", "until": NOW + 14}
    return (
        job(1, "Rust Weekly", JobState.RUNNING, folder="/vaults/notes/Telegram/Rust Weekly", under_way=files(), **running),
        job(2, "Python Talk", JobState.WAITING, **waiting),
        job(3, NASTY, JobState.QUEUED),
        job(4, "Family", JobState.PAUSED, messages=100, total=8_112),
        job(5, "Old group", JobState.INCOMPLETE, messages=12_001, total=12_004, reason="3 messages not given by the server"),
        job(6, "Ada Lovelace", JobState.DONE, messages=2_406, total=2_406, files=17, files_total=17),
        job(7, "Gone channel", JobState.FAILED, reason="This chat is closed to the account"),
        job(8, "Weather Bot", JobState.CANCELLED, messages=12, total=400),
    )


def metrics() -> MetricsSnapshot:
    """Metrics in the middle of an export."""
    return MetricsSnapshot(
        messages=RateSnapshot((0, 200, 600, 1100, 1200, 1800, 1500, 1500, 1700, 2020, 1400, 1412), 1412.0, 2020.0, 31_040),
        media=RateSnapshot(tuple(n * 1_000_000 for n in (0, 1, 8, 12, 18, 18, 16, 20, 18, 18, 19, 18)), 18.2e6, 24.0e6, 812_000_000),
        flushes=TimingSnapshot(312, 1.8, 1.7, 3.1, 9.0),
        flush_messages=62_400,
        flush_bytes=312 * 48 * 1024,
        cache_saves=TimingSnapshot(96, 2.1, 1.9, 4.0, 12.0),
        retries=((RetryCause.FILE_REFERENCE.value, 2), (RetryCause.FLOOD_WAIT.value, 3), (RetryCause.NETWORK.value, 2)),
        worst_file=("1234 diagram.png", 4),
        requests=(("messages.getHistory", 512), ("upload.getFile", 2_200)),
        centres=((2, 2_412), (4, 300)),
        gauges=(("file_queue", 134), ("files", 4), ("note_queue", 41), ("pages", 6), ("parts", 12)),
        waits=(Wait("messages.getHistory", 2, NOW + 14),),
        budgets=(Budget("messages.getHistory", 2, False, 3, 18, 20, 30.0, NOW),),
        memory=118 << 20,
    )


def files() -> tuple[FileView, ...]:
    """A file whose bytes come, and one that waits."""
    waiting = "no answer within 15 s; next attempt in 3 s"
    return (
        FileView("12 talk.mp4", 50_000_000, 200_000_000, 6, 12_300_000.0, 0),
        FileView("13 [b]slow[/b].zip", 0, 900, 0, 0.0, 2, waiting),
    )


FOLDERS = (Folder(2, "Work"), Folder(3, "Reading [list]"))


def snapshot(rows: tuple[ChatRow, ...] | None = None, queue: tuple[JobView, ...] = (), **fields: object) -> Snapshot:
    """A logged-in account with its chats."""
    listed = chat_rows() if rows is None else rows
    chats = ChatList(version=1, rows=listed, folders=FOLDERS, total=len(listed), complete=True)
    base = Snapshot(at=NOW, phase=Phase.READY, account=Account(1, "Ada", "ada"), online=True, chats=chats, jobs=queue)
    return replace(base, **fields)  # type: ignore[arg-type]  # as above


def busy_snapshot() -> Snapshot:
    """An export under way."""
    return snapshot(queue=jobs(), metrics=metrics())


def estimate(ticket: int = 1) -> ExportEstimate:
    """A channel that was asked, and a forum that couldn't be: more than the disk has room for."""
    kinds = (
        KindEstimate("photo", Figure(9_120), about(9_120), about(1_120 << 20), about(9_300)),
        KindEstimate("document", Figure(12), Figure(12), Figure(20 << 20), Figure(31)),
        KindEstimate("link", Figure(31_002)),
    )
    asked = ChatEstimate(48210, "Rust Weekly", ChatKind.CHANNEL, Figure(48_210), kinds=kinds, pages=about(490), uncounted=("sticker",))
    closed = ChatEstimate(91002, "Python Talk", ChatKind.FORUM, why="this chat is closed to the account")
    each = (asked.summed(), closed)
    return ExportEstimate(ticket, "/vaults/notes", 2, 2, each, totals_of(each, Pace(pages=1.0), 800 << 20))


def asking(kind: QuestionKind, hint: str = "", wrong: str = "") -> Snapshot:
    """An engine that waits for an answer."""
    return Snapshot(at=NOW, phase=Phase.LOGIN, online=True, question=Question(kind, hint, wrong))
