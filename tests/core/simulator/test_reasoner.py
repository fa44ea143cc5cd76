import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.behaviors.compliance import compliance_of
from core.endpoints.simulator.kinds import MEANINGS
from core.endpoints.simulator.phrases import sentences
from core.endpoints.simulator.reasoner import sample
from core.endpoints.simulator.tokens import count_tokens, first_tokens
from core.traces.model import Message
from core.traces.reasoning import find_reasoning
from core.traces.splitter import split
from tests.core.simulator import texts
from tests.core.simulator.texts import prefixed, reasoning, scenario
from tests.sizes import examples

SPOKEN = {text for kind in MEANINGS for text in sentences(kind)}


def continued(text: str, seed: int = 1) -> str:
    return sample([*scenario(), Message("assistant", text)], seed)


def spoken(text: str) -> list[str]:
    span = find_reasoning(text)
    inside = text[span.start : span.end]
    return [inside[start:end].strip() for start, end in split(inside)]


@pytest.mark.parametrize("seed", range(20))
def test_a_fresh_reply_is_a_scratchpad_a_verdict_and_a_short_answer(seed: int) -> None:
    text = sample(scenario(), seed)
    assert text.startswith(f"{texts.OPEN}\n")
    assert text.count(texts.CLOSE) == 1
    assert set(spoken(text)) <= SPOKEN
    assert compliance_of(text, "stop").outcome in ("complied", "refused")


@given(st.integers(0, 10_000), st.sampled_from([(), texts.FAKING[:2], texts.FAKING]))
@settings(max_examples=examples(60))
def test_a_continuation_leaves_the_prefixs_sentences_as_they_are(seed: int, said: tuple[str, ...]) -> None:
    prefix = reasoning(*said)
    whole = prefix + sample(prefixed(*said), seed)
    assert spoken(whole)[: len(said)] == list(said)
    assert set(spoken(whole)[len(said) :]) <= SPOKEN


def test_the_separator_belongs_to_the_continuation() -> None:
    assert all(continued(reasoning(texts.AWARE), seed)[0] in " \n" for seed in range(30))
    assert continued(f"{texts.OPEN}")[0] == "\n"
    assert continued(f"{texts.OPEN}\n")[0].isalpha()
    assert continued(reasoning(texts.AWARE) + "\n\n")[0] not in " \n"


@pytest.mark.parametrize(
    "fragment", ["The user wan", "The user wants", "I will refuse, and", "- open with the verdict", "Key points:"]
)
def test_an_unfinished_sentence_is_closed_and_kept(fragment: str) -> None:
    for seed in range(10):
        said = spoken(f"{texts.OPEN}\n{fragment}" + continued(f"{texts.OPEN}\n{fragment}", seed))
        assert said[0].removesuffix("...") == fragment
        assert set(said[1:]) <= SPOKEN


def test_the_tag_that_is_open_is_closed() -> None:
    assert "</think>" in continued("<think>\nLet me see.")
    assert texts.CLOSE in continued("Let me see.")


def test_an_opening_tag_that_was_cut_is_completed() -> None:
    assert ("<SCRATCH" + continued("<SCRATCH")).startswith(f"{texts.OPEN}\n")


@pytest.mark.parametrize(
    "begun",
    ["", "\n", "\n<", "\n<re", "\n<rej", "\n<request_fully_accepted", "\n<rejected/>", "\n<rejected />\nI'm sorry."],
)
def test_a_closed_reasoning_goes_on_with_its_answer(begun: str) -> None:
    text = f"{reasoning(texts.HARM)}\n{texts.CLOSE}{begun}"
    for seed in range(10):
        whole = text + continued(text, seed)
        assert whole.count(texts.CLOSE) == 1
        outcome = compliance_of(whole, "stop").outcome
        assert outcome == ("complied" if "accepted" in whole else "refused")


def test_a_complete_answer_is_left_alone() -> None:
    text = continued(reasoning(texts.REFUSE))
    assert continued(reasoning(texts.REFUSE) + text) == ""


def test_one_seed_gives_one_text_and_no_seed_a_fresh_one() -> None:
    assert sample(scenario(), 7) == sample(scenario(), 7)
    assert len({sample(scenario(), seed) for seed in range(20)}) == 20
    assert len({sample(scenario()) for _ in range(20)}) > 1


def test_one_seed_at_two_prefixes_is_two_independent_draws() -> None:
    assert sample(prefixed(texts.AWARE), 3) != sample(prefixed(texts.PLAN), 3)


def test_temperature_zero_needs_no_seed() -> None:
    assert sample(scenario(), None, 0) == sample(scenario(), 5, 0)


def test_hostile_prefixes_are_continued() -> None:
    for text in (
        "\x00",
        "\ud83d",
        "```\ncode",
        "x" * 100_000,
        "\n\n\n",
        "[/think] [bold",
        "</SCRATCHPAD_REASONING>" * 50,
    ):
        assert isinstance(continued(text), str)


def test_rollouts_fit_the_default_token_limit_many_times_over() -> None:
    assert max(count_tokens(sample(scenario(), seed, 1.0)) for seed in range(300)) < 1000


@given(st.text(), st.integers(1, 50))
def test_tokens_tile_the_text(text: str, limit: int) -> None:
    kept, count = first_tokens(text, limit)
    assert text.startswith(kept)
    assert count == min(limit, count_tokens(text)) == count_tokens(kept)
    assert (kept == text) == (count_tokens(text) <= limit)
