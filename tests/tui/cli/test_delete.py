"""`turnpoint delete`: says what goes, asks, copies first, and refuses what it should not touch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from core.canonical import canonical_json
from core.store.database import Store
from core.store.rollouts import start_run
from core.store.traces import list_traces
from tests.tui.cli.calling import done, turnpoint

pytestmark = pytest.mark.usefixtures("samples")

TRACE = "zoo-essay-free"
LABELS = f"trace_id,sentence_idx,annotator,category\n{TRACE},0,ana,planning\n{TRACE},1,ben,none\n"


@pytest.fixture(autouse=True)
def labelled(samples: Path) -> None:
    Path("labels.csv").write_text(LABELS, encoding="utf-8")
    done("import", "labels.csv")


@pytest.fixture
def typed() -> Iterator[Any]:
    """Somebody at a terminal, who answers."""
    with patch("tui.cli.delete.sys.stdin.isatty", return_value=True), patch("tui.cli.delete.click.confirm") as asked:
        yield asked


def ids(path: str = "turnpoint.db") -> set[str]:
    with Store.open(path, create=False) as store:
        return {summary.id for summary in list_traces(store.read)}


def copies() -> list[Path]:
    return [path for path in Path().glob("*.db") if path.name != "turnpoint.db"]


def test_a_trace_goes_after_a_copy_beside_the_database() -> None:
    ran = done("delete", TRACE, "--yes")
    (copy,) = copies()
    assert ran.out.startswith("deleted 1 trace, ")
    assert ran.out.endswith(f" sentences, 1 label of ana, 1 label of ben; a copy of the database is {copy}.\n")
    assert TRACE not in ids()
    assert TRACE in ids(str(copy))


def test_nobody_is_asked_where_there_is_no_terminal() -> None:
    ran = turnpoint("delete", TRACE)
    assert ran.code == 2
    assert "1 label of ana, 1 label of ben; add --yes, as there is no terminal to ask at." in ran.refusal
    assert TRACE in ids()
    assert copies() == []


@pytest.mark.parametrize("agrees", [True, False])
def test_a_person_is_asked_with_counts(typed: Any, agrees: bool) -> None:
    typed.return_value = agrees
    with patch("tui.cli.delete.sys") as system:
        system.stdin.isatty.return_value = True
        ran = turnpoint("delete", "--labels", "ana", "--no-backup")
    assert ran.code == (0 if agrees else 1)
    assert typed.call_args.args[0] == "delete 1 label of ana, without a copy?"
    assert ran.out == ("deleted 1 label of ana; no copy is kept.\n" if agrees else "")


def test_machines_read_what_went() -> None:
    found = done("delete", TRACE, "--labels", "ben", "--yes", "--backup", "before.db", "--json").json
    assert found["backup"] == "before.db"
    assert found["deleted"]["rows"] == {"label_events": 1}
    assert found["deleted"]["labelled"] == {"ben": 1}
    assert (found["deleted"]["kind"], found["deleted"]["traces"]) == ("labels", [TRACE])


def test_what_nobody_would_miss_goes_without_a_copy() -> None:
    other = sorted(ids() - {TRACE})[0]
    assert done("delete", other, "--yes").out.endswith("; no copy is kept.\n")
    assert copies() == []


def test_rollouts_and_a_queue_go() -> None:
    done("resample", TRACE, "--prefix", "0", "-n", "3")
    with Store.open("turnpoint.db") as store:
        (settings_id,) = store.read.execute("SELECT id FROM sampling_settings").fetchone()
    assert done("delete", "--settings", settings_id[:5], "--yes").out.startswith("deleted 3 rollouts")
    done("--annotator", "ana", "queue", "start", "--order", "position", "--trace", TRACE)
    assert done("delete", "--queue", "ana", "--yes").out.startswith("deleted 1 queue, ")


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ((), "say what to delete: a TRACE, --settings ID, --labels ANNOTATOR, or --queue ANNOTATOR."),
        ((TRACE, "--queue", "ana"), "each delete something else; name one of them at a time."),
        (("--labels", "ana", "--settings", "a"), "each delete something else; name one of them at a time."),
        (("gone",), "no trace 'gone' in this database"),
        ((TRACE, "--json"), "--json leaves no room for a question; add --yes."),
        ((TRACE, "--yes", "--backup", "a.db", "--no-backup"), "contradict each other; leave one out."),
        ((TRACE, "--yes", "--backup", "labels.csv"), "labels.csv: in the way of a copy of the database"),
    ],
)
def test_what_cannot_be_deleted_so_is_refused(args: tuple[str, ...], reason: str) -> None:
    before = ids()
    assert reason in turnpoint("delete", *args).refusal
    assert ids() == before


def test_what_a_run_is_drawing_stays() -> None:
    with Store.open("turnpoint.db") as store:
        asked = canonical_json({"traces": {TRACE: {}}})
        store.write(lambda database: start_run(database, "resample", asked, None)).result()
        assert "is at work on what is to be deleted" in turnpoint("delete", TRACE, "--yes").refusal
    assert TRACE in ids()
