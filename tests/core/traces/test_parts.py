"""Content as a list of parts, as several makers write it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.traces.parts import REASONING, REFUSAL, NoTextError, Part, parts_of


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("plain", [Part("plain")]),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], [Part("a"), Part("b")]),
        ([{"type": "output_text", "text": "a", "annotations": []}], [Part("a")]),
        ([{"type": "thinking", "thinking": "hm", "signature": "s"}], [Part("hm", REASONING)]),
        (
            [{"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]}],
            [Part("hm", REASONING)],
        ),
        ([{"type": "reasoning", "reasoning": "x", "redacted": True, "summary": "s"}], [Part("s", REASONING)]),
        ([{"type": "refusal", "refusal": "no"}], [Part("no", REFUSAL)]),
        ([{"type": "text", "text": "a"}, {"type": "reference", "reference_ids": [1]}], [Part("a")]),
    ],
)
def test_parts_are_read_in_their_order(content: Any, parts: list[Part]) -> None:
    assert list(parts_of(content)) == parts


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no text and no list"),
        ([], "no text and no list"),
        (3, "no text and no list"),
        (["bare"], "part 1 that is no text"),
        ([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}], "part 2 that is no text"),
        ([{"type": "text"}], "part 1 without text"),
        ([{"type": "thinking", "thinking": [{"type": "image"}]}], "part 1 without text"),
        ([{"type": ["text"]}], "part 1 that is no text"),
    ],
)
def test_what_is_no_text_is_named_by_its_place(content: Any, said: str) -> None:
    with pytest.raises(NoTextError, match=said):
        parts_of(content)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["type", "text", "thinking", "reasoning", "redacted", "summary"]), x)))  # fmt: skip
def test_no_content_breaks_the_reader(content: object) -> None:
    try:
        parts = parts_of(content)
    except NoTextError:
        return
    assert all(isinstance(part.text, str) for part in parts)
