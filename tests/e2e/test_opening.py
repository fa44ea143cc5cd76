"""`turnpoint --trace`: the app opens on one trace, or says why it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import stored
from tests.processes import app

TRACE = "zoo-essay-free"


def test_the_app_opens_on_the_trace_that_is_named(home: Path) -> None:
    with app(home, "--trace", TRACE) as running:
        running.wait_for(TRACE, " labelled")
        running.send("1")
        running.wait_for("1/19 labelled")
        running.send("q")
        assert running.wait_exit() == 0
    assert set(stored.labels(home, TRACE)) == {0}


@pytest.mark.parametrize(
    ("trace", "reason"),
    [
        ("zoo-esay-free", "no trace 'zoo-esay-free' in this database; did you mean zoo-essay-free?"),
        ("ghost", "no trace 'ghost' in this database; `turnpoint traces` lists them."),
    ],
)
def test_a_trace_that_is_not_there_is_refused_with_the_nearest(home: Path, trace: str, reason: str) -> None:
    with app(home, "--trace", trace) as refused:
        assert refused.wait_exit() == 2
        assert refused.text.strip() == f"turnpoint: {reason}"


def test_a_trace_of_a_database_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with app(tmp_path, "--trace", TRACE) as refused:
        assert refused.wait_exit() == 1
        assert "turnpoint.db: no such database" in refused.text
    assert not any(tmp_path.iterdir())
