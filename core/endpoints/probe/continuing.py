"""Whether a prefix is continued: what the server counted, and how its answers begin.

The count of prompt tokens is the evidence, because it holds for any model. Of a question with the one letter ``A`` as
the beginning of the answer, a server that goes on counts one token more than of the question alone; one that closes
the assistant's turn and opens another counts the marks of both as well.
"""

from __future__ import annotations

from core.endpoints.probe.advice import other_modes
from core.endpoints.probe.evidence import Evidence
from core.endpoints.probe.finding import FAILED, PASSED, UNKNOWN, Finding
from core.endpoints.probe.steps import (
    CANARY,
    END_SPACE,
    INNER_SPACE,
    ITS_END,
    LETTER,
    MID_WORD,
    NOTHING,
    ONE_LETTER,
    PLAIN,
    SPACED_NOTHING,
    STEPS,
    THINKING,
    Step,
)
from core.endpoints.restarting import began_anew

KEPT, SAME_TURN, NO_RESTART, MID_WORD_ON, NO_ECHO = (
    "the prefix is read",
    "no new turn is opened",
    "the reasoning is not begun anew",
    "a broken word is finished",
    "the prefix is not repeated",
)
THINK_KEPT, INNER_KEPT, END_KEPT, REASONING_LEFT = (
    "<think> is kept",
    "white space inside is kept",
    "white space at the end is kept",
    "reasoning stays in the text",
)

PARSED = "a tag that ends the reasoning may be swallowed, so that nothing can be decided"

NOT_READ = "the prefix is not read at all"

# A token for the beginning of the text, put there twice by some; a template adds more.
_MOST_MARKS = 2
_SHOWN = 60


def excess_tokens(evidence: Evidence) -> int | None:
    """Prompt tokens beyond those of the question and the one letter; None where the server does not count.

    Where prompts are plain text it is all tokens beyond the letter, those for the beginning of the text included.
    """
    letter = evidence.tokens(ONE_LETTER)
    if evidence.is_plain:
        return None if letter is None else letter - len(LETTER)
    nothing = evidence.tokens(NOTHING)
    return None if letter is None or nothing is None else letter - nothing - len(LETTER)


def continuing_findings(evidence: Evidence) -> list[Finding]:
    """What the answers say about the continuation of a prefix, one finding for each thing that goes wrong."""
    return [
        prefix_read(evidence),
        same_turn(evidence),
        not_anew(evidence),
        word_finished(evidence),
        no_echo(evidence),
        think_kept(evidence),
        _space_kept(evidence, INNER_SPACE, INNER_KEPT),
        _space_kept(evidence, END_SPACE, END_KEPT),
        reasoning_left(evidence),
    ]


def prefix_read(evidence: Evidence) -> Finding:
    """Whether a longer prefix has more tokens: if not, the server drops it."""
    if evidence.refusal is not None:
        means = "the server answers a question, but refuses a beginning of the answer"
        return Finding(KEPT, FAILED, evidence.refusal.message, means, other_modes(evidence.endpoint))
    counts = [evidence.tokens(step) for step in (ONE_LETTER, PLAIN, MID_WORD)]
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return Finding(KEPT, UNKNOWN, evidence.why_not(PLAIN))
    seen = f"{known[0]}, {known[1]} and {known[2]} prompt tokens for {len(LETTER)}, {len(PLAIN.prefix)} and"
    seen += f" {len(CANARY)} characters"
    if known[0] < known[1] < known[2]:
        return Finding(KEPT, PASSED, seen)
    if len(set(known)) == 1:
        means = "the prompt is as long without the prefix: it is dropped, and the question answered anew"
        return Finding(KEPT, FAILED, seen, means, other_modes(evidence.endpoint))
    return Finding(KEPT, UNKNOWN, seen, "these counts do not follow the length of the prefix and prove nothing")


def same_turn(evidence: Evidence) -> Finding:
    """Whether the assistant's turn is left open, by the tokens that stand beside the prefix."""
    excess = excess_tokens(evidence)
    if excess is None:
        step = ONE_LETTER if evidence.tokens(ONE_LETTER) is None else NOTHING
        return Finding(SAME_TURN, UNKNOWN, evidence.why_not(step))
    if prefix_read(evidence).state != PASSED:
        return Finding(SAME_TURN, UNKNOWN, "the prompt tokens do not follow the prefix")
    if evidence.is_plain:
        seen = f"prompt tokens of the text {LETTER!r}: {excess + len(LETTER)}"
        if excess <= _MOST_MARKS:
            return Finding(SAME_TURN, PASSED, seen)
        means = "the server puts plain text into a chat template, as a question to be answered"
        return Finding(SAME_TURN, FAILED, seen, means, "look for a switch of the server that leaves plain text alone")
    seen = f"{evidence.tokens(NOTHING)} prompt tokens for the question, {evidence.tokens(ONE_LETTER)} with {LETTER!r}"
    if excess <= 0:
        return Finding(SAME_TURN, PASSED, seen)
    if excess == 1:
        means = "one token more than the prefix has: some templates close a turn with one"
        return Finding(SAME_TURN, UNKNOWN, seen, means, "read five rollouts of a late prefix before trusting any")
    means = f"{excess} tokens were added: the assistant's turn is closed and a new one opened"
    return Finding(SAME_TURN, FAILED, seen, means, other_modes(evidence.endpoint))


def not_anew(evidence: Evidence) -> Finding:
    """Whether any answer repeats the opening tag, or the first sentence of the prefix."""
    heard = [(step, found) for step in (MID_WORD, THINKING) if (found := evidence.heard(step)) is not None]
    if not heard:
        return Finding(NO_RESTART, UNKNOWN, "no answer to a prefix with an opening tag")
    for step, found in heard:
        if began_anew(step.prefix, found.text):
            means = "the answer begins with the opening of the reasoning, or with its first sentence, once more"
            return Finding(NO_RESTART, FAILED, _shown(found.text), means, other_modes(evidence.endpoint))
    return Finding(NO_RESTART, PASSED, _shown(heard[0][1].text))


def word_finished(evidence: Evidence) -> Finding:
    """Whether the answer goes on inside a word; a model that is no good may fail to, so that a miss proves nothing."""
    found = evidence.heard(MID_WORD)
    if found is None:
        return Finding(MID_WORD_ON, UNKNOWN, evidence.why_not(MID_WORD))
    if found.text.startswith(ITS_END):
        return Finding(MID_WORD_ON, PASSED, _shown(found.text))
    means = "this says nothing by itself: a small model may not finish it"
    return Finding(MID_WORD_ON, UNKNOWN, _shown(found.text), means)


def no_echo(evidence: Evidence) -> Finding:
    """Whether answers come without the prefix in front; an echo is cut off again, so that it does no harm."""
    heard = [(step, found) for step in (PLAIN, MID_WORD) if (found := evidence.heard(step)) is not None]
    if not heard:
        return Finding(NO_ECHO, UNKNOWN, evidence.why_not(PLAIN))
    if any(step.prefix in text[: 2 * len(step.prefix)] for step, found in heard for text in found.written):
        return Finding(NO_ECHO, FAILED, "answers begin with the prefix", "it is cut off again: no harm is done")
    return Finding(NO_ECHO, PASSED, "answers begin after the prefix")


def think_kept(evidence: Evidence) -> Finding:
    """Whether an opening ``<think>`` in the prefix reaches the model."""
    if _is_dropped(evidence):
        return Finding(THINK_KEPT, UNKNOWN, NOT_READ)
    found = evidence.heard(THINKING)
    with_tag, without = evidence.tokens(THINKING), evidence.tokens(PLAIN)
    if found is not None and found.text.lstrip().startswith("<think>"):
        means = "the tag is dropped, or thinking begun anew"
        return Finding(THINK_KEPT, FAILED, _shown(found.text), means, _for_thinking(evidence))
    if with_tag is None or without is None:
        return Finding(THINK_KEPT, UNKNOWN, evidence.why_not(THINKING if with_tag is None else PLAIN))
    seen = f"{without} prompt tokens, {with_tag} with the tag"
    if with_tag > without:
        return Finding(THINK_KEPT, PASSED, seen)
    if evidence.is_plain:
        return Finding(THINK_KEPT, UNKNOWN, f"{seen}; the chat template may open it by itself")
    means = "the chat template takes the tag, or all thinking, out of the assistant's turn"
    return Finding(THINK_KEPT, FAILED, seen, means, _for_thinking(evidence))


def _is_dropped(evidence: Evidence) -> bool:
    return prefix_read(evidence).state == FAILED


def _for_thinking(evidence: Evidence) -> str:
    return f"for traces with <think>, {other_modes(evidence.endpoint)}"


def _space_kept(evidence: Evidence, step: Step, name: str) -> Finding:
    if _is_dropped(evidence):
        return Finding(name, UNKNOWN, NOT_READ)
    fault = evidence.refused(step)
    ends = step is END_SPACE
    harmless = "harmless: no prefix that turnpoint cuts ends in white space"
    if fault is not None:
        means = harmless if ends else "a prefix with blank lines cannot be sent"
        return Finding(name, FAILED, fault.message, means)
    spaced, plain = evidence.tokens(step), evidence.tokens(PLAIN)
    if spaced is None or plain is None:
        return Finding(name, UNKNOWN, evidence.why_not(step if spaced is None else PLAIN))
    seen = f"{plain} prompt tokens, {spaced} with more white space"
    if spaced > plain:
        return Finding(name, PASSED, seen)
    if ends:
        return Finding(name, FAILED, seen, f"it is stripped; {harmless}")
    asked, spaced_question = evidence.tokens(NOTHING), evidence.tokens(SPACED_NOTHING)
    if evidence.is_plain or asked is None or spaced_question is None or spaced_question <= asked:
        return Finding(name, UNKNOWN, f"{seen}; this server's count passes over white space")
    means = "paragraphs and indents are lost: it is not the model's own text that is continued"
    return Finding(name, FAILED, seen, means, other_modes(evidence.endpoint))


def reasoning_left(evidence: Evidence) -> Finding:
    """Whether the server leaves reasoning in the text, with its tags."""
    if not evidence.all_heard:
        return Finding(REASONING_LEFT, UNKNOWN, "no answer")
    apart = [step for step in STEPS if (heard := evidence.heard(step)) is not None and heard.reasoning_apart]
    do = "switch off the server's reasoning parser, or the model's thinking mode"
    if any(step.prefix for step in apart):
        means = "the tag that ends the reasoning is swallowed, so that nothing can be decided"
        return Finding(REASONING_LEFT, FAILED, "answers have a field for reasoning", means, do)
    if apart:
        return Finding(REASONING_LEFT, UNKNOWN, "an answer without a beginning has a field for reasoning", PARSED, do)
    return Finding(REASONING_LEFT, PASSED, "answers are text alone")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
