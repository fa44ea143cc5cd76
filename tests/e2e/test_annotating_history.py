"""A thousand random steps (ten thousand in full) of two annotators, restarts and kills, against a model of both."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.annotation.annotation import Annotation
from core.annotation.codebook import load_codebook
from core.store.database import Store
from core.store.labels import load_annotations
from core.store.traces import add_traces
from tests.core.analysis.stored import make_trace
from tests.e2e.annotating_child import turned
from tests.sizes import FULL, sized

STEPS, EPISODES = 250, sized(4, 40)
KILLED = 0.01 if FULL else 0.04
LATEST = (0.0006, 0.003)
"""Seconds after a request: while it is carried out, and after that as well."""
ANNOTATORS = ("ana", "ben")
TRACES = ("first", "second", "third")
N_SENTENCES = 8
CATEGORIES = [category.name for category in load_codebook().categories][:5]
KINDS = ("label",) * 8 + (
    "clear",
    "skip",
    "skip",
    "unsure",
    "secondary",
    "note",
    "undo",
    "undo",
    "undo",
    "redo",
    "redo",
)

Place = tuple[str, int]
Step = dict[Place, tuple[Annotation, Annotation]]


@dataclass
class Person:
    """What one annotator did, as anyone would keep it in memory: each step is place to before and after."""

    held: dict[Place, Annotation] = field(default_factory=dict)
    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)

    def put(self, step: Step, which: int) -> list[list[Any]]:
        for place, states in step.items():
            self.held[place] = states[which]
        return [list(place) for place in step]

    def does(self, job: list[Any]) -> list[list[Any]]:
        """Change the model as the job says; gives the places that changed, in order."""
        if job[0] == "undo":
            if not self.done:
                return []
            self.undone.append(self.done.pop())
            return self.put(self.undone[-1], 0)
        if job[0] == "redo":
            if not self.undone:
                return []
            self.done.append(self.undone.pop())
            return self.put(self.done[-1], 1)
        kind, trace_id, first, last, value = job
        step: Step = {}
        for place in ((trace_id, i) for i in range(first, last + 1)):
            before = self.held.get(place, Annotation())
            after = turned(before, kind, value)
            if after != before:
                step[place] = (before, after)
        if step:
            self.done.append(step)
            self.undone.clear()
        return self.put(step, 1)

    def stands(self) -> dict[Place, Annotation]:
        return {place: held for place, held in self.held.items() if held != Annotation()}

    def copy(self) -> Person:
        return Person(dict(self.held), list(self.done), list(self.undone))


class Annotating:
    """The processes that annotate a database, one after the other, and then another database."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "tests.e2e.annotating_child"]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._pid = 0

    def begin(self, path: Path) -> None:
        """Go on with another database."""
        if self._pid:
            self._tell("/")
        self._tell(str(path))
        self._pid = int(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        assert answer, "the processes that annotate have come to an end"
        return answer

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def ask(self, annotator: str, job: list[Any]) -> list[list[Any]]:
        """Have it done, and wait; gives the places that changed."""
        self._tell(json.dumps([annotator, job]))
        return [[trace_id, index] for trace_id, index, _ in json.loads(self._answer())]

    def ask_and_kill(self, annotator: str, job: list[Any], after: float) -> None:
        """Ask for it, kill the process a moment later, and wait until the next one has nothing left to do.

        That one does the job, if the killed process had not even read it.
        """
        self._tell(json.dumps([annotator, job]))
        time.sleep(after)
        killed = self._pid
        os.kill(killed, signal.SIGKILL)
        # Not before another process answers: one that is about to die may still take what it is told.
        while self._pid == killed:
            self._heard(self._answer())
        self._tell("?")
        while (answer := self._answer()) != "?\n":
            self._heard(answer)

    def _heard(self, answer: str) -> None:
        if answer.strip().isdecimal():
            self._pid = int(answer)

    def restart(self) -> None:
        """End the process in good order; another one goes on."""
        self._tell("")
        self._pid = int(self._answer())

    def end(self) -> None:
        self._process.communicate()


def a_job(rng: random.Random) -> list[Any]:
    kind = rng.choice(KINDS)
    if kind in ("undo", "redo"):
        return [kind]
    first = rng.randrange(N_SENTENCES)
    last = rng.randrange(first, N_SENTENCES) if rng.random() < 0.2 else first
    value = rng.choice(["", "hm", "=1+1"]) if kind == "note" else rng.choice(CATEGORIES)
    return [kind, rng.choice(TRACES), first, last, value]


def on_disk(store: Store, annotator: str, traces: Sequence[str] = TRACES) -> dict[Place, Annotation]:
    found = ((trace_id, load_annotations(store.read, trace_id, annotator)) for trace_id in traces)
    return {(trace_id, index): held for trace_id, annotations in found for index, held in annotations.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where a commit takes no time, if there is such a place: what is killed here are processes, not the power."""
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK)):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


@pytest.mark.slow
def test_no_divergence_in_thousands_of_steps(folder: Path) -> None:
    with Store.open(folder / "template.db") as template:
        texts = [f" Sentence {i}." for i in range(N_SENTENCES)]
        template.write(lambda db: add_traces(db, [make_trace(name, texts) for name in TRACES])).result()
    steps = kills = restarts = lost = 0
    annotating = Annotating()
    for seed in range(EPISODES):
        rng, path = random.Random(seed), folder / f"{seed}.db"
        shutil.copy(folder / "template.db", path)
        people = {name: Person() for name in ANNOTATORS}
        annotating.begin(path)
        with Store.open(path, create=False) as store:
            for number in range(STEPS):
                name, job, chance = rng.choice(ANNOTATORS), a_job(rng), rng.random()
                where = f"seed {seed}, step {number}, {name}: {job}"
                if chance < KILLED:
                    before, person = people[name].copy(), people[name]
                    person.does(job)
                    annotating.ask_and_kill(name, job, rng.uniform(0, rng.choice(LATEST)))
                    stands = on_disk(store, name)
                    assert stands in (before.stands(), person.stands()), f"half of a step is on disk: {where}"
                    if stands != person.stands():
                        people[name] = before
                        lost += 1
                    kills += 1
                else:
                    assert annotating.ask(name, job) == people[name].does(job), where
                if chance > 0.99:
                    annotating.restart()
                    restarts += 1
                # A key that names its trace can have changed no other; every tenth step all are looked at.
                traces = TRACES if len(job) == 1 or number % 10 == 0 else (job[1],)
                stands = {place: held for place, held in people[name].stands().items() if place[0] in traces}
                assert on_disk(store, name, traces) == stands, where
                steps += 1
    annotating.end()
    assert steps == STEPS * EPISODES == sized(1_000, 10_000)
    assert kills > sized(20, 50)
    assert restarts > sized(5, 50)
    assert 0 < lost < kills
