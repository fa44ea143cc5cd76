"""What an annotator can undo and redo, read off the log of events alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.annotation.history import History, Step, fold


def test_nothing_done_is_nothing_to_undo() -> None:
    assert fold([]) == History((), ())


def test_labels_are_undone_last_first() -> None:
    labelled = [Step("1", "label", None), Step("2", "clear", None)]
    assert fold(labelled) == History(("1", "2"), ())
    assert fold([*labelled, Step("3", "undo", "2")]) == History(("1",), ("2",))
    assert fold([*labelled, Step("3", "undo", "2"), Step("4", "undo", "1")]) == History((), ("2", "1"))


def test_what_was_undone_last_is_redone_first() -> None:
    steps = [Step("1", "label", None), Step("2", "label", None), Step("3", "undo", "2"), Step("4", "undo", "1")]
    assert fold([*steps, Step("5", "redo", "1")]) == History(("1",), ("2",))


def test_a_new_label_ends_what_could_be_redone() -> None:
    steps = [Step("1", "label", None), Step("2", "undo", "1"), Step("3", "label", None)]
    assert fold(steps) == History(("3",), ())


@given(st.lists(st.sampled_from(["label", "undo", "redo"]), max_size=60))
def test_every_change_is_undoable_redoable_or_gone_but_never_both(wishes: list[str]) -> None:
    steps: list[Step] = []
    for wish in wishes:
        now = fold(steps)
        if wish == "label":
            steps.append(Step(f"{len(steps):03}", "label", None))
        elif wish == "undo" and now.undoable:
            steps.append(Step(f"{len(steps):03}", "undo", now.undoable[-1]))
        elif wish == "redo" and now.redoable:
            steps.append(Step(f"{len(steps):03}", "redo", now.redoable[-1]))
    end = fold(steps)
    assert not set(end.undoable) & set(end.redoable)
    assert list(end.undoable) == sorted(end.undoable)
    assert {*end.undoable, *end.redoable} <= {step.id for step in steps if step.kind == "label"}
