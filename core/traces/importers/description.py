"""What a format is, as data: the fields it is recognised by, and where in a record of it everything stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.traces.importers.marks import was_cut
from core.traces.importers.names import first_filled, has, is_filled, look, plain_name
from core.traces.importers.reasoning_beside import REASONING_FIELDS, beside, is_reasoning_name
from core.traces.importers.record import RecordRefusedError, WholeFileError
from core.traces.truncated import TRUNCATED

_NEVER_KEPT: Final = frozenset(
    plain_name(name)
    for name in (
        *("logprobs", "prompt_logprobs", "prompt_token_ids", "token_ids", "output_token_ids", "context"),
        *("prompt_token_ids_list", "completion_token_ids", "cumulative_logprob", "output_ids", "object"),
    )
)
"""Tokens as numbers, and what says the format: they would fill the database and tell nobody anything."""
_SHOWN: Final = ("tier", "prompt_variant", "query")


@dataclass(frozen=True)
class Description:
    """One format of records. Every place is a list of dotted paths, of which the first that is filled counts.

    ``needs`` are the conditions by which it is known, all of them: a path, or ``path=value``. ``prompt`` is a text or
    a list of turns, ``turns`` a conversation that ends with the answer. ``answer`` is a text, a turn, the parts of one
    or several turns. With ``each``, the path of a list, every element is an answer of its own, and ``answer``,
    ``reasoning`` and ``stop`` stand in the element. ``inside`` is where a record of another format is wrapped.
    ``failed`` is where the program says why there is no answer, ``status`` with which code, and ``refused`` what is
    said where it does not say so itself, or why the whole format is not read. ``key``
    names the object in the metadata in which the other fields are kept (``keeps`` of them, if it names any); without
    it they stand in the metadata itself. ``unfold`` makes simpler objects of a record, which the places then mean.
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

    @property
    def fields(self) -> tuple[tuple[str, ...], ...]:
        """The fields of a record that it needs or reads, each with the others that may stand in its place."""
        needed = {condition.partition("=")[0].partition(".")[0] for condition in self.needs}
        in_choice = () if self.each else (self.reasoning or REASONING_FIELDS * self.has_reasoning, self.answer)
        places = [(*self.turns, *self.prompt), *in_choice]
        others = [tuple(dict.fromkeys(path.partition(".")[0] for path in place)) for place in places]
        return (*((name,) for name in sorted(needed)), *(o for o in others if o and needed.isdisjoint(o)))


def described_records(kind: Description, value: Mapping[str, Any], fallback_id: str) -> Iterator[dict[str, Any]]:
    """The records of turnpoint's own that a record of a format comes to; those after the first are numbered.

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
            record = _record(kind, simple, choice, place)
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
        record["prompt"] = str(prompt) if isinstance(prompt, int | float) else prompt
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
        key = next((key for key, inner in metadata.items() if isinstance(inner, dict)), None)
        metadata |= {key: metadata[key] | kept} if key is not None else kept
    else:
        used = {path.partition(".")[0] for path in (kind.inside, *_places(kind), *kind.needs)}
        rest = {name: entry for name, entry in outer.items() if name not in used and is_filled(entry)}
        metadata |= {"log": rest} if rest else {}
    return completed | {"metadata": metadata}


def _kept(kind: Description, value: Mapping[str, Any], place: int, stop: object) -> dict[str, Any]:
    """The metadata: what the record says beyond what the trace has places for."""
    used = {plain_name(path.partition(".")[0]) for path in _places(kind)} | _NEVER_KEPT
    used |= set() if kind.each else {plain_name(name) for name in _beside(value)}
    used |= set() if kind.key else {*map(plain_name, _SHOWN), "id"}
    kept = {name: entry for name, entry in value.items() if plain_name(name) not in used and is_filled(entry)}
    kept |= {name: value[name] for name in kind.keeps if is_filled(value.get(name))}
    if kind.keeps:
        kept = {name: kept[name] for name in kind.keeps if name in kept}
    if kind.each:
        kept["choice"] = place
    if stop is not None:
        kept["finish_reason"] = stop
    marks = {TRUNCATED: True} if was_cut(stop) else {}
    if not kind.key:
        inner = kept.pop("metadata", None)
        return {**(inner if isinstance(inner, dict) else {} if inner is None else {"metadata": inner}), **kept, **marks}
    return ({kind.key: kept} if kept else {}) | marks


def _beside(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that hold reasoning, under a name that is known."""
    return {name: fields[name] for name in fields if is_reasoning_name(name) and beside({name: fields[name]}).text}


def _places(kind: Description) -> tuple[str, ...]:
    """Paths whose fields are read into the trace, and need not be kept as well."""
    in_choice = () if kind.each else kind.answer + kind.reasoning + kind.stop
    return (*in_choice, *kind.prompt, *kind.turns, *kind.system, *kind.model, *kind.query, kind.each)


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
