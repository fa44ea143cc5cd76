"""`turnpoint demo`: the sample traces and the simulator; nothing else is needed."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import StoreError
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, print_table, say

if TYPE_CHECKING:
    from core.endpoints.config import Config
    from core.store.database import Store

DIRECTORY = Path("turnpoint-demo")
FIRST_TRACE = "landlord-review-free"
ROLLOUTS = 50


@dataclass(frozen=True)
class DemoOptions(Options):
    """Options under which nothing but the simulator is ever talked to, whatever the settings files say."""

    def config(self) -> Config:
        """Only the keys, the annotator and how they annotate, of the settings files."""
        from core.endpoints.config import Config

        config = super().config()
        return Config(
            keys=config.keys, annotator=config.annotator, annotation=config.annotation, sources=config.sources
        )


@click.command()
@click.option("--headless", is_flag=True, help="No app: resample a trace, print its rates, write the CSVs.")
@click.option("--fresh", is_flag=True, help="Set the database of an earlier demo aside and begin anew.")
@click.option("-n", "n", default=ROLLOUTS, show_default=True, type=click.IntRange(1), help="Rollouts per prefix.")
@json_option
@click.pass_obj
def demo(options: Options, headless: bool, fresh: bool, n: int, as_json: bool) -> None:
    """Open the sample traces with the simulator as endpoint; without a terminal, run headless."""
    from core.endpoints.endpoint import SIMULATOR_NAME

    directory = DIRECTORY
    try:
        directory.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(f"{directory}: the demo's folder cannot be made ({error.strerror}).") from error
    given = {field.name: getattr(options, field.name) for field in fields(Options)}
    there = {"db": directory / "turnpoint.db", "endpoint": SIMULATOR_NAME, "base_url": None, "model": None}
    options = DemoOptions(**given | there)
    if fresh:
        _set_aside(options.db)
    with options.open_store(create=True) as store:
        _add_samples(store)
        if headless or as_json or not (sys.stdout.isatty() and sys.stdin.isatty()):
            _run_headless(options, store, directory, n, as_json=as_json)
        else:
            from tui.cli.open import run_app

            run_app(options, store, FIRST_TRACE, "R, then Enter, resamples every prefix; o opens another trace; ? keys")


def _set_aside(db: Path) -> None:
    """Rename an earlier database instead of removing it: it may hold labels."""
    taken = 1
    while (old := db.with_name(f"turnpoint-{taken}.db")).exists():
        taken += 1
    for suffix in ("", "-wal", "-shm"):
        part = db.with_name(db.name + suffix)
        if part.exists():
            part.rename(old.with_name(old.name + suffix))


def _add_samples(store: Store) -> None:
    from core.collecting.packaged import samples_directory
    from core.store.traces import add_traces, known_ids
    from core.traces.importers import read_traces

    known = known_ids(store.read)
    found = [
        trace
        for name in ("traces.jsonl", "nasty.jsonl")
        for trace in read_traces(samples_directory() / name).traces
        if trace.id not in known
    ]
    if found:
        store.write(lambda database: add_traces(database, found)).result()


def _run_headless(options: Options, store: Store, directory: Path, n: int, *, as_json: bool) -> None:
    from core.analysis.rates import choose_settings, load_rates
    from core.export import export_csv
    from core.resampling.measuring import measures
    from core.resampling.request import DONE, RunRequest, top_up
    from core.store.traces import load_trace
    from tui.cli.rates import print_rates, rates_json
    from tui.cli.resample import run_with_progress
    from tui.views.wording import ending

    config = options.config()
    endpoint = options.resolve(config)
    trace = load_trace(store.read, FIRST_TRACE)
    measured = measures(config, endpoint)
    request = RunRequest(
        endpoint,
        top_up(trace, range(trace.n_prefixes), n),
        judges=measured.judges,
        rules=measured.rules,
        tags=config.tags,
    )
    result = run_with_progress(request, store)
    settings = choose_settings(store.read, trace.id, endpoint.settings.id)
    rates = load_rates(store.read, trace.id, endpoint.settings.id)
    if not as_json:
        print_rates(trace, rates, settings)
        say("")
        say(ending(result))
    if result.status != DONE:
        raise SystemExit(1)
    report = export_csv(store, directory / "csv", force=True)
    if as_json:
        places = {"directory": str(report.directory.resolve()), "database": str(options.db.resolve())}
        rows = dict(report.files)
        print_json({"run": asdict(result), "rates": rates_json(trace, rates, settings), "rows": rows, **places})
        return
    print_table(("file", "rows"), [(name, str(rows)) for name, rows in report.files], right=(1,))
    say(f"wrote the CSVs to {report.directory.resolve()} and the database to {options.db.resolve()}")
