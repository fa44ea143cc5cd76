"""`turnpoint adjudicate`: deciding the gold label of one sentence, as the app does by key."""

from __future__ import annotations

import click

from core.errors import ConfigError
from tui.cli.completing import complete_categories, complete_traces
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, say
from tui.cli.shared import takes


@click.command()
@click.argument("trace_id", metavar="TRACE", shell_complete=complete_traces)
@click.argument("sentence", type=click.IntRange(0))
@click.argument("category", required=False, shell_complete=complete_categories)
@click.option("--reason", default="", help="Why it is so; kept with the decision.")
@click.option(
    "--secondary",
    metavar="CATEGORY",
    shell_complete=complete_categories,
    help="A secondary category that is decided, too.",
)
@click.option("--withdraw", "is_withdrawn", is_flag=True, help="Take the adjudicated label off instead.")
@json_option
@takes("db", "annotator", "codebook")
@click.pass_obj
def adjudicate(
    options: Options,
    trace_id: str,
    sentence: int,
    category: str | None,
    reason: str,
    secondary: str | None,
    is_withdrawn: bool,
    as_json: bool,
) -> None:
    """Decide that CATEGORY is the gold label of SENTENCE, whatever annotators say; `--annotator` is who decides."""
    from core.store.gold import adjudicate as decide
    from core.store.gold import withdraw

    if (category is None) != is_withdrawn:
        raise ConfigError("say what is decided: CATEGORY, or --withdraw alone.")
    if is_withdrawn and (reason or secondary):
        raise ConfigError("--withdraw takes the decision off; leave --reason and --secondary out.")
    config = options.config()
    codebook, who = options.codebook(config), options.annotator_name(config)
    with options.open_store() as store:
        if category is None:
            event = store.write(lambda db: withdraw(db, who, trace_id, sentence, codebook)).result()
        else:
            event = store.write(
                lambda db: decide(db, who, trace_id, sentence, category, reason, codebook, secondary)
            ).result()
    if as_json:
        made = {"trace_id": trace_id, "sentence_idx": sentence, "category": category, "changed": event is not None}
        print_json(made | {"decided_by": who})
    elif event is None:
        said = "has no adjudicated label." if is_withdrawn else f"was decided to be {category} before."
        say(f"sentence {sentence} of {trace_id} {said}")
    else:
        said = "has its adjudicated label taken off" if is_withdrawn else f"is {category}"
        say(f"sentence {sentence} of {trace_id} {said}, as {who} decided.")
