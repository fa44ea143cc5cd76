"""Working along a queue: what comes next, in which trace, and when it ends."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from core.annotation.order import shuffled
from core.annotation.place import Place
from core.annotation.queue import QueueSpec
from core.store.database import Store
from core.store.queues import end_queue, start_queue
from tests.tui.app_under_test import (
    LANDLORD,
    TELEMARKETER,
    TURN,
    build_app,
    compare_with,
    cursor,
    enter,
    header,
    query,
    replace_in_bar,
    sample_trace,
    sample_traces,
    send,
    status,
    stored_labels,
    until,
    until_said,
)
from tests.tui.test_looking import Clock
from tui.screens.looking import Looking

N_ALL = sum(len(trace.sentences) for trace in sample_traces())


async def start(pilot: Pilot[None], typed: str) -> None:
    """Start a queue by what is typed, and wait until it is under way."""
    await send(pilot, "Q")
    await replace_in_bar(pilot, typed)
    await send(pilot, "enter")
    await until_said(pilot, "queue by")


async def test_what_matters_most_comes_first_and_labels_go_on_along_it(store: Store) -> None:
    async with build_app(store).run_test(size=(140, 36)) as pilot:
        await send(pilot, "Q")
        assert status(pilot).startswith("order: importance this")
        assert status(pilot).endswith("28 sentences")
        await send(pilot, "enter")
        await until_said(pilot, "queue by importance (resampling directions): 28 sentences of 1 trace.")
        assert cursor(pilot) == TURN
        await send(pilot, "2")
        assert cursor(pilot) == TURN - 1
        assert "queue importance 1/28" in header(pilot)
        await send(pilot, "space")
        assert "queue importance 2/28" in header(pilot)
        assert stored_labels(store) == {TURN: "decision_comply"}
        assert query(store, "SELECT ordered_by, kind FROM label_events") == [
            ("importance", "label"),
            ("importance", "skip"),
        ]


async def test_it_goes_on_in_the_next_trace(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("tui.screens.labelling.Looking", lambda: Looking(clock))
    async with build_app(store).run_test(size=(140, 36)) as pilot:
        await start(pilot, "random seed 3 all")
        order = shuffled([Place(t.id, i) for t in sample_traces() for i in range(len(t.sentences))], 3)
        for unit in order[:6]:
            assert header(pilot).split()[1] == unit.trace_id
            assert cursor(pilot) == unit.sentence_idx
            clock.now += 2.0
            await send(pilot, "7")
        assert f"queue random 3 6/{N_ALL}" in header(pilot)
        assert all(stored_labels(store, unit.trace_id)[unit.sentence_idx] == "monitoring" for unit in order[:6])
        assert query(store, "SELECT seconds FROM label_events") == [(2.0,)] * 6


async def test_undo_goes_back_and_the_bracket_goes_on_again(store: Store) -> None:
    async with build_app(store).run_test(size=(140, 36)) as pilot:
        await start(pilot, "importance this")
        await send(pilot, "2", "3")
        given = cursor(pilot)
        await send(pilot, "u", "u")
        assert cursor(pilot) == TURN
        assert "queue importance 0/28" in header(pilot)
        await send(pilot, "]")
        assert cursor(pilot) == given
        await send(pilot, "[")
        assert cursor(pilot) == TURN - 1
        await send(pilot, "[")
        assert cursor(pilot) == TURN
        await send(pilot, "]", "j", "j", "k")
        assert cursor(pilot) == TURN
        await send(pilot, "]")
        assert cursor(pilot) == TURN - 1


async def test_a_label_elsewhere_leads_back_to_what_the_queue_gave(store: Store) -> None:
    async with build_app(store).run_test(size=(140, 36)) as pilot:
        await start(pilot, "importance this")
        await send(pilot, "j", "j", "7")
        assert cursor(pilot) == TURN
        assert "queue importance 1/28" in header(pilot)


async def test_off_the_queue_a_label_has_no_order_and_leads_back_to_it(store: Store) -> None:
    async with build_app(store, TELEMARKETER).run_test(size=(140, 36)) as pilot:
        await start(pilot, f"importance {LANDLORD}")
        assert LANDLORD in header(pilot)
        await send(pilot, "o", "/")
        await enter(pilot, TELEMARKETER)
        await send(pilot, "enter", "7")
        assert query(store, "SELECT trace_id, ordered_by FROM label_events") == [(TELEMARKETER, None)]
        assert LANDLORD in header(pilot)
        assert cursor(pilot) == TURN


async def test_it_survives_a_restart(store: Store) -> None:
    async with build_app(store).run_test(size=(140, 36)) as pilot:
        await start(pilot, "importance this until 20 per category")
        await send(pilot, "2")
        following = cursor(pilot)
        await send(pilot, "g", "q")
    store.close()
    with Store.open(store.path, create=False) as again:
        async with build_app(again).run_test(size=(140, 36)) as pilot:
            assert "queue importance 1/28" in header(pilot)
            await send(pilot, "]")
            assert cursor(pilot) == following
            await send(pilot, "Q")
            assert "order: importance this until 20" in status(pilot)
            assert "runs: 1/28, 0 of 14 categories have 20" in status(pilot)


async def test_enough_labels_end_it(store: Store) -> None:
    async with build_app(store).run_test(size=(140, 36)) as pilot:
        await start(pilot, "position this until 2 labels")
        await send(pilot, "7", "space", "7")
        assert status(pilot) == "queue ended: 2 labels reached; 3 of its 28 sentences are decided."
        assert cursor(pilot) == 2
        assert "queue" not in header(pilot)
        assert query(store, "SELECT why FROM queues WHERE ended_at IS NOT NULL") == [("2 labels reached",)]
        await send(pilot, "7")
        assert cursor(pilot) == 2


async def test_without_going_on_the_bracket_says_that_it_is_enough(store: Store) -> None:
    async with build_app(store, advance=False).run_test(size=(140, 36)) as pilot:
        await start(pilot, "position this until 1 labels")
        await send(pilot, "7", "]")
        assert status(pilot).startswith("queue ended: 1 label reached")


async def test_when_the_sentences_run_out_it_says_which_categories_fell_short(store: Store) -> None:
    n = len(sample_trace(TELEMARKETER).sentences)
    async with build_app(store, TELEMARKETER).run_test(size=(200, 36)) as pilot:
        await start(pilot, "position this until 20 per category")
        await send(pilot, "v", "G", "7")
        said = status(pilot)
        assert said.startswith("queue ended: no sentence is left; short of 20 per category: preservation_motive 0, ")
        assert said.endswith(f"{n} of its {n} sentences are decided.")
        assert "monitoring" not in said


async def test_off_ends_it(store: Store) -> None:
    async with build_app(store).run_test(size=(140, 36)) as pilot:
        await start(pilot, "position")
        await send(pilot, "Q")
        await replace_in_bar(pilot, "off")
        await send(pilot, "enter")
        assert status(pilot) == "queue ended; 0 of its 28 sentences are decided."
        await send(pilot, "7", "]")
        assert cursor(pilot) == 2
        await send(pilot, "Q")
        await replace_in_bar(pilot, "off")
        await send(pilot, "enter")
        assert status(pilot) == "no queue is under way; Q starts one."


async def test_the_note_follows_what_is_typed(store: Store) -> None:
    async with build_app(store).run_test(size=(200, 36)) as pilot:
        await send(pilot, "7", "Q")
        assert status(pilot).endswith("28 sentences, 1 decided")
        for typed, note in {
            "random seed 7 all until 20 per category": f"{N_ALL} sentences, 1 decided",
            "position this unlabelled": "27 sentences, 1 left out",
            f"position {TELEMARKETER}": "22 sentences",
            "off": "ends the queue",
            "impo": "position, importance, width, disagreement, uncertainty, random; off ends",
            "position seed 7": "a seed belongs to the order random, not to position; leave it out.",
            "best": "'best' is no order; there are position, importance, width, disagreement, uncertainty, random.",
            "width until soon": "until all, until 100 labels, or until 20 per category: type one of these.",
            "width nowhere": "'nowhere' is neither a trace nor a word of a queue",
        }.items():
            await replace_in_bar(pilot, typed)
            assert note in status(pilot), typed
        await send(pilot, "enter")
        assert status(pilot).startswith("'nowhere' is neither a trace nor a word of a queue: type `random seed 7")
        assert query(store, "SELECT count(*) FROM queues") == [(0,)]


async def test_an_order_that_rests_on_nothing_is_refused(store: Store) -> None:
    async with build_app(store, TELEMARKETER).run_test(size=(140, 36)) as pilot:
        await send(pilot, "Q", "enter")
        await until_said(pilot, "none of the traces has rollouts on both sides of a sentence")
        assert "queue" not in header(pilot)


async def test_after_a_comparison_importance_is_what_was_compared(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.core.analysis.sweeps import words_in_common

    compare_with(monkeypatch, words_in_common)
    async with build_app(store).run_test(size=(140, 36)) as pilot:
        await send(pilot, "C")
        await until_said(pilot, "turning points")
        await start(pilot, "importance")
        assert "queue by importance (counterfactual directions)" in status(pilot)
        assert cursor(pilot) == TURN


async def test_a_queue_that_another_process_starts_or_ends_is_seen(store: Store) -> None:
    async with build_app(store).run_test(size=(140, 36)) as pilot:
        with Store.open(store.path, create=False) as other:
            spec, items = QueueSpec("position", (LANDLORD,)), [Place(LANDLORD, 9), Place(LANDLORD, 3)]
            other.write(lambda db: start_queue(db, "ana", spec, items)).result()
            await until(pilot, lambda: "queue position 0/2" in header(pilot))
            await send(pilot, "]")
            assert cursor(pilot) == 9
            other.write(lambda db: end_queue(db, "ana", "enough")).result()
            await until(pilot, lambda: "queue" not in header(pilot))
