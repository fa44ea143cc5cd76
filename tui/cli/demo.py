"""`turnpoint demo`: sample traces and something to sample from; nothing else is needed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.collecting.packaged import samples_directory
from core.endpoints.config import Config
from core.endpoints.endpoint import SIMULATOR_NAME
from core.errors import StoreError
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, print_table, say
from tui.cli.shared import takes

if TYPE_CHECKING:
    from core.store.database import Store


@dataclass(frozen=True)
class Demo:
    """A folder to work in, the files of the traces in it, and what is sampled and measured.

    ``config`` has an endpoint named ``endpoint``, or that is the simulator; ``n`` is how many rollouts a prefix gets.
    """

    directory: Path
    traces: tuple[Path, ...]
    first_trace: str
    endpoint: str
    n: int
    config: Config
    greeting: str = "R, then Enter, resamples every prefix; o opens another trace; ? keys"

    @property
    def database(self) -> Path:
        """Where the demo keeps all that is sampled and labelled."""
        return self.directory / "turnpoint.db"


@dataclass(frozen=True)
class DemoOptions(Options):
    """Options under which nothing but the demo's endpoint is ever talked to, whatever the settings files say."""

    demo: Config = field(default_factory=Config)

    def config(self) -> Config:
        """Of the settings files only the keys, the annotator and how they annotate."""
        own = super().config()
        return replace(
            self.demo, keys=own.keys, annotator=own.annotator, annotation=own.annotation, sources=own.sources
        )


@click.command()
@click.option("--real", is_flag=True, help="A real, tiny language model instead of the simulator, on this machine.")
@click.option("--headless", is_flag=True, help="No app: resample a trace, print its rates, write the CSVs.")
@click.option("--fresh", is_flag=True, help="Set the database of an earlier demo aside and begin anew.")
@click.option("-n", "n", type=click.IntRange(1), help="Rollouts per prefix.  [default: 50, with --real 10]")
@json_option
@takes("annotator", "codebook", "blind", "mouse")
@click.pass_obj
def demo(options: Options, real: bool, headless: bool, fresh: bool, n: int | None, as_json: bool) -> None:
    """Open the sample traces with the simulator as endpoint; without a terminal, run headless.

    With --real, traces that SmolLM2-135M wrote, and that model itself, in a server that ends with the demo.
    """
    with _real() if real else _simulated() as made:
        shown = made if n is None else replace(made, n=n)
        given = {one.name: getattr(options, one.name) for one in fields(Options)}
        there = {"db": shown.database, "endpoint": shown.endpoint, "base_url": None, "model": None}
        own = DemoOptions(**given | there, demo=shown.config)
        if fresh:
            _set_aside(shown.database)
        with own.open_store(create=True) as store:
            _add_samples(store, shown.traces)
            if headless or as_json or not (sys.stdout.isatty() and sys.stdin.isatty()):
                _run_headless(own, store, shown, as_json=as_json)
            else:
                from tui.cli.open import run_app

                run_app(own, store, shown.first_trace, shown.greeting, n=shown.n)


@contextmanager
def _simulated() -> Iterator[Demo]:
    samples = samples_directory()
    yield Demo(
        directory=_made(Path("turnpoint-demo")),
        traces=(samples / "traces.jsonl", samples / "nasty.jsonl"),
        first_trace="landlord-review-free",
        endpoint=SIMULATOR_NAME,
        n=50,
        config=Config(),
    )


@contextmanager
def _real() -> Iterator[Demo]:
    from core.endpoints.config import load_config
    from core.serving.server import serving
    from core.serving.smollm2 import served_smollm2, smollm2_endpoint

    served = served_smollm2()
    directory = _made(Path("turnpoint-demo-real"))
    samples = samples_directory() / "real"
    if sys.stderr.isatty():
        click.echo("starting the model's server ...", err=True)
    with serving(served, directory / "server.log") as (address, _):
        endpoint = smollm2_endpoint(served, address)
        yield Demo(
            directory=directory,
            traces=(samples / "traces.jsonl",),
            first_trace="coffee-for-a-painter",
            endpoint=endpoint.name,
            n=10,
            config=replace(load_config(samples / "turnpoint.toml"), endpoints={endpoint.name: endpoint}),
        )


def _made(directory: Path) -> Path:
    try:
        directory.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(f"{directory}: the demo's folder cannot be made ({error.strerror}).") from error
    return directory


def _set_aside(db: Path) -> None:
    """Rename an earlier database instead of removing it: it may hold labels."""
    taken = 1
    while (old := db.with_name(f"turnpoint-{taken}.db")).exists():
        taken += 1
    for suffix in ("", "-wal", "-shm"):
        part = db.with_name(db.name + suffix)
        if part.exists():
            part.rename(old.with_name(old.name + suffix))


def _add_samples(store: Store, files: tuple[Path, ...]) -> None:
    from core.store.traces import add_traces, known_ids
    from core.traces.importers import read_traces

    known = known_ids(store.read)
    found = [trace for file in files for trace in read_traces(file).traces if trace.id not in known]
    if found:
        store.write(lambda database: add_traces(database, found)).result()


def _run_headless(options: Options, store: Store, demo: Demo, *, as_json: bool) -> None:
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
    trace = load_trace(store.read, demo.first_trace)
    measured = measures(config, endpoint)
    request = RunRequest(
        endpoint,
        top_up(trace, range(trace.n_prefixes), demo.n),
        judges=measured.judges,
        rules=measured.rules,
        tags=config.tags,
    )
    result = run_with_progress(request, store, request)
    settings = choose_settings(store.read, trace.id, endpoint.settings.id)
    rates = load_rates(store.read, trace.id, endpoint.settings.id)
    if not as_json:
        print_rates(trace, rates, settings)
        say("")
        say(ending(result))
    if result.status != DONE:
        raise SystemExit(1)
    report = export_csv(store, demo.directory / "csv", force=True)
    if as_json:
        places = {"directory": str(report.directory.resolve()), "database": str(options.db.resolve())}
        rows = dict(report.files)
        print_json({"run": asdict(result), "rates": rates_json(trace, rates, settings), "rows": rows, **places})
        return
    print_table(("file", "rows"), [(name, str(rows)) for name, rows in report.files], right=(1,))
    say(f"wrote the CSVs to {report.directory.resolve()} and the database to {options.db.resolve()}")
