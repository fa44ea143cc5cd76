"""A sentence of a trace, by its names."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Sentence ``sentence_idx`` of a trace: what one annotates, and what raters agree on or not."""

    trace_id: str
    sentence_idx: int
