"""A forum unfolds into its topics, which are chosen one by one."""

from __future__ import annotations

from dataclasses import replace

from tests.ui import scripted
from tests.ui.scripted import ScriptedEngine
from tests.ui.stage import staged
from tobs_tui.engine.commands import Export, Unfold
from tobs_tui.engine.events import TopicsListed
from tobs_tui.engine.snapshot import JobState, Snapshot
from tobs_tui.model import Topic

FORUM = -1000000091002
TOPICS = (Topic(1, "General", hidden=True), Topic(14, "Help"), Topic(18, "[/red]Old", closed=True))


def with_topics(now: Snapshot, engine: ScriptedEngine) -> Snapshot:
    """The topics come as soon as they were asked for."""
    if Unfold(FORUM) not in engine.submitted:
        return now
    rows = tuple(replace(row, topics=TOPICS) if row.chat.id == FORUM else row for row in now.chats.rows)
    return replace(now, chats=replace(now.chats, version=2, rows=rows))


def account() -> ScriptedEngine:
    engine = ScriptedEngine(scripted.snapshot(), then=lambda now: with_topics(now, engine))
    return engine


async def test_a_forum_unfolds_and_folds() -> None:
    async with staged(account()) as stage:
        await stage.press("down", "right")
        assert Unfold(FORUM) in stage.engine.submitted
        await stage.until(lambda: len(stage.main.chats.rows) == 13)
        for text in ("└ General", "└ Help", "└ [/red]Old", "closed", "hidden", " Chats 10"):
            await stage.shows(text)
        await stage.press("down", "down", "left")
        assert len(stage.main.chats.rows) == 10
        assert stage.main.chats.row is not None
        assert stage.main.chats.row.chat.id == FORUM
        await stage.press("right")
        assert stage.engine.submitted.count(Unfold(FORUM)) == 1
        await stage.press("right")
        await stage.shows("Its topics are shown already")


async def test_topics_that_are_read_say_so_and_those_that_cant_be_fold_again() -> None:
    engine = ScriptedEngine(scripted.snapshot())
    async with staged(engine) as stage:
        await stage.press("down", "right")
        await stage.shows("reading its topics…")
        engine.tell(TopicsListed(FORUM, (), "no answer"))
        await stage.shows("The topics couldn't be read: no answer")
        assert "reading its topics…" not in stage.text
        await stage.press("right")
        assert engine.submitted.count(Unfold(FORUM)) == 2


async def test_a_folded_forum_tells_of_its_selected_topics() -> None:
    async with staged(account()) as stage:
        await stage.press("down", "right")
        await stage.until(lambda: len(stage.main.chats.rows) == 13)
        await stage.press("down", "space", "space", "left")
        await stage.shows("2 of 3 topics")
        await stage.press("space")
        assert "of 3 topics" not in stage.text


async def test_a_job_of_some_topics_says_so() -> None:
    options = replace(scripted.OPTIONS, topics=(14, 18))
    job = scripted.job(1, "Corner", JobState.DONE, options=options, messages=16, total=136)
    async with staged(ScriptedEngine(scripted.snapshot(queue=(job,)))) as stage:
        await stage.shows("Corner · 2 topics")
        await stage.press("2", "enter")
        await stage.shows("16 of 136 in the chat")
        assert "11 %" not in stage.text


async def test_topics_are_exported_alone_and_a_forum_as_a_whole() -> None:
    async with staged(account()) as stage:
        await stage.press("down", "right")
        await stage.until(lambda: len(stage.main.chats.rows) == 13)
        await stage.press("up", "space", "down", "down", "space", "space", "enter", "enter")
        chats, topics = (command for command in stage.engine.submitted if isinstance(command, Export))
        assert (chats.chats, chats.options.topics) == ((-1000000048210,), ())
        assert (topics.chats, topics.options.topics) == ((FORUM,), (14, 18))
        await stage.press("home", "down", "a", "enter", "enter")
        whole = [command for command in stage.engine.submitted if isinstance(command, Export)][2:]
        assert [(len(command.chats), command.options.topics) for command in whole] == [(10, ())]


async def test_other_chats_don_t_unfold() -> None:
    async with staged(account()) as stage:
        await stage.press("right")
        await stage.shows("This is no forum")
        await stage.press("left")
        await stage.shows("No topics are unfolded here")
        assert not any(isinstance(command, Unfold) for command in stage.engine.submitted)
        assert len(stage.main.chats.rows) == 10
