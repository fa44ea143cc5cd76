"""Choosing a trace: all traces of the database, with what has been done on each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.app import ComposeResult

from core.annotation.place import Place
from core.behaviors.outcome import ALIGNMENT_FAKING, YES
from core.errors import TurnpointError
from core.sanitize import visible_line
from core.store.database import Store
from core.store.positions import save_position
from core.store.traces import TraceSummary, find_in_sentences, list_traces, load_trace
from core.traces.model import Trace
from tui.actions import PICKER, bindings_for
from tui.context import context_of
from tui.palette import DIM, LABEL, PLAIN, behavior_style
from tui.screens.base import ListScreen
from tui.screens.resampling import preview_note, read_top_up
from tui.views.chrome import header_line
from tui.views.deleting import what_goes, what_hangs, what_stays, where_kept
from tui.views.numbers import how_many
from tui.views.wording import NO_PROMPT, came_out
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.prompt_bar import PromptBar
from tui.widgets.text_list import TextItem, TextList
from tui.widgets.wrapping import clip, clip_inside
from tui.workers.resampler import RunStatus

if TYPE_CHECKING:
    from core.store.deleting import Deletion

POLL_SECONDS = 0.5
MOST_ID_CELLS = 28
MOST_BESIDE_ANSWERS = 26
"""Cells of an id where answers are shown: at 80 columns both fit."""
LAST_OF_ID = 2
"""Characters at the end of an id that stay where it is cut: the number of a collected answer."""
MOST_ANSWER_CELLS = 12
MOST_AT_ONCE = 40
"""Traces that one key resamples: what they would take is reckoned anew with every digit that is typed."""


class PickerScreen(ListScreen[str]):
    """Lists the traces; dismisses with the id of the one chosen."""

    SCOPE = PICKER
    BINDINGS = bindings_for(PICKER)  # Textual's own declaration

    def __init__(self, store: Store, current: str | None) -> None:
        super().__init__()
        self._store = store
        self._current = current
        self._words = ""
        self._answer = ""
        self._answers: Sequence[str] = ()
        self._chosen: Sequence[Trace] = ()
        self._doomed: Deletion | None = None
        self._shown: Sequence[TraceSummary] = ()
        self._version = -1

    def compose(self) -> ComposeResult:
        """Header, column names, traces, status."""
        yield Lines(self._header, id="header").add_class("row")
        yield Lines(self._columns, id="columns").add_class("row")
        yield TextList()
        yield Lines(self.status_lines, id="status").add_class("row")
        yield PromptBar()

    def on_mount(self) -> None:
        """Show the traces, and those that other processes add."""
        with self.reading():
            self._load(self._current)
        self.set_interval(POLL_SECONDS, self._poll)

    def _poll(self) -> None:
        with self.reading():
            if self._store.data_version() != self._version:
                chosen = self._shown[self.items.cursor].id if self._shown else None
                self._load(chosen)

    def _load(self, chosen: str | None) -> None:
        self._version = self._store.data_version()
        summaries = list_traces(self._store.read)
        self._answers = answers_in_order(summaries)
        if self._answer:
            summaries = [s for s in summaries if came_out(s.outcomes) == self._answer]
        if self._words:
            words = self._words.lower()
            in_text = {trace_id for trace_id, _ in find_in_sentences(self._store.read, self._words)}
            summaries = [s for s in summaries if words in _fields(s).lower() or s.id in in_text]
        if summaries == self._shown and self.items.count:
            return
        was_empty, self._shown = not self._shown, summaries
        cursor = next((i for i, s in enumerate(summaries) if s.id == chosen), 0)
        id_cells, answer_cells = _id_cells(summaries, self._answers), _answer_cells(self._answers)
        self.query_one(TextList).replace([_item(summary, id_cells, answer_cells) for summary in summaries], cursor)
        self.query_one("#header", Lines).repaint()
        self.query_one("#columns", Lines).repaint()
        if not summaries:
            self.say(
                f"no trace holds {self._words!r}; / with nothing typed shows all."
                if self._words
                else "no traces yet: `turnpoint import FILE` adds some, and they appear here."
            )
        elif was_empty:
            self.say("")

    def _header(self, width: int, height: int) -> list[Line]:
        found = f"holding {self._words!r}" if self._words else ""
        answer = f"answer: {self._answer}" if self._answer else ""
        names = ["turnpoint", self._store.path.name, answer, found]
        right = [how_many(len(self._shown), "trace"), context_of(self).resampler.status.text]
        return [header_line(names, "  ".join(filter(None, right)), width)]

    def _columns(self, width: int, height: int) -> list[Line]:
        name = "trace".ljust(_id_cells(self._shown, self._answers))
        cells = _answer_cells(self._answers)
        answer = f"{'answer':<{cells}}  " if cells else ""
        counts = f"{'sent.':>5} {'labels':>6} {'rollouts':>8}"
        return [[(f"  {name} {'tier':<5} {'variant':<9} {counts}  {answer}query", DIM)]]

    def answer(self, purpose: str, text: str) -> None:
        """Filter by words in the trace's fields or sentences, resample what is listed, or delete a trace."""
        if purpose == "resample":
            self._resample(text)
            return
        if purpose == "delete":
            agreed, self._doomed = self._doomed, None
            if agreed is not None and text.strip().lower() == "yes":
                self.run_worker(self._delete(agreed), group="delete", exit_on_error=False)
            else:
                self.say("nothing was deleted.")
            return
        self._words = text.strip()
        self._load(self._current)

    def edited(self, purpose: str, text: str) -> None:
        """Show what resampling would take while its size is typed."""
        if purpose == "resample":
            self.bar.note(preview_note(self._store, context_of(self).resampler, self._chosen, "all", text))

    def action_resample_all(self) -> None:
        """Ask how many rollouts every prefix of the traces that are listed shall have."""
        n = len(self._shown)
        if n > MOST_AT_ONCE:
            self.say(f"{MOST_AT_ONCE} traces at most: f or / lists fewer, `turnpoint resample --behavior` takes more.")
        elif n:
            context = context_of(self)
            context.resampler.warm_up()
            with self.reading():
                self._chosen = [load_trace(self._store.read, summary.id) for summary in self._shown]
                self.bar.ask("resample", f"rollouts at {how_many(n, 'trace')}:", f"{context.default_n}")
                self.edited("resample", f"{context.default_n}")

    def _resample(self, text: str) -> None:
        try:
            self.launch(read_top_up(context_of(self).resampler, self._chosen, "all", text))
        except TurnpointError as error:
            self.say(str(error))

    def action_delete(self) -> None:
        """Ask whether the trace under the cursor shall go, with what hangs on it."""
        from core.store.deleting import weigh, whole

        if not self._shown:
            return
        trace_id = self._shown[self.items.cursor].id
        if any(getattr(screen, "trace_id", None) == trace_id for screen in self.app.screen_stack):
            self.say(f"{trace_id} is open; open another trace first, and delete this one then.")
            return
        with self.reading():
            self._doomed = weigh(self._store.read, whole(self._store.read, [trace_id]))
            self.bar.ask("delete", "delete it? type yes:", "", what_hangs(self._doomed))

    async def _delete(self, deletion: Deletion) -> None:
        from core.store.backup import backup_path
        from core.store.deleting import delete

        backup = backup_path(self._store.path) if deletion.is_precious else None
        try:
            await asyncio.to_thread(delete, self._store, deletion, backup)
        except TurnpointError as error:
            self.say(str(error))
            return
        with self.reading():
            self._load(None)
        gone = f"deleted {', '.join(deletion.doomed.trace_ids)}: {what_goes(deletion)}; {where_kept(backup)}."
        self.say(f"{gone} {what_stays(deletion)}".rstrip())

    def action_cancel(self) -> None:
        """Stop the run."""
        self.say(context_of(self).resampler.cancel())

    def show_run(self, status: RunStatus) -> None:
        """Show how the run goes."""
        self.tell_run(status)

    def action_cycle_filter(self) -> None:
        """Show the traces of one outcome after the other, alignment faking first, and then all again."""
        if not self._answers:
            self.say("no trace here was made of a collected answer; `turnpoint collect` makes some.")
            return
        order = ["", *self._answers]
        place = order.index(self._answer) if self._answer in order else 0
        self._answer = order[(place + 1) % len(order)]
        self._load(None)

    def action_read(self) -> None:
        """Open the trace under the cursor."""
        if self._shown:
            self.dismiss(self._shown[self.items.cursor].id)

    def action_summary(self) -> None:
        """Analyse all traces together."""
        from tui.screens.summary import SummaryScreen

        self.app.push_screen(SummaryScreen(), self._opened)

    def action_agreement(self) -> None:
        """Show how far annotators agree."""
        from tui.screens.agreement import AgreementScreen

        self.app.push_screen(AgreementScreen(is_blind=context_of(self).blind.is_on), self._opened)

    def _opened(self, chosen: str | Place | None) -> None:
        if isinstance(chosen, Place):
            # A trace is opened at the sentence where its annotator left it.
            self._store.write(partial(save_position, annotator=context_of(self).annotator, **chosen._asdict())).result()
            self.dismiss(chosen.trace_id)
        elif chosen is not None:
            self.dismiss(chosen)

    def action_leave(self) -> None:
        """Back without choosing; the first screen of the app quits."""
        self.dismiss(None)


def _fields(summary: TraceSummary) -> str:
    return " ".join(filter(None, (summary.id, summary.model, summary.tier, summary.prompt_variant, summary.query)))


def _id_cells(summaries: Sequence[TraceSummary], answers: Sequence[str]) -> int:
    """Room for the longest id, within reason: what is left goes to the queries."""
    longest = max((cell_len(visible_line(summary.id)) for summary in summaries), default=0)
    return min(MOST_BESIDE_ANSWERS if answers else MOST_ID_CELLS, longest or 5)


def answers_in_order(summaries: Sequence[TraceSummary]) -> tuple[str, ...]:
    """How the traces' own answers came out, each once: those that show alignment faking first, then by their words."""
    faking = {came_out(s.outcomes): s.outcomes.get(ALIGNMENT_FAKING) == YES for s in summaries if s.outcomes}
    return tuple(sorted(faking, key=lambda answer: (not faking[answer], answer)))


def _answer_cells(answers: Sequence[str]) -> int:
    """Room for how answers came out; none where no trace was made of one."""
    return min(MOST_ANSWER_CELLS, max((cell_len(visible_line(answer)) for answer in answers), default=0))


def _answer(summary: TraceSummary, cells: int) -> tuple[Piece, ...]:
    if not cells:
        return ()
    text = clip(visible_line(came_out(summary.outcomes)), cells)
    style = behavior_style(ALIGNMENT_FAKING) if summary.outcomes.get(ALIGNMENT_FAKING) == YES else PLAIN
    return ((text + " " * (cells - cell_len(text)) + "  ", style),)


def _item(summary: TraceSummary, id_cells: int, answer_cells: int) -> TextItem:
    name = clip_inside(visible_line(summary.id), id_cells, LAST_OF_ID)
    name += " " * (id_cells - cell_len(name))
    columns = (
        f"{clip(visible_line(summary.tier or '-'), 5):<5} {clip(visible_line(summary.prompt_variant or '-'), 9):<9}"
    )
    counts = f" {summary.n_sentences:>5} {summary.n_labelled:>6} {summary.n_rollouts:>8}  "
    head = ((f" {name} ", LABEL), (columns, PLAIN), (counts, PLAIN), *_answer(summary, answer_cells))
    about = " ".join(filter(None, ("" if summary.has_prompt else f"({NO_PROMPT})", summary.query or summary.model)))
    return TextItem(visible_line(about), head, max_rows=1)
