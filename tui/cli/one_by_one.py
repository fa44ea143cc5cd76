"""Analysing traces one by one: rates always, and of what rests on comparing sentences the parts that were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import NotFoundError
from tui.cli.output import print_json
from tui.cli.sampled import named_settings, refuse_other_settings, warn_of_earlier_scopes

if TYPE_CHECKING:
    from core.analysis.importance import Importance
    from core.analysis.links import Links
    from core.analysis.rates import RateTable
    from core.resampling.adaptive.confirm import ConfirmedDirection
    from core.store.database import Store
    from core.store.rates import SettingsInUse
    from core.traces.model import Trace
    from tui.cli.options import Options


@dataclass(frozen=True)
class Parts:
    """What is reported of each trace besides its rates; ``top`` limits the links, None takes the usual number.

    ``behaviors`` are those that are reported on; all where it is empty.
    """

    importance: bool
    influence: bool
    top: int | None
    resilience: bool
    recycle: bool
    behaviors: tuple[str, ...] = ()


@dataclass(frozen=True)
class TraceReport:
    """Everything about one trace; ``settings`` is None where it has no rollouts, ``links`` where nobody asked."""

    trace: Trace
    settings: SettingsInUse | None
    rates: RateTable
    fresh: Sequence[ConfirmedDirection]
    importance: Mapping[str, Importance]
    links: Links | None


def report_each(
    store: Store, options: Options, trace_ids: Sequence[str], settings_id: str | None, parts: Parts, *, as_json: bool
) -> None:
    """Report on each of ``trace_ids``, or on all traces that have rollouts; refuse before anything is printed."""
    from core.store.traces import list_traces

    ids = trace_ids or tuple(summary.id for summary in list_traces(store.read) if summary.n_rollouts)
    if not ids:
        raise NotFoundError("no trace has rollouts yet; `turnpoint resample TRACE --all` draws some.")
    reports = [_analysed(store, options, trace_id, settings_id, parts) for trace_id in ids]
    warn_of_earlier_scopes(store, options.config())
    if as_json:
        print_json([_document(report, parts) for report in reports])
        return
    for report in reports:
        _print(report, options, parts)


def _analysed(store: Store, options: Options, trace_id: str, settings_id: str | None, parts: Parts) -> TraceReport:
    from core.analysis.rates import choose_settings, load_rates
    from core.resampling.adaptive.fresh import fresh_directions
    from core.resampling.recycling import rates_with_recycled
    from core.store.traces import load_trace
    from tui.cli.importance import estimate
    from tui.cli.links import find_links

    config = options.config()
    trace = load_trace(store.read, trace_id)
    settings = choose_settings(store.read, trace_id, settings_id or named_settings(options))
    refuse_other_settings(store, trace_id, settings_id, settings)
    rates = load_rates(store.read, trace_id, settings.id if settings else "")
    rates = rates.about(parts.behaviors)
    fresh = fresh_directions(store.read, trace_id, rates.settings_id, trace.n_prefixes, rates.judges)
    importance = estimate(store, trace, settings.id, config.embedding) if parts.importance and settings else {}
    if parts.behaviors:
        fresh = [one for one in fresh if one.behavior in parts.behaviors]
        importance = {name: one for name, one in importance.items() if name in parts.behaviors}
    linked = parts.influence or parts.resilience
    links = find_links(store, trace, settings.id, config) if linked and settings else None
    rates = rates_with_recycled(store.read, trace, rates, config.tags) if parts.recycle else rates
    return TraceReport(trace, settings, rates, fresh, importance, links)


def _document(report: TraceReport, parts: Parts) -> dict[str, Any]:
    from tui.cli.importance import importance_json
    from tui.cli.influence import influence_json
    from tui.cli.rates import rates_json
    from tui.cli.resilience import resilience_json

    document = rates_json(report.trace, report.rates, report.settings, report.fresh)
    links = report.links
    if parts.importance:
        document["importance"] = {name: importance_json(one) for name, one in report.importance.items()}
    if parts.influence:
        document["influence"] = influence_json(links, parts.top) if links else None
    if parts.resilience:
        document["resilience"] = resilience_json(links) if links else {}
    return document


def _print(report: TraceReport, options: Options, parts: Parts) -> None:
    from tui.cli.confirmed import print_confirmed
    from tui.cli.importance import print_importance
    from tui.cli.influence import print_influence
    from tui.cli.rates import print_rates
    from tui.cli.resilience import print_resilience

    print_rates(report.trace, report.rates, report.settings)
    print_confirmed(report.trace, report.fresh)
    for one in report.importance.values():
        print_importance(report.trace, one)
    if report.links and parts.influence:
        print_influence(report.trace, report.links, parts.top)
    if report.links and report.settings and parts.resilience:
        print_resilience(report.trace, report.links, report.settings, options)
