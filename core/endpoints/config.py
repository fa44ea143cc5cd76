"""The settings file ``turnpoint.toml``: endpoints, the judge, reasoning tags, the sentence encoder, labelling, keys."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from core.behaviors.settings import BehaviorConfig, JudgeConfig, read_behaviors, read_judge
from core.endpoints.endpoint import SIMULATOR_NAME, Endpoint
from core.endpoints.endpoint_table import read_endpoint
from core.endpoints.fields import Table, nearest, refuse_secrets
from core.errors import ConfigError
from core.traces.reasoning import DEFAULT_TAGS, ReasoningTags

FILE_NAME = "turnpoint.toml"
DTYPES = ("auto", "float32", "bfloat16")

_TOP = (
    "default_endpoint", "annotator", "endpoints", "judge", "behaviors", "reasoning", "embedding", "annotation", "keys"
)  # fmt: skip


@dataclass(frozen=True)
class EmbeddingConfig:
    """The ``[embedding]`` table: which encoder compares sentences, and from which cosine on they are similar.

    ``path`` is a folder with the encoder's weights (None: the hub, or the packaged ones); ``dtype`` is the arithmetic
    of the first pass, ``auto`` being the faster of the two on this CPU.
    """

    model: str = "all-MiniLM-L6-v2"
    path: Path | None = None
    threshold: float = 0.8
    dtype: str = "auto"


@dataclass(frozen=True)
class AnnotationConfig:
    """The ``[annotation]`` table: the codebook (None: the default one), and how labelling goes.

    ``advance`` goes on to the next sentence after a label; ``blind`` hides what could sway an annotator.
    """

    codebook: Path | None = None
    advance: bool = True
    blind: bool = False


@dataclass(frozen=True)
class Config:
    """All settings files together; ``keys`` maps an action of the app to the keys that trigger it.

    ``behaviors`` are the user's own, by name.
    """

    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    default_endpoint: str | None = None
    judge: JudgeConfig = field(default_factory=JudgeConfig)
    behaviors: Mapping[str, BehaviorConfig] = field(default_factory=dict)
    embedding: EmbeddingConfig = EmbeddingConfig()
    annotation: AnnotationConfig = AnnotationConfig()
    tags: tuple[ReasoningTags, ...] = DEFAULT_TAGS
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    annotator: str | None = None
    sources: tuple[Path, ...] = ()


def default_paths() -> tuple[Path, ...]:
    """Where settings are looked for: the working directory, then the XDG configuration directory."""
    home = os.environ.get("XDG_CONFIG_HOME") or ""
    base = Path(home) if Path(home).is_absolute() else Path.home() / ".config"
    return (Path(FILE_NAME), base / "turnpoint" / FILE_NAME)


def load_config(*paths: Path) -> Config:
    """Read the settings files that exist among ``paths`` (default: `default_paths`); the first to say a thing wins.

    Endpoints, behaviors and keys are merged by name; every other table is taken whole from the first file that has it.

    Raises:
        ConfigError: naming the file and the key that is unknown, mistyped, impossible, or holds a secret.
    """
    merged: dict[str, Any] = {}
    origin: dict[str, Path] = {}
    endpoints: dict[str, Endpoint] = {}
    behaviors: dict[str, BehaviorConfig] = {}
    keys: dict[str, tuple[str, ...]] = {}
    sources = []
    for path in paths or default_paths():
        top = _parse(path)
        if top is None:
            continue
        sources.append(path)
        for name, value in _read_top(top).items():
            if name not in merged:
                merged[name], origin[name] = value, path
        endpoints = _read_endpoints(top.table("endpoints")) | endpoints
        for name, behavior in read_behaviors(top.table("behaviors")).items():
            if name not in behaviors:
                behaviors[name], origin[f"behaviors.{name}"] = behavior, path
        keys = _read_keys(top.table("keys")) | keys
    config = Config(endpoints=endpoints, behaviors=behaviors, keys=keys, sources=tuple(sources), **merged)
    _check_names(config, origin)
    return config


def _parse(path: Path) -> Table | None:
    try:
        with path.open("rb") as file:
            return Table(path, "", tomllib.load(file))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: the settings cannot be read ({error.strerror}); mend or move the file.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: this is not valid TOML: {error}.") from None
    except (UnicodeDecodeError, RecursionError):
        raise ConfigError(f"{path}: this is not valid TOML; write it as plain UTF-8 text.") from None


def _read_top(top: Table) -> dict[str, Any]:
    refuse_secrets(top)
    top.only(_TOP)
    found: dict[str, Any] = {
        "default_endpoint": top.text("default_endpoint"),
        "annotator": top.text("annotator"),
    }
    if "judge" in top.values:
        found["judge"] = read_judge(top.table("judge"))
    if "reasoning" in top.values:
        found["tags"] = _read_tags(top.table("reasoning"))
    if "embedding" in top.values:
        found["embedding"] = _read_embedding(top.table("embedding"))
    if "annotation" in top.values:
        found["annotation"] = _read_annotation(top.table("annotation"))
    return {name: value for name, value in found.items() if value is not None}


def _read_endpoints(table: Table) -> dict[str, Endpoint]:
    for name in table.values:
        if not name.strip() or not name.isprintable():
            raise ConfigError(f"{table.path}: an endpoint needs a name of printable characters.")
    return {name: read_endpoint(name, table.table(name)) for name in table.values}


def _read_embedding(table: Table) -> EmbeddingConfig:
    table.only(f.name for f in fields(EmbeddingConfig))
    default = EmbeddingConfig()
    path, threshold = table.text("path"), table.number("threshold", 0, 1)
    return EmbeddingConfig(
        model=(table.text("model") or default.model).strip(),
        # A relative folder is one beside the file that names it.
        path=None if path is None else table.path.parent / Path(path).expanduser(),
        threshold=default.threshold if threshold is None else threshold,
        dtype=table.choice("dtype", DTYPES) or default.dtype,
    )


def _read_annotation(table: Table) -> AnnotationConfig:
    table.only(f.name for f in fields(AnnotationConfig))
    default, path = AnnotationConfig(), table.text("codebook")
    advance, blind = table.flag("advance"), table.flag("blind")
    return AnnotationConfig(
        codebook=None if path is None else table.path.parent / Path(path).expanduser(),
        advance=default.advance if advance is None else advance,
        blind=default.blind if blind is None else blind,
    )


def _read_tags(table: Table) -> tuple[ReasoningTags, ...] | None:
    table.only(("tags",))
    pairs = table.values.get("tags")
    if pairs is None:
        return None
    if not isinstance(pairs, list) or not pairs:
        table.refuse("tags", 'must be a list of pairs such as [["<think>", "</think>"]].')
    for pair in pairs:
        two = isinstance(pair, list) and len(pair) == 2
        if not two or not all(isinstance(tag, str) and tag.strip() for tag in pair) or pair[0] == pair[1]:
            table.refuse("tags", 'must hold pairs of two different tags such as ["<think>", "</think>"].')
    return tuple(ReasoningTags(*pair) for pair in pairs)


def _read_keys(table: Table) -> dict[str, tuple[str, ...]]:
    keys = {}
    for action, value in table.values.items():
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(key, str) and key for key in listed):
            table.refuse(action, "must be a key, or a list of keys, each a text.")
        keys[action] = tuple(listed)
    return keys


def _check_names(config: Config, origin: Mapping[str, Path]) -> None:
    known = {*config.endpoints, SIMULATOR_NAME}
    named = [("default_endpoint", "default_endpoint", config.default_endpoint)]
    for table, judged in (("judge", config.judge), *((f"behaviors.{n}", one) for n, one in config.behaviors.items())):
        named.append((table, f"{table}.endpoint", getattr(judged, "endpoint", None)))
    for table, key, name in named:
        if name is not None and name not in known:
            raise ConfigError(
                f'{origin[table]}: {key} is "{name}", but there is no such endpoint; {nearest(name, known)}'
            )
