"""The options that stand before a command as well as after it: their one definition, and how a command takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from tui.cli.completing import complete_annotators, complete_endpoints
from tui.cli.options import Options

F = TypeVar("F", bound=Callable[..., Any])

ENDPOINT = ("endpoint", "base-url", "model")
"""They say together where to sample: a command takes all of them or none."""


def takes(*names: str) -> Callable[[F], F]:
    """Let a command take some of the shared options, by their names in `SHARED`; it finds them in its `Options`."""

    def with_options(command: F) -> F:
        for name in reversed(names):
            command = SHARED[name](command)
        return command

    return with_options


def said_after(flag: str) -> bool:
    """Whether an option, spelled as it is typed, stands after the command that runs."""
    context = click.get_current_context()
    (name,) = (option.name or "" for option in context.command.params if flag in option.opts)
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _keep(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Remember what is said; whatever stands later on the line, and so after the command, replaces what was before."""
    if value not in (None, False):
        assert option.name is not None
        context.obj = replace(context.ensure_object(Options), **{option.name: value})


def _shared(*names: str, **how: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, callback=_keep, **how)


_FILE = click.Path(path_type=Path)

SHARED: Mapping[str, Callable[[Any], Any]] = {
    "db": _shared("--db", type=_FILE, help="Database file; default: that of TURNPOINT_DB, or turnpoint.db."),
    "annotator": _shared(
        "--annotator",
        shell_complete=complete_annotators,
        help="Who labels, or whose labels are meant; default: the login name.",
    ),
    "codebook": _shared(
        "--codebook",
        "codebook_path",
        type=_FILE,
        help="Codebook (TOML) to label with; default: that of turnpoint.toml, or the one built in.",
    ),
    "blind": _shared("--blind", is_flag=True, help="Hide rates and the labels of others until a sentence is labelled."),
    "endpoint": _shared(
        "--endpoint",
        "-e",
        shell_complete=complete_endpoints,
        help="Endpoint of turnpoint.toml to ask, or whose rollouts are meant; default: its default_endpoint.",
    ),
    "base-url": _shared("--base-url", help="OpenAI-compatible server to ask instead."),
    "model": _shared("--model", help="Model to ask for at the server."),
    "mouse": _shared("--mouse", is_flag=True, help="Listen to the mouse (costs traffic over SSH)."),
}
