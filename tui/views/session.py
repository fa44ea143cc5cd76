"""What one annotator sees of one trace: read from the store, never kept beside it. No Textual here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from core.analysis.rates import PrefixRate, RateTable, big_changes, load_rates, preferred_settings
from core.annotation.annotation import NOTHING, Annotation, Suggested
from core.annotation.codebook import Codebook
from core.behaviors.outcome import ALIGNMENT_FAKING, COMPLIANCE
from core.sanitize import visible
from core.store.database import Store
from core.store.labels import load_held
from core.store.rates import SettingsInUse, settings_in_use
from core.store.traces import load_trace
from core.traces.model import Trace
from core.traces.reasoning import ReasoningTags
from tui.palette import FOREGONE, TURNING_POINT, TURNING_POINT_ELSEWHERE
from tui.views.annotating import tag_and_flag
from tui.views.estimates import Estimates
from tui.widgets.direction_track import Directions
from tui.widgets.rate_strip import HIDDEN, UNDECIDED, UNSAMPLED, Curve
from tui.widgets.sentence_list import SentenceItem
from tui.widgets.wrapping import clip

if TYPE_CHECKING:
    from core.resampling.adaptive.confirm import ConfirmedDirection

SHORT_NAMES = {"alignment_faking": "AF", "compliance": "comply"}
SHORT_CELLS = 7
_OF_RATES = frozenset(("curves", "turning_points", "tracks"))
"""What a view works out once, whatever the annotations are."""


@dataclass(frozen=True)
class TraceView:
    """A trace with the labels of one annotator and the rates under one set of sampling settings.

    ``confirmed`` has what fresh rollouts say, by behavior and sentence; ``suggestions`` the category that is suggested
    for a sentence, ``unverified`` the sentences whose label nobody has confirmed. While ``is_blind``, nothing but the
    text is shown of a sentence that is not decided; panes are then given what `tui.views.blind.hidden` leaves, with
    ``whole`` being what it is taken from.
    """

    trace: Trace
    annotations: Mapping[int, Annotation]
    rates: RateTable
    settings: SettingsInUse | None
    other_settings: tuple[str, ...]
    big_changes: frozenset[int]
    estimates: Estimates | None = None
    confirmed: Mapping[tuple[str, int], ConfirmedDirection] = field(default_factory=dict)
    suggestions: Mapping[int, Suggested] = field(default_factory=dict)
    unverified: frozenset[int] = frozenset()
    is_blind: bool = False
    whole: TraceView | None = None

    @cached_property
    def labels(self) -> Mapping[int, str]:
        """The category of each labelled sentence."""
        return {index: one.category for index, one in self.annotations.items() if one.category is not None}

    def annotated(self, annotations: Mapping[int, Annotation]) -> TraceView:
        """The same with other annotations."""
        return self._same_rates(replace(self, annotations=annotations))

    def confirmed_but(self, unverified: frozenset[int]) -> TraceView:
        """The same with other labels that nobody has confirmed."""
        return self._same_rates(replace(self, unverified=unverified))

    def _same_rates(self, view: TraceView) -> TraceView:
        """A view of the same rates and estimates, with what was worked out from these already."""
        view.__dict__.update({name: value for name, value in self.__dict__.items() if name in _OF_RATES})
        return view

    def tag_and_flag(self, index: int, codebook: Codebook) -> tuple[str | None, str]:
        """What the list shows of the annotation of a sentence."""
        is_verified = index not in self.unverified
        return tag_and_flag(self.held(index), codebook, self.suggested(index), is_verified=is_verified)

    def held(self, index: int) -> Annotation:
        """What the annotator holds of a sentence."""
        return self.annotations.get(index, NOTHING)

    def is_shown(self, index: int) -> bool:
        """Whether numbers, suggestions and other labels of this sentence may be shown to the annotator."""
        return not self.is_blind or self.held(index).is_decided

    def suggested(self, index: int) -> Suggested | None:
        """The category that is suggested for a sentence, if there is one and it may be shown."""
        return self.suggestions.get(index) if self.is_shown(index) else None

    def hides_rate(self, behavior: str, prefix: int) -> bool:
        """Whether there is a rate that may not be shown yet; that there is none is no secret."""
        return not self.is_prefix_shown(prefix) and (self.whole or self).rates.rate(behavior, prefix) is not None

    def is_prefix_shown(self, prefix: int) -> bool:
        """Whether the rate there may stand beside others: not while a sentence beside it is open.

        Its direction could be read off the two rates.
        """
        beside = range(max(0, prefix - 1), min(prefix + 1, len(self.trace.sentences)))
        return not self.is_blind or all(self.is_shown(index) for index in beside)

    def known_of(self, index: int) -> TraceView:
        """The view by which this one sentence is told: all that is known, once it may be shown."""
        return self.whole if self.whole is not None and self.is_shown(index) else self

    @cached_property
    def curves(self) -> tuple[Curve, ...]:
        """The rates of each behavior, without what is known at a cursor; alignment faking, the main one, first."""
        names = sorted(self.rates.behaviors, key=lambda name: (name != ALIGNMENT_FAKING, name != COMPLIANCE))
        return tuple(_curve(self, name) for name in names)

    def in_order(self, shown: str) -> tuple[str, ...]:
        """The behaviors as panes list them; of more than two, the one that the list shows comes first.

        So it is in view where there is no room for all.
        """
        names = [curve.behavior for curve in self.curves]
        return tuple(sorted(names, key=lambda name: name != shown) if len(names) > 2 else names)

    @cached_property
    def turning_points(self) -> frozenset[int]:
        """Sentences that stand out: turning points once importance is estimated, big changes of a rate before."""
        if self.estimates is None:
            return self.big_changes
        return frozenset().union(*(self.estimates.turning_points(name) for name in self.estimates.by_behavior))

    @cached_property
    def tracks(self) -> Mapping[str, Directions]:
        """The directions of each behavior against the noise, without what is known at a cursor; empty before `C`."""
        return {} if self.estimates is None else {name: _track(self, name) for name in self.estimates.by_behavior}

    def mark(self, behavior: str, index: int) -> str:
        """One cell: whether the sentence decides this behavior itself, is a turning point of it, or only of another."""
        if self.rates.decides_itself(behavior, index):
            return FOREGONE
        if self.estimates is None or index not in self.turning_points:
            return " "
        return TURNING_POINT if index in self.estimates.turning_points(behavior) else TURNING_POINT_ELSEWHERE


def load_view(
    store: Store, trace_id: str, annotator: str, settings_id: str | None, judges: Mapping[str, str], trace: Trace | None
) -> TraceView:
    """Read what is in the store now; ``trace`` spares reading the unchanging text again."""
    trace = trace or load_trace(store.read, trace_id)
    held = load_held(store.read, trace_id, annotator)
    in_use = settings_in_use(store.read, trace_id)
    settings = preferred_settings(in_use, settings_id)
    rates = load_rates(store.read, trace_id, settings.id if settings else settings_id or "", judges)
    return TraceView(
        trace=trace,
        annotations=held.annotations,
        unverified=held.unverified,
        rates=rates,
        settings=settings,
        other_settings=tuple(used.id for used in in_use),
        big_changes=frozenset(big_changes(rates, rates.behaviors)),
    )


def with_recycled_rates(store: Store, view: TraceView, tags: tuple[ReasoningTags, ...]) -> TraceView:
    """The same with recycled rollouts counted in the rates; directions stay as they are."""
    from core.resampling.recycling import rates_with_recycled

    return replace(view, rates=rates_with_recycled(store.read, view.trace, view.rates, tags))


def display_texts(trace: Trace) -> tuple[str, ...]:
    """Sentence texts as a terminal may show them."""
    return tuple(visible(sentence.text.strip()) for sentence in trace.sentences)


def sentence_items(
    view: TraceView, texts: Sequence[str], codebook: Codebook, behavior: str
) -> tuple[SentenceItem, ...]:
    """Rows of the sentence list, with the directions of one behavior."""
    items = []
    standing_out = view.turning_points
    for index, text in enumerate(texts):
        tag, flag = view.tag_and_flag(index, codebook)
        items.append(
            SentenceItem(
                index=index,
                text=text,
                tag=tag,
                flag=flag,
                direction=shown_direction(view.known_of(index), behavior, index),
                is_big=index in standing_out,
                mark=view.known_of(index).mark(behavior, index),
            )
        )
    return tuple(items)


def shown_direction(view: TraceView, behavior: str, index: int) -> float | None:
    """The counterfactual direction where it is estimated and defined, else the resampling direction."""
    estimated = view.estimates.of(behavior, index) if view.estimates else None
    if estimated is not None and estimated.deciding.value is not None:
        return estimated.deciding.value
    return view.rates.direction(behavior, index).value


def short_name(behavior: str) -> str:
    """Name of a behavior where room is short: the initials of several words, as AF is, else the word itself."""
    known = SHORT_NAMES.get(behavior)
    if known is not None or len(behavior) <= SHORT_CELLS:
        return known or behavior
    words = [word for word in behavior.split("_") if word]
    return "".join(word[0] for word in words).upper()[:SHORT_CELLS] if len(words) > 1 else clip(behavior, SHORT_CELLS)


def number(rate: float | None) -> str:
    """A rate in four cells, a dash where there is none."""
    return "  — " if rate is None else f"{rate:.2f}"


def counted(rate: PrefixRate | None) -> str:
    """A rate with its counts, as it is always shown."""
    if rate is None or rate.n == 0:
        return "none decided" if rate is not None and undecided(rate) else "not sampled"
    return f"{number(rate.rate)} ({of(rate)})"


def of(rate: PrefixRate) -> str:
    """K of n, and how many of these are recycled."""
    return f"{rate.k}/{rate.n}" + (f", {rate.n_recycled} recycled" if rate.n_recycled else "")


def undecided(rate: PrefixRate) -> int:
    """Rollouts that were drawn but show neither yes nor no."""
    return rate.n_undecided


def curves(view: TraceView, cursor: int, shown: str = "") -> tuple[Curve, ...]:
    """One curve per behavior, with what is known at prefix ``cursor``, in the order of `TraceView.in_order`."""
    built = []
    by_name = {curve.behavior: curve for curve in view.curves}
    for curve in (by_name[name] for name in view.in_order(shown)):
        here = view.rates.rate(curve.behavior, cursor)
        interval = "" if here is None or here.interval is None else "[{:.2f}, {:.2f}]".format(*here.interval)
        told = "hidden" if view.hides_rate(curve.behavior, cursor) else counted(here)
        if told != "hidden" and here is not None and view.rates.is_foregone(curve.behavior, cursor):
            told += f" {FOREGONE}"
        built.append(replace(curve, caption=f"{cursor} → {told}", interval=interval))
    return tuple(built)


def _curve(view: TraceView, behavior: str) -> Curve:
    """The rates of one behavior at every prefix, without a caption."""
    points: list[float | str] = []
    half_widths = []
    for prefix in range(view.trace.n_prefixes):
        rate = view.rates.rate(behavior, prefix)
        half_widths.append(None if rate is None or rate.interval is None else rate.interval.half_width)
        if view.hides_rate(behavior, prefix):
            points.append(HIDDEN)
        elif rate is not None and rate.rate is not None:
            points.append(FOREGONE if view.rates.is_foregone(behavior, prefix) else rate.rate)
        else:
            points.append(UNDECIDED if rate is not None and undecided(rate) else UNSAMPLED)
    return Curve(behavior, short_name(behavior), tuple(points), "", "", tuple(half_widths))


def directions(view: TraceView, behavior: str, cursor: int) -> Directions | None:
    """The directions of one behavior against the noise, with what is known of sentence ``cursor``; None before `C`."""
    track = view.tracks.get(behavior)
    if track is None or view.estimates is None:
        return None
    floor, value = view.estimates.noise(behavior, cursor), track.values[cursor]
    noise = "" if floor is None else f"noise ±{floor:.2f}"
    if not view.is_shown(cursor):
        caption = "hidden"
    elif value is None:
        caption = f"no direction  {noise}".rstrip()
    elif floor is None:
        caption = f"direction {value:+z.2f}"
    else:
        caption = f"direction {value:+z.2f} {'beyond' if cursor in track.beyond else 'within'} {noise}"
    return replace(track, caption=caption, noise=f"{track.name} {noise}" if noise else "")


def _track(view: TraceView, behavior: str) -> Directions:
    """The directions of one behavior, without a caption."""
    assert view.estimates is not None
    sentences = range(len(view.trace.sentences))
    values = tuple(shown_direction(view.known_of(index), behavior, index) for index in sentences)
    floors = (view.estimates.noise(behavior, index) for index in sentences)
    beyond = frozenset(
        index
        for index, (value, floor) in enumerate(zip(values, floors, strict=True))
        if value is not None and floor is not None and abs(value) > floor
    )
    marks = tuple(view.mark(behavior, index) for index in sentences)
    return Directions(short_name(behavior), values, beyond, marks, caption="", noise="")


def next_unlabelled(view: TraceView, cursor: int, step: int) -> int | None:
    """Nearest sentence that is neither labelled nor skipped before (step -1) or after (step 1) the cursor."""
    return next((i for i in _onward(view, cursor, step) if not view.held(i).is_decided), None)


def next_flagged(view: TraceView, cursor: int, step: int) -> int | None:
    """Nearest sentence that is unsure, skipped or not confirmed before (step -1) or after (step 1) the cursor."""
    flagged = (i for i in _onward(view, cursor, step) if i in view.unverified or _is_left(view.held(i)))
    return next(flagged, None)


def _is_left(held: Annotation) -> bool:
    return held.is_unsure or held.is_skipped


def _onward(view: TraceView, cursor: int, step: int) -> range:
    return range(cursor + step, len(view.trace.sentences) if step > 0 else -1, step)


def next_change(view: TraceView, cursor: int, step: int) -> int | None:
    """Nearest turning point, or big change of a rate as long as nothing is estimated."""
    candidates = [i for i in view.turning_points if (i - cursor) * step > 0]
    return min(candidates, key=lambda i: abs(i - cursor), default=None)


def search_pattern(words: str) -> re.Pattern[str] | None:
    """Literal search, blind to case unless a capital letter is typed."""
    if not words:
        return None
    return re.compile(re.escape(words), 0 if words != words.lower() else re.IGNORECASE)


def next_hit(texts: Sequence[str], pattern: re.Pattern[str], cursor: int, step: int) -> int | None:
    """Next text that matches, going round at the ends; None if none does."""
    n = len(texts)
    order = ((cursor + step * offset) % n for offset in range(1, n + 1))
    return next((i for i in order if pattern.search(texts[i])), None)
