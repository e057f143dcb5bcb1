"""The README knows every command, option, setting, key and exit code."""

import re
from pathlib import Path

import click
import msgspec
import pytest

from tobs_tui.cli import CRASHED, cli
from tobs_tui.content import MediaKind
from tobs_tui.engine.snapshot import JobReport
from tobs_tui.errors import ExitCode
from tobs_tui.model import Layout
from tobs_tui.settings import Settings
from tobs_tui.ui.commands import COMMANDS, shown_key

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def tables(table: type[msgspec.Struct], name: str = "") -> list[tuple[str, str]]:
    """(table, key) for every key of the settings."""
    found = []
    for field in msgspec.structs.fields(table):
        kinds = [field.type, *getattr(field.type, "__args__", ())]
        inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, msgspec.Struct)), None)
        found += tables(inner, f"{name}.{field.name}".lstrip(".")) if inner else [(name, field.name)]
    return found


@pytest.mark.parametrize(("table", "key"), tables(Settings))
def test_every_setting_is_explained_in_its_table(table: str, key: str) -> None:
    section = README.split(f"| **`[{table}]`**", 1)[1].split("| **`[", 1)[0]
    assert f"`{key}`" in section


@pytest.mark.parametrize("command", [cli, *cli.commands.values()], ids=lambda command: str(command.name))
def test_every_command_and_option_is_explained(command: click.Command) -> None:
    if command is not cli:
        assert f"`tobs-tui {command.name}" in README
    for option in command.params:
        for name in option.opts if isinstance(option, click.Option) else ():
            assert re.search(rf"\| `{name}[ `]", README), name


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_key_is_told(command: object) -> None:
    known = next(each for each in COMMANDS if each is command)
    keys = " ".join(f"`{shown_key(key)}`" for key in known.keys) or "(palette)"
    assert f"| {known.pane.value} | {keys} | {known.text} |" in README


def test_every_exit_code_kind_and_layout_is_told() -> None:
    for code in (*(each for each in ExitCode if each is not ExitCode.SIGNAL), CRASHED):
        assert f"\n| {int(code)} | " in README
    assert "128 + n" in README
    for word in (*MediaKind, *Layout):
        assert f"`{word}`" in README


def test_every_field_of_a_report_is_told() -> None:
    for field in JobReport.__dataclass_fields__:
        assert f"`{field}`" in README


@pytest.mark.parametrize(
    ("table", "key"),
    [*(("media", key) for key in ("attempts", "parts", "files")), ("pipeline", "flush_seconds"), ("pipeline", "jobs"), ("vault", "path")],
)
def test_the_defaults_are_the_real_ones(table: str, key: str) -> None:
    value = getattr(getattr(Settings(), table), key)
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    assert f"| `{key}` | `{shown}` |" in README


def test_the_two_commands_set_themselves_up() -> None:
    commands = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)[:2]
    assert all(command.startswith("python3 -m venv .venv && ") and "\n" not in command for command in commands)
    assert commands[0].endswith(".venv/bin/tobs-tui --demo")
    assert commands[1].endswith(".venv/bin/python -m pytest")
