"""Opening the app on a database."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError
from core.store.database import Store
from tui.cli.options import Options
from tui.context import DEFAULT_N

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.annotation.codebook import Codebook
    from tui.context import Context
    from tui.screens.base import ListScreen


def open_app(options: Options, trace_id: str | None = None, greeting: str = "") -> None:
    """Open the app on the database that the options name, on the trace that is named.

    Raises:
        NotFoundError: if there is no answered trace of that id.
    """
    from core.store.traces import load_trace, no_such_trace

    need_terminal()
    with options.open_store() as store:
        if trace_id is not None and not load_trace(store.read, trace_id).response:
            raise no_such_trace(store.read, trace_id)
        run_app(options, store, trace_id, greeting)


def need_terminal() -> None:
    """Refuse where nothing can be drawn.

    Raises:
        ConfigError: without a terminal, or with one that cannot draw.
    """
    if not sys.stdout.isatty() or not sys.stdin.isatty():
        raise ConfigError("the app needs a terminal; `turnpoint --help` lists the commands that need none.")
    if os.environ.get("TERM") == "dumb":
        raise ConfigError("this terminal cannot draw (TERM=dumb); set TERM to what it is, or use the other commands.")


def run_app(
    options: Options,
    store: Store,
    trace_id: str | None = None,
    greeting: str = "",
    first: Callable[[], ListScreen[Any]] | None = None,
    n: int = DEFAULT_N,
) -> None:
    """Run the app on an open store until it is left.

    ``first`` makes the screen to begin with (None: a trace); ``n`` is how many rollouts a prefix is offered.
    """
    from core.store.positions import last_trace
    from tui.app import TurnpointApp

    context = replace(build_context(options, store, greeting), default_n=n)
    app = TurnpointApp(context, trace_id, last_trace(store.read, context.annotator), first)
    app.run(mouse=options.mouse)
    if app.return_code:
        raise SystemExit(app.return_code)


def build_context(options: Options, store: Store, greeting: str = "") -> Context:
    """What flags, settings and environment mean for the app.

    An environment that names a server but no model, or an endpoint whose template lies on another machine, is no
    reason to refuse labelling: the app opens, and says so when it is asked to sample.
    """
    from core.behaviors.compliance import compliance_judge
    from core.resampling.measuring import measures, of_continuations
    from core.resampling.request import RunRequest
    from core.store.judges import earlier_scopes
    from tui.actions import keymap
    from tui.context import Context
    from tui.workers.resampler import Resampler

    config = options.config()
    annotator = options.annotator_name(config)
    codebook, notice = codebook_and_notice(options.codebook(config), store, annotator)
    earlier = earlier_scopes(store.read, of_continuations(config))
    more = f"So it is with {len(earlier) - 1} more." if len(earlier) > 1 else ""
    compliance = compliance_judge(config.tags)
    label, settings_id, judges, template, refusal = "no endpoint", "", {compliance.behavior: compliance.id}, None, ""
    try:
        endpoint = options.resolve(config)
        settings_id = endpoint.settings.id
    except ConfigError as error:
        if options.names_endpoint:
            raise
        refusal = str(error)
    else:
        measured = measures(config, endpoint)
        template = RunRequest(endpoint, judges=measured.judges, rules=measured.rules, tags=config.tags)
        label, judges = endpoint.label, template.measured
    return Context(
        store=store,
        annotator=annotator,
        codebook=codebook,
        endpoint_label=label,
        settings_id=settings_id,
        judges=judges,
        keys=keymap(config.keys, codebook),
        resampler=Resampler(store, template, refusal),
        greeting=greeting or " ".join(filter(None, [notice, *earlier[:1], more])),
        embedding=config.embedding,
        tags=config.tags,
        annotation=replace(config.annotation, blind=True) if options.blind else config.annotation,
    )


def codebook_and_notice(codebook: Codebook, store: Store, annotator: str) -> tuple[Codebook, str]:
    """The codebook, which knows the categories of all stored ones, and that labels were given under those, if any."""
    from core.store.codebooks import count_under_others, load_codebooks
    from tui.views.coding import given_before

    stored = load_codebooks(store.read)
    counts = count_under_others(store.read, annotator, codebook.id)
    return codebook.knowing(stored.values()), given_before(counts, stored, codebook)
