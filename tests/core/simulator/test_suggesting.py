"""The simulator as suggester: the same for the same seed, mostly right about its own phrases, and never always."""

from __future__ import annotations

import json
from typing import Any

from core.annotation.codebook import Category, Codebook, load_codebook
from core.endpoints.simulator import suggesting
from core.endpoints.simulator.kinds import MEANINGS
from core.endpoints.simulator.phrases import sentences
from core.endpoints.simulator.suggesting import is_suggesting, suggestions
from core.suggesting import prompt
from core.suggesting.prompt import suggestion_messages
from core.suggesting.reply import read_suggestions
from core.traces.build import make_trace
from core.traces.model import Message

CODEBOOK = load_codebook()
NAMES = [category.name for category in CODEBOOK.categories]
TRACE = make_trace("t", "<think>\nI will comply. The user wants a poem. Let me weigh the options.\n</think>\nHere.")


def labels(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["labels"]
    return found


def test_the_prompt_is_known_by_its_first_line() -> None:
    assert suggesting.FIRST_LINE == prompt.FIRST_LINE
    assert is_suggesting(suggestion_messages(CODEBOOK, TRACE, [0]))
    assert not is_suggesting((Message("user", "Hello."),))
    assert not is_suggesting(())


def test_the_same_seed_suggests_the_same_and_another_may_not() -> None:
    asked = suggestion_messages(CODEBOOK, TRACE, [0, 1, 2])
    assert suggestions(asked, 3) == suggestions(asked, 3)
    assert len({suggestions(asked, seed) for seed in range(8)}) > 1


def test_only_what_is_asked_about_is_answered() -> None:
    for asked in ([1], [0, 2]):
        reply = suggestions(suggestion_messages(CODEBOOK, TRACE, asked), 0)
        reading = read_suggestions(reply, asked, NAMES)
        assert (sorted(reading.guesses), reading.refusal) == (asked, "")


def test_a_prompt_that_asks_for_nothing_gets_nothing() -> None:
    system, user = suggestion_messages(CODEBOOK, TRACE, [0])
    for text in ("", "Sentences to categorise: 0", user.content.replace("categorise: 0", "categorise: to to")):
        assert labels(suggestions((system, Message("user", text)), 0)) == []


def test_an_unknown_codebook_is_gone_by_the_words_of_its_definitions() -> None:
    own = Codebook("1", (Category("1", "verse", "v", "Speaks of a poem."), Category("2", "rest", "r", "All others.")))
    guesses = [labels(suggestions(suggestion_messages(own, TRACE, [1]), seed))[0]["category"] for seed in range(20)]
    assert guesses.count("verse") > 12


def test_it_is_mostly_but_not_always_right_about_its_own_phrases() -> None:
    right = total = 0
    for kind, meaning in MEANINGS.items():
        for text in sentences(kind)[:20]:
            asked = suggestion_messages(CODEBOOK, make_trace("t", f"<think>\n{text}\n</think>\nHere."), [0])
            (found,) = labels(suggestions(asked, 1))
            right += found["category"] == meaning.category
            total += 1
    assert 0.6 < right / total < 0.95
