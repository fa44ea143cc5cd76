"""What a shell is offered when Tab is pressed: names in files of this machine, read quickly and never written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from tui.cli.options import Options

Names = Callable[[Options, str], Iterable[str]]
Complete = Callable[[click.Context, click.Parameter, str], list[str]]

_PLAIN = re.compile(r"[\w./+@][\w./+@-]*")
"""Names that every shell takes as one word without quotes. Others are not offered: click's scripts put a name on the
command line as it is, where a hostile one would be run."""


def _offered(names: Names) -> Complete:
    """Offer those of ``names`` that begin as the word that is typed; what cannot be read offers nothing."""

    def complete(context: click.Context, _: click.Parameter, beginning: str) -> list[str]:
        try:
            found = list(names(context.ensure_object(Options), beginning))
        except Exception:
            # The call itself will say what is wrong; a sentence between two keys would tear the command line apart.
            return []
        return [name for name in found if name.startswith(beginning) and _PLAIN.fullmatch(name)]

    return complete


def _database(options: Options) -> Path:
    """The database that is meant; the shell hands its name on before it has expanded it."""
    return Path(os.path.expandvars(options.db.expanduser()))


@_offered
def complete_traces(options: Options, beginning: str) -> Iterable[str]:
    """Ids of the traces in the database that the line names."""
    from core.store.glance import glance_at_traces

    return glance_at_traces(_database(options), beginning)


@_offered
def complete_annotators(options: Options, _: str) -> Iterable[str]:
    """Those who have labelled in the database that the line names."""
    from core.store.glance import glance_at_annotators

    return glance_at_annotators(_database(options))


@_offered
def complete_endpoints(options: Options, _: str) -> Iterable[str]:
    """The endpoints of the settings files, and the simulator."""
    from core.endpoints.endpoint import SIMULATOR_NAME

    return dict.fromkeys((*options.config().endpoints, SIMULATOR_NAME))


@_offered
def complete_categories(options: Options, _: str) -> Iterable[str]:
    """The categories of the codebook that the line or the settings name."""
    return (category.name for category in options.codebook(options.config()).categories)
