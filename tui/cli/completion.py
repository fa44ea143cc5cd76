"""`turnpoint completion`: commands, options, traces and endpoints on Tab, in bash, zsh and fish."""

from __future__ import annotations

import io
import os
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path

import click

from core.errors import ConfigError
from tui.cli.output import say
from tui.cli.shells import SHELLS, VARIABLE


@dataclass(frozen=True)
class Installation:
    """Where the script goes; ``startup`` is the file in which a ``line`` must name it (None: the shell finds it)."""

    script: Path
    startup: Path | None = None
    line: str = ""


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)), required=False)
@click.option("--print", "is_printed", is_flag=True, help="Print the script instead of installing it.")
@click.pass_context
def completion(context: click.Context, shell: str | None, is_printed: bool) -> None:
    """Install completion for bash, zsh or fish; without SHELL, for the one that $SHELL names.

    The script goes into a folder of yours; bash and zsh get a line in ~/.bashrc or ~/.zshrc, too. Do it again after an
    upgrade.
    """
    shell = shell or _own_shell()
    script = _script(context.find_root(), shell)
    if is_printed:
        click.echo(script)
        return
    installation = _installation(shell)
    try:
        for sentence in _install(installation, script):
            say(sentence)
    except OSError as error:
        instead = f"`turnpoint completion {shell} --print` prints the script, to be put elsewhere"
        raise ConfigError(f"{error.filename}: cannot be written ({error.strerror}); {instead}.") from error
    now = f"new shells complete turnpoint; `exec {shell}` makes this one new."
    say(now if installation.startup else f"{shell} completes turnpoint from now on.")


def _own_shell() -> str:
    """The shell that the user logs in to.

    Raises:
        ConfigError: if it is none of those that can be helped.
    """
    name = Path(os.environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise ConfigError(f"which shell? $SHELL is {name or 'not set'}; name one of {', '.join(SHELLS)}.")
    return name


def _script(root: click.Context, shell: str) -> str:
    """The script that click makes for a shell.

    Raises:
        ConfigError: if click says that the shell is too old.
    """
    complaint = io.StringIO()
    with redirect_stderr(complaint):
        script = SHELLS[shell](root.command, {}, "turnpoint", VARIABLE).source()
    if said := complaint.getvalue().strip():
        raise ConfigError(f"{said.rstrip('.')}; install a newer bash, or name zsh or fish.")
    return script


def _installation(shell: str) -> Installation:
    home = Path.home()
    data, config = _folder("XDG_DATA_HOME", home / ".local/share"), _folder("XDG_CONFIG_HOME", home / ".config")
    if shell == "fish":
        return Installation(config / "fish/completions/turnpoint.fish")
    if shell == "bash":
        script, startup, needed = data / "bash-completion/completions/turnpoint", home / ".bashrc", ""
    else:
        script, startup = data / "turnpoint/completion.zsh", _folder("ZDOTDIR", home) / ".zshrc"
        # Nothing can be completed in zsh before compinit has run: many a .zshrc sees to that, a bare one does not.
        needed = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }; "
    quoted = shlex.quote(str(script))
    return Installation(script, startup, f"[[ ! -r {quoted} ]] || {{ {needed}. {quoted}; }}")


def _folder(variable: str, usual: Path) -> Path:
    """The folder that a variable names, or the usual one where it says nothing, or nothing absolute."""
    named = Path(os.environ.get(variable, ""))
    return named if named.is_absolute() else usual


def _install(installation: Installation, script: str) -> Iterator[str]:
    """Write what is not there yet, telling what was done, a sentence for each file."""
    installation.script.parent.mkdir(parents=True, exist_ok=True)
    installation.script.write_text(script + "\n", encoding="utf-8")
    yield f"wrote {installation.script}"
    if installation.startup is not None:
        is_added = _add_line(installation.startup, installation.line)
        yield f"added a line to {installation.startup}" if is_added else f"{installation.startup} names it already"


def _add_line(file: Path, line: str) -> bool:
    """Put a line at the end of a file, unless it stands in it; whether it had to be."""
    before = file.read_bytes() if file.exists() else b""
    if os.fsencode(line) in before.splitlines():
        return False
    with file.open("ab") as end:
        end.write((b"\n" if before and not before.endswith(b"\n") else b"") + os.fsencode(line) + b"\n")
    return True
