"""Printing what becomes of each sentence when it is replaced: a table per behavior, what more would take, and JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from core.analysis.resilience import MIN_SURVIVORS, rollouts_wanted
from core.analysis.turning_points import ALPHA
from core.errors import TurnpointError
from tui.cli.links import bounds_json, change_cells, change_json, mark
from tui.cli.output import interval, number, print_table, say

if TYPE_CHECKING:
    from core.analysis.links import Links
    from core.analysis.resilience import Resilience
    from core.store.rates import SettingsInUse
    from core.traces.model import Trace
    from tui.cli.options import Options

COMMANDS_SHOWN = 5


def print_resilience(trace: Trace, links: Links, settings: SettingsInUse, options: Options) -> None:
    """Print a table per behavior, then the commands that draw enough rollouts where survivors are too few."""
    header = ("sentence", "comes back", "95%", "survivors", "cut off", "++", "95%", "q", "more", "text")
    for behavior, rows in links.resilience.items():
        say("")
        say(f"{behavior}: counterfactual++ (++) of each sentence, against the rollouts that never say it")
        print_table(header, [_row(trace, row) for row in rows], right=range(len(header) - 1))
    say(f"* q < {ALPHA:g}")
    say(f"more: rollouts of that prefix that would give {MIN_SURVIVORS} decided survivors; empty where nothing tells")
    for line in what_to_draw(links, settings, options):
        say(line)


def _row(trace: Trace, row: Resilience) -> tuple[str, ...]:
    change, returned = row.counterfactual_plus_plus, row.returned
    return (
        f"{row.sentence_idx}{mark(change)}",
        f"{number(returned.rate)} ({returned.k}/{returned.n})" if returned.n else "",
        interval(returned.interval),
        f"{row.n_survivors} of {row.n_complete}",
        str(row.n_censored),
        *change_cells(change),
        "" if row.n_more is None else str(row.n_more),
        trace.sentences[row.sentence_idx].text.strip(),
    )


def what_to_draw(links: Links, settings: SettingsInUse, options: Options) -> list[str]:
    """The commands that give enough survivors, the cheapest first; none where there are enough."""
    missing = []
    for rows in zip(*links.resilience.values(), strict=True):
        wanted = rollouts_wanted(rows)
        if wanted is not None:
            missing.append((wanted - rows[0].n_drawn, wanted, rows[0].sentence_idx))
    if not missing:
        return []
    before = _flags(options, settings)
    if before is None:
        return [f"no endpoint has the sampling settings of these rollouts ({settings.id}), so that none can be added."]
    missing.sort()
    commands = [
        shlex.join(["turnpoint", *before, "resample", links.trace_id, "--prefix", str(prefix), "-n", str(n)])
        for _, n, prefix in missing[:COMMANDS_SHOWN]
    ]
    left = len(missing) - len(commands)
    return [*commands, *([f"and {left} more with too few survivors, which take more rollouts each."] if left else [])]


def _flags(options: Options, settings: SettingsInUse) -> list[str] | None:
    """What stands before a command that samples with ``settings`` into this database; None where nothing does."""
    from core.store.database import DEFAULT_PATH

    db = [] if str(options.db) == DEFAULT_PATH else ["--db", str(options.db)]
    config = options.config()
    try:
        is_meant = options.resolve(config).settings.id == settings.id
    except TurnpointError:
        is_meant = False
    if is_meant:
        given = (("--endpoint", options.endpoint), ("--base-url", options.base_url), ("--model", options.model))
        return [*db, *_said(given)]
    named = (name for name, endpoint in config.endpoints.items() if endpoint.settings.id == settings.id)
    name = next(named, None)
    return None if name is None else [*db, "--endpoint", name]


def _said(flags: Iterable[tuple[str, str | None]]) -> list[str]:
    return [word for flag, value in flags if value is not None for word in (flag, value)]


def resilience_json(links: Links) -> dict[str, list[dict[str, Any]]]:
    """Everything about each sentence by behavior, undefined as null."""
    return {behavior: [_sentence_json(row) for row in rows] for behavior, rows in links.resilience.items()}


def _sentence_json(row: Resilience) -> dict[str, Any]:
    returned = row.returned
    return {
        "sentence_idx": row.sentence_idx,
        "returned": returned._asdict() | {"rate": returned.rate, "wilson": bounds_json(returned.interval)},
        "counterfactual_plus_plus": change_json(row.counterfactual_plus_plus),
        "n_complete": row.n_complete,
        "n_survivors": row.n_survivors,
        "n_censored": row.n_censored,
        "n_more": row.n_more,
    }
