"""`turnpoint check`: what a server can do, and whether it really continues a prefix."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click

from core.errors import ConfigError
from tui.cli.completing import complete_endpoints
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, print_table, say
from tui.cli.shared import ENDPOINT, said_after, takes
from tui.cli.terminal_line import TerminalLine
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.endpoints.endpoint import Endpoint
    from core.endpoints.probe.finding import Verdict

MARKS = {"passed": "✓", "failed": "✗", "unknown": "?"}


@click.command()
@click.argument("name", metavar="[ENDPOINT]", required=False, shell_complete=complete_endpoints)
@json_option
@takes("db", *ENDPOINT)
@click.pass_obj
def check(options: Options, name: str | None, as_json: bool) -> None:
    """Prove that ENDPOINT of turnpoint.toml continues a prefix, with 15 short requests to each of its servers.

    Without a name, the endpoint that would be sampled at. What is found is kept in the database, if there is one.
    """
    from core.endpoints.probe.finding import UNREACHABLE
    from core.resampling.heeding import refuses_any_run

    if name is not None:
        if said_after("--endpoint"):
            raise ConfigError("ENDPOINT and --endpoint say the same thing; leave one out.")
        options = replace(options, endpoint=name)
    endpoint = options.resolve(options.config())
    verdicts = _checked(options, endpoint)
    if as_json:
        print_json([asdict(verdict) for verdict in verdicts])
    else:
        for verdict in verdicts:
            print_verdict(endpoint, verdict)
        if not options.db.exists():
            say(f"Not kept: there is no database {options.db}.")
    if any(verdict.verdict == UNREACHABLE or refuses_any_run(verdict) for verdict in verdicts):
        raise SystemExit(1)


def _checked(options: Options, endpoint: Endpoint) -> tuple[Verdict, ...]:
    from core.resampling.checking import check_endpoint

    line = TerminalLine()
    show = on_the_way(endpoint, line)
    try:
        if not options.db.exists():
            return asyncio.run(check_endpoint(endpoint, None, show))
        with options.open_store() as store:
            return asyncio.run(check_endpoint(endpoint, store, show))
    finally:
        line.end()


def on_the_way(endpoint: Endpoint, line: TerminalLine) -> Callable[[int, int, str], None]:
    """What a check tells its progress to: one line on standard error."""

    def show(done: int, steps: int, name: str) -> None:
        line.show(f"checking {endpoint.label} {done}/{steps}: {name}")

    return show


def print_verdict(endpoint: Endpoint, verdict: Verdict) -> None:
    """A table of what was found, what each failure means and what to do about it, and the verdict."""
    from core.resampling.heeding import consequence

    say(f"{endpoint.label} at {verdict.base_url}: model {verdict.model}, mode {verdict.mode}")
    print_table(["", "check", "seen"], [[MARKS[one.state], one.name, one.seen] for one in verdict.findings])
    for one in verdict.findings:
        if one.state == "failed" or one.do:
            parts = filter(None, (one.means, one.do, consequence(one)))
            say(f"{MARKS[one.state]} {one.name}: {'; '.join(parts)}.")
    tokens = f"{verdict.prompt_tokens} + {verdict.completion_tokens} tokens"
    say(f"{how_many(verdict.n_requests, 'request')}, {tokens}.")
    say(f"{verdict.verdict}: {verdict.sentence}")
