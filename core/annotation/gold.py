"""The gold label of a sentence: what was adjudicated, or else what all its annotators agree on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.annotation.annotation import GOLD

if TYPE_CHECKING:
    from core.annotation.disagreement import Opinion

ADJUDICATED, AGREED = "adjudicated", "agreed"


@dataclass(frozen=True)
class GoldLabel:
    """The label that counts for a sentence, and where it comes from.

    ``how`` is `ADJUDICATED`, by ``decided_by`` for ``reason``, or `AGREED`. ``n_annotators`` people labelled the
    sentence, and ``n_agree`` of them gave this category. ``changed_since`` names those whose label became another one
    after the decision. ``codebook_id`` is None where agreeing annotators used different ones. ``at`` is when it was
    decided, or the last of them agreed, UTC.
    """

    category: str
    secondary: str | None
    how: str
    decided_by: str | None = None
    reason: str = ""
    n_annotators: int = 0
    n_agree: int = 0
    changed_since: tuple[str, ...] = ()
    codebook_id: str | None = None
    at: str = ""


def is_gold(annotator: str) -> bool:
    """Whether labels of this name are adjudicated ones: of this database, or kept beside them by a merge."""
    return annotator == GOLD or annotator.startswith(f"{GOLD}@")


def agreed_label(opinions: Sequence[Opinion]) -> GoldLabel | None:
    """The category that all of two or more annotators give, with the secondary one if they share that, too.

    ``opinions`` are those of people on one sentence; None: they differ, or are fewer than two.
    """
    if len(opinions) < 2 or len({opinion.category for opinion in opinions}) > 1:
        return None
    secondaries = {opinion.secondary for opinion in opinions}
    codebooks = {opinion.codebook_id for opinion in opinions}
    return GoldLabel(
        category=opinions[0].category,
        secondary=opinions[0].secondary if len(secondaries) == 1 else None,
        how=AGREED,
        n_annotators=len(opinions),
        n_agree=len(opinions),
        codebook_id=opinions[0].codebook_id if len(codebooks) == 1 else None,
        at=max(opinion.at for opinion in opinions),
    )
