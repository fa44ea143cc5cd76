"""Labels and decisions on a store, written one by one and waited for."""

from __future__ import annotations

from core.annotation.annotation import Circumstances
from core.annotation.codebook import load_codebook
from core.store.database import Store
from core.store.gold import adjudicate
from core.store.labels import set_label

CODEBOOK = load_codebook()


def label(store: Store, who: str, trace_id: str, index: int, category: str, made: Circumstances | None = None) -> None:
    """Give a sentence a label."""
    store.write(lambda db: set_label(db, who, trace_id, index, category, CODEBOOK, made)).result()


def decide(store: Store, trace_id: str, index: int, category: str, reason: str = "", who: str = "cai") -> None:
    """Adjudicate a sentence."""
    store.write(lambda db: adjudicate(db, who, trace_id, index, category, reason, CODEBOOK)).result()
