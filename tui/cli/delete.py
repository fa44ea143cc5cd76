"""`turnpoint delete`: traces, rollouts, labels or a queue taken out of the database, after a copy of it was made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import ConfigError
from core.sanitize import visible_line
from tui.cli.completing import complete_annotators, complete_traces
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, say
from tui.cli.shared import takes
from tui.views.deleting import what_goes, what_stays, where_kept

if TYPE_CHECKING:
    from core.store.database import Store
    from core.store.deleting import Deletion, Doomed


@click.command()
@click.argument("trace_ids", metavar="[TRACE]...", nargs=-1, shell_complete=complete_traces)
@click.option("--settings", metavar="ID", help="Only rollouts: those under these sampling settings.")
@click.option("--labels", metavar="ANNOTATOR", shell_complete=complete_annotators, help="Only this annotator's labels.")
@click.option("--queue", metavar="ANNOTATOR", shell_complete=complete_annotators, help="This annotator's queue.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--backup",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Copy the database to FILE first; default, where something was paid for or labelled: a file beside it.",
)
@click.option("--no-backup", is_flag=True, help="Make no copy.")
@json_option
@takes("db")
@click.pass_obj
def delete(
    options: Options,
    trace_ids: tuple[str, ...],
    settings: str | None,
    labels: str | None,
    queue: str | None,
    yes: bool,
    backup: Path | None,
    no_backup: bool,
    as_json: bool,
) -> None:
    """Delete each TRACE with all that hangs on it, or only rollouts or labels: of these traces, or of all.

    It says what goes and asks. What a run is drawing is not deleted.
    """
    from core.store.backup import backup_path
    from core.store.deleting import delete as delete_from
    from core.store.deleting import weigh

    if backup is not None and no_backup:
        raise ConfigError("--backup and --no-backup contradict each other; leave one out.")
    if as_json and not yes:
        raise ConfigError("--json leaves no room for a question; add --yes.")
    with options.open_store() as store:
        deletion = weigh(store.read, _doomed(store, trace_ids, settings, labels, queue))
        if not deletion.rows:
            raise ConfigError("there is nothing of that in the database; nothing was deleted.")
        if backup is None and deletion.is_precious and not no_backup:
            backup = backup_path(options.db)
        if not yes:
            _ask(deletion, backup)
        delete_from(store, deletion, backup)
    if as_json:
        print_json({"deleted": deletion.as_json(), "backup": None if backup is None else str(backup)})
        return
    say(f"deleted {what_goes(deletion)}; {where_kept(backup)}.")
    if what_stays(deletion):
        say(what_stays(deletion))


def _doomed(
    store: Store, trace_ids: tuple[str, ...], settings: str | None, labels: str | None, queue: str | None
) -> Doomed:
    """What the call names.

    Raises:
        ConfigError: if it names nothing, or two things.
        NotFoundError: if that is not in the database.
    """
    from core.store.deleting import labels_of, queue_of, rollouts_under, whole

    if sum(one is not None for one in (settings, labels, queue)) > 1 or (queue is not None and trace_ids):
        raise ConfigError("--settings, --labels and --queue each delete something else; name one of them at a time.")
    if settings is not None:
        return rollouts_under(store.read, settings, trace_ids)
    if labels is not None:
        return labels_of(store.read, labels, trace_ids)
    if queue is not None:
        return queue_of(store.read, queue)
    if not trace_ids:
        raise ConfigError("say what to delete: a TRACE, --settings ID, --labels ANNOTATOR, or --queue ANNOTATOR.")
    return whole(store.read, trace_ids)


def _ask(deletion: Deletion, backup: Path | None) -> None:
    """Go on only if a person agrees.

    Raises:
        ConfigError: if there is nobody to ask, or they do not agree.
    """
    if not sys.stdin.isatty():
        raise ConfigError(f"this would delete {what_goes(deletion)}; add --yes, as there is no terminal to ask at.")
    if what_stays(deletion):
        say(what_stays(deletion))
    copied = f"after a copy to {backup}" if backup is not None else "without a copy"
    if not click.confirm(visible_line(f"delete {what_goes(deletion)}, {copied}?"), err=True):
        raise SystemExit(1)
