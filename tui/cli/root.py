"""The command group: options that all commands share, and commands that are imported only when called."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from core import __version__
from core.store.database import DEFAULT_PATH
from tui.cli.options import Options

COMMANDS = {
    "import": ("tui.cli.importing", "import_"),
    "merge": ("tui.cli.merging", "merge"),
    "collect": ("tui.cli.collect", "collect"),
    "traces": ("tui.cli.traces", "traces"),
    "check": ("tui.cli.check", "check"),
    "resample": ("tui.cli.resample", "resample"),
    "analyze": ("tui.cli.analyze", "analyze"),
    "agreement": ("tui.cli.agreement", "agreement"),
    "disagreements": ("tui.cli.disagreements", "disagreements"),
    "adjudicate": ("tui.cli.adjudicate", "adjudicate"),
    "gold": ("tui.cli.gold", "gold"),
    "figure": ("tui.cli.figure", "figure"),
    "export": ("tui.cli.export", "export"),
    "suggest": ("tui.cli.suggest", "suggest"),
    "queue": ("tui.cli.queue", "queue"),
    "judge": ("tui.cli.judge", "judge"),
    "codebook": ("tui.cli.codebook", "codebook"),
    "demo": ("tui.cli.demo", "demo"),
    "doctor": ("tui.cli.doctor", "doctor"),
    "server": ("tui.cli.server", "server"),
    "simulator": ("tui.cli.simulator", "simulator"),
    "keys": ("tui.cli.keys", "keys"),
}


class LazyGroup(click.Group):
    """Imports a command's module when the command is used, so that the app starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All command names, in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called, or refuse with the one that may have been meant."""
        if args[0] not in COMMANDS:
            from core.endpoints.fields import nearest
            from core.errors import ConfigError

            raise ConfigError(f"no such command {args[0]!r}; {nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--db", type=click.Path(path_type=Path), default=DEFAULT_PATH, envvar="TURNPOINT_DB", show_default=True,
              help="Database file (or TURNPOINT_DB).")  # fmt: skip
@click.option("--annotator", help="Whose labels these are; default: the login name.")
@click.option("--codebook", "codebook_path", type=click.Path(path_type=Path),
              help="Codebook (TOML) to label with; default: that of turnpoint.toml, or the one built in.")  # fmt: skip
@click.option("--blind", is_flag=True, help="Hide rates and the labels of others until a sentence is labelled.")
@click.option("--endpoint", "-e", help="Endpoint of turnpoint.toml to sample at; default: its default_endpoint.")
@click.option("--base-url", help="Sample at this OpenAI-compatible server instead.")
@click.option("--model", help="Model to ask for at the server.")
@click.option("--mouse", is_flag=True, help="Listen to the mouse (costs traffic over SSH).")
@click.version_option(__version__, prog_name="turnpoint")
@click.pass_context
def cli(
    ctx: click.Context,
    db: Path,
    annotator: str | None,
    codebook_path: Path | None,
    blind: bool,
    endpoint: str | None,
    base_url: str | None,
    model: str | None,
    mouse: bool,
) -> None:
    """Find the sentences that a language model's decision turns on.

    Without a command, opens the app on the database.
    """
    ctx.obj = Options(db, annotator, endpoint, base_url, model, mouse, codebook_path, blind)
    if ctx.invoked_subcommand is None:
        from tui.cli.open import open_app

        open_app(ctx.obj)
