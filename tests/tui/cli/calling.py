"""Calling `turnpoint`: in this process, as `main` does it, and as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner

from tests.patience import PATIENCE
from tui.cli import main

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "sample_data"


@dataclass(frozen=True)
class Ran:
    """What a call said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """The one sentence of a call that was refused before it said anything."""
        (line,) = self.err.splitlines()
        assert self.out == ""
        assert line.startswith("turnpoint: ")
        assert line.endswith((".", "?"))
        return line.removeprefix("turnpoint: ")


def turnpoint(*args: object) -> Ran:
    """Call it in this process."""
    with (
        patch.object(sys, "argv", ["turnpoint", *map(str, args)]),
        CliRunner().isolation() as (out, err, _),
    ):
        code = 0
        try:
            main()
        except SystemExit as end:
            assert end.code is None or isinstance(end.code, int)
            code = end.code or 0
        sys.stderr.flush()
        return Ran(code, out.getvalue().decode(), err.getvalue().decode())


def done(*args: object) -> Ran:
    """Call it in this process; it must succeed and complain of nothing."""
    ran = turnpoint(*args)
    assert (ran.code, ran.err) == (0, "")
    return ran


def process(*args: object) -> Ran:
    """Call it as a process of its own, without a terminal."""
    command = [sys.executable, "-m", "tui", *map(str, args)]
    ended = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
    return Ran(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
