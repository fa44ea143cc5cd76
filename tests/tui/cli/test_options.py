"""Options where people type them: before the command or after it, with one meaning and one help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.tui.cli.calling import SAMPLES, done, turnpoint
from tui.cli.options import Options
from tui.cli.root import cli

TRACE = "zoo-essay-free"
SETTINGS = "".join(
    f'[endpoints.{name}]\nbase_url = "simulator:"\nmodel = "synthetic-reasoner"\n' for name in ("lab", "den")
)


def commands(group: click.Group = cli, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command there is, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*above, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*above, name))


def shared_options(command: click.Command) -> dict[str, click.Option]:
    """The options of a command that may stand before it as well, by their flag."""
    return {p.opts[0]: p for p in command.params if isinstance(p, click.Option) and not p.expose_value and p.callback}


SHARED = {flag: option for flag, option in shared_options(cli).items() if option.name in Options.__dataclass_fields__}
TAKEN = [(words, flag) for words, command in commands() for flag in shared_options(command) if flag in SHARED]


def meant(*args: str) -> Options:
    """What a call means, without making it."""
    context = cli.make_context("turnpoint", list(args), resilient_parsing=True)
    left = [*context._protected_args, *context.args]
    while left and isinstance(context.command, click.Group):
        name, command, left = context.command.resolve_command(context, left)
        assert command is not None
        context = command.make_context(name, left, parent=context, resilient_parsing=True)
        left = [*context._protected_args, *context.args]
    return context.ensure_object(Options)


@pytest.mark.parametrize(("words", "flag"), TAKEN, ids=lambda one: " ".join(one) if isinstance(one, tuple) else one)
def test_an_option_means_the_same_before_a_command_and_after_it(words: tuple[str, ...], flag: str) -> None:
    given = [flag] if SHARED[flag].is_flag else [flag, "some"]
    other = [flag] if SHARED[flag].is_flag else [flag, "other"]
    before, after, both = meant(*given, *words), meant(*words, *given), meant(*other, *words, *given)
    assert before == after == both != Options()


@pytest.mark.parametrize(("words", "flag"), TAKEN, ids=lambda one: " ".join(one) if isinstance(one, tuple) else one)
def test_an_option_has_one_help(words: tuple[str, ...], flag: str) -> None:
    command = dict(commands())[words]
    assert shared_options(command)[flag].help == SHARED[flag].help
    assert shared_options(command)[flag].opts == SHARED[flag].opts


def test_options_of_a_group_hold_for_what_follows() -> None:
    assert meant("queue", "--annotator", "ana", "start", "--db", "a.db") == Options(Path("a.db"), annotator="ana")


def test_the_database_is_the_one_that_is_said_last_and_else_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TURNPOINT_DB", "ours.db")
    done("import", SAMPLES / "traces.jsonl")
    assert Path("ours.db").exists()
    assert TRACE in done("traces").out
    assert turnpoint("traces", "--db", "gone.db").refusal.startswith("gone.db: no such database")
    assert turnpoint("--db", "gone.db", "traces").refusal.startswith("gone.db: no such database")
    assert TRACE in done("--db", "gone.db", "traces", "--db", "ours.db").out


def test_a_model_after_the_command_needs_a_server_as_before_it(samples: Path) -> None:
    ran = turnpoint("resample", TRACE, "--all", "--model", "m")
    assert ran.refusal == "--model needs a server; add --base-url URL, or name an endpoint of turnpoint.toml."


def test_an_endpoint_after_the_command_takes_the_place_of_one_before(samples: Path) -> None:
    Path("turnpoint.toml").write_text(SETTINGS, encoding="utf-8")
    plan = ("resample", TRACE, "--all", "-n", "1", "--dry-run")
    assert " at lab" in done("-e", "lab", *plan).out
    assert " at den" in done("-e", "lab", *plan, "-e", "den").out
    assert done("-e", "lab", "check", "den").out.startswith("den ")
    assert done("-e", "lab", "check", "-e", "den").out.startswith("den ")


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (
            ["traces", "-e", "lab"],
            "no such option '-e' after `turnpoint traces`, to which it means nothing; leave it out.",
        ),
        (
            ["gold", "--model", "m"],
            "no such option '--model' after `turnpoint gold`, to which it means nothing; leave it out.",
        ),
        (
            ["demo", "--db", "x.db"],
            "no such option '--db' after `turnpoint demo`, to which it means nothing; leave it out.",
        ),
        (
            ["simulator", "serve", "--base-url=x"],
            "no such option '--base-url' after `turnpoint simulator serve`, to which it means nothing; leave it out.",
        ),
        (
            ["resample", "t", "--all", "--trace", "t"],
            "no such option '--trace' after `turnpoint resample`, to which it means nothing; leave it out.",
        ),
        (
            ["codebook", "--db", "x.db", "list"],
            "no such option '--db' after `turnpoint codebook` alone; say it after all of the command, or before.",
        ),
        (
            ["import", "gone.jsonl", "--codebook", "c.toml"],
            "--codebook is for tables of labels, and none of these files is one; leave it out.",
        ),
        (
            ["codebook", "--write", "mine.toml", "--codebook", "c.toml"],
            "--write writes the default codebook; leave --codebook out.",
        ),
        (["keys", "--markdown", "--codebook", "c.toml"], "--markdown prints the default keys; leave --codebook out."),
        (["check", "lab", "-e", "den"], "ENDPOINT and --endpoint say the same thing; leave one out."),
        (["analyze", "--annotator", "ana"], "--annotator belongs to --all; add --all, or leave --annotator out."),
        (["analyze", "--codebook", "c.toml"], "--codebook belongs to --all; add --all, or leave --codebook out."),
        (
            ["analyze", "--reference", "2a15f77", "x", "--base-url", "u"],
            "--reference and --base-url exclude each other; leave one out.",
        ),
        (
            ["export", "out", "--annotator", "ana"],
            "--annotator belongs to --to-label; add it, or leave --annotator out.",
        ),
        (
            ["suggest", "--all", "--nearest", "--base-url", "u"],
            "--nearest asks no model; leave --endpoint, --base-url, --model, --batch, --max-cost and --redo out.",
        ),
        (
            ["collect", "--table", "-e", "lab"],
            "--table asks nothing; leave scenarios, queries, endpoints and --dry-run out.",
        ),
        (["judge", "validate", "--labels", "--model", "m"], "--labels asks no judge; leave out --model."),
        (["judge", "validate", "gold.jsonl", "--db", "x.db"], "--db is for --labels; leave out --db."),
        (
            ["codebook", "map", "old", "--to", "new.toml", "--codebook", "c.toml"],
            "--to and --codebook exclude each other; leave one out.",
        ),
        (
            ["codebook", "map", "old", "--all-annotators", "--annotator", "ana"],
            "--all-annotators and --annotator exclude each other; leave one out.",
        ),
        (
            ["--trace", "t", "resample", "t", "--all"],
            "--trace opens the app, and `resample` does not; leave it out, or name the trace after the command.",
        ),
    ],
)
def test_what_means_nothing_where_it_stands_is_refused(args: list[str], reason: str) -> None:
    ran = turnpoint(*args)
    assert (ran.code, ran.refusal) == (2, reason)
    assert not any(Path().iterdir())


def test_the_annotator_whose_verdicts_judges_are_held_against_is_not_who_labels() -> None:
    (validate,) = (command for words, command in commands() if words == ("judge", "validate"))
    (option,) = (p for p in validate.params if isinstance(p, click.Option) and "--annotator" in p.opts)
    assert option.multiple
    assert option.expose_value
