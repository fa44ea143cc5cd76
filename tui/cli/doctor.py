"""`turnpoint doctor`: versions, paths, terminal, endpoints, and whether the database is whole."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sqlite3
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core import __version__
from core.errors import TurnpointError
from core.sanitize import visible_line
from core.store.database import Store
from tui.cli.codebook import source_of
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, say
from tui.cli.shared import ENDPOINT, takes

if TYPE_CHECKING:
    from core.endpoints.endpoint import Endpoint

PACKAGES = (
    "textual",
    "rich",
    "openai",
    "sqlite-utils",
    "numpy",
    "matplotlib",
    "sentence-transformers",
    "torch",
    "click",
)
NETWORK_FILE_SYSTEMS = ("nfs", "cifs", "smb", "fuse.sshfs", "lustre", "gpfs")


@click.command()
@json_option
@takes("db", "annotator", "codebook", *ENDPOINT)
@click.pass_obj
def doctor(options: Options, as_json: bool) -> None:
    """Say what turnpoint runs on, and check the database."""
    facts = {
        "turnpoint": {"version": __version__, "python": platform.python_version(), "program": sys.argv[0]},
        "packages": {name: _version(name) for name in PACKAGES},
        "terminal": _terminal(),
        "settings": _settings(options),
        "network": _network(options),
        "encoder": _encoder(options),
        "demo": _demo(),
        "database": _database(options.db),
    }
    if as_json:
        print_json(facts)
    else:
        rows = [(group, name, str(value)) for group, values in facts.items() for name, value in values.items()]
        _print_whole([("about", "what", "is"), *rows])
    refused = any("refused" in facts[about] for about in ("settings", "network"))
    if refused or facts["database"].get("integrity", "ok") != "ok":
        raise SystemExit(1)


def _print_whole(rows: list[tuple[str, str, str]]) -> None:
    """Print a table of which nothing is cut: what there is to do may stand at the end of a cell."""
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    room = max(20, shutil.get_terminal_size().columns - first - second - 4) if sys.stdout.isatty() else sys.maxsize
    for about, what, value in rows:
        # A path or a command's word that is too long is left to the terminal, which can still copy it whole.
        lines = textwrap.wrap(visible_line(value), room, break_long_words=False, break_on_hyphens=False) or [""]
        say(f"{about:<{first}}  {what:<{second}}  {lines[0]}")
        for line in lines[1:]:
            say(f"{'':<{first}}  {'':<{second}}  {line}")


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _terminal() -> dict[str, Any]:
    from rich.console import Console

    size = shutil.get_terminal_size()
    return {
        "TERM": os.environ.get("TERM", "not set"),
        "COLORTERM": os.environ.get("COLORTERM", "not set"),
        "characters": _characters(),
        "colours": Console().color_system or "none",
        "size": f"{size.columns}x{size.lines}",
        "multiplexer": "tmux" if os.environ.get("TMUX") else "none seen",
        "over SSH": "yes; `Compression yes` in ~/.ssh/config shrinks it" if os.environ.get("SSH_TTY") else "no",
    }


def _characters() -> str:
    """Whether the terminal is said to show what the app draws with."""
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    name, value = next(((name, os.environ[name]) for name in names if os.environ.get(name)), ("LANG", "not set"))
    if "utf8" in value.lower().replace("-", ""):
        return f"UTF-8 ({name}={value})"
    return f"not said to be UTF-8 ({name}: {value}); ▲ ▼ and the strip may be garbled, export {name}=C.UTF-8 mends it"


def _encoder(options: Options) -> dict[str, Any]:
    """Which weights compare sentences, and where they are from, or what to do."""
    from core.similarity.weights import model_name, none_at_hand, weights_at_hand

    try:
        config = options.config().embedding
        found = weights_at_hand(config)
    except TurnpointError as error:
        return {"refused": str(error)}
    name = model_name(config)
    return {
        "model": f"{name}, cosine {config.threshold:g}",
        "weights": none_at_hand(name) if found is None else f"{found.origin}: {found.folder}",
    }


def _demo() -> dict[str, Any]:
    """What `make demo` and `make demo-real` can show on this machine."""
    from core.endpoints.config import EmbeddingConfig
    from core.serving.server import server_version
    from core.serving.smollm2 import FILE, find_smollm2
    from core.similarity.weights import weights_at_hand

    try:
        compares = weights_at_hand(EmbeddingConfig()) is not None
    except TurnpointError:
        compares = False
    in_app = sys.stdout.isatty() and sys.stdin.isatty()
    shows = "the app" if in_app else "tables, as there is no terminal here"
    try:
        find_smollm2()
        real = f"{FILE} on xllamacpp {server_version()}"
    except TurnpointError as error:
        real = str(error)
    return {
        "make demo": shows + (", C and I included" if compares else ", without C and I: see encoder"),
        "make demo-real": real,
    }


def _settings(options: Options) -> dict[str, Any]:
    from core.endpoints.config import default_paths
    from core.endpoints.refusals import why_it_cannot_continue
    from tui.actions import keymap

    paths = ", ".join(str(path) for path in default_paths() if path.exists()) or "none found"
    try:
        config = options.config()
        codebook = options.codebook(config)
        keymap(config.keys, codebook)
        endpoint = options.resolve(config)
        described = _described(endpoint)
    except TurnpointError as error:
        return {"files": paths, "refused": str(error)}
    key = "set" if os.environ.get(endpoint.api_key_env) else "not set"
    facts = {
        "files": paths,
        "endpoint": described,
        endpoint.api_key_env: key,
        "annotator": options.annotator_name(config),
        "codebook": f"version {codebook.version}, {codebook.id}, {source_of(codebook)}",
    }
    reason = why_it_cannot_continue(endpoint)
    return facts if reason is None else facts | {"resampling": f"refused: {reason}"}


def _network(options: Options) -> dict[str, Any]:
    """What stands between here and the endpoint's servers, and which certificates are trusted."""
    from core.endpoints.certificates import named_by, ssl_context, unread, why_unusable
    from core.endpoints.endpoint import SIMULATOR_URL
    from core.endpoints.proxies import check_proxies, proxy_before, variables

    try:
        urls = [url for url in options.resolve(options.config()).replicas if url != SIMULATOR_URL]
    except TurnpointError:
        urls = []
    variable = named_by()
    trusted = "the system's" if variable is None else f"{variable}: {why_unusable() or os.environ[variable]}"
    facts: dict[str, Any] = {"certificates": trusted}
    if ignored := unread():
        facts["certificates"] += f" ({ignored} is not read; SSL_CERT_FILE is)"
    try:
        for url in urls:
            check_proxies(url)
            ssl_context(url)
    except TurnpointError as error:
        return facts | variables() | {"refused": str(error)}
    found = [(url, proxy_before(url)) for url in urls]
    told = [f"{url} is asked through {proxy}" for url, proxy in found if proxy is not None]
    return facts | {"proxy": "; ".join(told) or "none"} | variables()


def _described(endpoint: Endpoint) -> str:
    """Where is sampled, and how, in one line."""
    said = [
        f"{endpoint.label} at {' and '.join(endpoint.replicas)}",
        f"model {endpoint.model}",
        f"mode {endpoint.mode}",
    ]
    if endpoint.preset is not None:
        said.append(f"preset {endpoint.preset}")
    template = endpoint.settings.template
    if template is not None:
        said.append(f"template {template.id} of {template.path}")
    return ", ".join(said)


def _database(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {"file": f"{path} (not there yet)"}
    try:
        with Store.open(path, create=False) as store:
            return {"file": str(path), "size": f"{path.stat().st_size / 1e6:.1f} MB"} | _checked(store.read, path)
    except TurnpointError as error:
        return {"file": str(path), "integrity": str(error)}
    except sqlite3.Error as error:
        return {"file": str(path), "integrity": f"damaged ({error}); `sqlite3 {path} .recover` may save its rows"}


def _checked(connection: sqlite3.Connection, path: Path) -> dict[str, Any]:
    problems = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    orphans = len(connection.execute("PRAGMA foreign_key_check").fetchall())
    if orphans:
        problems = [problem for problem in problems if problem != "ok"] + [
            f"{orphans} rows refer to rows that are gone"
        ]
    counts = {
        name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608  # names are ours
        for name in ("traces", "rollouts", "outcomes", "judge_votes", "label_events", "failures")
    }
    journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    return {
        "integrity": "; ".join(problems),
        "journal": journal if journal == "wal" else f"{journal} (WAL was refused; other processes will wait longer)",
        "file system": _file_system(path),
        **counts,
    }


def _file_system(path: Path) -> str:
    """Kind of the file system, with a warning where SQLite's locks cannot be trusted."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return "unknown"
    resolved = str(path.resolve())
    under = [m for m in mounts if resolved.startswith(m[1].rstrip("/") + "/")]
    kind = max(under, key=lambda m: len(m[1]))[2] if under else "unknown"
    if kind.startswith(NETWORK_FILE_SYSTEMS):
        return f"{kind}: a network file system; keep the database on a local disk, several processes can damage it here"
    return kind
