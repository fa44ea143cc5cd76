"""What is said of a file that was read, because it changes what resampling its traces means: a sentence per kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from core.traces.importers.marks import SUMMARY
from core.traces.importers.prompt_turns import AS_TEXT
from core.traces.importers.rendered import has_turns, is_rendered
from core.traces.model import Trace
from core.traces.names import is_filled, plain_name
from core.traces.reasoning_beside import filled_names
from core.traces.truncated import TRUNCATED

Kind: TypeAlias = tuple[Callable[[Trace], bool], str]
"""What a trace may be, and what is said of the file then."""

CUT_OFF: Final[Kind] = (
    lambda trace: trace.metadata.get(TRUNCATED) is True,
    "the answer was cut off; the trace is marked as truncated.",
)

_COUNTS: Final = frozenset({"reasoningtokens", "thoughtstokencount", "reasoningtokencount", "thinkingtokens"})


def _is_all_reasoning(trace: Trace) -> bool:
    return trace.reasoning == (0, len(trace.response.rstrip()))


def _counts_reasoning(metadata: Any) -> bool:
    """Whether something below says that there were tokens of reasoning."""
    if not isinstance(metadata, Mapping):
        return False
    return any(
        (plain_name(name) in _COUNTS and isinstance(value, int) and value > 0) or _counts_reasoning(value)
        for name, value in metadata.items()
    )


KINDS: Final[tuple[Kind, ...]] = (
    (
        lambda trace: trace.metadata.get(SUMMARY) is True,
        "the reasoning is its provider's summary, not what the model wrote; resampling says little about the model.",
    ),
    CUT_OFF,
    (
        lambda trace: bool(trace.metadata.get(AS_TEXT)),
        "there are turns that are not text, and are written as text; no picture and no list of tools is sent.",
    ),
    (
        lambda trace: bool(trace.prompt.text.strip()) and trace.response.lstrip().startswith(trace.prompt.text.strip()),
        "the response begins with the prompt, word for word; where the model did not write that, leave it out.",
    ),
    (
        lambda trace: _is_all_reasoning(trace) and _counts_reasoning(trace.metadata),
        "the server counted tokens of reasoning that are not in the file; the answer counts as the reasoning.",
    ),
    (
        lambda trace: has_turns(trace.response),
        "the response has turns of a system or a user in it; write these into the prompt.",
    ),
    (
        lambda trace: any(is_rendered(turn.content) for turn in trace.prompt.messages),
        "the prompt has marks of a chat template in it, and would be put into a template once more; give its turns.",
    ),
)


def said_of(traces: Sequence[Trace], kinds: Sequence[Kind] = KINDS) -> Iterator[str]:
    """One sentence per kind, with the number of traces."""
    for applies, said in kinds:
        if n := sum(map(applies, traces)):
            yield f"{n} {'trace' if n == 1 else 'traces'}: {said}"


_ASKED: Final = frozenset(
    (
        *("context", "options", "choices", "passage", "passages", "document", "documents", "article", "background"),
        *("history", "references"),
    )
)
"""What data sets keep apart from a question that was asked with it."""
_WHOLE_PROMPTS: Final = ("prompt", "messages", "conversations")


@dataclass
class Noted:
    """What there is to say of the records of one file, counted while they are read."""

    kinds: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    beside_tags: Counter[str] = field(default_factory=Counter)
    unasked: Counter[str] = field(default_factory=Counter)

    def add(self, value: Any, traces: Sequence[Trace]) -> None:
        """Count what is to be said of a value of the file and the traces that it came to."""
        self.kinds.update(said for trace in traces for applies, said in KINDS if applies(trace))
        filled = {name: _is_in(text, traces) for name, text in filled_names(value)}
        has_tags = not any(filled.values()) and not any(_is_all_reasoning(trace) for trace in traces)
        (self.beside_tags if has_tags else self.unused).update(name for name, is_used in filled.items() if not is_used)
        if isinstance(value, Mapping) and value.keys().isdisjoint(_WHOLE_PROMPTS):
            left = {name for trace in traces if trace.prompt.messages for name in trace.metadata}
            self.unasked.update(name for name in left if plain_name(name) in _ASKED and is_filled(value.get(name)))

    def sentences(self) -> Iterator[str]:
        """One sentence per kind, with the number of traces or records."""
        for said, n in self.kinds.items():
            yield f"{n} {'trace' if n == 1 else 'traces'}: {said}"
        for name, n in self.unused.items():
            yield (
                f"{n} {'record has' if n == 1 else 'records have'} text in the field {name[:60]!a}, "
                f"which was not read as reasoning; --fields reasoning={_shown(name)} reads it."
            )
        for name, n in self.beside_tags.items():
            yield (
                f"{n} {'record has' if n == 1 else 'records have'} text in the field {name[:60]!a}, "
                "which was not read as reasoning: the response has its own, in tags."
            )
        for name, n in self.unasked.items():
            yield (
                f"{n} {'record has' if n == 1 else 'records have'} a field {name[:60]!a} that is not in the prompt; "
                "where the model was given it, write the whole prompt into the field 'prompt'."
            )


def _is_in(text: str, traces: Sequence[Trace]) -> bool:
    pieces = [piece.strip() for piece in text.split("\n\n")]
    return not traces or any(all(piece in trace.response for piece in pieces) for trace in traces)


def _shown(name: str) -> str:
    return name if name.isidentifier() else "FIELD"
