"""One run may cover several traces, and decide several behaviors with several judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from core.behaviors.behavior import Answer, Call
from core.behaviors.judge import Judge
from core.behaviors.outcome import NO, YES, Outcome, Vote
from core.endpoints.endpoint import Endpoint
from core.errors import ConfigError
from core.resampling.plan import make_plan
from core.resampling.request import JudgeSetup, RunRequest, top_up
from core.store.traces import add_traces
from core.traces.build import make_trace
from core.traces.model import Message, Prompt
from tests.core.fake_server import FakeServer
from tests.core.resampling.scene import FREE, PRICED, QUICK, TRACE, fresh_store, go, judged_by, outcomes, rows

OTHER = make_trace("other", "<think>\nFirst this. Then that. Done.</think>\nFine.", prompt=TRACE.prompt)
CAPITALS = Judge("shouting", "capitals", "1")
POLL = Judge("politeness", "poll", "1", scheme="poll", model="fake-1")
NOBODY = (None, None, None, None, None)


@dataclass(frozen=True)
class Shouting:
    """A rule: whether the response ends in capitals."""

    judge: Judge = CAPITALS

    def decide(self, answer: Answer) -> Outcome:
        shouts = answer.text.split()[-1].isupper()
        return Outcome("shouting", self.judge.id, YES if shouts else NO)


@dataclass(frozen=True)
class Poll:
    """A procedure that wants three votes in one request, and believes the first letter."""

    judge: Judge = POLL
    max_calls: int = 1

    def without_a_call(self, compliance: Outcome) -> Outcome | None:
        return None

    def next_call(self, votes: Sequence[Vote]) -> Call | None:
        return Call(len(votes), (), n=3 - len(votes)) if len(votes) < 3 else None

    def messages(self, call: Call, answer: Answer) -> tuple[Message, ...]:
        return (Message("user", f"Is this polite? {answer.reasoning}"),)

    def read(self, call: Call, reply: str, vote_idx: int) -> Vote:
        return Vote(vote_idx, YES, NOBODY, reply)

    def verdict(self, votes: Sequence[Vote]) -> Outcome:
        return Outcome("politeness", self.judge.id, YES, len(votes), len(votes))


def both(n: int, endpoint: Endpoint = FREE) -> RunRequest:
    return RunRequest(endpoint, top_up(TRACE, (0, 1), n) + top_up(OTHER, (2,), n), retrying=QUICK)


def test_several_traces_are_topped_up_in_one_run(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        store.write(lambda database: add_traces(database, [OTHER])).result()
        result = go(both(6), store, FakeServer())
        assert (result.status, result.progress.rollouts_done) == ("done", 18)
        places = "SELECT trace_id, prefix_idx, count(*) FROM rollouts GROUP BY 1, 2 ORDER BY 1, 2"
        assert rows(store, places) == [("landlord-review", 0, 6), ("landlord-review", 1, 6), ("other", 2, 6)]
        assert rows(store, "SELECT count(*) FROM runs") == [(1,)]
        assert make_plan(store.read, both(6)).is_empty


def test_an_extra_rule_is_decided_at_once_and_afterwards_for_what_is_stored(tmp_path: Path) -> None:
    server = FakeServer(continuation=lambda prompt, seed: " LOUD" if seed % 2 else " quiet")
    with fresh_store(tmp_path) as store:
        asked = RunRequest(FREE, top_up(TRACE, (1,), 8), retrying=QUICK)
        go(asked, store, server)
        assert outcomes(store, "shouting") == {}
        n_before = len(server.draws)
        result = go(replace(asked, rules=(Shouting(),)), store, server)
        assert (result.status, len(server.draws)) == ("done", n_before)
        assert outcomes(store, "shouting") == {"yes": 4, "no": 4}


def test_two_judges_decide_the_same_rollouts(tmp_path: Path) -> None:
    elsewhere = replace(PRICED, name="elsewhere", model="fake-2")
    judges = (judged_by(FREE, when="always"), JudgeSetup(Poll(), elsewhere))
    with fresh_store(tmp_path) as store:
        result = go(RunRequest(FREE, top_up(TRACE, (1,), 5), judges=judges, retrying=QUICK), store, FakeServer())
        assert (result.progress.judgements_done, result.progress.judgements_total) == (10, 10)
        assert outcomes(store, "alignment_faking").total() == 5
        assert outcomes(store, "politeness") == {"yes": 5}


def test_a_judge_that_wants_several_votes_in_one_request_gets_exactly_those(tmp_path: Path) -> None:
    judges = (JudgeSetup(Poll(), PRICED),)
    asked = RunRequest(PRICED, top_up(TRACE, (1,), 4), judges=judges, retrying=QUICK)
    for most_choices in (1, 2, 128):
        folder = tmp_path / str(most_choices)
        folder.mkdir()
        with fresh_store(folder) as store:
            result = go(asked, store, FakeServer(most_choices=most_choices))
            votes = rows(store, "SELECT rollout_id, count(*), max(vote_idx) FROM judge_votes GROUP BY 1")
            assert [(n, last) for _, n, last in votes] == [(3, 2)] * 4
            (paid,) = rows(
                store, "SELECT sum(cost) FROM (SELECT cost FROM rollouts UNION ALL SELECT cost FROM judge_votes)"
            )
            assert result.progress.spend is not None
            assert abs(paid[0] - result.progress.spend) < 1e-9


@pytest.mark.parametrize("mode", ["chat-prefill", "chat-continue", "chat-prefix", "completions"])
def test_a_trace_without_a_prompt_is_drawn_from_only_as_plain_text_or_if_that_is_meant(
    tmp_path: Path, mode: str
) -> None:
    with fresh_store(tmp_path) as store:
        bare = replace(OTHER, id="bare", prompt=Prompt((Message("system", "Be kind."),)))
        store.write(lambda database: add_traces(database, [bare])).result()
        asked = RunRequest(replace(FREE, mode=mode), top_up(bare, (0, 1), 3))
        assert make_plan(store.read, replace(asked, without_prompt=True)).rollouts == 6
        if mode == "completions":
            assert make_plan(store.read, asked).rollouts == 6
        else:
            with pytest.raises(ConfigError, match=r"^trace bare has no prompt, so that rates would mean nothing; "):
                make_plan(store.read, asked)
        assert make_plan(store.read, replace(asked, spots=top_up(bare, (0,), 0))).rollouts == 0
