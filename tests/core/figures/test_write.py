"""Figures as files: the right format, the same bytes each time, all or none."""

from __future__ import annotations

import errno
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from core.errors import ExportError
from core.export.reader import read_table
from core.figures.trace import draw
from core.figures.trace_data import COLUMNS, rows
from core.figures.write import FORMATS, file_stem, rendered, write_figure
from tests.core.figures.scene import SENTENCES, turning

MAGIC = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-"}
HEADER = ("a", "b")
ROWS = ((1, None), ("=2", 0.5))


@pytest.fixture
def small() -> Figure:
    return Figure(figsize=(1, 1))


def write(figure: Figure, *paths: Path, force: bool = False) -> list[str]:
    return [path.name for path in write_figure(figure, HEADER, ROWS, paths, force=force)]


def test_hostile_text_gives_the_same_bytes_twice_in_every_format(tmp_path: Path) -> None:
    data = turning(tmp_path / "study.db")
    for kind in FORMATS:
        content = rendered(draw(data), kind)
        assert content.startswith(MAGIC[kind])
        assert content == rendered(draw(data), kind)
        assert b"Date" not in content
        if kind == "svg":
            ElementTree.fromstring(content.decode())


def test_the_csv_beside_it_reads_back(tmp_path: Path) -> None:
    data = turning(tmp_path / "study.db")
    files = write_figure(Figure(figsize=(1, 1)), COLUMNS, rows(data), [tmp_path / "out" / "a.svg"])
    assert [path.name for path in files] == ["a.svg", "a.csv"]
    table = list(read_table(tmp_path / "out" / "a.csv"))
    assert list(table[0]) == list(COLUMNS)
    assert [row["text"] for row in table if row["panel"] == "directions"] == list(SENTENCES)
    assert "nan" not in (tmp_path / "out" / "a.csv").read_text(encoding="utf-8").lower()


def test_each_name_has_one_csv(small: Figure, tmp_path: Path) -> None:
    names = write(small, tmp_path / "a.png", tmp_path / "a.PDF", tmp_path / "b.svg")
    assert names == ["a.png", "a.PDF", "b.svg", "a.csv", "b.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert (tmp_path / "a.csv").read_bytes() == b"a,b\r\n1,\r\n'=2,0.5\r\n"


def test_a_file_that_is_there_is_replaced_by_force_only(small: Figure, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("mine", encoding="utf-8")
    (tmp_path / "thesis.txt").write_text("mine too", encoding="utf-8")
    with pytest.raises(ExportError, match=r"a\.csv: this file is there already; name another, or use --force"):
        write(small, tmp_path / "a.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "thesis.txt"]
    write(small, tmp_path / "a.png", force=True)
    assert (tmp_path / "a.csv").read_bytes().startswith(b"a,b")
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "mine too"


def test_other_formats_and_two_folders_are_refused(small: Figure, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"a\.jpg: a figure is written as \.png, \.svg or \.pdf; name such a file"):
        write(small, tmp_path / "a.jpg")
    with pytest.raises(ExportError, match="a figure goes into one folder; write it once for each"):
        write(small, tmp_path / "x" / "a.png", tmp_path / "y" / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_half_of_it(small: Figure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "out").mkdir()
    monkeypatch.setattr("core.figures.write.write_csv", full)
    with pytest.raises(ExportError, match="the disk is full, so nothing was exported"):
        write(small, tmp_path / "out" / "a.png")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_figure_taller_than_pixels_reach_is_written_coarser() -> None:
    assert rendered(Figure(figsize=(0.2, 700)), "png").startswith(MAGIC["png"])


@pytest.mark.parametrize(
    ("trace_id", "stem"),
    [("a-b.c_1", "a-b.c_1"), ("../../etc/x", "etc-x"), ("\x1b[31m\n", "31m"), ("中文", "trace"), ("..", "trace"),
     ("x" * 500, "x" * 80)],
)  # fmt: skip
def test_files_are_named_plainly_whatever_the_trace_is_called(trace_id: str, stem: str) -> None:
    assert file_stem(trace_id) == stem
