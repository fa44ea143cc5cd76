"""Reading a reply: what is as it was asked for is kept, and everything else is refused for its sentence alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.suggesting.reply import Guess, read_suggestions
from tests.core.suggesting.scene import entry, reply

NAMES = ("monitoring", "planning", "none")
ASKED = (3, 4, 5)
GOOD = reply(*map(entry, ASKED))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n {GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}\n```\n",
        f"<think>Is it {{monitoring}}? I first say {GOOD}, then again:</think>\n{GOOD}",
        f'I reason: {{"labels": what}}\n\n```json\n{GOOD}\n```',
        json.dumps({"labels": [entry(i) for i in ASKED]}, indent=2),
    ],
)
def test_a_fence_or_reasoning_before_it_is_no_matter(text: str) -> None:
    reading = read_suggestions(text, ASKED, NAMES)
    assert reading.guesses == dict.fromkeys(ASKED, Guess("monitoring", 0.8))
    assert (reading.is_readable, reading.refusal) == (True, "")


@pytest.mark.parametrize(
    "text",
    [
        "", "I would say monitoring.", "[1, 2]", '{"labels": 3}', '{"labels": []', GOOD[:-5], f"{GOOD} Is that all?",
        GOOD.replace('"labels"', '"label"'), '{"labels": [], "note": "none"}', '{"labels": ' * 5000,
    ],
)  # fmt: skip
def test_anything_else_is_unreadable(text: str) -> None:
    reading = read_suggestions(text, ASKED, NAMES)
    assert (reading.is_readable, dict(reading.guesses)) == (False, {})
    assert reading.refusal


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (entry(4, "joy"), "no category of the codebook: 4"),
        (entry(4, "Monitoring"), "no category of the codebook: 4"),
        ({**entry(4), "category": None}, "no category of the codebook: 4"),
        (entry(4, confidence=1.01), "confidence outside 0 to 1: 4"),
        (entry(4, confidence=-0.1), "confidence outside 0 to 1: 4"),
        (entry(4, confidence=10**400), "confidence outside 0 to 1: 4"),
        (entry(4, confidence=float("inf")), "confidence is no number: 4"),
        (entry(4, confidence=float("nan")), "confidence is no number: 4"),
        ({**entry(4), "confidence": True}, "confidence is no number: 4"),
        ({**entry(4), "confidence": "0.5"}, "confidence is no number: 4"),
        ({"sentence": 4, "category": "planning"}, "not of the form asked for: 4"),
        ({**entry(4), "why": "so"}, "not of the form asked for: 4"),
        (entry(3), "more than once: 3; missing: 4"),
        (entry(9), "missing: 4; 1 not asked for"),
        ({**entry(4), "sentence": "4"}, "missing: 4; 1 not asked for"),
        ({**entry(4), "sentence": True}, "missing: 4; 1 not asked for"),
        ("planning", "missing: 4; 1 not asked for"),
    ],
)
def test_a_bad_entry_costs_its_own_sentence(bad: Any, why: str) -> None:
    reading = read_suggestions(reply(entry(3), bad, entry(5, "none", 0)), ASKED, NAMES)
    assert reading.refusal == why
    assert reading.is_readable
    assert reading.guesses[5] == Guess("none", 0.0)
    assert 4 not in reading.guesses


def test_a_key_that_stands_twice_costs_its_own_sentence() -> None:
    twice = '{"sentence": 4, "category": "none", "category": "planning", "confidence": 1}'
    reading = read_suggestions(f'{{"labels": [{twice}, {json.dumps(entry(5))}]}}', (4, 5), NAMES)
    assert (set(reading.guesses), reading.refusal) == ({5}, "not of the form asked for: 4")


ENTRIES = st.lists(
    st.one_of(
        st.builds(entry, st.integers(0, 9), st.sampled_from([*NAMES, "joy"]), st.floats()),
        st.dictionaries(st.sampled_from(["sentence", "category", "confidence"]), st.integers(0, 9)),
        st.none(),
    ),
    max_size=12,
)


@given(ENTRIES, st.text(max_size=40))
def test_what_is_read_was_said_of_a_sentence_that_was_asked_about(entries: list[Any], before: str) -> None:
    asked = (1, 2, 3, 4)
    reading = read_suggestions(f"{before}\n{json.dumps({'labels': entries})}", asked, NAMES)
    assert reading.is_readable
    for sentence, guess in reading.guesses.items():
        about = [one for one in entries if isinstance(one, dict) and one.get("sentence") == sentence]
        assert about == [{"sentence": sentence, "category": guess.category, "confidence": guess.confidence}]
        assert sentence in asked
        assert guess.category in NAMES
        assert 0 <= guess.confidence <= 1
    assert bool(reading.refusal) == (set(reading.guesses) != set(asked) or len(entries) != len(asked))


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    reading = read_suggestions(text, ASKED, NAMES)
    assert reading.is_readable or not reading.guesses
