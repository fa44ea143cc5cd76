"""A trace is made from its raw response, and nothing of it is lost."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import TurnpointError
from core.traces.build import BadTraceIdError, NoReasoningError, check_trace_id, make_trace, trace_id_from
from core.traces.model import Message, Prompt
from core.traces.reasoning import tags_around
from core.traces.splitter import SPLITTER


def test_a_trace_keeps_its_response_and_cuts_its_reasoning() -> None:
    response = "<think>\nI see. I comply.\n</think>\n\nSure."
    trace = make_trace("t", response, prompt=Prompt((Message("user", "Help."),)), tier="free")
    assert trace.response == response
    assert [sentence.text for sentence in trace.sentences] == ["\nI see.", " I comply."]
    assert [trace.prefix(i) for i in range(trace.n_prefixes)] == [
        "<think>",
        "<think>\nI see.",
        "<think>\nI see. I comply.",
    ]
    assert (trace.splitter, trace.tier, trace.metadata) == (SPLITTER, "free", {})


@given(st.text())
@example("<|END_OF_THOUGHT|>")
def test_sentences_join_to_the_reasoning(response: str) -> None:
    try:
        trace = make_trace("t", response)
    except NoReasoningError:
        # Nothing but white space, or but a tag: hypothesis knows the texts of our modules.
        assert not response.strip() or tags_around(response) is not None
    else:
        start, end = trace.reasoning
        assert "".join(sentence.text for sentence in trace.sentences) == response[start:end]
        assert all(response[s.start : s.end] == s.text for s in trace.sentences)


@pytest.mark.parametrize("response", ["", " \n", "<think></think>answer", "</think>answer"])
def test_no_reasoning_is_refused(response: str) -> None:
    with pytest.raises(NoReasoningError, match="no reasoning") as refusal:
        make_trace("t", response)
    assert isinstance(refusal.value, TurnpointError)
    assert isinstance(refusal.value, ValueError)


@pytest.mark.parametrize("bad", ["", "  ", "x" * 201, "a\nb", "a\x1b[0m", "\ud800", "a\x00", "a\u202eb"])
def test_an_id_that_cannot_be_shown_is_refused_in_printable_words(bad: str) -> None:
    with pytest.raises(BadTraceIdError) as refusal:
        check_trace_id(bad)
    assert str(refusal.value).isprintable()


@given(st.text(), st.sampled_from(["", "-7"]))
def test_any_file_name_gives_a_valid_id(name: str, suffix: str) -> None:
    trace_id = trace_id_from(name, suffix)
    check_trace_id(trace_id)
    assert trace_id.endswith(suffix)
