"""What people in the made-up account say when nothing in particular is being shown."""

from __future__ import annotations

import random

OPENINGS = ("I think", "Honestly,", "By the way,", "It turns out that", "Yesterday", "As far as I can see,", "Good news:", "Fun fact:")
SUBJECTS = (
    "the borrow checker",
    "our build",
    "the new release",
    "this pull request",
    "the train to Graz",
    "my neighbour's cat",
    "the old laptop",
    "the test suite",
    "that recipe",
    "the telescope",
    "a colleague",
    "the event loop",
    "the café on the corner",
    "the documentation",
)
VERBS = (
    "works again",
    "needs some care",
    "is faster than before",
    "surprised everybody",
    "was worth the wait",
    "broke on Tuesday",
    "looks lovely",
    "can wait until Monday",
    "made me laugh",
    "is finally merged",
    "deserves a second look",
)
ENDINGS = (".", ".", ".", "!", " 🙂", " 🎉", "…", " – more on that later.", ", don't you think?")
ANSWERS = (
    "Yes",
    "No idea",
    "Sounds good",
    "👍",
    "Let me check",
    "Thanks!",
    "😂",
    "On my way",
    "Agreed",
    "Why not",
    "Done",
    "Ok",
    "Ха-ха",
    "いいね",
)


def sentence(chance: random.Random) -> str:
    """One sentence."""
    return f"{chance.choice(OPENINGS)} {chance.choice(SUBJECTS)} {chance.choice(VERBS)}{chance.choice(ENDINGS)}"


def utterance(chance: random.Random) -> str:
    """What somebody writes in one message: a word, a sentence or a few paragraphs."""
    kind = chance.random()
    if kind < 0.3:
        return chance.choice(ANSWERS)
    if kind < 0.85:
        return " ".join(sentence(chance) for _ in range(chance.choice((1, 1, 2, 3))))
    return "\n\n".join(" ".join(sentence(chance) for _ in range(3)) for _ in range(chance.choice((2, 3))))
