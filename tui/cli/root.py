"""The command group: what may stand before a command, and commands that are imported only when called."""

from __future__ import annotations

import importlib

import click

from core import __version__
from core.errors import ConfigError
from tui.cli.completing import complete_traces
from tui.cli.options import Options
from tui.cli.shared import SHARED, takes

COMMANDS = {
    "import": ("tui.cli.importing", "import_"),
    "merge": ("tui.cli.merging", "merge"),
    "collect": ("tui.cli.collect", "collect"),
    "traces": ("tui.cli.traces", "traces"),
    "delete": ("tui.cli.delete", "delete"),
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
    "completion": ("tui.cli.completion", "completion"),
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
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            from core.endpoints.fields import nearest

            raise ConfigError(f"no such command {args[0]!r}; {nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@takes(*SHARED)
@click.option("--trace", "trace_id", metavar="ID", shell_complete=complete_traces, help="Open the app on this trace.")
@click.version_option(__version__, prog_name="turnpoint")
@click.pass_context
def cli(ctx: click.Context, trace_id: str | None) -> None:
    """Find the sentences that a language model's decision turns on.

    Without a command, opens the app on the database. What these options say may stand after a command as well, where
    it means something to it; what stands later counts.
    """
    options = ctx.ensure_object(Options)
    if ctx.invoked_subcommand is None:
        from tui.cli.open import open_app

        open_app(options, trace_id)
    elif trace_id is not None:
        opens_none = f"--trace opens the app, and `{ctx.invoked_subcommand}` does not"
        raise ConfigError(f"{opens_none}; leave it out, or name the trace after the command.")
