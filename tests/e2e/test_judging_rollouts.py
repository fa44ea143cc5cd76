"""Two people judge one sample at a terminal, one of them killed on the way, and the judge is held against both."""

from __future__ import annotations

import csv
import json
import signal
from pathlib import Path

from tests.processes import app, headless


def test_two_people_judge_a_sample_and_every_verdict_is_a_row(home: Path) -> None:
    done = headless(home, "resample", "landlord-review-free", "--prefix", "16-19", "-n", "12")
    assert done.returncode == 0, done.stderr
    with app(home, "--blind", "judge", "label", "-n", "12") as running:
        running.wait_for("judged 0/12")
        running.send("10101")
        running.wait_for("judged 5/12")
        running.signal(signal.SIGKILL)
    with app(home, "--blind", "judge", "label", "-n", "12") as running:
        running.wait_for("judged 5/12")
        running.send("0101010")
        running.wait_for("you are done with all 12 rollouts.")
        running.send("q")
        running.wait_exit()
    with app(home, "--annotator", "ben", "judge", "label", "-n", "12", size=(80, 24)) as running:
        running.wait_for("judged 0/12")
        running.send("1" * 12)
        running.wait_for("you are done with all 12 rollouts.")
        running.send("q")
        running.wait_exit()

    listed = json.loads(headless(home, "judge", "sample", "-n", "12", "--json").stdout)
    assert [entry["you"] for entry in listed] == ["yes", "no"] * 6
    assert headless(home, "export", "tables").returncode == 0
    with (home / "tables" / "verdict_labels.csv").open(newline="", encoding="utf-8") as file:
        rows = {(row["annotator"], int(row["rollout_id"])): row for row in csv.DictReader(file)}
    assert len(rows) == 24
    for entry in listed:
        ana, ben = rows["ana", entry["rollout_id"]], rows["ben", entry["rollout_id"]]
        assert (ana["verdict"], ana["blind"], ana["ordered_by"]) == (entry["you"], "1", "balanced")
        assert (ben["verdict"], ben["blind"]) == ("yes", "0")
        assert ana["judge_outcome"] == entry["judge"]
    found = json.loads(headless(home, "judge", "validate", "--labels", "--json").stdout)
    assert [(one["annotator"], one["n_blind"]) for one in found["validations"]] == [("ana", 12), ("ben", 0)]
    right = sum(entry["you"] == entry["judge"] for entry in listed)
    assert found["validations"][0]["true_yes"] + found["validations"][0]["true_no"] == right
    assert (found["pairs"][0]["agree"], found["pairs"][0]["n"]) == (6, 12)
