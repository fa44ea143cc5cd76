"""`turnpoint disagreements`: the sentences on which raters differ, as text, JSON or CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import ConfigError, NotFoundError
from tui.cli.completing import complete_traces
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, print_table, say
from tui.cli.shared import takes
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.annotation.disagreement import Disagreement
    from core.annotation.gold import GoldLabel
    from core.store.database import Store

POSITION, WIDEST = "position", "widest"


@click.command()
@click.argument("trace_ids", nargs=-1, metavar="[TRACE]...", shell_complete=complete_traces)
@click.option("--between", metavar="A,B", help="Compare only these raters (of any kind, unless --kinds says which).")
@click.option("--kinds", metavar="KINDS", help="Compare raters of these kinds: human, import, model; default: human.")
@click.option("--open", "only_open", is_flag=True, help="Only those that nobody has decided.")
@click.option("--order", type=click.Choice([POSITION, WIDEST]), default=POSITION, show_default=True,
              help="As they stand in the traces, or most raters and most even split first.")  # fmt: skip
@click.option("--csv", "path", type=click.Path(path_type=Path), metavar="FILE",
              help="Write them into a new file, a row per sentence and rater.")  # fmt: skip
@json_option
@takes("db", "codebook")
@click.pass_obj
def disagreements(
    options: Options,
    trace_ids: tuple[str, ...],
    between: str | None,
    kinds: str | None,
    only_open: bool,
    order: str,
    path: Path | None,
    as_json: bool,
) -> None:
    """List the sentences of each TRACE (default: all) that raters label differently, or that were adjudicated.

    Where only secondary categories differ, the disagreement is partial.
    """
    from core.annotation.deciding import decided
    from core.annotation.disagreement import widest_first
    from core.export.disagreements_table import write_disagreements
    from core.store.gold import load_disagreements
    from core.store.ratings import HUMAN, KINDS

    compared = _listed("--kinds", kinds, KINDS) if kinds else KINDS if between else (HUMAN,)
    raters = _listed("--between", between) if between else None
    with options.open_store() as store:
        _refuse_unknown(store, trace_ids, raters, compared)
        found = load_disagreements(store.read, trace_ids or None, compared, raters)
        shown = [one for one in found if one.is_open or not only_open]
        if order == WIDEST:
            shown = list(widest_first(shown))
        texts = _texts(store, shown)
    if path is not None:
        write_disagreements(path, shown, texts)
    if as_json:
        print_json([_json(one, text) for one, text in zip(shown, texts, strict=True)])
        return
    _print(options, shown, texts)
    n_decided, n = decided(found)
    say(f"{n_decided} of {how_many(n, 'disagreement')} decided." if n else "nothing is disagreed on or adjudicated.")
    if path is not None:
        say(f"wrote {how_many(len(shown), 'sentence')} to {path}")


def _listed(option: str, given: str, known: Sequence[str] = ()) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    wrong = [name for name in names if known and name not in known]
    if wrong:
        raise ConfigError(f"{option}: there is no kind {wrong[0]!r}; give some of {', '.join(known)}.")
    if not known and len(names) < 2:
        raise ConfigError(f"{option}: one rater disagrees with nobody; name two or more, with commas.")
    return names


def _refuse_unknown(store: Store, trace_ids: Sequence[str], raters: Sequence[str] | None, kinds: Sequence[str]) -> None:
    from core.store.ratings import load_ratings
    from core.store.traces import check_known

    check_known(store.read, trace_ids)
    if raters is None:
        return
    there = sorted({rating.rater for rating in load_ratings(store.read, None, kinds)})
    for rater in raters:
        if rater not in there:
            listed = ", ".join(there) or "none"
            raise NotFoundError(f"no rater {rater!r} of kind {' or '.join(kinds)}; there are: {listed}.")


def _texts(store: Store, found: Sequence[Disagreement]) -> list[str]:
    from core.store.traces import sentence_texts

    texts = {name: sentence_texts(store.read, name) for name in dict.fromkeys(one.place.trace_id for one in found)}
    return [texts[one.place.trace_id][one.place.sentence_idx] for one in found]


def _print(options: Options, found: Sequence[Disagreement], texts: Sequence[str]) -> None:
    from tui.views.disagreements import state, tags_by_rater

    if not found:
        return
    codebook = options.codebook(options.config())
    rows = [
        (
            one.place.trace_id,
            str(one.place.sentence_idx),
            state(one),
            one.gold.category if one.gold is not None else "",
            tags_by_rater(one.opinions, codebook),
            text.strip(),
        )
        for one, text in zip(found, texts, strict=True)
    ]
    print_table(("trace", "sentence", "state", "gold", "raters", "text"), rows, right=(1,))


def _json(one: Disagreement, text: str) -> dict[str, Any]:
    from tui.views.disagreements import state

    return {
        "trace_id": one.place.trace_id,
        "sentence_idx": one.place.sentence_idx,
        "state": state(one),
        "extent": one.extent,
        "entropy": one.entropy if one.opinions else None,
        "text": text,
        "opinions": [
            {
                "rater": opinion.rater,
                "kind": opinion.kind,
                "compared": opinion in one.opinions,
                "category": opinion.category,
                "secondary": opinion.secondary,
                "unsure": opinion.is_unsure,
                "note": opinion.note or None,
                "blind": opinion.is_blind,
                "seconds": opinion.seconds,
                "confidence": opinion.confidence,
            }
            for opinion in (*one.opinions, *one.beside)
        ],
        "gold": None if one.gold is None else gold_json(one.gold),
    }


def gold_json(label: GoldLabel) -> dict[str, Any]:
    """A gold label as JSON has it."""
    return {
        "category": label.category,
        "secondary": label.secondary,
        "how": label.how,
        "decided_by": label.decided_by,
        "reason": label.reason or None,
        "n_annotators": label.n_annotators,
        "n_agree": label.n_agree,
        "changed_since": list(label.changed_since),
        "created_at": label.at,
    }
