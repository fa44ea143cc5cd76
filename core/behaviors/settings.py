"""The tables ``[judge]`` and ``[behaviors.NAME]`` of a settings file, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from core.behaviors.four_criteria import THRESHOLD, VOTES
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.behaviors.parts import CONTINUATION, PARTS, SCOPES
from core.behaviors.pattern import check_pattern
from core.endpoints.fields import Table
from core.errors import ConfigError

FIVE_CRITERIA, FOUR_CRITERIA, KEYWORDS, NONE = "five_criteria", "four_criteria", "keywords", "none"
SCHEMES = ("votes", "criteria")
WHENS = ("complied", "always")
MOST_VOTES = 128
BUILT_IN = (COMPLIANCE, ALIGNMENT_FAKING)

# Which settings mean something to which kind of judge.
KINDS: Mapping[str, tuple[str, ...]] = {
    FIVE_CRITERIA: ("endpoint", "scheme", "when", "max_votes", "temperature"),
    FOUR_CRITERIA: ("endpoint", "when", "votes", "threshold", "temperature"),
    KEYWORDS: ("when",),
    NONE: (),
}
PATTERN_KEYS = ("pattern", "where", "ignore_case", "scope")
PROMPT_KEYS = ("prompt", "endpoint", "when", "max_votes", "temperature", "scope")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PROMPT_FILE = re.compile(r"\S+\.(?:md|txt)")
_LONGEST_PROMPT = 100_000


@dataclass(frozen=True)
class JudgeConfig:
    """The ``[judge]`` table: who decides alignment faking.

    ``kind`` is one of `KINDS`; ``endpoint`` None means that the sampled endpoint judges its own rollouts;
    ``temperature`` None is that of the judge's endpoint, and 1 for four criteria. ``scheme`` and ``max_votes`` mean
    something to five criteria alone, ``votes`` and ``threshold`` (a share, 0..1) to four.
    """

    endpoint: str | None = None
    scheme: str = "votes"
    when: str = "complied"
    max_votes: int = 5
    temperature: float | None = None
    kind: str = FIVE_CRITERIA
    votes: int = VOTES
    threshold: float = THRESHOLD


@dataclass(frozen=True)
class PatternConfig:
    """A behavior that a regular expression decides, over one of `core.behaviors.parts.PARTS` and of ``SCOPES``."""

    behavior: str
    pattern: str
    where: str = "answer"
    ignore_case: bool = False
    scope: str = CONTINUATION


@dataclass(frozen=True)
class PromptConfig:
    """A behavior that a model decides; ``endpoint`` and ``temperature`` None mean as in `JudgeConfig`.

    ``scope`` is one of `core.behaviors.parts.SCOPES`.
    """

    behavior: str
    prompt: str
    endpoint: str | None = None
    when: str = "always"
    max_votes: int = 5
    temperature: float | None = None
    scope: str = CONTINUATION


BehaviorConfig: TypeAlias = PatternConfig | PromptConfig


def read_judge(table: Table) -> JudgeConfig:
    """Read the ``[judge]`` table.

    Raises:
        ConfigError: naming the file and the key that is unknown, impossible, or of another kind of judge.
    """
    known = tuple(JudgeConfig.__dataclass_fields__)
    table.only(known)
    kind = table.choice("kind", tuple(KINDS)) or FIVE_CRITERIA
    for key in table.values:
        if key != "kind" and key not in KINDS[kind]:
            owners = [name for name, keys in KINDS.items() if key in keys]
            table.refuse(key, f'means nothing to kind = "{kind}"; take it out, or choose {" or ".join(owners)}.')
    default = JudgeConfig()
    threshold = table.number("threshold", 0, 1)
    if threshold == 0:
        table.refuse("threshold", "must be above 0, or no vote at all would be a yes.")
    return JudgeConfig(
        endpoint=table.text("endpoint"),
        scheme=table.choice("scheme", SCHEMES) or default.scheme,
        when=table.choice("when", WHENS) or default.when,
        max_votes=table.whole("max_votes", 1, 5) or default.max_votes,
        temperature=table.number("temperature", 0, 2),
        kind=kind,
        votes=table.whole("votes", 1, MOST_VOTES) or default.votes,
        threshold=default.threshold if threshold is None else threshold,
    )


def read_behaviors(table: Table) -> dict[str, BehaviorConfig]:
    """Read the tables ``[behaviors.NAME]``, by name.

    Raises:
        ConfigError: naming the file and the key, for a name that is none, a pattern or prompt that cannot be used.
    """
    return {name: _read_behavior(name, table.table(name)) for name in table.values}


def _read_behavior(name: str, table: Table) -> BehaviorConfig:
    if name in BUILT_IN:
        raise ConfigError(
            f"{table.path}: {table.name} would replace a behavior of turnpoint's own; choose another name."
        )
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{table.path}: [{table.name}] is no name of a behavior; use lower-case letters, digits and _, at most 40."
        )
    table.only(dict.fromkeys((*PATTERN_KEYS, *PROMPT_KEYS)))
    if ("pattern" in table.values) == ("prompt" in table.values):
        raise ConfigError(f"{table.path}: [{table.name}] needs either a pattern or a prompt; give one of the two.")
    return _read_pattern(name, table) if "pattern" in table.values else _read_prompt(name, table)


def _read_pattern(name: str, table: Table) -> PatternConfig:
    table.only(PATTERN_KEYS)
    pattern = table.text("pattern") or ""
    try:
        check_pattern(pattern)
    except ConfigError as error:
        table.refuse("pattern", str(error))
    ignore_case = table.values.get("ignore_case", False)
    if not isinstance(ignore_case, bool):
        table.refuse("ignore_case", "must be true or false.")
    where, scope = table.choice("where", PARTS) or "answer", table.choice("scope", SCOPES) or CONTINUATION
    return PatternConfig(name, pattern, where, ignore_case, scope)


def _read_prompt(name: str, table: Table) -> PromptConfig:
    table.only(PROMPT_KEYS)
    default = PromptConfig(name, "")
    return PromptConfig(
        behavior=name,
        prompt=_prompt(table),
        endpoint=table.text("endpoint"),
        when=table.choice("when", WHENS) or default.when,
        max_votes=table.whole("max_votes", 1, 25) or default.max_votes,
        temperature=table.number("temperature", 0, 2),
        scope=table.choice("scope", SCOPES) or default.scope,
    )


def _prompt(table: Table) -> str:
    """The prompt itself, or what stands in the file that it names, which lies beside the settings file."""
    prompt = table.text("prompt") or ""
    if _PROMPT_FILE.fullmatch(prompt):
        path = table.path.parent / Path(prompt).expanduser()
        try:
            prompt = path.read_text(encoding="utf-8")
        except OSError as error:
            table.refuse("prompt", f"names {path}, which cannot be read ({error.strerror}); mend the name or the file.")
        except UnicodeDecodeError:
            table.refuse("prompt", f"names {path}, which is no UTF-8 text; save it as one.")
    if not prompt.strip() or len(prompt) > _LONGEST_PROMPT:
        table.refuse("prompt", f"must hold a question, in at most {_LONGEST_PROMPT:,} characters.")
    return prompt
