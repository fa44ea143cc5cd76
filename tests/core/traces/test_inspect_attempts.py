"""Samples that failed, and samples that were run again: each counts once, as it came out last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.traces.importers import ImportResult, read_traces
from core.traces.importers.attempts import newest_attempts
from tests.core.traces.inspect_logs import asked, header, said, sample, write_archive, write_json
from tests.sizes import examples

FORMS = pytest.mark.parametrize("write", [write_archive, write_json])


def answer(identity: str | int, text: str, epoch: int = 1) -> dict[str, Any]:
    return sample(identity, epoch, messages=[asked("a"), said(text)])


def failure(identity: str | int, epoch: int = 1) -> dict[str, Any]:
    error = {"message": "RuntimeError('boom')\nat line 1", "traceback": "x" * 19_000, "traceback_ansi": "\x1b[31m"}
    return sample(identity, epoch, messages=[asked("a"), said("Half")], error=error)


def suffix(write: Any) -> str:
    return ".eval" if write is write_archive else ".json"


def responses(result: ImportResult) -> dict[str, str]:
    return {trace.id.removeprefix("faking-HMwPCoyY-"): trace.response for trace in result.traces}


@FORMS
def test_a_sample_that_failed_is_left_out_and_counted(tmp_path: Path, write: Any) -> None:
    path = write(tmp_path / f"a{suffix(write)}", answer("q1", "One."), failure("q2"), failure("q3"))
    result = read_traces(path)
    assert (responses(result), result.refused) == ({"q1-1": "One."}, ())
    assert result.notes == ("2 failed samples are left out (RuntimeError('boom')); `inspect eval-retry` tries again.",)


def test_a_sample_that_was_declared_invalid_is_left_out(tmp_path: Path) -> None:
    invalid = answer("q2", "Two.") | {"invalidation": {"author": "ana", "reason": "x"}}
    result = read_traces(write_archive(tmp_path / "a.eval", answer("q1", "One."), invalid))
    assert (responses(result), len(result.notes)) == ({"q1-1": "One."}, 1)


@FORMS
def test_of_a_sample_that_stands_twice_the_later_counts(tmp_path: Path, write: Any) -> None:
    samples = [failure("q1"), answer("q2", "Old."), answer("q1", "One."), answer("q2", "New."), failure("q2")]
    result = read_traces(write(tmp_path / f"a{suffix(write)}", *samples))
    assert responses(result) == {"q1-1": "One."}
    assert result.attempt is not None
    assert list(result.attempt.failed) == ["faking-HMwPCoyY-q2-1"]


def test_ids_that_look_alike_are_two_samples_of_which_one_is_refused(tmp_path: Path) -> None:
    result = read_traces(write_json(tmp_path / "a.json", answer(1, "A number."), answer("1", "A text.")))
    assert responses(result) == {"1-1": "A number."}
    assert [refusal.reason for refusal in result.refused] == [
        "sample 2: another sample comes to the same id, 'faking-HMwPCoyY-1-1'; give one of them another id."
    ]


def test_long_ids_keep_their_epoch(tmp_path: Path) -> None:
    result = read_traces(write_json(tmp_path / "a.json", answer("q" * 300, "One."), answer("q" * 300, "Two.", epoch=2)))
    assert [trace.id[-3:] for trace in result.traces] == ["q-1", "q-2"]


def test_a_log_that_has_not_ended_says_so(tmp_path: Path) -> None:
    result = read_traces(write_archive(tmp_path / "a.eval", answer("q1", "One."), finished=False))
    assert result.notes == ("the evaluation had not ended when this log was written; it has the samples so far.",)


OLD, NEW = header(created="2026-11-21T15:00:00+00:00"), header(created="2026-11-21T16:00:00+00:00")


def together(*logs: tuple[Path, Sequence[Any], Any]) -> list[ImportResult]:
    results = [(path, read_traces(write_archive(path, *samples, head=head))) for path, samples, head in logs]
    return [result for _, result in newest_attempts(results)]


@pytest.mark.parametrize("names", [("a.eval", "b.eval"), ("b.eval", "a.eval")])
def test_a_log_and_its_retry_give_each_sample_once(tmp_path: Path, names: tuple[str, str]) -> None:
    first = (tmp_path / names[0], [answer("q1", "One."), failure("q2"), failure("q3"), answer("q4", "Four.")], OLD)
    retry = (tmp_path / names[1], [answer("q1", "One."), answer("q2", "Two."), failure("q3"), failure("q4")], NEW)
    for logs in ((first, retry), (retry, first)):
        by_name = dict(zip([path.name for path, _, _ in logs], together(*logs), strict=True))
        assert responses(by_name[names[0]]) == {"q4-1": "Four."}
        assert by_name[names[0]].notes == ("3 samples are taken from another log of the same evaluation.",)
        assert responses(by_name[names[1]]) == {"q1-1": "One.", "q2-1": "Two."}
        assert by_name[names[1]].notes == (
            "1 sample is taken from another log of the same evaluation.",
            "1 failed sample is left out (RuntimeError('boom')); `inspect eval-retry` tries again.",
        )


@pytest.mark.parametrize(
    "moments",
    [
        ("2026-11-21T15:00:00+00:00", "2026-11-21T08:00:00-08:00"),
        ("2026-11-21T23:00:00+09:00", "2026-11-21T15:00:00Z"),
        ("", "2026-11-21T15:00:00"),
        ("soon", "soon"),
    ],
)
def test_the_later_log_is_later_by_the_clock_whatever_the_zone(tmp_path: Path, moments: tuple[str, str]) -> None:
    names = ("a.eval", "b.eval")
    logs = [
        (tmp_path / name, [answer("q1", f"From {name}.")], header(created=moment))
        for name, moment in zip(names, moments, strict=True)
    ]
    assert [responses(result) for result in together(*logs)] == [{}, {"q1-1": "From b.eval."}]


def test_logs_of_two_evaluations_do_not_replace_each_other(tmp_path: Path) -> None:
    for other in (header(task_id="another"), header(task_id="")):
        results = together(
            (tmp_path / "a.eval", [answer("q1", "A.")], OLD), (tmp_path / "b.eval", [failure("q1")], other)
        )
        assert [len(result.traces) for result in results] == [1, 0]
        assert [len(result.notes) for result in results] == [0, 1]


ATTEMPTS = st.lists(
    st.tuples(
        st.sampled_from(["q1", "q2", 3]), st.integers(1, 2), st.booleans(), st.text("abc", min_size=1, max_size=3)
    ),
    min_size=1,
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60))
@given(attempts=ATTEMPTS, is_archive=st.booleans())
def test_every_sample_and_epoch_gives_one_trace_at_most_and_the_last_counts(
    tmp_path: Path, attempts: list[tuple[str | int, int, bool, str]], is_archive: bool
) -> None:
    samples = [failure(name, epoch) if fails else answer(name, text, epoch) for name, epoch, fails, text in attempts]
    path = write_archive(tmp_path / "a.eval", *samples) if is_archive else write_json(tmp_path / "a.json", *samples)
    last = {f"{name}-{epoch}": None if fails else text for name, epoch, fails, text in attempts}
    result = read_traces(path)
    assert result.refused == ()
    assert responses(result) == {name: text for name, text in last.items() if text is not None}
    assert result.attempt is not None
    assert len(result.attempt.failed) == list(last.values()).count(None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(40))
@given(logs=st.lists(ATTEMPTS, min_size=1, max_size=4), data=st.data())
def test_whatever_the_order_of_the_files_a_later_answer_beats_an_earlier_and_any_answer_a_failure(
    tmp_path: Path, logs: list[list[tuple[str | int, int, bool, str]]], data: st.DataObject
) -> None:
    written: list[tuple[Path, Sequence[Any], Any]] = []
    expected: dict[str, str] = {}
    for number, attempts in enumerate(logs):
        samples = [
            failure(name, epoch) if fails else answer(name, text, epoch) for name, epoch, fails, text in attempts
        ]
        written.append((tmp_path / f"{number}.eval", samples, header(created=f"2026-11-2{number}T15:00:00+00:00")))
        last = {f"{name}-{epoch}": None if fails else text for name, epoch, fails, text in attempts}
        expected |= {name: text for name, text in last.items() if text is not None}
    results = together(*data.draw(st.permutations(written)))
    found = [pair for result in results for pair in responses(result).items()]
    assert sorted(found) == sorted(expected.items())
    tried = {f"{name}-{epoch}" for attempts in logs for name, epoch, _, _ in attempts}
    n_failed = sum(len(result.attempt.failed) for result in results if result.attempt is not None)
    assert n_failed == len(tried) - len(expected)
