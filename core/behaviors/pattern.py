"""A behavior of the user's own that needs no model: a regular expression over a part of the response.

The expressions are RE2's: the time they take is proportional to the text, whatever the pattern, so that no rollout can
hold a run up and no outcome depends on a clock. For that they know no look-around and no back-references.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from core.behaviors.behavior import Answer
from core.behaviors.judge import Judge
from core.behaviors.outcome import NO, NO_DECISION, TRUNCATED, YES, Outcome
from core.behaviors.parts import CONTINUATION, PARTS, WHOLE, is_cut, words_of
from core.canonical import canonical_json, short_hash
from core.errors import ConfigError

LONGEST_PATTERN = 10_000

_MOST_MEMORY = 8 << 20
_RANGE_BYTES = 40
# Bound to the beginning for certain: no alternative, no group with flags, no optional anchor.
_BOUND = re.compile(r"(?:\^|\\A)(?![?*+{])(?:[^|(]|\((?!\?))*", re.DOTALL)
# The white space of \s at the beginning, which a reasoning mostly has, and what is to follow it.
_SPACED = re.compile(r"(?:\^|\\A)\\s[*+](?![?*+{])(.*)", re.DOTALL)
_SPACES = " \t\n\f\r"
_NAME, _GENERATED, _ANY_CASE = "pattern in the ", "generated ", ", any case"


@dataclass(frozen=True)
class Pattern:
    """Whether ``pattern`` is found in a part of the response: ``answer``, ``reasoning`` or ``response`` (all of it).

    In the ``scope`` of the continuation a match lies wholly in what was generated, whose beginning is what ``^``
    matches; in that of the whole it may stand in the prefix.
    """

    behavior: str
    pattern: str
    where: str = "answer"
    ignore_case: bool = False
    scope: str = CONTINUATION

    @property
    def judge(self) -> Judge:
        """See `core.behaviors.behavior.Rule`."""
        generated = _GENERATED if self.scope == CONTINUATION else ""
        case = _ANY_CASE if self.ignore_case else ""
        return Judge(
            behavior=self.behavior,
            name=f"{_NAME}{generated}{self.where}{case}",
            version="1",
            prompt_hash=short_hash(canonical_json([self.pattern, self.where, self.ignore_case])),
            text=self.pattern,
            # One that reads all of it keeps the id that it had before there was a scope, and so its outcomes.
            scope=None if self.scope == WHOLE else self.scope,
        )

    def decide(self, answer: Answer) -> Outcome:
        """Yes if the pattern is found, ``truncated`` if it might have been in what was cut off, else no.

        A response whose reasoning never ended has no answer, in which nothing could be found: ``no_decision``. So has a
        continuation without any text.
        """
        part = words_of(answer, self.where, self.scope)
        if part is not None and is_found(self.pattern, self.ignore_case, part):
            outcome = YES
        elif is_cut(answer, self.where, self.scope):
            outcome = TRUNCATED
        else:
            is_there = part is not None and (self.scope == WHOLE or answer.text[answer.given :].strip())
            outcome = NO if is_there else NO_DECISION
        return Outcome(self.behavior, self.judge.id, outcome)

    @property
    def reads_prefixes(self) -> bool:
        """Whether the text of a prefix can decide; no prefix has any of the answer."""
        return self.scope == WHOLE and self.where != "answer"

    def foregone(self, given: str, reasoning: str) -> str | None:
        """What the text of a prefix decides by itself, yes or no, whatever is generated; None: nothing.

        ``reasoning`` is what of the prefix ``given`` is reasoning.
        """
        if not self.reads_prefixes:
            return None
        part = given if self.where == "response" else reasoning
        if _is_found_whatever_follows(self.pattern, self.ignore_case, part):
            return YES
        return NO if _is_ruled_out(self.pattern, self.ignore_case, part) else None


def pattern_of(judge: Judge) -> Pattern | None:
    """The rule that a stored judge names; None if it is no pattern."""
    if judge.text is None or not judge.name.startswith(_NAME):
        return None
    scope = WHOLE if judge.scope is None else judge.scope
    for where, ignore_case in product(PARTS, (False, True)):
        rule = Pattern(judge.behavior, judge.text, where, ignore_case, scope)
        if rule.judge.id == judge.id:
            return rule
    return None


def check_pattern(pattern: str) -> None:
    """Refuse what is no regular expression of RE2.

    Raises:
        ConfigError: saying what is wrong with it and at which character.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise ConfigError(f"is longer than {LONGEST_PATTERN:,} characters; make it shorter.")
    _compiled(pattern, False)


def is_found(pattern: str, ignore_case: bool, text: str) -> bool:
    """Whether the pattern matches anywhere in the text.

    Raises:
        ConfigError: as `check_pattern`.
    """
    # A lone surrogate has no UTF-8 form; no pattern can name one, so that any other character stands for it.
    return bool(_compiled(pattern, ignore_case).search(text.encode("utf-8", "replace")))


def _is_found_whatever_follows(pattern: str, ignore_case: bool, text: str) -> bool:
    r"""Whether a match lies in the text that no continuation undoes, as ``\b`` and ``$`` may have it."""
    begun = text.encode("utf-8", "replace")
    compiled = _compiled(pattern, ignore_case)
    return all(compiled.search(begun + more, 0, len(begun)) for more in (b"", b"a", b" ", b"\n"))


def _is_ruled_out(pattern: str, ignore_case: bool, text: str) -> bool:
    """Whether no continuation of the text can match: one that must begin with something else; False: that is not known.

    Only of a pattern that is all of it bound to the beginning of the text can this be told.
    """
    import re2

    spaced = _SPACED.fullmatch(pattern)
    if spaced is not None:
        n_spaces = len(text) - len(text.lstrip(_SPACES))
        rest = f"^{spaced[1]}"
        return n_spaces < len(text) and all(
            _is_ruled_out(rest, ignore_case, text[begin:]) for begin in range(n_spaces + 1)
        )
    if not text or not _BOUND.fullmatch(pattern):
        return False
    begun = text.encode("utf-8", "replace")
    try:
        first, last = _compiled(pattern, ignore_case).possiblematchrange(_RANGE_BYTES)
    except re2.error:
        return False
    below, above = begun[:_RANGE_BYTES] < first, begun[:_RANGE_BYTES] > last
    return (below and not first.startswith(begun)) or (above and not is_found(pattern, ignore_case, text))


@lru_cache(maxsize=64)
def _compiled(pattern: str, ignore_case: bool) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    options.case_sensitive = not ignore_case
    try:
        return re2.compile(pattern.encode("utf-8"), options)
    except UnicodeEncodeError as error:
        raise ConfigError(f"holds a character that is none at position {error.start}; take it out.") from None
    except re2.error as error:
        raise ConfigError(_refusal(pattern, error.args[0])) from None


def _refusal(pattern: str, said: bytes | str) -> str:
    """What RE2 said, with the position that it leaves out."""
    reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    at = _position(pattern, reason.partition(": ")[2])
    where = f" at position {at}" if at is not None else ""
    unknown = "; look-around and back-references are not known here" if reason.startswith(_UNKNOWN) else ""
    return f"is no regular expression of RE2: {reason}{where}{unknown}; mend it."


_UNKNOWN = ("invalid perl operator", "invalid escape sequence")


def _position(pattern: str, fragment: str) -> int | None:
    """Where the pattern goes wrong, as Python's own parser says it, else where the part stands that RE2 names."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        at = getattr(error, "pos", None)
        if isinstance(at, int):
            return at
    found = pattern.find(fragment) if fragment else -1
    return found if found >= 0 else None
