"""`S`: all traces together, table by table."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import SimilarityError
from core.store.database import Store
from core.store.labels import set_label
from tests.tui.app_under_test import (
    CODEBOOK,
    LANDLORD,
    TELEMARKETER,
    add_rollout_rows,
    build_app,
    enter,
    header,
    list_screen,
    outcomes,
    rows,
    send,
    status,
    text,
    until,
    until_said,
)
from tui.screens.picker import PickerScreen
from tui.screens.reader import ReaderScreen
from tui.screens.summary import SummaryScreen
from tui.screens.trace import TraceScreen


def all_dissimilar(anchors: Sequence[str], candidates: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
    return [np.full(len(texts), 0.1) for texts in candidates]


@pytest.fixture
def comparing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.similarity.cosine.comparison", lambda *_: all_dissimilar)


@pytest.mark.usefixtures("comparing")
@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_every_table_is_listed_and_each_row_can_be_read_in_full(store: Store, size: tuple[int, int]) -> None:
    store.write(lambda db: set_label(db, "ana", LANDLORD, 16, "preservation_motive", CODEBOOK)).result()
    async with build_app(store).run_test(size=size) as pilot:
        await send(pilot, "O")
        await until(pilot, lambda: "1 trace" in header(pilot))
        assert "counterfactual directions" in header(pilot)
        headings = []
        for _ in range(7):
            await send(pilot, "tab")
            headings.append(next(row for row in rows(pilot) if row.startswith("▌")).strip("▌─ \n"))
        assert headings[0] == "Concentration"
        assert "Categories" in headings
        assert headings[-1] == "Groups of traces"
        await send(pilot, "tab")
        assert status(pilot) == "there is no table that way."
        await send(pilot, "g", "j", "j", "j", "enter")
        assert isinstance(list_screen(pilot), ReaderScreen)
        assert f"trace id: {LANDLORD}" in text(pilot)
        assert "n rollouts: 540" in text(pilot)
        await send(pilot, "q", "q")
        assert isinstance(list_screen(pilot), TraceScreen)


@pytest.mark.usefixtures("comparing")
async def test_a_row_of_a_trace_opens_that_trace(store: Store) -> None:
    add_rollout_rows(store, TELEMARKETER, 3, [(" No.", outcomes("refused", "no"))] * 6)
    async with build_app(store, None).run_test(size=(120, 36)) as pilot:
        assert isinstance(list_screen(pilot), PickerScreen)
        await send(pilot, "O")
        await until(pilot, lambda: "2 traces" in header(pilot))
        await send(pilot, "o")
        assert status(pilot) == "this row is about no single trace; those of the tables by trace are."
        await send(pilot, "/")
        await enter(pilot, TELEMARKETER)
        await send(pilot, "o")
        await until(pilot, lambda: isinstance(list_screen(pilot), TraceScreen))
        assert TELEMARKETER in header(pilot)


@pytest.mark.usefixtures("comparing")
async def test_the_tables_are_written_as_csv(store: Store, home: Path) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "O")
        await until(pilot, lambda: "1 trace" in header(pilot))
        await send(pilot, "w")
        await enter(pilot, str(home / "tables"))
        await until_said(pilot, f"wrote 8 tables to {home / 'tables'}")
    with (home / "tables" / "study.csv").open(encoding="utf-8", newline="") as file:
        assert [row["trace_id"] for row in csv.DictReader(file)] == [LANDLORD]


async def test_without_an_encoder_there_are_resampling_directions(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise SimilarityError("there is no encoder; install one.")

    monkeypatch.setattr("core.similarity.cosine.comparison", lambda *_: refuse)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "O")
        await until_said(pilot, "there is no encoder; install one. These are resampling directions.")
        assert "resampling directions" in header(pilot)


async def test_without_rollouts_it_says_what_to_do(empty_store: Store) -> None:
    async with build_app(empty_store, None).run_test(size=(80, 24)) as pilot:
        await send(pilot, "O")
        await until_said(pilot, "no trace has decided rollouts yet: R on a trace draws some.")
        await send(pilot, "j", "enter", "o", "w", "tab")
        assert isinstance(list_screen(pilot), SummaryScreen)
        await send(pilot, "escape")
        assert isinstance(list_screen(pilot), PickerScreen)
