"""Cut text into sentences without losing a character.

The scan is left to right, and where a sentence ends is decided from its own text and what follows, never from
what stands before it. Two properties follow, and resampling rests on them:

* *Restart*: splitting ``text[b:]`` at any sentence boundary ``b`` gives the sentences of ``text`` from ``b`` on.
* *Closed sentences stay*: a sentence ended by ``.`` ``!`` ``?`` or ``。`` stays as it is whatever white space and
  text follow. The exceptions are an abbreviation or initial, an ellipsis, a number or letter that may name an
  item, and a stop with a closing quote or bracket: those are sentence ends only by what comes next. So the sentences of
  ``prefix + continuation`` are those of the prefix, then those of the continuation, provided that the prefix
  leaves no code block or formula open.

The work is linear in the text: every pattern is possessive or bounded, and looks behind at most a few characters.
"""

from __future__ import annotations

import re
from typing import Final

from core.traces.abbreviations import (
    BEFORE_NUMBER,
    LABEL_NOUNS,
    NEVER_LAST,
    SOMETIMES_LAST,
    STARTERS,
    TITLES,
    UNFINISHED,
)
from core.traces.model import Span

SPLITTER: Final = "turnpoint-1"
"""Stored with each trace: a change of any rule below is a new name."""

_LOOK_BEHIND: Final = 32
_FORMULA_LIMIT: Final = 2_000

_NUMBER: Final = r"\d{1,3}(?:\.\d{1,3}){0,3}"
_TAG: Final = r"</?[A-Za-z][\w-]{0,40}>"
_MARKER: Final = (
    rf"(?:[-*+•◦▪‣·–—]|>{{1,8}}|#{{1,6}}|[*_]{{0,3}}\(?(?:{_NUMBER}|[A-Za-z]|[ivxIVX]{{1,5}})[.)][*_]{{0,3}})"
)

_LEAD: Final = re.compile(rf"\s*+(?P<markers>(?:{_MARKER}(?:\s++|\Z)){{0,3}})")
_NEW_BLOCK: Final = re.compile(rf"{_MARKER}\s|```|~~~|\||>|{_TAG}|\\\[|\$\$|[-*_=]{{3}}")
_WORD: Final = re.compile(r"[^\W_]")
_INK: Final = re.compile(r"\S")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_LINE_BREAKS: Final = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"

_BREAK: Final = rf"(?>\r\n|[{_LINE_BREAKS}])"
_BLANK_LINE: Final = re.compile(rf"{_BREAK}[^\S{_LINE_BREAKS}]*+{_BREAK}")

_CLOSER: Final = rf"(?:[\"'”’»›)\]}}*_`~」』）】]|\[\d{{1,3}}\]|{_TAG.replace('/?', '/')})"
_EVENT: Final = re.compile(
    rf"(?P<stop>[.!?…।॥؟۔։‼⁇⁈⁉]++)(?P<closed>{_CLOSER}*+)"
    r"|(?P<wide>[。！？｡][。！？｡!?….]*+)(?P<wide_closed>(?:[」』）》】〕”’]|[\"')](?=\s|\Z))*+)"
    rf"|(?P<line>[{_LINE_BREAKS}]\s*+)"
)
_WIDE_GOES_ON: Final = re.compile(r"[、，,；;：:]|と|って")
_DOTTED: Final = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_ITEM_NUMBER: Final = re.compile(r".*(?::\s+\(?1|;\s+\(?\d{1,2})", re.DOTALL)
_LABEL: Final = re.compile(r"[*_]{0,3}([A-Z][a-z]{1,15})\s(?:\d{1,3}|[A-Z])")
_FENCE: Final = re.compile(rf"(```|~~~)[^`{_LINE_BREAKS}]{{0,100}}[\r\n]")
_REST_OF_LINE: Final = re.compile(rf"[^{_LINE_BREAKS}]*+")
_SPACE_TO_LINE_END: Final = re.compile(rf"[^\S{_LINE_BREAKS}]*+(?:[{_LINE_BREAKS}]|\Z)")
_TAG_AHEAD: Final = re.compile(_TAG)
_PLAIN: Final = re.compile(rf"\s*+[A-Z][A-Za-z'’,]*+ [^.!?…।॥؟۔։‼⁇⁈⁉。！？｡{_LINE_BREAKS}]*+(?P<stop>\.)(?=\s++\S)")
_PLAIN_WORD: Final = re.compile(r"[a-z]{2,30}")
_ABBREVIATIONS: Final = NEVER_LAST | BEFORE_NUMBER | SOMETIMES_LAST
_TAG_LINE: Final = re.compile(rf"(?:.*[{_LINE_BREAKS}])?\s*{_TAG}", re.DOTALL)


def split(text: str) -> list[Span]:
    """Tile ``text`` with sentences, in order and without a gap.

    White space between two sentences belongs to the later one; white space after the last belongs to the last.
    List markers, headings' ``#`` and runs without a letter or digit go with the sentence that follows them.

    Returns:
        Character ranges, the first from 0, the last to ``len(text)``; none for ``""``.
    """
    spans = []
    start = 0
    while start < len(text):
        end = _sentence_end(text, start)
        spans.append(Span(start, end))
        start = end
    return spans


def first_sentence(continuation: str) -> Span:
    """The first sentence of a continuation, with the white space that leads to it, as `split` would cut it.

    Returns:
        ``Span(0, end)``; empty for ``""``.
    """
    return Span(0, _sentence_end(continuation, 0)) if continuation else Span(0, 0)


def _sentence_end(text: str, start: int) -> int:
    """Where the sentence that begins at ``start`` ends: always after ``start``."""
    # Most sentences are words up to a full stop after a word in small letters, which no rule below holds back.
    plain = _PLAIN.match(text, start)
    if plain is not None:
        stop = plain.start("stop")
        last = text[text.rfind(" ", start, stop) + 1 : stop]
        if _PLAIN_WORD.fullmatch(last) and last not in _ABBREVIATIONS:
            return stop + 1
    return sentence_end_by_rules(text, start)


def sentence_end_by_rules(text: str, start: int) -> int:
    """Where the sentence that begins at ``start`` ends, by the rules alone; a test holds the short cut to it."""
    lead = _LEAD.match(text, start)
    body = lead.end() if lead else start
    word = _WORD.search(text, body)
    if word is None:
        return len(text)
    block = _block_end(text, body)
    if block is None:
        scan_from = word.start()
    else:
        scan_from, closed = block
        if closed:
            return _with_trailing_space(text, scan_from)
    heading = lead is not None and "#" in lead["markers"]
    for event in _EVENT.finditer(text, scan_from):
        end = event.end() if event["line"] is None else _ink_before(text, event.start(), start)
        ink = _INK.search(text, event.end())
        if ink is None:
            return len(text)
        following = ink.start()
        if event["line"] is not None:
            ends = heading or _line_ends(text, start, end, event["line"], following)
        elif event["wide"] is not None:
            ends = not (event["wide_closed"] and _WIDE_GOES_ON.match(text, end))
        elif following == end and not _TAG_AHEAD.match(text, end):
            ends = False
        elif event["stop"] == "." and not event["closed"]:
            ends = _full_stop_ends(text, start, body, event.start(), following)
        else:
            ends = _other_stop_ends(event["stop"], event["closed"], text[following])
        if ends:
            return end
    return len(text)


def _with_trailing_space(text: str, end: int) -> int:
    return end if _INK.search(text, end) else len(text)


def _ink_before(text: str, at: int, start: int) -> int:
    """End of the last character before ``at`` that is no white space."""
    while at > start and text[at - 1].isspace():
        at -= 1
    return at


def _block_end(text: str, body: int) -> tuple[int, bool] | None:
    """End of a code block or displayed formula that begins at ``body``, and whether nothing follows on its line.

    A block that is never closed is no block: its lines are cut like any other. Any later fence closes a code
    block, wherever it stands, so that openings without a close cannot each search the whole text.
    """
    fence = _FENCE.match(text, body)
    if fence:
        closing = text.find(fence[1], fence.end())
        rest = _REST_OF_LINE.match(text, closing) if closing >= 0 else None
        return (_ink_before(text, rest.end(), body), True) if rest else None
    for opening, closer in (("\\[", "\\]"), ("$$", "$$")):
        if text.startswith(opening, body):
            closing = text.find(closer, body + 2, body + _FORMULA_LIMIT)
            if closing < 0:
                return None
            end = closing + 2
            while end < len(text) and text[end] in ".,;":
                end += 1
            return end, _SPACE_TO_LINE_END.match(text, end) is not None
    return None


def _full_stop_ends(text: str, start: int, body: int, stop: int, following: int) -> bool:
    """Whether one bare full stop ends the sentence, judged by the word before it and the character after."""
    before = text[max(start, stop - _LOOK_BEHIND) : stop]
    after = text[following]
    goes_on = after.islower()
    if not before or before[-1].isspace():
        return not goes_on
    word = before.split()[-1].lstrip("(\"'“‘[*_")
    name = word.lower()
    if word in TITLES or name in NEVER_LAST:
        return False
    if name in BEFORE_NUMBER and after.isdigit():
        return False
    if name in SOMETIMES_LAST:
        return not (goes_on or after.isdigit())
    if _DOTTED.fullmatch(word):
        return not (goes_on or after.isdigit() or _name_follows(text, following))
    if len(word) == 1 and word.isupper() and word != "I" and _initial_place(before):
        return not (goes_on or _name_follows(text, following))
    if word.isdigit() and (_ITEM_NUMBER.fullmatch(before) or (goes_on and len(word) < 3)):
        return False
    label = _LABEL.fullmatch(text, body, stop)
    return not (label and label[1].lower() in LABEL_NOUNS)


def _name_follows(text: str, at: int) -> bool:
    word = _LETTERS.match(text, at)
    return word is not None and text[at].isupper() and word[0] not in STARTERS


def _initial_place(before: str) -> bool:
    """Whether a lone capital at the end of ``before`` stands where an initial would: after a name or nothing."""
    words = before.split()
    if len(words) < 2:
        return True
    return words[-2][0].isupper() and words[-2].lower().strip("*_") not in LABEL_NOUNS


def _other_stop_ends(stop: str, closed: str, after: str) -> bool:
    if closed and (after.islower() or after in ",;:–—"):
        return False
    ellipsis = len(stop) > 1 or stop == "…"
    return not (ellipsis and not {"!", "?"} & set(stop) and after.islower())


def _line_ends(text: str, start: int, end: int, gap: str, following: int) -> bool:
    """Whether the white space ``gap``, which holds a line break, ends the sentence whose ink ends at ``end``."""
    if _BLANK_LINE.match(gap) or _NEW_BLOCK.match(text, following):
        return True
    before = text[max(start, end - _LOOK_BEHIND) : end]
    last = before.split()[-1]
    if last.endswith((":", "：")) or (last.endswith(">") and _TAG_LINE.fullmatch(text, max(start, end - 60), end)):
        return True
    if last.endswith((",", "，", "、")) or last.lower() in UNFINISHED:
        return False
    if last.endswith(".") and (last[:-1] in TITLES or last[:-1].lower().lstrip("(") in NEVER_LAST):
        return False
    after = text[following]
    return not (after.islower() or after == "(")
