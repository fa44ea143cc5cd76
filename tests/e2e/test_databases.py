"""Files that are not there, not databases, not writable or on a full disk: one sentence, and nothing is lost."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import stored
from tests.patience import PATIENCE
from tests.processes import SAMPLES, TURNPOINT, app, environment, headless, is_one_sentence, start

TRACE = "landlord-review-free"


@pytest.mark.slow
def test_a_disk_that_fills_up_during_a_run(home: Path) -> None:
    assert headless(home, "resample", TRACE, "--prefix", "0", "-n", "8").returncode == 0
    before = stored.rollouts(home)
    limit = (home / stored.NAME).stat().st_size + 300_000

    def file_size_limited() -> None:
        # Python ignores SIGXFSZ, so that a write beyond the limit fails as it does on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    process = start(home, "resample", TRACE, "--all", "-n", "60", preexec_fn=file_size_limited)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, out
    assert is_one_sentence(err), err
    assert stored.NAME in err
    kept = stored.rollouts(home)
    assert before.items() <= kept.items()
    assert stored.is_whole(home)

    assert headless(home, "resample", TRACE, "--prefix", "0", "-n", "12").returncode == 0
    assert stored.per_prefix(home, TRACE)[0] >= 12


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path | None]:
    """A file system of one megabyte and a bit, or None where this user may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(words, capture_output=True, check=False).returncode == 0
    yield folder if mounted else None
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_disk_that_is_full(tiny_disk: Path | None, home: Path) -> None:
    if tiny_disk is None:
        # The test above meets the same condition through a limit, which needs no rights.
        return
    database = tiny_disk / stored.NAME
    shutil.copy(home / stored.NAME, database)
    done = headless(home, "--db", database, "resample", TRACE, "--all", "-n", "100")
    assert done.returncode == 1
    assert is_one_sentence(done.stderr), done.stderr
    assert "the disk is full; free some space" in done.stderr
    shutil.copy(database, home / stored.NAME)
    for suffix in ("-wal", "-shm"):
        if (tiny_disk / f"{stored.NAME}{suffix}").exists():
            shutil.copy(tiny_disk / f"{stored.NAME}{suffix}", home)
    assert stored.count(home) > 0
    assert stored.is_whole(home)


@pytest.fixture
def odd_files(home: Path) -> Path:
    """Databases that cannot be opened."""
    (home / "garbage.db").write_bytes(b"\x00not a database\xff" * 500)
    (home / "folder.db").mkdir()
    shutil.copy(home / stored.NAME, home / "cut.db")
    os.truncate(home / "cut.db", 5000)
    return home


ODD = {
    "garbage.db": "not a SQLite database",
    "folder.db": "a directory",
    "missing.db": "no such database",
    "cut.db": "",
    "no/folder/at.db": "",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(ODD))
def test_a_database_that_cannot_be_opened(odd_files: Path, name: str) -> None:
    commands: list[list[str]] = [["traces"], ["analyze"], ["export", "out"], ["resample", TRACE, "--all", "-n", "1"]]
    for command in commands:
        done = headless(odd_files, "--db", name, *command)
        assert done.returncode in (1, 2), done.stdout
        assert is_one_sentence(done.stderr), (command, done.stderr)
        assert name in done.stderr
        assert ODD[name] in done.stderr
    with app(odd_files, "--db", name) as opening:
        assert opening.wait_exit() in (1, 2)
        assert opening.text.strip().startswith("turnpoint: ")
        assert "Traceback" not in opening.text
        # A refusal comes before the alternate screen, where nobody would see it.
        assert b"\x1b[?1049h" not in opening.output


def stepped_down() -> None:
    """Root may write anything, until it gives up that capability; to others this does nothing."""
    drop_from_bounding_set, override_permissions = 24, 1
    ctypes.CDLL(None).prctl(drop_from_bounding_set, override_permissions, 0, 0, 0)


@pytest.mark.slow
def test_a_database_that_this_user_cannot_write(home: Path) -> None:
    (home / stored.NAME).chmod(0o444)
    for command in (["traces"], ["resample", TRACE, "--all", "-n", "1"], ["import", str(SAMPLES / "nasty.jsonl")]):
        done = headless(home, *command, preexec_fn=stepped_down)
        assert done.returncode == 1, (command, done.stdout)
        assert is_one_sentence(done.stderr), (command, done.stderr)
        assert "cannot be written" in done.stderr
    assert stored.count(home, "traces") == 11


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    for command in ("traces", "traces --json", "keys", "keys --markdown", "analyze --help"):
        done = subprocess.run(
            f"'{TURNPOINT}' {command} | head -c 1",
            shell=True,
            cwd=home,
            env=environment(home),
            capture_output=True,
            text=True,
            check=False,
        )
        assert len(done.stdout) == 1
        assert done.stderr == ""
