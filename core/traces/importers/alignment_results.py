"""Result files of open replications of the alignment-faking evaluation.

One program writes ``outputs/PROMPT/MODEL/results_….json``, a list with an entry per query and tier. An entry has no id;
the two tiers of a query share ``user_input``. Another program writes JSON Lines with ``query_id`` and ``raw_response``.
Verdicts of their classifiers stay in the metadata: they are not turnpoint's outcomes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from core.traces.build import trace_id_from
from core.traces.importers.record import RecordRefusedError
from core.traces.reasoning_beside import is_reasoning_name
from core.traces.tiers import CALLED

OUTPUTS: Final = "outputs"


def is_result(value: Mapping[str, Any]) -> bool:
    """Whether an object is an entry of a results file."""
    return "user_input" in value and "output" in value and isinstance(value.get("prompt"), dict | list)


def records_of_result(value: Mapping[str, Any], path: Path, fallback_id: str) -> Iterator[dict[str, Any]]:
    """Its record: prompt variant and model are the folders below ``outputs``, the tier is one of ``tags``.

    Raises:
        RecordRefusedError: if the model gave no output.
    """
    output = value["output"]
    if output is None or (value.get("success") is False and not output):
        raise RecordRefusedError("the entry has no output, because the request failed; leave it out or run it again.")
    variant, model = _folders(path)
    prompt = value["prompt"]
    used = {"user_input", "output", "prompt", "model", "output_without_scratchpad"}
    yield {
        # The file's own name tells runs apart, but not prompts and models.
        "id": trace_id_from("-".join(filter(None, (variant, model))), f"-{fallback_id}") if variant else fallback_id,
        "response": output,
        "messages": prompt.get("messages") if isinstance(prompt, dict) else prompt,
        "query": value["user_input"],
        "tier": _tier(value.get("tags")),
        "prompt_variant": variant,
        "model": value["model"] if isinstance(value.get("model"), str) else model,
        "metadata": {name: entry for name, entry in value.items() if name not in used},
    }


def is_query_record(value: Mapping[str, Any]) -> bool:
    """Whether an object is a line of the second kind."""
    return "raw_response" in value and "query_id" in value


def records_of_query(value: Mapping[str, Any], path: Path, fallback_id: str) -> Iterator[dict[str, Any]]:
    """Its record; the prompt is known by its hash alone.

    Raises:
        RecordRefusedError: if the model gave no response.
    """
    if value["raw_response"] is None:
        raise RecordRefusedError("the entry has no raw_response; leave it out or run it again.")
    variant, tier = value.get("system_prompt_variant"), _tier(value.get("tier"))
    # What the response repeats is not kept twice.
    used = {"raw_response", "query_text", "scratchpad", "output", "system_prompt_variant"}
    apart = {name: value[name] for name in value if is_reasoning_name(name)}
    yield {
        "id": "-".join(str(part) for part in (value["query_id"], variant, tier) if part is not None),
        "response": value["raw_response"],
        **apart,
        "query": value.get("query_text"),
        "tier": tier,
        "prompt_variant": variant,
        "model": value.get("response_model") or value.get("requested_model"),
        "metadata": {name: entry for name, entry in value.items() if name not in {*used, *apart}},
    }


def _tier(tags: object) -> str | None:
    """The tier among tags, which may be one text; a tag that names no tier says nothing."""
    listed = tags if isinstance(tags, list) else [tags]
    return next((CALLED[tag] for tag in listed if isinstance(tag, str) and tag in CALLED), None)


def _folders(path: Path) -> tuple[str | None, str | None]:
    """Prompt and model of ``outputs/PROMPT/MODEL/FILE``; None where the file lies elsewhere."""
    model, prompt, outputs = [*(parent.name for parent in path.resolve().parents), "", "", ""][:3]
    return (prompt, model) if outputs == OUTPUTS else (None, None)
