"""Many files through every fault at once, by the whole engine over the wire.

The long form, 1,000 files with 5 % of each fault: `python -m tests.engine.faulty_files [FILES [CHANCE]]`. It fails when a file is neither
right nor listed with its reason, or when a `.part` is left of a file that isn't listed.
"""

from __future__ import annotations

import hashlib
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.engine.conftest import driver_on
from tests.engine.vault_reader import VaultReader
from tests.support.sandbox import SandboxProcess
from tobs_tui.engine.commands import Export
from tobs_tui.engine.events import ChatsListed, JobEnded
from tobs_tui.engine.snapshot import JobReport, JobState
from tobs_tui.model import ExportOptions
from tobs_tui.sandbox.bulk import FILES_CHAT
from tobs_tui.sandbox.faults import SHORTER, Faults

FILES, SIZE, CHANCE = 1000, 300_000, 0.05
SECONDS = 1.0
"""A request's deadline, so that silence doesn't make the trial long."""
PATIENCE = 1800.0
WHY_BAD = {
    "LIMIT_INVALID": "LIMIT_INVALID",
    "OFFSET_INVALID": "OFFSET_INVALID",
    "FILE_ID_INVALID": "doesn't exist any more",
    "CHAT_FORWARDS_RESTRICTED": "protects its content",
    SHORTER: "Telegram says that it has ",
}
"""What makes files that can't be had, each with a piece of the reason that must be listed."""


def every_fault(chance: float, files: int) -> dict[str, Any]:
    """Each fault that a file can meet, with so great a chance; floods for such a share of the files."""
    floods = max(1, int(chance * files) // 10)
    return {
        "expired": chance,
        "drop": chance / 5,  # it costs all that is in flight: about five requests
        "silent": {"upload.getFile": chance, "upload.getFileHashes": chance},
        "failures": {
            "upload.getFile": {"code": 500, "probability": chance},
            "upload.getFileHashes": {"code": -503, "probability": chance},
        },
        "floods": {
            "upload.getFile": {"seconds": 1, "count": floods, "premium": True},
            "upload.getFileHashes": {"seconds": 1, "count": floods},
        },
        "parts": dict.fromkeys(("cut", "empty", "long", "corrupt"), chance),
        "bad_files": dict.fromkeys(WHY_BAD, chance),
    }


def trial(home: Path, files: int, size: int, chance: float, seed: int = 1) -> tuple[JobReport, set[int]]:
    """Export the files with faults from the first of them on; the report, and the ids of messages whose files can't be had."""
    gone = set(random.Random(seed).sample(range(1, files + 1), max(1, int(files * chance))))
    with SandboxProcess(files=(files, size)) as sandbox, driver_on(sandbox, home, request_seconds=SECONDS) as driver:
        driver.ready().wait_for(ChatsListed)
        sandbox.faults(floods={"upload.getFile": {"seconds": 2, "count": 2}})  # no file before the text is read
        driver.submit(Export((FILES_CHAT,), ExportOptions(str(home / "vault"), timezone="UTC")))
        driver.until(lambda snapshot: bool(snapshot.jobs) and snapshot.jobs[0].messages == files)
        sandbox.world(delete={"chat": FILES_CHAT, "ids": sorted(gone)}, expire_references={})
        sandbox.faults(**every_fault(chance, files))
        report = driver.wait_for(JobEnded, PATIENCE).report
        bad = bad_files(sandbox, chance) | dict.fromkeys(gone, "deleted")
        check(VaultReader(home / "vault"), report, sandbox, bad)
    return report, set(bad)


def bad_files(sandbox: SandboxProcess, chance: float) -> dict[int, str]:
    """Messages whose files can't be had, and a piece of the reason."""
    faults = Faults(bad_files=dict.fromkeys(WHY_BAD, chance))
    messages = sandbox.twin().chat(FILES_CHAT).messages
    found = {number: faults.bad_file(messages[number].media.document.id) for number in messages}
    return {number: WHY_BAD[fault] for number, fault in found.items() if fault}


def check(vault: VaultReader, report: JobReport, sandbox: SandboxProcess, bad: dict[int, str]) -> None:
    """Every file is right, or it can't be had and is listed with the reason; `bad` has a piece of that by message."""
    world, right = sandbox.twin(), set()
    listed = {failure.what: failure.why for failure in report.failures}
    for message_id, message in ((number, world.chat(FILES_CHAT).messages[number]) for number in world.chat(FILES_CHAT).messages):
        name = f"{message_id} large {message_id}.bin"
        found = [file for file in vault.root.rglob(name) if file.is_file()]
        document = message.media.document
        if found:
            wanted = hashlib.sha256(world.file_bytes(document.id, 0, document.size)).digest()
            assert hashlib.sha256(found[0].read_bytes()).digest() == wanted, name
            right.add(message_id)
        else:
            assert len(report.failures) < report.files_failed or listed[name], name
            assert bad.get(message_id, "?") in listed.get(name, "") or len(report.failures) < report.files_failed, (name, listed.get(name))
    assert report.files == len(right)
    assert report.files_failed == len(bad.keys() - right)
    assert vault.broken_links() == []
    left = [file.name for file in vault.root.rglob(".*") if file.is_file()]
    assert [name for name in left if name[1:].removesuffix(".part") not in listed] == []


def main(files: int, chance: float) -> int:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report, bad = trial(Path(folder), files, SIZE, chance)
    seconds = time.monotonic() - start
    sys.stdout.write(
        f"{files} files, {chance:.0%} of each fault: {report.state} after {seconds:.0f} s, {report.files} right by SHA-256, "
        f"{report.files_failed} listed ({len(bad)} can't be had: gone, refused, of a wrong size), "
        f"{sum(report.retries.values())} requests sent again\n"
    )
    return report.state is not JobState.INCOMPLETE


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else FILES, float(sys.argv[2]) if sys.argv[2:] else CHANCE))
