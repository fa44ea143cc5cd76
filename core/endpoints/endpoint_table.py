"""The table ``[endpoints.NAME]`` of a settings file: a preset, and what the file says itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from core.canonical import canonical_json
from core.endpoints.endpoint import (
    MODE_NAMES,
    SIMULATOR_NAME,
    SIMULATOR_URL,
    Endpoint,
    checked_base_url,
    simulator_endpoint,
)
from core.endpoints.fields import Table, refuse_secrets, refuse_secrets_within
from core.endpoints.gguf import is_model_file
from core.endpoints.presets import OPENROUTER, PRESETS, Preset

PROVIDER_KEYS = ("provider", "quantizations")
_NOT_SETTINGS = ("name", "replicas", "served_at")
ENDPOINT_KEYS = (*(f.name for f in fields(Endpoint) if f.name not in _NOT_SETTINGS), *PROVIDER_KEYS)

_OWN_BODY_KEYS = ("messages", "prompt", "model", "n", "seed", "temperature", "top_p", "max_tokens", "stream")
_OWN_VARIABLES = ("messages", "add_generation_prompt")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")

T = TypeVar("T")


def read_endpoint(name: str, table: Table) -> Endpoint:
    """The endpoint that a table describes: its own words, then those of its preset, then the defaults.

    Raises:
        ConfigError: naming the file and the key that is unknown, mistyped, missing, impossible, or holds a secret.
    """
    refuse_secrets(table)
    table.only(ENDPOINT_KEYS)
    preset_name = table.choice("preset", tuple(PRESETS))
    preset = None if preset_name is None else PRESETS[preset_name]
    replicas = _read_addresses(name, table, preset)
    start = _start(name, replicas[0], preset)
    model = table.text("model") or start.model
    if not model:
        table.refuse("model", "is missing; say which model the server shall run.")
    template = _read_template(table)
    mode = table.choice("mode", MODE_NAMES) or (start.mode if template is None else "completions")
    if template is not None and mode != "completions":
        table.refuse("template", f'makes a plain text, which mode "{mode}" does not send; write mode = "completions".')
    changes = {key: value for key, value in _read_numbers(table).items() if value is not None}
    return replace(
        start,
        model=model,
        mode=mode,
        replicas=replicas,
        preset=preset_name,
        api_key_env=_read_variable(table) or start.api_key_env,
        top_p=_or_none(table, "top_p", start.top_p, lambda: table.number("top_p", 0, 1)),
        seed=_or_none(table, "seed", start.seed, lambda: table.whole("seed", 0, 2**31 - 1)),
        extra=_read_extra(table, preset, template),
        template=template,
        template_args=_read_arguments(table, preset, template),
        **changes,
    )


def _start(name: str, base_url: str, preset: Preset | None) -> Endpoint:
    """What holds where the table is silent."""
    if preset is None:
        if base_url == SIMULATOR_URL:
            return replace(simulator_endpoint(), name=name)
        return Endpoint(name, base_url, model="")
    return Endpoint(
        name,
        base_url,
        model="",
        mode=preset.mode,
        api_key_env=preset.api_key_env,
        top_p=preset.top_p,
        seed=preset.seed,
        n_per_request=preset.n_per_request,
        concurrency=preset.concurrency,
    )


def _read_numbers(table: Table) -> dict[str, Any]:
    return {
        "temperature": table.number("temperature", 0, 2),
        "max_tokens": table.whole("max_tokens", 1, 10_000_000),
        "n_per_request": table.whole("n_per_request", 1, 128),
        "concurrency": table.whole("concurrency", 1, 4096),
        "timeout": table.number("timeout", 0.001, 86_400),
        "connect_timeout": table.number("connect_timeout", 0.001, 86_400),
        "read_timeout": table.number("read_timeout", 0.001, 86_400),
        "requests_per_minute": table.whole("requests_per_minute", 1, 10_000_000),
        "tokens_per_minute": table.whole("tokens_per_minute", 1, 1_000_000_000_000),
        "price_prompt": table.number("price_prompt", 0, 1e6),
        "price_completion": table.number("price_completion", 0, 1e6),
        "price_cached": table.number("price_cached", 0, 1e6),
    }


def _read_addresses(name: str, table: Table, preset: Preset | None) -> tuple[str, ...]:
    given = table.texts("base_url")
    if given is None:
        if preset is not None:
            return (preset.base_url,)
        if name == SIMULATOR_NAME:
            return (SIMULATOR_URL,)
        table.refuse("base_url", "is missing; say where the server is, or name a preset.")
    addresses = tuple(checked_base_url(url, table.where("base_url")) for url in given)
    if len(set(addresses)) < len(addresses):
        table.refuse("base_url", "names an address twice; name every replica once.")
    if len(addresses) > 1 and SIMULATOR_URL in addresses:
        table.refuse("base_url", "lists the simulator, which has no replicas; name it alone.")
    return addresses


def _read_variable(table: Table) -> str | None:
    variable = table.text("api_key_env")
    if variable is not None and not _VARIABLE.fullmatch(variable):
        table.refuse("api_key_env", "must be the name of an environment variable, not a key.")
    return variable


def _or_none(table: Table, key: str, default: T | None, read: Any) -> T | None:
    """A number, or the word that says that the field is not to be sent."""
    if table.values.get(key) == "none":
        return None
    if isinstance(table.values.get(key), str):
        table.refuse(key, f'must be a number, or "none" to send no {key}.')
    found: T | None = read()
    return default if found is None else found


def _read_template(table: Table) -> Path | None:
    path = table.text("template")
    if path is None:
        return None
    try:
        # A relative folder is one beside the file that names it.
        return table.path.parent / Path(path).expanduser()
    except RuntimeError:
        table.refuse("template", "names the home of a user that does not exist; write the whole path.")


def _read_arguments(table: Table, preset: Preset | None, template: Path | None) -> Mapping[str, Any]:
    given = table.table("template_args")
    if template is None:
        if given.values:
            table.refuse("template_args", "are for a template, and none is named; add template, or take them out.")
        return {}
    for key in given.values:
        if key in _OWN_VARIABLES:
            given.refuse(key, "is set by turnpoint itself; take it out of template_args.")
    _refuse_what_json_has_not(table, "template_args", given.values)
    # A model's file says itself whether its tokenizer begins a text.
    known = {} if preset is None or is_model_file(template) else preset.template_args
    return {**known, **given.values}


def _read_extra(table: Table, preset: Preset | None, template: Path | None) -> Mapping[str, Any]:
    """What goes into every request body: the preset's, then the file's own."""
    extra = table.table("extra")
    refuse_secrets_within(extra)
    for key in extra.values:
        if key in _OWN_BODY_KEYS:
            extra.refuse(key, "is set by turnpoint itself; take it out of extra.")
    _refuse_what_json_has_not(table, "extra", extra.values)
    known: dict[str, Any] = {}
    if preset is not None:
        known = {**preset.extra, **(preset.extra_with_template if template is not None else {})}
    if preset is PRESETS[OPENROUTER]:
        return {**known, **extra.values, "provider": _read_provider(table, known["provider"], extra)}
    for key in PROVIDER_KEYS:
        if key in table.values:
            table.refuse(key, f'belongs to preset = "{OPENROUTER}"; elsewhere, what the server wants goes into extra.')
    return {**known, **extra.values}


def _read_provider(table: Table, known: Mapping[str, Any], extra: Table) -> Mapping[str, Any]:
    """OpenRouter's routing: one provider, and no other in its place."""
    own = extra.table("provider").values
    name, quantizations = table.text("provider"), table.texts("quantizations")
    only = own.get("only", own.get("order"))
    if name is None and not (isinstance(only, list) and len(only) == 1):
        table.refuse(
            "provider",
            "is missing; name one provider of the model, because providers run it in different quantisations and"
            " with different settings, and one rate must not mix them.",
        )
    pinned = {} if name is None else {"only": [name]}
    return {**known, **pinned, **({} if quantizations is None else {"quantizations": list(quantizations)}), **own}


def _refuse_what_json_has_not(table: Table, key: str, values: Mapping[str, Any]) -> None:
    try:
        canonical_json(values)
    except (TypeError, ValueError):
        table.refuse(key, "holds a value that JSON cannot carry; use texts, finite numbers, lists and tables.")
