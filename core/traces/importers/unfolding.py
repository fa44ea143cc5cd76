"""Records whose answers lie in a graph or a history, each as plain conversations that end with an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.traces.names import look


def episodes(episode: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The traces of a verifiers episode, each by the branch on which its model answered last.

    A node of a trace is a message that names its parent; what the model did not write, it was given.
    """
    traces = episode.get("traces")
    for trace in traces if isinstance(traces, list) else [episode]:
        nodes = [node for node in _list(look(trace, "nodes")) if isinstance(node, dict)]
        answers = [i for i, node in enumerate(nodes) if look(node, "message.role") == "assistant"]
        sampled = [i for i in answers if nodes[i].get("sampled") is True] or answers
        last = sampled[-1] if sampled else None
        call = next((call for call in reversed(_list(look(trace, "calls"))) if look(call, "node") == last), None)
        yield {
            "id": look(trace, "id") or episode.get("id"),
            "messages": [nodes[i].get("message") for i in _path(nodes, last)],
            "model": look(call, "model")
            or look(trace, "agent.config.model")
            or look(trace, "agent.config.client.model"),
            "finish_reason": look(call, "finish_reason"),
            "sampling": look(call, "sampling") or look(trace, "agent.config.sampling"),
            "task": look(trace, "task.data") or look(episode, "task.data"),
            "rewards": look(trace, "rewards"),
            "metrics": look(trace, "metrics"),
            "stop_condition": look(trace, "stop_condition"),
            "errors": look(trace, "errors") or episode.get("errors"),
        }


def audits(transcript: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the target of a Petri audit saw and said, up to its last answer: as messages, or else from the events."""
    described = transcript.get("metadata")
    turns = transcript.get("target_messages") or _seen_by_target(_list(transcript.get("events")))
    answered = [i for i, turn in enumerate(_list(turns)) if look(turn, "role") == "assistant"]
    yield {
        **{name: value for name, value in transcript.items() if name not in {"metadata", "events", "messages"}},
        **(described if isinstance(described, dict) else {}),
        "target_messages": _list(turns)[: answered[-1] + 1] if answered else [],
    }


def preferences(pair: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The chosen and the rejected answer of a preference pair, each told in the metadata."""
    rest = {name: value for name, value in pair.items() if name not in {"chosen", "rejected"}}
    for which in ("chosen", "rejected"):
        yield rest | {"answer": pair[which], "preference": which}


def instructed(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The record itself, with the input that an instruction is about after the instruction, as one text."""
    asked, about = record.get("instruction"), record.get("input")
    if isinstance(asked, str) and isinstance(about, str) and asked.strip() and about.strip():
        yield {**record, "instruction": f"{asked}\n\n{about}", "input": None}
    else:
        yield record


def attempts(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The attempts of the models of s1K-1.1, whose names begin the names of the fields."""
    whose = [who for who in ("deepseek", "gemini") if record.get(f"{who}_attempt")]
    named = ("thinking_trajectory", "attempt")
    rest = {k: v for k, v in record.items() if not any(k == f"{who}_{name}" for who in whose for name in named)}
    for who in whose:
        yield rest | {"model": who, **{name: record.get(f"{who}_{name}") for name in named}}


def _seen_by_target(events: Sequence[Any]) -> list[Any]:
    turns: list[Any] = []
    for event in events:
        view, edit = look(event, "view"), look(event, "edit")
        if not (isinstance(view, str | list) and "target" in view and isinstance(edit, dict)):
            continue
        if edit.get("operation") == "reset":
            turns = list(_list(edit.get("new_messages")))
        elif edit.get("operation") == "rollback" and isinstance(count := edit.get("count"), int) and count > 0:
            turns = turns[:-count]
        elif isinstance(edit.get("message"), dict):
            turns.append(edit["message"])
    return turns


def _path(nodes: Sequence[Mapping[str, Any]], last: int | None) -> list[int]:
    """The nodes from the root to ``last``; a parent comes before its child, so no path is endless."""
    path: list[int] = []
    while isinstance(last, int) and 0 <= last < len(nodes) and (not path or last < path[-1]):
        path.append(last)
        last = nodes[last].get("parent")
    return path[::-1]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
