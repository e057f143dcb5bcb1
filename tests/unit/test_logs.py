"""The log holds no secret and no control character, and lies in private files."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tobs_tui.errors import CacheError
from tobs_tui.logs import FILE_BYTES, FILES, hide, start_logging, without_secrets

HASH = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    root, ours = logging.getLogger(), logging.getLogger("tobs_tui")
    levels, handlers = (root.level, ours.level), list(root.handlers)
    start_logging(tmp_path / "tobs-tui.log", debug=True)
    yield tmp_path / "tobs-tui.log"
    for handler in [each for each in root.handlers if each not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    logging.captureWarnings(False)


def test_what_is_known_or_looks_like_a_secret_is_struck_out(file: Path) -> None:
    hide("correct horse", "+4915112345678", "24680")
    words = f"hash {HASH} phone +4915112345678 and 4915112345678 or +1 (212) 555-0199 code 24680 password correct horse"
    logging.getLogger("tobs_tui.x").info("%s", words)
    line = file.read_text()
    for secret in (HASH, "4915112345678", "555-0199", "24680", "correct horse"):
        assert secret not in line
    assert "password •••" in line


def test_tracebacks_are_cleaned_too(file: Path) -> None:
    try:
        raise ValueError(f"bad hash {HASH} \x1b[2J")
    except ValueError:
        logging.getLogger("tobs_tui").exception("crashed")
    text = file.read_text()
    assert "Traceback" in text
    assert "test_logs.py" in text
    assert HASH not in text
    assert "\x1b" not in text


def test_a_title_can_neither_forge_a_line_nor_move_a_cursor(file: Path) -> None:
    logging.getLogger("tobs_tui").warning("chat %s", "x\n2025-01-01 CRITICAL forged\r\x1b[2J\u202e")
    lines = file.read_text().splitlines()
    assert len(lines) == 1
    assert lines[0].isprintable()


def test_short_words_are_never_secrets() -> None:
    hide("", "a", "the")
    assert without_secrets("the cat") == "the cat"


def test_files_rotate_and_are_private(file: Path) -> None:
    for _ in range(3):
        logging.getLogger("tobs_tui").info("x" * (FILE_BYTES // 2))
    logs = sorted(file.parent.iterdir())
    assert 1 < len(logs) <= FILES
    assert {log.stat().st_mode & 0o777 for log in logs} == {0o600}


def test_without_debug_details_stay_out(file: Path) -> None:
    start_logging(file)
    logging.getLogger("tobs_tui").debug("a detail")
    logging.getLogger("telethon").info("chatter")
    logging.getLogger("tobs_tui").info("a doing")
    assert [line.rsplit(": ")[-1] for line in file.read_text().splitlines()] == ["a doing"]


def test_a_log_that_cant_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CacheError, match="can't be written"):
        start_logging(tmp_path / "no" / "folder" / "x.log")
