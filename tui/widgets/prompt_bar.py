"""The inline question at the bottom: a label, a field and a note that follows what is typed.

It lies over the status row on a layer of its own: showing it repaints one row, where a modal repaints the screen.
"""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import Input

from core.sanitize import LINE_BREAK, visible_line
from tui.palette import BOLD, DIM
from tui.widgets.lines import Lines
from tui.widgets.wrapping import clip

QUESTION_CELLS = 26
"""The same for every question: another width would lay the whole screen out again."""


class Field(Input):
    """A field that obeys keys in the order in which they are typed.

    Textual inserts letters at once, but lets Enter and the editing keys travel to the app and back: of keys that a
    slow link delivers in one piece, the letters after an Enter would go into the answer.
    """

    async def _on_key(self, event: Key) -> None:
        if event.is_printable:
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            event.stop()
            event.prevent_default()
            await self.run_action(binding.action)

    def __init__(self) -> None:
        # What stands there by default is selected: typing replaces it.
        super().__init__(compact=True, select_on_focus=True)
        self.cursor_blink = False
        self.between_lines = " "

    def _on_paste(self, event: Paste) -> None:
        # What is pasted may be a model's text; it is searched for as it is shown, too.
        lines = event.text.strip("\r\n").splitlines()
        event.text = self.between_lines.join(map(visible_line, lines))


class PromptBar(Horizontal):
    """Asks one thing at a time; ``purpose`` tells which when the answer comes."""

    DEFAULT_CSS = """
    PromptBar { dock: bottom; layer: bar; height: 1; visibility: hidden; background: $background; }
    PromptBar #question { width: 26; }
    PromptBar Input { width: 1fr; min-width: 10; }
    PromptBar #note { width: 2fr; }
    """

    # Tab would move the focus out of an open question.
    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab,shift+tab", "stay", show=False)]

    class Edited(Message):
        """The text in the field has changed."""

        def __init__(self, purpose: str, text: str) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text

    class Answered(Edited):
        """Enter was pressed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.purpose = ""

    @property
    def is_open(self) -> bool:
        """Whether a question is being asked."""
        return bool(self.purpose)

    def compose(self) -> ComposeResult:
        """Question, field, note."""
        yield Lines(id="question")
        yield Field()
        yield Lines(id="note")

    def ask_lines(self, purpose: str, question: str, text: str = "", note: str = "") -> None:
        """Ask for a text of several lines: a sign stands for each line break, also of what is pasted."""
        self.ask(purpose, question, text.replace("\n", LINE_BREAK), note)
        self.query_one(Field).between_lines = LINE_BREAK

    def ask(self, purpose: str, question: str, text: str = "", note: str = "") -> None:
        """Show a question with ``text`` already in the field; of what is pasted, lines are joined by spaces."""
        self.query_one(Field).between_lines = " "
        self.purpose = purpose
        self.visible = True
        right = clip(question, QUESTION_CELLS - 1).rjust(QUESTION_CELLS - 1)
        self.query_one("#question", Lines).show([[(f"{right} ", BOLD)]])
        field = self.query_one(Input)
        with self.prevent(Input.Changed):
            field.value = text
        self.note(note)
        # At once: a key typed before a queued focus arrives would act on the list.
        self.screen.set_focus(field)

    def note(self, text: str) -> None:
        """Say beside the field what the answer would mean."""
        self.query_one("#note", Lines).show([[(" " + visible_line(text), DIM)]])

    def action_stay(self) -> None:
        """Keep the focus in the field."""

    def close(self) -> None:
        """Hide the bar."""
        self.purpose = ""
        self.visible = False
        self.query_one("#question", Lines).show([])
        self.query_one("#note", Lines).show([])

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Edited(self.purpose, event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.is_open:
            lines = self.query_one(Field).between_lines == LINE_BREAK
            text = event.value.replace(LINE_BREAK, "\n") if lines else event.value
            self.post_message(self.Answered(self.purpose, text))
