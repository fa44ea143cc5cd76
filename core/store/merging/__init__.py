"""Another turnpoint database brought into this one: `merge` does it, `rehearse` says what it would do."""

from core.store.merging.deleted import BroughtBack
from core.store.merging.files import merge, rehearse
from core.store.merging.report import Conflict, MergeReport, Rows

__all__ = ["BroughtBack", "Conflict", "MergeReport", "Rows", "merge", "rehearse"]
