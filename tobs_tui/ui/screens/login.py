"""The login: one question a screen, with what was wrong under the field."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from tobs_tui.display import display_text
from tobs_tui.engine.snapshot import Question, QuestionKind
from tobs_tui.ui.forms import Invalid, parse_phone
from tobs_tui.ui.lines import Lines, Look, plain, wrapped
from tobs_tui.ui.screens.popup import Popup
from tobs_tui.ui.widgets.filter_input import CalmInput

_TITLES = {
    QuestionKind.PHONE: "Log in: your phone number",
    QuestionKind.CODE: "Log in: the code",
    QuestionKind.PASSWORD: "Log in: your password",
}
_TEXTS = {
    QuestionKind.PHONE: "Telegram sends a code to your other apps, or by SMS.",
    QuestionKind.CODE: "Type the code that Telegram sent you.",
    QuestionKind.PASSWORD: "This account has two-step verification. Type its password; it isn't kept.",
}
_KEYS = {
    QuestionKind.PHONE: "enter goes on · ctrl+q quits",
    QuestionKind.CODE: "enter goes on · esc another number · ctrl+q quits",
    QuestionKind.PASSWORD: "enter goes on · ctrl+q quits",
}
_HINTS = {QuestionKind.PHONE: "", QuestionKind.CODE: "", QuestionKind.PASSWORD: "hint: "}


class LoginScreen(Popup[None]):
    """Shows one question after the other. Esc goes back from the code to the number, and does nothing else: ctrl+q quits."""

    AUTO_FOCUS = "CalmInput"

    class Answered(Message):
        """The user answered."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, question: Question) -> None:
        super().__init__(_TITLES[question.kind], _KEYS[question.kind])
        self.add_class("small")
        self._question = question

    def body(self) -> Iterable[Widget]:
        yield Lines(classes="popup-text")
        yield CalmInput(id="answer")
        yield Lines(classes="wrong")

    def on_mount(self) -> None:
        self.ask(self._question)

    def ask(self, question: Question) -> None:
        """Ask this question now. What was typed for it stays, but for a password."""
        field = self.query_one("#answer", CalmInput)
        if question.kind is not self._question.kind or question.kind is not QuestionKind.PHONE:
            field.value = ""
        self._question = question
        field.password = question.kind is QuestionKind.PASSWORD
        field.disabled = False
        field.focus()
        self.set_title(_TITLES[question.kind])
        self.set_keys(_KEYS[question.kind])
        text = wrapped(_TEXTS[question.kind], 62)
        if question.hint:
            text += wrapped(_HINTS[question.kind] + display_text(question.hint), 62)
        lines = self.query_one(".popup-text", Lines)
        lines.styles.height = len(text) + 1
        lines.show(*text)
        self._say(question.wrong)

    def _say(self, wrong: str) -> None:
        lines = self.query_one(".wrong", Lines)
        text = wrapped(f"✗ {display_text(wrong)}", 62, "", Look.TROUBLE) if wrong else [()]
        lines.styles.height = len(text) + 1
        lines.show((), *text)

    def action_close(self) -> None:
        """Go back to the phone number: to the engine an empty code says so."""
        field = self.query_one("#answer", CalmInput)
        if self._question.kind is QuestionKind.CODE and not field.disabled:
            self._send(field, "")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        answer = event.value.strip() if self._question.kind is not QuestionKind.PASSWORD else event.value
        try:
            answer = parse_phone(answer) if self._question.kind is QuestionKind.PHONE else answer
        except Invalid as error:
            self._say(str(error))
            return
        if not answer:
            self._say("Nothing is typed yet")
            return
        self._send(event.input, answer)

    def _send(self, field: Input, answer: str) -> None:
        field.disabled = True
        self.query_one(".wrong", Lines).show((), plain("asking Telegram…", Look.MUTED))
        self.post_message(self.Answered(answer))
