"""`turnpoint codebook map`: labels that were given under one codebook, written anew under another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import ConfigError
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, print_table, say
from tui.cli.shared import said_after, takes
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from core.annotation.codebook import Codebook
    from core.store.mapping import MappingReport


INSTEAD = {"--to": "--codebook", "--all-annotators": "--annotator"}
"""What takes the place of a shared option."""


@click.command(name="map")
@click.argument("old", metavar="OLD")
@click.option("--to", "file", type=click.Path(path_type=Path), metavar="FILE",
              help="The changed codebook; default: the one that labels are given with now.")  # fmt: skip
@click.option("--pairs", metavar="OLD=NEW,...", help="Which category becomes which; nothing after = takes labels off.")
@click.option("--map", "map_file", type=click.Path(path_type=Path), metavar="FILE",
              help='The same in a file: TOML (old = "new"), or CSV with the columns old,new.')  # fmt: skip
@click.option("--same-names", is_flag=True, help="Categories called the same in both become one another.")
@click.option("--keep", is_flag=True, help="Leave labels of which nothing is said under the old codebook.")
@click.option("--all-annotators", is_flag=True, help="Map everybody's labels, not only --annotator's.")
@click.option("--dry-run", is_flag=True, help="Only say what would be mapped.")
@json_option
@takes("db", "annotator", "codebook")
@click.pass_obj
def map_(
    options: Options,
    old: str,
    file: Path | None,
    pairs: str | None,
    map_file: Path | None,
    same_names: bool,
    keep: bool,
    all_annotators: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write labels that were given under the codebook OLD (its id or version) anew under a changed one.

    Each annotator's are one step, which undo takes back. Unless a category only changed its name, mapped labels count
    as unverified, since nobody has looked at them again.
    """
    from core.annotation.codebook import load_codebook
    from core.annotation.mapping import category_map
    from core.annotation.mapping import same_names as of_same_names
    from core.store.codebooks import find_codebook, load_codebooks
    from core.store.mapping import categories_under, map_labels, preview_mapping

    for name, is_given in (("--to", file is not None), ("--all-annotators", all_annotators)):
        if is_given and said_after(INSTEAD[name]):
            raise ConfigError(f"{name} and {INSTEAD[name]} exclude each other; leave one out.")
    config = options.config()
    new = options.codebook(config) if file is None else load_codebook(file)
    annotators = None if all_annotators else {options.annotator_name(config)}
    said = _pairs(pairs, map_file)
    if not said and not same_names:
        raise ConfigError("nothing says which category becomes which; add --pairs, --map or --same-names.")
    with options.open_store() as store:
        before = find_codebook(load_codebooks(store.read), old)
        occurring = categories_under(store.read, before.id, annotators)
        alike = of_same_names(before, new) if same_names else {}
        chosen = category_map(before, new, alike | said, occurring)
        if dry_run:
            report = preview_mapping(store.read, chosen, annotators, keep=keep)
        else:
            report = store.write(lambda db: map_labels(db, chosen, annotators, keep=keep)).result()
    if as_json:
        print_json({"from": before.id, "to": new.id, "dry_run": dry_run} | _report_json(report))
    else:
        _print_report(report, before, new, "would be mapped" if dry_run else "mapped")


def _pairs(pairs: str | None, file: Path | None) -> dict[str, str]:
    from core.annotation.pairs import load_pairs, read_pairs

    if pairs is not None and file is not None:
        raise ConfigError("--pairs and --map say the same thing; leave one out.")
    if pairs is not None:
        return read_pairs(pairs)
    return {} if file is None else load_pairs(file)


def _report_json(report: MappingReport) -> dict[str, Any]:
    return {"n": report.n, "n_kept": report.n_kept, "mapped": [labels._asdict() for labels in report.mapped]}


def _print_report(report: MappingReport, before: Codebook, new: Codebook, verb: str) -> None:
    if report.mapped:
        rows = [
            (labels.annotator, labels.before, labels.after or "(no label)", str(labels.n), str(labels.n_verified))
            for labels in report.mapped
        ]
        print_table(("annotator", "category", "becomes", "labels", "verified"), rows, right=(3, 4))
    what = f"{how_many(report.n, 'label')} {verb}" if report.n else "nothing to map"
    kept = f"; {how_many(report.n_kept, 'label')} left under the old one" if report.n_kept else ""
    say(f"{what} from {before.title} to {new.title}{kept}")
