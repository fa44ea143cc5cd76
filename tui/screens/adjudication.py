"""Deciding disagreements: the sentences that raters label differently, who says what, and the gold label by one key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.binding import BindingsMap
from textual.containers import Container

from core.annotation.annotation import GOLD, Annotation
from core.annotation.deciding import decided, is_partial, next_open
from core.annotation.disagreement import Disagreement, widest_first
from core.annotation.place import Place
from core.store.gold import adjudicate, load_disagreements, withdraw
from core.store.labels import redo, undo
from core.store.opinions import count_undecided, opinions_version
from core.store.traces import sentence_texts
from tui.actions import ADJUDICATION, bindings_for, category_bindings
from tui.context import Context
from tui.screens.base import ListScreen
from tui.screens.writing import written
from tui.views.annotating import replayed
from tui.views.chrome import category_lines, category_rows, header_line
from tui.views.disagreements import deciding_lines, disagreement_items
from tui.views.numbers import how_many
from tui.widgets.lines import Line, Lines
from tui.widgets.prompt_bar import PromptBar
from tui.widgets.text_list import TextItem, TextList

if TYPE_CHECKING:
    from sqlite_utils import Database

    from core.annotation.history import LabelEvent

POLL_SECONDS = 0.5
FILTERS: Final[dict[str, Callable[[Disagreement], bool]]] = {
    "open": lambda one: one.is_open,
    "partial": is_partial,
    "decided": lambda one: one.gold is not None,
    "all": lambda one: True,
}


class AdjudicationScreen(ListScreen[Place]):
    """Lists disagreements and decides them; dismisses with the place of a sentence that is to be opened.

    What is decided stays in the list until it is filtered again. While the annotator works blind, traces in which they
    have undecided sentences are left out.
    """

    SCOPE = ADJUDICATION
    BINDINGS = bindings_for(ADJUDICATION)  # Textual's own declaration
    DEFAULT_CSS = """
    AdjudicationScreen #panes { layout: vertical; height: 1fr; }
    AdjudicationScreen #panes TextList { height: 2fr; }
    AdjudicationScreen #deciding { height: 3fr; border-top: solid $primary; }
    AdjudicationScreen.-wide #panes { layout: horizontal; }
    AdjudicationScreen.-wide #panes TextList { width: 1fr; height: 100%; }
    AdjudicationScreen.-wide #deciding { width: 1fr; height: 100%; border-top: none; }
    AdjudicationScreen.-wide #deciding { border-left: solid $primary; padding-left: 1; }
    """

    def __init__(self, context: Context, start: Place | None = None) -> None:
        super().__init__()
        self.context = context
        self._bindings = BindingsMap.merge(
            [self._bindings, BindingsMap(category_bindings(ADJUDICATION, context.codebook))]
        )
        self._place = start
        self._by_trace: dict[str, Sequence[Disagreement]] = {}
        self._found: Sequence[Disagreement] = ()
        self._shown: Sequence[Disagreement] = ()
        self._texts: dict[str, tuple[str, ...]] = {}
        self._filter = "open"
        self._is_widest = False
        self._n_hidden = 0
        self._pending: tuple[Place, str] | None = None
        self._versions: tuple[int, ...] = ()

    def compose(self) -> ComposeResult:
        """Header, list and what is known of one, category keys, status."""
        yield Lines(self._header, id="header").add_class("row")
        with Container(id="panes"):
            yield TextList()
            yield Lines(self._deciding, id="deciding")
        yield Lines(self._categories, id="categories").add_class("row")
        yield Lines(self.status_lines, id="status").add_class("row")
        yield PromptBar()

    def on_mount(self) -> None:
        """Show what is disagreed on, from the sentence on that was left."""
        with self.reading():
            self._read()
            if not any(map(FILTERS["open"], self._found)):
                self._filter = "all"
            self._show_filtered()
            self.say("a category key decides; then the reason is asked for.")
            self._say_if_empty()
        self.set_interval(POLL_SECONDS, self._poll)

    def on_resize(self) -> None:
        """Another width may take another number of rows for the keys."""
        super().on_resize()
        self.query_one("#categories").styles.height = category_rows(self.context.codebook, self.size.width)

    def _poll(self) -> None:
        with self.reading():
            store = self.context.store
            # Rollouts that land change the first number, and no rating.
            if store.data_version() == self._versions[0]:
                return
            if opinions_version(store.read) == self._versions[1:]:
                self._versions = (store.data_version(), *self._versions[1:])
            else:
                self._reload()

    def _read(self, trace_id: str | None = None) -> None:
        """Read what all say; of one trace, at once after a key, and the rest with the next tick."""
        context = self.context
        connection = context.store.read
        if trace_id in self._by_trace:
            self._by_trace[trace_id] = load_disagreements(connection, (trace_id,))
        else:
            self._versions = (context.store.data_version(), *opinions_version(connection))
            of_trace = groupby(load_disagreements(connection), key=lambda one: one.place.trace_id)
            self._by_trace = {name: tuple(found) for name, found in of_trace}
        is_blind = context.blind.is_on
        hidden = [n for n in self._by_trace if is_blind and count_undecided(connection, n, context.annotator)]
        self._n_hidden = len(hidden)
        found = [one for name, of_one in self._by_trace.items() if name not in hidden for one in of_one]
        self._found = widest_first(found) if self._is_widest else found
        for name in self._by_trace:
            if name not in self._texts:
                self._texts[name] = sentence_texts(connection, name)

    def _reload(self, trace_id: str | None = None) -> None:
        """Read again, or only of one trace, keep the rows, and repaint what is different."""
        self._read(trace_id)
        before = [one.place for one in self._shown]
        kept = set(before)
        self._shown = [one for one in self._found if one.place in kept or FILTERS[self._filter](one)]
        if [one.place for one in self._shown] == before:
            self._list.update_items(self._items())
        else:
            self._list.replace(self._items(), self._index_of(self._place))
        self.repaint()

    def _show_filtered(self) -> None:
        """Show what passes the filter, at the sentence that the cursor was on last or near it."""
        self._shown = [one for one in self._found if FILTERS[self._filter](one)]
        self._list.replace(self._items(), self._index_of(self._place))
        self.repaint()

    def _index_of(self, place: Place | None) -> int:
        """Where a sentence is in the list, or else the next one of its trace, or the first of all."""
        places = [one.place for one in self._shown]
        if place is None:
            return 0
        after = (i for i, p in enumerate(places) if p.trace_id == place.trace_id and p >= place)
        return places.index(place) if place in places else next(after, 0)

    def _items(self) -> list[TextItem]:
        texts = [self._texts[one.place.trace_id][one.place.sentence_idx] for one in self._shown]
        return disagreement_items(self._shown, texts, self.context.codebook)

    @property
    def _list(self) -> TextList:
        return self.query_one(TextList)

    @property
    def _current(self) -> Disagreement | None:
        return self._shown[self.items.cursor] if self._shown else None

    def repaint(self) -> None:
        """Follow the cursor with who says what."""
        super().repaint()
        if self._current is not None:
            self._place = self._current.place
        for row in ("#header", "#deciding", "#categories"):
            self.query_one(row, Lines).repaint()

    def _header(self, width: int, height: int) -> list[Line]:
        n_decided, n = decided(self._found)
        hidden = f"blind: {how_many(self._n_hidden, 'trace')} left out" if self._n_hidden else ""
        order = "most divided first" if self._is_widest else ""
        shown = f"{len(self._shown)} shown: {self._filter}"
        return [header_line(["turnpoint", "disagreements", shown, order, hidden], f"{n_decided}/{n} decided", width)]

    def _deciding(self, width: int, height: int) -> list[Line]:
        one = self._current
        if one is None:
            return []
        texts = self._texts[one.place.trace_id]
        return deciding_lines(one, texts, self.context.codebook, width, height)

    def _categories(self, width: int, height: int) -> list[Line]:
        codebook, keys = self.context.codebook, self.context.keys
        shown = {category.name: keys[f"label.{category.name}"][0] for category in codebook.categories}
        gold = self._current.gold if self._current else None
        held = Annotation() if gold is None else Annotation(gold.category, gold.secondary)
        given = [one.gold.category for one in self._found if one.gold is not None]
        return category_lines(codebook, shown, held, given, width)

    def _say_if_empty(self) -> None:
        if self._shown:
            return
        if self._n_hidden:
            self.say(f"blind: {how_many(self._n_hidden, 'trace')} left out, in which you have undecided sentences.")
        elif self._found:
            self.say(f"nothing is {self._filter}; Tab shows others.")
        else:
            self.say("no disagreements: no two annotators have labelled a sentence differently yet.")

    def action_cycle_filter(self) -> None:
        """Show what is open, partial, decided, or all."""
        names = list(FILTERS)
        self._filter = names[(names.index(self._filter) + 1) % len(names)]
        self.say("")
        self._show_filtered()
        self._say_if_empty()

    def action_sort(self) -> None:
        """Put what divides most raters first, or go by position again."""
        self._is_widest = not self._is_widest
        self._read()
        self._show_filtered()
        self.say("most raters and most even split first." if self._is_widest else "by position in the traces.")

    def action_next_open(self, step: int) -> None:
        """To the nearest that nobody has decided."""
        index = next_open(self._shown, self.items.cursor, step)
        if index is None:
            self.say("no other disagreement is open.")
        else:
            self.go(index)

    def action_label(self, category: str) -> None:
        """Ask why this is the gold label; a reason that was given for it stands there already."""
        one = self._current
        if one is None:
            return
        self._pending = (one.place, category)
        is_same = one.gold is not None and one.gold.category == category
        reason = one.gold.reason if one.gold is not None and is_same else ""
        self.bar.ask_lines("reason", f"why {category}:", reason, "Enter decides, Esc leaves")

    def answer(self, purpose: str, text: str) -> None:
        """Decide, for this reason."""
        if purpose == "reason" and self._pending is not None:
            self._decide(*self._pending, text)

    def _decide(self, place: Place, category: str, reason: str) -> None:
        context = self.context

        def job(db: Database) -> tuple[LabelEvent, ...]:
            event = adjudicate(db, context.annotator, *place, category, reason, context.codebook)
            return () if event is None else (event,)

        if written(self, context.store.write(job)) is None:
            return
        self._reload(place.trace_id)
        index = next_open(self._shown, self._index_of(place))
        if index is not None:
            self.go(index)
        n_decided, n = decided(self._found)
        left = "all are decided." if n_decided == n else f"{n - n_decided} left."
        self.say(f"sentence {place.sentence_idx} of {place.trace_id} is {category}; {left}")

    def action_withdraw(self) -> None:
        """Take the gold label off."""
        one, context = self._current, self.context
        if one is None or one.gold is None:
            self.say("nobody has adjudicated this sentence.")
            return

        def job(db: Database) -> tuple[LabelEvent, ...]:
            event = withdraw(db, context.annotator, *one.place, context.codebook)
            return () if event is None else (event,)

        if written(self, context.store.write(job)) is not None:
            self._reload(one.place.trace_id)
            self.say(f"sentence {one.place.sentence_idx} of {one.place.trace_id} is open to decide again.")

    def action_undo(self) -> None:
        """Take back the last decision, whoever made it."""
        self._replay(undo, "undid", "no decision to undo.")

    def action_redo(self) -> None:
        """Make the decision again that was taken back last."""
        self._replay(redo, "redid", "no decision to redo.")

    def _replay(self, job: Callable[[Database, str], tuple[LabelEvent, ...]], verb: str, otherwise: str) -> None:
        events = written(self, self.context.store.write(lambda db: job(db, GOLD)))
        if events is None:
            return
        if not events:
            self.say(otherwise)
            return
        place = Place(events[0].trace_id, events[0].sentence_idx)
        self._reload(place.trace_id)
        if place not in [one.place for one in self._shown]:
            self._filter = "all"
            self._show_filtered()
        self.go(self._index_of(place))
        self.say(f"{replayed(verb, events)} in {place.trace_id}")

    def action_back(self) -> None:
        """Leave the question, and nothing is decided; then the screen."""
        was_asked, self._pending = self.bar.is_open, None
        super().action_back()
        if was_asked:
            self.say("nothing was decided.")

    def action_read(self) -> None:
        """Open the sentence in its trace."""
        if self._current is not None:
            self.dismiss(self._current.place)

    def action_open(self) -> None:
        """Open the sentence in its trace."""
        self.action_read()
