"""The parts of a run, each alone: draws, concurrency, back-off, budget."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.endpoints.completion import Choice, Completion
from core.endpoints.endpoint import Endpoint
from core.resampling.budget import Budget, bill_of, estimated_tokens, most_cost, most_tokens, shares
from core.resampling.drawing import Draws, Group, Place
from core.resampling.retrying import RetryPolicy
from tests.core.resampling.scene import FREE, PRICED

THREE: Place = ("trace", 3)
ONE: Place = ("trace", 1)


class TestDraws:
    """The samples still to be drawn."""

    def nothing(self, place: Place, among: Sequence[int]) -> set[int]:
        return set()

    def test_all_of_a_prefix_come_before_the_next_in_the_order_asked_for(self) -> None:
        draws = Draws({THREE: [(0, 3)], ONE: [(0, 1)]}, 2, self.nothing)
        taken = [draws.take(99) for _ in range(4)]
        assert taken == [Group(THREE, (0, 1)), Group(THREE, (2,)), Group(ONE, (0,)), None]

    def test_what_was_handed_out_and_not_drawn_comes_again(self) -> None:
        draws = Draws({THREE: [(0, 3)], ONE: [(0, 1)]}, 2, self.nothing)
        draws.take(99)
        draws.put_back(THREE, {1})
        assert draws.take(99) == Group(THREE, (1, 2))
        assert len(draws) == 1

    def test_what_another_process_drew_meanwhile_is_left_out_and_counted(self) -> None:
        present: set[int] = set()
        draws = Draws({THREE: [(0, 4)]}, 2, lambda place, among: present.intersection(among))
        draws.take(99)
        present.update({0, 1, 2})
        assert draws.take(99) == Group(THREE, (3,))
        assert draws.found == 1
        assert draws.take(99) is None

    def test_a_limit_shortens_a_group(self) -> None:
        draws = Draws({THREE: [(0, 3)]}, 8, self.nothing)
        assert draws.take(2) == Group(THREE, (0, 1))
        assert draws.take(0) is None

    def test_a_server_that_never_gives_all_is_asked_singly(self) -> None:
        draws = Draws({THREE: [(0, 10)]}, 4, self.nothing)
        draws.learn(4, 1)
        assert len(draws.take(99).indices) == 4  # type: ignore[union-attr]
        draws.learn(4, 1)
        assert len(draws.take(99).indices) == 1  # type: ignore[union-attr]

    def test_one_short_reply_of_a_server_that_can_do_it_means_nothing(self) -> None:
        draws = Draws({THREE: [(0, 10)]}, 4, self.nothing)
        for got in (4, 3, 2, 3):
            draws.learn(4, got)
        assert len(draws.take(99).indices) == 4  # type: ignore[union-attr]


class TestBackOff:
    """When a request is asked again."""

    @given(st.integers(1, 30), st.integers())
    def test_it_doubles_up_to_a_limit_with_up_to_half_taken_off(self, attempt: int, seed: int) -> None:
        policy = RetryPolicy(first=0.5, longest=20)
        full = min(20.0, 0.5 * 2 ** (attempt - 1))
        assert full / 2 <= policy.delay(attempt, None, random.Random(seed)) <= full

    def test_the_wait_that_the_server_asks_for_is_kept_in_full_and_within_reason(self) -> None:
        policy = RetryPolicy(longest_asked=120)
        assert 7.0 <= policy.delay(1, 7.0) <= 7.7
        assert 120.0 <= policy.delay(1, 86_400.0) <= 132.0
        assert policy.delay(1, 0.0) == 0.0


class TestBudget:
    """A cap that cannot be passed."""

    def test_what_is_in_flight_counts_in_full(self) -> None:
        budget = Budget(max_cost=1.0)
        assert budget.reserve(0.6)
        assert not budget.reserve(0.6)
        assert budget.refused
        budget.spend(0.1)
        budget.settle(0.6)
        assert budget.reserve(0.6)
        assert budget.spent == 0.1

    def test_without_a_cap_all_is_allowed(self) -> None:
        assert Budget().reserve(1e9)
        assert Budget().rollouts_allowed(8) == 8

    def test_rollouts_are_counted_down_and_given_back(self) -> None:
        budget = Budget(max_rollouts=10)
        budget.take_rollouts(8)
        assert budget.rollouts_allowed(8) == 2
        budget.take_rollouts(-3)
        assert budget.rollouts_allowed(8) == 5

    @given(st.integers(0, 10_000), st.lists(st.integers(0, 1000), min_size=1, max_size=20))
    def test_shares_add_up_exactly(self, total: int, weights: list[int]) -> None:
        parts = shares(total, weights)
        assert sum(parts) == total
        assert len(parts) == len(weights)
        assert all(part >= 0 for part in parts)

    @given(st.text(st.characters()))
    def test_the_most_is_more_than_the_estimate(self, text: str) -> None:
        assert most_tokens(text) > estimated_tokens(text) >= 0

    def test_a_bill_uses_what_the_server_reports_and_estimates_the_rest(self) -> None:
        choices = (Choice("x" * 40),)
        told = bill_of(PRICED, Completion(choices, prompt_tokens=1000, completion_tokens=100), "y" * 80)
        assert (told.prompt_tokens, told.completion_tokens) == (1000, 100)
        assert told.cost == pytest.approx(0.002)
        guessed = bill_of(PRICED, Completion(choices), "y" * 80)
        assert (guessed.prompt_tokens, guessed.completion_tokens) == (20, 10)
        assert bill_of(FREE, Completion(choices), "y").cost is None

    def test_the_most_a_request_can_cost_grows_with_its_answers(self) -> None:
        endpoint = Endpoint("e", "u", "m", max_tokens=1000, price_prompt=0.0, price_completion=1.0)
        assert most_cost(endpoint, "", 3) == pytest.approx(0.003)
