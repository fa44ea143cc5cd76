"""The codebook in pages, as the panel beside a trace shows it: all categories first, then each in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from core.annotation.codebook import Category, Codebook
from core.sanitize import visible_line
from tui.actions import LABEL, shown
from tui.palette import BOLD, DIM, PLAIN, label_style
from tui.views.numbers import how_many
from tui.widgets.lines import Line, Piece
from tui.widgets.wrapping import clip, wrap

if TYPE_CHECKING:
    from rich.style import Style

INCLUDED, EXCLUDED, EXAMPLE = "+ ", "- ", "» "
"""What belongs in a category, what does not, and a sentence that does."""

NAMES_ALIGNED = 72
"""Cells from which on definitions stand under one another."""


class Place(NamedTuple):
    """A category, None being all of them, and how many pages about it come before."""

    category: str | None
    part: int = 0


FEWEST_BESIDE = 16
"""Cells beside a name below which its definition stands under it."""


@dataclass(frozen=True)
class Page:
    """Rows of the panel, and what they are about."""

    place: Place
    rows: tuple[Line, ...]


def pages(codebook: Codebook, keys: Mapping[str, tuple[str, ...]], width: int, height: int) -> tuple[Page, ...]:
    """The codebook on pages of ``height`` rows at most: all categories by precedence, then each with its rules.

    ``keys`` are those of all actions, by id. Under a category that leaves the room for it stand all others in brief.
    """
    height = max(1, height)
    brief = [_brief(codebook, category, keys, width) for category in codebook.categories]
    spelled = [row for category in codebook.categories for row in _spelled(category, keys, width)]
    overview = spelled if len(spelled) <= height else brief
    found = list(_cut(None, overview, height))
    for place, category in enumerate(codebook.categories):
        rows = list(_in_full(codebook, place, category, keys, width))
        if len(rows) + 1 + len(brief) <= height:
            rows += [[], *brief]
        found += _cut(category.name, rows, height)
    return tuple(found)


def page_at(found: Sequence[Page], place: Place) -> int:
    """The page of a place, else the last one about its category; where there is none, the first of all."""
    about = [index for index, page in enumerate(found) if page.place.category == place.category]
    return about[min(place.part, len(about) - 1)] if about else 0


def turned(found: Sequence[Page], place: Place, step: int) -> Place:
    """The place so many pages on, going round at the ends."""
    return found[(page_at(found, place) + step) % len(found)].place


def panel_lines(
    codebook: Codebook, keys: Mapping[str, tuple[str, ...]], found: Sequence[Page], place: Place, width: int
) -> list[Line]:
    """The page of a place under a row that says which one it is, and how to turn it."""
    at = page_at(found, place)
    turn = shown([keys["codebook_previous"][0], keys["codebook_next"][0]])
    where = f"{at + 1}/{len(found)}  {turn} turn, {shown(keys['codebook'][:1])} hides"
    category, part = found[at].place
    about = f"{category}, continued" if category is not None and part else f"codebook {codebook.version}"
    title = clip(visible_line(about), max(0, width - len(where) - 2))
    return [[(title, BOLD), ("  ", PLAIN), (clip(where, max(0, width - len(title) - 2)), DIM)], *found[at].rows]


def _brief(codebook: Codebook, category: Category, keys: Mapping[str, tuple[str, ...]], width: int) -> Line:
    """A category on one row."""
    longest = max(len(one.name) for one in codebook.categories) if width >= NAMES_ALIGNED else 0
    head = _head(category, keys, longest)
    room = width - sum(len(text) for text, _ in head) - 2
    return [*head, ("  ", PLAIN), (clip(visible_line(category.definition), room), DIM)]


def _spelled(category: Category, keys: Mapping[str, tuple[str, ...]], width: int) -> Iterator[Line]:
    """A category with its whole definition beside and below its name."""
    head = _head(category, keys)
    used = len(head[-1][0]) - 1
    indent = sum(len(text) for text, _ in head) - used
    if indent + used + FEWEST_BESIDE > width:
        yield head
        yield from _paragraph(" " * indent, category.definition, width, DIM)
        return
    # The name takes its place in the text that is broken into rows, and is drawn in its own style.
    text = " " * used + "  " + visible_line(category.definition)
    for row in _wrapped(text, width - indent):
        yield [*head, (text[used : row[1]], DIM)] if row[0] == 0 else [(" " * indent + text[slice(*row)], DIM)]


def _in_full(
    codebook: Codebook, place: int, category: Category, keys: Mapping[str, tuple[str, ...]], width: int
) -> Iterator[Line]:
    """A category with its rules and examples."""
    yield from _spelled(category, keys, width)
    higher = [one.tag for one in codebook.categories[:place]]
    wins = f"where two fit, it gives way to {' '.join(higher)}" if higher else "where two fit, this one wins"
    yield from _paragraph("", wins, width, DIM)
    for mark, texts, style in (
        (INCLUDED, category.include, PLAIN),
        (EXCLUDED, category.exclude, PLAIN),
        (EXAMPLE, category.examples, DIM),
    ):
        for text in texts:
            yield from _paragraph(mark, text, width, style)


def _head(category: Category, keys: Mapping[str, tuple[str, ...]], cells: int = 0) -> list[Piece]:
    key = shown(keys[LABEL + category.name][:1])
    return [
        (f"{key} ", BOLD),
        (category.tag, label_style(category.colour)),
        (f" {visible_line(category.name):<{cells}}", BOLD),
    ]


def _paragraph(mark: str, text: str, width: int, style: Style) -> Iterator[Line]:
    text = visible_line(text)
    for number, row in enumerate(_wrapped(text, width - len(mark))):
        yield [(mark if number == 0 else " " * len(mark), BOLD), (text[slice(*row)], style)]


def _wrapped(text: str, width: int) -> list[tuple[int, int]]:
    return [(row.start, row.end) for row in wrap(text, width)]


def _cut(category: str | None, rows: Sequence[Line], height: int) -> Iterator[Page]:
    for part, start in enumerate(range(0, len(rows), height)):
        yield Page(Place(category, part), tuple(rows[start : start + height]))


def given_before(counts: Mapping[str, int], codebooks: Mapping[str, Codebook], codebook: Codebook) -> str:
    """That labels were given under other codebooks, in one sentence; empty where none were."""
    if not counts:
        return ""
    named = " and ".join(
        f"{n} under {codebooks[name].title if name in codebooks else name[:8]}" for name, n in counts.items()
    )
    total = how_many(sum(counts.values()), "label")
    verb = "was" if sum(counts.values()) == 1 else "were"
    return f"{total} of yours {verb} given before {codebook.title}: {named}; `turnpoint codebook map` maps them."


def given_elsewhere(n: int, codebook: Codebook) -> str:
    """That categories of a table are those of several codebooks, in one sentence."""
    labels = f"{how_many(n, 'label')} of the database {'was' if n == 1 else 'were'} given under other codebooks"
    return f"{labels} than {codebook.title}; categories keep the names they had then (`turnpoint codebook list`)."
