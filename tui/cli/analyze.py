"""`turnpoint analyze`: rates by prefix and directions by sentence, with their intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import ConfigError, NotFoundError
from tui.cli.options import Options
from tui.cli.output import interval, json_option, number, print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.analysis.intervals import Interval
    from core.analysis.rates import PrefixRate, RateTable
    from core.resampling.adaptive.confirm import ConfirmedDirection
    from core.store.database import Store
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
    "--recycle",
    is_flag=True,
    help="Count a rollout that goes on with exactly the next sentence in the rate after it too.",
)
@click.option(
    "--reference",
    type=click.Choice(["2a15f77", "b53ed8c", "blackmail"]),
    help="Print the numbers of a reference version; TRACE is then a thought-anchors folder.",
)
@click.option("--all", "across", is_flag=True, help="Analyse the traces together: concentration, categories, groups.")
@click.option(
    "--by",
    type=click.Choice(["tier", "prompt_variant", "model"]),
    multiple=True,
    help="With --all: compare groups by this (may be repeated); default: all that differ.",
)
@click.option("--groups", nargs=2, metavar="A B", help="With --by: compare these two groups only.")
@click.option("--each", is_flag=True, help="With --all: print the tables with a row per trace too.")
@click.option(
    "--csv", "directory", type=click.Path(path_type=Path), metavar="DIR", help="With --all: write the tables into DIR."
)
@click.option("--force", is_flag=True, help="With --csv: replace the tables of an earlier call.")
@json_option
@click.pass_obj
def analyze(
    options: Options,
    trace_ids: tuple[str, ...],
    settings_id: str | None,
    importance: bool,
    recycle: bool,
    reference: str | None,
    across: bool,
    by: tuple[str, ...],
    groups: tuple[str, str] | None,
    each: bool,
    directory: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Print rates and directions of each TRACE (default: all that have rollouts).

    With --all the traces are analysed together. Categories are then those of `turnpoint --annotator`; without that,
    of each trace, those of whoever labelled most of it.
    """
    from core.analysis.rates import choose_settings, load_rates
    from core.resampling.adaptive.fresh import fresh_directions
    from core.resampling.recycling import rates_with_recycled
    from core.store.traces import list_traces, load_trace
    from tui.cli.confirmed import print_confirmed
    from tui.cli.importance import estimate, importance_json, print_importance

    for name, given in (("by", by), ("groups", groups), ("each", each), ("csv", directory), ("force", force)):
        if given and not across:
            raise ConfigError(f"--{name} belongs to the analysis across traces; add --all.")
    if across and (importance or reference):
        raise ConfigError(
            f"--all and --{'importance' if importance else 'reference'} exclude each other; leave one out."
        )
    config = options.config()
    if across:
        from tui.cli.across import Asked, report_across

        wanted = settings_id or _named_settings(options)
        asked = Asked(trace_ids, by, groups, wanted, options.annotator, directory, force, each)
        with options.open_store() as store:
            report_across(store, asked, config.embedding, as_json=as_json)
        return
    if reference is not None:
        from tui.cli.reference import report_reference

        if not trace_ids:
            raise ConfigError("--reference needs the folders to analyse.")
        report_reference(trace_ids, reference, config.embedding, as_json=as_json)
        return
    wanted = settings_id or _named_settings(options)
    reports = []
    with options.open_store() as store:
        ids = trace_ids or tuple(summary.id for summary in list_traces(store.read) if summary.n_rollouts)
        if not ids:
            raise NotFoundError("no trace has rollouts yet; `turnpoint resample TRACE --all` draws some.")
        for trace_id in ids:
            trace = load_trace(store.read, trace_id)
            settings = choose_settings(store.read, trace_id, wanted)
            if settings_id and (settings is None or settings.id != settings_id):
                raise NotFoundError(_no_such_settings(store, trace_id, settings_id))
            rates = load_rates(store.read, trace_id, settings.id if settings else "")
            fresh = fresh_directions(store.read, trace_id, rates.settings_id, trace.n_prefixes, rates.judges)
            found = estimate(store, trace, settings.id, config.embedding) if importance and settings else {}
            shown = rates_with_recycled(store.read, trace, rates) if recycle else rates
            reports.append((trace, shown, settings, fresh, found))
    if as_json:
        estimated = [{name: importance_json(one) for name, one in found.items()} for *_, found in reports]
        plain = [rates_json(trace, rates, settings, fresh) for trace, rates, settings, fresh, _ in reports]
        print_json([p | ({"importance": e} if importance else {}) for p, e in zip(plain, estimated, strict=True)])
        return
    for trace, rates, settings, fresh, found in reports:
        print_rates(trace, rates, settings)
        print_confirmed(trace, fresh)
        for one in found.values():
            print_importance(trace, one)


def _named_settings(options: Options) -> str | None:
    """Settings of the endpoint that flags or settings files name; without one, the most used are looked at."""
    config = options.config()
    if options.names_endpoint or config.default_endpoint:
        return options.resolve(config).settings.id
    return None


def _no_such_settings(store: Store, trace_id: str, settings_id: str) -> str:
    from core.store.rates import settings_in_use

    ids = ", ".join(used.id for used in settings_in_use(store.read, trace_id)) or "none"
    return f"trace {trace_id!r} has no rollouts under settings {settings_id!r}; it has: {ids}."


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
    if rates.recycled_at:
        say("~n  of these, n are recycled: drawn at an earlier prefix, and gone on word for word; directions omit them")
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
    value = "" if direction.value is None else f"{direction.value:+z.2f}"
    return [counts, bounds, value, interval(direction.interval, signed=True)]


def _counts(rate: PrefixRate) -> str:
    recycled = f" ~{rate.n_recycled}" if rate.n_recycled else ""
    decided = f"{number(rate.rate)} ({rate.k}/{rate.n}{recycled})" if rate.n else ""
    apart = f"+{_n_undecided(rate)}" if _n_undecided(rate) else ""
    return f"{decided} {apart}".strip()


def _n_undecided(rate: PrefixRate) -> int:
    return rate.n_no_decision + rate.n_truncated + rate.n_error


def _bounds(bounds: Interval | None) -> list[float] | None:
    return None if bounds is None else [bounds.low, bounds.high]


def rates_json(
    trace: Trace, rates: RateTable, settings: SettingsInUse | None, fresh: Sequence[ConfirmedDirection] = ()
) -> dict[str, Any]:
    """One trace's rates, directions, and what fresh rollouts confirm; undefined is null."""
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
        "counts_recycled": rates.counts_recycled,
        "prefixes": prefixes,
        "confirmed": [asdict(one) for one in fresh],
    }
