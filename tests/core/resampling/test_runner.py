"""A run from start to end: what it draws, what it survives, what it keeps."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.behaviors.outcome import Outcome
from core.endpoints.client import open_client
from core.endpoints.config import Config
from core.endpoints.endpoint import Endpoint, simulator_endpoint
from core.errors import ConfigError, NotFoundError
from core.resampling.progress import Progress
from core.resampling.request import RunRequest, judge_setup, top_up
from core.resampling.retrying import Lane, RetryPolicy
from core.resampling.rollout import Rollout
from core.resampling.runner import Run, run
from core.store.database import Store
from core.store.rollouts import add_rollouts
from tests.core.fake_server import FakeServer, Reply, error, served
from tests.core.resampling.scene import (
    FREE,
    PRICED,
    QUICK,
    TRACE,
    asked,
    assert_exactly,
    fresh_store,
    go,
    outcomes,
    rows,
    sampled,
)
from tests.patience import PATIENCE
from tests.sizes import examples


class TestDrawing:
    """Exactly n rollouts at each prefix, with everything that made them."""

    def test_each_prefix_gets_its_n(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            result = go(asked(10, 0, 3, 1), store, FakeServer())
            assert (result.status, result.reason) == ("done", "")
            assert_exactly(store, 10, 0, 1, 3)
            assert outcomes(store, "compliance").total() == 30
            assert outcomes(store, "compliance").keys() == {"complied", "refused"}

    def test_a_row_says_what_made_it(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            result = go(asked(4, endpoint=PRICED), store, FakeServer())
            found = rows(
                store,
                "SELECT model, system_fingerprint, finish_reason, settings_id, run_id, sum(prompt_tokens),"
                " sum(completion_tokens), sum(cost) FROM rollouts",
            )
            assert found == [
                ("fake-1", "fp", "stop", PRICED.settings.id, result.run_id, 100, 40, pytest.approx(0.0005))
            ]
            assert result.progress.spend == pytest.approx(0.0005)
            assert rows(store, "SELECT status, settings_id, ended_at IS NULL FROM runs") == [
                ("done", PRICED.settings.id, 0)
            ]
            assert rows(store, "SELECT id, endpoint FROM sampling_settings") == [(PRICED.settings.id, "priced")]

    def test_the_prompt_and_the_prefix_are_sent(self, tmp_path: Path) -> None:
        server = FakeServer()
        with fresh_store(tmp_path) as store:
            go(asked(1, 2), store, server)
        assert server.draws[0]["messages"] == [
            {"role": "system", "content": "Be helpful."},
            {"role": "user", "content": "Write a review."},
            {"role": "assistant", "content": TRACE.prefix(2)},
        ]

    def test_prefixes_are_worked_in_the_order_asked_for(self, tmp_path: Path) -> None:
        server = FakeServer()
        with fresh_store(tmp_path) as store:
            go(asked(8, 3, 0, 2, endpoint=replace(FREE, concurrency=1)), store, server)
        assert [body["messages"][-1]["content"] for body in server.draws] == [
            TRACE.prefix(i) for i in (3, 3, 0, 0, 2, 2)
        ]

    def test_a_run_tops_up_and_a_run_with_nothing_to_do_makes_no_call(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            go(asked(5), store, FakeServer())
            server = FakeServer()
            go(asked(12), store, server)
            assert sum(body.get("n", 1) for body in server.draws) == 7
            assert_exactly(store, 12, 1)
            idle = FakeServer()
            result = go(asked(12), store, idle)
            assert (result.status, idle.n_requests, result.progress.rollouts_total) == ("done", 0, 0)
            assert len(rows(store, "SELECT id FROM runs WHERE status = 'done'")) == 3

    def test_no_more_requests_are_in_flight_than_the_endpoint_allows(self, tmp_path: Path) -> None:
        server = FakeServer(pauses=300)
        with fresh_store(tmp_path) as store:
            go(asked(40, endpoint=replace(FREE, n_per_request=1)), store, server)
        assert server.most_in_flight == FREE.concurrency

    def test_a_server_that_ignores_n_is_topped_up_and_soon_asked_singly(self, tmp_path: Path) -> None:
        server = FakeServer(most_choices=1)
        with fresh_store(tmp_path) as store:
            assert go(asked(20), store, server).status == "done"
            assert_exactly(store, 20, 1)
        assert server.n_requests == 20
        assert sum("n" in body for body in server.draws) <= 2 + FREE.concurrency

    def test_a_server_that_gives_more_than_asked_is_cut_short(self, tmp_path: Path) -> None:
        class Generous(FakeServer):
            def _answer(self, scope: Any, body: dict[str, Any]) -> Reply:
                return super()._answer(scope, body | {"n": 9})

        with fresh_store(tmp_path) as store:
            go(asked(6), store, Generous())
            assert_exactly(store, 6, 1)

    def test_a_server_that_refuses_n_is_asked_singly(self, tmp_path: Path) -> None:
        server = FakeServer(lambda number, body: error(422, "n is not allowed") if "n" in body else None)
        with fresh_store(tmp_path) as store:
            result = go(asked(12), store, server)
            assert (result.status, result.progress.n_failed) == ("done", 0)
            assert_exactly(store, 12, 1)

    def test_no_seed_is_sent_where_none_is_wanted(self, tmp_path: Path) -> None:
        server = FakeServer()
        with fresh_store(tmp_path) as store:
            go(asked(3, endpoint=replace(FREE, seed=None)), store, server)
            assert rows(store, "SELECT DISTINCT seed FROM rollouts") == [(None,)]
        assert all("seed" not in body for body in server.draws)

    def test_what_another_process_draws_meanwhile_is_not_drawn_again(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store, Store.open(tmp_path / "turnpoint.db") as other:
            server = FakeServer()
            seen: list[Progress] = []

            def watch(progress: Progress) -> None:
                if not seen:
                    strangers: list[tuple[Rollout, list[Outcome]]] = [
                        (Rollout(TRACE.id, FREE.settings.id, 1, i, f" Sample stranger {i}."), []) for i in range(4, 12)
                    ]
                    other.write(lambda db: add_rollouts(db, None, strangers)).result()
                seen.append(progress)

            result = go(asked(14, endpoint=replace(FREE, concurrency=1)), store, server, watch)
            assert sampled(store) == [(1, index) for index in range(14)]
        assert sum(body.get("n", 1) for body in server.draws) == 6
        assert result.progress.rollouts_done == 14

    def test_hostile_text_survives(self, tmp_path: Path) -> None:
        nasty = " \x00\x1b]52;c;x\x07 \ud83d [/bold] \u202e " + "x" * 1_000_000
        with fresh_store(tmp_path) as store:
            go(asked(2), store, FakeServer(continuation=lambda prompt, seed: nasty))
            assert rows(store, "SELECT text FROM rollouts") == [(nasty,), (nasty,)]
            assert outcomes(store, "compliance") == {"no_decision": 2}

    def test_it_is_in_the_store_before_it_is_reported(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            seen: list[tuple[int, int]] = []
            go(asked(12), store, FakeServer(), lambda p: seen.append((p.rollouts_done, len(sampled(store)))))
        assert seen[-1] == (12, 12)
        assert all(stored >= reported for reported, stored in seen)
        assert [reported for reported, _ in seen] == sorted(reported for reported, _ in seen)

    def test_a_trace_that_is_not_stored_is_refused(self, tmp_path: Path) -> None:
        with Store.open(tmp_path / "empty.db") as store, pytest.raises(NotFoundError, match="import it first"):
            go(asked(1), store, FakeServer())


class TestFaults:
    """A server that fails now and then, or for good."""

    def test_a_third_of_all_requests_may_fail(self, tmp_path: Path) -> None:
        dice = random.Random(1)
        faults = [
            error(500),
            error(429),
            error(503, retry_after="0.001"),
            error(408),
            Reply(fails=True),
            Reply(body="{"),
            Reply(body="<html>"),
            Reply(body='{"choices": []}'),
        ]
        server = FakeServer(lambda number, body: dice.choice(faults) if dice.random() < 0.3 else None)
        with fresh_store(tmp_path) as store:
            for _ in range(3):
                result = go(asked(40, 0, 1, 2), store, server)
                assert result.status == "done"
            assert_exactly(store, 40, 0, 1, 2)

    def test_a_request_is_given_up_after_its_attempts_and_the_run_goes_on(self, tmp_path: Path) -> None:
        broken = TRACE.prefix(2)
        server = FakeServer(
            lambda number, body: error(500, "boom") if body["messages"][-1]["content"] == broken else None
        )
        with fresh_store(tmp_path) as store:
            result = go(asked(4, 2, 1, endpoint=replace(FREE, concurrency=2)), store, server)
            assert result.status == "done"
            assert "server_error 4" in result.reason
            assert result.progress.failures == {"server_error": 4}
            assert_exactly(store, 4, 1)
            assert rows(
                store, "SELECT sample_idx, stage, kind, message, attempts FROM failures ORDER BY sample_idx"
            ) == [(i, "sample", "server_error", "500: boom", 5) for i in range(4)]
            go(asked(4, 2, 1), store, FakeServer())
            assert_exactly(store, 4, 1, 2)

    @pytest.mark.parametrize(
        ("fault", "kind", "n_requests"),
        [
            (error(400, "maximum context length is 10"), "context_length", 1),
            (error(400, "temperature"), "bad_request", 1),
            (error(429), "rate_limit", 5),
            (error(500), "server_error", 5),
            (error(408), "timeout", 5),
            (Reply(fails=True), "connection", 5),
            (Reply(body="{"), "malformed", 5),
            (Reply(body='{"choices": []}'), "empty", 5),
        ],
    )
    def test_every_fault_has_its_kind(self, tmp_path: Path, fault: Reply, kind: str, n_requests: int) -> None:
        server = FakeServer(lambda number, body: fault)
        with fresh_store(tmp_path) as store:
            result = go(asked(1), store, server)
            assert rows(store, "SELECT kind, attempts FROM failures") == [(kind, n_requests)]
            assert sampled(store) == []
        assert server.n_requests == n_requests
        assert result.status == "failed"
        assert kind in result.reason

    def test_too_long_an_answer_is_a_timeout(self, tmp_path: Path) -> None:
        class Slow(FakeServer):
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                await asyncio.Event().wait()

        with fresh_store(tmp_path) as store:
            request = asked(1, endpoint=replace(FREE, timeout=0.02), retrying=replace(QUICK, attempts=2))
            assert "timeout" in go(request, store, Slow()).reason

    def test_the_wait_that_a_server_asks_for_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pauses: list[float] = []

        async def note(lane: Lane, seconds: float) -> None:
            pauses.append(seconds)

        monkeypatch.setattr(Lane, "_pause", note)
        server = FakeServer(lambda number, body: error(429, retry_after="70") if number == 0 else None)
        with fresh_store(tmp_path) as store:
            assert go(asked(1, retrying=RetryPolicy()), store, server).status == "done"
        assert 70 <= max(pauses) <= 77

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_a_refusal_of_everything_ends_the_run_at_once(self, tmp_path: Path, status: int) -> None:
        server = FakeServer(lambda number, body: error(status, "no") if number >= 3 else None)
        with fresh_store(tmp_path) as store:
            result = go(asked(100), store, server)
            assert result.status == "failed"
            assert "http://fake/v1" in result.reason
            assert len(sampled(store)) == 12
            assert rows(store, "SELECT status FROM runs") == [("failed",)]
        assert server.n_requests <= 3 + FREE.concurrency

    def test_a_server_that_answers_nothing_is_not_asked_for_ever(self, tmp_path: Path) -> None:
        server = FakeServer(lambda number, body: Reply(fails=True) if number >= 5 else None)
        with fresh_store(tmp_path) as store:
            result = go(asked(1000), store, server)
            assert result.status == "failed"
            assert "nothing answers at http://fake/v1" in result.reason
            assert "run it again" in result.reason
            assert len(sampled(store)) == 20
        assert server.n_requests <= 5 + QUICK.attempts * FREE.concurrency + FREE.concurrency

    def test_a_missing_key_is_one_sentence(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("LAB_KEY", raising=False)
        remote = Endpoint("lab", "https://api.example.org/v1", "m", api_key_env="LAB_KEY")
        with fresh_store(tmp_path) as store:
            result = asyncio.run(run(asked(1, endpoint=remote), store))
        assert result.status == "failed"
        assert "LAB_KEY" in result.reason

    def test_a_port_where_nobody_listens_is_a_connection_that_failed(self, tmp_path: Path) -> None:
        nowhere = Endpoint("off", "http://127.0.0.1:9/v1", "m", concurrency=1)
        with fresh_store(tmp_path) as store:
            result = asyncio.run(run(asked(1, endpoint=nowhere, retrying=replace(QUICK, attempts=2)), store))
        assert result.status == "failed"
        assert "nothing answers at http://127.0.0.1:9/v1" in result.reason

    def test_a_disk_that_cannot_be_written_ends_the_run(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            sabotage = "CREATE TRIGGER full BEFORE INSERT ON rollouts BEGIN SELECT no_such_function(); END"
            store.write(lambda db: db.execute(sabotage)).result()
            result = go(asked(8), store, FakeServer())
        assert result.status == "failed"
        assert "cannot be written" in result.reason

    def test_the_key_is_nowhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        key = "sk-very-secret-4711"
        monkeypatch.setenv("LAB_KEY", key)

        def echo(number: int, body: Mapping[str, Any]) -> Reply | None:
            return error(400 if number % 2 else 500, f"bad key {server.headers[-1]['authorization']}")

        server = FakeServer(echo)

        async def sample() -> str:
            async with served(server) as url:
                endpoint = Endpoint("lab", url, "m", api_key_env="LAB_KEY", n_per_request=1, concurrency=3)
                return (await run(asked(3, endpoint=endpoint), store, clients=open_client)).reason

        with fresh_store(tmp_path) as store:
            reason = asyncio.run(sample())
            messages = rows(store, "SELECT message FROM failures")
        assert len(messages) == 3
        assert all("[key]" in message for (message,) in messages)
        assert key not in reason
        assert server.headers[0]["authorization"] == f"Bearer {key}"
        for file in tmp_path.iterdir():
            assert key.encode() not in file.read_bytes()


class TestInterruption:
    """Whatever happens in between, running again gives exactly 0..n-1."""

    @settings(max_examples=examples(25))
    @given(
        cuts=st.lists(st.tuples(st.booleans(), st.integers(0, 120)), min_size=1, max_size=3),
        most_choices=st.sampled_from([1, 3, 128]),
        n=st.integers(1, 13),
        fault_rate=st.sampled_from([0.0, 0.3]),
    )
    def test_cut_off_at_any_point_and_run_again(
        self, cuts: list[tuple[bool, int]], most_choices: int, n: int, fault_rate: float
    ) -> None:
        dice = random.Random(n)
        server = FakeServer(
            lambda number, body: error(500) if dice.random() < fault_rate else None, most_choices=most_choices, pauses=3
        )

        async def cut_off(store: Store, gently: bool, steps: int) -> None:
            work = Run(asked(n, 0, 2), store, clients=server.open)
            task = asyncio.create_task(work.execute())
            for _ in range(steps):
                await asyncio.sleep(0)
            if gently:
                work.stop()
            else:
                task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                assert task.result().status in ("done", "cancelled")

        with tempfile.TemporaryDirectory() as folder, fresh_store(Path(folder)) as store:
            for gently, steps in cuts:
                asyncio.run(cut_off(store, gently, steps))
            for _ in range(3):
                go(asked(n, 0, 2), store, server)
            assert_exactly(store, n, 0, 2)
            assert rows(store, "SELECT count(*) FROM runs WHERE status = 'running'") == [(0,)]
            assert outcomes(store, "compliance").total() == 2 * n

    def test_an_answer_that_has_arrived_is_kept_by_a_cancelled_run(self, tmp_path: Path) -> None:
        async def cancel_on_arrival(store: Store) -> None:
            server = FakeServer()
            task = asyncio.create_task(run(asked(4), store, clients=server.open))
            original = store.write

            def write(job: Any) -> Any:
                future = original(job)
                if server.n_requests:
                    task.cancel()
                return future

            store.write = write  # type: ignore[method-assign]
            with pytest.raises(asyncio.CancelledError):
                await task
            store.write = original  # type: ignore[method-assign]

        with fresh_store(tmp_path) as store:
            asyncio.run(cancel_on_arrival(store))
            store.write(lambda db: None).result()
            assert_exactly(store, 4, 1)
            assert rows(store, "SELECT status FROM runs") == [("cancelled",)]

    def test_a_stopped_run_keeps_what_is_in_flight_and_starts_nothing_new(self, tmp_path: Path) -> None:
        server = FakeServer(pauses=5)
        with fresh_store(tmp_path) as store:

            async def stop_after_the_first() -> Any:
                work = Run(asked(100), store, lambda p: work.stop() if p.rollouts_done else None, server.open)
                return await work.execute()

            result = asyncio.run(stop_after_the_first())
            assert result.status == "cancelled"
            assert "run it again" in result.reason
            assert len(sampled(store)) == 4 * server.n_requests
            assert server.n_requests <= 2 * FREE.concurrency
            assert result.progress.in_flight == 0

    def test_a_stopped_run_does_not_sit_out_a_long_wait(self, tmp_path: Path) -> None:
        server = FakeServer(lambda number, body: error(429, retry_after="3000"))

        async def stop_soon(store: Store) -> str:
            work = Run(asked(8, retrying=RetryPolicy(longest_asked=3000)), store, clients=server.open)
            task = asyncio.create_task(work.execute())
            while not server.n_requests:  # noqa: ASYNC110
                await asyncio.sleep(0)
            work.stop()
            return (await asyncio.wait_for(task, PATIENCE)).status

        with fresh_store(tmp_path) as store:
            assert asyncio.run(stop_soon(store)) == "cancelled"
            assert rows(store, "SELECT count(*) FROM failures") == [(0,)]


class TestCaps:
    """A run never passes its caps."""

    def test_spend_stays_below_the_cap(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            server = FakeServer()
            result = go(asked(100, endpoint=PRICED, max_cost=0.01), store, server)
            assert result.status == "stopped"
            assert "cost cap of $0.01" in result.reason
            assert result.progress.spend is not None
            assert 0.005 < result.progress.spend <= 0.01
            assert 0 < len(sampled(store)) < 100
            assert rows(store, "SELECT sum(cost) FROM rollouts") == [(pytest.approx(result.progress.spend),)]
            again = go(asked(100, endpoint=PRICED), store, server)
            assert again.status == "done"
            assert_exactly(store, 100, 1)

    def test_no_money_means_no_call(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            server = FakeServer()
            assert go(asked(5, endpoint=PRICED, max_cost=0.0), store, server).status == "stopped"
        assert server.n_requests == 0

    def test_a_cap_without_prices_is_refused(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store, pytest.raises(ConfigError, match="price_prompt"):
            go(asked(5, max_cost=1.0), store, FakeServer())

    def test_without_usage_the_spend_is_estimated(self, tmp_path: Path) -> None:
        with fresh_store(tmp_path) as store:
            result = go(asked(4, endpoint=PRICED), store, FakeServer(usage=False))
            assert result.progress.spend is not None
            assert result.progress.spend > 0
            assert rows(store, "SELECT DISTINCT prompt_tokens, completion_tokens FROM rollouts") == [(None, None)]

    @pytest.mark.parametrize("most_choices", [1, 128])
    def test_rollouts_are_capped_exactly(self, tmp_path: Path, most_choices: int) -> None:
        with fresh_store(tmp_path) as store:
            result = go(asked(50, max_rollouts=11), store, FakeServer(most_choices=most_choices))
            assert result.status == "stopped"
            assert "11 rollouts" in result.reason
            assert len(sampled(store)) == 11
            assert go(asked(11, max_rollouts=0), store, FakeServer()).status == "done"


async def test_the_simulator_is_resampled_and_judged_in_this_process(tmp_path: Path) -> None:
    endpoint = simulator_endpoint()
    request = RunRequest(endpoint, top_up(TRACE, (0, 3), 12), judges=(judge_setup(Config(), endpoint),))
    with fresh_store(tmp_path) as store:
        result = await run(request, store)
        assert (result.status, result.reason) == ("done", "")
        assert result.progress.spend == 0
        assert sampled(store) == [(prefix, index) for prefix in (0, 3) for index in range(12)]
        assert outcomes(store, "compliance").total() == 24
        assert outcomes(store).total() == 24
        assert "unclear" not in outcomes(store)
        assert "error" not in outcomes(store)
