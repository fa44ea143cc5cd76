"""What a sentence holds besides its label: skipped, unsure, a note, a second category; and several at once."""

from __future__ import annotations

import os
import random
import stat
from pathlib import Path

import pytest

from core.annotation.annotation import Annotation, Circumstances
from core.store.database import Store
from core.store.labels import load_annotations, load_circumstances, load_unverified, set_label
from tests.tui.app_under_test import (
    CODEBOOK,
    LANDLORD,
    TELEMARKETER,
    build_app,
    cursor,
    enter,
    header,
    list_screen,
    query,
    rows,
    sample_trace,
    send,
    status,
    stored_labels,
    text,
)
from tests.tui.test_looking import Clock
from tui.screens.looking import Looking
from tui.screens.trace import TraceScreen

LAST = len(sample_trace(LANDLORD).sentences) - 1


def held(store: Store, trace_id: str = LANDLORD) -> dict[int, Annotation]:
    return load_annotations(store.read, trace_id, "ana")


async def test_space_skips_which_is_no_label(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "space", "7")
        assert cursor(pilot) == 2
        assert held(store) == {0: Annotation(is_skipped=True), 1: Annotation("monitoring")}
        assert "1/28 labelled, 1 skipped" in header(pilot)
        assert any(row.startswith("  0 ··· ") for row in rows(pilot))
        await send(pilot, "g", "8")
        assert held(store)[0] == Annotation("training_objective")
        assert header(pilot).endswith("2/28 labelled")


async def test_space_leaves_a_label_alone(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "k", "space")
        assert cursor(pilot) == 1
        assert held(store) == {0: Annotation("monitoring")}


async def test_open_sentences_are_those_neither_labelled_nor_skipped(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "space", "j", "8", "g", "]")
        assert cursor(pilot) == 2


async def test_m_doubts_and_takes_it_back(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "m", "7", "k")
        assert held(store) == {0: Annotation("monitoring", is_unsure=True)}
        assert "1/28 labelled, 1 unsure" in header(pilot)
        assert any(row.startswith("▌ 0?mon ") for row in rows(pilot))
        assert "sentence 0 · monitoring (unsure)" in text(pilot)
        await send(pilot, "m")
        assert held(store) == {0: Annotation("monitoring")}


async def test_flagged_sentences_are_found_again(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "m", "j", "j", "space", "g", "}")
        assert cursor(pilot) == 1
        await send(pilot, "}")
        assert cursor(pilot) == 3
        await send(pilot, "}")
        assert status(pilot) == "no unsure, skipped or unconfirmed sentence that way."
        await send(pilot, "{")
        assert cursor(pilot) == 1


async def test_a_note_is_kept_and_an_empty_one_takes_it_off(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "i")
        await enter(pilot, "tier, or the objective?")
        assert held(store) == {0: Annotation(note="tier, or the objective?")}
        assert any(row.startswith("▌ 0*") for row in rows(pilot))
        assert "note: tier, or the objective?" in text(pilot)
        await send(pilot, "7", "k", "x")
        assert held(store) == {0: Annotation(note="tier, or the objective?")}
        await send(pilot, "i", "ctrl+u", "enter")
        await pilot.pause()
        assert held(store) == {}


async def test_a_second_category_with_shift_before_or_after_the_label(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "exclamation_mark", "7", "8", "k", "D")
        assert held(store) == {
            0: Annotation("monitoring", "preservation_motive"),
            1: Annotation("training_objective", "planning"),
        }
        assert cursor(pilot) == 1
        assert any(row.startswith("  0+mon ") for row in rows(pilot))
        await send(pilot, "D")
        assert held(store)[1] == Annotation("training_objective")


async def test_a_second_category_without_shift(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "k", ",", "1")
        assert held(store) == {0: Annotation("monitoring", "preservation_motive")}
        await send(pilot, ",", "7")
        assert "is the label itself" in status(pilot)
        await send(pilot, ",", "escape", "8")
        assert held(store)[0] == Annotation("training_objective", "preservation_motive")


async def test_a_second_category_alone_is_no_label(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "D")
        assert status(pilot) == "planning stands second; now the key of the label."
        assert "0/28 labelled" in header(pilot)


async def test_a_range_is_labelled_by_one_key_and_undone_by_one(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "7", "g", "v", "j", "j", "d")
        assert stored_labels(store) == dict.fromkeys(range(3), "planning")
        assert cursor(pilot) == 3
        await send(pilot, "u")
        assert stored_labels(store) == {1: "monitoring"}
        assert cursor(pilot) == 0
        assert status(pilot) == "undid: 3 sentences, 0 to 2"
        await send(pilot, "U")
        assert stored_labels(store) == dict.fromkeys(range(3), "planning")


async def test_a_range_may_begin_below_and_is_shown(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "j", "j", "v", "k", "k")
        shown = rows(pilot)
        assert any(row.startswith("▌ 1 ") for row in shown)
        assert any(row.startswith("│ 2 ") for row in shown)
        assert any(row.startswith("│ 3 ") for row in shown)
        await send(pilot, "escape")
        assert not any(row.startswith("│") for row in rows(pilot))
        await send(pilot, "d")
        assert stored_labels(store) == {1: "planning"}


async def test_a_range_that_has_the_label_everywhere_is_cleared_by_its_key(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "d", "d", "g", "v", "j", "d")
        assert stored_labels(store) == {}


async def test_skip_and_doubt_take_a_range_too(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "g", "v", "j", "j", "space", "g", "v", "j", "m")
        assert held(store) == {
            0: Annotation("monitoring", is_unsure=True),
            1: Annotation(is_skipped=True, is_unsure=True),
            2: Annotation(is_skipped=True),
        }


async def test_x_takes_all_but_the_note(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "i")
        await enter(pilot, "why")
        await send(pilot, "m", "D", "7", "k", "x")
        assert held(store) == {0: Annotation(note="why")}
        await send(pilot, "u")
        assert held(store) == {0: Annotation("monitoring", "planning", is_unsure=True, note="why")}
        assert "unlabelled → monitoring + planning (unsure)" in status(pilot)


async def test_undo_of_a_note_says_what_it_was(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "i")
        await enter(pilot, "why")
        await send(pilot, "u")
        assert held(store) == {}
        assert status(pilot) == "undid: sentence 0 note 'why' → no note"


async def test_labels_that_do_not_go_on(store: Store) -> None:
    app = build_app(store, advance=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await send(pilot, "7")
        assert cursor(pilot) == 0
        await send(pilot, "7")
        assert stored_labels(store) == {}


async def test_a_label_knows_how_long_its_sentence_was_looked_at(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("tui.screens.labelling.Looking", lambda: Looking(clock))
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        for key, passes in (("j", 1.0), ("j", 8.0), ("k", 2.0), ("7", 4.0), ("8", 0.5)):
            await send(pilot, key)
            clock.now += passes
        await send(pilot, "9")
    made = load_circumstances(store.read, LANDLORD, "ana")
    assert [made[index].seconds for index in (1, 2, 3)] == [3.0, 12.0, 0.5]
    assert (made[1].source, made[1].is_verified, made[1].is_blind) == ("key", True, False)


async def test_a_label_that_nobody_confirmed_is_marked_until_enter_confirms_it(store: Store) -> None:
    imported = Circumstances("import", is_verified=False)
    for index in (1, 2):
        store.write(lambda db, i=index: set_label(db, "ana", LANDLORD, i, "monitoring", CODEBOOK, imported)).result()  # type: ignore[misc]
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "}")
        assert cursor(pilot) == 1
        assert any(row.startswith("▌ 1!mon ") for row in rows(pilot))
        await send(pilot, "i")
        await enter(pilot, "a note confirms nothing")
        assert any(row.startswith("▌ 1!mon ") for row in rows(pilot))
        await send(pilot, "enter")
        assert cursor(pilot) == 2
        assert any(row.startswith("  1*mon ") for row in rows(pilot))
        made = load_circumstances(store.read, LANDLORD, "ana")
        assert (made[1].is_verified, made[1].source, made[2].is_verified) == (True, "import", False)
        await send(pilot, "u")
        assert any(row.startswith("▌ 1!mon ") for row in rows(pilot))
        await send(pilot, "v", "j", "enter")
        assert load_unverified(store.read, LANDLORD, "ana") == frozenset()
        assert stored_labels(store) == {1: "monitoring", 2: "monitoring"}


async def test_every_label_names_the_codebook_it_was_given_under(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "m", "u", "u", "U")
    assert {row[0] for row in query(store, "SELECT codebook_id FROM label_events")} == {CODEBOOK.id}


async def test_counts_stand_beside_the_keys_at_any_width(store: Store) -> None:
    for size in ((120, 36), (80, 24)):
        async with build_app(store).run_test(size=size) as pilot:
            await send(pilot, "g", "v", "j", "d")
            shown = text(pilot)
            assert all(f"{category.key} {category.tag}" in shown for category in CODEBOOK.categories)
            assert "d pla2" in shown
            await send(pilot, "g", "v", "j", "d")


def editor(path: Path, script: str) -> str:
    """An editor that is a shell script; its argument is the file."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return os.fspath(path)


async def test_an_editor_that_cannot_be_is_said(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without a terminal nothing can be suspended; the real thing is in tests/e2e.
    monkeypatch.setenv("VISUAL", editor(tmp_path / "ed", "exit 0"))
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "e")
        assert "the editor failed (" in status(pilot)
        assert held(store) == {}


class Hand:
    """Someone who presses keys, and remembers what they must have come to."""

    def __init__(self, trace_id: str) -> None:
        self.trace_id, self.at = trace_id, {trace_id: 0}
        self.labels: dict[tuple[str, int], str] = {}
        self.done: list[dict[tuple[str, int], tuple[str | None, str | None]]] = []
        self.undone: list[dict[tuple[str, int], tuple[str | None, str | None]]] = []

    @property
    def cursor(self) -> int:
        return self.at[self.trace_id]

    def go(self, index: int) -> None:
        self.at[self.trace_id] = min(index, len(sample_trace(self.trace_id).sentences) - 1)

    def press(self, category: str, key_of_range: int) -> None:
        """A category key on as many sentences from the cursor on."""
        end = min(self.cursor + key_of_range, len(sample_trace(self.trace_id).sentences))
        places = [(self.trace_id, i) for i in range(self.cursor, end)]
        after = None if all(self.labels.get(place) == category for place in places) else category
        step = {p: (self.labels.get(p), after) for p in places if self.labels.get(p) != after}
        self.done.append(step)
        self.undone.clear()
        self.put(step, 1)
        self.go(end - 1 if after is None else end)

    def put(self, step: dict[tuple[str, int], tuple[str | None, str | None]], which: int) -> None:
        for place, states in step.items():
            category = states[which]
            if category is None:
                self.labels.pop(place, None)
            else:
                self.labels[place] = category

    def replay(self, of: list[dict[tuple[str, int], tuple[str | None, str | None]]], which: int) -> None:
        if of:
            step = of.pop()
            (self.undone if which == 0 else self.done).append(step)
            self.put(step, which)
            self.trace_id, index = next(iter(step))
            self.go(index)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
async def test_random_keys_with_trace_switches_and_restarts(store: Store, seed: int) -> None:
    rng, hand = random.Random(seed), Hand(LANDLORD)
    keys = {category.key: category.name for category in CODEBOOK.categories[:4]}
    for _ in range(2):
        with Store.open(store.path, create=False) as again:
            async with build_app(again, hand.trace_id).run_test(size=(100, 30)) as pilot:
                screen = list_screen(pilot)
                assert isinstance(screen, TraceScreen)
                for _ in range(25):
                    wish = rng.choice(["label"] * 6 + ["range", "range", "undo", "undo", "redo", "move", "switch"])
                    if wish == "label":
                        key = rng.choice(list(keys))
                        await send(pilot, key)
                        hand.press(keys[key], 1)
                    elif wish == "range":
                        key, more = rng.choice(list(keys)), rng.randrange(1, 4)
                        await send(pilot, "v", *["j"] * more, key)
                        hand.press(keys[key], more + 1)
                    elif wish in ("undo", "redo"):
                        await send(pilot, "u" if wish == "undo" else "U")
                        hand.replay(*((hand.done, 0) if wish == "undo" else (hand.undone, 1)))
                    elif wish == "move":
                        hand.go(rng.randrange(20))
                        screen.go(hand.cursor)
                    else:
                        other = TELEMARKETER if hand.trace_id == LANDLORD else LANDLORD
                        screen.open(other, hand.at.get(other, 0))
                        hand.trace_id, hand.at[other] = other, hand.at.get(other, 0)
                    assert (screen.trace_id, cursor(pilot)) == (hand.trace_id, hand.cursor), wish
                    assert stored_labels(store, hand.trace_id) == {
                        index: category
                        for (trace_id, index), category in hand.labels.items()
                        if trace_id == hand.trace_id
                    }
                await send(pilot, "q")
