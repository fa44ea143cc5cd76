"""The `turnpoint` command: every view of the app has a headless twin here."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    import click


def main() -> None:
    """Run the command line; every refusal is one sentence on standard error."""
    import click

    from core.errors import ConfigError, NotFoundError, TurnpointError
    from tui.cli.root import cli

    if "_TURNPOINT_COMPLETE" in os.environ:
        import tui.cli.shells  # noqa: F401  # makes itself known to click
    try:
        cli.main(prog_name="turnpoint", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _refuse(_usage(error), 2)
    except click.Abort:
        _refuse("stopped; what was stored is kept.", 1)
    except KeyboardInterrupt:
        _refuse("stopped; what was stored is kept.", 1)
    except (ConfigError, NotFoundError) as error:
        _refuse(str(error), 2)
    except TurnpointError as error:
        _refuse(str(error), 1)
    except BrokenPipeError:
        # The reader of our output has gone: nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("TURNPOINT_DEBUG"):
            raise
        _refuse(f"unexpected {type(error).__name__} ({error}); TURNPOINT_DEBUG=1 shows where it came from.", 1)


def _usage(error: click.ClickException) -> str:
    """What click says in several lines and sentences, as one."""
    import click

    meant = getattr(error, "possibilities", None)
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "turnpoint"
    if context is not None and _stands_before_commands(error, context):
        wrong = f"no such option '{error.option_name}' after `{command}`"
        if isinstance(context.command, click.Group):
            return f"{wrong} alone; say it after all of the command, or before."
        return f"{wrong}, to which it means nothing; leave it out."
    said = error.message if meant else error.format_message()
    said = (said[:1].lower() + said[1:]).rstrip(".")
    if meant:
        return f"{said}; did you mean {' or '.join(sorted(meant))}?"
    return f"{said}; `{command} --help` shows how it is called."


def _stands_before_commands(error: click.ClickException, context: click.Context) -> TypeGuard[click.NoSuchOption]:
    """Whether an option that is refused is one of turnpoint's, that other commands take."""
    import click

    known = {flag for option in context.find_root().command.params for flag in option.opts}
    return isinstance(error, click.NoSuchOption) and error.option_name in known


def _refuse(sentence: str, code: int) -> None:
    from core.sanitize import visible_line

    print(f"turnpoint: {visible_line(sentence)}", file=sys.stderr)  # noqa: T201
    sys.exit(code)
