"""The part of `turnpoint import` that reads tables of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import ImportRefusedError
from tui.cli.options import Options
from tui.views.numbers import how_many


@dataclass(frozen=True)
class LabelsImported:
    """What became of the rows of tables of labels; ``n_empty`` of them have no category."""

    n_added: int
    n_replaced: int
    n_already: int
    n_empty: int
    refused: tuple[ImportRefusedError, ...]

    def as_json(self) -> dict[str, int]:
        """The counts, for scripts."""
        return {
            "added": self.n_added,
            "replaced": self.n_replaced,
            "already_there": self.n_already,
            "empty": self.n_empty,
        }

    def as_sentence(self, db: Path) -> str:
        """One line for a person."""
        if self.refused:
            return f"imported no labels; refused {how_many(len(self.refused), 'row')} (above)"
        apart = [
            f"{n} {what}"
            for n, what in [
                (self.n_replaced, "in place of another"),
                (self.n_already, "there already"),
                (self.n_empty, "rows without a category"),
            ]
            if n
        ]
        written = how_many(self.n_added + self.n_replaced, "label")
        return f"imported {written} into {db}" + (f"; {', '.join(apart)}" if apart else "")


def import_tables(options: Options, paths: Sequence[Path], replaces: bool) -> LabelsImported:
    """Write the labels of all tables, or none of them where a row is refused."""
    from core.annotation.label_table import LabelRow, read_label_table
    from core.store.label_import import import_labels

    rows: list[LabelRow] = []
    refused: list[ImportRefusedError] = []
    n_empty = 0
    for path in paths:
        try:
            table = read_label_table(path)
        except ImportRefusedError as refusal:
            refused.append(refusal)
            continue
        rows += table.rows
        refused += table.refused
        n_empty += table.n_empty
    if refused:
        return LabelsImported(0, 0, 0, n_empty, tuple(refused))
    codebook = options.codebook(options.config())
    with options.open_store() as store:
        found = store.write(lambda database: import_labels(database, rows, codebook, replaces=replaces)).result()
    return LabelsImported(found.n_added, found.n_replaced, found.n_already, n_empty, found.refused)
