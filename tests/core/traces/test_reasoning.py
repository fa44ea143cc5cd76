"""Where the reasoning of a response begins and ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.traces.model import Span
from core.traces.reasoning import (
    DEFAULT_TAGS,
    ReasoningTags,
    after_reasoning,
    find_reasoning,
    is_reasoning_open,
    read_tags,
    tags_around,
)
from tests.sizes import examples

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


def parts(response: str, tags: tuple[ReasoningTags, ...] = DEFAULT_TAGS) -> tuple[str, str | None]:
    """The reasoning and the answer."""
    start, end = find_reasoning(response, tags)
    return response[start:end], after_reasoning(response, tags)


@pytest.mark.parametrize("pair", DEFAULT_TAGS, ids=lambda pair: pair.open)
@pytest.mark.parametrize("spell", [str, str.lower, str.upper])
def test_every_known_pair_is_read_in_any_case_and_without_its_opening(pair: ReasoningTags, spell: type[str]) -> None:
    opening, closing = spell(pair.open), spell(pair.close)
    for before in (opening, f"Sure.\n{opening}", ""):
        response = f"{before}I think.{closing}Plant basil."
        assert parts(response) == ("I think.", "Plant basil.")
        assert tags_around(response) == pair
        assert not is_reasoning_open(response)
    cut = f"{opening}I thi"
    assert (parts(cut), is_reasoning_open(cut)) == (("I thi", None), True)


@pytest.mark.parametrize(
    ("response", "reasoning", "answer"),
    [
        # As templates write it.
        ("<|begin_of_thought|>\n\nA.\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\nB.", "\n\nA.", "\n\nB."),
        ("<|START_THINKING|>A.<|END_THINKING|><|START_RESPONSE|>B.<|END_RESPONSE|>", "A.", "B.<|END_RESPONSE|>"),
        ("<|channel>thought\nA.<channel|>B.", "\nA.", "B."),
        (
            "<|channel|>analysis<|message|>A.<|end|><|start|>assistant<|channel|>commentary<|message|>C.<|end|>"
            "<|start|>assistant<|channel|>final<|message|>B.<|end|>",
            "A.<|end|><|start|>assistant<|channel|>commentary<|message|>C.",
            "B.<|end|>",
        ),
        (
            "<|channel|>analysis<|message|>A.<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{}",
            "A.",
            "{}",
        ),
        ("analysisWe plant.assistantfinalBasil.", "We plant.", "Basil."),
        ("analysis of data", "analysis of data", None),
        # A pair that encloses nothing gives way.
        ("<think>\n\n</think>\n\n<reasoning>A.</reasoning>B.", "A.", "B."),
        ("<think>\n\n</think>\n\nB.", "", "\n\nB."),
        # What a prompt asks for goes first, else what comes first.
        (f"<think>A.</think>{OPEN}C.{CLOSE}B.", "C.", "B."),
        ("<reasoning>A.</reasoning><think>C.</think>B.", "A.", "B."),
        ("<reasoning>A.</reasoning>B <think>C.</think> D.", "A.", "B <think>C.</think> D."),
        # Mentions.
        ("<reasoning>Use <think> here.</reasoning>B.", "Use <think> here.", "B."),
        ("<reasoning>Use <think></think> here.</reasoning>B.", "Use <think></think> here.", "B."),
        ("Use <reasoning> tags, I think.</think>B.", "Use <reasoning> tags, I think.", "B."),
        ("Use <reasoning>x</reasoning> tags, I think.</think>B.", "Use <reasoning>x</reasoning> tags, I think.", "B."),
        (f"<think>Use {OPEN} tags.</think>\n{OPEN}C.{CLOSE}B.", "C.", "B."),
        (f"<think>A.</think>{OPEN}I closed </think> C.{CLOSE}B.", "I closed </think> C.", "B."),
        (f"{OPEN}Write `{CLOSE}` soon.{CLOSE}B, not `{CLOSE}`.", f"Write `{CLOSE}` soon.", f"B, not `{CLOSE}`."),
        ('<think>Say "<scratchpad>" and "</scratchpad>".</think>B.', 'Say "<scratchpad>" and "</scratchpad>".', "B."),
        (f"{OPEN}A.{CLOSE}B: <thinking>hm</thinking> C.", "A.", "B: <thinking>hm</thinking> C."),
        ("<thinking>A <reflection>C.</reflection> D.</thinking>B.", "A <reflection>C.</reflection> D.", "B."),
        # Closed by another tag than opened it, or opened again in the answer.
        (f"{OPEN}A.</think>B.", "A.</think>B.", "B."),
        (f"A.{CLOSE}B.\n{OPEN}C.", "A.", f"B.\n{OPEN}C."),
        # Further reasoning right after it, and a stray closing, are no part of the answer.
        (f"{OPEN}A.{CLOSE}\n<think>C.</think>B.", "A.", "B."),
        ("<think>A.</think>C.</SCRATCHPAD_REASONING>B.", "A.", "B."),
        # The long s lowers to itself, but is matched by s elsewhere.
        ("<\u017fcratchpad>A.</\u017fcratchpad>B.", "<\u017fcratchpad>A.</\u017fcratchpad>B.", None),
    ],
)
def test_reasoning_and_answer_of_what_models_write(response: str, reasoning: str, answer: str | None) -> None:
    assert parts(response) == (reasoning, answer)


KNOWN = [tag for pair in DEFAULT_TAGS for tag in (pair.open, pair.close)]
PROSE = st.lists(
    st.sampled_from(["I think. ", "So be it. ", "\n", "a < b ", *(f"`{tag}` " for tag in KNOWN[:24])]), min_size=1
).map("".join)


@given(st.sampled_from(DEFAULT_TAGS), PROSE.filter(str.strip), PROSE, st.booleans())
@settings(max_examples=examples(400), deadline=None)
def test_what_stands_in_tags_is_the_reasoning_whatever_tags_it_speaks_of(
    pair: ReasoningTags, thought: str, answer: str, is_begun_by_prompt: bool
) -> None:
    opening = "" if is_begun_by_prompt else pair.open
    response = f"{opening}{thought}{pair.close}{answer}"
    assert parts(response) == (thought.rstrip(), answer)


@given(st.sampled_from(DEFAULT_TAGS), st.lists(st.sampled_from([*KNOWN, " ", "so ", "\n"])).map("".join), PROSE)
@settings(max_examples=examples(400), deadline=None)
def test_tags_that_the_reasoning_encloses_are_part_of_it(pair: ReasoningTags, inside: str, answer: str) -> None:
    thought = f"I think {inside}."
    if pair.close.lower() not in thought.lower():
        assert parts(f"{pair.open}{thought}{pair.close}{answer}") == (thought, answer)


@given(st.lists(st.sampled_from([*KNOWN, " ", "\n", "a", "\ud800", "analysis", "assistantfinal", "`"])).map("".join))
@settings(max_examples=examples(400), deadline=None)
def test_reasoning_and_answer_do_not_overlap(response: str) -> None:
    start, end = find_reasoning(response)
    assert 0 <= start <= end <= len(response)
    answer = after_reasoning(response)
    if not is_reasoning_open(response):
        assert answer is not None
        assert response.endswith(answer)
        assert end <= len(response) - len(answer)


def test_tags_of_the_settings_are_matched_exactly_and_in_their_order() -> None:
    mine = (ReasoningTags("<mind>", "</mind>"), ReasoningTags("<think>", "</think>"))
    assert parts("<think>A.</think><mind>C.</mind>B.", mine) == ("C.", "B.")
    assert parts("<mind>C.</mind><think>A.</think>B.", mine) == ("C.", "B.")
    assert parts("<Mind>C.</Mind>B.", mine) == ("<Mind>C.</Mind>B.", None)
    shared = (ReasoningTags("<a>", "<end>"), ReasoningTags("<b>", "<end>"))
    assert parts("<b>A.<end>B.", shared) == ("A.", "B.")


def test_a_pair_is_read_from_a_call() -> None:
    assert read_tags("<plan>, </plan>") == ReasoningTags("<plan>", "</plan>")
    for text in ("<plan>", "<plan>,", ",</plan>", "<a>,<b>,<c>", "x,x", ""):
        with pytest.raises(ConfigError, match=r"is no pair of two different tags; write them as '<plan>,</plan>'\."):
            read_tags(text)


def test_a_megabyte_of_tags_is_read() -> None:
    assert parts("<think></think><reasoning>" * 30_000 + "</reasoning>B.")[1] == "B."
    assert parts("<" * 1_000_000 + "</think>B.")[1] == "B."
