"""Why a server stopped writing: what its word for it says of the text that it gave.

Servers have many words and a few meanings. A word that is not known here is kept as it is, and whoever reports on a run
says it.
"""

from __future__ import annotations

import re
from typing import Final

ENDED, CALLED, CUT, FILTERED, FAILED, UNKNOWN = "ended", "called", "cut", "filtered", "failed", "unknown"

MEANINGS: Final = {
    ENDED: "stop eos eos_token eos_found end_turn stop_sequence stop_string_found stop_token complete completed",
    CALLED: "tool_calls tool_call tool_use function_call",
    CUT: (
        "length max_tokens max_length max_output_tokens max_new_tokens model_length token_limit time_limit limit"
        " max_completion_tokens error_max_tokens"
        " context_length context_length_exceeded context_length_reached model_context_window_exceeded error_limit"
        " max_predicted_tokens_reached insufficient_system_resource repetition abort aborted cancelled canceled"
        " user_cancel user_stopped interrupted incomplete timeout pause_turn preempted"
    ),
    FILTERED: (
        "content_filter content_filtered filtered content_policy content_policy_violation refusal refused safety"
        " sensitive moderation moderated guardrail_intervened guardrails blocklist prohibited_content recitation spii"
        " image_safety language error_toxic harmful"
    ),
    FAILED: "error network_error server_error internal_error failed",
}
"""The words of each meaning.

The model ended by itself, or called a tool instead; it was cut off before it had ended; what it wrote was kept back or
cut short because of what it says; or the server failed, and there is no answer.
"""

_SEPARATORS: Final = re.compile(r"[\s_-]+")
_MEANING_OF: Final = {
    _SEPARATORS.sub("", word): meaning for meaning, words in MEANINGS.items() for word in words.split()
}


def meaning_of(finish_reason: str | None) -> str:
    """What a finish reason means, in any case and with any separators; no reason at all counts as an end."""
    if finish_reason is None or not finish_reason.strip():
        return ENDED
    return _MEANING_OF.get(_SEPARATORS.sub("", finish_reason).lower(), UNKNOWN)


def was_cut(finish_reason: str | None) -> bool:
    """Whether more of the text would have come."""
    return meaning_of(finish_reason) == CUT
