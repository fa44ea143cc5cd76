"""Which model gave an answer of an Inspect log, and with which sampling settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.traces.importers.inspect_texts import an_object, first_text, objects

_NO_MODEL: Final = "none/none"
"""What stands for the model of an evaluation that names one for each role alone."""

_TARGET: Final = "target"
_NOT_SAMPLING: Final = frozenset({"tool_calls", "cache"})


def model_of(header: Mapping[str, Any], event: Mapping[str, Any]) -> str | None:
    """The model's name: that of the model event, of the evaluation, or of the one role, else of the target."""
    spec = an_object(header.get("eval"))
    named = first_text(event, "model") or first_text(spec, "model")
    if named != _NO_MODEL:
        return named
    roles = {role: _first(config) for role, config in an_object(spec.get("model_roles")).items()}
    role = first_text(event, "role") or _TARGET
    config = roles.get(role) or (next(iter(roles.values())) if len(roles) == 1 else {})
    return first_text(config, "model")


def sampling_of(header: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were sent, as Inspect names them.

    They are those of the model event; a log without events tells only what the model, the task and its calls of
    ``generate`` asked for, of which the later ones count.
    """
    if isinstance(event.get("config"), dict):
        return _set(event["config"])
    spec, plan = an_object(header.get("eval")), an_object(header.get("plan"))
    found = _set(an_object(spec.get("model_generate_config"))) | _set(an_object(plan.get("config")))
    for step in objects(plan.get("steps")):
        if step.get("solver") == "generate":
            asked = _set(an_object(step.get("params")))
            found |= {name: value for name, value in asked.items() if name not in _NOT_SAMPLING}
    return found


def _set(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if value is not None}


def _first(config: Any) -> Mapping[str, Any]:
    """The model of a role, which may be a list of them."""
    return an_object(config[0] if isinstance(config, list) and config else config)
