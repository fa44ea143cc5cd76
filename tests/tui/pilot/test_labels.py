"""Labels by one key each: on disk at once, undone across traces and restarts, one history per annotator."""

from __future__ import annotations

from core.store.database import Store
from core.store.labels import set_label
from tests.tui.app_under_test import (
    CODEBOOK,
    LANDLORD,
    TELEMARKETER,
    build_app,
    cursor,
    enter,
    header,
    list_screen,
    rows,
    sample_trace,
    send,
    status,
    stored_labels,
    text,
    until,
)
from tui.screens.trace import TraceScreen

LAST = len(sample_trace(LANDLORD).sentences) - 1


async def test_one_key_labels_and_goes_on(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7")
        assert cursor(pilot) == 1
        assert "1/28 labelled" in header(pilot)
        assert any(row.startswith("  0 mon ") for row in rows(pilot))


async def test_every_category_has_its_key(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        for category in CODEBOOK.categories:
            await send(pilot, category.key)
        expected = {i: category.name for i, category in enumerate(CODEBOOK.categories)}
        assert stored_labels(store) == expected


async def test_a_label_is_on_disk_before_the_next_key(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        for n, key in enumerate("12345", 1):
            await send(pilot, key)
            assert len(stored_labels(store)) == n


async def test_a_label_is_on_disk_before_the_screen_shows_it(store: Store) -> None:
    app = build_app(store)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = list_screen(pilot)
        assert isinstance(screen, TraceScreen)
        # Called directly: no message is handled, and nothing is drawn, in between.
        screen.action_label("monitoring")
        assert stored_labels(store) == {0: "monitoring"}
        await until(pilot, lambda: any(row.startswith("  0 mon ") for row in rows(pilot)))


async def test_the_same_key_takes_the_label_off(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "k", "7")
        assert cursor(pilot) == 0
        assert stored_labels(store) == {}
        assert "0/28 labelled" in header(pilot)


async def test_another_key_replaces_the_label(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "k", "8")
        assert stored_labels(store) == {0: "training_objective"}
        assert cursor(pilot) == 1


async def test_x_clears(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "k", "x")
        assert stored_labels(store) == {}
        await send(pilot, "x")
        assert status(pilot) == "this sentence has no label."


async def test_the_last_sentence_is_labelled_without_going_on(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "G", "2")
        assert stored_labels(store) == {LAST: "decision_comply"}
        assert cursor(pilot) == LAST
        assert "last sentence" in status(pilot)


async def test_the_category_is_named_in_the_detail(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "k")
        assert "sentence 0 · monitoring" in text(pilot)


async def test_undo_returns_to_what_changed(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "8", "G", "u")
        assert cursor(pilot) == 1
        assert status(pilot) == "undid: sentence 1 training_objective → unlabelled"
        assert stored_labels(store) == {0: "monitoring"}
        await send(pilot, "G", "backspace")
        assert cursor(pilot) == 0
        assert stored_labels(store) == {}
        await send(pilot, "u")
        assert status(pilot) == "nothing to undo."


async def test_redo_until_something_new_is_said(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "8", "u", "u", "U")
        assert stored_labels(store) == {0: "monitoring"}
        assert cursor(pilot) == 0
        await send(pilot, "U", "U")
        assert stored_labels(store) == {0: "monitoring", 1: "training_objective"}
        assert status(pilot) == "nothing to redo."
        await send(pilot, "u", "a", "U")
        assert stored_labels(store) == {0: "monitoring", 1: "rater_appeasement"}
        assert status(pilot) == "nothing to redo."


async def test_undo_of_a_cleared_label_brings_it_back(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "k", "x", "u")
        assert stored_labels(store) == {0: "monitoring"}
        assert status(pilot) == "undid: sentence 0 unlabelled → monitoring"


async def test_undo_and_redo_across_traces(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "j", "7", "o", "/")
        await enter(pilot, TELEMARKETER)
        await send(pilot, "enter", "j", "8")
        assert TELEMARKETER in header(pilot)
        assert stored_labels(store, TELEMARKETER) == {1: "training_objective"}
        await send(pilot, "u", "u")
        assert LANDLORD in header(pilot)
        assert cursor(pilot) == 2
        assert stored_labels(store) == {} == stored_labels(store, TELEMARKETER)
        await send(pilot, "U", "U")
        assert TELEMARKETER in header(pilot)
        assert cursor(pilot) == 1
        assert "1/22 labelled" in header(pilot)


async def test_undo_after_a_restart(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "8", "q")
    store.close()
    with Store.open(store.path, create=False) as again:
        async with build_app(again, TELEMARKETER).run_test(size=(120, 36)) as pilot:
            await send(pilot, "u")
            assert LANDLORD in header(pilot)
            assert cursor(pilot) == 1
            assert stored_labels(again) == {0: "monitoring"}
            await send(pilot, "U")
            assert stored_labels(again) == {0: "monitoring", 1: "training_objective"}


async def test_annotators_have_labels_and_histories_of_their_own(store: Store) -> None:
    async with build_app(store, annotator="ana").run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "8", "q")
    async with build_app(store, annotator="ben").run_test(size=(120, 36)) as pilot:
        assert "0/28 labelled" in header(pilot)
        assert cursor(pilot) == 0
        await send(pilot, "u")
        assert status(pilot) == "nothing to undo."
        await send(pilot, "a", "u")
    assert stored_labels(store, annotator="ana") == {0: "monitoring", 1: "training_objective"}
    assert stored_labels(store, annotator="ben") == {}


async def test_labels_from_another_process_appear(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        with Store.open(store.path, create=False) as other:
            other.write(lambda db: set_label(db, "ben", LANDLORD, 0, "planning", CODEBOOK)).result()
            other.write(lambda db: set_label(db, "ana", LANDLORD, 3, "harm_ethics", CODEBOOK)).result()
        await until(pilot, lambda: "1/28 labelled" in header(pilot))
        assert any(row.startswith("  3 eth ") for row in rows(pilot))
