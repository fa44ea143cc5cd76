"""`turnpoint traces`: what is in the database."""

from __future__ import annotations

from dataclasses import asdict

import click

from core.errors import ConfigError
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, print_table, say
from tui.cli.shared import takes
from tui.views.wording import NO_PROMPT, came_out


@click.command()
@click.option("--find", help="Only traces in which a sentence holds all these words.")
@click.option("--behavior", help="Only collected traces whose own answer shows this behavior.")
@click.option("--outcome", type=click.Choice(["yes", "no"]), help="With --behavior: no takes those without it.")
@json_option
@takes("db")
@click.pass_obj
def traces(options: Options, find: str | None, behavior: str | None, outcome: str | None, as_json: bool) -> None:
    """List the traces of the database; of collected ones with how their own answer came out."""
    from core.behaviors.outcome import YES
    from core.store.traces import find_in_sentences, list_traces, traces_showing

    if outcome is not None and behavior is None:
        raise ConfigError("--outcome belongs to --behavior; add it, or leave --outcome out.")
    with options.open_store() as store:
        summaries = list_traces(store.read)
        if find:
            found = {trace_id for trace_id, _ in find_in_sentences(store.read, find)}
            summaries = [summary for summary in summaries if summary.id in found]
        if behavior:
            showing = set(traces_showing(store.read, behavior, outcome or YES))
            summaries = [summary for summary in summaries if summary.id in showing]
    if as_json:
        print_json([asdict(summary) for summary in summaries])
    elif not summaries:
        say("no trace holds these words." if find else "no traces yet; `turnpoint import FILE` adds some.")
    else:
        header = ["trace", "tier", "variant", "model", "sentences", "labels", "rollouts", "prefixes", "query"]
        rows = [
            [
                s.id,
                s.tier or "",
                s.prompt_variant or "",
                s.model or "",
                str(s.n_sentences),
                str(s.n_labelled),
                str(s.n_rollouts),
                f"{s.n_prefixes_sampled}/{s.n_sentences + 1}",
                s.query or "",
            ]
            for s in summaries
        ]
        if not all(s.has_prompt for s in summaries):
            header.insert(-1, "prompt")
            for row, s in zip(rows, summaries, strict=True):
                row.insert(-1, "" if s.has_prompt else NO_PROMPT)
        if any(s.outcomes for s in summaries):
            header.insert(-1, "answer")
            for row, s in zip(rows, summaries, strict=True):
                row.insert(-1, came_out(s.outcomes))
        if any(s.is_truncated for s in summaries):
            header.insert(-1, "marks")
            for row, s in zip(rows, summaries, strict=True):
                row.insert(-1, "truncated" if s.is_truncated else "")
        print_table(header, rows, right=(4, 5, 6, 7))
