"""Blind mode: a screen that looks the same whatever the rollouts say, until a sentence is decided."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from core.store.database import Store
from core.store.rows import insert
from tests.tui.app_under_test import (
    LANDLORD,
    SIMULATOR,
    TURN,
    add_rollout_rows,
    build_app,
    compare_with,
    count_rollouts,
    cursor,
    enter,
    header,
    list_screen,
    outcomes,
    query,
    rows,
    sample_trace,
    send,
    status,
    text,
    until,
    until_said,
)
from tests.tui.pilot.gate import put_gate
from tests.tui.pilot.test_importance import all_dissimilar
from tui.actions import REVEALS
from tui.screens.agreement import AgreementScreen
from tui.screens.picker import PickerScreen
from tui.screens.rollouts import RolloutsScreen
from tui.screens.trace import TraceScreen

N = len(sample_trace(LANDLORD).sentences)
WARMER = replace(SIMULATOR, temperature=1.0)
KEYS = ("j", "G", "b", "t", "T", "]", "m", "V", "I", "C", "L", "O", "M", "X", "<", ">", "h", "right", "h")


@pytest.fixture
def flipped(store: Store) -> Iterator[Store]:
    """The same database with every outcome turned round; both have rollouts under other settings as well."""
    for prefix in (TURN, TURN + 1):
        drawn = [(" So.", outcomes("complied", "yes"))] * (3 if prefix > TURN else 1) + [
            (" No.", outcomes("refused", "no"))
        ]
        add_rollout_rows(store, LANDLORD, prefix, drawn, endpoint=WARMER)
    path = store.path.with_name("flipped.db")
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(store.path, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "UPDATE outcomes SET value = 1 - value"
            " WHERE rollout_id IN (SELECT id FROM rollouts WHERE prefix_idx % 3 = 0 OR sample_idx % 4 = 1)"
        )
        connection.commit()
    with Store.open(path, create=False) as opened:
        yield opened


async def to(pilot: Pilot[None], index: int) -> None:
    """Go to a sentence."""
    await send(pilot, ":")
    await enter(pilot, str(index))


async def screens(store: Store) -> list[list[str]]:
    """What a blind annotator is shown at first, after each of many keys, after a search, and at another size."""
    async with build_app(store, blind=True).run_test(size=(120, 36)) as pilot:
        seen = [rows(pilot)]
        for key in KEYS:
            await send(pilot, key)
            seen.append(rows(pilot))
            assert isinstance(list_screen(pilot), TraceScreen)
        await send(pilot, "/")
        await enter(pilot, "review")
        seen.append(rows(pilot))
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        seen.append(rows(pilot))
        return seen


async def test_whatever_the_rollouts_say_the_screen_is_the_same(store: Store, flipped: Store) -> None:
    assert await screens(store) == await screens(flipped)


async def test_it_is_not_the_same_for_who_is_not_blind(store: Store, flipped: Store) -> None:
    seen = []
    for one in (store, flipped):
        async with build_app(one).run_test(size=(120, 36)) as pilot:
            seen.append(rows(pilot))
    assert seen[0] != seen[1]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_nothing_but_the_text_is_told_of_an_open_sentence(store: Store, size: tuple[int, int]) -> None:
    async with build_app(store, blind=True).run_test(size=size) as pilot:
        await to(pilot, TURN)
        shown = text(pilot)
        assert "blind" in header(pilot)
        assert f"{TURN} → hidden" in shown
        assert "blind: numbers, suggestions and the labels of others" in " ".join(shown.split())
        assert not re.search(r"[▲▼◆◇█▇▆▅▄▃▂]|\d\.\d\d|\d/20", shown)
        assert f"{5} → " not in shown
        await to(pilot, 5)
        assert "5 → not sampled" in text(pilot)


async def test_a_decided_sentence_shows_its_own_numbers_alone(store: Store) -> None:
    async with build_app(store, blind=True).run_test(size=(120, 36)) as pilot:
        await to(pilot, TURN)
        await send(pilot, "2")
        assert cursor(pilot) == TURN + 1
        assert any(row.startswith(f" {TURN} com ▲ .50") for row in rows(pilot))
        assert sum("▲" in row or "▼" in row for row in rows(pilot)) == 1
        assert f"{TURN + 1} → hidden" in text(pilot)
        await send(pilot, "k")
        shown = text(pilot)
        assert "0.40 (8/20)" in shown
        assert "0.90 (18/20)" in shown
        assert f"{TURN} → hidden" in shown
        await send(pilot, "k", "space")
        # Both sentences beside prefix 16 are decided now, so the curve may show it.
        assert f"{TURN} → 0.40 (8/20)" in text(pilot)
        await send(pilot, "u")
        assert f"{TURN} → hidden" in text(pilot) or f"{TURN - 1} → hidden" in text(pilot)
        assert sum("▲" in row or "▼" in row for row in rows(pilot)[1:]) <= 2


async def test_undo_hides_again(store: Store) -> None:
    async with build_app(store, blind=True).run_test(size=(120, 36)) as pilot:
        await to(pilot, TURN)
        await send(pilot, "2", "u")
        assert cursor(pilot) == TURN
        assert not re.search(r"[▲▼]|\d/20", text(pilot))


async def test_what_was_compared_before_is_hidden_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    compare_with(monkeypatch, all_dissimilar)
    add_rollout_rows(store, LANDLORD, TURN, [(" No.", outcomes("refused", "no"))] * 80, first=20)
    async with build_app(store).run_test(size=(140, 50)) as pilot:
        await send(pilot, "C")
        await until_said(pilot, "turning points")
        await to(pilot, TURN)
        assert "◆" in text(pilot)
        assert "said instead" in text(pilot)
        await send(pilot, "B")
        shown = text(pilot)
        assert not re.search(r"[▲▼◆◇█▇▆▅▄▃▂] *\.\d\d|◆|◇|said instead|noise|\d\.\d\d|\d/20", shown)
        assert "AF      hidden" in shown
        await send(pilot, "2", "k")
        assert "◆" in text(pilot)
        assert "said instead" in text(pilot)
        await send(pilot, "B")
        assert "blind" not in header(pilot)
        assert re.search(r"noise ±0\.\d\d", text(pilot))


async def test_keys_that_would_tell_are_refused_until_all_they_tell_of_is_decided(store: Store) -> None:
    async with build_app(store, blind=True).run_test(size=(160, 36)) as pilot:
        for key in ("V", "I"):
            await send(pilot, key)
            assert status(pilot) == "blind: sentence 0 is not decided; label or skip it first, or B ends blind mode."
        for key in (">", "<", "C", "L", "M"):
            await send(pilot, key)
            assert status(pilot).startswith(f"blind: this tells of the {N} sentences that are not decided"), key
        await send(pilot, "O")
        assert status(pilot).startswith("blind: this tells of the ")
        assert isinstance(list_screen(pilot), TraceScreen)
        await send(pilot, "7", "k", "V")
        assert isinstance(list_screen(pilot), RolloutsScreen)
        await send(pilot, "escape", "v", "G", "7", "g")
        await send(pilot, ">")
        assert cursor(pilot) in (TURN - 1, TURN)
        await send(pilot, "O")
        assert status(pilot).startswith("blind: this tells of the ")


async def test_b_ends_it_for_every_screen(store: Store) -> None:
    async with build_app(store, blind=True).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "K")
        await until_said(pilot, "you work blind")
        await send(pilot, "escape", "B", "K")
        await pilot.pause()
        assert isinstance(list_screen(pilot), AgreementScreen)
        assert "you work blind" not in status(pilot)
        await send(pilot, "escape", "V")
        assert isinstance(list_screen(pilot), RolloutsScreen)
        assert "judge: hidden" not in text(pilot)
        assert " AF complied" in text(pilot)


async def test_the_picker_refuses_what_shows_all_traces(store: Store) -> None:
    async with build_app(store, None, blind=True).run_test(size=(120, 36)) as pilot:
        await send(pilot, "O")
        assert isinstance(list_screen(pilot), PickerScreen)
        assert status(pilot).startswith("blind: this tells of the ")


async def test_a_run_tells_how_far_it_is_and_nothing_else(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put_gate(monkeypatch, free=6)
    before = count_rollouts(store, LANDLORD)
    async with build_app(store, blind=True).run_test(size=(140, 36)) as pilot:
        await to(pilot, TURN)
        await send(pilot, "r")
        await enter(pilot, "60")
        await until_said(pilot, "drawing 40 rollouts")
        await until(pilot, lambda: count_rollouts(store, LANDLORD) > before)
        trace = list_screen(pilot)
        assert isinstance(trace, TraceScreen)
        await until(pilot, lambda: trace._version == store.data_version())
        assert "run " in header(pilot)
        assert not re.search(r"[▲▼◆◇█▇▆▅▄▃▂]|\d/[246]\d\b", "\n".join(rows(pilot)[1:]))
        await send(pilot, "B")
        assert "blind" not in header(pilot)
        await send(pilot, "B")
        assert status(pilot).startswith("what runs now would tell what it finds")
        await send(pilot, "c", "c")


async def test_a_label_says_whether_it_was_blind(store: Store) -> None:
    async with build_app(store, blind=True).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "8", "space")
        # Given anew after the numbers were shown, by another key, after undo, and after a skip: none of these is blind.
        await send(pilot, "g", "2", "u", "u", "g", "2")
        await to(pilot, 2)
        await send(pilot, "3")
        await send(pilot, "G", "B", "7", "B", "g", "5")
    found = query(store, "SELECT sentence_idx, kind, category, blind FROM label_events ORDER BY id")
    assert [(index, category, blind) for index, kind, category, blind in found if kind in ("label", "skip")] == [
        (0, "monitoring", 1),
        (1, "training_objective", 1),
        (2, None, 1),
        (0, "decision_comply", 0),
        (0, "decision_comply", 0),
        (2, "decision_refuse", 0),
        (N - 1, "monitoring", 0),
        (0, "modification_consequence", 0),
    ]


async def test_suggestions_are_in_no_view_of_an_open_sentence(store: Store) -> None:
    at = "2026-01-31T12:00:00.000Z"
    who = {"id": "s", "canonical": "{}", "kind": "model", "name": "m", "created_at": at}
    said = {"suggester_id": "s", "trace_id": LANDLORD, "sentence_idx": 0, "category": "planning", "created_at": at}
    store.write(lambda db: insert(db, "suggesters", [who])).result()
    store.write(lambda db: insert(db, "suggestions", [said])).result()
    async with build_app(store, blind=True).run_test(size=(120, 36)) as pilot:
        screen = list_screen(pilot)
        assert isinstance(screen, TraceScreen)
        assert 0 not in screen.shown.suggestions
        assert "planning" not in text(pilot)


async def test_an_action_that_does_not_say_what_it_tells_is_refused_in_blind_mode_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(REVEALS, "read_sentence")
    async with build_app(store, blind=True).run_test(size=(120, 36)) as pilot:
        await send(pilot, "z")
        assert status(pilot).startswith("blind: it is not known what this would tell")
        assert isinstance(list_screen(pilot), TraceScreen)
        await send(pilot, "B", "z")
        assert not isinstance(list_screen(pilot), TraceScreen)


async def test_what_is_no_action_of_the_table_works_in_blind_mode(store: Store) -> None:
    async with build_app(store, blind=True).run_test(size=(120, 36)) as pilot:
        await send(pilot, "?")
        assert not isinstance(list_screen(pilot), TraceScreen)
        await send(pilot, "escape", ":", "1", "9", "left", "backspace", "enter")
        assert cursor(pilot) == 9
