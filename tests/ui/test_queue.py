"""The queue and its keys, quitting, the log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ui import scripted
from tests.ui.scripted import ScriptedEngine
from tests.ui.stage import NARROW, WIDE, Stage, staged
from tobs_tui.engine.commands import Cancel, Command, Move, Pause, Resume, Retry, Stop
from tobs_tui.engine.events import JobEnded, Stopped, Trouble
from tobs_tui.engine.snapshot import CacheSaveTimes, Failure, JobReport, JobState, Snapshot
from tobs_tui.errors import ExitCode
from tobs_tui.metrics import MetricsSnapshot, RateSnapshot
from tobs_tui.model import ChatKind


def busy() -> ScriptedEngine:
    return ScriptedEngine(scripted.busy_snapshot())


async def test_every_state_has_a_glyph_and_a_word() -> None:
    async with staged(busy()) as stage:
        for text in ("▶ running", "◷ waiting", "· queued", "‖ paused", "! incomplete", "✓ done", "✗ failed", "– cancelled"):
            assert text in stage.text
        for text in ("31,040 / 48,210", "64 %", "1,412/s", "12 s left", "files 210/344", "flood wait, history: 14 s left"):
            assert text in stage.text


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_a_job_that_only_waits_for_its_files_shows_them(size: tuple[int, int]) -> None:
    media = RateSnapshot((0,), 1_100_000.0, 2e6, 5_000_000)
    facts = {"messages": 492, "total": 492, "left": 0.0, "files": 17, "files_total": 41, "metrics": MetricsSnapshot(media=media)}
    job = scripted.job(1, "Ada", JobState.RUNNING, **facts)
    async with staged(ScriptedEngine(scripted.snapshot(queue=(job,))), size) as stage:
        await stage.press("2")
        for text in ("100 %", "1.1 MB/s", "files 17/41"):
            assert text in stage.text
        assert "0 s" not in stage.text
        await stage.press("enter")
        await stage.shows("only files are missing")
        assert "0 s left" not in stage.text


async def test_counts_of_ended_jobs_have_their_unit() -> None:
    async with staged(busy()) as stage:
        assert "2,406 messages" in stage.text


async def test_the_queue_follows_what_runs_while_nobody_is_in_it() -> None:
    """Twenty chats are queued, and done ones would fill the pane."""

    def at(running: int) -> Snapshot:
        states = [JobState.DONE] * running + [JobState.RUNNING] + [JobState.QUEUED] * (19 - running)
        return scripted.snapshot(queue=tuple(scripted.job(place, f"Chat {place}.", state) for place, state in enumerate(states)))

    engine = ScriptedEngine(at(0))
    async with staged(engine) as stage:
        engine.snapshots = [at(12)]
        await stage.shows("Chat 12.")
        await stage.press("2", "home")
        engine.snapshots = [at(15)]
        await stage.shows("15 done")
        assert stage.main.jobs.cursor == 0


async def test_a_job_s_own_metrics_say_nothing_of_memory() -> None:
    async with staged(busy()) as stage:
        await stage.press("2", "enter")
        await stage.shows("Metrics of this job")
        await stage.press("end")
        await stage.shows("totals")
        assert "memory" not in stage.text


ASKED: tuple[tuple[int, str, Command], ...] = (
    (0, "p", Pause(1)),
    (0, "з", Pause(1)),
    (2, "K", Move(3, -1)),
    (2, "J", Move(3, 1)),
    (3, "p", Resume(4)),
    (4, "r", Retry(5)),
)
REFUSED = (
    (0, "r", "This job is running: only incomplete"),
    (0, "K", "only queued ones are moved"),
    (8, "J", "at the end already"),
    (2, "y", "no notes yet"),
    (5, "p", "done already"),
)
UNENDED = (JobState.RUNNING, JobState.QUEUED)


async def test_keys_of_the_whole_queue_say_why_not() -> None:
    queue = tuple(scripted.job(number, "x", state) for number, state in enumerate(UNENDED, start=1))
    async with staged(ScriptedEngine(scripted.snapshot(queue=queue))) as stage:
        await stage.press("2", "c")
        await stage.shows("Nothing on the list is done or cancelled")
        stage.app.action_do("resume_all")
        await stage.shows("No job is paused")
        stage.app.action_do("pause_all")
        assert stage.engine.submitted == [Pause(0)]


async def test_the_same_words_aren_t_shown_twice_at_a_time() -> None:
    async with staged(ScriptedEngine(scripted.snapshot())) as stage:
        await stage.press("2")
        for _ in range(3):  # faster than a toast is shown
            stage.app.action_do("pause")
        await stage.shows("The queue is empty")
        assert len(stage.app._notifications) == 1


async def test_keys_ask_the_engine() -> None:
    async with staged(busy()) as stage:
        await stage.press("2")
        for row, key, _ in ASKED:
            stage.main.jobs.move_to(row)
            await stage.press(key)
        assert stage.engine.submitted == [command for _, _, command in ASKED]


async def test_a_key_that_cannot_be_used_says_why() -> None:
    async with staged(busy()) as stage:
        last = scripted.job(9, "Last", JobState.QUEUED)
        stage.engine.snapshots = [scripted.snapshot(queue=(*scripted.jobs(), last))]
        await stage.press("2")
        await stage.until(lambda: stage.main.jobs.count == 9)
        for row, key, why in REFUSED:
            stage.main.jobs.move_to(row)
            await stage.press(key)
            await stage.shows(why)
        assert not stage.engine.submitted


async def test_cancelling_asks_first() -> None:
    async with staged(busy()) as stage:
        await stage.press("2", "x")
        await stage.shows("Cancel this export?")
        await stage.press("escape")
        assert not stage.engine.submitted
        await stage.press("x", "x")
        assert stage.engine.submitted == [Cancel(1)]


@pytest.mark.parametrize(
    ("messages", "words"),
    [(0, "it has written no messages yet"), (1, "1 message is written. It stays"), (1_200, "1,200 messages are written. They stay")],
)
async def test_cancelling_says_what_stays(messages: int, words: str) -> None:
    job = scripted.job(1, "Ada", JobState.QUEUED, messages=messages)
    async with staged(ScriptedEngine(scripted.snapshot(queue=(job,)))) as stage:
        await stage.press("2", "x")
        await stage.shows(words)


async def test_the_key_of_a_paused_job_is_called_resume() -> None:
    async with staged(busy()) as stage:
        await stage.press("2")
        await stage.shows("p pause")
        stage.main.jobs.move_to(3)
        await stage.shows("p resume")
        await stage.press("enter")
        await stage.shows("p resume · x cancel")
        engine, (first, second, third, paused, *rest) = stage.engine, scripted.jobs()
        engine.snapshots = [scripted.snapshot(queue=(first, second, third, replace(paused, state=JobState.QUEUED), *rest))]
        await stage.shows("p pause · x cancel")


async def test_kinds_are_named_in_words_and_whole() -> None:
    unknown = "MessageMediaOfAKindThatNobodyKnows"
    job = scripted.job(1, "Ada", JobState.DONE, kinds=(("custom_emoji", 3), (f"unrendered:{unknown}", 1)))
    async with staged(ScriptedEngine(scripted.snapshot(queue=(job,))), NARROW) as stage:
        await stage.press("2", "enter")
        await stage.shows("custom emoji")
        assert f"not shown: {unknown}" in stage.text
        await stage.press("й")
        await stage.until(lambda: stage.app.screen is stage.main)


async def test_the_path_is_copied_and_shown() -> None:
    async with staged(busy()) as stage:
        await stage.press("2", "y")
        assert stage.app.clipboard == "/vaults/notes/Telegram/Rust Weekly"
        await stage.shows("Path of the notes, copied")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_details_tell_what_failed_and_what_to_do(size: tuple[int, int]) -> None:
    failure = Failure("1234 diagram.png", "the file is gone at Telegram", "Nothing can be done")
    facts = {"folder": "/vaults/notes/Telegram/Rust", "kinds": (("photo", 3),), "failures": (failure,), "failed": 7}
    job = scripted.job(1, "Rust Weekly", JobState.INCOMPLETE, **facts)
    async with staged(ScriptedEngine(scripted.snapshot(queue=(job,))), size) as stage:
        await stage.press("2", "enter")
        for text in ("/vaults/notes/Telegram/Rust", "photo", "1234 diagram.png", "why: the file is gone at Telegram"):
            await stage.shows(text)
        await stage.press("end")
        await stage.shows("Metrics of this job" if size == WIDE else "requests")
        await stage.press("r")
        assert stage.engine.submitted == [Retry(1)]


async def test_details_tell_of_each_file_under_way() -> None:
    job = scripted.job(1, "Rust Weekly", JobState.RUNNING, under_way=scripted.files())
    async with staged(ScriptedEngine(scripted.snapshot(queue=(job,)))) as stage:
        await stage.press("2", "enter")
        await stage.shows("12 talk.mp4")
        await stage.shows("48 MiB of 191 MiB, 25 % · 12.3 MB/s · 6 parts in flight")
        for text in ("13 [b]slow[/b].zip", "waiting: no answer within 15 s", "2 failed requests"):
            await stage.shows(text)


async def test_the_cursor_stays_on_its_job() -> None:
    engine = busy()
    async with staged(engine) as stage:
        await stage.press("2", "down")
        first, second, *rest = scripted.jobs()
        engine.snapshots = [replace(scripted.busy_snapshot(), jobs=(second, first, *rest))]
        await stage.until(lambda: stage.main.jobs.cursor == 0)
        assert stage.main.jobs.job == second


async def asked_to_quit(stage: Stage, *keys: str) -> None:
    await stage.press("ctrl+q")
    await stage.shows("Quit?")
    await stage.press(*keys)


async def test_quitting_with_jobs_asks_and_one_can_stay() -> None:
    async with staged(busy()) as stage:
        await asked_to_quit(stage, "t")
        assert not stage.engine.submitted
        await asked_to_quit(stage, "escape")
        assert not stage.engine.submitted


async def test_stopping_safely_waits_for_the_engine() -> None:
    async with staged(busy()) as stage:
        await asked_to_quit(stage, "s")
        assert stage.engine.submitted == [Stop()]
    assert stage.app.return_code == ExitCode.OK


async def test_finishing_goes_on_until_the_engine_says_so() -> None:
    async with staged(busy()) as stage:
        await asked_to_quit(stage, "f")
        assert stage.engine.submitted == [Stop(finish=True)]
        await stage.shows("finishing the queue, then quitting")
        stage.engine.tell(Stopped(ExitCode.INCOMPLETE))
        await stage.until(lambda: not stage.app.is_running or stage.app.return_code is not None)
    assert stage.app.return_code == ExitCode.INCOMPLETE


async def test_quitting_is_asked_over_another_question_and_once() -> None:
    async with staged(busy()) as stage:
        await stage.press("2", "home", "x")
        await stage.shows("Cancel this export?")
        await stage.press("ctrl+q", "ctrl+q")
        await stage.shows("Quit?")
        await stage.press("escape")
        await stage.shows("Cancel this export?")
        assert not stage.engine.submitted


async def test_staying_doesn_t_take_back_that_the_app_quits_when_the_queue_is_empty() -> None:
    async with staged(busy()) as stage:
        await asked_to_quit(stage, "f")
        await stage.press("ctrl+q")
        await stage.shows("Stay until then")


async def test_quitting_an_idle_app_does_not_ask() -> None:
    async with staged(ScriptedEngine(scripted.snapshot())) as stage:
        await stage.press("escape")
        assert stage.app.return_code is None
        await stage.press("ctrl+q")
    assert stage.engine.submitted == [Stop()]
    assert stage.app.return_code == ExitCode.OK


async def test_an_engine_that_ends_with_trouble_says_so_afterwards() -> None:
    engine = ScriptedEngine(scripted.snapshot())
    async with staged(engine) as stage:
        engine.tell(Stopped(ExitCode.ACCOUNT, Trouble(scripted.NOW, "Another tobs-tui has the account", "process 5", "Close it")))
        await stage.until(lambda: stage.app.return_code is not None)
    assert stage.app.return_code == ExitCode.ACCOUNT
    assert stage.app.farewell == "Another tobs-tui has the account. process 5. Close it"


async def test_a_failed_job_is_a_toast_a_line_in_the_log_and_told_in_its_details() -> None:
    reason = "The vault /x can't be written: a file stands where a folder should be"
    job = scripted.job(1, "Ada", JobState.FAILED, reason=reason)
    report = JobReport("Ada", 1, ChatKind.PRIVATE, JobState.FAILED, reason, 0, 0, 0, 0, 0, 0, 0, 0.0, 0, 0, CacheSaveTimes(), {}, 0, {}, ())
    async with staged(ScriptedEngine(scripted.snapshot(queue=(job,)))) as stage:
        stage.engine.tell(JobEnded(1, report))
        await stage.shows("Ada: failed")
        await stage.press("ctrl+l")
        await stage.shows("what to do: Enter on its row in the queue tells more")
        assert f"why: {reason}" in stage.text
        await stage.press("escape", "2", "enter")
        await stage.shows("✗ the export as a whole")
        assert f"why: {reason}" in stage.text
        assert "nothing" not in stage.text


async def test_a_trouble_is_a_toast_and_a_line_in_the_log() -> None:
    async with staged(ScriptedEngine(scripted.snapshot())) as stage:
        stage.engine.tell(Trouble(scripted.NOW, "The disk is full [/b]", "no space left", "Make room"))
        await stage.shows("The disk is full [/b]")
        await stage.press("ctrl+l")
        for text in ("2024-11-07", "why: no space left", "what to do: Make room"):
            await stage.shows(text)
