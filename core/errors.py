"""The refusals turnpoint knows: each is one sentence that says what is wrong, where, and what to do."""

from __future__ import annotations

from pathlib import Path


class TurnpointError(Exception):
    """A refusal whose text is fit for the user as it stands."""


class ImportRefusedError(TurnpointError):
    """A file, or one record of it, that cannot become a trace; ``n`` records where they share the one reason."""

    def __init__(self, path: Path | str, reason: str, line: int | None = None, n: int = 1) -> None:
        self.path = Path(path)
        self.line = line
        self.n = n
        self.reason = reason
        where = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(f"{where}: {reason}")


class ConfigError(TurnpointError):
    """A setting that is missing, misspelt or impossible."""


class CannotContinueError(ConfigError):
    """An endpoint that is known to answer anew instead of continuing a prefix."""


class StoreError(TurnpointError):
    """The database cannot be read or written."""


class NotFoundError(TurnpointError):
    """A trace, endpoint or behavior that was named but does not exist."""


class EndpointError(TurnpointError):
    """A server that cannot be used as it is."""


class ExportError(TurnpointError):
    """An export that was not written."""


class SimilarityError(TurnpointError):
    """Sentences that cannot be compared, for want of an encoder that works."""
