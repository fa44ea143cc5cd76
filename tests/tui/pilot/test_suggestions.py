"""Suggestions beside the sentences: no label until accepted, kept with the label, and only where they may be shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from textual.pilot import Pilot

from core.annotation.annotation import Annotation, Suggested
from core.annotation.codebook import Codebook
from core.export.tables import export_csv
from core.store.database import Store
from core.store.suggestions import add_suggester, add_suggestions
from core.suggesting.suggester import Suggester
from tests.tui.app_under_test import (
    CODEBOOK,
    LANDLORD,
    build_app,
    cursor,
    header,
    list_screen,
    query,
    rows,
    sample_trace,
    send,
    stored_labels,
    text,
    until,
)
from tui.palette import DIM, LABEL
from tui.screens.reader import ReaderScreen
from tui.views.annotating import suggestion, tag_and_flag
from tui.views.session import load_view

FIRST = {0: ("monitoring", 0.83), 1: ("planning", 0.4), 2: ("value_conflict", None)}


def suggest(
    store: Store,
    found: Mapping[int, tuple[str, float | None]] = FIRST,
    name: str = "gpt-5-mini",
    codebook: Codebook = CODEBOOK,
) -> None:
    """Store suggestions as another process would."""
    suggester = Suggester("model", name, codebook, json.dumps([name, codebook.id]), name, "http://h/v1")
    with Store.open(store.path) as other:
        other.write(lambda database: add_suggester(database, suggester)).result()
        other.write(lambda database: add_suggestions(database, suggester, LANDLORD, found)).result()


def made(store: Store) -> list[tuple[Any, ...]]:
    return query(
        store,
        "SELECT sentence_idx, category, source, verified, suggested, suggested_by, confidence FROM label_events"
        " ORDER BY id",
    )


def row_of(pilot: Pilot[None], index: int) -> str:
    return next(row for row in rows(pilot) if row[1:].startswith(f" {index}"))


async def test_a_suggestion_is_drawn_with_a_mark_and_counts_as_nothing(store: Store) -> None:
    suggest(store)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        assert row_of(pilot, 0).startswith("▌ 0~mon ")
        assert row_of(pilot, 1).startswith("  1~pla ")
        assert row_of(pilot, 3).startswith("  3    ")
        assert "0/28 labelled" in header(pilot)
        assert "suggested monitoring 0.83 by gpt-5-mini: Enter accepts" in text(pilot)
        await send(pilot, "j", "j")
        assert "suggested value_conflict by gpt-5-mini: Enter accepts" in text(pilot)
        await send(pilot, "]")
        assert cursor(pilot) == 3
    report = export_csv(store, store.path.parent / "tables")
    assert dict(report.files)["labels.csv"] == 0


async def test_enter_accepts_and_goes_on(store: Store) -> None:
    suggest(store)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "enter", "enter")
        assert cursor(pilot) == 2
        assert "2/28 labelled" in header(pilot)
        assert row_of(pilot, 0).startswith("  0 mon ")
    assert made(store) == [
        (0, "monitoring", "suggestion", 1, "monitoring", "gpt-5-mini", 0.83),
        (1, "planning", "suggestion", 1, "planning", "gpt-5-mini", 0.4),
    ]


async def test_a_category_key_overrides_and_keeps_what_was_suggested(store: Store) -> None:
    suggest(store)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "2", "j", "j", "2", "k")
        assert cursor(pilot) == 3
        await send(pilot, "g")
        assert "suggested monitoring 0.83 by gpt-5-mini" in text(pilot)
        assert "Enter accepts" not in text(pilot)
    assert made(store) == [
        (0, "decision_comply", "key", 1, "monitoring", "gpt-5-mini", 0.83),
        (3, "decision_comply", "key", 1, None, None, None),
    ]


async def test_a_label_that_is_taken_off_shows_the_suggestion_again(store: Store) -> None:
    suggest(store)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "enter", "u")
        assert row_of(pilot, 0).startswith("▌ 0~mon ")
        await send(pilot, "2", "g", "x")
        assert row_of(pilot, 0).startswith("▌ 0~mon ")
        assert stored_labels(store) == {}


async def test_all_that_is_selected_is_accepted_as_one_step(store: Store) -> None:
    suggest(store)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "2", "g", "v", "G", "enter")
        assert stored_labels(store) == {0: "monitoring", 1: "decision_comply", 2: "value_conflict"}
        await send(pilot, "u")
        assert stored_labels(store) == {1: "decision_comply"}


async def test_where_nothing_is_open_enter_reads_the_sentence(store: Store) -> None:
    suggest(store)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        for keys in (("j", "j", "j"), ("g", "space", "k")):
            await send(pilot, *keys, "enter")
            assert isinstance(pilot.app.screen, ReaderScreen)
            await send(pilot, "q")
        assert stored_labels(store) == {}


async def test_suggestions_of_another_process_appear_by_themselves(store: Store) -> None:
    async with build_app(store).run_test(size=(80, 24)) as pilot:
        assert "suggested" not in text(pilot)
        suggest(store)
        await until(pilot, lambda: row_of(pilot, 0).startswith("▌ 0~mon "))
        assert "suggested monitoring 0.83 by gpt-5-mini: Enter accepts" in text(pilot)
        suggest(store, {0: ("planning", 1.0)}, "nearest:ben")
        await until(pilot, lambda: "suggested planning 1.00 by nearest:ben" in text(pilot))
        # The latest suggester speaks alone.
        assert row_of(pilot, 1).startswith("  1    ")


async def test_suggestions_under_another_codebook_are_not_shown(store: Store) -> None:
    suggest(store, codebook=replace(CODEBOOK, version="another"))
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        assert "suggested" not in text(pilot)
        await send(pilot, "2")
    assert made(store) == [(0, "decision_comply", "key", 1, None, None, None)]


async def test_what_a_hostile_model_is_called_is_made_visible(store: Store) -> None:
    suggest(store, name="\x1b[31m[b]evil\n")
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        assert "\x1b" not in text(pilot)
        assert "[b]evil" in text(pilot)


async def test_it_is_dim_and_a_label_is_not(store: Store) -> None:
    suggest(store)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "enter")
        strips = {index: list_screen(pilot).items.draw(index, 0, 60, at_cursor=False) for index in (0, 1)}
        styles = {
            index: next(s.style for s in strip if s.text.strip() in ("mon", "pla")) for index, strip in strips.items()
        }
        assert styles == {0: LABEL, 1: DIM}


def test_what_the_annotator_holds_comes_before_what_is_suggested() -> None:
    suggested = Suggested("monitoring", "m", 0.5)
    assert tag_and_flag(Annotation(), CODEBOOK, suggested) == ("mon", "~")
    assert tag_and_flag(Annotation(is_unsure=True), CODEBOOK, suggested) == (None, "?")
    assert tag_and_flag(Annotation(note="so"), CODEBOOK, suggested) == (None, "*")
    assert tag_and_flag(Annotation("planning"), CODEBOOK, suggested) == ("pla", " ")
    assert suggestion(suggested, Annotation(is_unsure=True)) == "suggested monitoring 0.50 by m: Enter accepts"


def test_nothing_is_suggested_to_the_blind_before_they_have_decided(store: Store) -> None:
    view = load_view(store, LANDLORD, "ana", None, {}, sample_trace(LANDLORD))
    suggested = Suggested("monitoring", "m", 0.5)
    view = replace(view, suggestions={0: suggested, 1: suggested}, annotations={1: Annotation("planning")})
    blind = replace(view, is_blind=True)
    assert (blind.suggested(0), blind.suggested(1)) == (None, suggested)
    assert view.suggested(0) == suggested
