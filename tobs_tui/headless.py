"""The engine driven without a screen: one call an errand, progress as plain lines on stderr, results on stdout.

Signals never ask: they stop the engine at its next checkpoint, and the errand ends with 128 + n.
"""

from __future__ import annotations

import queue
import signal
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from types import FrameType, TracebackType
from typing import TypeVar

from tobs_tui.display import count, display_text
from tobs_tui.engine.commands import Answer, Command, Estimate, Export, Find, LogOut, Stop, Unfold
from tobs_tui.engine.estimate import ExportEstimate
from tobs_tui.engine.estimate_words import progress_words
from tobs_tui.engine.events import ChatsListed, Estimated, Event, Found, JobEnded, LoggedIn, LoginNeeded, Stopped, TopicsListed, Trouble
from tobs_tui.engine.face import EngineFace
from tobs_tui.engine.snapshot import ChatList, JobReport, JobView, Question, QuestionKind
from tobs_tui.errors import ChatNotFound, ExitCode, NotLoggedIn, TobsError, UsageError
from tobs_tui.logs import hide
from tobs_tui.model import Account, Chat, ExportOptions, Topic, bare_id
from tobs_tui.signals import SIGNALS, Interrupted

TICK_SECONDS = 1.0
HURRY_SECONDS = 1.0
IDLE_TICKS = 5
SHOWN_TOPICS = 20

E = TypeVar("E", LoggedIn, ChatsListed, Found, TopicsListed, JobEnded)


class Ended(TobsError):
    """The engine ended by itself, with the exit code that it gave."""

    def __init__(self, event: Stopped) -> None:
        trouble = event.trouble or Trouble(0, "The engine has ended", "the log tells more")
        super().__init__(trouble.what, trouble.why, trouble.todo)
        self.exit_code = ExitCode(event.exit_code) if event.exit_code in list(ExitCode) else ExitCode.INCOMPLETE


class EngineCrashed(Exception):
    """The engine's thread is gone without a word: a fault of the program, whose trace is in the log."""


@dataclass(frozen=True, slots=True)
class _Caught:
    number: int


def say(*parts: str) -> None:
    """One plain line on stderr; a terminal that has gone is no reason to stop."""
    if sys.stderr is None:
        return  # print would take stdout
    with suppress(OSError, ValueError):
        print(display_text(" ".join(parts)), file=sys.stderr, flush=True)  # noqa: T201 - the line is the purpose


class Run:
    """One run of an engine, from its start to its end."""

    def __init__(self, engine: EngineFace) -> None:
        self._engine = engine
        self._inbox: queue.SimpleQueue[Event | _Caught] = queue.SimpleQueue()
        self._former: dict[int, object] = {}
        self._interrupted = 0
        self._interrupted_at = 0.0
        self._stopped = False
        self._asking = False
        self._held = ""

    def __enter__(self) -> Run:
        for number in SIGNALS:
            self._former[number] = signal.getsignal(number)
            if self._former[number] != signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        self._engine.start(self._inbox.put)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._stop()
        finally:
            for number, former in self._former.items():
                signal.signal(number, former)  # type: ignore[arg-type] # what getsignal gave
        if self._interrupted and not isinstance(error, Interrupted):
            raise Interrupted(self._interrupted)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """SimpleQueue.put may be called again from within itself, as a signal does. A second ctrl+c doesn't wait any more."""
        now = time.monotonic()
        if self._interrupted and number == signal.SIGINT and now - self._interrupted_at > HURRY_SECONDS:
            raise KeyboardInterrupt
        self._interrupted = self._interrupted or number
        self._interrupted_at = self._interrupted_at or now
        self._inbox.put(_Caught(number))
        if self._asking:
            raise Interrupted(number)

    def _stop(self) -> None:
        """Ask for an end and wait for it; the engine's own deadlines bound the time."""
        if not self._stopped:
            self._engine.submit(Stop())
        while not self._stopped and not self._engine.join(0):
            with suppress(queue.Empty):
                self._note(self._inbox.get(timeout=0.2))
        self._engine.join()

    def _note(self, item: Event | _Caught) -> None:
        if isinstance(item, Stopped):
            self._stopped = True
        elif isinstance(item, Trouble):
            say(str(TobsError(item.what, item.why, item.todo)))

    def submit(self, command: Command) -> None:
        self._engine.submit(command)

    def events(self) -> Iterator[Event | None]:
        """Events as they come, and None each second between. Raises Interrupted, and Ended when the engine ends by itself."""
        tick = time.monotonic() + TICK_SECONDS
        while True:
            try:
                item = self._inbox.get(timeout=max(0.0, tick - time.monotonic()))
            except queue.Empty:
                tick = time.monotonic() + TICK_SECONDS
                self._watch()
                self._tell_wait()
                yield None
                continue
            self._note(item)
            if isinstance(item, _Caught):
                say("Stopping at the next checkpoint")
                raise Interrupted(item.number)
            if isinstance(item, Stopped):
                raise Ended(item)
            yield item

    def _watch(self) -> None:
        if self._engine.join(0) and self._inbox.empty():
            self._stopped = True
            raise EngineCrashed

    def _tell_wait(self) -> None:
        """Say what the server makes an errand wait for, once a wait. Jobs and estimates tell their own."""
        now = self._engine.snapshot()
        if now.estimate or any(job.state.active for job in now.jobs):
            return
        held = max(now.metrics.waits, key=lambda wait: wait.until, default=None)
        if held and (line := f"Flood wait, {held.method}: until {time.strftime('%H:%M:%S', time.localtime(held.until))}") != self._held:
            self._held = line
            say(line)

    def wait(self, kind: type[E]) -> E:
        """The next event of a kind. A question that comes instead raises NotLoggedIn: this run has nobody to ask."""
        for event in self.events():
            if isinstance(event, kind):
                return event
            if isinstance(event, LoginNeeded):
                raise NotLoggedIn("Not logged in", "the server doesn't know this session", "Run tobs-tui login")
        raise EngineCrashed

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While a person types, a signal interrupts at once."""
        self._asking = True
        try:
            yield
        finally:
            self._asking = False

    def views(self) -> tuple[JobView, ...]:
        return self._engine.snapshot().jobs

    def asked(self) -> str:
        """How far the estimate is, empty where there is none."""
        now = self._engine.snapshot()
        return progress_words(now.estimate, now.metrics.waits, now.at) if now.estimate else ""

    def chat_list(self) -> ChatList:
        return self._engine.snapshot().chats


def log_in(engine: EngineFace) -> Account:
    """Answer the questions of a login from the terminal."""
    with Run(engine) as run:
        for event in run.events():
            if isinstance(event, LoggedIn):
                say(f"Logged in as {event.account.label}")
                return event.account
            if isinstance(event, LoginNeeded):
                with run.asking():
                    answer = ask_question(event.question)
                run.submit(Answer(answer))
    raise EngineCrashed


_PROMPTS = {QuestionKind.PHONE: "Phone number", QuestionKind.CODE: "Code (nothing: another number)", QuestionKind.PASSWORD: "Password"}


def ask_question(question: Question) -> str:
    """One answer from the terminal, kept out of the log. Raises NotLoggedIn when there is nobody to give it."""
    hint = f"Hint: {question.hint}" if question.hint and question.kind is QuestionKind.PASSWORD else question.hint
    for line in filter(None, (question.wrong, hint)):
        say(line)
    answer = ask_line(_PROMPTS[question.kind], hidden=question.kind is QuestionKind.PASSWORD)
    hide(answer)
    return answer


def ask_line(prompt: str, *, hidden: bool = False) -> str:
    """A line from the terminal; `hidden` isn't shown as it is typed. Raises NotLoggedIn at the end of the input."""
    try:
        return _hidden_line(prompt) if hidden and sys.stdin.isatty() else _shown_line(prompt)
    except EOFError:
        sys.stderr.write("\n")
        why = "nobody answered the login's question"
        raise NotLoggedIn("Not logged in", why, "Run tobs-tui login in a terminal") from None


def _hidden_line(prompt: str) -> str:
    import getpass

    return getpass.getpass(f"{prompt}: ")


def _shown_line(prompt: str) -> str:
    sys.stderr.write(f"{prompt}: ")
    sys.stderr.flush()
    if not (answer := sys.stdin.readline()):
        raise EOFError
    return answer.strip()


def log_out(engine: EngineFace) -> None:
    """End the session at the server, and forget it here."""
    with Run(engine) as run:
        run.wait(LoggedIn)
        run.submit(LogOut())
        try:
            for _ in run.events():
                pass
        except Ended as ended:
            if ended.exit_code is not ExitCode.OK:
                raise
    say("Logged out")


def list_chats(engine: EngineFace) -> ChatList:
    """All chats of the account."""
    with Run(engine) as run:
        run.wait(LoggedIn)
        return _listed(run)


def export_chats(
    engine: EngineFace, names: Iterable[str], options: ExportOptions, topics: Iterable[str] = (), *, some: bool = False
) -> Generator[JobEnded]:
    """Export the chats that the names lead to, all of the account for no name, or only these `topics` (ids or exact titles) of one
    forum; yields each job's end.

    Raises ChatNotFound or UsageError before anything is exported when a name leads nowhere; with `some` those that lead somewhere are
    exported, and the others told.
    """
    with Run(engine) as run:
        wanted = _wanted(run, tuple(names), options, tuple(topics), some=some)
        if wanted.chats:
            run.submit(wanted)
            yield from _ends(run, frozenset(wanted.chats))


def estimate_export(engine: EngineFace, names: Iterable[str], options: ExportOptions, topics: Iterable[str] = ()) -> ExportEstimate:
    """What `export_chats` would bring. Nothing is written. Raises as it does."""
    with Run(engine) as run:
        wanted = _wanted(run, tuple(names), options, tuple(topics))
        if not wanted.chats:
            return ExportEstimate(vault=options.vault)
        run.submit(Estimate((wanted,)))
        said = ""
        for event in run.events():
            if isinstance(event, Estimated):
                return event.estimate
            if event is None and (now := run.asked()) != said:
                say(said := now)
    raise EngineCrashed


def _wanted(run: Run, names: tuple[str, ...], options: ExportOptions, topics: tuple[str, ...], *, some: bool = False) -> Export:
    """The export that the words mean, once somebody is logged in."""
    run.wait(LoggedIn)
    chats = find_chats(run, names, some=some) if names else _all_chats(run)
    return Export(chats, replace(options, topics=find_topics(run, chats, topics)) if topics else options)


def _all_chats(run: Run) -> tuple[int, ...]:
    return tuple(row.chat.id for row in _listed(run).rows)


def _listed(run: Run) -> ChatList:
    """The whole list. The engine reads it by itself after a login; trouble before its end is that of the list, and ends the errand."""
    for event in run.events():
        if isinstance(event, ChatsListed):
            return run.chat_list()
        if isinstance(event, Trouble):
            raise TobsError("The chats aren't known", "their list couldn't be read to its end", "Try again")
    raise EngineCrashed


def find_chats(run: Run, names: tuple[str, ...], *, some: bool = False) -> tuple[int, ...]:
    """Marked ids in the order of the names, each once. Raises ChatNotFound that tells of every name that leads nowhere, TobsError
    where the server couldn't be asked about one; with `some` they are told and left out."""
    for name in dict.fromkeys(names):
        run.submit(Find(name))
    answers = [run.wait(Found) for _ in dict.fromkeys(names)]
    lost = [answer for answer in answers if answer.chat is None]
    if lost:
        words = [str(TobsError(f"Can't tell which chat {each.text!r} is", each.why, each.todo)) for each in lost]
        if not some:
            raise _not_found("; ".join(words), (each.exit_code for each in lost))
        say(*words)
    found: dict[str, Chat] = {answer.text: answer.chat for answer in answers if answer.chat}
    return tuple(dict.fromkeys(found[name].id for name in names if name in found))


def _not_found(words: str, codes: Iterable[ExitCode]) -> TobsError:
    """Names that lead nowhere are the user's mistake only where the server said so of each."""
    return ChatNotFound(words) if all(code is ExitCode.USAGE for code in codes) else TobsError(words)


def find_topics(run: Run, chats: tuple[int, ...], names: tuple[str, ...]) -> tuple[int, ...]:
    """Ids of the topics that are meant, each once. Raises UsageError for several chats, and where a name means no topic or several."""
    if len(chats) != 1:
        raise UsageError("Topics are of one forum", f"{len(chats)} chats are named", "Export one forum at a time with --topic")
    run.submit(Unfold(chats[0]))
    answer = run.wait(TopicsListed)
    if answer.why:
        raise UsageError("That chat has no topics", answer.why, "Leave --topic away")
    return tuple(dict.fromkeys(_topic(name, answer.topics) for name in names))


def _topic(name: str, topics: tuple[Topic, ...]) -> int:
    found = [topic for topic in topics if name == str(topic.id)] or [topic for topic in topics if display_text(name) == topic.title]
    if len(found) == 1:
        return found[0].id
    shown = ", ".join(f"{topic.id} {topic.title}" for topic in found or topics[:SHOWN_TOPICS])
    why = f"{len(found)} topics have this title" if found else "the forum has none with this id or title"
    raise UsageError(f"No topic is meant by {name!r} alone" if found else f"No topic found for {name!r}", why, f"There are: {shown}")


def _ends(run: Run, chats: frozenset[int]) -> Generator[JobEnded]:
    """The end of each chat's job, and of those that came along. Raises TobsError when jobs are missing and nothing is left to end."""
    progress = Progress()
    ended: set[int] = set()
    idle = 0
    for event in run.events():
        if isinstance(event, JobEnded):
            ended.add(event.chat)
            progress.ended(event.report)
            yield event
        jobs = [job for job in run.views() if job.chat_id in chats or job.beside in chats]
        if event is None:
            progress.tick(jobs)
            idle = 0 if any(job.ending or not job.state.ended for job in jobs) else idle + 1
        wanted = chats | {job.chat_id for job in jobs}
        if wanted <= ended:
            return
        if idle == IDLE_TICKS:
            lost = len(wanted - ended)
            raise TobsError(f"{lost:,} chats weren't exported", "the engine didn't take them", "The lines above tell why")


class Progress:
    """Tells how jobs go: a line a second and job at most, only when something changed."""

    def __init__(self) -> None:
        self._last: dict[int, str] = {}

    def tick(self, jobs: Iterable[JobView]) -> None:
        for job in jobs:
            if job.state.active:
                line = job_line(job)
                if self._last.get(job.id) != line:
                    self._last[job.id] = line
                    say(line)

    def ended(self, report: JobReport) -> None:
        why = f" ({report.reason})" if report.reason else ""
        failed = f", {report.files_failed:,} failed" if report.files_failed else ""
        changed = "".join(f", {number:,} {word}" for number, word in ((report.edited, "edited"), (report.deleted, "deleted")) if number)
        figures = f"{count(report.messages, 'message')}{changed}, {count(report.notes, 'note')}, {count(report.files, 'file')}{failed}"
        say(f"{report.chat or f'{report.kind} {report.chat_id}'}: {report.state}{why}, {figures}, {report.seconds:.1f} s")


def job_line(job: JobView) -> str:
    """Where a running job is, in words."""
    total = "" if job.total is None else f" of {job.total:,}"
    parts = [f"{job.messages:,}{total} messages", f"{job.rate:,.0f}/s", f"files {job.files:,} of {job.files_total:,}"]
    if job.reason:
        left = f", {job.until - time.time():.0f} s left" if job.until > time.time() else ""
        parts.append(f"{job.state}: {job.reason}{left}")
    return f"{job.title or f'{job.kind} {bare_id(job.chat_id)}'}: {', '.join(parts)}"
