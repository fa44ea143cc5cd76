"""Notes on a sentence, in the bar or in the user's editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from textual.app import SuspendNotSupported

from core.sanitize import visible
from tui.screens.labelling import LabellingScreen

PURPOSE = "note"
SCISSORS = "──────── what stands below is not part of the note ────────"
FALLBACK_EDITOR = "vi"


class NotingScreen(LabellingScreen):
    """Asks for a note; an empty one takes it off."""

    def action_note(self) -> None:
        """Ask for the note on this sentence."""
        index = self._cursor
        self.bar.ask_lines(PURPOSE, f"note on {index}:", self._view.held(index).note, "Enter keeps, empty removes it")

    def answer(self, purpose: str, text: str) -> None:
        """Keep the note that was typed."""
        if purpose == PURPOSE:
            self._keep(self._cursor, text)

    def _keep(self, index: int, text: str) -> None:
        held = self._view.held(index)
        if self.annotate("note", {index: held.noted(text)}):
            self.repaint()
            self.say(f"noted on sentence {index}." if text.strip() else f"the note on sentence {index} is gone.")

    def action_note_in_editor(self) -> None:
        """Open the note in $VISUAL or $EDITOR; turnpoint stands still meanwhile."""
        if self.context.resampler.is_running:
            self.say("a run is under way, and would stand still in an editor: i writes a note beside it.")
            return
        index = self._cursor
        try:
            text = self._edited_note(index)
        except (OSError, SuspendNotSupported, ValueError) as error:
            self.say(f"the editor failed ({error}), the note is as it was; set $EDITOR, or write it with i.")
            return
        if text == self._view.held(index).note:
            self.say("the note is as it was.")
        else:
            self._keep(index, text)

    def _edited_note(self, index: int) -> str:
        """What the editor leaves above the scissors, below which it shows the sentence.

        Raises:
            OSError: if it cannot be started or ends with an error.
        """
        editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or FALLBACK_EDITOR)
        lines = [self._view.held(index).note, "", SCISSORS, f"{visible(self.trace_id)}, sentence {index}:"]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "note.txt"
            path.write_text("\n".join([*lines, self._texts[index], ""]), encoding="utf-8", errors="replace")
            failed: OSError | None = None
            with self.app.suspend():
                # Textual does not come back from an exception in here.
                try:
                    ended = subprocess.run([*editor, str(path)], check=False)  # noqa: S603  # the user's own editor
                    failed = OSError(f"it ended with {ended.returncode}") if ended.returncode else None
                except OSError as error:
                    failed = error
            if failed is not None:
                raise failed
            return path.read_text(encoding="utf-8", errors="replace").split(SCISSORS)[0].strip()
