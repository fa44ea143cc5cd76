"""Traces in the database: they come back as they went in, and a list says what has been done on each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import NotFoundError
from core.store.database import Store
from core.store.traces import add_traces, find_in_sentences, known_ids, list_traces, load_trace
from core.traces.build import make_trace
from core.traces.importers import read_traces
from core.traces.model import Message, Prompt, Trace
from tests.core.analysis import stored
from tests.sizes import examples

SAMPLES = Path(__file__).parents[3] / "sample_data"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "traces.db") as store:
        yield store


def add(store: Store, *traces: Trace) -> None:
    store.write(lambda db: add_traces(db, traces)).result()


@pytest.mark.parametrize("name", ["traces.jsonl", "nasty.jsonl"])
def test_a_trace_comes_back_as_it_went_in(store: Store, name: str) -> None:
    traces = read_traces(SAMPLES / name).traces
    add(store, *traces)
    for trace in traces:
        assert load_trace(store.read, trace.id) == trace


texts = st.text(st.characters(exclude_categories=()), min_size=1, max_size=60).filter(lambda text: text.strip() != "")


@settings(max_examples=examples(50))
@given(responses=st.lists(texts, min_size=1, max_size=5), query=st.none() | texts, prompt=texts)
def test_any_text_survives_lone_surrogates_and_nul_included(
    tmp_path_factory: pytest.TempPathFactory, responses: list[str], query: str | None, prompt: str
) -> None:
    asked = Prompt((Message("user", prompt),))
    traces = [make_trace(f"t{i}", text, prompt=asked, query=query, model=query) for i, text in enumerate(responses)]
    with Store.open(tmp_path_factory.mktemp("any") / "any.db") as store:
        add(store, *traces)
        assert [load_trace(store.read, trace.id) for trace in traces] == traces


def test_the_sentences_in_the_database_tile_the_reasoning(store: Store) -> None:
    add(store, *read_traces(SAMPLES / "nasty.jsonl").traces)
    pieces = store.read.execute('SELECT text, start, "end" FROM sentences ORDER BY idx').fetchall()
    trace = load_trace(store.read, "nasty")
    assert "".join(piece["text"] for piece in pieces) == trace.response[slice(*trace.reasoning)]
    assert [piece["text"] for piece in pieces] == [trace.response[piece["start"] : piece["end"]] for piece in pieces]


def test_two_traces_of_one_prompt_share_it(store: Store) -> None:
    prompt = Prompt((Message("system", "Be brief."), Message("user", "Hello?")))
    add(store, make_trace("one", "Hi.", prompt=prompt), make_trace("two", "Hello.", prompt=prompt))
    assert store.read.execute("SELECT count(*) FROM prompts").fetchone()[0] == 1


def test_metadata_comes_back_as_it_was(store: Store) -> None:
    metadata = {"label": "aligned", "scores": [0.5, None, True], "nested": {"\u2028": "\ud83d"}}
    add(store, make_trace("kept", "Hi.", metadata=metadata))
    assert load_trace(store.read, "kept").metadata == metadata


def test_a_trace_that_is_not_there_is_refused_by_name(store: Store) -> None:
    with pytest.raises(NotFoundError, match=r"no trace 'ghost' in this database; `turnpoint traces` lists them\."):
        load_trace(store.read, "ghost")
    assert known_ids(store.read) == set()


def test_the_list_counts_sentences_rollouts_and_sampled_prefixes(store: Store) -> None:
    stored.keep(store, stored.make_trace("sampled", ["One.", " Two."]), stored.make_trace("bare", ["One."]))
    stored.sample(store, "sampled", 0, stored.complied("complied", "refused"))
    stored.sample(store, "sampled", 2, stored.complied("truncated"))
    stored.sample(store, "sampled", 2, stored.complied("complied"), settings=stored.COLD)
    sampled, bare = list_traces(store.read)
    assert (sampled.id, sampled.n_sentences, sampled.n_rollouts, sampled.n_prefixes_sampled) == ("sampled", 2, 4, 2)
    assert (bare.id, bare.n_sentences, bare.n_rollouts, bare.n_prefixes_sampled) == ("bare", 1, 0, 0)


def test_traces_are_listed_in_the_order_in_which_they_were_added(store: Store) -> None:
    for trace_id in ("zebra", "ant", "mole"):
        add(store, make_trace(trace_id, "Hi."))
    assert [summary.id for summary in list_traces(store.read)] == ["zebra", "ant", "mole"]


@pytest.fixture
def searched(store: Store) -> Store:
    add(
        store,
        make_trace("one", 'First thing. It says "free tier" plainly. Café au lait.'),
        make_trace("two", "The tier is free. Nothing else."),
    )
    return store


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("tier", [("one", 1), ("two", 0)]),
        ("FREE tier", [("one", 1), ("two", 0)]),
        ("cafe", [("one", 2)]),
        ("nothing", [("two", 1)]),
        ("free nothing", []),
        ("   ", []),
    ],
)
def test_words_are_found_in_sentences_that_hold_all_of_them(
    searched: Store, words: str, found: list[tuple[str, int]]
) -> None:
    assert sorted(find_in_sentences(searched.read, words)) == found


@pytest.mark.parametrize(
    "words", ['"', '""', "a AND", "NOT tier", "ti*", "tier^2", "text:tier", "(", "a-b", "NEAR(", "'"]
)
def test_no_search_is_read_as_a_query_language(searched: Store, words: str) -> None:
    assert find_in_sentences(searched.read, words) == []
