"""What is said of a run's numbers at its end: that nothing was decided, or that several models answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from core.behaviors.outcome import COMPLIANCE, NOT_SHOWN, SHOWN
from core.behaviors.pattern import Pattern
from core.resampling.adaptive.beginning import make_policy
from core.resampling.adaptive.stopping import Settled
from core.resampling.adaptive.sweep import run_adaptive
from core.resampling.progress import Progress
from core.resampling.remarks import remarked
from core.resampling.request import DONE, FAILED, STOPPED, RunResult, top_up
from core.store.database import Store
from core.store.traces import add_traces
from core.traces.build import make_trace
from core.traces.model import Message, Prompt
from tests.core.fake_server import FakeServer
from tests.core.resampling.scene import FREE, TRACE, asked, fresh_store, go, judged_by, rows
from tests.sizes import examples

CLOSED = "\n</SCRATCHPAD_REASONING>\n"
REFUSES, IS_SILENT = f" So no.{CLOSED}<rejected/> No.", f" So.{CLOSED}What would you like?"
TEA = Pattern("tea", "tea", "response", ignore_case=False)
BARE = make_trace("bare", "<think>One. Two.</think>Tea.", prompt=Prompt((Message("user", "Which?"),)))


def counted(outcomes: Mapping[str, Mapping[str, int]], status: str = DONE) -> RunResult:
    """A run that came to know just that."""
    return RunResult(status, "", Progress(9, 9, outcomes=outcomes))


@pytest.mark.parametrize(
    ("outcomes", "said", "is_void"),
    [
        ({"compliance": {"complied": 3, "refused": 9}}, [], False),
        ({}, [], False),
        ({"compliance": {"no_decision": 1}}, ["compliance was decided on none of 1 rollout (no_dec"], True),
        ({"compliance": {"truncated": 4}}, ["none of 4 rollouts (truncated 4): they ran out of tokens"], True),
        ({"x": {"unclear": 3, "error": 1}}, ["x was decided on none of 4 rollouts (unclear 3, error 1): the"], True),
        ({"compliance": {"restarted": 5}}, ["(restarted 5)"], True),
        ({"compliance": {"complied": 1, "no_decision": 8}}, [], False),
        ({"compliance": {"complied": 1, "no_decision": 9}}, [], False),
        ({"compliance": {"complied": 1, "no_decision": 19}}, ["only 1 of 20 rollouts (no_decision 19)"], False),
        ({"compliance": {"no_decision": 2}, "x": {"no_decision": 2}}, ["compliance and x were decided on none"], True),
        ({"compliance": {"complied": 2}, "x": {"unclear": 2}}, ["x was decided on none of 2"], True),
    ],
)  # fmt: skip
def test_what_was_hardly_decided_is_said(
    tmp_path: Path, outcomes: dict[str, dict[str, int]], said: list[str], is_void: bool
) -> None:
    with fresh_store(tmp_path) as store:
        for status in (DONE, STOPPED):
            found = remarked(counted(outcomes, status), asked(3), store.read)
            assert found.is_void == is_void
            assert len(found.remarks) == len(said)
            assert all(words in remark for words, remark in zip(said, found.remarks, strict=True))
        assert remarked(counted(outcomes, FAILED), asked(3), store.read).remarks == ()


def test_a_study_without_answer_tags_is_not_told_of_compliance_while_anything_else_is_decided(tmp_path: Path) -> None:
    request = replace(asked(0), spots=top_up(BARE, (1,), 3))
    with fresh_store(tmp_path) as store:
        both = {"compliance": {"no_decision": 9}, "tea": {"yes": 4, "no": 5}}
        assert remarked(counted(both), request, store.read).remarks == ()
        neither = {"compliance": {"no_decision": 9}, "tea": {"truncated": 9}}
        found = remarked(counted(neither), request, store.read)
        assert found.is_void
        assert any("no prompt asks for the tags that compliance is read off" in remark for remark in found.remarks)


@settings(max_examples=examples(60))
@given(st.dictionaries(st.sampled_from(sorted(SHOWN | NOT_SHOWN | {"no_decision", "truncated"})), st.integers(0, 99)))
def test_void_is_what_has_outcomes_and_no_decided_one(counts: dict[str, int]) -> None:
    with Store.open(Path(":memory:")) as store:
        found = remarked(counted({"x": counts}), asked(3), store.read)
    decided = sum(n for outcome, n in counts.items() if outcome in SHOWN | NOT_SHOWN)
    assert found.is_void == (sum(counts.values()) > 0 and decided == 0)
    assert all(remark.endswith(".") for remark in found.remarks)


@pytest.mark.parametrize("ending", [REFUSES, IS_SILENT])
def test_a_run_counts_what_it_decides_whoever_decides_it(tmp_path: Path, ending: str) -> None:
    judge = judged_by(FREE, when="always")
    with fresh_store(tmp_path) as store:
        result = go(asked(4, rules=(TEA,), judges=(judge,)), store, FakeServer(continuation=lambda *_: ending))
        stored: dict[str, dict[str, int]] = {}
        for behavior, outcome, n in rows(store, "SELECT behavior, outcome, count(*) FROM outcomes GROUP BY 1, 2"):
            stored.setdefault(behavior, {})[outcome] = n
        assert result.progress.outcomes == stored
        assert result.is_void == (ending is IS_SILENT)
        again = go(asked(4, rules=(TEA,), judges=(judge,)), store, FakeServer())
        assert (again.progress.outcomes, again.remarks) == ({}, ())
        # Judging what is there counts as well, where nothing is drawn.
        other = Pattern("milk", "milk", "answer", ignore_case=False)
        judged = go(asked(0, rules=(TEA, other), judges=(judge,)), store, FakeServer())
        assert sum(judged.progress.outcomes["milk"].values()) == 4


async def test_an_adaptive_run_says_it_of_all_its_rounds(tmp_path: Path) -> None:
    server = FakeServer(continuation=lambda *_: IS_SILENT)
    with fresh_store(tmp_path) as store:
        result = await run_adaptive(TRACE, asked(0), make_policy(Settled()), store, clients=server.open)
    assert result.is_void
    n = sum(result.progress.outcomes[COMPLIANCE].values())
    assert n == result.progress.rollouts_done == 5 * TRACE.n_prefixes
    assert f"compliance was decided on none of {n} rollouts" in result.remarks[0]


def test_several_models_under_one_name_are_told_with_their_numbers(tmp_path: Path) -> None:
    with fresh_store(tmp_path) as store:
        store.write(lambda database: add_traces(database, [BARE])).result()
        go(asked(6), store, FakeServer())
        assert go(asked(8), store, FakeServer()).remarks == ()
        for values in (("m-2", "fp_b", 0, 2), ("m-1", "fp_a", 3, 9)):
            store.write(partial(_say, values=values)).result()
        model, fingerprint = go(asked(8), store, FakeServer()).remarks
    assert model == (
        "more than one model has answered under these settings (m-1 5, m-2 3): rates over these rollouts mix them."
    )
    assert re.search(r"more than one system_fingerprint .* \(fp_a 5, fp_b 3\)", fingerprint)


def _say(database: Database, values: tuple[str, str, int, int]) -> None:
    """Let rollouts say that another model drew them."""
    database.conn.execute(
        "UPDATE rollouts SET model = ?, system_fingerprint = ?, provider = 'P' WHERE sample_idx BETWEEN ? AND ?", values
    )
