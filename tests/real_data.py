"""Real traces that may stand beside the checkout. They are not of this repository, and nothing is untested without.

Whatever is asserted of them is asserted of data written for this project as well: `tests.scratchpads`,
`tests.core.published`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "data"
SCRATCHPADS = FOLDER / "scratchpads" / "gold_scratchpads.jsonl"
ANCHORS = FOLDER / "thought-anchors"

real_data = pytest.mark.real_data
"""Marks what reads them; `tests.conftest` leaves it out where they are not."""
