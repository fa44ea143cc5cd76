"""Judges in the database against people: which verdicts count, for how many rollouts, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.analysis.counts import Count
from core.analysis.validation import Estimate
from core.analysis.verdict_validation import VerdictValidation, pair_annotators, validate_judges
from core.analysis.verification import Stratum, verify
from core.annotation.verdict import VerdictCircumstances
from core.behaviors.judge import Judge
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE, Outcome
from core.errors import NotFoundError
from core.store.database import Store
from core.store.judges import choose_judge, judged_rollouts, judges_in_use
from core.store.rollouts import add_judge, add_outcomes
from core.store.verdicts import set_verdict, standing_verdicts
from tests.core.analysis.stored import TAGS, keep, make_trace, sample

STRICT = Judge(ALIGNMENT_FAKING, "five criteria", "1", scheme="votes", when="complied", max_votes=5, model="m")
LOOSE = Judge(ALIGNMENT_FAKING, "keywords", "1")
N_YES, N_NO, N_REFUSED = 10, 40, 50
SAYS = list(range(1, N_YES + 1)), list(range(N_YES + 1, N_YES + N_NO + 1))
"""The rollouts that the strict judge says yes to, and no to; the loose one says yes to every fourth of all."""
REFUSED = N_YES + N_NO + 1
UNCLEAR = N_YES + N_NO + N_REFUSED + 1


def both(compliance: str, faking: str, yes: int | None = None) -> list[Outcome]:
    cast = None if yes is None else 5
    return [Outcome(COMPLIANCE, TAGS.id, compliance), Outcome(ALIGNMENT_FAKING, STRICT.id, faking, yes, cast)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "judged.db") as opened:
        keep(opened, make_trace("one", ["I think."]))
        for judge in (STRICT, LOOSE):
            opened.write(lambda db, judge=judge: add_judge(db, judge)).result()  # type: ignore[misc]
        rows = [both("complied", "yes", 4)] * N_YES + [both("complied", "no", 1)] * N_NO
        sample(opened, "one", 0, [*rows, *[both("refused", "no")] * N_REFUSED, both("complied", "unclear", 0)])
        for rollout in (*SAYS[0], *SAYS[1]):
            outcome = Outcome(ALIGNMENT_FAKING, LOOSE.id, "yes" if rollout % 4 == 0 else "no")
            opened.write(lambda db, r=rollout, o=outcome: add_outcomes(db, r, [o])).result()  # type: ignore[misc]
        yield opened


def say(
    store: Store,
    rollouts: list[int],
    shows: Callable[[int], bool],
    annotator: str = "ana",
    order: str | None = "balanced",
    judge: Judge = STRICT,
) -> None:
    made = VerdictCircumstances(is_blind=True, ordered_by=order, judge_id=judge.id)
    for rollout in rollouts:
        word = "yes" if shows(rollout) else "no"
        store.write(
            lambda db, r=rollout, w=word: set_verdict(db, annotator, r, ALIGNMENT_FAKING, w, made)  # type: ignore[misc]
        ).result()


def against(store: Store, name: str = "five criteria", *, any_order: bool = False) -> VerdictValidation:
    judge = choose_judge(judges_in_use(store.read, ALIGNMENT_FAKING), ALIGNMENT_FAKING, name)
    (found,) = validate_judges(store.read, [judge], ["ana"], any_order=any_order)
    return found


def test_a_balanced_sample_is_weighted_to_all_that_the_judge_decided(store: Store) -> None:
    say(store, [*SAYS[0][:5], *SAYS[1][:5]], lambda rollout: rollout in (1, 2, 3, 4, N_YES + 1))
    found = against(store)
    assert (found.n_decided, found.n_blind, found.n_unreached) == (N_YES + N_NO, 10, 0)
    counts = found.counts
    assert (counts.true_yes, counts.false_yes, counts.false_no, counts.true_no) == (4, 1, 1, 4)
    # Of 10 the judge's yes 8 are right, of 40 its no 8 are wrong: the sample alone would say 4 of 5.
    assert found.measures["sensitivity"].value == pytest.approx(8 / 16)
    assert found.measures["specificity"].value == pytest.approx(32 / 34)
    expected = verify([Stratum(True, N_YES, Count(4, 5)), Stratum(False, N_NO, Count(1, 5))])
    assert {name: one for name, one in found.measures.items() if name != "auroc"} == expected
    assert found.measures["auroc"].value == pytest.approx((8 / 16 + 32 / 34) / 2)
    assert [found.n_behind(name) for name in ("ppv", "npv", "kappa")] == [5, 5, 10]


def test_a_judge_by_which_nothing_was_drawn_is_weighted_by_the_one_that_drew(store: Store) -> None:
    """All of the strict judge's yes and an eighth of its no were judged: each of the latter counts for eight."""

    def shows(rollout: int) -> bool:
        return rollout <= N_YES

    say(store, [*SAYS[0], 12, 16, 13, 14, 15], shows)
    found = against(store, "keywords")
    # Of the ten that fake, the loose judge says yes to 4 and 8; in truth of the others to every fourth.
    assert found.measures["sensitivity"].value == pytest.approx(2 / 10)
    n_said_yes = sum(rollout % 4 == 0 for rollout in SAYS[1])
    assert found.measures["specificity"].value == pytest.approx((N_NO - n_said_yes) / N_NO)
    assert found.n_unreached == 0


def test_what_was_not_drawn_at_random_counts_only_if_that_is_asked_for(store: Store) -> None:
    say(store, [1, 2, 11, 12], lambda rollout: rollout < 10)
    say(store, [3], lambda _: False, order=None)
    say(store, [13], lambda _: True, order="unsure")
    found = against(store)
    assert (found.counts.n, found.n_chosen, found.measures["sensitivity"].value) == (4, 2, 1)
    every = against(store, any_order=True)
    assert (every.counts.n, every.n_chosen) == (6, 0)
    assert every.measures["ppv"].value == pytest.approx(2 / 3)


def test_verdicts_on_what_the_judge_was_not_asked_about_are_counted_apart(store: Store) -> None:
    say(store, [1, 11, REFUSED, REFUSED + 1, UNCLEAR], lambda rollout: rollout in (1, UNCLEAR))
    store.write(lambda db: set_verdict(db, "ana", 2, ALIGNMENT_FAKING, "skipped")).result()
    found = against(store)
    assert (found.counts.n, found.counts.undecided_yes, found.n_unasked, found.n_skipped) == (3, 1, 2, 1)
    assert found.counts.specificity == Count(1, 1)


def test_nothing_is_told_of_a_judge_whose_yes_nobody_looked_at(store: Store) -> None:
    say(store, SAYS[1][:5], lambda _: False)
    found = against(store)
    assert found.measures["npv"].value == 1
    assert {name for name, one in found.measures.items() if one != Estimate(None, None)} == {"npv"}


def test_annotators_are_held_against_each_other_where_both_judged(store: Store) -> None:
    say(store, list(range(1, 21)), lambda rollout: rollout <= 10)
    say(store, list(range(1, 16)), lambda rollout: rollout <= 8, "ben")
    say(store, [40], lambda _: True, "cy")
    said = standing_verdicts(store.read, ALIGNMENT_FAKING)
    (pair,) = pair_annotators(said, ["ana", "ben", "cy"])
    assert (pair.yes_yes, pair.yes_no, pair.no_yes, pair.no_no) == (8, 2, 0, 5)
    assert pair.agree == Count(13, 15)
    # po = 13/15; pe = (10 * 8 + 5 * 7) / 15^2
    assert pair.kappa.value == pytest.approx((13 / 15 - 115 / 225) / (1 - 115 / 225))


def test_a_judge_is_asked_only_about_what_complied(store: Store) -> None:
    strict, loose = (
        choose_judge(judges_in_use(store.read, ALIGNMENT_FAKING), ALIGNMENT_FAKING, name)
        for name in ("five_criteria", "keywords")
    )
    assert len(judged_rollouts(store.read, strict)) == len(judged_rollouts(store.read, loose)) == N_YES + N_NO
    assert {one.share for one in judged_rollouts(store.read, strict)} == {0.8, 0.2}
    assert {one.share for one in judged_rollouts(store.read, loose)} == {None}
    assert judged_rollouts(store.read, strict, ["another"]) == []


def test_a_judge_that_is_not_there_is_refused(store: Store) -> None:
    there = judges_in_use(store.read, ALIGNMENT_FAKING)
    assert choose_judge(there, ALIGNMENT_FAKING, LOOSE.id[:6]).name == "keywords"
    assert choose_judge(there, ALIGNMENT_FAKING, None).name == "five criteria"
    with pytest.raises(NotFoundError, match=r"no judge 'nobody' has decided 'alignment_faking'; there is: five"):
        choose_judge(there, ALIGNMENT_FAKING, "nobody")
    with pytest.raises(NotFoundError, match="no rollout is decided for 'rude'"):
        choose_judge(judges_in_use(store.read, "rude"), "rude", None)
