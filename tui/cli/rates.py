"""Printing the rates of a trace: a table by prefix, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.analysis.rates import big_changes
from core.endpoints.origin import origin
from tui.cli.output import interval, interval_json, number, print_table, say
from tui.palette import FOREGONE
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from core.analysis.rates import PrefixRate, RateTable
    from core.resampling.adaptive.confirm import ConfirmedDirection
    from core.store.rates import SettingsInUse
    from core.traces.model import Trace


def print_rates(trace: Trace, rates: RateTable, settings: SettingsInUse | None) -> None:
    """Print one trace's table: a row per prefix, and for each behavior its rate there and what the sentence does."""
    place = "no rollouts" if settings is None else origin(settings)
    tier = f" · {trace.tier} tier" if trace.tier else ""
    variant = f" · {trace.prompt_variant} prompt" if trace.prompt_variant else ""
    say(f"{trace.id}{tier}{variant} · {place}")
    if settings is None:
        return
    header = ["prefix", *(column for name in rates.behaviors for column in (name, "95%", "direction", "95%"))]
    big = set(big_changes(rates, rates.behaviors))
    rows = []
    for prefix in range(trace.n_prefixes):
        row = [str(prefix) + ("*" if prefix in big else "")]
        for behavior in rates.behaviors:
            row += _cells(rates, behavior, prefix)
        text = trace.sentences[prefix].text.strip() if prefix < len(trace.sentences) else "(the whole reasoning)"
        rows.append([*row, text])
    print_table([*header, "sentence after this prefix"], rows, right=range(len(header)))
    if any(rate.n_undecided for rate in rates.rates.values()):
        say("+n  drawn but undecided: no decision, cut off, restarted, filtered, or given up")
    if restarted := rates.n_restarted:
        what = f"{how_many(restarted, 'rollout')} restarted the reasoning"
        say(f"{what}, and count nowhere: `turnpoint check` says whether the server continues")
    if filtered := rates.n_filtered:
        what = f"{how_many(filtered, 'rollout')} filtered by the server"
        say(f"{what}, and in no rate: the rates are of what was let through")
    if rates.recycled_at:
        say("~n  of these, n are recycled: drawn at an earlier prefix, and gone on word for word; directions omit them")
    for note in rates.notes:
        say(f"{FOREGONE}  {note}")
    if big:
        say("* the sentence changes a rate by 0.1 or more, by an interval that excludes 0")


def _cells(rates: RateTable, behavior: str, prefix: int) -> list[str]:
    rate = rates.rate(behavior, prefix)
    counts = _counts(rate) + (f" {FOREGONE}" if rates.is_foregone(behavior, prefix) else "") if rate else ""
    bounds = interval(rate.interval) if rate else ""
    if prefix == rates.n_sentences:
        return [counts, bounds, "", ""]
    direction = rates.direction(behavior, prefix)
    value = "" if direction.value is None else f"{direction.value:+z.2f}"
    value += f" {FOREGONE}" if value and rates.decides_itself(behavior, prefix) else ""
    return [counts, bounds, value, interval(direction.interval, signed=True)]


def _counts(rate: PrefixRate) -> str:
    recycled = f" ~{rate.n_recycled}" if rate.n_recycled else ""
    decided = f"{number(rate.rate)} ({rate.k}/{rate.n}{recycled})" if rate.n else ""
    apart = f"+{rate.n_undecided}" if rate.n_undecided else ""
    return f"{decided} {apart}".strip()


def rates_json(
    trace: Trace, rates: RateTable, settings: SettingsInUse | None, fresh: Sequence[ConfirmedDirection] = ()
) -> dict[str, Any]:
    """One trace's rates, directions, and what fresh rollouts confirm; undefined is null."""
    prefixes = []
    for prefix in range(trace.n_prefixes):
        for behavior in rates.behaviors:
            rate = rates.rate(behavior, prefix)
            if rate is None:
                continue
            direction = rates.direction(behavior, prefix) if prefix < rates.n_sentences else None
            prefixes.append({
                **asdict(rate),
                "rate": rate.rate,
                "wilson": interval_json(rate.interval),
                "direction": direction.value if direction else None,
                "newcombe": interval_json(direction.interval) if direction else None,
                "own_text": rates.is_foregone(behavior, prefix),
            })  # fmt: skip
    return {
        "trace_id": trace.id,
        "model": trace.model,
        "tier": trace.tier,
        "prompt_variant": trace.prompt_variant,
        "n_sentences": len(trace.sentences),
        "settings": asdict(settings) if settings else None,
        "big_changes": big_changes(rates, rates.behaviors),
        "counts_recycled": rates.counts_recycled,
        "own_text": {name: found.sentence_idx for name, found in rates.foregone.items() if name in rates.behaviors},
        "notes": rates.notes,
        "prefixes": prefixes,
        "confirmed": [asdict(one) for one in fresh],
    }
