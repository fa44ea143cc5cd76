"""Several traces as site folders, one scenario each, side by side and all of one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.analysis.estimates import importance_of
from core.analysis.links import links_of
from core.analysis.rates import choose_settings, load_rates
from core.errors import NotFoundError
from core.export.comparison import Comparison
from core.export.directory import whole_directory
from core.export.moment import moment
from core.export.thought_anchors import FILES, SiteReport, site_contents, site_report, write_site
from core.store.database import Store
from core.store.traces import check_known, load_trace


def export_scenarios(
    store: Store,
    directory: Path,
    behavior: str,
    *,
    trace_ids: Sequence[str] | None = None,
    settings_id: str | None = None,
    compared: Comparison | None = None,
    annotator: str | None = None,
    force: bool = False,
) -> tuple[SiteReport, ...]:
    """Write ``scenario_0``, ``scenario_1``, ... into ``directory``, one site folder per trace.

    Put ``directory`` at ``src/app/data/MODEL/OUTCOME`` of the viewer. All folders appear together, or none does.

    Args:
        store: the database.
        directory: new or empty; with ``force`` the files of an earlier export there are replaced.
        behavior: the behavior that the numbers are about.
        trace_ids: the traces, in the order of their folders; None takes all whose rollouts are judged for it.
        settings_id: sampling settings whose rollouts count; None takes, per trace, the most used.
        compared: how sentences are compared; without it, importances and influences are null and absent.
        annotator: whose labels become function tags where there is no gold label; None takes, per trace, whoever
            labelled most.
        force: replace an earlier export.

    Raises:
        NotFoundError: if a trace is not there, is not judged for the behavior, or none is.
        ExportError: if the directory holds anything (and ``force`` is false), or a file cannot be written.
        SimilarityError: if a text has to be encoded and there is no encoder that works; nothing is written then.
    """
    reports = []
    with moment(store.path) as connection:
        chosen = _chosen(connection, behavior, trace_ids, settings_id)
        names = [f"scenario_{number}/{name}" for number in range(len(chosen)) for name in FILES]
        with whole_directory(directory, names, force=force) as staging:
            for number, (trace_id, used) in enumerate(chosen):
                contents = _contents(connection, number, trace_id, used, behavior, compared, annotator)
                folder = staging / f"scenario_{number}"
                folder.mkdir()
                write_site(folder, contents)
                reports.append(site_report(directory / folder.name, trace_id, contents))
    return tuple(reports)


def _chosen(
    connection: sqlite3.Connection, behavior: str, trace_ids: Sequence[str] | None, settings_id: str | None
) -> list[tuple[str, str]]:
    """Traces with the settings whose rollouts count, all of them judged for the behavior."""
    check_known(connection, trace_ids or ())
    wanted = [row["id"] for row in connection.execute("SELECT id FROM traces WHERE response <> '' ORDER BY rowid")]
    chosen = []
    for trace_id in dict.fromkeys(wanted if trace_ids is None else trace_ids):
        used = choose_settings(connection, trace_id, None) if settings_id is None else None
        found = used.id if used else settings_id
        if found and behavior in load_rates(connection, trace_id, found).judges:
            chosen.append((trace_id, found))
        elif trace_ids is not None:
            raise NotFoundError(_nothing(f"rollouts of {trace_id!r}", behavior, settings_id))
    if not chosen:
        raise NotFoundError(_nothing("rollouts", behavior, settings_id))
    return chosen


def _nothing(what: str, behavior: str, settings_id: str | None) -> str:
    under = f" under settings {settings_id!r}" if settings_id else ""
    return f"no {what}{under} are judged for {behavior!r}; `turnpoint analyze` shows what there is."


def _contents(
    connection: sqlite3.Connection,
    number: int,
    trace_id: str,
    settings_id: str,
    behavior: str,
    compared: Comparison | None,
    annotator: str | None,
) -> dict[str, Any]:
    if compared is None or compared.similarity is None:
        return site_contents(connection, trace_id, settings_id, behavior, annotator=annotator, number=number)
    trace = load_trace(connection, trace_id)
    found = importance_of(connection, trace, settings_id, compared.similarity, compared.threshold)[behavior]
    links = links_of(connection, trace, settings_id, compared.similarity, compared.threshold, tags=compared.tags)
    contents = site_contents(
        connection,
        trace_id,
        settings_id,
        behavior,
        importances=dict(enumerate(found.rows)),
        influences={(link.source, link.target): link.contrast.value for link in links.influence.links},
        annotator=annotator,
        number=number,
    )
    encoder = {"encoder": compared.encoder_name, "dtype": compared.dtype, "threshold": compared.threshold}
    contents["scenario.json"]["turnpoint"] |= encoder
    return contents
