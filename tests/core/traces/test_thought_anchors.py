"""Thought-anchors folders in: chunks become sentences, rollouts and verdicts become ours, tags become labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.rates import load_rates
from core.store.database import Store
from core.store.imported import add_imported
from core.store.labels import load_labels
from core.store.ratings import IMPORTED, load_ratings
from core.store.rollouts import load_rollouts
from core.store.traces import load_trace
from core.traces.importers import ImportResult, read_traces
from core.traces.importers.anchors_rollouts import judge_of
from core.traces.importers.located import NotLocatedError, locate
from core.traces.model import Message, Prompt, Trace
from tests.core.anchors import CHUNKS, SOLUTION, answered, rollout, write, write_complete
from tests.core.published import LAST_WORDS, PROBLEM, drawn
from tests.real_data import ANCHORS, real_data

SOME = {0: answered(0, ("It is dark.", "no"), ("A lamp.", "yes"), ("Hm.", "")), 2: answered(2, ("I knock.", "yes"))}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as store:
        yield store


def only(result: ImportResult) -> Trace:
    (trace,) = result.traces
    reasoning = trace.response[trace.reasoning.start : trace.reasoning.end]
    assert "".join(sentence.text for sentence in trace.sentences) == reasoning
    return trace


def reason(folder: Path) -> str:
    (refusal,) = read_traces(folder).refused
    assert refusal.reason.endswith(".")
    return refusal.reason


def test_chunks_are_the_sentences_where_the_text_has_them(tmp_path: Path) -> None:
    trace = only(read_traces(write_complete(tmp_path / "lamps" / "problem_7", {})))
    assert [sentence.text for sentence in trace.sentences] == [
        "The lamp is on.",
        " So someone is\nat home.",
        "\n\nI will ring the bell.",
    ]
    assert (trace.id, trace.source, trace.splitter) == ("lamps-problem_7", "problem_7", "thought-anchors chunks")
    assert (trace.response, trace.prompt) == (SOLUTION, Prompt((Message("user", "Home?\n<think>\n"),)))


def test_reasoning_after_the_last_chunk_is_not_lost(tmp_path: Path) -> None:
    trace = only(read_traces(write_complete(tmp_path / "p", {}, chunks=CHUNKS[:1])))
    assert [sentence.text for sentence in trace.sentences] == [
        "The lamp is on.",
        " So someone is\nat home.",
        "\n\nI will ring the bell.",
    ]
    assert trace.splitter == "thought-anchors chunks, then turnpoint-1"


def test_text_that_the_chunks_leave_out_belongs_to_the_later_one(tmp_path: Path) -> None:
    trace = only(read_traces(write_complete(tmp_path / "p", {}, chunks=(CHUNKS[0], CHUNKS[2]))))
    assert trace.sentences[1].text == " So someone is\nat home.\n\nI will ring the bell."


def test_chunks_may_go_on_into_the_answer(tmp_path: Path) -> None:
    trace = only(read_traces(write_complete(tmp_path / "p", {}, chunks=(*CHUNKS, "Ring it."))))
    assert trace.sentences[-1].text == "\n</think>\n\nRing it."
    assert trace.reasoning.end == len(SOLUTION)


def test_without_a_base_solution_the_text_is_the_chunks_file_s(tmp_path: Path) -> None:
    folder = write_complete(tmp_path / "p", {}, solution=None)
    write(folder / "chunks.json", {"solution_text": " ".join(CHUNKS), "chunks": list(CHUNKS)})
    trace = only(read_traces(folder))
    assert (trace.response, trace.prompt) == (" ".join(CHUNKS), Prompt())


def test_a_chunk_that_is_not_in_the_text_is_refused(tmp_path: Path) -> None:
    swapped = write_complete(tmp_path / "p", {}, chunks=(CHUNKS[1], CHUNKS[0]))
    assert reason(swapped).startswith("chunk 1 ('The lamp is on.') is not in the solution after the one before;")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("chunks.json", '{"chunks": []}', "the file lists no chunks"),
        ("chunks.json", '{"chunks": ["a", " "]}', "chunk 1 is not text"),
        ("chunks.json", "[]", "this is not a JSON object"),
        ("chunks.json", "{", "not valid JSON"),
        ("chunks.json", "{} {}", "more text after the end"),
        ("base_solution.json", '{"solution": 3}', "no solution"),
        ("chunks_labeled.json", '[{"chunk_idx": 0}, {"chunk_idx": 0}]', "row 1 has no chunk_idx of its own"),
        ("chunks_resampled.json", '{"0": [1]}', "the entry '0' is not a list of sentences"),
        ("chunk_0/solutions.json", "{}", "this is not a JSON list of objects"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, name: str, text: str, why: str) -> None:
    folder = write_complete(tmp_path / "p", {0: []})
    (folder / name).write_text(text, encoding="utf-8")
    (refusal,) = read_traces(folder).refused
    assert refusal.reason.startswith(why)
    assert str(refusal.path).endswith(name)


def test_a_broken_file_of_rollouts_costs_only_itself(tmp_path: Path) -> None:
    folder = write_complete(tmp_path / "p", SOME)
    (folder / "chunk_0" / "solutions.json").write_text("[", encoding="utf-8")
    result = read_traces(folder)
    assert len(result.traces) == len(result.refused) == 1
    assert [rollout.prefix_idx for rollout, _ in result.rollouts[0].rollouts] == [2]


def test_rollouts_of_a_chunk_start_before_its_sentence(tmp_path: Path) -> None:
    (drawn,) = read_traces(write_complete(tmp_path / "p", SOME)).rollouts
    placed = [(rollout.prefix_idx, rollout.sample_idx, rollout.text) for rollout, _ in drawn.rollouts]
    assert placed == [
        (0, 0, " It is dark. And on."),
        (0, 1, " A lamp. And on."),
        (0, 2, " Hm. And on."),
        (2, 0, " I knock. And on."),
    ]


def test_is_correct_decides_nothing_without_an_answer(tmp_path: Path) -> None:
    (drawn,) = read_traces(write_complete(tmp_path / "p", SOME)).rollouts
    outcomes = [[(o.behavior, o.outcome) for o in outcomes] for _, outcomes in drawn.rollouts]
    assert outcomes == [[("correct", word)] for word in ("no", "yes", "no_decision", "yes")]


def test_every_verdict_of_the_folder_is_a_behavior_named_by_it(tmp_path: Path) -> None:
    verdicts = [
        rollout("a", "b", contains_whistleblowing=True, is_misaligned=False),
        rollout("a", "b", contains_whistleblowing=None),
        {"error": "timeout"},
    ]
    (drawn,) = read_traces(write_complete(tmp_path / "p", {1: verdicts})).rollouts
    assert [{o.behavior: o.outcome for o in outcomes} for _, outcomes in drawn.rollouts] == [
        {"whistleblowing": "yes", "misaligned": "no"},
        {"whistleblowing": "no_decision"},
    ]
    assert {judge.behavior: judge.version for judge in drawn.judges} == {
        "whistleblowing": "contains_whistleblowing",
        "misaligned": "is_misaligned",
    }


def test_the_place_of_a_folder_tells_model_and_sampling(tmp_path: Path) -> None:
    place = tmp_path / "qwq-32b" / "temperature_0.7_top_p_0.9" / "yes_base_solution" / "scenario_3"
    result = read_traces(write_complete(place, SOME))
    settings = result.rollouts[0].settings
    assert (only(result).id, only(result).model) == ("qwq-32b-yes_base_solution-scenario_3", "qwq-32b")
    assert (settings.model, settings.temperature, settings.top_p) == ("qwq-32b", 0.7, 0.9)
    assert settings.extra == {"assumed": ["max_tokens"]}


def test_what_the_place_does_not_tell_is_marked_as_assumed(tmp_path: Path) -> None:
    result = read_traces(write_complete(tmp_path / "p", SOME))
    settings = result.rollouts[0].settings
    assert (only(result).model, settings.model) == (None, "unknown")
    assert settings.extra == {"assumed": ["max_tokens", "temperature", "top_p"]}


def test_all_of_it_goes_into_the_database(tmp_path: Path, store: Store) -> None:
    labelled = [{"chunk_idx": 1, "function_tags": ["plan_generation", "deduction"]}, {"chunk_idx": 2}]
    result = read_traces(write_complete(tmp_path / "p", SOME, chunks_labeled=labelled))
    store.write(lambda database: add_imported(database, result)).result()
    trace, settings = only(result), result.rollouts[0].settings
    assert load_trace(store.read, trace.id) == trace
    rates = load_rates(store.read, trace.id, settings.id)
    judge = judge_of("is_correct")
    assert judge is not None
    assert rates.judges == {"correct": judge.id}
    before = rates.rate("correct", 0)
    assert before is not None
    assert (before.k, before.n, before.n_no_decision) == (1, 2, 1)
    assert [r.rollout.text for r in load_rollouts(store.read, trace.id, settings.id, 2)] == [" I knock. And on."]
    assert load_labels(store.read, trace.id, "thought-anchors") == {1: "plan_generation"}
    # A tag that came with a folder is nobody's opinion until a person confirms it.
    assert [(rating.rater, rating.kind) for rating in load_ratings(store.read)] == [("thought-anchors", IMPORTED)]
    run = store.read.execute("SELECT kind, status, settings_id, request FROM runs").fetchone()
    assert tuple(run)[:3] == ("import", "done", settings.id)
    assert json.loads(run["request"]) == {"source": "p", "trace_id": trace.id}


def test_a_site_folder_gives_labels_and_makes_up_no_rollouts(tmp_path: Path) -> None:
    folder = tmp_path / "site" / "scenario_0"
    rows = [
        {"chunk": chunk, "chunk_idx": index, "function_tags": [tag], "blackmail_rate": 0.5}
        for index, chunk, tag in ((0, CHUNKS[0], "planning"), (2, CHUNKS[2], "action"))
    ]
    write(folder / "chunks_labeled.json", rows)
    write(folder / "chunks_resampled.json", {"0": ["It is dark.", "A lamp."], "2": []})
    write(folder / "base_solution.json", {"prompt": "Home?", "solution": SOLUTION, "contains_blackmail": True})
    write(folder / "scenario.json", {"nickname": "Lamp"})
    impact = {"source_chunk_idx": 0, "target_impacts": [{"target_chunk_idx": 2, "importance_score": -0.25}]}
    write(folder / "step_importance.json", [impact])
    result = read_traces(folder)
    (labels,) = result.labels
    assert (result.rollouts, result.refused) == ((), ())
    # Indices skip, sentences do not.
    assert (labels.annotator, labels.categories) == ("thought-anchors", {0: "planning", 1: "action"})
    assert [category.name for category in labels.codebook.categories] == ["action", "planning"]
    kept = only(result).metadata["thought_anchors"]
    assert kept["indices"] == [0, 2]
    assert {index: row["chunk_idx"] for index, row in kept["rows"].items()} == {"0": 0, "1": 2}
    assert kept["resampled"]["0"] == ["It is dark.", "A lamp."]
    assert kept["links"] == {"0": {"2": -0.25}}
    assert (kept["base_solution"], kept["scenario"]) == ({"contains_blackmail": True}, {"nickname": "Lamp"})


pieces = st.lists(st.text("ab.", min_size=1, max_size=4).filter(str.strip), min_size=1, max_size=6)
gaps = st.sampled_from([" ", "\n", " \n\n", "\t"])


@given(pieces, st.data())
def test_pieces_are_found_in_order_and_without_overlap(texts: list[str], data: st.DataObject) -> None:
    whole = "".join(data.draw(gaps) + text for text in texts)
    spans = locate(whole, texts)
    assert [whole[start:end] for start, end in spans] == texts
    assert all(before.end <= after.start for before, after in pairwise(spans))


def test_a_piece_without_words_is_nowhere() -> None:
    with pytest.raises(NotLocatedError) as caught:
        locate("a b", ["a", " "])
    assert caught.value.position == 1


def assert_complete(store: Store, folder: Path, chunks: list[str], last: str, accuracies: list[float]) -> None:
    """Every chunk is a sentence, the reasoning ends with ``last``, and the stored rollouts give these rates."""
    result = read_traces(folder)
    trace = only(result)
    assert [sentence.text.strip() for sentence in trace.sentences[: len(chunks)]] == chunks
    assert trace.sentences[-1].text == last
    store.write(lambda database: add_imported(database, result)).result()
    rates = load_rates(store.read, trace.id, result.rollouts[0].settings.id)
    found = [rates.rate("correct", index) for index in range(len(chunks))]
    assert [rate.rate for rate in found if rate] == accuracies


def test_a_problem_comes_in_with_every_rollout(store: Store, problem: Path) -> None:
    answered = [[one for one in drawn(index) if one["answer"] not in ("", "None")] for index in range(len(PROBLEM))]
    verdicts = [[one["is_correct"] for one in some if one["is_correct"] is not None] for some in answered]
    accuracies = [sum(some) / len(some) for some in verdicts]
    assert_complete(store, problem, list(PROBLEM), f" {LAST_WORDS}", accuracies)


@real_data
def test_a_published_problem_comes_in_with_every_rollout(store: Store) -> None:
    folder = ANCHORS / "strategyqa" / "problem_94"
    chunks = json.loads((folder / "chunks.json").read_text(encoding="utf-8"))["chunks"]
    golden = json.loads((ANCHORS / "golden" / "problem_94__2a15f77.json").read_text(encoding="utf-8"))
    last = " Therefore, the answer should be yes."
    assert_complete(store, folder, chunks, last, [row["accuracy"] for row in golden])


def test_site_folders_come_in_without_loss(scenario: Path) -> None:
    result = read_traces(scenario)
    trace = only(result)
    rows = json.loads((scenario / "chunks_labeled.json").read_text(encoding="utf-8"))
    # A comma that the chunks leave out belongs to the later one.
    assert all(s.text.endswith(row["chunk"].rstrip()) for s, row in zip(trace.sentences, rows, strict=True))
    assert Counter(result.labels[0].categories.values()) == Counter(row["function_tags"][0] for row in rows)
