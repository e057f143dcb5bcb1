"""How many messages come back from their notes: `python -m tests.notes` takes 20,000 generated ones and all of the demo account,
and then tries the other properties of test_roundtrip.py as often. Ends with 1 where a single one doesn't hold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import click
from hypothesis import HealthCheck, Phase, given, settings

from tests.notes.reading import Expected, read, same
from tests.notes.strategies import messages
from tobs_tui.model import Entity
from tobs_tui.notes.text import markdown
from tobs_tui.sandbox.world import World
from tobs_tui.telegram.convert import entities_of

Texts = Counter[str]


@click.command()
@click.argument("count", default=20_000)
def main(count: int) -> None:
    """Print how many messages come back, of COUNT generated ones and of the demo account."""
    generated, demo = _generated(count), Counter[str]()
    for text, entities in _demo():
        _judge(text, entities, demo)
    whole = [_told("generated", generated), _told("of the demo account", demo)]
    sys.stdout.flush()
    others = [sys.executable, "-m", "pytest", "-q", "--timeout", "36000", "-k", "not come_back", "tests/notes/test_roundtrip.py"]
    ended = subprocess.run(others, env=os.environ | {"NOTES_EXAMPLES": str(count)}, check=False)
    sys.exit(0 if all(whole) and ended.returncode == 0 else 1)


def _generated(count: int) -> Texts:
    found: Texts = Counter()

    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(messages())
    def each(message: tuple[str, tuple[Entity, ...]]) -> None:
        _judge(*message, found)

    each()
    return found


def _demo() -> Iterator[tuple[str, tuple[Entity, ...]]]:
    for chat in World().account.chats.values():
        for message in chat.messages.values():
            if text := getattr(message, "message", ""):
                yield text, entities_of(message.entities)


def _judge(text: str, entities: tuple[Entity, ...], found: Texts) -> None:
    """Count the message; one that the parser finds foreign blocks in has come back in no way."""
    found["all"] += 1
    expected = Expected(text, entities).styled()
    try:
        back = read(markdown(text, entities))
    except AssertionError:
        return
    found["text"] += [char for char, _ in back] == [char for char, _ in expected]
    found["both"] += same(back, expected)


def _told(name: str, found: Texts) -> bool:
    shares = f"text {found['text'] / found['all']:.2%}, text and styles {found['both'] / found['all']:.2%}"
    click.echo(f"{found['all']:,} messages {name}: {shares}")
    return found["both"] == found["all"]


if __name__ == "__main__":
    main()
