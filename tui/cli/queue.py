"""`turnpoint queue`: in which order an annotator works, and how far they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from core.annotation.order import DEFAULT_SEED, IMPORTANCE, ORDERS, RANDOM
from core.errors import ConfigError, NotFoundError
from tui.cli.completing import complete_traces
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, say
from tui.cli.shared import ENDPOINT, takes
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from core.analysis.ranking import Evidence
    from core.annotation.queue import QueueProgress
    from core.store.database import Store

ASKED_TO = "ended by its annotator"


@click.group(invoke_without_command=True)
@json_option
@takes("db", "annotator", "codebook")
@click.pass_context
def queue(ctx: click.Context, as_json: bool) -> None:
    """Show the annotator's queue: its order, how far it is, and what comes next."""
    if ctx.invoked_subcommand is not None:
        return
    options: Options = ctx.obj
    with options.open_store() as store:
        work = _progress(options, store)
        text = _next_text(store, work)
    if as_json:
        print_json(None if work is None else _as_json(work))
    elif work is None:
        say("no queue is under way; `turnpoint queue start` starts one.")
    else:
        for line in _lines(work, text):
            say(line)


@queue.command()
@click.option("--order", "-o", type=click.Choice(ORDERS), default=IMPORTANCE, show_default=True,
              help="What comes first.")  # fmt: skip
@click.option(
    "--trace",
    "trace_ids",
    multiple=True,
    shell_complete=complete_traces,
    metavar="TRACE",
    help="A trace to label; may be repeated.",
)
@click.option("--all", "all_traces", is_flag=True, help="All traces of the database.")
@click.option("--behavior", help="Collected traces whose own answer shows this behavior.")
@click.option("--seed", type=click.IntRange(0), help=f"Seed of a random order (default: {DEFAULT_SEED}).")
@click.option("--until", "stop", default="all", show_default=True, metavar="RULE",
              help="When it ends: all, '100 labels', or '20 per category'.")  # fmt: skip
@click.option("--unlabelled", is_flag=True, help="Leave out what is labelled or skipped already: counts begin at 0.")
@click.option("--compare", is_flag=True, help="For importance: compare what was said instead of each sentence.")
@json_option
@takes("db", "annotator", "codebook", *ENDPOINT)
@click.pass_obj
def start(
    options: Options,
    order: str,
    trace_ids: tuple[str, ...],
    all_traces: bool,
    behavior: str | None,
    seed: int | None,
    stop: str,
    unlabelled: bool,
    compare: bool,
    as_json: bool,
) -> None:
    """Start a queue in place of the one under way; the app goes on along it."""
    from core.analysis.ranking import rank
    from core.annotation.queue import QueueSpec
    from core.annotation.stopping import parse_stop
    from core.store.queues import start_queue

    if seed is not None and order != RANDOM:
        raise ConfigError(f"--seed belongs to --order {RANDOM}; leave it out.")
    if compare and order != IMPORTANCE:
        raise ConfigError(f"--compare belongs to --order {IMPORTANCE}; leave it out.")
    until, annotator = parse_stop(stop), options.annotator_name(options.config())
    with options.open_store() as store:
        traces = _traces(store, trace_ids, behavior, all_traces=all_traces)
        asked = QueueSpec(order, traces, until, DEFAULT_SEED if seed is None else seed, unlabelled)
        spec, items = rank(store.read, annotator, asked, _evidence(options, store, traces if compare else ()))
        store.write(lambda db: start_queue(db, annotator, spec, items)).result()
        work = _progress(options, store)
        text = _next_text(store, work)
    assert work is not None
    if as_json:
        print_json(_as_json(work))
    else:
        for line in _lines(work, text):
            say(line)


@queue.command()
@takes("db", "annotator")
@click.pass_obj
def end(options: Options) -> None:
    """End the queue that is under way; the labels stay."""
    from core.store.queues import end_queue

    annotator = options.annotator_name(options.config())
    with options.open_store() as store:
        ended = store.write(lambda db: end_queue(db, annotator, ASKED_TO)).result()
    if not ended:
        raise NotFoundError(f"{annotator} has no queue under way; `turnpoint queue start` starts one.")
    say("queue ended; its labels stay.")


def _evidence(options: Options, store: Store, compared: tuple[str, ...]) -> Evidence:
    """What sentences are ranked by, with the importances of the traces that are to be compared.

    Raises:
        SimilarityError: if there is no encoder to compare with.
    """
    from core.analysis.estimates import importance_of
    from core.analysis.ranking import Evidence
    from core.analysis.rates import choose_settings
    from core.similarity.cosine import comparison
    from core.store.traces import load_trace
    from tui.cli.sampled import named_settings

    wanted = named_settings(options)
    if not compared:
        return Evidence(wanted)
    embedding, estimated = options.config().embedding, {}
    similarity = comparison(store, embedding)
    for trace_id in compared:
        used = choose_settings(store.read, trace_id, wanted)
        if used is not None:
            trace = load_trace(store.read, trace_id)
            estimated[trace_id] = importance_of(store.read, trace, used.id, similarity, embedding.threshold)
    return Evidence(wanted, estimated=estimated)


def _traces(store: Store, trace_ids: tuple[str, ...], behavior: str | None, *, all_traces: bool) -> tuple[str, ...]:
    """The traces that one of the three options chooses."""
    from core.store.traces import list_traces, traces_showing

    if sum((bool(trace_ids), behavior is not None, all_traces)) != 1:
        raise ConfigError("say which traces: --trace TRACE, --behavior BEHAVIOR, or --all; one of the three.")
    if behavior is not None:
        return traces_showing(store.read, behavior)
    if all_traces:
        found = tuple(summary.id for summary in list_traces(store.read) if summary.n_sentences)
        if not found:
            raise NotFoundError("no traces yet; `turnpoint import FILE` adds some.")
        return found
    return trace_ids


def _progress(options: Options, store: Store) -> QueueProgress | None:
    from core.annotation.queue import QueueProgress
    from core.store.queues import current_queue, load_decisions

    config = options.config()
    annotator = options.annotator_name(config)
    found = current_queue(store.read, annotator)
    if found is None:
        return None
    categories = tuple(category.name for category in options.codebook(config).categories)
    return QueueProgress(found, load_decisions(store.read, annotator, found.spec.trace_ids), categories)


def _next_text(store: Store, work: QueueProgress | None) -> str:
    """What the next sentence says."""
    from core.store.traces import load_trace

    unit = None if work is None else work.next_open()
    return "" if unit is None else load_trace(store.read, unit.trace_id).sentences[unit.sentence_idx].text.strip()


def _lines(work: QueueProgress, text: str) -> list[str]:
    """A queue for a person."""
    spec, unit = work.queue.spec, work.next_open()
    rests = f" ({spec.ranked_by})" if spec.ranked_by else ""
    lines = [
        f"{work.queue.annotator}: queue by {spec.name}{rests}, until {spec.until.name}",
        f"{work.n_decided} of {how_many(work.n, 'sentence')} of {how_many(len(spec.trace_ids), 'trace')} decided",
    ]
    if work.told:
        lines.append(work.told)
    if work.ending:
        lines.append(f"done: {work.ending}")
    elif unit is not None:
        lines.append(f"next: {unit.trace_id} {unit.sentence_idx}  {text}")
    return lines


def _as_json(work: QueueProgress) -> dict[str, object]:
    spec, unit = work.queue.spec, work.next_open()
    return {
        "annotator": work.queue.annotator,
        "order": spec.order,
        "seed": spec.seed if spec.order == RANDOM else None,
        "ranked_by": spec.ranked_by or None,
        "traces": list(spec.trace_ids),
        "until": spec.until.name,
        "sentences": work.n,
        "decided": work.n_decided,
        "labelled": work.tally.n_labelled,
        "by_category": dict(work.tally.by_category),
        "ending": work.ending or None,
        "next": None if unit is None else unit._asdict(),
        "started_at": work.queue.created_at,
    }
