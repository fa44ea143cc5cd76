"""Records of other programs, each written as records of turnpoint's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from core.traces.importers import alignment_results
from core.traces.importers.description import Description, described_records, failure, knowing, wrapped_record
from core.traces.importers.known import KNOWN, WRAPPED
from core.traces.importers.record import KNOWN_FIELDS, RecordRefusedError
from core.traces.importers.rendered import unrendered
from core.traces.names import look, plain_name

_OWN: Final = ("response", "messages")

DIALECTS: Final = (
    (alignment_results.is_result, alignment_results.records_of_result),
    (alignment_results.is_query_record, alignment_results.records_of_query),
)
"""Formats of which the folders of the file say something too: the first knows a record, the second writes it."""


def own_records(value: Any, path: Path, fallback_id: str) -> Iterator[Any]:
    """What a value of the file ``path`` comes to in turnpoint's own records; what nobody recognises is one already.

    ``fallback_id`` is what the value is called where it has no name.

    Raises:
        RecordRefusedError: if it is of a kind that is known, but holds no response.
    """
    for record in _own_records(value, path, fallback_id):
        yield unrendered(record) if isinstance(record, dict) else record


def _own_records(value: Any, path: Path, fallback_id: str) -> Iterator[Any]:
    if isinstance(value, list) and value and all(isinstance(turn, dict) and "role" in turn for turn in value):
        yield {"messages": value}
        return
    if isinstance(value, dict):
        for recognise, rewrite in DIALECTS:
            if recognise(value):
                yield from rewrite(value, path, fallback_id)
                return
        for kind in knowing(WRAPPED, value):
            inside = _inside(kind, value)
            if inside is not None:
                records = _own_records(inside, path, fallback_id)
                for number, record in enumerate(records, start=1):
                    yield wrapped_record(kind, value, record, number) if isinstance(record, Mapping) else record
                return
        for kind in knowing(KNOWN, value):
            yield from described_records(kind, value, fallback_id)
            return
        yield _spelled(value)
        return
    yield value


def _spelled(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record of turnpoint's own whose fields may differ in case and separators, as those of a table do."""
    missing = {plain_name(name): name for name in (*KNOWN_FIELDS, "text") if name not in record}
    return {
        name if name in KNOWN_FIELDS else missing.pop(plain_name(name), name): inner for name, inner in record.items()
    }


def _inside(kind: Description, value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The record that is wrapped in ``value``; None if there is none that is known, and no failure either."""
    inner = look(value, kind.inside)
    if isinstance(inner, dict):
        if any(knowing((*WRAPPED, *KNOWN), inner)) or not inner.keys().isdisjoint(_OWN):
            return inner
        if "content" in inner:
            return {"response": inner}
    if isinstance(inner, str):
        return {"response": inner}
    said = failure(kind, value) or kind.refused
    if said:
        raise RecordRefusedError(f"the request was not answered ({said!a}); leave it out or ask again.")
    return None
