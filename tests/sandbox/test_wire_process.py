"""`python -m tobs_tui.sandbox`, and what other rooms' tests use of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import orjson
import pytest
from telethon import functions, types

from tests.support.client import new_client
from tests.support.sandbox import SandboxProcess
from tobs_tui.sandbox.keys import RsaKey


async def test_a_client_connects_and_faults_are_switched(sandbox: SandboxProcess) -> None:
    settings = sandbox.telegram_settings()
    assert settings.server is not None
    client = new_client(sandbox.facts["pem"], settings.server.dc, settings.server.port)
    sandbox.stats(reset=True)
    await client.connect()
    assert isinstance(await client(functions.help.GetNearestDcRequest()), types.NearestDc)
    sandbox.faults(drop_now=True)
    assert isinstance(await client(functions.help.GetNearestDcRequest()), types.NearestDc)
    await client.disconnect()
    assert sandbox.requests("help.getNearestDc") == 2
    stats = sandbox.stats(log=True)
    assert stats["connections"] == 2
    assert [method for _, method in stats["log"]].count("help.getNearestDc") == 2


def test_what_makes_no_sense_is_said(sandbox: SandboxProcess) -> None:
    with pytest.raises(ValueError, match="unknown fault 'rtt'"):
        sandbox.faults(rtt=1)
    with pytest.raises(ValueError, match="unknown order"):
        sandbox._order({"fault": {}})
    assert "requests" in sandbox.stats()


def test_the_twin_is_the_same_account(sandbox: SandboxProcess) -> None:
    twin = sandbox.twin()
    assert (twin.account.phone, twin.account.code, twin.account.password) == sandbox.login


@pytest.mark.parametrize("how", ["stdin", "signal"])
def test_it_ends_with_its_stdin_or_by_a_signal(tmp_path: Path, how: str) -> None:
    command = [sys.executable, "-m", "tobs_tui.sandbox", "--key", str(tmp_path / "key.pem"), *(["--forever"] if how == "signal" else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        facts = orjson.loads(process.stdout.readline())
        process.stdin.close()
        if how == "signal":
            process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert Path(facts["public_key"]).read_text("ascii") == facts["pem"] == RsaKey.kept_in(tmp_path / "key.pem").public_pem
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600


def test_wrong_options_are_errors_in_words(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")
    for options in (["--key", str(tmp_path / "key.pem")], ["--faults", "{"], ["--faults", '{"drop": 7}']):
        command = [sys.executable, "-m", "tobs_tui.sandbox", *options]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert done.returncode == 1
        assert b"Error: " in done.stderr
        assert b"Traceback" not in done.stderr


async def test_logins_outlive_a_restart(tmp_path: Path) -> None:
    with SandboxProcess(key=tmp_path / "key.pem") as sandbox:
        phone, code, password = sandbox.login
        client = new_client(sandbox.facts["pem"], sandbox.facts["dc"], sandbox.port)
        await client.start(phone=lambda: phone, code_callback=lambda: code, password=lambda: password)
        key = client.session.auth_key
        await client.disconnect()
        sandbox.restart()
        assert (tmp_path / "key.pem.logins").stat().st_mode & 0o777 == 0o600
        again = new_client(sandbox.facts["pem"], sandbox.facts["dc"], sandbox.port)
        again._sender.auth_key.key = key.key
        await again.connect()
        assert await again.get_me() is not None
        await again.log_out()


def test_articles_are_served(sandbox: SandboxProcess) -> None:
    with urlopen(sandbox.facts["articles"] + "/getPage/Nasty-02-29?return_content=true") as answer:  # noqa: S310 - the sandbox's own address
        assert orjson.loads(answer.read())["ok"] is True


def test_the_account_changes_while_it_runs() -> None:
    with SandboxProcess() as sandbox:
        chat = next(chat_id for chat_id, record in sandbox.twin().chats.items() if record.is_channel)
        assert len(sandbox.world(add_message={"chat": chat, "text": "new", "count": 3})["add_message"]) == 3
        with pytest.raises(ValueError, match="unknown change"):
            sandbox.world(nonsense={})
