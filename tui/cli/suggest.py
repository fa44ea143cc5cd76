"""`turnpoint suggest`: categories for sentences, by a model or by the nearest labelled sentence; never as labels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from core.errors import ConfigError
from tui.cli.completing import complete_annotators, complete_traces
from tui.cli.options import Options
from tui.cli.output import interval, json_option, number, print_json, say, warn
from tui.cli.shared import ENDPOINT, said_after, takes
from tui.cli.suggested import document, print_summary
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.annotation.codebook import Codebook
    from core.endpoints.config import EmbeddingConfig
    from core.store.database import Store
    from core.suggesting.nearest import Nearest
    from core.suggesting.progress import SuggestingResult
    from core.suggesting.request import SuggestingRequest
    from core.suggesting.summary import SuggestionSummary
    from core.traces.model import Trace


@dataclass(frozen=True)
class Wanted:
    """What was asked for, whoever is to suggest; ``compare_with`` is whose labels it is held against."""

    store: Store
    traces: tuple[Trace, ...]
    codebook: Codebook
    compare_with: str
    limit: int | None
    dry_run: bool
    as_json: bool


@click.command()
@click.argument("trace_ids", nargs=-1, metavar="[TRACE]...", shell_complete=complete_traces)
@click.option("--all", "every", is_flag=True, help="Every trace of the database.")
@click.option("--batch", type=click.IntRange(1), help="Sentences to ask about in one request; default: 20.")
@click.option("--limit", type=click.IntRange(1), help="Suggest for no more sentences than this.")
@click.option("--max-cost", type=click.FloatRange(0), help="Stop before the run costs more than this, in US dollars.")
@click.option("--nearest", is_flag=True, help="Ask no model: take the category of the nearest labelled sentence.")
@click.option("--from", "learn_from", metavar="ANNOTATOR", shell_complete=complete_annotators,
              help="Whose labels to learn from; default: gold, else yours.  [with --nearest]")  # fmt: skip
@click.option("--redo", is_flag=True, help="Suggest anew also where this suggester has suggested already.")
@click.option("--dry-run", is_flag=True, help="Only say what it would take.")
@json_option
@takes("db", "annotator", "codebook", *ENDPOINT)
@click.pass_obj
def suggest(
    options: Options,
    trace_ids: tuple[str, ...],
    every: bool,
    batch: int | None,
    limit: int | None,
    max_cost: float | None,
    nearest: bool,
    learn_from: str | None,
    redo: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Suggest a category for each sentence of each TRACE; what is suggested already is kept and not asked for again.

    A suggestion is no label: the app shows it beside the sentence, and Enter accepts it.
    """
    from core.suggesting.nearest import who_to_learn_from
    from core.suggesting.request import BATCH, SuggestingRequest

    if every == bool(trace_ids):
        raise ConfigError("say which traces: TRACE, or --all for every trace.")
    asked = (batch, max_cost, redo) != (None, None, False) or any(said_after(f"--{name}") for name in ENDPOINT)
    if nearest and asked:
        raise ConfigError(
            "--nearest asks no model; leave --endpoint, --base-url, --model, --batch, --max-cost and --redo out."
        )
    if learn_from is not None and not nearest:
        raise ConfigError("--from belongs to --nearest; add it, or leave --from out.")
    config = options.config()
    codebook, annotator = options.codebook(config), options.annotator_name(config)
    with options.open_store() as store:
        compare_with = who_to_learn_from(store.read, annotator, codebook)
        wanted = Wanted(store, _traces(store, trace_ids), codebook, compare_with, limit, dry_run, as_json)
        if nearest:
            _by_nearness(wanted, learn_from or compare_with, config.embedding)
        else:
            sampled = options.resolve(config)
            size = batch or BATCH
            _by_model(
                wanted, SuggestingRequest(sampled, codebook, wanted.traces, size, limit, redo=redo, max_cost=max_cost)
            )


def _traces(store: Store, trace_ids: Sequence[str]) -> tuple[Trace, ...]:
    """The traces that were named, or all that have sentences."""
    from core.store.traces import known_ids, load_trace

    found = (load_trace(store.read, trace_id) for trace_id in dict.fromkeys(trace_ids or sorted(known_ids(store.read))))
    return tuple(trace for trace in found if trace.sentences)


def _by_model(wanted: Wanted, request: SuggestingRequest) -> None:
    """Plan, and unless that is all: ask the model, and print what it suggests."""
    from core.resampling.request import FAILED
    from core.suggesting.request import plan_suggestions
    from tui.cli.resample import about, end_as
    from tui.views.wording import suggested

    plan = plan_suggestions(wanted.store.read, request)
    names = ("sentences", "calls", "prompt_tokens", "completion_tokens", "cost")
    planned = {"plan": {name: getattr(plan, name) for name in names}}
    if not wanted.as_json:
        tokens = f"about {plan.prompt_tokens + plan.completion_tokens:,} tokens, {about(plan.cost)}"
        takes = f"{how_many(plan.sentences, 'sentence')} in {how_many(plan.calls, 'call')}, {tokens}"
        say(f"{how_many(len(request.traces), 'trace')} at {request.endpoint.label}: {takes}")
    if wanted.dry_run:
        if wanted.as_json:
            print_json(planned)
        return
    result = _run(request, wanted.store)
    summary = _summary(wanted, request.suggester.id)
    if wanted.as_json:
        print_json(document(request.suggester.name, summary) | planned | {"result": asdict(result)})
    else:
        (warn if result.status == FAILED else say)(suggested(result))
        print_summary(summary)
    end_as(result)


def _run(request: SuggestingRequest, store: Store) -> SuggestingResult:
    """Run it; the first Ctrl-C keeps what is in flight, the second aborts. Progress goes to standard error."""
    from core.suggesting.runner import SuggestingRun
    from tui.cli.draining import drained
    from tui.views.wording import suggesting

    return drained(lambda _, show: SuggestingRun(request, store, show), suggesting)


def _by_nearness(wanted: Wanted, annotator: str, config: EmbeddingConfig) -> None:
    """Suggest by the nearest labelled sentence, and print how well that does where the answer is known."""
    from core.suggesting.nearest import labelled_sentences, suggest_nearest
    from tui.cli.terminal_line import TerminalLine

    store = wanted.store
    if wanted.dry_run:
        n_examples = len(labelled_sentences(store.read, annotator, wanted.codebook))
        n_sentences = sum(len(trace.sentences) for trace in wanted.traces)
        if wanted.as_json:
            print_json({"plan": {"annotator": annotator, "n_examples": n_examples, "sentences": n_sentences}})
        else:
            learns = f"from {how_many(n_examples, 'sentence')} labelled by {annotator}"
            say(f"at most {how_many(n_sentences, 'sentence')} {learns}, without any call")
        return
    line = TerminalLine()
    try:
        found = suggest_nearest(
            store,
            wanted.traces,
            annotator,
            wanted.codebook,
            config,
            lambda done, total: line.show(f"embedding {done}/{total}"),
            limit=wanted.limit,
        )
    finally:
        line.end()
    summary = _summary(wanted, found.suggester.id)
    if wanted.as_json:
        print_json(document(found.suggester.name, summary) | {"nearest": _learned(found)})
        return
    say(_in_words(found))
    print_summary(summary)


def _summary(wanted: Wanted, suggester_id: str) -> SuggestionSummary:
    from core.suggesting.summary import summarise_suggestions

    ids = [trace.id for trace in wanted.traces]
    return summarise_suggestions(wanted.store.read, ids, suggester_id, wanted.compare_with, wanted.codebook)


def _in_words(found: Nearest) -> str:
    """What nearness learned from, and how it does on traces whose labels it has not seen."""
    from core.analysis.intervals import wilson

    learned = (
        f"{how_many(found.n_suggested, 'new suggestion')} from {how_many(found.n_examples, 'sentence')} of"
        f" {how_many(found.n_traces, 'trace')} labelled by {found.annotator}"
    )
    if not found.n_held_out:
        return f"{learned}; labels in a second trace would show how often that is right"
    right, of = found.n_right, found.n_held_out
    share = f"{right} of {of} ({number(right / of)}) {interval(wilson(right, of))}"
    return f"{learned}; with each trace held out in turn {share} are right"


def _learned(found: Nearest) -> dict[str, Any]:
    names = ("annotator", "n_examples", "n_traces", "n_suggested", "n_right", "n_held_out")
    return {name: getattr(found, name) for name in names}
