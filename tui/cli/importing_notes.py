"""What `turnpoint import` says of traces that it took: what in them is not as one may think."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui.views.deleting import what_hangs
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from core.store.reimport import Beside
    from core.traces.importers.prompting import GivenPrompt
    from core.traces.importers.result import ImportResult
    from core.traces.model import Trace
    from core.traces.reasoning import ReasoningTags


def given_prompt(prompt: Path | None, system: Path | None) -> GivenPrompt:
    """The prompt that the call gives to records without one.

    Raises:
        ImportRefusedError: if a file cannot be read.
    """
    from core.traces.importers.prompting import GivenPrompt, read_prompt

    return GivenPrompt(*(None if path is None else read_prompt(path) for path in (prompt, system)))


def notes_on(
    there: Sequence[tuple[Path, ImportResult, Beside]],
    added: Sequence[Trace],
    tags: Sequence[ReasoningTags],
    known_tags: Sequence[ReasoningTags],
) -> list[tuple[Path | None, str]]:
    """A sentence for each thing to know of the traces of each file, once: of those that were added, and that stay."""
    ids = {trace.id for trace in added}
    notes: list[tuple[Path | None, str]] = []
    for path, result, beside in there:
        new = [trace for trace in result.traces if trace.id in ids]
        found = (_replaced(beside, ids), _kept(beside), _untagged(new), _unasked(new))
        notes += [(path, note) for note in found if note]
    unknown = [pair for pair in tags if pair not in known_tags]
    if unknown and added:
        pairs = ", ".join(json.dumps([pair.open, pair.close], ensure_ascii=False) for pair in tags)
        said = "runs and judges look for the answer behind the tags of the settings: write tags ="
        notes.append((None, f"{said} [{pairs}] under [reasoning] in turnpoint.toml before resampling."))
    return list(dict.fromkeys(notes))


def _replaced(beside: Beside, added: Collection[str]) -> str:
    n = len(beside.cut_anew & set(added))
    return f"{how_many(n, 'trace')} cut anew in place of the same without rollouts or labels." if n else ""


def _kept(beside: Beside) -> str:
    if not beside.kept:
        return ""
    trace_id, hanging = next(iter(beside.kept.items()))
    stay = f"{how_many(len(beside.kept), 'trace')} cut into other sentences before"
    return f"{stay} stay so, as {trace_id} has {what_hangs(hanging)}; `turnpoint delete` them to cut them anew."


def _untagged(traces: Sequence[Trace]) -> str:
    from core.traces.splitter import SPLITTER

    n = sum(trace.is_all_reasoning and trace.splitter == SPLITTER for trace in traces)
    if not n:
        return ""
    where = "the response" if len(traces) == 1 else f"{n} of {how_many(len(traces), 'response')}"
    return (
        f"no reasoning tags in {where}, so all of it counts as reasoning, an answer too;"
        " if other tags enclose it, import again with --tags '<open>,</close>'."
    )


def _unasked(traces: Sequence[Trace]) -> str:
    n = sum(not trace.prompt.asks for trace in traces)
    if not n:
        return ""
    who = "the trace has" if len(traces) == 1 else f"{n} of {how_many(len(traces), 'trace')} have"
    return f"{who} no prompt, without which rates mean nothing; import again with --prompt FILE to give one."
