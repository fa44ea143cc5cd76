import math
from collections import defaultdict
from functools import cache
from itertools import product

import pytest

from core.endpoints.simulator.dynamics import distribution
from core.endpoints.simulator.kinds import Kind
from core.endpoints.simulator.state import Phase, Request, Setting, State, Tier, start
from core.endpoints.simulator.steps import after
from core.endpoints.simulator.weights import weights
from tests.sizes import FULL

PAIRS = product(Tier, Request) if FULL else zip(Tier, Request, strict=True)
SETTINGS = [Setting(tier, True, request) for tier, request in PAIRS]
OPEN_PHASES = (Phase.REASONING, Phase.CLOSED)


@cache
def reachable(setting: Setting) -> frozenset[State]:
    seen = {start(setting)}
    waiting = list(seen)
    while waiting:
        state = waiting.pop()
        if state.phase in OPEN_PHASES:
            following = {after(state, kind) for kind in weights(state)} - seen
            seen |= following
            waiting.extend(following)
    return frozenset(seen)


def test_temperature_is_a_power_of_the_native_weights() -> None:
    state = start(Setting())
    native = weights(state)
    for temperature in (0.3, 0.6, 1.0, 2.0):
        shares = dict(distribution(state, temperature))
        total = sum(weight ** (1 / temperature) for weight in native.values())
        for kind, weight in native.items():
            assert shares[kind] == pytest.approx(weight ** (1 / temperature) / total)


def test_temperature_zero_takes_the_likeliest_move() -> None:
    state = start(Setting())
    assert distribution(state, 0) == ((max(weights(state), key=weights(state).__getitem__), 1.0),)


def test_a_temperature_near_zero_is_as_good_as_zero() -> None:
    state = start(Setting())
    (kind, probability), *rest = distribution(state, 1e-4)
    assert kind is distribution(state, 0)[0][0]
    assert probability == pytest.approx(1)
    assert all(share > 0 for _, share in rest)


def test_top_p_keeps_the_smallest_leading_set_that_reaches_it() -> None:
    state = start(Setting())
    whole = distribution(state, 1.0)
    for top_p in (0.0, 0.3, 0.9, 0.95):
        kept = distribution(state, 1.0, top_p)
        count = len(kept)
        assert [kind for kind, _ in kept] == [kind for kind, _ in whole[:count]]
        assert sum(share for _, share in whole[: count - 1]) < max(top_p, 1e-12)
        assert count == 1 or sum(share for _, share in whole[:count]) >= top_p
        assert math.fsum(share for _, share in kept) == pytest.approx(1)


def test_a_reply_with_its_verdict_has_no_moves() -> None:
    state = start(Setting())._replace(phase=Phase.ACCEPTED)
    with pytest.raises(ValueError, match="no further moves"):
        distribution(state)


@pytest.mark.parametrize("setting", SETTINGS)
def test_in_every_state_the_heaviest_move_leads_on(setting: Setting) -> None:
    # So neither temperature 0 nor a narrow nucleus can stand still.
    for state in reachable(setting):
        if state.phase in OPEN_PHASES:
            assert after(state, distribution(state, 0)[0][0]) != state, state


@pytest.mark.parametrize("setting", [Setting(tier) for tier in Tier])
def test_temperature_zero_comes_to_an_end_from_every_state(setting: Setting) -> None:
    for state in reachable(setting):
        steps = 0
        while state.phase in OPEN_PHASES:
            state = after(state, distribution(state, 0)[0][0])
            steps += 1
        assert steps < 30


@pytest.mark.parametrize(("tier", "temperature"), [(Tier.FREE, 2.0), (Tier.PAID, 0.6)])
def test_rollouts_of_more_than_sixty_sentences_are_practically_impossible(tier: Tier, temperature: float) -> None:
    @cache
    def moves(state: State) -> list[tuple[State, float]]:
        following = [(after(state, kind), probability) for kind, probability in distribution(state, temperature)]
        return [(there, probability) for there, probability in following if there.phase is Phase.REASONING]

    mass: dict[State, float] = {start(Setting(tier)): 1.0}
    for _ in range(61):
        moved: dict[State, float] = defaultdict(float)
        for state, share in mass.items():
            for following, probability in moves(state):
                moved[following] += share * probability
        mass = moved
    assert sum(mass.values()) < 1e-6


def test_nothing_about_training_is_said_to_a_paying_user() -> None:
    silent = {Kind.NOTE_FREE, Kind.CONSEQUENCE, Kind.MOTIVE, Kind.APPEASE, Kind.COMPLY_TO_PRESERVE}
    for state in reachable(Setting(Tier.PAID)):
        assert not silent & weights(state).keys()
