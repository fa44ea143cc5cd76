"""`turnpoint server`: a GGUF file, served on this machine until Ctrl-C."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from core.endpoints.presets import SERVER_PORT, TURNPOINT_SERVER
from core.errors import EndpointError
from core.serving.server import CONTEXT, LOOPBACK, SLOTS, THREADS, last_word, served_model, serving
from core.serving.smollm2 import find_smollm2
from tui.cli.output import json_option, print_json, say

if TYPE_CHECKING:
    from core.serving.server import ServedModel


@click.command()
@click.argument("model", metavar="[MODEL.gguf]", required=False, type=click.Path(path_type=Path))
@click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=SERVER_PORT, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option(
    "--slots", default=SLOTS, show_default=True, type=click.IntRange(1, 256), help="Requests answered at a time."
)
@click.option(
    "--context", type=click.IntRange(64),
    help=f"Tokens of a request, prompt and rollout together.  [default: {CONTEXT}, or the model's own if that is less]",
)  # fmt: skip
@click.option(
    "--threads", default=THREADS, show_default=True, type=click.IntRange(1, 1024),
    help="Threads of the model; as many as there are idle cores are best.",
)  # fmt: skip
@click.option("--log", type=click.Path(path_type=Path), help="Keep what the server says in this file.")
@json_option
def server(
    model: Path | None,
    host: str,
    port: int,
    slots: int,
    context: int | None,
    threads: int,
    log: Path | None,
    as_json: bool,
) -> None:
    """Serve MODEL.gguf with llama.cpp's own server, fit to be resampled, until Ctrl-C.

    Without MODEL.gguf, the packaged SmolLM2-135M. Prints the lines of turnpoint.toml that mean it.
    """
    chosen = served_model(find_smollm2() if model is None else model, context)
    served = replace(chosen, host=host, port=port, slots=slots, threads=threads)
    with TemporaryDirectory(prefix="turnpoint-server-") as folder:
        said = Path(folder) / "server.log" if log is None else log
        with suppress(KeyboardInterrupt), serving(served, said) as (base_url, process):
            _tell(served, base_url, as_json)
            process.wait()
            raise EndpointError(f"{served.path}: the server has ended by itself ({last_word(said)}); start it again.")


def _tell(served: ServedModel, base_url: str, as_json: bool) -> None:
    if as_json:
        print_json({"base_url": base_url, "model": served.alias, "template": str(served.path), **_limits(served)})
    else:
        limits = f"{served.slots} requests at a time, {served.context:,} tokens each, threads: {served.threads}"
        say(f"{served.alias} answers at {base_url} ({limits})")
        say("Ctrl-C stops it; to sample there, put this into turnpoint.toml:")
        say("")
        for line in _settings(served, base_url):
            say(line)
    # A pipe holds lines back, and who reads this one is waiting for it.
    sys.stdout.flush()


def _limits(served: ServedModel) -> dict[str, int]:
    return {"slots": served.slots, "context": served.context, "threads": served.threads}


def _settings(served: ServedModel, base_url: str) -> list[str]:
    """The table of turnpoint.toml for this server; a text in quotes is written in TOML as in JSON."""
    quoted = partial(json.dumps, ensure_ascii=False)
    return [
        "[endpoints.local]",
        f"preset = {quoted(TURNPOINT_SERVER)}",
        f"base_url = {quoted(base_url)}",
        f"model = {quoted(served.alias)}",
        f"template = {quoted(str(served.path))}",
        f"concurrency = {served.slots}",
        f"max_tokens = {served.context // 2}",
    ]
