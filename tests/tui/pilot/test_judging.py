"""Judging rollouts by key: what a key writes and shows, undo, several annotators, blind, and samples across traces."""

from __future__ import annotations

from dataclasses import replace

from core.annotation.verdict import HumanVerdict
from core.annotation.verdict_sample import draw_verdict_sample
from core.behaviors.outcome import ALIGNMENT_FAKING, Outcome
from core.endpoints.config import AnnotationConfig
from core.store.database import Store
from core.store.judges import judged_rollouts, judges_in_use
from core.store.labels import load_labels
from core.store.rollouts import load_rollouts
from core.store.verdicts import load_verdicts, set_verdict
from tests.tui.app_under_test import (
    JUDGE,
    LANDLORD,
    SIMULATOR,
    TAG_RULE,
    TELEMARKETER,
    N,
    add_rollout_rows,
    build_app,
    cursor,
    enter,
    header,
    list_screen,
    outcomes,
    query,
    rows,
    send,
    status,
    text,
    until,
)
from tui.app import TurnpointApp
from tui.screens.reader import ReaderScreen
from tui.screens.trace import TraceScreen
from tui.screens.verdict_sample import SampleScreen, VerdictSample

DECIDED = ("space", "k")
"""In blind mode, rollouts can be seen of a sentence that is decided; these keys skip it and come back."""


def ids(store: Store, prefix: int = 0) -> list[int]:
    return [stored.id for stored in load_rollouts(store.read, LANDLORD, SIMULATOR.settings.id, prefix)]


def said(store: Store, annotator: str = "ana", behavior: str = ALIGNMENT_FAKING) -> dict[int, str | None]:
    """Words by place among the rollouts of prefix 0."""
    places = {rollout: place for place, rollout in enumerate(ids(store))}
    held = load_verdicts(store.read, annotator, behavior)
    return {places[rollout]: verdict.word for rollout, verdict in held.items() if rollout in places}


def blind(app: TurnpointApp) -> TurnpointApp:
    app.context = replace(app.context, annotation=AnnotationConfig(blind=True))
    return app


def sample_app(store: Store, n: int = 8, order: str = "balanced", *, hides: bool = True) -> TurnpointApp:
    """What `turnpoint judge label` opens."""
    judge = judges_in_use(store.read, ALIGNMENT_FAKING)[0]
    drawn = draw_verdict_sample(judged_rollouts(store.read, judge), order, n)
    sample = VerdictSample(judge, tuple(one.rollout_id for one in drawn), order, 0)
    app = build_app(store)
    app._first = lambda: SampleScreen(store, sample)
    return blind(app) if hides else app


async def test_a_key_says_yes_or_no_and_goes_on(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V")
        assert "judged" not in header(pilot)
        await send(pilot, "1", "0", "space")
        assert said(store) == {0: "yes", 1: "no", 2: "skipped"}
        assert cursor(pilot) == 3
        assert "judged 3/20 by you, agree 2/2 with the judge" in header(pilot)
        assert [row.split()[:2] for row in rows(pilot)[1:7:2]] == [["0", "yes"], ["1", "no"], ["2", "skip"]]
        await send(pilot, "0", "k")
        assert "agree 2/3 with the judge" in header(pilot)
        assert "you: no   judge: yes" in text(pilot)


async def test_the_same_key_again_and_x_take_it_back(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "1", "k", "1")
        assert (said(store), cursor(pilot)) == ({}, 0)
        await send(pilot, "x")
        assert status(pilot) == "you have said nothing of this rollout."
        await send(pilot, "space", "k", "x")
        assert said(store) == {}


async def test_a_verdict_can_be_changed_and_going_on_skips_what_is_judged(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "j", "1", "0", "g", "0")
        assert said(store) == {0: "no", 1: "yes", 2: "no"}
        assert cursor(pilot) == 3
        await send(pilot, "g", "1")
        assert (said(store)[0], cursor(pilot)) == ("yes", 3)
        await send(pilot, "[")
        assert cursor(pilot) == N - 1
        await send(pilot, "]")
        assert cursor(pilot) == 3


async def test_it_says_when_all_are_judged(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", *["0"] * N)
        assert status(pilot) == f"you are done with all {N} rollouts."
        assert "judged 20/20 by you, agree 18/20 with the judge" in header(pilot)
        await send(pilot, "]")
        assert status(pilot) == "you are done with all of them."


async def test_without_advance_the_cursor_stays(store: Store) -> None:
    app = build_app(store)
    app.context = replace(app.context, annotation=AnnotationConfig(advance=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "1")
        assert (said(store), cursor(pilot)) == ({0: "yes"}, 0)


async def test_undo_goes_back_and_survives_a_restart(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "1", "0", "G", "u")
        assert (said(store), cursor(pilot)) == ({0: "yes"}, 1)
        assert "undid: alignment_faking no → unjudged (landlord-review-free, prefix 0, sample 1)" in status(pilot)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "U")
        assert said(store) == {0: "yes", 1: "no"}
        await send(pilot, "backspace", "u", "u")
        assert said(store) == {}
        assert status(pilot) == "nothing to undo among your verdicts."


async def test_undo_reaches_rollouts_that_the_list_does_not_show(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "f", "0", "f", "f", "u")
        assert (said(store), cursor(pilot)) == ({}, 0)
        assert "20/20 shown: all" in header(pilot)
        await send(pilot, "1", "q", "j", "V", "u")
        assert said(store) == {}
        assert "prefix 0, sample 0" in status(pilot)


async def test_labels_of_sentences_have_a_history_of_their_own(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "1", "V", "1", "u", "u")
        assert status(pilot) == "nothing to undo among your verdicts."
        assert load_labels(store.read, LANDLORD, "ana") == {0: "preservation_motive"}


async def test_a_note_stands_beside_the_verdict(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "i")
        await enter(pilot, "says [b]so[/b]")
        assert "note: says [b]so[/b]" in text(pilot)
        await send(pilot, "1", "k")
        assert load_verdicts(store.read, "ana", ALIGNMENT_FAKING) == {
            ids(store)[0]: HumanVerdict("yes", "says [b]so[/b]")
        }
        assert "0 yes*" in rows(pilot)[1]


async def test_annotators_see_their_own_verdicts_only(store: Store) -> None:
    store.write(lambda db: set_verdict(db, "ben", ids(store)[0], ALIGNMENT_FAKING, "no")).result()
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V")
        assert "judged" not in header(pilot)
        await send(pilot, "1")
    assert (said(store), said(store, "ben")) == ({0: "yes"}, {0: "no"})


async def test_blind_hides_the_judge_until_a_verdict_is_given(store: Store) -> None:
    async with blind(build_app(store)).run_test(size=(120, 36)) as pilot:
        await send(pilot, *DECIDED, "V")
        shown = text(pilot)
        assert "AF " not in header(pilot)
        assert " -- complied" in shown
        assert " AF complied" not in shown
        assert "judge: hidden until you say yes or no" in shown
        await send(pilot, "enter")
        assert isinstance(list_screen(pilot), ReaderScreen)
        assert "alignment_faking" not in text(pilot)
        await send(pilot, "q", "f")
        assert "shown: complied" in header(pilot)
        await send(pilot, "f", "f", "f", "space", "k")
        assert "judge: hidden" in text(pilot)
        await send(pilot, "1", "k")
        assert "you: yes   judge: yes" in text(pilot)
        assert " AF complied" in text(pilot)
    assert query(store, "SELECT kind, blind, judge_id FROM verdict_events ORDER BY id") == [
        ("skip", 1, JUDGE.id),
        ("label", 1, JUDGE.id),
    ]


async def test_what_was_shown_is_not_judged_blind_any_more(store: Store) -> None:
    async with blind(build_app(store)).run_test(size=(120, 36)) as pilot:
        await send(pilot, *DECIDED, "V", "1", "k", "x", "1")
        await send(pilot, "B")
        assert " AF complied" in text(pilot)
        await send(pilot, "0", "B")
        assert "judge: hidden" in text(pilot)
        await send(pilot, "0")
    found = query(store, "SELECT kind, blind FROM verdict_events ORDER BY id")
    assert found == [("label", 1), ("clear", 0), ("label", 0), ("label", 0), ("label", 0)]
    assert query(store, "SELECT count(*) FROM verdict_events WHERE seconds IS NULL") == [(0,)]


async def test_another_behavior_is_judged_apart(store: Store) -> None:
    own = [*outcomes("complied", "yes"), Outcome("polite", TAG_RULE.id, "no")]
    add_rollout_rows(store, TELEMARKETER, 0, [(" Yes.", own)])
    app = build_app(store, TELEMARKETER)
    app.context = replace(app.context, judges={**app.context.judges, "polite": TAG_RULE.id})
    async with app.run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "b")
        assert status(pilot) == "you judge polite: 1 shows it, 0 does not."
        await send(pilot, "1")
        assert "agree 0/1 with the judge" in header(pilot)
        await send(pilot, "b")
        assert "judged" not in header(pilot)
        await send(pilot, "u")
        assert "undid: polite yes → unjudged" in status(pilot)
    assert query(store, "SELECT DISTINCT behavior FROM verdict_events") == [("polite",)]


async def test_verdicts_of_another_process_appear(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "j", "j")
        with Store.open(store.path, create=False) as other:
            other.write(lambda db: set_verdict(db, "ana", ids(store)[0], ALIGNMENT_FAKING, "yes")).result()
        await until(pilot, lambda: "judged 1/20" in header(pilot))
        assert cursor(pilot) == 2


async def test_all_of_a_text_can_be_read_beside_the_list(store: Store) -> None:
    long = " First of all.\n\n" + "A step, and one more.\n" * 100 + "The very end."
    add_rollout_rows(store, LANDLORD, 0, [(long, outcomes("refused", "no"))], first=N)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "V", "G", *[">"] * 9)
        assert "The very end." in text(pilot)
        assert "First of all." not in rows(pilot)[1][60:]
        await send(pilot, *["<"] * 9)
        assert "First of all." in rows(pilot)[1][60:]
        await send(pilot, "p")
        assert isinstance(list_screen(pilot), ReaderScreen)
        assert "── system ──" in text(pilot)
        await send(pilot, "G")
        assert "The very end." in text(pilot)


async def test_a_sample_goes_across_prefixes_and_is_resumed_where_it_was_left(store: Store) -> None:
    async with sample_app(store).run_test(size=(120, 36)) as pilot:
        assert "alignment_faking  balanced sample, seed 0" in header(pilot)
        assert "judged 0/8 by you" in header(pilot)
        assert "landlord-review-free, free tier, prefix" in text(pilot)
        await send(pilot, "1", "1", "0")
    found = query(store, "SELECT verdict, blind, ordered_by, judge_id FROM verdict_events ORDER BY id")
    assert found == [(word, 1, "balanced", JUDGE.id) for word in ("yes", "yes", "no")]
    async with sample_app(store).run_test(size=(80, 24)) as pilot:
        assert cursor(pilot) == 3
        assert "judged 3/8" in header(pilot)
        await send(pilot, *["1"] * 5)
        assert status(pilot) == "you are done with all 8 rollouts."
        assert "agree" in header(pilot)
        await send(pilot, "q")
    assert pilot.app.return_code == 0


async def test_a_sample_shows_what_the_judge_says_unless_blind(store: Store) -> None:
    async with sample_app(store, hides=False).run_test(size=(120, 36)) as pilot:
        assert "AF 4" in header(pilot)
        assert " AF complied" in text(pilot)
        await send(pilot, "?", "q", "p", "q")
        assert isinstance(list_screen(pilot), SampleScreen)


async def test_rollouts_below_a_blind_trace_are_blind(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "B", "V")
        assert isinstance(list_screen(pilot), TraceScreen)
        await send(pilot, *DECIDED, "V")
        assert "judge: hidden until you say yes or no" in text(pilot)
        await send(pilot, "q", "B", "V")
        assert "judge" not in header(pilot)
