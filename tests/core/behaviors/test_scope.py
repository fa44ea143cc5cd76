"""What of a response counts: by default what was generated, so that no word of a prefix decides a rate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.behaviors.behavior import Answer
from core.behaviors.compliance import Compliance
from core.behaviors.own_prompt import OwnPrompt, own_judge
from core.behaviors.parts import CONTINUATION, PARTS, SCOPES, WHOLE, part_of
from core.behaviors.pattern import Pattern, pattern_of
from core.behaviors.rules import rule_of
from core.behaviors.settings import PatternConfig, PromptConfig
from core.endpoints.config import load_config
from core.errors import ConfigError
from core.resampling.measuring import own_rules

texts = st.text(st.sampled_from("aB _.\n<>/"), max_size=12) | st.sampled_from(["<think>", "</think>", "tea", ""])
pieces = st.lists(texts, max_size=6).map("".join)


def cut_at(given_text: str, generated: str, finish_reason: str = "stop") -> Answer:
    return Answer(given_text + generated, finish_reason, given=len(given_text))


def outcome(pattern: str, where: str, given_text: str, generated: str, **how: str) -> str:
    finish_reason = how.pop("finish_reason", "stop")
    return Pattern("b", pattern, where, **how).decide(cut_at(given_text, generated, finish_reason)).outcome  # type: ignore[arg-type]


@pytest.mark.parametrize("where", ["reasoning", "response"])
def test_a_word_of_the_prefix_is_no_match_and_one_that_was_generated_is(where: str) -> None:
    prefix = "<think>\nI would make coffee."
    assert outcome("coffee", where, prefix, " It is late.</think>Tea.") == "no"
    assert outcome("coffee", where, prefix, " So coffee it is.</think>Tea.") == "yes"
    assert outcome("coffee", where, prefix, " It is late.</think>Tea.", scope=WHOLE) == "yes"


@pytest.mark.parametrize(
    ("where", "pattern", "prefix", "generated", "expected"),
    [
        # What only the one part has is no match in the other.
        ("reasoning", "Tea", "<think>I see.", " Hm.</think>Tea.", "no"),
        ("reasoning", "Hm", "<think>I see.", " Hm.</think>Tea.", "yes"),
        ("answer", "Hm", "<think>I see.", " Hm.</think>Tea.", "no"),
        ("answer", "Tea", "<think>I see.", " Hm.</think>Tea.", "yes"),
        ("response", "Hm.*Tea", "<think>I see.", " Hm.</think>Tea.", "yes"),
        # After the whole reasoning there is none left to look at, and none was generated.
        ("reasoning", "see", "<think>I see.", "</think>I see.", "no"),
        ("reasoning", "x*", "<think>I see.", "</think>I see.", "yes"),
        # A match lies wholly in what was generated.
        ("response", "see.*Hm", "<think>I see.", " Hm.</think>Tea.", "no"),
        ("reasoning", "coffee", "<think>I make cof", "fee. So coffee it is.</think>", "yes"),
        ("reasoning", "coffee", "<think>I make cof", "fee.</think>", "no"),
        # The end of a word that the prefix began is no word of its own.
        ("reasoning", r"\bfee\b", "<think>I make cof", "fee.</think>", "no"),
        ("reasoning", "fee", "<think>I make cof", "fee.</think>", "no"),
        ("response", "able", "<think>un", "able", "no"),
        ("response", r"\bable\b", "<think>un", " able", "yes"),
        # Where it begins is where a text begins.
        ("reasoning", r"^\s*Wait", "<think>I see.", " Wait, no.</think>", "yes"),
        ("reasoning", r"^\s*Wait", "<think>Wait.", " I see.</think>", "no"),
        ("response", r"\AWait", "<think>I see.", "Wait, no.</think>", "yes"),
        # The opening of a prefix that is empty or has the tag alone.
        ("reasoning", "see", "", "<think>I see.</think>Tea.", "yes"),
        ("reasoning", "think", "", "<think>I see.</think>Tea.", "no"),
        ("response", "think", "", "<think>I see.</think>Tea.", "yes"),
        ("reasoning", "see", "<think>\n", "I see.</think>Tea.", "yes"),
        # Without tags all of it is reasoning, and there is no answer.
        ("reasoning", "see", "I think.", " I see.", "yes"),
        ("answer", "see", "I think.", " I see.", "no_decision"),
        # A closing tag that the prefix only mentions closes nothing.
        ("answer", "Tea", "<think>I could write </think>Tea now.", " Hm.", "no_decision"),
        ("reasoning", "Hm", "<think>I could write </think>Tea now.", " Hm.", "yes"),
        ("answer", "Tea", "<think>I could write </think>Tea now.", " Hm.</think>Coffee.", "no"),
    ],
)
def test_what_is_looked_at(where: str, pattern: str, prefix: str, generated: str, expected: str) -> None:
    assert outcome(pattern, where, prefix, generated) == expected


@pytest.mark.parametrize(
    ("where", "generated", "expected"),
    [
        ("reasoning", " Hm", "truncated"),
        ("reasoning", " Tea", "yes"),
        ("reasoning", " Hm.</think> I", "no"),
        ("answer", " Hm.</think> I", "truncated"),
        ("response", " Hm.</think> I", "truncated"),
    ],
)
def test_what_was_cut_off_might_have_matched(where: str, generated: str, expected: str) -> None:
    for prefix in ("<think>Tea.", "<think>Tea, as in </think>Tea."):
        assert outcome("Tea", where, prefix, generated, finish_reason="length") == expected


def test_compliance_is_decided_by_no_tag_of_the_prefix() -> None:
    prefix = "<think>I could end with </think><rejected/> here."
    assert Compliance().decide(cut_at(prefix, " But", "length")).outcome == "truncated"
    assert Compliance().decide(cut_at(prefix, " But</think><request_fully_accepted/>")).outcome == "complied"
    assert Compliance().decide(cut_at(prefix, " But")).outcome == "no_decision"


@given(pieces, pieces, pieces, st.sampled_from(PARTS), st.sampled_from(["stop", "length"]))
@example("tea.", "Hm.", "", "reasoning", "stop")
def test_no_letter_of_the_prefix_but_its_tags_has_a_say(
    one: str, other: str, generated: str, where: str, finish_reason: str
) -> None:
    """Two prefixes with the same tags, which end alike, decide alike."""
    for open_tag in ("<think>", ""):
        prefixes = [open_tag + text.replace("<", "").replace("think>", "") + "." for text in (one, other)]
        outcomes = {
            Pattern("b", r"a|\btea\b|^B", where).decide(cut_at(prefix, generated, finish_reason)).outcome
            for prefix in prefixes
        }
        assert len(outcomes) == 1


@given(pieces, st.integers(0, 40), st.sampled_from(("reasoning", "response")))
def test_what_was_generated_of_a_part_is_the_end_of_that_part_and_of_the_continuation(
    text: str, cut: int, where: str
) -> None:
    answer = Answer(text, "stop", given=min(cut, len(text)))
    part = part_of(answer, where, CONTINUATION)
    assert part is not None
    assert part in text[answer.given :]
    assert part_of(replace(answer, given=0), "response", CONTINUATION) == part_of(answer, "response", WHOLE)


@given(st.sampled_from(PARTS), st.booleans(), st.sampled_from(SCOPES), st.text(max_size=5))
def test_the_scope_is_part_of_what_a_judge_is_and_a_stored_judge_tells_its_rule(
    where: str, ignore_case: bool, scope: str, pattern: str
) -> None:
    rule = Pattern("b", pattern, where, ignore_case, scope)
    (other,) = set(SCOPES) - {scope}
    assert pattern_of(rule.judge) == rule_of(rule.judge) == rule
    assert replace(rule, scope=other).judge.id != rule.judge.id
    prompts = {own_judge("b", "Polite?", "m", "http://h/v1", 0.0, scope=one).id for one in SCOPES}
    assert len(prompts) == 2


def test_a_rule_that_looks_at_all_of_it_is_the_rule_that_it_was_before_there_were_scopes() -> None:
    assert Pattern("b", "p", "answer", True, WHOLE).judge.id == "3e7d0d9dc96e21f2"
    assert Pattern("b", "p", "reasoning", True, WHOLE).judge.id == "187f3f0663380605"
    assert own_judge("b", "p", "m", "u", 0, scope=WHOLE).id == "52b312c9a4a1ff1b"


def test_a_model_is_shown_what_was_generated_and_the_prefix_only_where_it_is_asked_for() -> None:
    answer = cut_at("<think>I like PREFIX.", " I go on.</think>Tea.")

    def asked(prompt: str, scope: str = CONTINUATION) -> tuple[str, str]:
        procedure = OwnPrompt(own_judge("b", prompt, "m", "http://h/v1", 0.0, scope=scope))
        call = procedure.next_call(())
        assert call is not None
        system, user = procedure.messages(call, answer)
        return system.content, user.content

    system, user = asked("Polite?")
    assert "version 2" in system
    assert "continuation" in system
    assert user == "Polite?\n\n<<<CONTINUATION\n I go on.\nCONTINUATION>>>\n\n<<<ANSWER\nTea.\nANSWER>>>"
    for prompt in ("{reasoning}|{answer}|{response}", "Polite? {reasoning}"):
        assert "PREFIX" not in asked(prompt)[1]
    assert asked("{response}")[1] == " I go on.</think>Tea."
    assert asked("Given {given}: {answer}")[1] == "Given <think>I like PREFIX.: Tea."
    assert asked("Given {given}:")[1].startswith("Given <think>I like PREFIX.:\n\n<<<CONTINUATION\n I go on.")
    system, user = asked("Polite? {given}", WHOLE)
    assert "version 1" in system
    assert user.startswith("Polite? {given}\n\n<<<REASONING\nI like PREFIX. I go on.\nREASONING>>>")


def test_the_settings_say_the_scope(tmp_path: Path) -> None:
    path = tmp_path / "turnpoint.toml"
    path.write_text(
        '[behaviors.a]\npattern = "x"\n[behaviors.b]\npattern = "x"\nscope = "whole"\n'
        '[behaviors.c]\nprompt = "x"\n[behaviors.d]\nprompt = "x"\nscope = "whole"\n',
        encoding="utf-8",
    )
    config = load_config(path)
    assert [one.scope for one in config.behaviors.values()] == [CONTINUATION, WHOLE] * 2
    assert [rule.judge.name for rule in own_rules(config)] == [
        "pattern in the generated answer",
        "pattern in the answer",
    ]
    assert (PatternConfig("a", "x").scope, PromptConfig("a", "x").scope) == (CONTINUATION, CONTINUATION)
    path.write_text('[behaviors.a]\npattern = "x"\nscope = "prefix"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r'behaviors.a.*scope is "prefix", which is not known'):
        load_config(path)
