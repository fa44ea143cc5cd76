"""What a merge did: rows by table, traces under another id, and what two copies say differently."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from core.store.merging.deleted import BroughtBack


@dataclass(frozen=True)
class Rows:
    """What became of the other file's rows of one table.

    ``added`` are new here, ``already`` were here. ``beside`` are those of the added ones that stand beside something
    of this file: a trace under another id, a rollout or vote under another number, an event under another annotator.
    ``differing`` are those of the others that say something else here, and what this file says stands.
    """

    table: str
    added: int
    already: int
    beside: int
    differing: int


@dataclass(frozen=True)
class Conflict:
    """What one annotator says differently in both files, of a sentence or of a rollout's behavior.

    ``here`` and ``there`` are what stands in each file, in words; that of the other file is now ``kept_as``'s.
    """

    annotator: str
    kept_as: str
    trace_id: str
    sentence_idx: int | None
    rollout_id: int | None
    behavior: str | None
    here: str
    there: str


@dataclass(frozen=True)
class MergeReport:
    """What the merge of one file did; ``source`` is its name without folders.

    ``renamed`` maps the other file's traces that differ from one here, by id, to the ids under which they are kept.
    ``queues_left`` are queues of work, which are not merged. ``brought_back`` is what had been deleted here.
    """

    source: str
    rows: tuple[Rows, ...]
    renamed: dict[str, str]
    conflicts: tuple[Conflict, ...]
    queues_left: int
    brought_back: tuple[BroughtBack, ...] = ()

    @property
    def n_added(self) -> int:
        """Rows added, of all tables."""
        return sum(rows.added for rows in self.rows)

    def as_json(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self)


@dataclass
class Tally:
    """A report while it is being made."""

    added: Counter[str] = field(default_factory=Counter)
    already: Counter[str] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)
    differing: Counter[str] = field(default_factory=Counter)
    tables: dict[str, None] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def count(self, table: str, is_added: bool) -> None:
        """Count one row."""
        self.tables[table] = None
        (self.added if is_added else self.already)[table] += 1

    def report(self, source: str, queues_left: int) -> MergeReport:
        """What was counted, tables in the order in which they were met."""
        counters = (self.added, self.already, self.beside, self.differing)
        rows = tuple(Rows(name, *(counter[name] for counter in counters)) for name in self.tables)
        return MergeReport(source, rows, dict(self.renamed), tuple(self.conflicts), queues_left)
