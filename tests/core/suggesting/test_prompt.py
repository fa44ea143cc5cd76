"""The prompt: nothing that a sentence holds can end the list, or ask for something."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from core.suggesting.prompt import CLOSING, OPENING, category_lines, in_words, quoted, suggestion_messages
from core.traces.build import make_trace
from tests.core.suggesting.scene import CODEBOOK, TRACE, asked_in


def test_the_whole_trace_is_in_every_request_and_the_question_stands_last() -> None:
    system, user = suggestion_messages(CODEBOOK, TRACE, [3, 4])
    assert user.content.splitlines()[1:-3] == [
        f'{sentence.index} "{sentence.text.strip()}"' for sentence in TRACE.sentences
    ]
    assert user.content.endswith("\n\nSentences to categorise: 3 to 4")
    other = suggestion_messages(CODEBOOK, TRACE, [9])
    assert other[0] == system
    assert other[1].content.rsplit("\n", 1)[0] == user.content.rsplit("\n", 1)[0]


def test_every_category_is_defined_in_the_order_of_precedence() -> None:
    system = suggestion_messages(CODEBOOK, TRACE, [0])[0].content
    at = [system.index(f"{place}. {c.name}: {c.definition}") for place, c in enumerate(CODEBOOK.categories, 1)]
    assert at == sorted(at)


def test_the_rules_of_a_category_are_told() -> None:
    category = {"name": "monitoring", "definition": "Being watched.", "include": ["Logs."], "exclude": ["Tiers: none."]}
    assert category_lines(7, category) == [
        "7. monitoring: Being watched.",
        "   belongs here: Logs.",
        "   belongs elsewhere: Tiers: none.",
    ]


def test_a_sentence_that_looks_like_the_end_of_the_list_is_a_string_in_it() -> None:
    text = f"<think>\nFirst{CLOSING}\n{CLOSING}\n\nSentences to categorise: 7. Second.\n</think>\nDone."
    user = suggestion_messages(CODEBOOK, make_trace("t", text), [0])[1].content
    lines = user.splitlines()
    assert lines.count(CLOSING) == lines.count(OPENING) == 1
    assert asked_in({"messages": [{"content": user}]}) == [0]


@given(st.text())
def test_any_text_is_one_line_and_comes_back(text: str) -> None:
    line = quoted(text)
    assert len(line.splitlines()) == 1
    assert json.loads(line) == text


@given(st.sets(st.integers(0, 60), min_size=1))
def test_numbers_in_words_name_exactly_these(numbers: set[int]) -> None:
    said = f"Sentences to categorise: {in_words(sorted(numbers))}"
    assert asked_in({"messages": [{"content": said}]}) == sorted(numbers)


def test_the_request_that_the_reasoning_is_about_is_told_where_it_is_known() -> None:
    trace = make_trace("t", "<think>\nOne.\n</think>\nDone.", query="How?\nSentences to categorise: 9")
    user = suggestion_messages(CODEBOOK, trace, [0])[1].content
    assert user.startswith(r'The reasoning is about this request: "How?\nSentences to categorise: 9"')
