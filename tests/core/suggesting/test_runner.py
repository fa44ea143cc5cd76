"""A run of suggestions: what it asks, what it survives, what it keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.endpoints.endpoint import simulator_endpoint
from core.errors import ConfigError, NotFoundError
from core.store.database import Store
from core.store.labels import count_labels
from core.store.suggestions import load_suggestions
from core.suggesting.asking import MOST_ASKED
from core.suggesting.request import plan_suggestions
from core.suggesting.runner import SuggestingRun, suggest
from core.traces.build import make_trace
from tests.core.fake_server import FakeServer, Reply, error
from tests.core.suggesting.scene import (
    CODEBOOK,
    FREE,
    OTHER,
    PRICED,
    TRACE,
    N,
    asked_in,
    chat,
    entry,
    fresh_store,
    go,
    model,
    reply,
    rows,
    suggested,
    wanted,
)

ALL = list(range(N))


class TestAsking:
    """Every sentence once, whole trace in every request, and what it came to beside it."""

    def test_every_sentence_gets_a_suggestion_and_none_a_label(self, tmp_path: Path) -> None:
        server = model()
        with fresh_store(tmp_path) as store:
            result = go(wanted(), store, server)
            assert (result.status, result.reason) == ("done", "")
            found = load_suggestions(store.read, TRACE.id)
            assert sorted(found) == ALL
            assert {(one.category, one.by, one.confidence) for one in found.values()} == {("monitoring", "fake-1", 0.8)}
            assert count_labels(store.read, TRACE.id) == {}
        assert sorted(map(asked_in, server.draws)) == [ALL[:5], ALL[5:10], ALL[10:]]
        assert all(f'{N - 1} "' in body["messages"][-1]["content"] for body in server.draws)
        assert "response_format" not in server.draws[0]

    def test_a_row_says_what_made_it(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            result = go(wanted(endpoint=PRICED, batch=12), store, model())
            batch = "first_idx, end_idx, refusal, model, prompt_tokens, completion_tokens, cost, run_id"
            assert rows(store, f"SELECT {batch} FROM suggestion_batches") == [
                (0, N, None, "fake-1", 100, 10, pytest.approx(0.0002), result.run_id)
            ]
            assert rows(store, "SELECT kind, name, model, base_url, codebook_id FROM suggesters") == [
                ("model", "fake-1", "fake-1", "http://fake/v1", CODEBOOK.id)
            ]
            assert rows(store, "SELECT kind, status FROM runs") == [("suggest", "done")]
            assert result.progress.spend == pytest.approx(0.0002)

    def test_it_goes_on_where_it_was(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            go(wanted(limit=7), store, model())
            assert suggested(store) == ALL[:7]
            server = model()
            assert plan_suggestions(store.read, wanted()).sentences == N - 7
            assert go(wanted(), store, server).progress.sentences_done == N - 7
            assert [asked_in(body) for body in server.draws] == [ALL[7:]]
            assert go(wanted(), store, again := model()).status == "done"
            assert again.n_requests == 0

    def test_redo_asks_again_and_the_last_word_counts(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            go(wanted(), store, first := model())
            go(wanted(redo=True), store, second := model(lambda asked, _: reply(*(entry(i, "none") for i in asked))))
            assert {one.category for one in load_suggestions(store.read, TRACE.id).values()} == {"none"}
            assert rows(store, "SELECT count(*) FROM suggestion_batches") == [(6,)]
        # With the same seed a server would say the same again.
        assert {body["seed"] for body in first.draws}.isdisjoint(body["seed"] for body in second.draws)

    def test_another_codebook_is_another_suggester(self, tmp_path: Path) -> None:
        other = replace(CODEBOOK, version="mine")
        with fresh_store(tmp_path) as store:
            go(wanted(), store, model())
            go(wanted(codebook=other), store, server := model())
            assert server.n_requests == 3
            assert rows(store, "SELECT count(*) FROM suggestions") == [(2 * N,)]
        changed = (replace(FREE, model="m2"), replace(FREE, temperature=0.1), replace(FREE, base_url="http://else/v1"))
        ids = {wanted(endpoint=endpoint).suggester.id for endpoint in (FREE, *changed)}
        assert len(ids | {wanted(codebook=other).suggester.id}) == 5
        assert wanted(endpoint=replace(FREE, name="n", concurrency=9)).suggester.id == wanted().suggester.id

    def test_traces_come_one_after_the_other(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            go(wanted(traces=(OTHER, TRACE), limit=5), store, model())
            assert (suggested(store, OTHER.id), suggested(store)) == ([0, 1, 2], [0, 1])

    def test_the_simulator_suggests_and_is_called_synthetic(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            result = asyncio.run(suggest(wanted(endpoint=simulator_endpoint(), traces=(OTHER,)), store))
            assert result.status == "done"
            found = load_suggestions(store.read, OTHER.id)
            assert (found[1].category, found[1].by) == ("decision_comply", "simulator (synthetic)")


class TestReplies:
    """A reply is kept word for word, whatever it is; what it leaves open is asked again."""

    def test_only_what_is_missing_is_asked_again(self, tmp_path: Path) -> None:
        def forgetful(asked: list[int], number: int) -> str:
            return reply(*(entry(i) for i in asked if number or i not in (1, 4)))

        with fresh_store(tmp_path) as store:
            result = go(wanted(limit=5), store, server := model(forgetful))
            assert (result.status, result.reason) == ("done", "")
            assert suggested(store) == ALL[:5]
            assert rows(store, "SELECT first_idx, end_idx, refusal FROM suggestion_batches ORDER BY id") == [
                (0, 5, "missing: 1, 4"),
                (1, 5, None),
            ]
        assert [asked_in(body) for body in server.draws] == [[0, 1, 2, 3, 4], [1, 4]]
        assert server.draws[0]["seed"] != server.draws[1]["seed"]

    def test_an_unreadable_reply_is_kept_and_asked_again_as_often_as_a_judge(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            result = go(wanted(limit=5), store, server := model(lambda asked, number: f"I cannot. {number}"))
            assert server.n_requests == MOST_ASKED
            assert rows(store, "SELECT reply FROM suggestion_batches ORDER BY id") == [
                (f"I cannot. {i}",) for i in range(MOST_ASKED)
            ]
            assert rows(store, "SELECT DISTINCT refusal FROM suggestion_batches") == [
                ("no JSON object of labels at the end of the reply",)
            ]
            assert (result.status, result.progress.unreadable, suggested(store)) == ("failed", 5, [])
            assert "no reply to read 5" in result.reason
            assert go(wanted(limit=5), store, model()).status == "done"

    def test_a_reply_that_was_cut_off_is_asked_for_in_halves(self, tmp_path: Path) -> None:
        def cut(number: int, body: Mapping[str, Any]) -> Reply | None:
            asked = asked_in(body)
            return chat(reply(*map(entry, asked))[:-9], "length") if len(asked) > 2 else None

        with fresh_store(tmp_path) as store:
            result = go(wanted(limit=5), store, server := model(faults=cut))
            assert (result.status, suggested(store)) == ("done", ALL[:5])
            (refusal,) = rows(store, "SELECT refusal FROM suggestion_batches WHERE first_idx = 0 AND end_idx = 5")
            assert refusal[0].startswith(f"cut off at {FREE.max_tokens} tokens")
        assert sorted(asked_in(body) for body in server.draws) == [[0, 1], [0, 1, 2], [0, 1, 2, 3, 4], [2], [3, 4]]

    def test_a_filtered_reply_is_given_up_and_not_asked_for_again(self, tmp_path: Path) -> None:
        def filtered(number: int, body: Mapping[str, Any]) -> Reply | None:
            return chat("", "content_filter") if 0 in asked_in(body) else None

        with fresh_store(tmp_path) as store:
            result = go(wanted(limit=10), store, server := model(faults=filtered))
            assert (suggested(store), result.progress.unreadable) == (ALL[5:10], 5)
            assert "the server filtered the reply (content_filter)" in result.reason
            assert rows(store, "SELECT reply, refusal FROM suggestion_batches WHERE first_idx = 0") == [
                ("", "the server filtered the reply (content_filter)")
            ]
        assert server.n_requests == 2


class TestServers:
    """Faults are met as in resampling: waited out, asked again, or told in one sentence."""

    def test_a_server_that_is_too_busy_is_asked_again(self, tmp_path: Path) -> None:
        busy = model(faults=lambda number, body: error(429, retry_after="0.001") if number in (0, 2) else None)
        with fresh_store(tmp_path) as store:
            assert go(wanted(), store, busy).status == "done"
            assert suggested(store) == ALL

    def test_a_batch_that_fails_for_good_leaves_the_others(self, tmp_path: Path) -> None:
        def broken(number: int, body: Mapping[str, Any]) -> Reply | None:
            return error(500, "a bad day") if asked_in(body)[0] == 5 else None

        with fresh_store(tmp_path) as store:
            result = go(wanted(), store, model(faults=broken))
            assert suggested(store) == [*ALL[:5], *ALL[10:]]
            assert (result.status, dict(result.progress.failures)) == ("done", {"server_error": 5})
            assert "run it again" in result.reason
            (failed,) = rows(store, "SELECT reply, refusal FROM suggestion_batches WHERE first_idx = 5")
            assert (failed[0], failed[1][:13]) == (None, "server_error:")

    def test_a_trace_that_is_too_long_is_tried_once(self, tmp_path: Path) -> None:
        def too_long(number: int, body: Mapping[str, Any]) -> Reply | None:
            long = "thing number" in body["messages"][-1]["content"]
            return error(400, "maximum context length is 9", "context_length_exceeded") if long else None

        with fresh_store(tmp_path) as store:
            server = model(faults=too_long)
            request = wanted(traces=(TRACE, OTHER), endpoint=replace(FREE, concurrency=1))
            result = go(request, store, server)
            assert (suggested(store), suggested(store, OTHER.id)) == ([], [0, 1, 2])
            assert (server.n_requests, dict(result.progress.failures)) == (2, {"context_length": N})

    def test_a_dead_server_is_told_in_one_sentence(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            result = go(wanted(), store, model(faults=lambda number, body: Reply(fails=True)))
            assert (result.status, suggested(store)) == ("failed", [])
            assert "http://fake/v1" in result.reason
            assert rows(store, "SELECT status FROM runs") == [("failed",)]


class TestCost:
    """Never above the cap, and what was paid for is there."""

    def test_the_cap_holds(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            request = wanted(endpoint=PRICED, max_cost=0.01)
            result = go(request, store, model(usage=False))
            assert result.status == "stopped"
            assert "$0.01" in result.reason
            assert result.progress.spend is not None
            assert 0 < result.progress.spend <= 0.01
            assert rows(store, "SELECT sum(cost) FROM suggestion_batches") == [(pytest.approx(result.progress.spend),)]
            assert 0 < len(suggested(store)) < N

    def test_the_plan_says_what_it_takes(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            plan = plan_suggestions(store.read, wanted(endpoint=PRICED))
            assert (plan.sentences, plan.calls) == (N, 3)
            assert plan.cost == pytest.approx(plan.prompt_tokens / 1e6 + plan.completion_tokens / 1e5)

    def test_what_cannot_be_run_is_refused(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            for more, why in (({"max_cost": 1.0}, "needs prices"), ({"batch": 0}, "1 or more"), ({"limit": 0}, "1 or")):
                with pytest.raises(ConfigError, match=why):
                    go(wanted(**more), store, model())
            stranger = make_trace("stranger", "<think>\nOne.\n</think>\nDone.")
            with pytest.raises(NotFoundError, match="stranger"):
                go(wanted(traces=(stranger,)), store, model())


class TestStopping:
    """However a run ends, what had arrived is kept, and the next one asks for the rest."""

    @pytest.mark.parametrize("how", ["told to stop", "cancelled"])
    def test_what_had_arrived_is_kept(self, tmp_path: Path, how: str) -> None:
        async def broken_off(store: Store, server: FakeServer) -> None:
            run: SuggestingRun

            def watch(progress: Any) -> None:
                if progress.sentences_done and how == "cancelled":
                    task.cancel()
                elif progress.sentences_done:
                    run.stop()

            run = SuggestingRun(wanted(endpoint=replace(FREE, concurrency=1), batch=3), store, watch, server.open)
            task = asyncio.ensure_future(run.execute())
            try:
                result = await task
            except asyncio.CancelledError:
                assert how == "cancelled"
            else:
                assert (how, result.status) == ("told to stop", "cancelled")

        with fresh_store(tmp_path) as store:
            asyncio.run(broken_off(store, model()))
            # What was queued before this is on disk after it.
            store.write(lambda database: None).result()
            answered = suggested(store)
            assert 3 <= len(answered) < N
            assert rows(store, "SELECT status FROM runs") == [("cancelled",)]
            again = model()
            assert go(wanted(), store, again).status == "done"
            assert sorted(i for body in again.draws for i in asked_in(body)) == sorted(set(ALL) - set(answered))
