"""`turnpoint keys`: all keys, as the settings map them."""

from __future__ import annotations

import click

from core.errors import ConfigError
from tui.cli.options import Options
from tui.cli.output import print_table
from tui.cli.shared import said_after, takes


@click.command()
@click.option("--markdown", is_flag=True, help="Print the default keys as docs/keys.md has them.")
@takes("codebook")
@click.pass_obj
def keys(options: Options, markdown: bool) -> None:
    """List all keys of the app and the names that remap them in turnpoint.toml."""
    from core.annotation.codebook import load_codebook
    from tui.actions import ACTIONS, category_actions, keymap, keys_markdown, shown

    if markdown:
        if said_after("--codebook"):
            raise ConfigError("--markdown prints the default keys; leave --codebook out.")
        default = load_codebook()
        click.echo(keys_markdown(keymap({}, default), default), nl=False)
        return
    config = options.config()
    codebook = options.codebook(config)
    mapped = keymap(config.keys, codebook)
    actions = (*ACTIONS, *category_actions(codebook))
    rows = [(shown(mapped[action.id]), action.id, ", ".join(action.scopes), action.help) for action in actions]
    print_table(("key", "name", "screens", "does"), rows)
