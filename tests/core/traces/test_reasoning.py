"""Where the reasoning of a response begins and ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.traces.model import Span
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags, find_reasoning

OPEN, CLOSE = "<SCRATCHPAD_REASONING>", "</SCRATCHPAD_REASONING>"


@pytest.mark.parametrize(
    ("response", "reasoning"),
    [
        (f"{OPEN}\nI think.\n{CLOSE}\n<rejected/>", "\nI think."),
        (f"Sure. {OPEN} a {CLOSE} b", " a"),
        (f"{OPEN}I write {CLOSE} soon.{CLOSE}answer", f"I write {CLOSE} soon."),
        (f"{OPEN}a {OPEN} b{CLOSE}", f"a {OPEN} b"),
        (f"{CLOSE}{OPEN}cut off \n", "cut off"),
        ("<think>a</think>b", "a"),
        ("prompt had the tag.\n</think>\n\nanswer", "prompt had the tag."),
        ("it closes </think> twice </think> answer", "it closes </think> twice"),
        (f"<think>first</think>{OPEN}second{CLOSE}answer", "second"),
        (f"own thinking</think>{OPEN}second{CLOSE}answer", "second"),
        ("<HIDDEN_SCRATCHPAD>a</HIDDEN_SCRATCHPAD>", "a"),
        ("No tags at all. \n", "No tags at all."),
        ("<Think>of known tags only spaces count</think >", "of known tags only spaces count</think >"),
        (f"{OPEN}\n \n{CLOSE}answer", ""),
        ("</think>answer", ""),
        ("", ""),
    ],
)
def test_reasoning_of_a_response(response: str, reasoning: str) -> None:
    start, end = find_reasoning(response)
    assert response[start:end] == reasoning


def test_an_empty_span_stands_after_the_opening_tag() -> None:
    assert find_reasoning(f"{OPEN} {CLOSE}") == Span(len(OPEN), len(OPEN))


def test_own_tags_replace_the_default_ones() -> None:
    response = "<think>a</think>[[b]]"
    assert find_reasoning(response, [ReasoningTags("[[", "]]")]) == Span(18, 19)
    assert find_reasoning(response, []) == Span(0, len(response))


def test_the_scratchpad_is_looked_for_first() -> None:
    assert DEFAULT_TAGS[0] == ReasoningTags(OPEN, CLOSE)


@given(st.lists(st.sampled_from([OPEN, CLOSE, "<think>", "</think>", " ", "\n", "a", "\ud800"])).map("".join))
def test_the_span_lies_in_the_response_and_never_ends_in_white_space(response: str) -> None:
    start, end = find_reasoning(response)
    assert 0 <= start <= end <= len(response)
    assert not response[start:end][-1:].isspace()
