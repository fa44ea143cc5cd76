"""Writing the labels of one codebook anew under another, as one step of each annotator that undo takes back."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from core.annotation.annotation import Annotation, Circumstances
from core.annotation.mapping import CategoryMap
from core.errors import ConfigError
from core.store.codebooks import LabelPlace, labels_under
from core.store.labels import Change, load_annotations, load_circumstances, rewrite

if TYPE_CHECKING:
    from sqlite_utils import Database


class MappedLabels(NamedTuple):
    """Labels of one annotator that are mapped alike; ``after`` is None where they are taken off."""

    annotator: str
    before: str
    after: str | None
    n: int
    n_verified: int


@dataclass(frozen=True)
class MappingReport:
    """What a mapping does: to which labels, and how many it leaves under the old codebook."""

    mapped: tuple[MappedLabels, ...]
    n_kept: int

    @property
    def n(self) -> int:
        """Labels that are written anew."""
        return sum(labels.n for labels in self.mapped)


class _Held(NamedTuple):
    place: LabelPlace
    before: Annotation
    made: Circumstances


def categories_under(
    connection: sqlite3.Connection, codebook_id: str, annotators: Collection[str] | None
) -> dict[str, int]:
    """How many labels of these annotators (None: of all) that stand have each category, as the first or the second."""
    held = _held(connection, codebook_id, annotators)
    return dict(Counter(name for one in held for name in (one.before.category, one.before.secondary) if name))


def preview_mapping(
    connection: sqlite3.Connection,
    category_map: CategoryMap,
    annotators: Collection[str] | None,
    *,
    keep: bool = False,
) -> MappingReport:
    """What `map_labels` would do now.

    Raises:
        ConfigError: where that would refuse.
    """
    held = list(_held(connection, category_map.old.id, annotators))
    if not keep:
        refuse_unmapped(category_map, (one.before for one in held))
    return _report(category_map, held)


def map_labels(
    database: Database, category_map: CategoryMap, annotators: Collection[str] | None, *, keep: bool = False
) -> MappingReport:
    """Write the labels of these annotators (None: of all) anew under the new codebook (a job for the writer).

    Each annotator's are one step. With ``keep``, labels of which the map says nothing stay under the old codebook.

    Raises:
        ConfigError: if the map says nothing of some labels, and they are not to be kept; nothing is written then.
    """
    held = list(_held(database.conn, category_map.old.id, annotators))
    if not keep:
        refuse_unmapped(category_map, (one.before for one in held))
    for annotator, labels in groupby(held, key=lambda one: one.place.annotator):
        changes = [change for one in labels for change in _rewritten(category_map, one)]
        if changes:
            rewrite(database, annotator, changes, category_map.new)
    return _report(category_map, held)


def refuse_unmapped(category_map: CategoryMap, annotations: Iterable[Annotation]) -> None:
    """Refuse a map that says nothing of some of these labels.

    Raises:
        ConfigError: naming the categories, with their numbers of labels.
    """
    missing = Counter(name for annotation in annotations for name in category_map.unmapped(annotation))
    if missing:
        named = ", ".join(f"{name} ({n})" for name, n in missing.most_common())
        what = (
            "map them, with --same-names those called the same in both, or leave their labels as they are with --keep"
        )
        raise ConfigError(f"nothing is said of these categories of {category_map.old.title}: {named}; {what}.")


def _held(connection: sqlite3.Connection, codebook_id: str, annotators: Collection[str] | None) -> Iterator[_Held]:
    places = labels_under(connection, codebook_id, annotators)
    for (annotator, trace_id), group in groupby(places, key=lambda place: (place.annotator, place.trace_id)):
        annotations = load_annotations(connection, trace_id, annotator)
        made = load_circumstances(connection, trace_id, annotator)
        for place in group:
            yield _Held(place, annotations[place.sentence_idx], made[place.sentence_idx])


def _rewritten(category_map: CategoryMap, held: _Held) -> Iterator[Change]:
    after = category_map.after(held.before)
    if after is not None:
        kind = "clear" if after.category is None else "label"
        made = category_map.circumstances(held.before, held.made)
        yield Change(held.place.trace_id, held.place.sentence_idx, kind, after, made)


def _report(category_map: CategoryMap, held: Collection[_Held]) -> MappingReport:
    n: Counter[tuple[str, str, str | None]] = Counter()
    verified: Counter[tuple[str, str, str | None]] = Counter()
    for one in held:
        after = category_map.after(one.before)
        if after is not None:
            assert one.before.category is not None
            which = (one.place.annotator, one.before.category, after.category)
            n[which] += 1
            verified[which] += (
                after.category is not None and category_map.circumstances(one.before, one.made).is_verified
            )
    return MappingReport(tuple(MappedLabels(*which, n[which], verified[which]) for which in n), len(held) - n.total())
