"""A script as anybody would write it with Telethon; it knows nothing of tobs-tui. Run by test_third_party.py.

Arguments: a JSON object with dc, host, port, pem, api_id, api_hash, phone, code, password; then the file to write what was read to.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import MemorySession


async def main(facts: dict[str, Any]) -> dict[str, Any]:
    rsa.add_key(facts["pem"], old=False)
    session = MemorySession()
    session.set_dc(facts["dc"], facts["host"], facts["port"])
    client = TelegramClient(session, facts["api_id"], facts["api_hash"])
    await client.start(phone=facts["phone"], code_callback=lambda: facts["code"], password=facts["password"])
    try:
        dialogs = {dialog.name: dialog async for dialog in client.iter_dialogs()}
        messages = [fields(message) async for message in client.iter_messages(dialogs["Big chat"].input_entity, wait_time=0)]
        files = [await downloaded(message) async for message in client.iter_messages(dialogs["Large files"].input_entity)]
    finally:
        await client.disconnect()
    return {"messages": messages, "files": files}


def fields(message: Any) -> list[Any]:
    """What a message says, in terms of JSON."""
    styles = [[type(entity).__name__, entity.offset, entity.length] for entity in message.entities or ()]
    return [message.id, int(message.date.timestamp()), message.sender_id, message.raw_text, styles, message.reply_to_msg_id]


async def downloaded(message: Any) -> list[Any]:
    """A message's file: its document's id, length and SHA-256."""
    body = await message.download_media(bytes)
    return [message.document.id, len(body), hashlib.sha256(body).hexdigest()]


if __name__ == "__main__":
    read = asyncio.run(main(json.loads(sys.argv[1])))
    Path(sys.argv[2]).write_text(json.dumps(read))
