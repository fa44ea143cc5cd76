"""A prompt for records that came without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import ConfigError, ImportRefusedError
from core.traces.importers.reading import decode, read_bytes
from core.traces.importers.result import ImportResult
from core.traces.model import Message, Prompt, Trace


@dataclass(frozen=True)
class GivenPrompt:
    """The texts of a user turn and of a system turn, each None where the records have it themselves."""

    user: str | None = None
    system: str | None = None

    def refuse_unused(self, traces: Sequence[Trace]) -> None:
        """Refuse a text that none of the traces, as they were read, has a place for.

        Raises:
            ConfigError: naming the option that gave it.
        """
        if self.user is not None and all(trace.prompt.asks for trace in traces):
            raise ConfigError("every record has a prompt of its own, or there is none; leave --prompt out.")
        if self.system is not None and all(map(_has_system, traces)):
            raise ConfigError("every record has a system turn of its own, or there is none; leave --system out.")

    def completed(self, result: ImportResult) -> ImportResult:
        """The same traces, where they lack such a turn with the one given here; their own turns stay as they are."""
        return replace(result, traces=tuple(self._with_turns(trace) for trace in result.traces))

    def _with_turns(self, trace: Trace) -> Trace:
        turns = trace.prompt.messages
        if self.system is not None and not _has_system(trace):
            turns = (Message("system", self.system), *turns)
        if self.user is not None and not trace.prompt.asks:
            turns = (*turns, Message("user", self.user))
        return trace if turns == trace.prompt.messages else replace(trace, prompt=Prompt(turns))


def _has_system(trace: Trace) -> bool:
    return any(turn.role == "system" for turn in trace.prompt.messages)


def read_prompt(path: Path) -> str:
    """The text of a file, without the line break that editors put at its end.

    Raises:
        ImportRefusedError: if it cannot be read, is not UTF-8, or holds nothing but white space.
    """
    try:
        text = decode(path, read_bytes(path))
    except OSError as error:
        raise ImportRefusedError(path, f"the prompt cannot be read ({error.strerror}); check the path.") from error
    if not text.strip():
        raise ImportRefusedError(path, "the prompt is blank; write what was asked into the file.")
    return text.removesuffix("\n").removesuffix("\r")
