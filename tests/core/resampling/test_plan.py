"""What a run would do, before it does anything."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.behaviors.settings import JudgeConfig
from core.endpoints.config import Config
from core.endpoints.endpoint import simulator_endpoint
from core.errors import ConfigError, NotFoundError
from core.resampling.plan import make_plan, parse_prefixes, seed_base
from core.resampling.request import judge_setup, top_up
from tests.core.fake_server import FakeServer
from tests.core.resampling.scene import FREE, PRICED, TRACE, asked, fresh_store, go, judged_by


@pytest.mark.parametrize(
    ("text", "prefixes"),
    [
        ("18", (18,)),
        ("0", (0,)),
        ("10-12", (10, 11, 12)),
        ("7-7", (7,)),
        ("3,5,8-10", (3, 5, 8, 9, 10)),
        (" 3 , 1 - 2 ", (3, 1, 2)),
        ("5,4-6,5", (5, 4, 6)),
        ("all", tuple(range(20))),
        ("ALL", tuple(range(20))),
    ],
)
def test_prefixes_are_read(text: str, prefixes: tuple[int, ...]) -> None:
    assert parse_prefixes(text, 20) == prefixes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("20", "0 to 19"),
        ("18-20", "no prefix 20"),
        ("12-10", "write 10-12"),
        ("", "names no prefixes"),
        ("3,", "names no prefixes"),
        ("-1", "names no prefixes"),
        ("1.5", "names no prefixes"),
        ("first", "names no prefixes"),
        ("0-99999999999999", "names no prefixes"),
        ("0-999999999", "no prefix 999999999"),
        ("\u0663", "names no prefixes"),
        ("x" * 10_000, "names no prefixes"),
    ],
)
def test_what_is_no_prefix_is_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refusal:
        parse_prefixes(text, 20)
    assert len(str(refusal.value)) < 200


@given(st.text(max_size=20))
def test_any_text_is_prefixes_or_a_refusal(text: str) -> None:
    try:
        prefixes = parse_prefixes(text, 20)
    except ConfigError:
        return
    assert prefixes
    assert all(0 <= prefix < 20 for prefix in prefixes)
    assert len(set(prefixes)) == len(prefixes)


class TestSeeds:
    """Every sample has a seed of its own, in whatever chunks it is drawn."""

    def test_neighbouring_prefixes_and_other_traces_do_not_share_random_numbers(self) -> None:
        bases = [seed_base(0, trace, prefix) for trace in ("a", "b") for prefix in range(100)]
        assert all(base is not None for base in bases)
        spans = sorted(base for base in bases if base is not None)
        assert min(high - low for low, high in pairwise(spans)) > 1000

    @given(st.integers(0, 2**31 - 1), st.text(st.characters()), st.integers(0, 10_000))
    def test_a_seed_and_its_samples_fit_into_31_bits(self, seed: int, trace: str, prefix: int) -> None:
        base = seed_base(seed, trace, prefix)
        assert base is not None
        assert 0 <= base < base + 2**20 <= 2**31

    def test_it_is_reproducible_and_can_be_left_out(self) -> None:
        assert seed_base(5, "t", 3) == seed_base(5, "t", 3) != seed_base(6, "t", 3)
        assert seed_base(None, "t", 3) is None


class TestPlan:
    """Missing samples, unjudged rollouts, calls and price."""

    def test_a_fresh_trace_misses_everything(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            plan = make_plan(store.read, asked(10, 0, 2, endpoint=PRICED, judges=(judged_by(PRICED),)))
        assert plan.rollouts == 20
        assert plan.calls == 6
        assert plan.judgements == 20
        assert plan.judge_calls == 100
        assert [prefix.prefix_idx for prefix in plan.prefixes] == [0, 2]
        assert plan.prefixes[0].missing == ((0, 10),)
        assert plan.cost is not None
        assert plan.cost == pytest.approx((plan.prompt_tokens * 1.0 + plan.completion_tokens * 10.0) / 1e6)
        assert plan.completion_tokens <= 20 * 50 + 100 * 50

    def test_without_prices_there_is_no_price(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            assert make_plan(store.read, asked(10)).cost is None
            assert make_plan(store.read, asked(10, endpoint=PRICED, judges=(judged_by(FREE),))).cost is None
            assert make_plan(store.read, asked(10, endpoint=simulator_endpoint())).cost == 0

    def test_what_is_there_is_not_planned_again(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            go(asked(6), store, FakeServer())
            store.write(lambda db: db.execute("DELETE FROM outcomes")).result()
            store.write(lambda db: db.execute("DELETE FROM rollouts WHERE sample_idx IN (1, 4)")).result()
            plan = make_plan(store.read, asked(8, judges=(judged_by(FREE),)))
        assert plan.prefixes[0].missing == ((1, 2), (4, 5), (6, 8))
        assert plan.calls == 3
        assert plan.prefixes[0].n_undecided == 4
        assert plan.judgements == 8

    def test_lengths_seen_before_replace_the_guess(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            go(asked(4), store, FakeServer())
            assert make_plan(store.read, asked(14)).completion_tokens == 10 * 10

    def test_a_prefix_named_twice_is_planned_once(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            assert make_plan(store.read, asked(3, 1, 1)).rollouts == 3

    def test_everything_there_is_an_empty_plan(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            assert make_plan(store.read, asked(0)).is_empty
            go(asked(3), store, FakeServer())
            assert make_plan(store.read, asked(3)).is_empty
            assert not make_plan(store.read, asked(4)).is_empty

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"spots": top_up(TRACE, (9,), 3)}, "no prefix 9"),
            ({"spots": top_up(TRACE, (1,), -1)}, "negative"),
            ({"max_rollouts": -1}, "negative"),
            ({"max_cost": 1.0}, "price_prompt"),
            ({"max_cost": float("nan")}, "US dollars"),
        ],
    )
    def test_what_cannot_be_run_is_refused(self, tmp_path: Path, change: dict[str, object], words: str) -> None:
        with fresh_store(tmp_path) as store, pytest.raises(ConfigError, match=words):
            make_plan(store.read, replace(asked(3), **change))  # type: ignore[arg-type]


class TestJudgeSetup:
    """Who judges, by the settings."""

    def test_the_sampled_endpoint_judges_unless_another_is_named(self) -> None:
        assert judge_setup(Config(), FREE).endpoint == FREE
        other = replace(FREE, name="other", model="judge-1", temperature=1.0)
        config = Config(endpoints={"other": other}, judge=JudgeConfig("other", "criteria", "always"))
        setup = judge_setup(config, FREE)
        assert setup.endpoint == other
        judge = setup.judge
        assert (judge.model, judge.scheme, judge.when, judge.temperature) == ("judge-1", "criteria", "always", 1.0)
        with pytest.raises(NotFoundError):
            judge_setup(Config(judge=JudgeConfig("gone")), FREE)

    def test_the_simulator_casts_one_vote_since_it_cannot_differ(self) -> None:
        assert judge_setup(Config(), simulator_endpoint()).judge.max_votes == 1
        assert judge_setup(Config(), FREE).judge.max_votes == 5
