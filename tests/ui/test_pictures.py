"""Pictures of the screen, at two sizes, with 256 colours, 16 colours and none. Look at them when they change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.ui import scripted
from tests.ui.scripted import EstimatingEngine, ScriptedEngine
from tests.ui.stage import NARROW, WIDE, app_of
from tobs_tui.engine.events import Trouble
from tobs_tui.engine.snapshot import Failure, JobState, QuestionKind, Snapshot
from tobs_tui.settings import Settings
from tobs_tui.ui.app import TobsApp

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x40", "80x24"])


class Compare(Protocol):
    """The fixture `snap_compare`: takes a picture and compares it with the one kept."""

    def __call__(self, app: App[None], *, press: Iterable[str] = (), terminal_size: tuple[int, int]) -> bool: ...


@pytest.fixture
def snap_compare(snap_compare: Callable[..., bool]) -> Compare:
    """Takes the picture when the engine's first snapshot is shown."""

    def compare(app: App[None], *, press: Iterable[str] = (), terminal_size: tuple[int, int]) -> bool:
        async def shown(pilot: Pilot[None]) -> None:
            while isinstance(app, TobsApp) and app.settings.telegram.api_id and not app.now:
                await pilot.pause()
            await pilot.pause()  # what the snapshot changed is painted then

        return snap_compare(app, press=press, terminal_size=terminal_size, run_before=shown)

    return compare


def busy() -> TobsApp:
    return app_of(ScriptedEngine(scripted.busy_snapshot()))


@SIZES
@pytest.mark.parametrize("keys", [("space", "space", "down", "space"), ("2", "down"), ("3",)], ids=["chats", "queue", "metrics"])
def test_main_screen(snap_compare: Compare, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    assert snap_compare(busy(), press=keys, terminal_size=size)


@SIZES
@pytest.mark.parametrize("environ", [{"TERM": "xterm"}, {"NO_COLOR": "1"}], ids=["16-colours", "no-colour"])
def test_few_colours(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], environ: dict[str, str]) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert snap_compare(busy(), press=("space", "down"), terminal_size=size)


@SIZES
@pytest.mark.parametrize("key", ["enter", "question_mark", "ctrl+p", "ctrl+q"], ids=["options", "help", "palette", "quit"])
def test_boxes(snap_compare: Compare, size: tuple[int, int], key: str) -> None:
    assert snap_compare(busy(), press=(key,), terminal_size=size)


@SIZES
def test_job(snap_compare: Compare, size: tuple[int, int]) -> None:
    failures = (
        Failure("1234 diagram.png", "the file is gone at Telegram", "Nothing can be done; the note says so"),
        Failure("messages 41 to 43", "not given by the server", "r asks for them again"),
    )
    facts: dict[str, object] = {"messages": 12_001, "total": 12_004, "files": 15, "files_total": 16, "files_failed": 1}
    facts |= {"folder": "/vaults/notes/Telegram/Old group", "failures": failures, "failed": 2, "metrics": scripted.metrics()}
    facts |= {"kinds": (("text", 11_000), ("photo", 900), ("service", 101)), "reason": "3 messages not given by the server"}
    engine = ScriptedEngine(scripted.snapshot(queue=(scripted.job(5, "Old group", JobState.INCOMPLETE, **facts),)))
    assert snap_compare(app_of(engine), press=("2", "enter"), terminal_size=size)


@SIZES
def test_estimate(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(app_of(EstimatingEngine(scripted.snapshot())), press=("space", "space", "e"), terminal_size=size)


@SIZES
def test_login(snap_compare: Compare, size: tuple[int, int]) -> None:
    asking = scripted.asking(QuestionKind.CODE, "Sent to Telegram on your other devices", "That code is wrong; 2 tries are left")
    assert snap_compare(app_of(ScriptedEngine(asking)), terminal_size=size)


@SIZES
def test_first_start(snap_compare: Compare, size: tuple[int, int]) -> None:
    def save(vault: str, api_id: int, api_hash: str) -> Settings:
        raise AssertionError("nothing is saved here")

    app = TobsApp(Settings(), lambda _: ScriptedEngine(Snapshot()), save)
    assert snap_compare(app, press=("down", "a", "enter"), terminal_size=size)


@SIZES
def test_nothing_there_yet(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(app_of(ScriptedEngine(scripted.snapshot(()))), terminal_size=size)


def test_log(snap_compare: Compare) -> None:
    engine = ScriptedEngine(scripted.snapshot())
    app = app_of(engine)
    trouble = Trouble(scripted.NOW, "The vault can't be written", "no space left on the device", "Make room, then press r on the job")
    app.troubles.append(trouble)
    assert snap_compare(app, press=("ctrl+l",), terminal_size=NARROW)


def test_whole_metrics(snap_compare: Compare) -> None:
    assert snap_compare(busy(), press=("m",), terminal_size=WIDE)
