"""What is drawn next, and when it ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.counts import Count
from core.errors import ConfigError
from core.resampling.adaptive.deciding import next_round
from core.resampling.adaptive.evidence import Evidence
from core.resampling.adaptive.policy import CONFIRM, FIRST_PASS, REFINE, WIDEN, AdaptivePolicy
from core.resampling.adaptive.schedule import coarse_to_fine
from core.resampling.adaptive.stopping import HalfWidth, Settled, Spent, half_width, parse_until
from core.resampling.samples import CONFIRM_BASE
from tests.core.resampling.adaptive.curves import BEHAVIOR, FLAT, JUMP, Sampled, expected
from tests.sizes import examples

SETTLED = AdaptivePolicy()
rates = st.lists(st.floats(0, 1), min_size=1, max_size=25)


class TestRounds:
    """Which stage follows from which counts."""

    def test_the_first_pass_gives_every_prefix_five_coarse_to_fine(self) -> None:
        round_ = next_round(expected(JUMP, 0), SETTLED)
        assert round_ is not None
        assert (round_.stage, round_.first_sample) == (FIRST_PASS, 0)
        assert tuple(round_.targets) == coarse_to_fine(len(JUMP))
        assert set(round_.targets.values()) == {5}

    def test_a_first_pass_that_was_cut_off_goes_on_where_it_was(self) -> None:
        evidence = Evidence({BEHAVIOR: (Count(1, 10),) * 3}, {BEHAVIOR: (Count(0, 0),) * 3}, (10, 4, 10), (0, 0, 0))
        round_ = next_round(evidence, AdaptivePolicy(first=10))
        assert round_ is not None
        assert round_.targets == {1: 10}

    def test_where_nothing_happens_the_first_pass_is_all(self) -> None:
        assert next_round(expected(FLAT, 10), SETTLED) is None

    def test_an_open_question_is_asked_where_the_rate_is_least_certain_and_nowhere_else(self) -> None:
        evidence = expected((*FLAT[:20], 0.1, *FLAT[20:]), 10)
        round_ = next_round(evidence, SETTLED)
        assert round_ is not None
        assert round_.stage == REFINE
        assert round_.targets == {20: 15}

    def test_a_prefix_of_many_rollouts_is_topped_up_by_a_quarter(self) -> None:
        evidence = expected((*FLAT[:20], 0.3, *FLAT[20:]), 10)
        counts = {
            BEHAVIOR: tuple(Count(6, 40) if i == 20 else count for i, count in enumerate(evidence.counts[BEHAVIOR]))
        }
        drawn = tuple(40 if i == 20 else 10 for i in range(evidence.n_prefixes))
        round_ = next_round(Evidence(counts, evidence.fresh, drawn, evidence.fresh_drawn), AdaptivePolicy(likely=0.99))
        assert round_ is not None
        assert round_.targets[20] == 50

    def test_a_clear_jump_is_confirmed_by_fresh_rollouts_on_both_sides(self) -> None:
        round_ = next_round(expected(JUMP, 20), SETTLED)
        assert round_ is not None
        assert (round_.stage, round_.first_sample) == (CONFIRM, CONFIRM_BASE)
        assert set(round_.targets) == {19, 20}
        assert min(round_.targets.values()) >= SETTLED.fresh_least

    def test_an_even_rate_takes_more_fresh_rollouts_than_an_extreme_one(self) -> None:
        round_ = next_round(expected((0.0,) * 10 + (0.5,) * 10, 40), SETTLED)
        assert round_ is not None
        assert round_.targets[10] > 2 * round_.targets[9]

    def test_once_confirmed_it_is_over_whatever_the_fresh_rollouts_say(self) -> None:
        explored = expected(JUMP, 20)
        for showed in (0, 50, 100):
            fresh = {BEHAVIOR: (Count(showed, 100),) * len(JUMP)}
            evidence = Evidence(explored.counts, fresh, explored.drawn, (100,) * len(JUMP))
            assert next_round(evidence, SETTLED) is None

    def test_a_prefix_where_nothing_is_decided_is_left_a_gap(self) -> None:
        jump = expected(JUMP, 20)
        counts = {BEHAVIOR: tuple(Count(0, 0) if i == 20 else c for i, c in enumerate(jump.counts[BEHAVIOR]))}
        assert next_round(Evidence(counts, jump.fresh, jump.drawn, jump.fresh_drawn), SETTLED) is None

    def test_a_change_of_either_behavior_counts(self) -> None:
        flat, jump = expected(FLAT, 20), expected(JUMP, 20)
        counts = {"one": flat.counts[BEHAVIOR], "other": jump.counts[BEHAVIOR]}
        fresh = {"one": flat.fresh[BEHAVIOR], "other": jump.fresh[BEHAVIOR]}
        round_ = next_round(Evidence(counts, fresh, jump.drawn, jump.fresh_drawn), SETTLED)
        assert round_ is not None
        assert set(round_.targets) == {19, 20}

    def test_a_trace_without_sentences_has_one_prefix_and_no_question(self) -> None:
        sampled = Sampled([0.5])
        assert [round_.stage for round_ in sampled.to_the_end(SETTLED)] == [FIRST_PASS]


class TestStopping:
    """The three rules, and the cap."""

    @given(rates, st.integers(0, 5))
    @settings(max_examples=examples(25))
    def test_settling_ends_draws_only_upward_and_never_passes_the_most(self, curve: list[float], seed: int) -> None:
        sampled = Sampled(curve, seed)
        rounds = sampled.to_the_end(SETTLED)
        assert all(round_.targets and min(round_.targets.values()) > 0 for round_ in rounds)
        assert max(sampled.evidence.drawn) <= SETTLED.most
        assert max(sampled.evidence.fresh_drawn) <= SETTLED.fresh_most

    @given(rates, st.integers(0, 5))
    @settings(max_examples=examples(25))
    def test_a_half_width_is_reached_at_every_prefix(self, curve: list[float], seed: int) -> None:
        sampled = Sampled(curve, seed)
        sampled.to_the_end(AdaptivePolicy(until=HalfWidth(0.12)))
        assert all(half_width(count) <= 0.12 for count in sampled.evidence.counts[BEHAVIOR])
        assert set(sampled.evidence.fresh_drawn) == {0}

    @given(st.floats(0.02, 0.5), st.integers(0, 100))
    def test_the_most_that_a_half_width_takes_is_enough_with_half_of_it_undecided(self, at_most: float, k: int) -> None:
        n = HalfWidth(at_most).most // 2
        assert half_width(Count(round(n * k / 100), n)) <= at_most + 1e-9

    @given(rates, st.integers(0, 1500))
    @settings(max_examples=examples(25))
    def test_a_budget_is_spent_on_the_widest_intervals_once_all_is_settled(self, curve: list[float], most: int) -> None:
        settled = Sampled(curve)
        settled.to_the_end(SETTLED)
        spent = Sampled(curve)
        rounds = spent.to_the_end(AdaptivePolicy(until=Spent()), settled.n + most)
        assert spent.n >= settled.n
        if rounds[-1].stage == WIDEN and spent.n < settled.n + most:
            assert set(spent.evidence.drawn) == {AdaptivePolicy.most}

    def test_of_what_is_left_as_much_is_held_back_as_confirming_takes(self) -> None:
        curve = (*JUMP, *(0.8,) * 3, *JUMP[:20])
        evidence = expected(curve, 10)
        free = next_round(evidence, SETTLED)
        assert free is not None
        assert free.stage == REFINE
        tight = next_round(evidence, SETTLED, left=80)
        assert tight is not None
        assert tight.stage == CONFIRM
        assert sum(tight.targets.values()) <= 80
        assert next_round(evidence, SETTLED, left=0) is None

    @pytest.mark.parametrize(
        ("text", "until"),
        [
            ("settled", Settled()),
            ("budget", Spent()),
            ("half-width=0.1", HalfWidth(0.1)),
            ("half-width=.05", HalfWidth(0.05)),
        ],
    )
    def test_rules_are_read(self, text: str, until: object) -> None:
        assert parse_until(text) == until

    @pytest.mark.parametrize(
        "text",
        ["", "half-width", "half-width=", "half-width=0.6", "half-width=0", "half-width=nan", "x" * 9999],
    )
    def test_what_is_no_rule_is_refused_in_one_sentence(self, text: str) -> None:
        with pytest.raises(ConfigError) as refusal:
            parse_until(text)
        assert len(str(refusal.value)) < 200
