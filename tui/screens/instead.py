"""What was said instead of a sentence: the groups with their rates; each opens its rollouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from core.analysis.counts import Count
from core.sanitize import visible_line
from core.store.database import Store
from tui.actions import INSTEAD, bindings_for
from tui.clipboard import copy
from tui.palette import BOLD, DIM, PLAIN, behavior_style
from tui.screens.rollouts import RolloutsScreen, Subset
from tui.screens.searched import SearchedScreen
from tui.views.chrome import header_line
from tui.views.instead import behaviors_of, counted, groups_of, measured, wording
from tui.views.numbers import how_many
from tui.views.session import TraceView, short_name
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.prompt_bar import PromptBar
from tui.widgets.text_list import TextItem, TextList
from tui.widgets.wrapping import clip, wrap

if TYPE_CHECKING:
    from core.analysis.instead import Alternative, Alternatives

COUNT_CELLS = 8
TITLE_CELLS = 26


class InsteadScreen(SearchedScreen[None]):
    """The groups as they were compared: rollouts that land meanwhile are in none of them."""

    SCOPE = INSTEAD
    NO_HIT = "no group is worded like that."
    BINDINGS = bindings_for(INSTEAD)  # Textual's own declaration
    DEFAULT_CSS = """
    InsteadScreen TextList { height: 1fr; }
    InsteadScreen #group { height: 7; border-top: solid $primary; }
    """

    def __init__(self, store: Store, view: TraceView, said: Alternatives) -> None:
        super().__init__()
        self._store, self._view, self._said = store, view, said
        self._groups = groups_of(said)
        self._behaviors = behaviors_of(said)

    def compose(self) -> ComposeResult:
        """Header, the sentence, column names, groups, what is known of one, status."""
        yield Lines(self._header, id="header").add_class("row")
        yield Lines(self._sentence, id="sentence").add_class("row")
        yield Lines(self._columns, id="columns").add_class("row")
        yield TextList()
        yield Lines(self._group, id="group")
        yield Lines(self.status_lines, id="status").add_class("row")
        yield PromptBar()

    def on_mount(self) -> None:
        """Fill the list, once and for all."""
        self.query_one(TextList).replace([self._item(group) for group in self._groups])
        self.repaint()

    def repaint(self) -> None:
        """Follow the cursor with what is known of the group."""
        super().repaint()
        self.query_one("#group", Lines).repaint()

    def _header(self, width: int, height: int) -> list[Line]:
        said = self._said
        counts = f"{said.n_rollouts} rollouts, {said.n_same} the same"
        parts = [self._view.trace.id, f"instead of sentence {said.sentence_idx}", counts]
        return [header_line(parts, how_many(len(said.others), "group"), width)]

    def _sentence(self, width: int, height: int) -> list[Line]:
        text = self._view.trace.sentences[self._said.sentence_idx].text.strip()
        return [[(clip(f"instead of: {visible_line(text)}", width), DIM)]]

    def _columns(self, width: int, height: int) -> list[Line]:
        names = "".join(f"{short_name(name)[: COUNT_CELLS - 1]:>{COUNT_CELLS}}" for name in self._behaviors)
        return [[(f"    n{names}  wordings  said", DIM)]]

    def _item(self, group: Alternative) -> TextItem:
        head: list[Piece] = [(f"{group.n:>3}x", BOLD)]
        head += [(f"{counted(group.outcomes[name]):>{COUNT_CELLS}}", behavior_style(name)) for name in self._behaviors]
        head.append((f"{group.n_wordings:>10}  ", PLAIN))
        same = "the same: " if group is self._said.same else ""
        return TextItem(f"{same}{wording(group)}", tuple(head), max_rows=2)

    def _group(self, width: int, height: int) -> list[Line]:
        """The group's rates beside those where the sentence is kept, then its words."""
        group = self._groups[self.items.cursor]
        lines: list[Line] = []
        for name in self._behaviors:
            kept = self._view.rates.rate(name, self._said.sentence_idx + 1)
            beside = "" if kept is None else f"   where it is kept {measured(Count(kept.k, kept.n))}"
            label = f"{short_name(name):<7}"[:7] + " "
            lines.append([(label, behavior_style(name) + BOLD), (measured(group.outcomes[name]) + beside, PLAIN)])
        text = wording(group)
        lines += [[(text[row.start : row.end], PLAIN)] for row in wrap(text, width)]
        if len(lines) > height:
            lines = [*lines[: height - 1], [("… Enter opens the rollouts", DIM)]]
        return lines

    def action_read(self) -> None:
        """Browse the rollouts of the group."""
        view, index = self._view, self._said.sentence_idx
        assert view.settings is not None
        group = self._groups[self.items.cursor]
        how = "the same as" if group is self._said.same else "instead of"
        subset = Subset(f"{how} {index}: {clip(wording(group), TITLE_CELLS)}", frozenset(group.rollout_ids))
        screen = RolloutsScreen(self._store, view.trace, view.settings.id, index, view.rates.judges, subset)
        self.app.push_screen(screen)

    def action_copy(self) -> None:
        """Copy the wording."""
        self.say(copy(self.app, self._groups[self.items.cursor].text))
