"""`C`: what was said instead of each sentence, compared off the event loop."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import SimilarityError
from core.store.database import Store
from tests.tui.app_under_test import (
    LANDLORD,
    add_rollout_rows,
    build_app,
    compare_with,
    cursor,
    outcomes,
    rows,
    send,
    status,
    text,
    until,
    until_said,
)

POINT = 16


def all_dissimilar(anchors: Sequence[str], candidates: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
    return [np.full(len(texts), 0.1) for texts in candidates]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_turning_points_are_found_marked_and_jumped_to(
    store: Store, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    compare_with(monkeypatch, all_dissimilar)
    add_rollout_rows(store, LANDLORD, POINT, [(" No.", outcomes("refused", "no"))] * 80, first=20)
    async with build_app(store).run_test(size=size) as pilot:
        await send(pilot, "C")
        await until_said(pilot, f"turning points (q < 0.05): compliance {POINT}; alignment_faking {POINT}.")
        await send(pilot, "g", ">")
        assert cursor(pilot) == POINT
        assert f"sentence {POINT} · unlabelled · turning point ◆" in text(pilot)
        assert any(re.search(rf"▌{POINT} +◆▲ .82", row) for row in rows(pilot))
        await send(pilot, ">")
        assert status(pilot) == "no turning point that way."
        assert any("instead +0.82 [" in row and "] n 100  q <.001" in row for row in rows(pilot))


async def test_before_the_comparison_no_sentence_has_a_mark(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "g", ">", "k", "k")
        assert "◆" not in text(pilot)
        assert "noise" not in text(pilot)
        await send(pilot, "G", ">")
        assert status(pilot) == "no big change of a rate that way."


async def test_a_turning_point_of_another_behavior_is_marked_as_such(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare_with(monkeypatch, all_dissimilar)
    for prefix in (2, 3):
        drawn = [(" Yes.", outcomes("complied" if prefix == 3 else "refused", "no"))] * 80
        add_rollout_rows(store, LANDLORD, prefix, drawn, first=20)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "C")
        await until_said(pilot, "turning points")
        await send(pilot, "j", "j")
        assert any(re.match(r"▌ 2 +◇[=▲▼] \.0", row) for row in rows(pilot))
        assert "turning point ◆ comply" in text(pilot)
        await send(pilot, "b", "k", "j")
        assert any(re.match(r"▌ 2 +◆▲ \.", row) for row in rows(pilot))


async def test_the_strip_shows_directions_against_the_noise(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    compare_with(monkeypatch, all_dissimilar)
    add_rollout_rows(store, LANDLORD, POINT, [(" No.", outcomes("refused", "no"))] * 80, first=20)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "C")
        await until_said(pilot, "turning points")
        await send(pilot, "j")
        assert re.search(r"AF      direction [+-]0\.\d\d within noise ±0\.\d\d", text(pilot))
        await send(pilot, ":", *str(POINT), "enter")
        (caption,) = (row for row in rows(pilot) if "AF      direction" in row)
        assert "+0.82 beyond noise ±0." in caption
    async with build_app(store).run_test(size=(80, 24)) as pilot:
        await send(pilot, "C")
        await until_said(pilot, "turning points")
        await send(pilot, "j")
        (ruler,) = (row for row in rows(pilot) if row.startswith("prefix"))
        assert re.search(r"◆.* AF noise ±0\.\d\d", ruler)


async def test_new_rollouts_take_the_marks_away(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    compare_with(monkeypatch, all_dissimilar)
    async with build_app(store).run_test(size=(80, 24)) as pilot:
        await send(pilot, "C")
        await until_said(pilot, "turning points")
        assert "said instead" in text(pilot)
        add_rollout_rows(store, LANDLORD, 3, [(" No.", outcomes("refused", "no"))], first=20)
        await until(pilot, lambda: "noise" not in text(pilot))
        assert "◆" not in text(pilot)
        assert "said instead" not in text(pilot)


async def test_a_sentence_that_nobody_replaced_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_alike(anchors: Sequence[str], candidates: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        return [np.ones(len(texts)) for texts in candidates]

    compare_with(monkeypatch, all_alike)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "C")
        await until_said(pilot, "turning points (q < 0.05): ")
        await send(pilot, "j")
        await until(pilot, lambda: "instead: only 0 said something else" in text(pilot))


async def test_without_an_encoder_one_sentence_says_what_to_do(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise SimilarityError("there is no encoder; install one.")

    compare_with(monkeypatch, refuse)
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "C")
        await until_said(pilot, "there is no encoder; install one.")
        await send(pilot, "j")
        assert cursor(pilot) == 1
