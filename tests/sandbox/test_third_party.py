"""A plain Telethon script against the sandbox, each in a process of its own; what it reads is compared with the generator."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.sandbox import SandboxProcess
from tobs_tui.sandbox.bulk import BIG_CHAT, FILES_CHAT
from tobs_tui.sandbox.world import World

MESSAGES = 20_000
FILE_SIZE = 50_000_000
SCRIPT = Path(__file__).with_name("third_party.py")


def test_a_plain_telethon_script_reads_what_the_generator_says(tmp_path: Path) -> None:
    result = tmp_path / "read.json"
    with SandboxProcess(messages=MESSAGES, files=(1, FILE_SIZE)) as sandbox:
        subprocess.run([sys.executable, SCRIPT, json.dumps(sandbox.facts), result], check=True, stdout=subprocess.DEVNULL, cwd=tmp_path)
    read = json.loads(result.read_text())
    world = World(messages=MESSAGES, files=(1, FILE_SIZE))
    assert read["messages"] == expected_messages(world)
    assert len(read["messages"]) == MESSAGES
    assert read["files"] == expected_files(world)


def expected_messages(world: World) -> list[list[Any]]:
    """The big chat, newest first, as the script writes it down."""
    history = world.chat(BIG_CHAT).messages
    return [expected(history[message_id]) for message_id in reversed(history.ids)]


def expected(message: Any) -> list[Any]:
    styles = [[type(entity).__name__, entity.offset, entity.length] for entity in message.entities or ()]
    reply = message.reply_to.reply_to_msg_id if message.reply_to else None
    return [message.id, message.date, message.from_id.user_id, message.message, styles, reply]


def expected_files(world: World) -> list[list[Any]]:
    found = []
    for message in world.chat(FILES_CHAT).messages.values():
        body = world.file_bytes(message.media.document.id, 0, FILE_SIZE)
        found.append([message.media.document.id, len(body), hashlib.sha256(body).hexdigest()])
    return found
