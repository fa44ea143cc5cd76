"""The one sentence about records that no format knows: which fields they have, and which format comes nearest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from core.traces.importers.description import Description
from core.traces.importers.known import KNOWN, WRAPPED
from core.traces.names import plain_name

_MOST_FIELDS: Final = 12
_OWN: Final = Description("turnpoint's own record", needs=("response",), prompt=("prompt", "messages"))


def fields_found(value: Mapping[str, Any]) -> str:
    """The names of an object's fields, and of the objects in it, fit for a sentence."""
    names = list(_names(value))
    shown = ", ".join(_shown(name) for name in names[:_MOST_FIELDS])
    return shown + (f" and {len(names) - _MOST_FIELDS} more" if len(names) > _MOST_FIELDS else "") or "none"


def why_unrecognised(value: object, n_records: int) -> str:
    """The sentence about ``n_records`` records without a response, of which ``value`` is the first."""
    value = value if isinstance(value, Mapping) else {"messages": value}
    which = "the record has no response" if n_records == 1 else f"{n_records} records have no response"
    nearest = _nearest(value)
    near = (
        f"; the nearest known format is {nearest.name} ({', '.join(names[0] for names in nearest.fields)})"
        if nearest
        else ""
    )
    return (
        f"{which} that is known here, among the fields {fields_found(value)}{near}; "
        "name the fields, as in --fields response=FIELD,reasoning=FIELD,prompt=FIELD."
    )


def _nearest(value: Mapping[str, Any]) -> Description | None:
    """The format that shares the largest part of its fields; None where none shares any."""
    found = {plain_name(name) for name in value}
    shared = {
        kind: sum(not found.isdisjoint(map(plain_name, names)) for names in kind.fields) / len(kind.fields)
        for kind in (_OWN, *WRAPPED, *KNOWN)
        if not kind.refused
    }
    best = max(shared, key=lambda kind: shared[kind])
    return best if shared[best] else None


def _names(value: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in value.items():
        yield name
        if isinstance(inner, Mapping):
            yield from (f"{name}.{below}" for below in inner)


def _shown(name: str) -> str:
    return ascii(name[:40])[1:-1] if not name.isprintable() or len(name) > 40 else name
