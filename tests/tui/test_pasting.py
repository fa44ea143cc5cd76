"""A paste is one event whatever it holds and however it arrives; what is typed beside it stays keys."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from tests.sizes import examples
from tui.pasting import ESCAPE, LONGEST_TYPED, SHOWN_ESCAPE, Pastes, PasteSafeParser

START, END = "\x1b[200~", "\x1b[201~"
PASTED = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            [ESCAPE, "\x1b[31m", "\x1b\x1b", START, "\x1b[", "\x1b[20", "\r", "\n", "1", "q", "x", "\x1b[A"]
        ),
    ),
    max_size=12,
).map("".join)
TYPED = st.text(st.sampled_from("jkq12345xyzr"), max_size=8)


def parsed(pieces: list[str]) -> list[Message]:
    """What the app would be sent."""
    parser = PasteSafeParser()
    return [message for piece in pieces if piece for message in parser.feed(piece)]


def cut(text: str, places: list[int]) -> list[str]:
    ends = sorted(place % (len(text) + 1) for place in places)
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


@settings(max_examples=examples(300))
@given(TYPED, PASTED, TYPED, st.lists(st.integers(0, 200), max_size=6))
@example("", "ab\x1b[[31mred 1 2 x", "", [])
@example("j", "\x1b", "k", [6, 8])
def test_nothing_of_a_marked_paste_is_a_key(before: str, pasted: str, after: str, places: list[int]) -> None:
    pasted = pasted.replace(END, "").replace("\0", "")
    if END in pasted:
        return
    messages = parsed(cut(f"{before}{START}{pasted}{END}{after}", places))
    keys = [message.character for message in messages if isinstance(message, events.Key)]
    assert keys == list(before + after)
    pastes = [message.text for message in messages if isinstance(message, events.Paste)]
    assert pastes == [pasted.replace(ESCAPE, SHOWN_ESCAPE)]


@settings(max_examples=examples(100))
@given(st.text(st.characters(exclude_characters="\0"), max_size=60), st.lists(st.integers(0, 60), max_size=4))
def test_what_is_no_paste_is_passed_on_as_it_is(text: str, places: list[int]) -> None:
    text = text.replace(START, "")
    pastes = Pastes()
    assert "".join(map(pastes.safe, cut(text, places))) == text


def test_what_nobody_can_have_typed_is_a_paste_though_it_is_not_marked() -> None:
    line = "I am in the free tier, so this chat is rated.\rA low rating could change me, and 1 or 2 more things.\rx\r"
    text = (line * 50)[: 4 * 1024 + 60]
    pieces = [text[start : start + 1024] for start in range(0, len(text), 1024)]
    assert len(pieces[-1]) < LONGEST_TYPED
    now = iter(range(1000))
    parser = PasteSafeParser()
    parser._pastes = Pastes(lambda: next(now) / 1000)
    messages = [message for piece in pieces for message in parser.feed(piece)]
    assert [type(message) for message in messages] == [events.Paste] * len(pieces)


def test_what_is_typed_ahead_or_held_down_is_none() -> None:
    for typed in ("j" * 500, "r100\rjj7k8", "/the rating of the user\rn", "1234567890" * 20, "i one more note\rjjj"):
        assert all(isinstance(message, events.Key) for message in parsed([typed]))
