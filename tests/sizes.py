"""How much a test tries: a small part by default, all of it where ``TURNPOINT_TESTS=full`` (`make test-all`).

Both go the same way through the same code. What is smaller is the number of draws, kills and rounds, and whether each
process of turnpoint is started anew (`tests.forking`).
"""

from __future__ import annotations

import os

FULL = os.environ.get("TURNPOINT_TESTS") == "full"


def sized(quick: int, full: int) -> int:
    """How many, in `make test` and in `make test-all`."""
    return full if FULL else quick


def examples(full: int) -> int:
    """How many examples hypothesis draws where `make test-all` draws ``full``: a fourth, but no fewer than ten."""
    return sized(min(full, max(10, full // 4)), full)
