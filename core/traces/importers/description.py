"""What a format is, as data: the fields it is recognised by, and where in a record of it everything stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from core.traces.importers.marks import is_cut_off
from core.traces.importers.record import RecordRefusedError, WholeFileError
from core.traces.names import first_filled, has, is_filled, look, plain_name
from core.traces.reasoning_beside import REASONING_FIELDS, beside, is_reasoning_name
from core.traces.truncated import TRUNCATED

_NEVER_KEPT: Final = frozenset(
    plain_name(name)
    for name in (
        *("logprobs", "prompt_logprobs", "prompt_token_ids", "token_ids", "output_token_ids", "context"),
        *("completion_token_ids", "output_ids", "input_ids"),
    )
)
"""Lists of tokens as numbers, which would fill the database and tell nobody anything."""
_SHOWN: Final = ("tier", "prompt_variant", "query")


@dataclass(frozen=True)
class Description:
    """One format of records. Every place is a list of dotted paths, of which the first that is filled counts.

    ``needs`` are the conditions by which it is known, all of them: a path, or ``path=value``. ``prompt`` is a text or
    a list of turns, ``turns`` a conversation that ends with the answer. ``answer`` is a text, a turn, the parts of one
    or several turns. With ``each``, the path of a list, every element is an answer of its own, and ``answer``,
    ``reasoning`` and ``stop`` stand in the element. ``inside`` is where a record of another format is wrapped.
    ``failed`` is where the program says why there is no answer, ``status`` with which code, and ``refused`` what is
    said where it does not say so itself, or why the whole format is not read. All that is read for none of these is
    kept in the metadata, in an object called ``key`` if there is one; of some formats it is only ``keeps``. ``unfold``
    makes simpler objects of a record, which the places then mean.
    """

    name: str
    needs: tuple[str, ...]
    unless: tuple[str, ...] = ()
    has_reasoning: bool = False
    answer: tuple[str, ...] = ()
    reasoning: tuple[str, ...] = ()
    prompt: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    each: str = ""
    id: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    inside: str = ""
    failed: tuple[str, ...] = ()
    status: str = ""
    refused: str = ""
    key: str = ""
    keeps: tuple[str, ...] = ()
    unfold: Callable[[Mapping[str, Any]], Iterator[Mapping[str, Any]]] | None = None

    def knows(self, value: Mapping[str, Any]) -> bool:
        """Whether a record is of this format."""
        return (
            all(has(value, condition) for condition in self.needs)
            and not any(has(value, condition) for condition in self.unless)
            and (not self.has_reasoning or bool(beside(value).text.strip()))
        )

    @cached_property
    def roots(self) -> frozenset[str]:
        """Plain names of the fields that a record of this format has."""
        return frozenset(plain_name(condition.partition("=")[0].partition(".")[0]) for condition in self.needs)

    @property
    def fields(self) -> tuple[tuple[str, ...], ...]:
        """The fields of a record that it needs or reads, each with the others that may stand in its place."""
        needed = {condition.partition("=")[0].partition(".")[0] for condition in self.needs}
        in_choice = () if self.each else (self.reasoning or REASONING_FIELDS * self.has_reasoning, self.answer)
        places = [(*self.turns, *self.prompt), *in_choice]
        others = [tuple(dict.fromkeys(path.partition(".")[0] for path in place)) for place in places]
        return (*((name,) for name in sorted(needed)), *(o for o in others if o and needed.isdisjoint(o)))


def knowing(kinds: Iterable[Description], value: Mapping[str, Any]) -> Iterator[Description]:
    """The formats that know a record, in their order."""
    names = {plain_name(name) for name in value}
    return (kind for kind in kinds if kind.roots <= names and kind.knows(value))


def described_records(
    kind: Description, value: Mapping[str, Any], fallback_id: str
) -> Iterator[dict[str, Any] | RecordRefusedError]:
    """The records of turnpoint's own that a record of a format comes to; those after the first are numbered.

    An answer that is missing is a refusal in its place.

    Raises:
        RecordRefusedError: if it holds no answer, or the format is not read at all.
    """
    if kind.refused:
        raise WholeFileError(kind.refused)
    number = 0
    for simple in kind.unfold(value) if kind.unfold else (value,):
        choices = look(simple, kind.each) if kind.each else [simple]
        for place, choice in enumerate(choices if isinstance(choices, list) else []):
            number += 1
            try:
                record = _record(kind, simple, choice, place)
            except RecordRefusedError as refusal:
                yield refusal
                continue
            identity = record.pop("id", None)
            identity = fallback_id if identity is None else identity
            yield record | {"id": identity if number == 1 else f"{identity}-{number}"}
    if not number:
        raise _no_answer(kind, value)


def _record(kind: Description, value: Mapping[str, Any], choice: Any, place: int) -> dict[str, Any]:
    conversation = first_filled(value, kind.turns)
    answer, reasoning = first_filled(choice, kind.answer), first_filled(choice, kind.reasoning)
    if conversation is None and answer is None and reasoning is None:
        raise _no_answer(kind, value)
    stop = first_filled(choice, kind.stop)
    record: dict[str, Any] = {
        "id": _scalar(first_filled(value, kind.id)),
        "system": first_filled(value, kind.system),
        "model": _text(first_filled(value, kind.model)),
        "query": _text(first_filled(value, kind.query)),
        "reasoning": reasoning,
        "metadata": _kept(kind, value, place, stop),
        **_beside(choice if isinstance(choice, Mapping) and not reasoning else {}),
        **({} if kind.key else {name: value[name] for name in _SHOWN if isinstance(value.get(name), str)}),
    }
    record |= {"messages": conversation} if answer is None and conversation is not None else {"response": answer or ""}
    if "response" in record:
        prompt = conversation if conversation is not None else first_filled(value, kind.prompt)
        record["prompt"] = prompt
    return {name: entry for name, entry in record.items() if entry is not None}


def wrapped_record(
    kind: Description, outer: Mapping[str, Any], record: Mapping[str, Any], number: int
) -> dict[str, Any]:
    """A record of turnpoint's own, completed by what the object around it says: its name, and what was asked."""
    completed = dict(record)
    identity = _scalar(first_filled(outer, kind.id))
    if identity is not None:
        completed["id"] = identity if number == 1 else f"{identity}-{number}"
    if completed.keys().isdisjoint(("prompt", "messages")):
        prompt = first_filled(outer, kind.turns + kind.prompt)
        completed |= {"prompt": prompt} if prompt is not None else {}
    for name, value in (("system", first_filled(outer, kind.system)), ("model", first_filled(outer, kind.model))):
        if value is not None and completed.get(name) is None:
            completed[name] = value
    metadata = dict(completed.get("metadata") or {})
    if kind.keeps:
        kept = {name: outer[name] for name in kind.keeps if is_filled(outer.get(name))}
        # Where batches have always had it.
        metadata |= {"chat_output": metadata["chat_output"] | kept} if "chat_output" in metadata else kept
    else:
        rest = _without(outer, [kind.inside, *_read_from(kind, outer)])
        metadata |= {"log": rest} if rest else {}
    return completed | {"metadata": metadata}


def _kept(kind: Description, value: Mapping[str, Any], place: int, stop: object) -> dict[str, Any]:
    """The metadata: what the record says beyond what the trace has places for."""
    if kind.keeps:
        kept = {name: value[name] for name in kind.keeps if is_filled(value.get(name))}
    else:
        in_choice = () if kind.each else (kind.answer, kind.reasoning, kind.stop)
        read = [*_read_from(kind, value), *_chosen(value, in_choice), kind.each]
        read += [] if kind.each else list(_beside(value))
        read += [] if kind.key else [*_SHOWN, "id"]
        kept = _without(value, read)
    if kind.each:
        kept["choice"] = place
    if stop is not None:
        kept["finish_reason"] = stop
    marks = {TRUNCATED: True} if is_cut_off(stop) else {}
    if kind.key:
        return ({kind.key: kept} if kept else {}) | marks
    inner = kept.pop("metadata", None)
    return {**(inner if isinstance(inner, dict) else {} if inner is None else {"metadata": inner}), **kept, **marks}


def _read_from(kind: Description, value: Mapping[str, Any]) -> list[str]:
    """The paths from which the prompt and what is shown of a record are read."""
    asked = kind.turns if first_filled(value, kind.turns) is not None else kind.prompt
    return _chosen(value, (asked, kind.system, kind.model, kind.query))


def _chosen(value: Mapping[str, Any], places: Iterable[tuple[str, ...]]) -> list[str]:
    found = (next((path for path in place if is_filled(look(value, path))), None) for place in places)
    return [path for path in found if path]


def _without(value: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """A copy of an object without what stands at some paths, what is empty, and tokens as numbers."""
    below: dict[str, list[str]] = {}
    for path in paths:
        name, _, rest = path.partition(".")
        below.setdefault(plain_name(name), []).append(rest)
    kept = {}
    for name, entry in value.items():
        rests = below.get(plain_name(name), [])
        if "" in rests or (plain_name(name) in _NEVER_KEPT and isinstance(entry, list | dict)):
            continue
        entry = _without(entry, rests) if rests and isinstance(entry, Mapping) else entry
        if rests and isinstance(entry, list):
            listed = {str(place): inner for place, inner in enumerate(entry)}
            entry = list(_without(listed, rests).values())
        if is_filled(entry):
            kept[name] = entry
    return kept


def _beside(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that hold reasoning, under a name that is known."""
    return {name: fields[name] for name in fields if is_reasoning_name(name) and beside({name: fields[name]}).text}


def _no_answer(kind: Description, value: Mapping[str, Any]) -> RecordRefusedError:
    said = failure(kind, value)
    if said:
        return RecordRefusedError(f"the request was not answered ({said!a}); leave it out or ask again.")
    return RecordRefusedError(f"it looks like {kind.name}, but holds no answer; give one that was answered.")


def failure(kind: Description, value: Mapping[str, Any]) -> str:
    """What a record says of why it holds no answer; blank where it says nothing."""
    said = first_filled(value, kind.failed)
    if isinstance(said, Mapping):
        said = said.get("message") or said.get("type") or said.get("code")
    status = look(value, kind.status) if kind.status else None
    return "" if said is None else f"{status}: {said}"[:200] if isinstance(status, int) else str(said)[:200]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _scalar(value: object) -> str | int | float | None:
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None
