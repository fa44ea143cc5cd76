"""`K`: how far annotators agree, table by table."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.annotation.annotation import Annotation
from core.store.database import Store
from core.store.labels import Change, annotate
from tests.core.analysis.suggested import suggest
from tests.tui.app_under_test import (
    CODEBOOK,
    LANDLORD,
    TELEMARKETER,
    build_app,
    enter,
    header,
    list_screen,
    rows,
    sample_trace,
    send,
    status,
    text,
    until,
    until_said,
)
from tui.screens.agreement import AgreementScreen
from tui.screens.picker import PickerScreen
from tui.screens.reader import ReaderScreen
from tui.screens.trace import TraceScreen


def label(store: Store, annotator: str, trace_id: str, *categories: str) -> None:
    changes = [Change(trace_id, i, "label", Annotation(category=name)) for i, name in enumerate(categories)]
    store.write(lambda db: annotate(db, annotator, changes, CODEBOOK)).result()


@pytest.fixture
def labelled(store: Store) -> Store:
    """Two traces that ana and ben began, and a model that has seen one of them."""
    label(store, "ana", LANDLORD, "monitoring", "planning", "none", "none")
    label(store, "ben", LANDLORD, "monitoring", "monitoring", "none", "none")
    label(store, "ana", TELEMARKETER, "planning", "none")
    label(store, "ben", TELEMARKETER, "planning", "none")
    suggest(store, "small[/b]\x1b[2J", {(LANDLORD, 0): "none", (LANDLORD, 1): "planning"})
    return store


async def measured(pilot: Pilot[None]) -> None:
    await send(pilot, "K")
    await until(pilot, lambda: "shared sentence" in header(pilot))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_every_table_is_listed_under_its_title(labelled: Store, size: tuple[int, int]) -> None:
    async with build_app(labelled).run_test(size=size) as pilot:
        await measured(pilot)
        assert "ana, ben" in header(pilot)
        assert "1 sentence on which they disagree." in text(pilot)
        headings = [next(row for row in rows(pilot) if row.startswith("▌")).strip("▌─ \n")]
        while status(pilot) != "there is no table that way.":
            headings.append(next(row for row in rows(pilot) if row.startswith("▌")).strip("▌─ \n"))
            await send(pilot, "tab")
        assert headings[1:] == [
            "All annotators together",
            "Raters",
            "Labelled by how many",
            "Pairs",
            "Against models and imports",
            "Categories",
            "By trace",
            "Confusion of ana and ben",
        ]


async def test_enter_on_a_pair_shows_its_confusion_and_on_other_rows_the_row_in_full(labelled: Store) -> None:
    async with build_app(labelled).run_test(size=(80, 24)) as pilot:
        await measured(pilot)
        await send(pilot, "/")
        await enter(pilot, "ana    small[/b]␛[2J")
        await send(pilot, "enter")
        assert "▌── Confusion of ana and small[/b]␛[2J (model) ──" in text(pilot)
        assert "ana down, small[/b]␛[2J (model) across; 1 of 2 sentences on the diagonal." in text(pilot)
        assert "\x1b" not in text(pilot)
        assert any(row.split() == ["all", "0", "1", "1", "2"] for row in rows(pilot))
        await send(pilot, "g", "j", "j", "j", "enter")
        assert isinstance(list_screen(pilot), ReaderScreen)
        assert "n units: 6" in text(pilot)
        await send(pilot, "q", "q")
        assert isinstance(list_screen(pilot), TraceScreen)


async def test_a_row_of_a_trace_opens_it_and_the_tables_are_written(labelled: Store, home: Path) -> None:
    async with build_app(labelled, None).run_test(size=(120, 36)) as pilot:
        assert isinstance(list_screen(pilot), PickerScreen)
        await measured(pilot)
        await send(pilot, "w")
        await enter(pilot, "")
        await until_said(pilot, "wrote 3 files to turnpoint-agreement")
        await send(pilot, "/")
        await enter(pilot, TELEMARKETER)
        await send(pilot, "o")
        await until(pilot, lambda: isinstance(list_screen(pilot), TraceScreen))
        assert TELEMARKETER in header(pilot)
    with (home / "turnpoint-agreement" / "agreement_units.csv").open(encoding="utf-8", newline="") as file:
        assert sum(row["rater"] == "small[/b]\x1b[2J" for row in csv.DictReader(file)) == 2


async def test_one_annotator_alone_is_told_what_to_do(store: Store) -> None:
    label(store, "ana", LANDLORD, "monitoring")
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "K")
        await until_said(pilot, "only ana has labelled sentences of this database, and agreement takes two")
        await send(pilot, "j", "enter", "o", "w", "tab")
        assert isinstance(list_screen(pilot), AgreementScreen)
        await send(pilot, "escape")
        assert isinstance(list_screen(pilot), TraceScreen)


async def test_who_works_blind_sees_no_agreement_before_they_are_done(labelled: Store) -> None:
    left = len(sample_trace(TELEMARKETER).sentences) - 2
    async with build_app(labelled, blind=True).run_test(size=(120, 36)) as pilot:
        await send(pilot, "K")
        await until_said(
            pilot, f"you work blind and {left} sentences of {TELEMARKETER} are undecided, and some of 1 other"
        )
        assert "kappa" not in text(pilot)
    for trace_id in (LANDLORD, TELEMARKETER):
        open_ones = [
            Change(trace_id, one.index, "skip", Annotation(is_skipped=True))
            for one in sample_trace(trace_id).sentences
            if one.index >= (4 if trace_id == LANDLORD else 2)
        ]
        labelled.write(lambda db, c=open_ones: annotate(db, "ana", c, CODEBOOK)).result()  # type: ignore[misc]
    async with build_app(labelled, blind=True).run_test(size=(120, 36)) as pilot:
        await measured(pilot)
        assert "kappa" in text(pilot)
