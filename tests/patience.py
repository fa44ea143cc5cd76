"""How long a test waits for what it waits for."""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 300.0
"""Seconds: a net under what hangs, far beyond what anything takes on a busy machine. No test is decided by it."""
