"""Who suggests: everything that a suggestion depends on, named by one hash."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from core.annotation.codebook import Codebook
from core.canonical import canonical_json, short_hash
from core.endpoints.endpoint import SIMULATOR_NAME, Endpoint
from core.suggesting.prompt import PROMPT_HASH

MODEL, NEAREST = "model", "nearest"
KINDS: Final = (MODEL, NEAREST)


@dataclass(frozen=True)
class Suggester:
    """A way to suggest categories of ``codebook``.

    ``kind`` is one of `KINDS`; ``name`` is what people read, and several suggesters may share it. ``model`` and
    ``base_url`` are None where no model is asked. ``canonical`` is all that decides its suggestions, as JSON.
    """

    kind: str
    name: str
    codebook: Codebook
    canonical: str
    model: str | None = None
    base_url: str | None = None

    @cached_property
    def id(self) -> str:
        """Short hash of the canonical JSON."""
        return short_hash(self.canonical)


def model_suggester(endpoint: Endpoint, codebook: Codebook) -> Suggester:
    """The model of an endpoint, asked at its sampling settings; another codebook or prompt makes another suggester."""
    names = ("base_url", "model", "temperature", "top_p", "max_tokens", "seed")
    decides: dict[str, Any] = {name: getattr(endpoint, name) for name in names}
    decides |= {"kind": MODEL, "prompt": PROMPT_HASH, "extra": dict(endpoint.extra), "codebook": codebook.id}
    return Suggester(
        kind=MODEL,
        name=f"{SIMULATOR_NAME} (synthetic)" if endpoint.is_synthetic else endpoint.model,
        codebook=codebook,
        canonical=canonical_json(decides),
        model=endpoint.model,
        base_url=endpoint.base_url,
    )


def nearest_suggester(annotator: str, codebook: Codebook, decides: dict[str, Any]) -> Suggester:
    """The labels of an annotator; ``decides`` has what else the suggestions depend on, those labels included."""
    return Suggester(
        kind=NEAREST,
        name=f"{NEAREST}:{annotator}",
        codebook=codebook,
        canonical=canonical_json({"kind": NEAREST, "from": annotator, "codebook": codebook.id, **decides}),
    )
