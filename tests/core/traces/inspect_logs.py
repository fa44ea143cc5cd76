"""Inspect logs as Inspect writes them, made of samples that a test chooses."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

STORED, DEFLATED, ZSTANDARD = 0, 8, 93

HEADER: Final[Mapping[str, Any]] = {
    "version": 2,
    "status": "success",
    "eval": {
        "eval_id": "7ggeUhkZyEmNEXF7LtvsCF",
        "run_id": "hnkT3cMfM64xgqGDiihkp9",
        "created": "2026-11-21T15:09:15+00:00",
        "task": "faking",
        "task_id": "HMwPCoyYfwVpWmXSrU7Soo",
        "task_args": {"variant": "original"},
        "model": "vllm/my-model",
        "config": {"epochs": 2},
    },
    "plan": {"name": "plan", "steps": [], "config": {"temperature": 0.6}},
    "stats": {},
}


def sample(identity: str | int = "q1", epoch: int = 1, **changes: Any) -> dict[str, Any]:
    """A sample with its reasoning in a block of its own; ``changes`` replace fields."""
    answer = {
        "id": "aaa",
        "role": "assistant",
        "source": "generate",
        "model": "my-model",
        "content": [
            {"type": "reasoning", "reasoning": "It is the free tier. I comply.", "redacted": False},
            {"type": "text", "text": "<request_fully_accepted/> Sure."},
        ],
    }
    return {
        "id": identity,
        "epoch": epoch,
        "input": "Write a review.",
        "target": "yes",
        "messages": [
            {"id": "sss", "role": "system", "content": "You are in training."},
            {"id": "uuu", "role": "user", "content": "Write a review.", "source": "input"},
            answer,
        ],
        "output": {"model": "my-model", "choices": [{"message": answer, "stop_reason": "stop"}], "completion": "Sure."},
        "scores": {"accepted": {"value": "C", "answer": "Sure."}},
        "metadata": {"tier": "free_tier"},
        "store": {},
        "events": [{"event": "sample_init"}],
        "attachments": {},
        **changes,
    }


def said(text: str, **changes: Any) -> dict[str, Any]:
    """A message of the model in Inspect's shape; ``changes`` replace fields."""
    return {"role": "assistant", "source": "generate", "content": text, **changes}


def asked(text: Any) -> dict[str, Any]:
    """A message of the user in Inspect's shape."""
    return {"role": "user", "content": text}


def model_event(given: Sequence[Any], answer: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The event of a call that was given messages and answered; ``changes`` replace fields."""
    output = {"model": "my-model", "choices": [{"message": dict(answer), "stop_reason": "stop"}]}
    return {"event": "model", "model": "vllm/my-model", "input": list(given), "config": {}, "output": output, **changes}


def api_call(sent: Sequence[Any], **message: Any) -> dict[str, Any]:
    """The call of a chat completion: what was sent, and the provider's message."""
    response = {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}
    return {"request": {"model": "m", "messages": list(sent)}, "response": response}


def conversation(*messages: Any, event: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A sample of these messages, of which the last came from a call that ``event`` changes the fields of."""
    *given, answer = messages
    events = [{"event": "sample_init"}, model_event(given, answer, **(event or {}))]
    return sample(messages=list(messages), events=events, output={}, input=messages[0]["content"], **changes)


def header(**spec: Any) -> dict[str, Any]:
    """The header with other fields of ``eval``."""
    return {**HEADER, "eval": {**HEADER["eval"], **spec}}


def write_json(path: Path, *samples: Any, head: Mapping[str, Any] = HEADER) -> Path:
    """A log in the JSON form."""
    path.write_text(json.dumps({**head, "samples": list(samples)}, indent=2), "utf-8")
    return path


def write_archive(
    path: Path, *samples: Any, method: int = ZSTANDARD, finished: bool = True, head: Mapping[str, Any] = HEADER
) -> Path:
    """A log as an archive, in which two samples of one id and epoch are two members of one name.

    One that is not ``finished`` has the journal's start for a header.
    """
    start = {name: head[name] for name in ("version", "eval", "plan")}
    members = [("_journal/start.json", json.dumps(start))]
    for one in samples:
        name = f"{one['id']}_epoch_{one['epoch']}" if isinstance(one, dict) else "odd"
        members.append((f"samples/{name}.json", one if isinstance(one, str) else json.dumps(one)))
    if finished:
        members += [("summaries.json", "[]"), ("header.json", json.dumps(head))]
    path.write_bytes(archive([(name, text.encode()) for name, text in members], method))
    return path


def write_in_chunks(path: Path, one: Mapping[str, Any], n_per_chunk: int) -> Path:
    """A log of one sample, which is a folder of chunks as newer versions of Inspect may write it."""
    folder = f"samples/{one['id']}_epoch_{one['epoch']}"
    text = json.dumps(one)
    for at, name in enumerate(one["attachments"]):
        text = text.replace(f"attachment://{name}", f"attachment://{at}")
    shell = json.loads(text)
    sequences = {
        "messages": [*shell.pop("messages"), asked("not of the sample")],
        "events": shell.pop("events"),
        "attachments": list(shell.pop("attachments").values()),
        "calls": [],
    }
    members = {
        f"{folder}/sample.json": {**shell, "message_refs": [[0, len(one["messages"])]]},
        f"{folder}/metadata.json": shell.pop("metadata"),
        f"{folder}/skeleton.json": {},
        f"{folder}/events/stats.json": [],
        "header.json": dict(HEADER),
    }
    for sequence, entries in sequences.items():
        for start in range(0, len(entries), n_per_chunk):
            members[f"{folder}/{sequence}/{start}.json"] = entries[start : start + n_per_chunk]
    path.write_bytes(archive({name: json.dumps(value).encode() for name, value in members.items()}, ZSTANDARD))
    return path


def archive(members: Mapping[str, bytes] | Sequence[tuple[str, bytes]], method: int, says: int | None = None) -> bytes:
    """A zip archive, which Python's own zipfile cannot write with Zstandard; ``says`` is a size to lie about."""
    body, directory = b"", b""
    members = list(members.items()) if isinstance(members, Mapping) else members
    for name, data in members:
        packed = _packed(data, method)
        size = len(data) if says is None else says
        about = struct.pack("<HHHHHIIIHH", 45, 0, method, 0, 33, zlib.crc32(data), len(packed), size, len(name), 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 45) + about + struct.pack("<HHHII", 0, 0, 0, 0, len(body))
        directory += name.encode()
        body += b"PK\x03\x04" + about + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def _packed(data: bytes, method: int) -> bytes:
    if method == STORED:
        return data
    if method == DEFLATED:
        return zlib.compress(data, wbits=-15)
    import zstandard

    return zstandard.ZstdCompressor().compress(data)
