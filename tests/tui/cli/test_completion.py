"""Completion: what Tab offers, in which shells, and that nothing is written, said or run by it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.store.database import Store
from tests.processes import TURNPOINT, environment
from tests.pty_app import PtyApp
from tests.tui.cli.calling import done, turnpoint
from tui.cli.completing import _PLAIN
from tui.cli.root import COMMANDS

SETTINGS = "".join(f'[endpoints."{name}"]\npreset = "vllm"\nmodel = "m"\n' for name in ("vllm", "two words"))
HOSTILE = (
    "a b", "a;touch PWNED", "$(touch PWNED)", "`touch PWNED`", "-rf", "~root", "*", "a:b", "new\nline", "esc\x1b[2J",
    "q'uote", 'q"uote', "com,ma", "per%cent", "back\\slash", "=ls", "a&b", "a|b", "a>b", "#a", "!a", "{a,b}", "[a]", "",
)  # fmt: skip


def complete(*words: str, shell: str = "bash") -> list[str]:
    """What a shell is told when Tab is pressed at the end of the last word; nothing may be said on standard error."""
    # fish says which word it is, the others at which place it stands.
    word = words[-1] if shell == "fish" else str(len(words))
    asked = {"_TURNPOINT_COMPLETE": f"{shell}_complete", "COMP_CWORD": word}
    line = " ".join(["turnpoint", *words])
    ended = subprocess.run(
        [sys.executable, "-m", "tui"],
        env={**os.environ, **asked, "COMP_WORDS": line},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.splitlines()


def offered(*words: str) -> list[str]:
    """The words that bash is offered."""
    return [line.removeprefix("plain,") for line in complete(*words) if line]


def add_traces(db: Path, ids: Sequence[str]) -> None:
    """Copies of the first trace under other ids, whatever these hold."""
    with sqlite3.connect(db) as connection:
        (columns,) = [[row[1] for row in connection.execute("PRAGMA table_info(traces)")]]
        rest = ", ".join(column for column in columns if column != "id")
        for trace_id in ids:
            connection.execute(f"INSERT INTO traces (id, {rest}) SELECT ?, {rest} FROM traces LIMIT 1", [trace_id])
    connection.close()


def test_commands_and_options_are_completed() -> None:
    assert offered("") == list(COMMANDS)
    assert offered("ana") == ["analyze"]
    assert offered("figure", "") == ["rates", "trace"]
    assert {"--db", "--endpoint", "--base-url", "--model", "--all"} <= set(offered("resample", "--"))
    assert "--model" not in offered("traces", "--")
    assert offered("--tr") == ["--trace"]
    assert offered("figure", "trace", "--format", "") == ["png", "svg", "pdf"]
    assert offered("nosuch", "x") == offered("traces", "--nosuch", "") == []


@pytest.mark.parametrize(
    "words",
    [
        ("analyze",),
        ("resample",),
        ("analyze", "jury-duty-free"),
        ("export", "out", "--trace"),
        ("judge", "label", "--trace"),
        ("figure", "trace"),
        ("--trace",),
    ],
)
def test_traces_are_completed_wherever_one_is_named(samples: Path, words: tuple[str, ...]) -> None:
    assert offered(*words, "zoo") == ["zoo-essay-free"]


def test_traces_are_those_of_the_database_that_the_line_names(
    samples: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    shutil.copy(samples, "other.db")
    add_traces(Path("other.db"), ["zoo-of-the-other"])
    both = ["zoo-essay-free", "zoo-of-the-other"]
    assert offered("analyze", "zoo") == ["zoo-essay-free"]
    assert offered("--db", "other.db", "analyze", "zoo") == offered("analyze", "--db", "other.db", "zoo") == both
    monkeypatch.setenv("TURNPOINT_DB", "other.db")
    assert offered("analyze", "zoo") == both
    assert offered("analyze", "--db", "turnpoint.db", "zoo") == ["zoo-essay-free"]
    shutil.copy("other.db", Path.home())
    for name in ("~/other.db", "$HOME/other.db"):
        assert offered("--db", name, "analyze", "zoo") == both


def test_endpoints_annotators_and_categories_are_completed(samples: Path) -> None:
    Path("turnpoint.toml").write_text(SETTINGS, encoding="utf-8")
    Path("labels.csv").write_text(
        "trace_id,sentence_idx,annotator,category\nzoo-essay-free,0,ana,planning\n", encoding="utf-8"
    )
    done("import", "labels.csv")
    done("adjudicate", "zoo-essay-free", "0", "planning", "--annotator", "cai")
    assert offered("check", "") == offered("resample", "-e", "") == offered("-e", "") == ["vllm", "simulator"]
    assert offered("resample", "t", "--endpoint", "v") == ["vllm"]
    assert offered("--annotator", "") == offered("suggest", "--all", "--nearest", "--from", "") == ["ana"]
    assert offered("adjudicate", "zoo-essay-free", "0", "monit") == ["monitoring"]


def test_a_value_after_an_equals_sign_is_completed_too(samples: Path) -> None:
    assert complete("check", "--endpoint", "=", "s") == complete("check", "--endpoint", "=") == ["plain,simulator"]
    assert complete("--db", "=", "turnpoint.db", "analyze", "zoo") == ["plain,zoo-essay-free"]
    assert complete("check", "--endpoint=s", shell="zsh") == ["plain", "--endpoint=simulator", "_"]
    assert complete("check", "--endpoint=s", shell="fish") == ["plain,--endpoint=simulator"]


@pytest.mark.parametrize("words", [("--db", ""), ("import", ""), ("codebook", "--codebook", ""), ("merge", "")])
def test_files_are_left_to_the_shell(words: tuple[str, ...]) -> None:
    assert complete(*words) == ["file,"]


def test_a_database_is_not_made_migrated_or_written(samples: Path) -> None:
    for name in ("gone.db", "empty.db", "letter.db", "old.db"):
        if name != "gone.db":
            Path(name).write_bytes(b"" if name == "empty.db" else b"Dear all, " * 100)
    with sqlite3.connect("old.db.sqlite") as old:
        old.execute("CREATE TABLE traces (id TEXT, response TEXT)")
        old.execute("INSERT INTO traces VALUES ('from-before', 'r')")
    old.close()
    Path("old.db.sqlite").rename("old.db")
    os.mkfifo("pipe.db")
    before = {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    for name in ("gone.db", "empty.db", "letter.db", "pipe.db", ".", "no/such.db"):
        assert offered("--db", name, "analyze", "") == offered("--db", name, "--annotator", "") == []
    assert offered("--db", "old.db", "analyze", "") == ["from-before"]
    assert offered("analyze", "zoo") == ["zoo-essay-free"]
    assert {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before


def test_what_another_process_has_just_written_is_offered(samples: Path) -> None:
    with Store.open(samples) as store:
        add_traces(samples, ["mine"])
        assert Path(f"{samples}-wal").stat().st_size
        assert store.read.execute("SELECT count(*) FROM traces WHERE id = 'mine'").fetchone()[0] == 1
        assert offered("analyze", "mi") == ["mine"]


@pytest.mark.parametrize("text", ["[endpoints", 'annotater = "ana"\n', "\x00"])
def test_settings_that_cannot_be_read_offer_nothing(samples: Path, text: str) -> None:
    Path("turnpoint.toml").write_text(text, encoding="utf-8")
    assert offered("check", "") == []
    assert offered("analyze", "zoo") == ["zoo-essay-free"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_names_that_a_shell_would_not_take_as_they_are_are_left_out(samples: Path, shell: str) -> None:
    known = complete("analyze", "", shell=shell)
    add_traces(samples, HOSTILE)
    assert complete("analyze", "", shell=shell) == known
    add_traces(samples, ["ünïcode", "mine@ben", "a.b_c-1/2+3"])
    assert len(complete("analyze", "", shell=shell)) > len(known)


@settings(max_examples=100, deadline=None)
@given(name=st.from_regex(_PLAIN, fullmatch=True))
def test_whatever_may_be_offered_is_one_word_to_bash(name: str) -> None:
    call = [shutil.which("bash") or "bash", "--norc", "-c", f"printf '<%s>' {name}"]
    assert subprocess.run(call, capture_output=True, check=True).stdout.decode() == f"<{name}>"


@pytest.fixture
def shell(samples: Path) -> Iterator[PtyApp]:
    """A bash with completion installed as the page says, and nothing else."""
    done("completion", "bash")
    home = Path.home()
    path = f"{TURNPOINT.parent}:{os.environ['PATH']}"
    changes = environment(home, PATH=path, PS1="$ ", INPUTRC="/dev/null", TURNPOINT_DB=str(samples.resolve()))
    with PtyApp([shutil.which("bash") or "bash", "--noprofile", "-i"], Path.cwd(), changes, (200, 40)) as running:
        yield running


def test_tab_completes_in_bash(shell: PtyApp) -> None:
    shell.send("turnpoint ana{tab}zoo{tab}--imp{tab}")
    shell.wait_for("turnpoint analyze zoo-essay-free --importance ")
    shell.send("{ctrl+u}turnpoint --db turnp{tab}")
    shell.wait_for("turnpoint --db turnpoint.db ")


def test_a_hostile_id_is_not_put_on_the_line_of_bash(samples: Path, shell: PtyApp) -> None:
    add_traces(samples, ["$(touch PWNED)", "`touch PWNED`", ";touch PWNED;", "harmless"])
    shell.send("turnpoint gold --help; turnpoint analyze {tab}{tab}")
    assert "PWNED" not in shell.wait_for("harmless")
    assert not Path("PWNED").exists()


@pytest.mark.parametrize(
    ("shell", "script", "startup"),
    [
        ("bash", ".local/share/bash-completion/completions/turnpoint", ".bashrc"),
        ("zsh", ".local/share/turnpoint/completion.zsh", ".zshrc"),
        ("fish", "XDG_CONFIG_HOME/fish/completions/turnpoint.fish", None),
    ],
)
def test_it_is_installed_where_the_shell_looks_and_again_it_changes_nothing(
    shell: str, script: str, startup: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    home = Path.home()
    if startup:
        (home / startup).write_text("alias ll='ls -l'", encoding="utf-8")
    said = done("completion").out.splitlines()
    assert said[0] == f"wrote {home / script}"
    assert (home / script).read_text(encoding="utf-8") == done("completion", shell, "--print").out
    assert f"_TURNPOINT_COMPLETE={shell}_complete" in (home / script).read_text(encoding="utf-8")
    if startup is None:
        assert said[1:] == ["fish completes turnpoint from now on."]
        return
    assert said[1:] == [
        f"added a line to {home / startup}",
        f"new shells complete turnpoint; `exec {shell}` makes this one new.",
    ]
    alias, line = (home / startup).read_text(encoding="utf-8").splitlines()
    assert alias == "alias ll='ls -l'"
    assert str(home / script) in line
    assert done("completion").out.splitlines()[1] == f"{home / startup} names it already"
    assert (home / startup).read_text(encoding="utf-8").splitlines() == [alias, line]


def test_the_folders_of_the_environment_are_heeded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = tmp_path / "it's here"
    (here / "ZDOTDIR").mkdir(parents=True)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.setenv(name, str(here / name))
    for shell in ("bash", "zsh", "fish"):
        done("completion", shell)
    made = {str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()}
    assert made == {
        "XDG_DATA_HOME/bash-completion/completions/turnpoint",
        "XDG_DATA_HOME/turnpoint/completion.zsh",
        "XDG_CONFIG_HOME/fish/completions/turnpoint.fish",
        "ZDOTDIR/.zshrc",
    }
    look = [shutil.which("bash") or "bash", "-c", ". ~/.bashrc; complete -p turnpoint"]
    ended = subprocess.run(look, capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("complete -o nosort -F _turnpoint_completion turnpoint\n", "")


@pytest.mark.parametrize(("shell", "called"), [("/bin/tcsh", "tcsh"), ("", "not set")])
def test_a_shell_that_cannot_be_helped_is_refused(shell: str, called: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", shell)
    ran = turnpoint("completion")
    assert (ran.code, ran.refusal) == (2, f"which shell? $SHELL is {called}; name one of bash, zsh, fish.")


def test_a_bash_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "bin" / "bash"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 3.2.57\n", encoding="utf-8")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(old.parent), prepend=os.pathsep)
    ran = turnpoint("completion", "bash")
    assert ran.code == 2
    assert ran.refusal.endswith("versions older than 4.4; install a newer bash, or name zsh or fish.")
    assert not any(Path.home().iterdir())


def test_a_place_that_cannot_be_written_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    ran = turnpoint("completion", "fish")
    assert ran.code == 2
    assert ran.refusal.endswith("`turnpoint completion fish --print` prints the script, to be put elsewhere.")
