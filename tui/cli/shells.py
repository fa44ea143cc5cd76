"""The shells that are completed for: click's, which take ``--option=value`` as well as ``--option value``."""

from __future__ import annotations

from itertools import pairwise

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

VARIABLE = "_TURNPOINT_COMPLETE"
"""In it the script of a shell says what it asks for."""


class _Equals(ShellComplete):
    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        # bash hands the sign over as a word of its own, the others inside the word.
        args = [word for before, word in pairwise(["", *args]) if word != "=" or not before.startswith("--")]
        name, sign, value = incomplete.partition("=")
        if not sign or not name.startswith("--"):
            return super().get_completions(args, incomplete)
        found = super().get_completions([*args, name], value)
        return [CompletionItem(f"{name}={one.value}", help=one.help) if one.type == "plain" else one for one in found]


@add_completion_class
class Bash(_Equals, BashComplete):
    """Completion for bash."""


@add_completion_class
class Zsh(_Equals, ZshComplete):
    """Completion for zsh."""


@add_completion_class
class Fish(_Equals, FishComplete):
    """Completion for fish."""


SHELLS = {shell.name: shell for shell in (Bash, Zsh, Fish)}
