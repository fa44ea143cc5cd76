"""Labels of a table, into the database: every row checked against it, and all of them written or none."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.annotation.annotation import IMPORT, NOTHING, Annotation
from core.annotation.gold import is_gold
from core.annotation.label_table import LabelRow
from core.errors import ImportRefusedError
from core.store.codebooks import load_codebooks
from core.store.labels import Change, annotate, load_annotations

if TYPE_CHECKING:
    from sqlite_utils import Database

    from core.annotation.codebook import Codebook


@dataclass(frozen=True)
class ImportedTable:
    """How many labels were new, replaced another, or stood already; if rows were ``refused``, none was written."""

    n_added: int
    n_replaced: int
    n_already: int
    refused: tuple[ImportRefusedError, ...]


def import_labels(
    database: Database, rows: Sequence[LabelRow], codebook: Codebook, *, replaces: bool = False
) -> ImportedTable:
    """Write the labels of a table, unless a row is refused (a job for the writer); undo takes them back as one.

    A row is refused if its trace or sentence is unknown or has another text, if its category is not in the codebook
    it names (or, if that is unknown here, in ``codebook``), and if the annotator has another label there, unless
    that is to be replaced. A label that replaces another counts as imported, without the time that was taken for it.
    """
    checking = _Checking(database.conn, codebook, replaces)
    for row in rows:
        try:
            checking.take(row)
        except _RowError as error:
            checking.refused.append(ImportRefusedError(row.path, str(error), row.line))
    if checking.refused:
        return ImportedTable(0, 0, 0, tuple(checking.refused))
    for (annotator, _), (defining, changes) in checking.changes.items():
        annotate(database, annotator, changes, defining)
    return ImportedTable(checking.n_added, checking.n_replaced, checking.n_already, ())


class _RowError(ValueError):
    """What is wrong with a row, as one sentence."""


@dataclass
class _Checking:
    """Goes through the rows of a table and collects what they change."""

    connection: sqlite3.Connection
    codebook: Codebook
    replaces: bool
    changes: dict[tuple[str, str], tuple[Codebook, list[Change]]] = field(default_factory=dict)
    refused: list[ImportRefusedError] = field(default_factory=list)
    n_added: int = 0
    n_replaced: int = 0
    n_already: int = 0
    _codebooks: dict[str, Codebook] | None = None
    _sentences: dict[str, list[str]] = field(default_factory=dict)
    _held: dict[tuple[str, str], dict[int, Annotation]] = field(default_factory=dict)
    _rows: dict[tuple[str, str, int], LabelRow] = field(default_factory=dict)

    def take(self, row: LabelRow) -> None:
        """Check a row and keep what it changes.

        Raises:
            _RowError: if it cannot be imported.
        """
        self._check_place(row)
        defining = self._named(row) or self.codebook
        row = replace(
            row, category=_known(row.category, defining) or row.category, secondary=_known(row.secondary, defining)
        )
        self._check_annotator(row)
        before = self._before(row)
        after = _after(row, before)
        if after == before:
            self.n_already += 1
            return
        circumstances = row.circumstances
        if before.category is None:
            self.n_added += 1
        elif self.replaces:
            self.n_replaced += 1
            circumstances = replace(circumstances, source=IMPORT, is_blind=False, seconds=None, ordered_by=None)
        else:
            raise _RowError(
                f"{row.annotator!r} has labelled sentence {row.sentence_idx} of {row.trace_id!r} otherwise "
                f"({_words(before)}, here {_words(after)}); correct the row, or let --replace do it."
            )
        _, changes = self.changes.setdefault((row.annotator, defining.id), (defining, []))
        changes.append(Change(row.trace_id, row.sentence_idx, "label", after, circumstances))

    def _check_place(self, row: LabelRow) -> None:
        if row.trace_id not in self._sentences:
            found = self.connection.execute(
                "SELECT text FROM sentences WHERE trace_id = ? ORDER BY idx", [row.trace_id]
            )
            self._sentences[row.trace_id] = [text for (text,) in found]
        sentences = self._sentences[row.trace_id]
        if not sentences:
            raise _RowError(f"no trace {row.trace_id!r} in this database; import it first.")
        if row.sentence_idx >= len(sentences):
            raise _RowError(
                f"no sentence {row.sentence_idx} in {row.trace_id!r}, which ends with {len(sentences) - 1}; "
                "number sentences from 0."
            )
        if row.text is not None and row.text.split() != sentences[row.sentence_idx].split():
            raise _RowError(
                f"sentence {row.sentence_idx} of {row.trace_id!r} is another text in this database; label the sentences"
                " of this one."
            )

    def _check_annotator(self, row: LabelRow) -> None:
        if not row.annotator or is_gold(row.annotator):
            raise _RowError(f"nobody can label as {row.annotator!r}; name an annotator.")
        place = (row.annotator, row.trace_id, row.sentence_idx)
        first = self._rows.setdefault(place, row)
        if first is not row:
            where = f"{first.path}:{first.line}"
            raise _RowError(f"{where} labels this sentence for {row.annotator!r} already; keep one of the two.")

    def _named(self, row: LabelRow) -> Codebook | None:
        """The stored codebook that the row names by id, or else by version; the latest where several have it."""
        if self._codebooks is None:
            self._codebooks = load_codebooks(self.connection)
        if row.codebook_id:
            return self._codebooks.get(row.codebook_id)
        if row.codebook_version in (None, self.codebook.version):
            return None
        return next((one for one in reversed(self._codebooks.values()) if one.version == row.codebook_version), None)

    def _before(self, row: LabelRow) -> Annotation:
        place = (row.trace_id, row.annotator)
        if place not in self._held:
            self._held[place] = load_annotations(self.connection, *place)
        return self._held[place].get(row.sentence_idx, NOTHING)


def _known(category: str | None, codebook: Codebook) -> str | None:
    """A category as the codebook spells it: a spreadsheet may have begun it with a capital.

    Raises:
        _RowError: if the codebook has none of that name.
    """
    names = [one.name for one in codebook.categories]
    if not category or category in names:
        return category
    alike = [name for name in names if name.casefold() == category.casefold()]
    if len(alike) != 1:
        raise _RowError(f"no category {category!r} in codebook {codebook.version!r}; known are {', '.join(names)}.")
    return alike[0]


def _after(row: LabelRow, before: Annotation) -> Annotation:
    """What the annotator holds after the row; what the table has no column for stays."""
    after = before.given(row.category)
    if row.secondary is not None:
        after = replace(after, secondary=row.secondary if row.secondary not in ("", row.category) else None)
    if row.is_unsure is not None:
        after = replace(after, is_unsure=row.is_unsure)
    return after if row.note is None else after.noted(row.note)


def _words(annotation: Annotation) -> str:
    words = [annotation.category or "no label"]
    words += [f"and {annotation.secondary}"] if annotation.secondary else []
    words += ["unsure"] if annotation.is_unsure else []
    return " ".join(words) + (f", noted {annotation.note!r}" if annotation.note else "")
