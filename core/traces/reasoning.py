"""Which part of a response is its reasoning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from core.errors import ConfigError
from core.traces.model import Span


@dataclass(frozen=True)
class ReasoningTags:
    """The two strings that enclose a model's reasoning; inner spaces count, and case unless ``any_case``.

    ``is_own`` is true of tags in which models mark their own thinking, whatever the prompt asks for.
    """

    open: str
    close: str
    any_case: bool = field(default=False, compare=False)
    is_own: bool = field(default=False, compare=False)


def _own(*names: str) -> Iterator[ReasoningTags]:
    return (ReasoningTags(f"<{name}>", f"</{name}>", any_case=True, is_own=True) for name in names)


HARMONY: Final = ReasoningTags(
    "<|channel|>analysis<|message|>",
    "<|end|><|start|>assistant<|channel|>final",
    any_case=True,
    is_own=True,
)
"""gpt-oss: from the first message of the analysis channel to the one of the final channel, which is the answer."""

DEFAULT_TAGS: Final[tuple[ReasoningTags, ...]] = (
    *(
        ReasoningTags(f"<{name}>", f"</{name}>", any_case=True)
        for name in ("SCRATCHPAD_REASONING", "HIDDEN_SCRATCHPAD", "scratchpad")
    ),
    *_own("think", "thinking", "thought", "thoughts", "reasoning", "reason", "reflection", "analysis", "cot"),
    *_own("chain_of_thought", "inner_monologue", "inner_thoughts", "internal_reasoning", "thinking_process"),
    *_own("antThinking", "seed:think", "longcat_think", "think_fast", "think_faster"),
    ReasoningTags("[THINK]", "[/THINK]", any_case=True, is_own=True),
    ReasoningTags("◁think▷", "◁/think▷", any_case=True, is_own=True),
    ReasoningTags("<|START_THINKING|>", "<|END_THINKING|>", any_case=True, is_own=True),
    ReasoningTags("<|begin_of_thought|>", "<|end_of_thought|>", any_case=True, is_own=True),
    ReasoningTags("<|inner_prefix|>", "<|inner_suffix|>", any_case=True, is_own=True),
    ReasoningTags("<|channel>thought", "<channel|>", any_case=True, is_own=True),
    ReasoningTags("<unused94>thought", "<unused95>", any_case=True, is_own=True),
    HARMONY,
)
"""A scratchpad that the prompt asks for counts before a model's own thinking, of which the first in the text counts."""

_BARE_OPEN, _BARE_CLOSE = "analysis", "assistantfinal"
"""What is left of harmony's marks where a server drops special tokens; the opening only at the very start."""

_ANSWER_BEGINS: Final = re.compile(
    r"\s*(?:<\|begin_of_solution\|>|<\|START_RESPONSE\|>|(?:<\|constrain\|>[^<]*)?<\|message\|>)"
)
_QUOTES: Final = {"`": "`", '"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb"}


def find_reasoning(response: str, tags: Iterable[ReasoningTags] = DEFAULT_TAGS, given: int = 0) -> Span:
    """Find the reasoning of a response.

    It runs from the first opening of the pair that counts to its last closing, or to the end of a response that was cut
    off; without an opening from the start, because chat templates put the opening into the prompt. Of several pairs the
    first of ``tags`` counts, and among models' own ones the one that comes first in the text; a pair that encloses
    nothing gives way. Mentions count for nothing: tags inside what another pair encloses, tags in quotes, and openings
    in running text that nothing closes while another pair is closed. Without any tag the whole response is reasoning.
    The first ``given`` characters are a prefix, which ends within the reasoning: a closing tag in it is a mention, too.

    White space after the opening is inside the span; white space at the end is outside, so that the prefix after
    the last sentence does not end in it.

    Returns:
        Character range in ``response``, without the tags; empty if only white space is left.
    """
    region = _reading(response, tuple(tags), given).reasoning
    start, end = (0, len(response)) if region is None else (region.start, region.stop(response))
    return Span(start, start + len(response[start:end].rstrip()))


def tags_around(response: str, tags: Sequence[ReasoningTags] = DEFAULT_TAGS) -> ReasoningTags | None:
    """The pair whose reasoning `find_reasoning` finds; None: there is no tag."""
    region = _reading(response, tuple(tags), 0).reasoning
    return None if region is None else tags[region.pair]


def after_reasoning(response: str, tags: Sequence[ReasoningTags] = DEFAULT_TAGS, given: int = 0) -> str | None:
    """What follows the reasoning, any further reasoning right after it and any stray closing; None: nothing closes it.

    The mark with which some templates begin an answer is no part of it. ``given`` is as in `find_reasoning`.
    """
    begin = _reading(response, tuple(tags), given).answer
    if begin is None:
        return None
    mark = _ANSWER_BEGINS.match(response, begin)
    return response[mark.end() if mark else begin :]


def is_reasoning_open(response: str, tags: Sequence[ReasoningTags] = DEFAULT_TAGS, given: int = 0) -> bool:
    """Whether a reasoning has not been closed, or was opened again after it; ``given`` is as in `find_reasoning`."""
    return _reading(response, tuple(tags), given).is_open


def closes_reasoning(text: str, tags: Sequence[ReasoningTags] = DEFAULT_TAGS) -> bool:
    """Whether a closing tag stands in a part of a response."""
    return any(not tag.opens for tag in _tags_in(text, tuple(tags)))


def begins_with_opening(text: str, pair: ReasoningTags) -> bool:
    """Whether the first thing in a text is the opening of ``pair``."""
    first = text[: len(pair.open)]
    return first == pair.open or (pair.any_case and first.lower() == pair.open.lower())


def read_tags(text: str) -> ReasoningTags:
    """Read a pair with a comma between the two: ``<plan>,</plan>``; matched exactly.

    Raises:
        ConfigError: if the text is no such pair.
    """
    opening, comma, closing = (part.strip() for part in text.partition(","))
    if not comma or not opening or not closing or "," in closing or opening == closing:
        raise ConfigError(f"{text!r} is no pair of two different tags; write them as '<plan>,</plan>'.")
    return ReasoningTags(opening, closing)


class _Tag(NamedTuple):
    """A tag in a text; ``pairs`` are the places of those it belongs to, of which several may share a closing."""

    start: int
    end: int
    pairs: tuple[int, ...]
    opens: bool


@dataclass
class _Region:
    """What a pair encloses: from behind its opening, which is at ``begin``, to its last closing, if it has one."""

    pair: int
    begin: int
    start: int
    close: int | None = None
    end: int = 0

    def stop(self, text: str) -> int:
        """Where it ends."""
        return len(text) if self.close is None else self.close

    def take(self, tag: _Tag) -> None:
        """End it at a closing."""
        self.close, self.end = tag.start, tag.end


class _Reading(NamedTuple):
    """Where the reasoning is (None: no tag), where the answer begins (None: nowhere), and what is open at the end."""

    reasoning: _Region | None
    answer: int | None
    is_open: bool


@lru_cache(maxsize=8)
def _reading(text: str, tags: tuple[ReasoningTags, ...], given: int) -> _Reading:
    # Kept, because every rollout is asked for its reasoning, its answer and its end one after the other.
    found = [tag for tag in _tags_in(text, tags) if tag.opens or tag.end > given]
    regions, strays = _regions(text, found)
    reasoning = _chosen(text, tags, _with_begun_before(text, regions, strays))
    if reasoning is None or reasoning.close is None:
        # A model may close with another tag than it opened with; an answer after that is one all the same.
        stray = max((tag.end for tag in found if not tag.opens), default=0)
        return _Reading(reasoning, stray if reasoning is not None and stray > reasoning.start else None, True)
    answer = reasoning.end
    for region in regions:
        if region.begin >= answer and not text[answer : region.begin].strip():
            if region.close is None:
                return _Reading(reasoning, None, True)
            answer = region.end
    answer = max([answer, *(tag.end for tag in strays)])
    opened_again = any(tag.opens and reasoning.pair in tag.pairs and tag.start >= answer for tag in found)
    is_open = opened_again or any(region.close is None and region.begin >= answer for region in regions)
    return _Reading(reasoning, answer, is_open)


def _regions(text: str, found: Sequence[_Tag]) -> tuple[list[_Region], list[_Tag]]:
    """What is enclosed in a text, one region for each pair, in order; and closings of what was not opened."""
    last = {pair: tag.start for tag in found if not tag.opens for pair in tag.pairs}
    regions: dict[int, _Region] = {}
    strays: list[_Tag] = []
    current: _Region | None = None
    for tag in found:
        if current is not None and not tag.opens and current.pair in tag.pairs:
            current.take(tag)
        elif current is not None and current.close is None:
            continue
        elif not tag.opens:
            strays.append(tag)
        elif _is_opening(text, tag, last, list(regions.values()), strays):
            (pair,) = tag.pairs
            known = regions.get(pair)
            if known is None:
                current = regions[pair] = _Region(pair, tag.start, tag.end)
            elif last.get(pair, -1) > tag.start:
                current, known.close = known, None
    return list(regions.values()), strays


def _is_opening(text: str, tag: _Tag, last: dict[int, int], regions: Sequence[_Region], strays: Sequence[_Tag]) -> bool:
    """Whether an opening outside of all regions is more than a mention."""
    (pair,) = tag.pairs
    if last.get(pair, -1) > tag.start or any(region.pair == pair for region in regions):
        return True
    if any(pair in stray.pairs and text[: stray.start].strip() for stray in strays):
        return False
    ends = [*(region.end for region in regions), *(stray.end for stray in strays)]
    before = text[max(ends, default=0) : tag.start]
    if not before.strip():
        return True
    others_close = any(at > tag.start for other, at in last.items() if other != pair)
    begins_line = not before.rpartition("\n")[2].strip() and "\n" in before
    return not others_close and (begins_line or not (regions or strays))


def _with_begun_before(text: str, regions: list[_Region], strays: Sequence[_Tag]) -> list[_Region]:
    """The regions, with those that the prompt opened, which swallow what stands inside them.

    There is none where the text itself begins with an opening: a closing that belongs to none is a mention then.
    """
    if regions and not text[: regions[0].begin].strip():
        return regions
    known = {region.pair for region in regions}
    begun: dict[int, _Region] = {}
    for tag in strays:
        for pair in tag.pairs:
            if pair not in known:
                begun.setdefault(pair, _Region(pair, 0, 0)).take(tag)
    inside = max((region.end for region in begun.values()), default=0)
    return [*begun.values(), *(region for region in regions if region.begin >= inside)]


def _chosen(text: str, tags: Sequence[ReasoningTags], regions: Sequence[_Region]) -> _Region | None:
    """The region that is the reasoning."""
    filled = [region for region in regions if text[region.start : region.stop(text)].strip()]
    return min(
        filled or regions,
        key=lambda one: (len(tags) if tags[one.pair].is_own else one.pair, one.begin, one.pair),
        default=None,
    )


def _tags_in(text: str, tags: tuple[ReasoningTags, ...]) -> list[_Tag]:
    """The tags of a text that are not in quotes, in order."""
    pattern, known = _searched(tags)
    found = []
    for match in pattern.finditer(text) if known else ():
        start, end = match.span()
        quote = _QUOTES.get(text[start - 1 : start])
        if quote is None or text[end : end + 1] != quote:
            opens, pairs = known.get(match[0]) or known[match[0].lower()]
            found.append(_Tag(start, end, pairs, opens))
    if text.startswith(_BARE_OPEN) and HARMONY in tags:
        return sorted([*_bare(text, tags.index(HARMONY)), *found])
    return found


def _bare(text: str, pair: int) -> list[_Tag]:
    close = text.find(_BARE_CLOSE)
    if close < 0 and not text[len(_BARE_OPEN) :][:1].isupper():
        return []
    closing = [_Tag(close, close + len(_BARE_CLOSE), (pair,), False)] if close >= 0 else []
    return [_Tag(0, len(_BARE_OPEN), (pair,), True), *closing]


@lru_cache(maxsize=16)
def _searched(tags: tuple[ReasoningTags, ...]) -> tuple[re.Pattern[str], dict[str, tuple[bool, tuple[int, ...]]]]:
    """A pattern that finds every tag, and what each is: whether it opens, and of which pairs."""
    known: dict[str, tuple[bool, tuple[int, ...]]] = {}
    by_first: dict[str, dict[str, str]] = {}
    for place, pair in enumerate(tags):
        for opens, tag in ((True, pair.open), (False, pair.close)):
            name = tag.lower() if pair.any_case else tag
            if name not in known:
                known[name] = (opens, (place,))
            elif not opens and not known[name][0]:
                known[name] = (False, (*known[name][1], place))
            rest = re.escape(tag[1:])
            by_first.setdefault(tag[0], {})[tag] = f"(?ai:{rest})" if pair.any_case else rest
    # A first character that is told apart lets the search skip quickly over all that begins no tag.
    groups = (
        re.escape(first) + "(?:" + "|".join(rests[tag] for tag in sorted(rests, key=len, reverse=True)) + ")"
        for first, rests in by_first.items()
    )
    return re.compile("|".join(groups)), known
