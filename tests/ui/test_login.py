"""The first start and the login."""

from __future__ import annotations

from tests.ui import scripted
from tests.ui.scripted import ScriptedEngine
from tests.ui.stage import NARROW, Stage, staged
from tobs_tui.engine.commands import Answer, Stop
from tobs_tui.engine.events import LoggedIn, LoginNeeded
from tobs_tui.engine.snapshot import Question, QuestionKind
from tobs_tui.errors import SettingsError
from tobs_tui.model import Account
from tobs_tui.settings import Settings, TelegramSettings
from tobs_tui.ui.app import TobsApp


async def test_the_screen_behind_the_login_says_so() -> None:
    async with staged(ScriptedEngine(scripted.asking(QuestionKind.PHONE))) as stage:
        await stage.shows("your phone number")
        await stage.shows("not logged in")
        assert "starting…" not in stage.text


async def test_esc_goes_back_from_the_code_to_the_number() -> None:
    engine = ScriptedEngine(scripted.asking(QuestionKind.CODE, "The code was sent by SMS"))
    async with staged(engine, NARROW) as stage:
        await stage.shows("esc another number")
        await stage.press("escape", "escape")
        assert engine.submitted == [Answer("")]
        engine.tell(LoginNeeded(Question(QuestionKind.PHONE, wrong="The code wasn't given. Give the phone number again")))
        await stage.shows("Log in: your phone number")
        assert "another number" not in stage.text
        await stage.press("escape")
        assert engine.submitted == [Answer("")]


async def test_phone_code_and_password_one_after_the_other() -> None:
    engine = ScriptedEngine(scripted.asking(QuestionKind.PHONE))
    async with staged(engine, NARROW) as stage:
        await stage.shows("Log in: your phone number")
        await stage.type("nobody")
        await stage.press("enter")
        await stage.shows("A phone number is needed")
        await stage.press("ctrl+u")
        await stage.type("+49 170 1234567")
        await stage.press("enter")
        assert engine.submitted == [Answer("+491701234567")]
        await stage.shows("asking Telegram…")
        engine.tell(LoginNeeded(Question(QuestionKind.CODE, hint="sent to your other apps")))
        await stage.shows("sent to your other apps")
        await stage.type("11111")
        await stage.press("enter")
        engine.tell(LoginNeeded(Question(QuestionKind.CODE, wrong="That code is wrong. Look at it again")))
        await stage.shows("✗ That code is wrong. Look at it again")
        await stage.type("22222")
        await stage.press("enter")
        engine.tell(LoginNeeded(Question(QuestionKind.PASSWORD, hint="my cat")))
        await stage.shows("hint: my cat")
        await stage.type("secret")
        assert "secret" not in stage.text
        await stage.press("enter")
        assert engine.submitted[-1] == Answer("secret")
        engine.snapshots = [scripted.snapshot()]
        engine.tell(LoggedIn(Account(1, "Ada", "ada")))
        await stage.shows("Rust Weekly")


async def test_escape_does_not_leave_the_login_and_quit_does() -> None:
    engine = ScriptedEngine(scripted.asking(QuestionKind.PHONE))
    async with staged(engine) as stage:
        await stage.press("escape", "escape")
        assert "Log in: your phone number" in stage.text
        await stage.press("ctrl+q")
    assert engine.submitted == [Stop()]


async def test_the_first_start_asks_for_what_is_missing() -> None:
    engine = ScriptedEngine(scripted.snapshot())
    saved: list[tuple[str, int, str]] = []

    def save(vault: str, api_id: int, api_hash: str) -> Settings:
        saved.append((vault, api_id, api_hash))
        if len(saved) == 1:
            raise SettingsError("The file can't be written", "it is read-only")
        return scripted.SETTINGS

    app = TobsApp(Settings(telegram=TelegramSettings()), lambda _: engine, save)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        stage = Stage(app, engine, pilot)
        await stage.shows("https://my.telegram.org")
        await stage.press("escape", "enter")
        await stage.shows("api_id is a number")
        await stage.press("end")
        await stage.type("12345")
        await stage.press("down")
        await stage.type("0123456789abcdef0123456789ABCDEF")
        await stage.press("enter")
        await stage.shows("The file can't be written: it is read-only")
        await stage.press("enter")
        await stage.shows("Rust Weekly")
    assert saved[-1] == ("~/tobs", 12345, "0123456789abcdef0123456789abcdef")
