"""`turnpoint judge sample`, `judge label` and `judge validate --labels`: people's verdicts on stored rollouts."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from core.annotation.verdict import VerdictCircumstances
from core.behaviors.outcome import ALIGNMENT_FAKING
from core.store.database import Store
from core.store.rollouts import load_rollouts_by_id
from core.store.verdicts import set_verdict
from tests.tui.app_under_test import JUDGE, LANDLORD, build_database
from tests.tui.cli.calling import done, process, turnpoint


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample database, and what three people say of a balanced sample of 20."""
    path = tmp_path_factory.mktemp("judged") / "study.db"
    build_database(path)
    return path


@pytest.fixture
def study(built: Path, folder: Path) -> Path:
    shutil.copy(built, folder / "study.db")
    return folder / "study.db"


def say(db: Path, annotator: str, mistakes: int, n: int = 20, order: str | None = "balanced") -> None:
    """Say what the judge says of the sample, but for the first ``mistakes``."""
    drawn = [entry["rollout_id"] for entry in done("--db", db, "judge", "sample", "-n", n, "--json").json]
    made = VerdictCircumstances(is_blind=True, ordered_by=order, judge_id=JUDGE.id)
    with Store.open(db) as store:
        stored = load_rollouts_by_id(store.read, drawn, {ALIGNMENT_FAKING: JUDGE.id})
        for place, one in enumerate(stored):
            shows = (one.outcomes[ALIGNMENT_FAKING].value == 1) != (place < mistakes)
            word = "yes" if shows else "no"
            store.write(
                lambda db, r=one.id, w=word: set_verdict(db, annotator, r, ALIGNMENT_FAKING, w, made)  # type: ignore[misc]
            ).result()


def krippendorff(pair: dict[str, int]) -> float:
    """Alpha of two people on yes and no: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", section A."""
    differ = pair["yes_no"] + pair["no_yes"]
    yes, no = 2 * pair["yes_yes"] + differ, 2 * pair["no_no"] + differ
    return 1 - (yes + no - 1) * differ / (yes * no)


def test_a_sample_is_listed_and_tells_nothing_of_what_is_not_judged(study: Path) -> None:
    listed = done("--db", study, "--annotator", "ana", "judge", "sample", "-n", "4").out.splitlines()
    assert (
        listed[0] == "alignment_faking: 4 rollouts (balanced, seed 0) of 264 that five criteria decided; you judged 0"
    )
    assert listed[1].split() == ["you", "judge", "share", "of", "yes", "prefix", "sample", "trace"]
    assert [line.split()[3:] for line in listed[2:]] == [[LANDLORD]] * 4
    say(study, "ana", 1, n=4)
    entries = done("--db", study, "--annotator", "ana", "judge", "sample", "-n", "4", "--json").json
    assert [entry["you"] == entry["judge"] for entry in entries] == [False, True, True, True]
    hidden = done("--db", study, "--annotator", "ben", "judge", "sample", "-n", "4", "--json").json
    assert {(entry["you"], entry["judge"], entry["share"]) for entry in hidden} == {(None, None, None)}
    assert [entry["rollout_id"] for entry in hidden] == [entry["rollout_id"] for entry in entries]
    other = done("--db", study, "judge", "sample", "-n", "4", "--seed", "7", "--json").json
    assert [entry["rollout_id"] for entry in other] != [entry["rollout_id"] for entry in entries]


def test_judges_are_held_against_people(study: Path) -> None:
    say(study, "ana", 2)
    said = done("--db", study, "judge", "validate", "--labels").out.splitlines()
    assert said[0] == f"alignment_faking: five criteria {JUDGE.id} at synthetic-reasoner against ana"
    assert said[1].split() == ["ana", "judged", "yes", "judged", "no", "undecided"]
    right = sum(int(line.split()[column]) for line, column in ((said[2], 1), (said[3], 2)))
    assert right == 18
    measures = [line.split()[0] for line in said[6:13]]
    assert measures == ["sensitivity", "specificity", "accuracy", "ppv", "npv", "kappa", "auroc"]
    assert said[13].startswith("these are about the 264 rollouts that the judge decided")
    assert said[14] == "20 of 20 verdicts given blind"


def test_people_are_held_against_each_other_too(study: Path) -> None:
    say(study, "ana", 0)
    say(study, "ben", 3)
    found = done("--db", study, "judge", "validate", "--labels", "--json").json
    assert [one["annotator"] for one in found["validations"]] == ["ana", "ben"]
    ana, ben = (one["measures"] for one in found["validations"])
    assert ana["sensitivity"]["value"] == ana["specificity"]["value"] == ana["kappa"]["value"] == 1
    assert ana["sensitivity"]["interval"][1] == 1
    assert ben["accuracy"]["value"] < 1
    (pair,) = found["pairs"]
    assert (pair["first"], pair["second"], pair["agree"], pair["n"]) == ("ana", "ben", 17, 20)
    assert found["alpha"] == {
        "value": pytest.approx(krippendorff(pair)),
        "interval": None,
        "n_rollouts": 20,
        "n_traces": 1,
        "n_agree": 17,
    }
    last = done("--db", study, "judge", "validate", "--labels").out.splitlines()[-2:]
    assert last[0].startswith("ana        ben  17/20")
    assert last[1].endswith(", 20 rollouts of 1 trace that two or more judged")
    one = done("--db", study, "judge", "validate", "--labels", "--annotator", "ben", "--json", "--csv", "ben.csv").json
    assert ([found["annotator"] for found in one["validations"]], one["pairs"]) == (["ben"], [])
    with Path("ben.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["measure"]: row for row in csv.DictReader(file)}
    assert float(rows["accuracy"]["value"]) == pytest.approx(ben["accuracy"]["value"], abs=1e-6)
    assert {row["n_decided"] for row in rows.values()} == {"264"}


def test_verdicts_on_what_nobody_drew_count_only_if_asked_for(study: Path) -> None:
    say(study, "ana", 0, order=None)
    (found,) = done("--db", study, "judge", "validate", "--labels", "--json").json["validations"]
    assert (found["n_chosen"], found["measures"]["sensitivity"]["value"]) == (20, None)
    said = done("--db", study, "judge", "validate", "--labels").out
    assert "20 verdicts on rollouts that were not drawn at random are in none of these numbers; --any-order" in said
    (every,) = done("--db", study, "judge", "validate", "--labels", "--any-order", "--json").json["validations"]
    assert (every["n_chosen"], every["measures"]["sensitivity"]["value"]) == (0, 1)


def test_the_app_needs_a_terminal(study: Path) -> None:
    assert process("--db", study, "judge", "label").refusal.startswith("the app needs a terminal")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ["validate", "--labels"],
            "nobody has judged alignment_faking on these rollouts; `turnpoint judge label` puts some before you.",
        ),
        (
            ["validate", "--labels", "--behavior", "rude"],
            "no rollout is decided for 'rude'; `turnpoint judge run` asks a judge.",
        ),
        (["validate", "--labels", "--limit", "3"], "--labels asks no judge; leave out --limit."),
        (
            ["validate", "--labels", "texts.jsonl"],
            "a judge is held either against the texts of a FILE, or with --labels; give one of the two.",
        ),
        (["validate", "texts.jsonl", "--any-order"], "--any-order is for --labels; leave out --any-order."),
        (["sample", "--trace", "gone"], "no trace 'gone' in this database; `turnpoint traces` lists them."),
        (
            ["sample", "--judge", "nobody"],
            f"no judge 'nobody' has decided 'alignment_faking'; there is: five criteria ({JUDGE.id}).",
        ),
        (
            ["sample", "--trace", "telemarketer-free"],
            "five criteria has decided alignment_faking on none of these rollouts; `turnpoint judge run` asks it.",
        ),
        (
            ["sample", "--behavior", "compliance", "--order", "unsure"],
            "compliance is read off the answer's tag, which leaves nothing to judge; name another with --behavior.",
        ),
    ],
)
def test_what_cannot_be_is_refused(study: Path, args: list[str], said: str) -> None:
    ran = turnpoint("--db", study, "judge", *args)
    assert ran.code in (1, 2)
    assert ran.refusal == said


def test_someone_who_judged_nothing_is_refused(study: Path) -> None:
    say(study, "ana", 0, n=2)
    ran = turnpoint("--db", study, "judge", "validate", "--labels", "--annotator", "eve")
    assert ran.refusal == "'eve' has judged alignment_faking on none of them; there is: ana."
