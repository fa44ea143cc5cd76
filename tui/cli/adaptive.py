"""`turnpoint resample --adaptive`: rollouts where the answer is still open, and what fresh ones confirm."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from core.errors import ConfigError
from tui.cli.output import counted, interval, number, print_json, print_table, say

if TYPE_CHECKING:
    from core.resampling.adaptive.confirm import ConfirmedDirection
    from core.resampling.adaptive.policy import AdaptivePolicy, Round
    from core.resampling.request import RunRequest
    from core.store.database import Store


def policy_of(adaptive: bool, most: int, until: str | None, recycle: bool | None) -> AdaptivePolicy | None:
    """The policy that the options ask for; None where they ask for an ordinary run.

    Raises:
        ConfigError: if an option of adaptive runs stands alone, or says what cannot be.
    """
    from core.resampling.adaptive.policy import AdaptivePolicy
    from core.resampling.adaptive.stopping import parse_until

    if adaptive:
        first = min(AdaptivePolicy.first, most)
        return AdaptivePolicy(parse_until(until or "settled"), first=first, most=most, recycle=recycle is not False)
    if until is not None or recycle is not None:
        raise ConfigError("--until and --recycle belong to --adaptive; add it, or leave them out.")
    return None


def resample_adaptively(
    request: RunRequest, policy: AdaptivePolicy, store: Store, dry_run: bool, as_json: bool
) -> None:
    """Run to the policy's end and print what is confirmed; with ``dry_run`` only say how it would begin."""
    from core.resampling.adaptive.confirm import confirmed_directions
    from core.resampling.adaptive.sweep import AdaptiveRun, judges_of
    from tui.cli.resample import report, watched

    if dry_run:
        _say_beginning(request, policy, store, as_json)
        return

    def announce(round_: Round) -> None:
        if not as_json:
            say(f"{round_.stage}: {round_.reason}")

    result = watched(lambda show: AdaptiveRun(request, policy, store, show, announce))
    found = confirmed_directions(
        store.read,
        request.trace.id,
        request.endpoint.settings.id,
        request.trace.n_prefixes,
        judges_of(request),
        policy.change,
    )
    if as_json:
        print_json(asdict(result) | {"confirmed": [asdict(direction) for direction in found]})
    elif found:
        _print_confirmed(found, request)
    report(result, as_json)


def _say_beginning(request: RunRequest, policy: AdaptivePolicy, store: Store, as_json: bool) -> None:
    from core.resampling.adaptive.deciding import next_round
    from core.resampling.adaptive.sweep import adaptive_evidence, round_request
    from core.resampling.plan import make_plan
    from tui.cli.resample import planned

    round_ = next_round(adaptive_evidence(request, policy, store), policy, request.max_rollouts)
    plan = None if round_ is None else make_plan(store.read, round_request(request, round_))
    if as_json:
        print_json(None if plan is None else asdict(plan))
    elif round_ is None or plan is None:
        say("nothing to draw: what was asked for is there.")
    else:
        say(f"{round_.stage}: {planned(plan)}; what follows depends on what these show.")


def _print_confirmed(found: list[ConfirmedDirection], request: RunRequest) -> None:
    """The confirmed sentences, largest change first."""
    say(f"{counted(len(found), 'direction')} from fresh rollouts alone, beside the most likely turning points:")
    found = sorted(found, key=lambda direction: -abs(direction.fresh.value or 0.0))
    rows = [
        [
            str(one.sentence_idx),
            one.behavior,
            "" if one.fresh.value is None else f"{one.fresh.value:+z.2f}",
            interval(one.fresh.interval, signed=True),
            f"{one.fresh.without.k}/{one.fresh.without.n}",
            f"{one.fresh.kept.k}/{one.fresh.kept.n}",
            number(one.fresh.q),
            request.trace.sentences[one.sentence_idx].text.strip(),
        ]
        for one in found
    ]
    header = ["sentence", "behavior", "direction", "95%", "before", "after", "q", "text"]
    print_table(header, rows, right=(0, 2, 4, 5, 6))
