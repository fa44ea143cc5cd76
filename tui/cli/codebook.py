"""`turnpoint codebook`: the categories to label with, a file to begin one's own, and those of the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from core.annotation.codebook import DEFAULT_CODEBOOK, Codebook, load_codebook
from core.errors import ConfigError
from tui.cli.mapping import map_
from tui.cli.options import Options
from tui.cli.output import json_option, print_json, print_table, say
from tui.cli.shared import said_after, takes


def source_of(codebook: Codebook) -> str:
    """Where a codebook comes from."""
    return "built in" if codebook.path in (None, DEFAULT_CODEBOOK) else str(codebook.path)


@click.group(invoke_without_command=True)
@click.option("--write", "file", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the default codebook into FILE, to begin one of your own.")  # fmt: skip
@json_option
@takes("codebook")
@click.pass_context
def codebook(ctx: click.Context, file: Path | None, as_json: bool) -> None:
    """Show the codebook: the categories to label with, in order of precedence, with their rules."""
    if ctx.invoked_subcommand is not None:
        if file is not None or as_json:
            raise ConfigError(f"--write and --json come alone, or after {ctx.invoked_subcommand} if it knows them.")
        return
    if file is not None:
        if said_after("--codebook"):
            raise ConfigError("--write writes the default codebook; leave --codebook out.")
        _write(file)
        return
    options: Options = ctx.obj
    used = options.codebook(options.config())
    if as_json:
        print_json(_json(used))
    else:
        _print(used)


def _write(file: Path) -> None:
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(DEFAULT_CODEBOOK.read_text(encoding="utf-8"))
    except FileExistsError as error:
        raise ConfigError(f"{file}: there already; name a new file.") from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written ({error.strerror}); name a file in a folder of yours.") from error
    say(f"wrote {file}; change its version, and name it with --codebook, or as codebook under [annotation].")


def _json(used: Codebook) -> dict[str, Any]:
    categories = [category.as_dict() | {"colour": category.colour} for category in used.categories]
    return {"version": used.version, "id": used.id, "source": source_of(used), "categories": categories}


def _print(used: Codebook) -> None:
    say(f"codebook {used.version}, {used.id}, {source_of(used)}; where two categories fit, the higher one wins")
    for category in used.categories:
        click.echo()
        say(f"{category.key} {category.tag} {category.name}: {category.definition}")
        for mark, texts in (("+", category.include), ("-", category.exclude), ("e.g.", category.examples)):
            for text in texts:
                say(f"      {mark} {text}")


@codebook.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@json_option
@click.pass_obj
def check(options: Options, file: Path, as_json: bool) -> None:
    """Read FILE as a codebook, with the keys of turnpoint.toml; what cannot be used is refused with its line."""
    from tui.actions import keymap

    checked = load_codebook(file)
    keymap(options.config().keys, checked)
    if as_json:
        print_json(_json(checked))
    else:
        n = len(checked.categories)
        say(f"{file}: codebook {checked.version}, {checked.id}, {n} categor{'y' if n == 1 else 'ies'}")


@codebook.command(name="list")
@json_option
@takes("db")
@click.pass_obj
def list_(options: Options, as_json: bool) -> None:
    """List the codebooks under which the labels of the database were given, with their numbers of labels."""
    from core.store.codebooks import count_by_codebook, load_codebooks

    with options.open_store() as store:
        stored, counts = load_codebooks(store.read), count_by_codebook(store.read)
    rows = [
        (name, stored[name].version if name in stored else "", counts.get(name, {})) for name in {**stored, **counts}
    ]
    if as_json:
        print_json([{"id": name, "version": version or None, "labels": labels} for name, version, labels in rows])
    elif not rows:
        say("no labels yet.")
    else:
        print_table(("codebook", "version", "labels", "of"), [
            (name, version, str(sum(labels.values())), ", ".join(f"{who} {n}" for who, n in labels.items()))
            for name, version, labels in rows
        ], right=(2,))  # fmt: skip


codebook.add_command(map_)
