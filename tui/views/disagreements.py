"""Disagreements as rows and panes: who says what of a sentence, and what was decided. No Textual here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from core.annotation.codebook import Codebook
from core.annotation.deciding import is_partial
from core.annotation.disagreement import Disagreement, Opinion
from core.annotation.gold import GoldLabel
from core.sanitize import visible_line
from tui.palette import BOLD, CURSOR, DIM, LABEL, PLAIN
from tui.widgets.lines import Line, Piece
from tui.widgets.text_list import TextItem
from tui.widgets.wrapping import clip, clip_inside, wrap

OPEN, PARTIAL, DECIDED, CHANGED = "≠", "~", "✓", "!"
"""Nobody has decided; only secondary categories differ; decided; decided, and somebody relabelled since."""

MOST_TRACE_CELLS = 16
MOST_TAGS_CELLS = 40
LAST_OF_ID = 4
TAG_CELLS = 3
RATER_CELLS = 8
CHARACTERS_OF_SENTENCE = 200
"""A row of the list shows no more, and wrapping all of a long sentence takes time."""
ROWS_OF_SENTENCE = 8


def sign(one: Disagreement) -> str:
    """One cell that tells how far a disagreement is."""
    if one.gold is not None:
        return CHANGED if one.gold.changed_since else DECIDED
    return PARTIAL if is_partial(one) else OPEN


def state(one: Disagreement) -> str:
    """The same in a word."""
    return {OPEN: "open", PARTIAL: "partial", DECIDED: "decided", CHANGED: "changed since"}[sign(one)]


def tags_by_rater(opinions: Iterable[Opinion], codebook: Codebook, most_cells: int | None = None) -> str:
    """Each rater with the tag of what they say, the secondary one after a plus; names cut to ``most_cells``."""
    said = []
    for one in opinions:
        name, second = visible_line(one.rater), f"+{codebook.tag(one.secondary)}" if one.secondary else ""
        name = name if most_cells is None else clip(name, most_cells)
        said.append(f"{name} {visible_line(codebook.tag(one.category) + second)}")
    return "  ".join(said)


def disagreement_items(found: Sequence[Disagreement], texts: Sequence[str], codebook: Codebook) -> list[TextItem]:
    """Rows of the list: how far it is, trace, sentence, gold label, who says what, and the sentence, column by column.

    ``texts`` are the raw sentences, one for each disagreement.
    """
    names = [clip_inside(visible_line(one.place.trace_id), MOST_TRACE_CELLS, LAST_OF_ID) for one in found]
    said = [clip(tags_by_rater(one.opinions, codebook, RATER_CELLS), MOST_TAGS_CELLS) for one in found]
    cells = max(map(cell_len, names), default=0), max(map(cell_len, said), default=0)
    return [_item(*row, codebook, cells) for row in zip(found, texts, names, said, strict=True)]


def _item(one: Disagreement, text: str, name: str, said: str, codebook: Codebook, cells: tuple[int, int]) -> TextItem:
    style = PLAIN if one.is_open else DIM
    gold = visible_line(codebook.tag(one.gold.category)) if one.gold is not None else ""
    head = (
        (f"{sign(one)} ", BOLD if one.is_open else DIM),
        (f"{_filled(name, cells[0])} {one.place.sentence_idx:>3} ", style),
        (f"{gold:<{TAG_CELLS}} ", LABEL + BOLD),
        (_filled(said, cells[1]) + "  ", LABEL),
    )
    return TextItem(visible_line(text.strip()[:CHARACTERS_OF_SENTENCE]), head, max_rows=1, style=style)


def _filled(text: str, cells: int) -> str:
    return text + " " * (cells - cell_len(text))


def deciding_lines(one: Disagreement, texts: Sequence[str], codebook: Codebook, width: int, height: int) -> list[Line]:
    """The sentence among its neighbours, what each rater says of it, with definitions, and what was decided.

    ``texts`` are the raw sentences of the trace. Definitions are cut to a row each where they do not fit.
    """
    top = _in_context(one.place.sentence_idx, texts, width, max(1, min(ROWS_OF_SENTENCE, height // 3)))
    spacious = [*top, [], *_said(one, codebook, width, is_brief=False)]
    if len(spacious) <= height:
        return spacious
    lines = [*top, *_said(one, codebook, width, is_brief=True)]
    if len(lines) > height:
        lines = [*lines[: max(0, height - 1)], [(clip("… Enter opens the trace", width), DIM)]]
    return lines


def _in_context(index: int, texts: Sequence[str], width: int, rows_of_text: int) -> list[Line]:
    before = _neighbour(index - 1, texts, width)
    after = _neighbour(index + 1, texts, width)
    if not index < len(texts):
        return []
    text, indent = visible_line(texts[index].strip()), 5
    rows = wrap(text, width - indent)
    shown = [text[row.start : row.end] for row in rows[:rows_of_text]]
    if len(rows) > rows_of_text:
        shown[-1] = clip(text[rows[rows_of_text - 1].start :], width - indent)
    own: list[Line] = [[(f"▌{index if n == 0 else '':>3} ", CURSOR), (row, BOLD)] for n, row in enumerate(shown)]
    return [*before, *own, *after]


def _neighbour(index: int, texts: Sequence[str], width: int) -> list[Line]:
    if not 0 <= index < len(texts):
        return []
    return [[(clip(f" {index:>3} {visible_line(texts[index].strip())}", width), DIM)]]


def _said(one: Disagreement, codebook: Codebook, width: int, *, is_brief: bool) -> list[Line]:
    """Category by category: what it means, and who gives it; then the suggestions, and the gold label."""
    lines: list[Line] = []
    definitions = {category.name: category.definition for category in codebook.categories}
    for name, opinions in one.by_category.items():
        meaning = f"{visible_line(name)}: {visible_line(definitions.get(name, 'not in this codebook.'))}"
        tag = f"{visible_line(codebook.tag(name)):<{TAG_CELLS}}  "
        lines += _hanging(tag, meaning, width, is_brief=is_brief)
        for opinion in opinions:
            lines += _hanging("  ", _told(opinion), width, is_brief=is_brief)
    if one.beside:
        told = ", ".join(_suggested(opinion) for opinion in one.beside)
        lines += _hanging("beside: ", told, width, is_brief=is_brief)
    if one.gold is not None:
        lines += _hanging("gold: ", _decided(one.gold), width, is_brief=is_brief)
    return lines


def _hanging(head: str, text: str, width: int, *, is_brief: bool) -> list[Line]:
    """Text after a head, its further rows indented as far; in brief, one row of it."""
    first: Piece = (head, LABEL)
    if is_brief:
        return [[first, (clip(text, width - len(head)), PLAIN)]]
    rows = wrap(text, width - len(head))
    return [[first if n == 0 else (" " * len(head), PLAIN), (text[r.start : r.end], PLAIN)] for n, r in enumerate(rows)]


def _told(opinion: Opinion) -> str:
    """Who says it, with what second, in doubt or not, how, and the note."""
    second = f"+ {opinion.secondary}" if opinion.secondary else ""
    how = [
        second,
        "unsure" if opinion.is_unsure else "",
        "blind" if opinion.is_blind else "",
        "" if opinion.seconds is None else f"{opinion.seconds:.0f} s",
    ]
    told = "  ".join(filter(None, [opinion.rater, *how]))
    return visible_line(f"{told}: {opinion.note}" if opinion.note else told)


def _suggested(opinion: Opinion) -> str:
    sure = "" if opinion.confidence is None else f" {opinion.confidence:.2f}"
    return visible_line(f"{opinion.rater} ({opinion.kind}) {opinion.category}{sure}")


def _decided(gold: GoldLabel) -> str:
    second = f" + {gold.secondary}" if gold.secondary else ""
    reason = f": {gold.reason}" if gold.reason else ", without a reason"
    since = f"; changed since: {', '.join(gold.changed_since)}" if gold.changed_since else ""
    return visible_line(f"{gold.category}{second} by {gold.decided_by or 'nobody known'}{reason}{since}")
