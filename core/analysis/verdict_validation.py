"""Judges against people: the stored outcomes of a judge beside what annotators say of the same rollouts."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from core.analysis.counts import Count
from core.analysis.validation import Estimate, Scored, Validation, cohens_kappa, validate
from core.analysis.verification import Stratum, Weighted, verify, weighted_auroc
from core.annotation.verdict_sample import BALANCED, DRAWN
from core.store.judges import JudgedRollout, JudgeInUse, judged_rollouts, judges_in_use
from core.store.ratings import HUMAN, Rating
from core.store.verdicts import StandingVerdict, standing_verdicts

if TYPE_CHECKING:
    from core.analysis.agreement.measures import Measured


@dataclass(frozen=True)
class VerdictValidation:
    """One judge against one annotator.

    ``counts`` are the annotator's verdicts that count, as they are; ``measures`` (sensitivity, specificity, accuracy,
    ppv, npv, kappa, auroc) are about all ``n_decided`` rollouts that the judge was asked about and decided, of which
    ``n_unreached`` lie in strata of which nothing was judged, and are left out. Verdicts that do not count: skipped
    ones, ``n_chosen`` on rollouts that were not drawn at random, ``n_unasked`` that the judge was not asked about.
    ``n_blind`` of those that count were given while the judge's verdict was hidden.
    """

    judge: JudgeInUse
    annotator: str
    counts: Validation
    measures: Mapping[str, Estimate]
    n_decided: int
    n_unreached: int
    n_skipped: int
    n_chosen: int
    n_unasked: int
    n_blind: int

    def n_behind(self, measure: str) -> int:
        """How many verdicts a measure rests on; a predictive value looks at one verdict of the judge only."""
        counts = self.counts
        sides = {"ppv": counts.true_yes + counts.false_yes, "npv": counts.true_no + counts.false_no}
        return sides.get(measure, counts.n_decided)


@dataclass(frozen=True)
class AnnotatorPair:
    """What two annotators say of the rollouts that both judged: ``yes_no`` is yes by the first, no by the second."""

    first: str
    second: str
    yes_yes: int
    yes_no: int
    no_yes: int
    no_no: int

    @property
    def agree(self) -> Count:
        """Of the rollouts that both judged, those of which they say the same."""
        same = self.yes_yes + self.no_no
        return Count(same, same + self.yes_no + self.no_yes)

    @property
    def kappa(self) -> Estimate:
        """Cohen's kappa on these rollouts: see `core.analysis.validation.cohens_kappa`."""
        yes, no = self.yes_yes + self.yes_no, self.no_yes + self.no_no
        return cohens_kappa(Count(self.yes_yes, yes), Count(self.no_no, no))


def validate_judges(
    connection: sqlite3.Connection,
    judges: Sequence[JudgeInUse],
    annotators: Sequence[str],
    trace_ids: Collection[str] | None = None,
    *,
    any_order: bool = False,
) -> list[VerdictValidation]:
    """Hold each judge of a behavior against each annotator, on rollouts of ``trace_ids`` or of all traces.

    Verdicts count on rollouts of a sample that was drawn at random, or balanced by a judge's verdict. With
    ``any_order`` all others count too, as if they had been drawn so.
    """
    found = []
    for judge in judges:
        decided = {one.rollout_id: one for one in judged_rollouts(connection, judge, trace_ids)}
        undecided = _undecided(connection, judge)
        said = standing_verdicts(connection, judge.behavior, trace_ids)
        sampled_by = {
            other.id: {one.rollout_id: one.shows for one in judged_rollouts(connection, other)}
            for other in judges_in_use(connection, judge.behavior)
            if other.id != judge.id and other.id in _samplers(said)
        }
        for annotator in annotators:
            own = [one for one in said if one.annotator == annotator]
            found.append(_against(judge, annotator, own, decided, undecided, sampled_by, any_order=any_order))
    return found


def pair_annotators(said: Sequence[StandingVerdict], annotators: Sequence[str]) -> list[AnnotatorPair]:
    """Every two of the annotators who judged a rollout in common."""
    shows = {name: {o.rollout_id: o.verdict.shows for o in said if o.annotator == name} for name in annotators}
    pairs = []
    for first, second in combinations(annotators, 2):
        cells = Counter((shows[first][rollout], shows[second].get(rollout)) for rollout in shows[first])
        pair = AnnotatorPair(
            first, second, cells[True, True], cells[True, False], cells[False, True], cells[False, False]
        )
        if pair.agree.n:
            pairs.append(pair)
    return pairs


def alpha_of_people(said: Sequence[StandingVerdict], annotators: Sequence[str]) -> Measured | None:
    """Krippendorff's alpha of all the annotators together, on the rollouts that two or more of them judged.

    Its interval is over traces, as with labels; None where no two judged a rollout in common.
    """
    from core.analysis.agreement.measures import ALPHA, measure_all
    from core.analysis.agreement.units import reliability_data

    ratings = [
        Rating(one.trace_id, one.rollout_id, one.annotator, HUMAN, one.verdict.word, None)
        for one in said
        if one.annotator in annotators and one.verdict.word is not None and one.verdict.shows is not None
    ]
    measured = measure_all(reliability_data(ratings)) if ratings else ()
    return next((one for one in measured if one.measure == ALPHA), None)


def _against(
    judge: JudgeInUse,
    annotator: str,
    said: Sequence[StandingVerdict],
    decided: Mapping[int, JudgedRollout],
    undecided: Collection[int],
    sampled_by: Mapping[str, Mapping[int, bool]],
    *,
    any_order: bool,
) -> VerdictValidation:
    given = {one.rollout_id: one for one in said if one.verdict.shows is not None}
    counted = {key: one for key, one in given.items() if any_order or one.circumstances.ordered_by in DRAWN}
    asked = {key: one for key, one in counted.items() if key in decided or key in undecided}
    scored = [Scored(bool(one.verdict.shows), _shows(decided.get(key))) for key, one in asked.items()]
    relevant = [sampled_by[name] for name in sorted(_samplers(asked.values()) & sampled_by.keys())]
    places = {key: (one.shows, *(other.get(key) for other in relevant)) for key, one in decided.items()}
    sizes = Counter(places.values())
    people: defaultdict[tuple[bool | None, ...], list[bool]] = defaultdict(list)
    for key, one in asked.items():
        if key in decided:
            people[places[key]].append(bool(one.verdict.shows))
    strata = [
        Stratum(bool(place[0]), size, Count(sum(people[place]), len(people[place]))) for place, size in sizes.items()
    ]
    weights = {place: sizes[place] / len(answers) for place, answers in people.items() if answers}
    scores: dict[bool, list[Weighted]] = {True: [], False: []}
    for key, one in asked.items():
        if key in decided:
            rollout = decided[key]
            score = float(rollout.shows) if rollout.share is None else rollout.share
            scores[bool(one.verdict.shows)].append(Weighted(score, weights[places[key]]))
    return VerdictValidation(
        judge=judge,
        annotator=annotator,
        counts=validate(scored),
        measures={**verify(strata), "auroc": _area(strata, scores)},
        n_decided=len(decided),
        n_unreached=sum(stratum.size for stratum in strata if not stratum.judged.n),
        n_skipped=len(said) - len(given),
        n_chosen=len(given) - len(counted),
        n_unasked=len(counted) - len(asked),
        n_blind=sum(one.circumstances.is_blind for one in asked.values()),
    )


def _area(strata: Sequence[Stratum], scores: Mapping[bool, Sequence[Weighted]]) -> Estimate:
    """Undefined, too, where one of the judge's verdicts was never looked at: those missing score all alike."""
    for shows in (True, False):
        side = [stratum for stratum in strata if stratum.decided is shows]
        if side and not any(stratum.judged.n for stratum in side):
            return Estimate(None, None)
    return weighted_auroc(scores[True], scores[False])


def _samplers(said: Collection[StandingVerdict]) -> set[str]:
    """The judges by whose verdicts a balanced sample was drawn."""
    return {
        o.circumstances.judge_id for o in said if o.circumstances.ordered_by == BALANCED and o.circumstances.judge_id
    }


def _shows(rollout: JudgedRollout | None) -> bool | None:
    return None if rollout is None else rollout.shows


def _undecided(connection: sqlite3.Connection, judge: JudgeInUse) -> set[int]:
    rows = connection.execute(
        "SELECT rollout_id FROM outcomes WHERE behavior = ? AND judge_id = ? AND outcome IN ('unclear', 'error')",
        [judge.behavior, judge.id],
    )
    return {row["rollout_id"] for row in rows}
