"""Any text with any entities, rendered and read back by a parser that isn't ours: the same characters, the same styles.

400 examples each by default. `python -m tests.notes` takes 20,000, and says how many came back.
"""

from __future__ import annotations

import os
import re

from hypothesis import HealthCheck, given, settings

from tests.notes.reading import Expected, read, same
from tests.notes.strategies import messages, texts
from tobs_tui.model import Entity, EntityKind
from tobs_tui.notes.inline import SPOILER_OPEN
from tobs_tui.notes.text import markdown

often = settings(
    max_examples=int(os.environ.get("NOTES_EXAMPLES", "400")),
    deadline=None,
    derandomize="NOTES_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    database=None,
)


@often
@given(texts)
def test_plain_text_comes_back(text: str) -> None:
    assert read(markdown(text)) == Expected(text, ()).styled()


@often
@given(messages())
def test_text_and_styles_come_back(message: tuple[str, tuple[Entity, ...]]) -> None:
    text, entities = message
    rendered = markdown(text, entities)
    found, expected = read(rendered), Expected(text, entities).styled()
    assert same(found, expected), f"{rendered!r}\n{found}\n{expected}"


@often
@given(messages())
def test_obsidian_finds_nothing_of_its_own(message: tuple[str, tuple[Entity, ...]]) -> None:
    text, entities = message
    rendered = markdown(text, entities)
    tags = {tag.lower() for tag in re.findall(r"#\w+", text)} if any(entity.kind is EntityKind.HASHTAG for entity in entities) else set()
    left = bare(rendered)
    assert not re.search(r"\[\[|==|%%|\$|\[\^|\^\[|~~~|^\s*```", left, re.MULTILINE), rendered
    assert not re.search(r"(?:^|\s)\^[\w-]+\s*$", rendered_without_escapes(rendered), re.MULTILINE), rendered
    assert {tag.lower() for tag in re.findall(r"(?<!\S)#[^\s#.,!?;:)*<\[`~]+", left)} <= tags, rendered
    assert not re.search(r"^(?:> )?(?:[-+*]\s|[-+*]$|\d+[.)](?:\s|$)|#+ |\|)", left, re.MULTILINE), rendered
    assert not re.search(r"^> \[!(?!quote\]-$)", left, re.MULTILINE), rendered


@often
@given(messages())
def test_nothing_in_a_spoiler_has_a_colour_of_its_own(message: tuple[str, tuple[Entity, ...]]) -> None:
    rendered = markdown(*message)
    for hidden in re.findall(rf"{re.escape(SPOILER_OPEN)}(.*?)</span>", rendered):
        assert not re.search(r"[<\[`*~]", rendered_without_escapes(hidden)), rendered


def rendered_without_escapes(rendered: str) -> str:
    """The note with each escaped character taken out of play."""
    return re.sub(r"\\[^\w\s]", "\N{REPLACEMENT CHARACTER}", rendered)


def bare(rendered: str) -> str:
    """What Obsidian would look for its own marks in: without fences, code, links' addresses, tags and escaped characters."""
    text = re.sub(r"^(> )?(`{3,})[^`\n]*\n(?:.*\n)*?(?:> )?\2$", "", rendered, flags=re.MULTILINE)
    out, at = [], 0
    pattern = re.compile(r"\\[^\w\s]|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|\]\([^()\s]*\)|</?\w[^<>]*>")
    for match in pattern.finditer(text):
        out += [text[at : match.start()], "\N{REPLACEMENT CHARACTER}"]
        at = match.end()
    return "".join((*out, text[at:]))
