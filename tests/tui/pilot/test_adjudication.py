"""`X`: disagreements one after the other, who says what, and the gold label by one key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from core.annotation.annotation import GOLD, Annotation, Circumstances
from core.store.database import Store
from core.store.gold import adjudicate
from core.store.labels import Change, annotate
from core.store.rows import insert
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
    send,
    status,
    stored_labels,
    text,
    until,
)
from tui.screens.adjudication import AdjudicationScreen
from tui.screens.trace import TraceScreen

SIZES = [(80, 24), (120, 36)]


def says(store: Store, who: str, trace_id: str, index: int, annotation: Annotation, made: Circumstances) -> None:
    change = Change(trace_id, index, "label", annotation, made)
    store.write(lambda db: annotate(db, who, [change], CODEBOOK)).result()


@pytest.fixture
def disagreed(store: Store) -> Store:
    """Ana and ben differ on sentences 1 and 3 of the landlord trace and 0 of another, and in part on 2 of the first."""
    made = Circumstances(seconds=4.0)
    for trace_id, index, ana, ben in (
        (LANDLORD, 1, "monitoring", "planning"),
        (LANDLORD, 2, "none", "none"),
        (LANDLORD, 3, "harm_ethics", "value_conflict"),
        (TELEMARKETER, 0, "planning", "request_parsing"),
    ):
        says(store, "ana", trace_id, index, Annotation(ana, "planning" if index == 2 else None), made)
        says(store, "ben", trace_id, index, Annotation(ben), replace(made, is_blind=True))
    return store


def listed(pilot: Pilot[None]) -> list[str]:
    """The rows of the list, up to the gold label, without the cursor."""
    return [row[1:28].strip() for row in rows(pilot) if row[1:2] in "≠~✓!" and row[1:2]]


@pytest.mark.parametrize("size", SIZES)
async def test_a_disagreement_shows_who_says_what_and_what_it_means(disagreed: Store, size: tuple[int, int]) -> None:
    doubted = Annotation("planning", is_unsure=True, note="drafts")
    says(disagreed, "cai", LANDLORD, 1, doubted, Circumstances(seconds=12))
    async with build_app(disagreed).run_test(size=size) as pilot:
        await send(pilot, "j", "X")
        assert "0/3 decided" in header(pilot)
        shown = text(pilot)
        assert "monitoring: Notes the tier" in shown
        assert "planning: Lists or compares strategies" in shown
        assert "cai  unsure  12 s: drafts" in shown
        assert "ana  4 s" in shown
        assert "ben  blind  4 s" in shown


async def test_a_category_key_decides_with_the_reason_and_goes_to_the_next_open_one(disagreed: Store) -> None:
    async with build_app(disagreed, annotator="cai").run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "7")
        assert "why monitoring:" in status(pilot)
        await enter(pilot, "it names the tier")
        assert stored_labels(disagreed, LANDLORD, GOLD) == {1: "monitoring"}
        assert query(
            disagreed, "SELECT note, source, decided_by, verified FROM label_events WHERE annotator = 'gold'"
        ) == [("it names the tier", "adjudication", "cai", 1)]
        assert cursor(pilot) == 1
        assert status(pilot) == f"sentence 1 of {LANDLORD} is monitoring; 2 left."
        assert "1/3 decided" in header(pilot)
        await send(pilot, "s")
        await enter(pilot, "")
        await send(pilot, "d")
        await enter(pilot, "")
        assert status(pilot) == f"sentence 0 of {TELEMARKETER} is planning; all are decided."
        await send(pilot, "g")
        assert "gold: monitoring by cai: it names the tier" in text(pilot)


async def test_leaving_the_reason_decides_nothing(disagreed: Store) -> None:
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "7", "x", "escape")
        assert status(pilot) == "nothing was decided."
        assert stored_labels(disagreed, LANDLORD, GOLD) == {}
        await send(pilot, "escape")
        assert isinstance(list_screen(pilot), TraceScreen)


async def test_the_reason_of_a_decision_can_be_mended(disagreed: Store) -> None:
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "7")
        await enter(pilot, "the tier")
        await send(pilot, "g", "7", "end")
        await enter(pilot, ", by name")
        reasons = query(disagreed, "SELECT note FROM label_events WHERE annotator = 'gold' ORDER BY id")
        assert reasons == [("the tier",), ("the tier, by name",)]


async def test_undo_takes_back_decisions_alone_and_returns_to_them(disagreed: Store) -> None:
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "u")
        assert status(pilot) == "no decision to undo."
        await send(pilot, "7")
        await enter(pilot, "")
        await send(pilot, "G", "u")
        assert cursor(pilot) == 0
        assert status(pilot) == f"undid: sentence 1 monitoring → unlabelled in {LANDLORD}"
        assert stored_labels(disagreed, LANDLORD, GOLD) == {}
        assert stored_labels(disagreed, LANDLORD, "ana")[1] == "monitoring"
        await send(pilot, "U", "U")
        assert stored_labels(disagreed, LANDLORD, GOLD) == {1: "monitoring"}
        assert status(pilot) == "no decision to redo."


async def test_undo_goes_to_a_decision_that_the_filter_hides(disagreed: Store) -> None:
    disagreed.write(lambda db: adjudicate(db, "cai", LANDLORD, 3, "none", "", CODEBOOK)).result()
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X")
        assert len(listed(pilot)) == 2
        await send(pilot, "u")
        assert status(pilot).startswith("undid: sentence 3 none")
        assert "ana eth  ben val" in rows(pilot)[1 + cursor(pilot)]


async def test_x_takes_the_gold_label_off(disagreed: Store) -> None:
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "x")
        assert status(pilot) == "nobody has adjudicated this sentence."
        await send(pilot, "7")
        await enter(pilot, "why")
        await send(pilot, "g", "x")
        assert stored_labels(disagreed, LANDLORD, GOLD) == {}
        assert status(pilot) == f"sentence 1 of {LANDLORD} is open to decide again."
        assert "0/3 decided" in header(pilot)


async def test_the_filter_goes_through_open_partial_decided_and_all(disagreed: Store) -> None:
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "7")
        await enter(pilot, "")
        # What is decided stays in view until it is filtered again.
        assert [row[0] for row in listed(pilot)] == ["✓", "≠", "≠"]
        found = []
        for _ in range(4):
            await send(pilot, "tab")
            found.append("".join(row[0] for row in listed(pilot)))
        assert found == ["~", "✓", "✓~≠≠", "≠≠"]


async def test_the_next_open_one_is_a_key_away(disagreed: Store) -> None:
    disagreed.write(lambda db: adjudicate(db, "cai", LANDLORD, 3, "none", "", CODEBOOK)).result()
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "tab", "tab", "tab", "g", "]")
        assert [row[0] for row in listed(pilot)] == ["≠", "~", "✓", "≠"]
        assert cursor(pilot) == 3
        await send(pilot, "[")
        assert cursor(pilot) == 0


async def test_what_divides_most_raters_can_come_first(disagreed: Store) -> None:
    says(disagreed, "cai", TELEMARKETER, 0, Annotation("none"), Circumstances())
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "S", "g")
        assert TELEMARKETER[:8] in rows(pilot)[1]
        assert "most divided first" in header(pilot)
        await send(pilot, "S", "g")
        assert LANDLORD[:8] in rows(pilot)[1]


@pytest.mark.parametrize("key", ["o", "enter"])
async def test_the_sentence_is_opened_in_its_trace(disagreed: Store, key: str) -> None:
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "j", key)
        assert isinstance(list_screen(pilot), TraceScreen)
        assert cursor(pilot) == 3
        await send(pilot, "X")
        assert cursor(pilot) == 1
        await send(pilot, "G", key)
        assert TELEMARKETER in header(pilot)
        assert cursor(pilot) == 0


@pytest.mark.parametrize("trace_id", [LANDLORD, None])
async def test_d_on_the_screen_of_agreement_lists_them_and_the_sentence_is_opened(
    disagreed: Store, trace_id: str | None
) -> None:
    async with build_app(disagreed, trace_id).run_test(size=(120, 36)) as pilot:
        await send(pilot, "K")
        await until(pilot, lambda: "4 shared sentences" in header(pilot))
        await send(pilot, "d")
        assert "0/3 decided" in header(pilot)
        await send(pilot, "j", "o")
        await until(pilot, lambda: isinstance(list_screen(pilot), TraceScreen))
        assert LANDLORD in header(pilot)
        assert cursor(pilot) == 3


async def test_what_others_write_meanwhile_appears(disagreed: Store) -> None:
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "j")
        with Store.open(disagreed.path, create=False) as other:
            other.write(lambda db: adjudicate(db, "cai", LANDLORD, 1, "none", "", CODEBOOK)).result()
            says(other, "cai", LANDLORD, 5, Annotation("none"), Circumstances())
            says(other, "ben", LANDLORD, 5, Annotation("planning"), Circumstances())
        await until(pilot, lambda: "1/4 decided" in header(pilot))
        assert [row[0] for row in listed(pilot)] == ["✓", "≠", "≠", "≠"]
        assert "ana eth  ben val" in rows(pilot)[1 + cursor(pilot)]


async def test_who_relabels_afterwards_is_named(disagreed: Store) -> None:
    disagreed.write(lambda db: adjudicate(db, "cai", LANDLORD, 1, "none", "", CODEBOOK)).result()
    says(disagreed, "ben", LANDLORD, 1, Annotation("none"), Circumstances())
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "tab", "tab", "g")
        assert listed(pilot)[0][0] == "!"
        assert "gold: none by cai, without a reason; changed since: ben" in " ".join(text(pilot).split())


async def test_models_stand_apart(disagreed: Store) -> None:
    at = "2026-01-01T00:00:00.000Z"
    suggester = {"id": "s", "canonical": "{}", "kind": "model", "name": "llm", "created_at": at}
    suggestion = {
        "suggester_id": "s", "trace_id": LANDLORD, "sentence_idx": 1, "category": "none", "confidence": 0.75,
        "created_at": at,
    }  # fmt: skip
    disagreed.write(lambda db: insert(db, "suggesters", [suggester])).result()
    disagreed.write(lambda db: insert(db, "suggestions", [suggestion])).result()
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X")
        assert "beside: llm (model) none 0.75" in text(pilot)
        assert "0/3 decided" in header(pilot)


async def test_hostile_names_notes_and_reasons_are_made_visible(disagreed: Store) -> None:
    says(disagreed, "eve\x1b[31m", LANDLORD, 1, Annotation("none", note="[bold]\x1b]0;x\x07"), Circumstances())
    disagreed.write(lambda db: adjudicate(db, "cai\x1b[2J", LANDLORD, 3, "none", "\x1b[H", CODEBOOK)).result()
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "X", "tab", "tab", "tab", "g")
        shown = text(pilot)
        assert "\x1b" not in shown
        assert "[bold]␛]0;x␇" in shown
        await send(pilot, "j", "j")
        assert "by cai␛[2J: ␛[H" in text(pilot)


async def test_without_disagreements_it_says_so(store: Store) -> None:
    async with build_app(store).run_test(size=(80, 24)) as pilot:
        await send(pilot, "X")
        assert isinstance(list_screen(pilot), AdjudicationScreen)
        assert "no two annotators have labelled a sentence differently yet" in status(pilot)
        await send(pilot, "7", "x", "o", "]", "tab", "S", "j")
        assert isinstance(list_screen(pilot), AdjudicationScreen)


async def test_a_blind_annotator_sees_no_disagreements_before_all_is_decided(disagreed: Store) -> None:
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "B", "X")
        assert isinstance(list_screen(pilot), TraceScreen)
        assert status(pilot) == (
            "blind: this tells of the 25 sentences that are not decided; decide them, or B ends blind mode."
        )


async def test_a_blind_annotator_sees_those_of_traces_that_are_done(disagreed: Store) -> None:
    skipped = [Change(LANDLORD, i, "skip", Annotation(is_skipped=True)) for i in (0, *range(4, 28))]
    disagreed.write(lambda db: annotate(db, "ana", skipped, CODEBOOK)).result()
    async with build_app(disagreed).run_test(size=(120, 36)) as pilot:
        await send(pilot, "B", "X")
        assert "blind: 1 trace left out" in header(pilot)
        assert "0/2 decided" in header(pilot)
        assert TELEMARKETER[:8] not in text(pilot)
