"""Answers that the server kept back: stored, counted apart, put to no judge, and never drawn again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.continuations import load_continuations
from core.analysis.rates import load_rates
from core.analysis.sweep import load_sweep
from core.behaviors.outcome import COMPLIANCE
from core.behaviors.pattern import Pattern
from core.resampling.noticing import remarks
from core.resampling.recycling import recycled_rollouts
from core.resampling.request import DONE
from core.resampling.ruling import n_unruled, rule_stored
from core.store.database import Store
from tests.core.fake_server import FakeServer, Reply
from tests.core.resampling.scene import FREE, PRICED, TRACE, asked, fresh_store, go, judged_by, outcomes, rows, sampled

KEPT_BACK: Mapping[str, Any] = {"message": {"role": "assistant", "content": None}, "finish_reason": "content_filter"}


class Filtering(FakeServer):
    """A server that changes every third choice of its draws into ``choice``; with ``judges``, those of the judge."""

    def __init__(self, choice: Mapping[str, Any] = KEPT_BACK, *, judges: bool = False, every: int = 3) -> None:
        super().__init__()
        self._choice, self._judges, self._every = choice, judges, every
        self._given = 0

    def _answer(self, scope: Any, body: dict[str, Any]) -> Reply:
        reply = super()._answer(scope, body)
        judging = "messages" in body and body["messages"][0]["content"].startswith("turnpoint judge:")
        if judging is not self._judges:
            return reply
        answer = json.loads(reply.body)
        for choice in answer["choices"]:
            self._given += 1
            if self._given % self._every == 0:
                choice.update(self._choice)
        return replace(reply, body=json.dumps(answer))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh_store(tmp_path)


def test_they_are_stored_with_the_server_s_word_and_never_drawn_again(store: Store) -> None:
    server = Filtering()
    result = go(asked(30), store, server)
    assert (result.status, result.reason, result.progress.n_failed) == (DONE, "", 0)
    assert sum(body.get("n", 1) for body in server.draws) == 30
    assert sampled(store) == [(1, index) for index in range(30)]
    assert rows(store, "SELECT count(*), sum(text = '') FROM rollouts WHERE finish_reason = 'content_filter'") == [
        (10, 10)
    ]
    again = FakeServer()
    go(asked(30), store, again)
    assert again.n_requests == 0


def test_they_are_an_outcome_of_their_own_and_in_no_rate(store: Store) -> None:
    go(asked(30), store, Filtering())
    assert outcomes(store, "compliance")["filtered"] == 10
    rate = load_rates(store.read, TRACE.id, FREE.settings.id).rate(COMPLIANCE, 1)
    assert rate is not None
    assert (rate.n, rate.n_filtered, rate.n_undecided, rate.n_error) == (20, 10, 10, 0)


def test_no_judge_is_asked_about_them_and_no_rule_reads_them(store: Store) -> None:
    cut = {"message": {"role": "assistant", "content": " I HATE this"}, "finish_reason": "content_filter"}
    rule = Pattern("hates", "HATE", where="response")
    server = Filtering(cut)
    result = go(asked(30, judges=(judged_by(FREE, when="always"),), rules=(rule,)), store, server)
    assert result.progress.judgements_done == 30
    assert not any("I HATE this" in body["messages"][-1]["content"] for body in server.judged)
    for behavior in ("compliance", "alignment_faking", "hates"):
        assert outcomes(store, behavior)["filtered"] == 10
    assert rows(store, "SELECT DISTINCT text FROM rollouts WHERE continuation = 'filtered'") == [(" I HATE this",)]
    later = Pattern("later", "HATE", where="response")
    assert n_unruled(store.read, (later,), [TRACE.id]) == 20
    rule_stored(store, (later,), [TRACE.id])
    assert outcomes(store, "later") == {"no": 20}


def test_no_analysis_sees_them(store: Store) -> None:
    go(asked(30), store, Filtering())
    judge_id = asked().measured[COMPLIANCE]
    assert len(load_sweep(store.read, TRACE, FREE.settings.id, COMPLIANCE, judge_id).rollout_ids) == 20
    assert len(load_continuations(store.read, TRACE, FREE.settings.id)) == 20
    assert recycled_rollouts(store.read, TRACE, FREE.settings.id) == []


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (KEPT_BACK, "4 filtered by the server (content_filter), in no rate"),
        ({"message": {"content": None, "refusal": "No."}}, "4 filtered by the server (refusal), in no rate"),
        ({"message": {"content": None}, "finish_reason": "tool_calls"}, "4 filtered by the server (tool_calls), in no"),
        ({"message": {"content": " "}}, "4 without any text, taken for an end"),
        ({"finish_reason": "solar_flare"}, '4 with the unknown finish reason "solar_flare", taken for an end'),
    ],
)
def test_a_run_says_what_it_met(store: Store, choice: Mapping[str, Any], said: str) -> None:
    result = go(asked(12), store, Filtering(choice))
    assert result.reason == ""
    (remark,) = remarks(result.progress.noticed)
    assert remark.startswith(said)


@pytest.mark.parametrize(("reason", "outcome"), [("stop", "no_decision"), ("length", "truncated")])
def test_of_nothing_no_behavior_is_decided_and_no_judge_is_asked(store: Store, reason: str, outcome: str) -> None:
    nothing = {"message": {"role": "assistant", "content": "\n"}, "finish_reason": reason}
    rules = tuple(Pattern(f"in_{where}", "HATE", where) for where in ("answer", "reasoning", "response"))
    server = Filtering(nothing, every=1)
    go(asked(12, judges=(judged_by(FREE, when="always"),), rules=rules), store, server)
    assert [outcomes(store, rule.behavior) for rule in rules] == [{outcome: 12}] * 3
    assert outcomes(store, "alignment_faking") == outcomes(store, "compliance") == {outcome: 12}
    assert not server.judged


@pytest.mark.parametrize("reason", ["length", "abort", "repetition", "insufficient_system_resource", "model_length"])
def test_what_is_cut_is_truncated_whatever_it_is_called(store: Store, reason: str) -> None:
    cut = {"message": {"role": "assistant", "content": " and so"}, "finish_reason": reason}
    go(asked(12), store, Filtering(cut))
    assert outcomes(store, "compliance")["truncated"] == 4


def test_a_filtered_reply_of_a_judge_is_an_undecided_vote(store: Store) -> None:
    judge = judged_by(FREE, when="always", max_votes=1)
    result = go(asked(12, judges=(judge,)), store, Filtering(judges=True))
    assert (result.status, result.progress.n_failed) == (DONE, 0)
    assert outcomes(store) == {"yes": 8, "unclear": 4}
    assert rows(store, "SELECT count(*) FROM judge_votes WHERE verdict = 'unclear' AND reply = ''") == [(4,)]
    assert remarks(result.progress.noticed) == ["4 votes filtered by the judge's server (content_filter), unclear"]


def test_half_a_reply_of_a_judge_decides_nothing(store: Store) -> None:
    verdict = '{"1": {"quote": "q", "answer": "no"}}'
    cut = {"message": {"content": verdict}, "finish_reason": "content_filter"}
    go(asked(3, judges=(judged_by(FREE, when="always", max_votes=1),)), store, Filtering(cut, judges=True))
    assert rows(store, "SELECT verdict, reply FROM judge_votes WHERE verdict <> 'yes'") == [("unclear", verdict)]


def test_what_they_cost_is_counted(store: Store) -> None:
    result = go(asked(12, endpoint=PRICED), store, Filtering())
    ((cost,),) = rows(store, "SELECT sum(cost) FROM rollouts")
    assert cost == pytest.approx((300 * 1.0 + 120 * 10.0) / 1e6)
    assert result.progress.spend == pytest.approx(cost)


@given(st.dictionaries(st.text(), st.integers(1, 100)))
def test_remarks_have_every_count_once(noticed: dict[str, int]) -> None:
    assert sorted(remarks(noticed)) == sorted(f"{n} {what}" for what, n in noticed.items())
