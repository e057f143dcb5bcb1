"""Fixtures for all rooms."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.support.sandbox import SandboxProcess

# A shell ignores SIGINT for what it starts with `&`, nohup ignores SIGHUP, and what the tests start would inherit that.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    """A sandbox with the demo account, shared by the tests of a module. Who switches faults on switches them off."""
    with SandboxProcess() as process:
        yield process
