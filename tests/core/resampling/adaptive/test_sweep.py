"""Adaptive runs against a store: round after round, resumable, capped, the two kinds of rollouts apart."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError
from core.resampling.adaptive.confirm import confirmed_directions
from core.resampling.adaptive.evidence import load_evidence
from core.resampling.adaptive.policy import CONFIRM, FIRST_PASS, AdaptivePolicy, Round
from core.resampling.adaptive.stopping import HalfWidth, Spent
from core.resampling.adaptive.sweep import AdaptiveRun, run_adaptive
from core.resampling.plan import make_plan
from core.resampling.progress import Progress
from core.resampling.request import CANCELLED, DONE, FAILED, STOPPED, RunResult, Spot
from core.resampling.samples import CONFIRM_BASE
from core.store.database import Store
from tests.core.fake_server import ENDINGS, FakeServer, error
from tests.core.resampling.scene import FREE, PRICED, TRACE, asked, fresh_store, go, judged_by, rows

POLICY = AdaptivePolicy(recycle=False)
SENTENCES = [sentence.text for sentence in TRACE.sentences]


def decided_by_the_last_sentence(prompt: str, seed: int) -> str:
    """A refusal once the reasoning has said that it would rather not, else the model complies."""
    return f" Sample {seed}.{ENDINGS['rather not' in prompt]}"


def server(**more: Any) -> FakeServer:
    return FakeServer(continuation=decided_by_the_last_sentence, **more)


def sample(store: Store, policy: AdaptivePolicy = POLICY, on: FakeServer | None = None, **more: Any) -> RunResult:
    return asyncio.run(run_adaptive(TRACE, asked(0, **more), policy, store, clients=(on or server()).open))


def block(store: Store, compared: str) -> dict[int, int]:
    query = f"SELECT prefix_idx, count(*) FROM rollouts WHERE sample_idx {compared} {CONFIRM_BASE} GROUP BY prefix_idx"
    return dict(rows(store, query))


def test_a_jump_is_found_and_confirmed_by_fresh_rollouts_beside_it(tmp_path: Path) -> None:
    rounds: list[Round] = []
    with fresh_store(tmp_path) as store:
        request = asked(0)
        run = AdaptiveRun(TRACE, request, POLICY, store, on_round=rounds.append, clients=server().open)
        result = asyncio.run(run.execute())
        assert (result.status, result.reason) == (DONE, "")
        assert (rounds[0].stage, rounds[-1].stage) == (FIRST_PASS, CONFIRM)
        (one,) = confirmed_directions(store.read, TRACE.id, FREE.settings.id, TRACE.n_prefixes, request.measured)
        assert one.sentence_idx == next(i for i, text in enumerate(SENTENCES) if "rather not" in text)
        assert one.fresh.value == -1
        fresh = block(store, ">=")
        assert fresh == {one.sentence_idx: one.fresh.without.n, one.sentence_idx + 1: one.fresh.kept.n}
        assert sum(fresh.values()) + sum(block(store, "<").values()) == result.progress.rollouts_done


def test_what_was_drawn_to_confirm_says_so_in_its_run_and_has_seeds_of_its_own(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        sample(store)
        asked_for = rows(store, "SELECT request FROM runs ORDER BY id")
        assert f":[{CONFIRM_BASE}," in asked_for[-1][0]
        seeds = rows(store, "SELECT seed FROM rollouts")
        assert len(set(seeds)) == len(seeds)


def test_run_again_it_draws_nothing(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        first, again, idle = sample(store), server(), server()
        assert first.progress.rollouts_done > 40
        result = sample(store, on=again)
        assert (result.status, result.progress.rollouts_done, again.n_requests) == (DONE, 0, idle.n_requests)


def test_told_to_stop_while_it_decides_it_draws_nothing(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        run = AdaptiveRun(TRACE, asked(0), POLICY, store, on_round=lambda _: run.stop(), clients=server().open)
        assert asyncio.run(run.execute()).status == CANCELLED
        assert rows(store, "SELECT count(*) FROM rollouts") == [(0,)]


@pytest.mark.parametrize("cut_after", [1, 17, 45, 60])
def test_a_run_that_was_cut_off_ends_with_the_very_rollouts_of_one_that_was_not(tmp_path: Path, cut_after: int) -> None:
    drawn = "SELECT prefix_idx, sample_idx, seed, text FROM rollouts ORDER BY prefix_idx, sample_idx"
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    with fresh_store(tmp_path / "whole") as whole, fresh_store(tmp_path / "cut") as cut:
        sample(whole)
        result = sample(cut, max_rollouts=cut_after)
        assert result.status == STOPPED
        assert min(cut_after, 20) <= result.progress.rollouts_done <= cut_after
        assert "cap" in result.reason
        assert sample(cut).status == DONE
        assert rows(cut, drawn) == rows(whole, drawn)


def test_told_to_stop_it_keeps_what_it_has(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        runs: list[AdaptiveRun] = []
        run = AdaptiveRun(TRACE, asked(0), POLICY, store, lambda progress: runs[0].stop(), clients=server().open)
        runs.append(run)
        result = asyncio.run(run.execute())
        assert result.status == CANCELLED
        (stored,) = rows(store, "SELECT count(*) FROM rollouts")
        assert stored == (result.progress.rollouts_done,)


def test_a_uniform_run_before_it_is_used_and_not_repeated(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        go(asked(100, *range(TRACE.n_prefixes)), store, server())
        sample(store)
        assert set(block(store, "<").values()) == {100}
        assert len(block(store, ">=")) == 2


def test_progress_adds_the_rounds_up(tmp_path: Path) -> None:
    seen: list[Progress] = []
    with fresh_store(tmp_path) as store:
        request = asked(0, endpoint=PRICED, judges=(judged_by(PRICED),))
        result = asyncio.run(run_adaptive(TRACE, request, POLICY, store, seen.append, clients=server().open))
        (paid,) = rows(store, "SELECT (SELECT sum(cost) FROM rollouts) + (SELECT sum(cost) FROM judge_votes)")
        assert result.progress.spend == pytest.approx(paid[0])
    done = [progress.rollouts_done for progress in seen]
    assert done == sorted(done)
    assert result.progress.rollouts_done == result.progress.rollouts_total
    assert result.progress.judgements_done == result.progress.judgements_total


def test_what_an_earlier_run_left_unjudged_is_judged_first(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        sample(store)
        judge = judged_by(FREE)
        assert sample(store, judges=(judge,)).status == DONE
        assert make_plan(store.read, asked(0, *range(TRACE.n_prefixes), judges=(judge,))).is_empty


def test_a_half_width_needs_no_fresh_rollouts(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        assert sample(store, AdaptivePolicy(until=HalfWidth(0.1), recycle=False)).status == DONE
        assert block(store, ">=") == {}
        judges = asked(0).measured
        evidence = load_evidence(store.read, TRACE.id, FREE.settings.id, TRACE.n_prefixes, judges)
        for count in evidence.counts["compliance"]:
            assert count.interval is not None
            assert count.interval.high - count.interval.low <= 0.2


def test_a_budget_has_to_be_said_and_is_spent(tmp_path: Path) -> None:
    policy = AdaptivePolicy(until=Spent(), recycle=False)
    with fresh_store(tmp_path) as store:
        with pytest.raises(ConfigError, match="--max-rollouts"):
            sample(store, policy)
        assert sample(store, policy, max_rollouts=150).progress.rollouts_done == 150


def test_a_cost_cap_holds_over_all_rounds(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        result = sample(store, endpoint=PRICED, max_cost=0.01)
        assert result.status == STOPPED
        assert result.progress.spend is not None
        assert 0 < result.progress.spend <= 0.01


def test_a_server_that_gives_nothing_ends_the_run(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        result = sample(store, on=server(faults=lambda number, body: error(500)))
        assert (result.status, result.progress.rollouts_done) == (FAILED, 0)


def test_one_that_refuses_a_prefix_gives_all_the_others_and_says_so(tmp_path: Path) -> None:
    late = TRACE.prefix(TRACE.n_prefixes - 1)[-20:]
    with fresh_store(tmp_path) as store:
        refuses = server(faults=lambda number, body: error(400) if late in str(body["messages"][-1]) else None)
        result = sample(store, on=refuses)
        assert result.status == DONE
        assert "given up" in result.reason
        assert set(block(store, "<")) == set(range(TRACE.n_prefixes - 1))


def test_numbers_of_one_prefix_cannot_be_negative(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store, pytest.raises(ConfigError, match="negative"):
        make_plan(store.read, asked(0, spots=(Spot(TRACE, 0, 3), Spot(TRACE, 1, -1))))


def test_each_prefix_may_have_a_number_of_its_own(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        plan = make_plan(store.read, asked(0, spots=(Spot(TRACE, 0, 2, 50), Spot(TRACE, 1, 3, 50))))
        assert [prefix.missing for prefix in plan.prefixes] == [((50, 52),), ((50, 53),)]
