"""`turnpoint gold`: how many sentences have a gold label, where it comes from, and what is left to decide."""

from __future__ import annotations

from dataclasses import asdict, astuple

import click

from tui.cli.options import Options
from tui.cli.output import json_option, print_json, print_table, say
from tui.cli.shared import takes


@click.command()
@json_option
@takes("db")
@click.pass_obj
def gold(options: Options, as_json: bool) -> None:
    """Count the gold labels of each trace: adjudicated, agreed on by all of two or more annotators, and still open."""
    from core.annotation.deciding import GoldCounts, count_gold
    from core.store.gold import load_all_gold, load_disagreements

    with options.open_store() as store:
        labels = load_all_gold(store.read)
        counts = count_gold(labels, load_disagreements(store.read))
    total = (
        GoldCounts(*map(sum, zip(*(astuple(one) for one in counts.values()), strict=True))) if counts else GoldCounts()
    )
    if as_json:
        from tui.cli.disagreements import gold_json

        listed = [
            {"trace_id": place.trace_id, "sentence_idx": place.sentence_idx} | gold_json(label)
            for place, label in labels.items()
        ]
        print_json({"total": asdict(total), "traces": {n: asdict(c) for n, c in counts.items()}, "labels": listed})
        return
    if not counts:
        say("no gold labels yet: they need a second annotator, or `turnpoint adjudicate`.")
        return
    header = ("trace", "adjudicated", "agreed", "open", "partial", "changed since")
    rows = [(name, *map(str, astuple(one))) for name, one in counts.items()]
    print_table(header, [*rows, ("all", *map(str, astuple(total)))], right=(1, 2, 3, 4, 5))
    if total.n_open:
        say("`turnpoint disagreements --open` lists what is open; X in the app walks through it.")
