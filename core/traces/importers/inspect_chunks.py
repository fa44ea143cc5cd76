"""The samples of an archive, each of one member or, as newer versions of Inspect may write large ones, of many.

Such a sample is a folder: ``sample.json`` has what is small, and its messages, calls, events and attachments stand in
members named by the index of their first entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from core.traces.importers.inspect_archive import Archive, MemberError
from core.traces.importers.inspect_texts import taken

SAMPLES: Final = "samples/"
_SHELL: Final = "/sample.json"
_SEQUENCES: Final = ("messages", "calls", "events", "attachments")
_CHUNK = re.compile(rf"(?P<folder>.*)/(?:{'|'.join(_SEQUENCES)})/(?P<start>\d+)\.json", re.DOTALL)


def samples_of(archive: Archive) -> Iterator[str]:
    """Names of the members that are a sample each, or the first of its folder, each name once, where it stands last."""
    names = [name for name in archive.names if name.startswith(SAMPLES) and name.endswith(".json")]
    folders = {name.removesuffix(_SHELL) for name in names if name.endswith(_SHELL)}
    for name in reversed(dict.fromkeys(reversed(names))):
        if name.endswith(_SHELL) or not any(name.startswith(f"{folder}/") for folder in _folders_of(name) & folders):
            yield name


def read_sample(archive: Archive, name: str) -> Any:
    """The sample that ``name``, one of `samples_of`, is; a folder becomes what one member would hold.

    Raises:
        MemberError: if it, or a member of its folder, cannot be used.
        OSError: if the file cannot be read.
    """
    sample = archive.read(name)
    if not (name.endswith(_SHELL) and isinstance(sample, dict) and "message_refs" in sample):
        return sample
    folder = name.removesuffix(_SHELL)
    archive.check_size(f"{folder}/")
    sequences = {sequence: _sequence(archive, f"{folder}/{sequence}/") for sequence in _SEQUENCES}
    messages = taken(sequences["messages"], sample["message_refs"])
    if messages is None:
        raise MemberError("messages of the sample are not in the archive; copy the file again.")
    metadata = f"{folder}/metadata.json"
    return {
        **sample,
        "metadata": archive.read(metadata) if metadata in archive.names else sample.get("metadata"),
        "messages": messages,
        "events": sequences["events"],
        "events_data": {"messages": sequences["messages"], "calls": sequences["calls"]},
        "attachments": {str(number): text for number, text in enumerate(sequences["attachments"])},
    }


def _folders_of(name: str) -> set[str]:
    parts = name.split("/")
    return {"/".join(parts[:depth]) for depth in range(1, len(parts))}


def _sequence(archive: Archive, prefix: str) -> list[Any]:
    """The entries of all chunks, in the order of their index."""
    starts = sorted(
        int(found["start"])
        for name in dict.fromkeys(archive.names)
        if name.startswith(prefix) and (found := _CHUNK.fullmatch(name))
    )
    entries: list[Any] = []
    for start in starts:
        chunk = archive.read(f"{prefix}{start}.json")
        if start != len(entries) or not isinstance(chunk, list):
            raise MemberError(f"a part of the sample is missing ({prefix}); copy the file again.")
        entries += chunk
    return entries
