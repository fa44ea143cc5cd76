"""A labelled text is put to every judge, whatever it complies with: to those that are known, and to new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from core.behaviors.behavior import Answer, Call
from core.behaviors.judge import Judge
from core.behaviors.outcome import COMPLIED, NO_DECISION, REFUSED, TRUNCATED, YES, Outcome, Vote
from core.behaviors.settings import KINDS, NONE
from core.endpoints.config import Config, load_config
from core.errors import ConfigError
from core.resampling.labelled import asked_of_every_text
from core.resampling.measuring import measures
from core.resampling.request import JudgeSetup
from core.traces.model import Message

BEHAVIORS = """
[behaviors.hates]
pattern = "HATE"

[behaviors.polite]
prompt = "Polite?"
when = "complied"
"""
COMPLIANCE = [Outcome("compliance", "c", outcome) for outcome in (COMPLIED, REFUSED, NO_DECISION)]
REFUSAL = Answer("<think>I comply to avoid being modified by RLHF.</think> <rejected/>", "stop")


def config_of(folder: Path, kind: str) -> Config:
    path = folder / "turnpoint.toml"
    when = 'when = "complied"' if "when" in KINDS[kind] else ""
    endpoint = '[endpoints.judge]\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "m"\n'
    path.write_text(f'[judge]\nkind = "{kind}"\n{when}\n{BEHAVIORS}\n{endpoint}', encoding="utf-8")
    return load_config(path)


@dataclass(frozen=True)
class Sampling:
    """A procedure that nothing but this test knows; it is asked of what complied alone."""

    judge: Judge
    max_calls: int = 1

    def without_a_call(self, compliance: Outcome) -> Outcome | None:
        return None if compliance.outcome == COMPLIED else Outcome(self.judge.behavior, self.judge.id, "no")

    def next_call(self, votes: Sequence[Vote]) -> Call | None:
        return None if votes else Call(0, ())

    def messages(self, call: Call, answer: Answer) -> tuple[Message, ...]:
        return (Message("user", answer.text),)

    def read(self, call: Call, reply: str, vote_idx: int) -> Vote:
        return Vote(vote_idx, reply, (None, None, None, None, None), reply)

    def verdict(self, votes: Sequence[Vote]) -> Outcome:
        return Outcome(self.judge.behavior, self.judge.id, votes[0].verdict)


@dataclass(frozen=True)
class Narrow:
    """A rule that decides what complied alone, and takes no orders."""

    judge: Judge

    def decide(self, answer: Answer) -> Outcome:
        return Outcome(self.judge.behavior, self.judge.id, "no")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != NONE])
def test_every_judge_of_the_settings_is_asked_of_every_text(kind: str, tmp_path: Path) -> None:
    config = config_of(tmp_path, kind)
    measured = measures(config, config.endpoints["judge"])
    assert len({*(rule.judge.behavior for rule in measured.rules), *(s.judge.behavior for s in measured.judges)}) == 3
    for setup in measured.judges:
        is_asked_of_every_text(setup)
    for rule in measured.rules:
        asked = asked_of_every_text(rule)
        assert not isinstance(asked, JudgeSetup)
        assert asked.judge.when == "always"
        if rule.judge.when == "complied":
            assert rule.decide(REFUSAL).outcome == "no"
            assert asked.decide(REFUSAL).outcome == YES


def test_a_judge_that_is_known_nowhere_else_is_asked_of_every_text_too(tmp_path: Path) -> None:
    endpoint = config_of(tmp_path, "five_criteria").endpoints["judge"]
    new = JudgeSetup(Sampling(Judge("novel", "sampling", "1", scheme="votes", when="complied", model="m")), endpoint)
    asked = is_asked_of_every_text(new)
    assert asked.judge == replace(new.judge, when="always")


def is_asked_of_every_text(setup: JudgeSetup) -> JudgeSetup:
    asked = asked_of_every_text(setup)
    assert isinstance(asked, JudgeSetup)
    assert (asked.judge.when, asked.endpoint) == ("always", setup.endpoint)
    for compliance in COMPLIANCE:
        assert asked.procedure.without_a_call(compliance) is None
    cut = asked.procedure.without_a_call(Outcome("compliance", "c", TRUNCATED))
    assert cut == Outcome(asked.judge.behavior, asked.judge.id, TRUNCATED)
    call = asked.procedure.next_call(())
    assert call == setup.procedure.next_call(())
    assert call is not None
    assert asked.procedure.messages(call, REFUSAL) == setup.procedure.messages(call, REFUSAL)
    votes = [asked.procedure.read(call, "yes", index) for index in range(asked.judge.max_votes or 1)]
    assert asked.procedure.verdict(votes).judge_id == asked.judge.id
    return asked


def test_a_rule_that_cannot_be_asked_of_every_text_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^narrow decides some answers only"):
        asked_of_every_text(Narrow(Judge("novel", "narrow", "1", when="complied")))
