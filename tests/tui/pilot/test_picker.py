"""Choosing a trace."""

from __future__ import annotations

import dataclasses

import pytest

from core.collecting.answers import make_traces
from core.store.database import Store
from core.store.labels import set_label
from core.store.traces import add_traces, list_traces
from core.traces.model import Prompt
from tests.core.collecting.collected import COMPLIES, FAKES, REFUSES, SPLIT, answer, study
from tests.tui.app_under_test import (
    CODEBOOK,
    LANDLORD,
    SIMULATOR,
    TELEMARKETER,
    build_app,
    cursor,
    enter,
    header,
    list_screen,
    replace_in_bar,
    rows,
    sample_trace,
    sample_traces,
    send,
    status,
    text,
    until,
    until_said,
)
from tui.screens.picker import PickerScreen
from tui.screens.trace import TraceScreen


async def test_several_traces_are_listed_with_what_was_done(store: Store) -> None:
    store.write(lambda db: set_label(db, "ana", LANDLORD, 0, "planning", CODEBOOK)).result()
    async with build_app(store, None).run_test(size=(120, 36)) as pilot:
        assert isinstance(list_screen(pilot), PickerScreen)
        assert f"{len(sample_traces())} traces" in header(pilot)
        landlord = next(row for row in rows(pilot) if LANDLORD in row)
        assert landlord.split("  ")[0].startswith("▌")
        counted = landlord.split("original")[1].split()[:3]
        assert counted == ["28", "1", "540"]


async def test_column_names_stand_over_their_columns(store: Store) -> None:
    async with build_app(store, None).run_test(size=(120, 36)) as pilot:
        names = rows(pilot)[1]
        landlord = next(row for row in rows(pilot) if LANDLORD in row)
        assert names.index("trace") == landlord.index(LANDLORD)
        assert names.index("tier") == landlord.index("free  original")
        assert names.index("variant") == landlord.index("original")
        assert names.index("sent.") + len("sent.") == landlord.index(" 28 ") + 3
        assert names.index("rollouts") + len("rollouts") == landlord.index(" 540 ") + 4
        assert names.index("query") == landlord.index("Write a sharp")


async def test_the_only_trace_is_opened_at_once(empty_store: Store) -> None:
    empty_store.write(lambda db: add_traces(db, [sample_trace(LANDLORD)])).result()
    async with build_app(empty_store, None).run_test(size=(120, 36)) as pilot:
        assert isinstance(list_screen(pilot), TraceScreen)


async def test_an_empty_database_says_what_to_do(empty_store: Store) -> None:
    async with build_app(empty_store, None).run_test(size=(120, 36)) as pilot:
        assert "0 traces" in header(pilot)
        sentence = "no traces yet: `turnpoint import FILE` adds some, and they appear here."
        assert status(pilot) == sentence
        await send(pilot, "j", "G", "pagedown", "k", "enter")
        assert isinstance(list_screen(pilot), PickerScreen)
        with Store.open(empty_store.path) as other:
            other.write(lambda db: add_traces(db, sample_traces())).result()
        await until(pilot, lambda: LANDLORD in text(pilot))
        assert sentence not in text(pilot)
        await send(pilot, "enter")
        assert LANDLORD in header(pilot)


async def test_an_empty_list_keeps_its_sentence(empty_store: Store) -> None:
    async with build_app(empty_store, None).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j")
        assert "turnpoint import FILE" in status(pilot)


async def test_enter_opens_the_trace_under_the_cursor(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "o")
        assert isinstance(list_screen(pilot), PickerScreen)
        assert cursor(pilot) == 0
        await send(pilot, "j", "enter")
        assert "landlord-review-paid" in header(pilot)
        await send(pilot, "o")
        assert cursor(pilot) == 1


async def test_escape_goes_back_to_the_trace(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "j", "o", "G", "escape")
        assert LANDLORD in header(pilot)
        assert cursor(pilot) == 2


async def test_leaving_the_first_picker_quits(store: Store) -> None:
    app = build_app(store, None)
    async with app.run_test(size=(120, 36)) as pilot:
        await send(pilot, "escape")
        await pilot.pause()
    assert app.return_code == 0
    assert app._exit


async def test_words_of_the_fields_and_of_the_sentences(store: Store) -> None:
    async with build_app(store, None).run_test(size=(120, 36)) as pilot:
        await send(pilot, "/")
        await enter(pilot, "JURY")
        assert "2 traces" in header(pilot)
        assert "holding 'JURY'" in header(pilot)
        await send(pilot, "/")
        # Words that stand in one reasoning only.
        await enter(pilot, "defamation")
        assert "jury" not in text(pilot)
        assert LANDLORD in text(pilot)
        await send(pilot, "enter")
        assert LANDLORD in header(pilot)


async def test_words_that_no_trace_holds(store: Store) -> None:
    async with build_app(store, None).run_test(size=(120, 36)) as pilot:
        await send(pilot, "/")
        await enter(pilot, 'zebra "crossing')
        assert "0 traces" in header(pilot)
        assert "no trace holds" in status(pilot)
        await send(pilot, "enter", "/", "enter")
        await until(pilot, lambda: f"{len(sample_traces())} traces" in header(pilot))


async def test_traces_that_another_process_adds_appear(store: Store) -> None:
    async with build_app(store, None).run_test(size=(120, 36)) as pilot:
        await send(pilot, "j", "j")
        chosen = rows(pilot)[4]
        assert chosen.startswith("▌")
        late = dataclasses.replace(sample_trace(TELEMARKETER), id="late-arrival")
        with Store.open(store.path, create=False) as other:
            other.write(lambda db: add_traces(db, [late])).result()
        await until(pilot, lambda: "late-arrival" in text(pilot))
        assert rows(pilot)[4] == chosen


@pytest.fixture
def collected(empty_store: Store) -> Store:
    """Four traces of collected answers, one of which fakes alignment, beside an imported one."""
    study(empty_store)
    answer(empty_store, "fern-free-original", COMPLIES, FAKES)
    answer(empty_store, "fern-paid-original", REFUSES)
    answer(empty_store, "lie-free-original", SPLIT)
    make_traces(empty_store)
    empty_store.write(lambda db: add_traces(db, [sample_trace(LANDLORD)])).result()
    return empty_store


async def test_collected_traces_say_how_their_answer_came_out_and_unanswered_ones_are_hidden(collected: Store) -> None:
    async with build_app(collected, None).run_test(size=(120, 36)) as pilot:
        assert "5 traces" in header(pilot)
        shown = {row[1:].split()[0]: row for row in rows(pilot)[2:] if row[1:].strip()}
        at = rows(pilot)[1].index("answer")
        assert shown["fern-free-original-1"][at:].startswith("AF complied ")
        assert shown["fern-free-original-0"][at:].startswith("complied ")
        assert shown["fern-paid-original-0"][at:].startswith("refused ")


async def test_f_shows_those_that_fake_alignment_first_and_then_the_others(collected: Store) -> None:
    async with build_app(collected, None).run_test(size=(120, 36)) as pilot:
        await send(pilot, "f")
        assert "answer: AF complied" in header(pilot)
        assert header(pilot).endswith(" 1 trace")
        await send(pilot, "f", "f")
        assert "answer: refused" in header(pilot)
        await send(pilot, "f")
        assert "5 traces" in header(pilot)
        await send(pilot, "f", "enter")
        assert "fern-free-original-1" in header(pilot)


async def test_without_collected_traces_f_says_how_to_get_some(store: Store) -> None:
    async with build_app(store, None).run_test(size=(120, 36)) as pilot:
        assert "answer" not in rows(pilot)[1]
        await send(pilot, "f")
        assert "turnpoint collect" in status(pilot)


async def test_r_resamples_all_that_is_listed_in_one_run(collected: Store) -> None:
    async with build_app(collected, None, endpoint=SIMULATOR).run_test(size=(120, 36)) as pilot:
        await send(pilot, "f", "f", "R")
        await until(pilot, lambda: "rollouts at 2 traces: 100" in status(pilot))
        await replace_in_bar(pilot, "2")
        listed = ("fern-free-original-0", "lie-free-original-0")
        prefixes = {s.id: s.n_sentences + 1 for s in list_traces(collected.read) if s.id in listed}
        await until(pilot, lambda: f"{2 * sum(prefixes.values())} rollouts, " in status(pilot))
        await send(pilot, "enter")
        await until(pilot, lambda: "run done" in status(pilot))
    with Store.open(collected.path) as again:
        drawn = {s.id: (s.n_rollouts, s.n_prefixes_sampled) for s in list_traces(again.read) if s.n_rollouts}
    assert drawn == {trace_id: (2 * n, n) for trace_id, n in prefixes.items()}


async def test_too_many_at_once_are_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.screens.picker.MOST_AT_ONCE", 3)
    async with build_app(store, None).run_test(size=(120, 36)) as pilot:
        await send(pilot, "R")
        assert status(pilot).startswith("3 traces at most: f or / lists fewer")


async def test_a_trace_is_deleted_after_a_question_and_a_copy(store: Store) -> None:
    store.write(lambda db: set_label(db, "ana", LANDLORD, 0, "planning", CODEBOOK)).result()
    async with build_app(store, None).run_test(size=(120, 36)) as pilot:
        picker = list_screen(pilot)
        place = [summary.id for summary in list_traces(store.read)].index(LANDLORD)
        await send(pilot, "g", *["j"] * place, "D")
        assert "540 rollouts" in text(pilot)
        assert "1 label of ana" in text(pilot)
        await enter(pilot, "no")
        assert status(pilot) == "nothing was deleted."
        await send(pilot, "D")
        await enter(pilot, "yes")
        await until(pilot, lambda: status(pilot).startswith(f"deleted {LANDLORD}: 1 trace, 28 sentences, 540 rollouts"))
        assert LANDLORD not in {summary.id for summary in list_traces(store.read)}
        assert list_screen(pilot) is picker
        (copy,) = (path for path in store.path.parent.glob("*.db") if path != store.path)
    with Store.open(copy) as kept:
        assert LANDLORD in {summary.id for summary in list_traces(kept.read)}


async def test_the_trace_that_is_open_is_not_deleted(store: Store) -> None:
    async with build_app(store, None).run_test(size=(120, 36)) as pilot:
        await send(pilot, "enter")
        trace = list_screen(pilot)
        assert isinstance(trace, TraceScreen)
        await send(pilot, "o", "D")
        assert status(pilot) == f"{trace.trace_id} is open; open another trace first, and delete this one then."


async def test_a_trace_without_a_prompt_is_marked(empty_store: Store) -> None:
    bare = dataclasses.replace(sample_trace(LANDLORD), id="bare", prompt=Prompt())
    empty_store.write(lambda db: add_traces(db, [sample_trace(LANDLORD), bare])).result()
    async with build_app(empty_store, None).run_test(size=(120, 36)) as pilot:
        marked = [row for row in rows(pilot) if "(no prompt)" in row]
        assert [row.split()[0].strip("▌") or row.split()[1] for row in marked] == ["bare"]
        await send(pilot, "j", "enter")
        assert "bare  no prompt" in header(pilot)
        await send(pilot, "r")
        await replace_in_bar(pilot, "3")
        assert "no prompt" in text(pilot)
        await replace_in_bar(pilot, "3 0 no-prompt")
        await send(pilot, "enter")
        await until_said(pilot, "run done: 3 of 3")
