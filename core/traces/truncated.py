"""Traces whose response, or whose conversation, was cut off before its end."""

from __future__ import annotations

from typing import Final

TRUNCATED: Final = "truncated"
"""Key of a trace's metadata: true where the answer, or the conversation after it, was cut off."""
