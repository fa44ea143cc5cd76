"""`turnpoint analyze`: rates by prefix and directions by sentence, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from core.errors import ConfigError, NotFoundError
from tui.cli.options import Options
from tui.cli.output import interval, json_option, number, print_json, print_table, say
from tui.cli.sampled import named_settings, refuse_other_settings

if TYPE_CHECKING:
    from core.analysis.intervals import Interval
    from core.analysis.rates import PrefixRate, RateTable
    from core.store.rates import SettingsInUse
    from core.traces.model import Trace


@click.command()
@click.argument("trace_ids", nargs=-1, metavar="[TRACE]...")
@click.option(
    "--settings",
    "settings_id",
    help="Id of the sampling settings to look at; default: the endpoint's, or the most used.",
)
@click.option("--importance", is_flag=True, help="Compare the sentences said instead: counterfactual directions.")
@click.option(
    "--reference",
    type=click.Choice(["2a15f77", "b53ed8c", "blackmail"]),
    help="Print the numbers of a reference version; TRACE is then a thought-anchors folder.",
)
@json_option
@click.pass_obj
def analyze(
    options: Options,
    trace_ids: tuple[str, ...],
    settings_id: str | None,
    importance: bool,
    reference: str | None,
    as_json: bool,
) -> None:
    """Print rates and directions of each TRACE (default: all that have rollouts)."""
    from core.analysis.rates import choose_settings, load_rates
    from core.store.traces import list_traces, load_trace
    from tui.cli.importance import estimate, importance_json, print_importance

    config = options.config()
    if reference is not None:
        from tui.cli.reference import report_reference

        if not trace_ids:
            raise ConfigError("--reference needs the folders to analyse.")
        report_reference(trace_ids, reference, config.embedding, as_json=as_json)
        return
    wanted = settings_id or named_settings(options)
    reports = []
    with options.open_store() as store:
        ids = trace_ids or tuple(summary.id for summary in list_traces(store.read) if summary.n_rollouts)
        if not ids:
            raise NotFoundError("no trace has rollouts yet; `turnpoint resample TRACE --all` draws some.")
        for trace_id in ids:
            trace = load_trace(store.read, trace_id)
            settings = choose_settings(store.read, trace_id, wanted)
            refuse_other_settings(store, trace_id, settings_id, settings)
            rates = load_rates(store.read, trace_id, settings.id if settings else "")
            found = estimate(store, trace, settings.id, config.embedding) if importance and settings else {}
            reports.append((trace, rates, settings, found))
    if as_json:
        estimated = [{name: importance_json(one) for name, one in found.items()} for *_, found in reports]
        plain = [rates_json(trace, rates, settings) for trace, rates, settings, _ in reports]
        print_json([p | ({"importance": e} if importance else {}) for p, e in zip(plain, estimated, strict=True)])
        return
    for trace, rates, settings, found in reports:
        print_rates(trace, rates, settings)
        for one in found.values():
            print_importance(trace, one)


def print_rates(trace: Trace, rates: RateTable, settings: SettingsInUse | None) -> None:
    """Print one trace's table: a row per prefix, and for each behavior its rate there and what the sentence does."""
    from core.analysis.rates import big_changes

    place = "no rollouts" if settings is None else _place(settings)
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
    if any(_n_undecided(rate) for rate in rates.rates.values()):
        say("+n  drawn but undecided: no decision, cut off, or given up")
    if big:
        say("* the sentence changes a rate by 0.1 or more, by an interval that excludes 0")


def _place(settings: SettingsInUse) -> str:
    from core.endpoints.endpoint import SIMULATOR_MODEL
    from core.endpoints.simulator import LABEL

    synthetic = f" ({LABEL})" if settings.model == SIMULATOR_MODEL else ""
    return f"{settings.endpoint}{synthetic} · {settings.model} · temperature {settings.temperature:g}"


def _cells(rates: RateTable, behavior: str, prefix: int) -> list[str]:
    rate = rates.rate(behavior, prefix)
    counts = _counts(rate) if rate else ""
    bounds = interval(rate.interval) if rate else ""
    if prefix == rates.n_sentences:
        return [counts, bounds, "", ""]
    direction = rates.direction(behavior, prefix)
    value = "" if direction.value is None else f"{direction.value:+.2f}"
    return [counts, bounds, value, interval(direction.interval, signed=True)]


def _counts(rate: PrefixRate) -> str:
    decided = f"{number(rate.rate)} ({rate.k}/{rate.n})" if rate.n else ""
    apart = f"+{_n_undecided(rate)}" if _n_undecided(rate) else ""
    return f"{decided} {apart}".strip()


def _n_undecided(rate: PrefixRate) -> int:
    return rate.n_no_decision + rate.n_truncated + rate.n_error


def _bounds(bounds: Interval | None) -> list[float] | None:
    return None if bounds is None else [bounds.low, bounds.high]


def rates_json(trace: Trace, rates: RateTable, settings: SettingsInUse | None) -> dict[str, Any]:
    """One trace's rates and directions; undefined is null."""
    from dataclasses import asdict

    from core.analysis.rates import big_changes

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
                "wilson": _bounds(rate.interval),
                "direction": direction.value if direction else None,
                "newcombe": _bounds(direction.interval) if direction else None,
            })  # fmt: skip
    return {
        "trace_id": trace.id,
        "model": trace.model,
        "tier": trace.tier,
        "prompt_variant": trace.prompt_variant,
        "n_sentences": len(trace.sentences),
        "settings": asdict(settings) if settings else None,
        "big_changes": big_changes(rates, rates.behaviors),
        "prefixes": prefixes,
    }
