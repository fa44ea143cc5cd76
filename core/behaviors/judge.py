"""Who decides a behavior: a rule or a model with a prompt, named by the hash of all that matters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from core.canonical import canonical_json, short_hash

_SINCE_VERSION_1 = ("threshold", "text", "scope")


@dataclass(frozen=True)
class Judge:
    """A way to decide one behavior; two judges that would decide alike have one id.

    ``scheme`` is ``rule``, ``votes``, ``criteria`` or ``share``; ``when`` is ``always`` or ``complied``;
    ``prompt_hash`` names the exact prompt; ``model`` and ``base_url`` are None for a rule. ``threshold`` (0..1) is
    the share of yes votes that makes a yes under ``share``; ``text`` is a user's own pattern or prompt, verbatim.
    ``scope`` is ``continuation`` for one that looks at what was generated, None for one that looks at the prefix too.
    """

    behavior: str
    name: str
    version: str
    scheme: str = "rule"
    when: str = "always"
    max_votes: int | None = None
    prompt_hash: str | None = None
    model: str | None = None
    base_url: str | None = None
    temperature: float | None = None
    threshold: float | None = None
    text: str | None = None
    scope: str | None = None

    @cached_property
    def canonical(self) -> str:
        """Everything that decides, as canonical JSON."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        # A judge that has none of these keeps the id that it had before there were any.
        return canonical_json({k: v for k, v in values.items() if v is not None or k not in _SINCE_VERSION_1})

    @cached_property
    def id(self) -> str:
        """Short hash of the canonical JSON."""
        return short_hash(self.canonical)
