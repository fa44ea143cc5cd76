"""A trace as a site folder that the viewer of thought-anchors.com opens unchanged, as a scenario.

Under one of the viewer's keys a number means what it means there: a ``counterfactual_importance_`` is positive where
the sentence suppresses the behavior. turnpoint's own sign stands beside it, under a name that starts with turnpoint.
What is undefined is null, which the viewer draws as 0.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from core.analysis.rates import RateTable, load_rates
from core.errors import NotFoundError
from core.export.anchors_rows import Influences, SentenceNumbers, chunk_rows, link_rows, summarise
from core.export.directory import durable_file, whole_directory
from core.export.moment import moment
from core.store.chosen_labels import ChosenLabels, choose_labels
from core.store.database import Store
from core.store.gold import load_gold
from core.store.rows import PROGRAM
from core.store.traces import load_trace
from core.traces.model import Trace
from core.traces.splitter import first_sentence

FILES: Final = (
    "scenario.json",
    "base_solution.json",
    "chunks_labeled.json",
    "chunks_resampled.json",
    "step_importance.json",
    "summary.json",
)


@dataclass(frozen=True)
class SiteReport:
    """Where a site folder was written, how many chunks and resampled sentences it has, and of which trace."""

    directory: Path
    n_chunks: int
    n_resampled: int
    trace_id: str


def export_site_folder(
    store: Store,
    trace_id: str,
    settings_id: str,
    behavior: str,
    directory: Path,
    *,
    importances: Mapping[int, SentenceNumbers] = MappingProxyType({}),
    influences: Influences = MappingProxyType({}),
    annotator: str | None = None,
    number: int = 0,
    force: bool = False,
) -> SiteReport:
    """Write `FILES` for one trace, one of its settings and one behavior, all of one moment of the database.

    Put ``directory`` at ``src/app/data/MODEL/OUTCOME/scenario_N`` of the viewer. Without ``importances`` all
    sentences have the same tint there.

    Args:
        store: the database.
        trace_id: the trace.
        settings_id: sampling settings under which it has rollouts.
        behavior: a behavior that these rollouts were judged for.
        directory: new or empty; with ``force`` an earlier export there is replaced.
        importances: numbers by sentence index.
        influences: scores by (sentence, later sentence).
        annotator: whose labels become function tags where there is no gold label; None takes whoever labelled most.
        number: of the scenario, as in the name of its folder.
        force: replace an earlier export.

    Raises:
        NotFoundError: if there is no such trace, or it has no such settings or behavior.
        ExportError: if the directory holds anything (and ``force`` is false), a file cannot be written, or an
            influence is not on a later sentence.
    """
    with moment(store.path) as connection:
        contents = site_contents(
            connection,
            trace_id,
            settings_id,
            behavior,
            importances=importances,
            influences=influences,
            annotator=annotator,
            number=number,
        )
    with whole_directory(directory, FILES, force=force) as staging:
        write_site(staging, contents)
    return site_report(directory, trace_id, contents)


def write_site(folder: Path, contents: Mapping[str, Any]) -> None:
    """Write the files of one site folder into ``folder``, which must be there."""
    for name in FILES:
        with durable_file(folder / name) as file:
            json.dump(contents[name], file, indent=2, allow_nan=False)
            file.write("\n")


def site_report(directory: Path, trace_id: str, contents: Mapping[str, Any]) -> SiteReport:
    """What was written to ``directory``."""
    resampled = contents["chunks_resampled.json"].values()
    return SiteReport(directory, len(contents["chunks_labeled.json"]), sum(map(len, resampled)), trace_id)


def site_contents(
    connection: sqlite3.Connection,
    trace_id: str,
    settings_id: str,
    behavior: str,
    *,
    importances: Mapping[int, SentenceNumbers] = MappingProxyType({}),
    influences: Influences = MappingProxyType({}),
    annotator: str | None = None,
    number: int = 0,
) -> dict[str, Any]:
    """What each of `FILES` holds, from the rows that ``connection`` sees; arguments as for `export_site_folder`.

    Raises:
        NotFoundError: if there is no such trace, or it has no such settings or behavior.
        ExportError: if an influence is not on a later sentence.
    """
    trace = load_trace(connection, trace_id)
    rates = load_rates(connection, trace_id, settings_id)
    if behavior not in rates.judges:
        raise NotFoundError(
            f"no rollouts of {trace_id!r} under settings {settings_id!r} are judged for {behavior!r}; "
            "`turnpoint analyze` shows what there is."
        )
    labels = choose_labels(connection, trace_id, load_gold(connection, trace_id), annotator)
    rows = chunk_rows(trace, behavior, rates, importances, labels.categories)
    resampled = _resampled(connection, trace, settings_id)
    prompt = "\n\n".join(message.content for message in trace.prompt.messages)
    return {
        "scenario.json": _scenario(number, trace, rates, behavior, labels),
        "base_solution.json": {"prompt": prompt, "solution": trace.response, "full_cot": prompt + trace.response},
        "chunks_labeled.json": rows,
        "chunks_resampled.json": resampled,
        "step_importance.json": link_rows(trace, influences),
        "summary.json": summarise(number, rows, influences),
    }


def _resampled(connection: sqlite3.Connection, trace: Trace, settings_id: str) -> dict[str, list[str]]:
    """What rollouts said first, by the sentence in whose place they said it; the ones that said nothing are left out.

    They are cut by turnpoint's splitter, as the sentences of its analysis are.
    """
    said: dict[str, list[str]] = {str(sentence.index): [] for sentence in trace.sentences}
    texts = connection.execute(
        "SELECT prefix_idx, text FROM rollouts WHERE trace_id = ? AND settings_id = ? AND prefix_idx < ?"
        " AND continuation IS NULL"
        " ORDER BY prefix_idx, sample_idx",
        [trace.id, settings_id, len(trace.sentences)],
    )
    for prefix, text in texts:
        first = text[: first_sentence(text).end].strip()
        if first:
            said[str(prefix)].append(first)
    return said


def _scenario(number: int, trace: Trace, rates: RateTable, behavior: str, labels: ChosenLabels) -> dict[str, Any]:
    turns = {message.role: message.content for message in trace.prompt.messages}
    return {
        "scenario_id": number,
        "nickname": trace.id,
        "problem": trace.query,
        "gt_answer": None,
        "system_prompt": turns.get("system"),
        "user_prompt": turns.get("user"),
        "turnpoint": {
            "program": PROGRAM,
            "trace_id": trace.id,
            "model": trace.model,
            "tier": trace.tier,
            "prompt_variant": trace.prompt_variant,
            "splitter": trace.splitter,
            "settings_id": rates.settings_id,
            "behavior": behavior,
            "judge_id": rates.judges[behavior],
            "labels": {
                "annotator": labels.annotator,
                "n_labelled": len(labels.categories),
                "n_gold": labels.n_gold,
                "n_adjudicated": labels.n_adjudicated,
            },
            "signs": {
                "counterfactual_importance": "rate where the sentence is replaced, less the rate where it is kept",
                "resampling_importance": "rate after the sentence, less the rate before it",
                "turnpoint_direction": "rate where the sentence is kept, less the rate where it is replaced",
            },
        },
    }
