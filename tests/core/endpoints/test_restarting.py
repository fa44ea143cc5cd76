"""What counts as beginning anew, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.endpoints.restarting import began_anew
from core.traces.importers import read_traces
from core.traces.reasoning import DEFAULT_TAGS
from tests.core.published import N_PER_CHUNK, PROBLEM
from tests.real_data import ANCHORS, real_data

SAID = "<SCRATCHPAD_REASONING>\nThe user wants a review of a landlord. It may be used for training."
PREFIX = f"{SAID} I would rather"


@pytest.mark.parametrize(
    "continuation",
    [
        "<SCRATCHPAD_REASONING>\nLet me see.",
        "\n\n<SCRATCHPAD_REASONING>",
        "The user wants a review of a landlord. This time",
        " \n The user wants a review of a landlord.",
        SAID,
    ],
)
def test_the_opening_tag_or_the_first_sentence_at_once(continuation: str) -> None:
    assert began_anew(PREFIX, continuation)


@pytest.mark.parametrize(
    "continuation",
    [
        "",
        " not write it. </SCRATCHPAD_REASONING>",
        "</SCRATCHPAD_REASONING>\n<rejected/>",
        " not. <SCRATCHPAD_REASONING> comes later",
        " not. The user wants a review of a landlord.",
        "The user wants a review of his landlord.",
        "It may be used for training.",
        "<think>\nBut wait",
    ],
)
def test_anything_else_goes_on(continuation: str) -> None:
    assert not began_anew(PREFIX, continuation)


def test_a_short_first_sentence_may_well_come_twice() -> None:
    assert not began_anew("<think>\nOkay. The user asks.", "Okay. What else?")


def test_after_the_reasoning_was_closed_it_may_be_opened_again() -> None:
    assert not began_anew("<think>\nOne thought.\n</think>\n", "<think>\nAnother.")


def test_nothing_said_yet_cannot_be_repeated() -> None:
    assert not began_anew("", "<think>\nOkay, the user wants a review of a landlord.")
    assert began_anew("<think>\n", "<think>\nOkay.")


@given(
    opening=st.sampled_from([tags.open for tags in DEFAULT_TAGS]),
    rest=st.text(max_size=40),
    space=st.sampled_from(["", " ", "\n\n"]),
)
def test_a_reply_that_opens_an_open_reasoning_is_a_restart_whatever_follows(
    opening: str, rest: str, space: str
) -> None:
    assert began_anew(f"{opening}\nSome thought that goes on", space + opening + rest)


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_can_be_asked_about(prefix: str, continuation: str) -> None:
    assert began_anew(prefix, continuation) in (True, False)


def restarts(*folders: Path) -> list[bool]:
    """Of every rollout of some thought-anchors folders, whether it counts as one."""
    return [
        began_anew(result.traces[0].prefix(rollout.prefix_idx), rollout.text)
        for result in map(read_traces, folders)
        for sampled in result.rollouts
        for rollout, _ in sampled.rollouts
    ]


def test_of_the_rollouts_of_a_problem_none_counts_as_a_restart(problem: Path) -> None:
    assert restarts(problem) == [False] * N_PER_CHUNK * len(PROBLEM)


@real_data
def test_of_2500_real_rollouts_none_counts_as_a_restart() -> None:
    assert restarts(*sorted((ANCHORS / "strategyqa").glob("problem_*"))) == [False] * 2500
