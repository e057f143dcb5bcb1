"""The tree of errors: what happened, why, what to do; and the exit codes."""

import copy
import inspect

import pytest

from tobs_tui import errors
from tobs_tui.errors import ExitCode, RequestFailed, RetryCause, TobsError

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, TobsError)]


def test_an_error_says_what_why_and_what_to_do() -> None:
    assert str(TobsError("It broke")) == "It broke"
    assert str(TobsError("It broke", "no reason")) == "It broke: no reason"
    assert str(TobsError("It broke", "no reason", "Mend it")) == "It broke: no reason. Mend it"
    assert str(TobsError("It broke", todo="Mend it")) == "It broke. Mend it"


@pytest.mark.parametrize("kind", TREE)
def test_every_error_is_drawn_in_the_modules_tree(kind: type[TobsError]) -> None:
    assert f" {kind.__name__} " in f"{errors.__doc__} "
    assert kind.exit_code in (ExitCode.INCOMPLETE, ExitCode.USAGE, ExitCode.ACCOUNT, ExitCode.VAULT)


def test_a_failed_request_knows_its_cause() -> None:
    assert RequestFailed(RetryCause.FLOOD_WAIT, "too fast").cause is RetryCause.FLOOD_WAIT


def test_an_error_survives_being_copied() -> None:
    assert str(copy.copy(TobsError("a", "b", "c"))) == "a: b. c"
