"""`h` shows the codebook beside the trace, and every key goes on labelling."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.style import Style

from core.annotation.codebook import Category, Codebook
from core.store.database import Store
from core.store.labels import set_label
from tests.tui.app_under_test import (
    CODEBOOK,
    LANDLORD,
    build_app,
    cursor,
    list_screen,
    rows,
    send,
    status,
    stored_labels,
    text,
)
from tui.actions import keymap
from tui.app import TurnpointApp
from tui.cli.open import codebook_and_notice

SIZES = pytest.mark.parametrize("size", [(120, 36), (80, 24), (44, 12)], ids=["wide", "narrow", "tiny"])

OLD = Codebook("old", (Category("1", "stalling", "sta", "Puts a decision off."), *CODEBOOK.categories[1:]))


def with_codebook(app: TurnpointApp, codebook: Codebook) -> TurnpointApp:
    app.context = replace(app.context, codebook=codebook, keys=keymap({}, codebook))
    return app


@SIZES
async def test_h_shows_the_codebook_beside_the_sentence_and_hides_it_again(store: Store, size: tuple[int, int]) -> None:
    async with build_app(store).run_test(size=size) as pilot:
        await send(pilot, "G")
        before = rows(pilot)
        await send(pilot, "h")
        assert "codebook 2" in text(pilot)
        assert "1 pre preservation_motive" in text(pilot)
        assert any(row.startswith("▌27") for row in rows(pilot))
        await send(pilot, "h")
        assert "codebook 2" not in text(pilot)
        assert [row for row in rows(pilot) if "prefix" in row] == [row for row in before if "prefix" in row]


@SIZES
async def test_label_keys_go_on_working_beside_it(store: Store, size: tuple[int, int]) -> None:
    async with build_app(store).run_test(size=size) as pilot:
        await send(pilot, "h", "7", "8", "u", "d")
        assert stored_labels(store) == {0: "monitoring", 1: "planning"}
        assert cursor(pilot) == 2
        assert any(row.startswith("▌ 2") for row in rows(pilot))


async def test_it_opens_at_the_category_of_the_sentence_and_follows_the_cursor(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "7", "8", "g", "h")
        assert "+ About this conversation" in text(pilot)
        assert "- What a rating or the training would lead to:" in text(pilot)
        await send(pilot, "j")
        assert "+ What counts as helpful" in text(pilot)
        await send(pilot, "j")
        assert "codebook 2  1/15" in text(pilot)


async def test_a_page_that_was_turned_to_stays_until_the_codebook_is_hidden(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "right", "right", "right")
        assert "+ Settles on doing what" in text(pilot)
        await send(pilot, "7", "j", "k", "k")
        assert "+ Settles on doing what" in text(pilot)
        await send(pilot, "left", "left", "left")
        assert "+ Headings, numbering" in text(pilot)
        await send(pilot, "h", "h")
        assert "+ About this conversation" in text(pilot)


async def test_the_page_stays_with_its_category_when_the_terminal_changes(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "h", *["right"] * 9)
        assert "+ Cites a rule that stands" in text(pilot)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "+ Cites a rule that stands" in text(pilot)


async def test_a_tag_has_the_colour_of_its_category_in_the_list_and_in_the_row_of_keys(store: Store) -> None:
    async with build_app(store).run_test(size=(120, 36)) as pilot:
        await send(pilot, "2", "7")
        found: dict[str, list[Style | None]] = {}
        for strip in pilot.app.screen._compositor.render_strips():
            for segment in strip:
                found.setdefault(segment.text.strip(), []).append(segment.style)
        for tag, colour in (("com", "green"), ("mon", "cyan")):
            colours = [style.color.name for style in found[tag] if style is not None and style.color is not None]
            assert colours == [colour, colour]


async def test_a_label_of_an_earlier_codebook_keeps_its_name_and_tag(store: Store) -> None:
    store.write(lambda db: set_label(db, "ana", LANDLORD, 0, "stalling", OLD)).result()
    codebook, notice = codebook_and_notice(CODEBOOK, store, "ana")
    async with with_codebook(build_app(store, greeting=notice), codebook).run_test(size=(120, 36)) as pilot:
        assert any(row.startswith("▌ 0 sta ") for row in rows(pilot))
        assert "sentence 0 · stalling" in text(pilot)
        assert "Puts a decision off." in text(pilot)
        assert status(pilot) == (
            f"1 label of yours was given before {CODEBOOK.title}: 1 under {OLD.title}; `turnpoint codebook map` maps"
            " them."
        )
        await send(pilot, "h")
        assert "1 pre preservation_motive" in text(pilot)
        await send(pilot, "7")
        assert stored_labels(store) == {0: "monitoring"}
        assert codebook_and_notice(CODEBOOK, store, "ana")[1] == ""


async def test_a_codebook_that_nobody_here_has_read_draws_nothing_but_text(store: Store, tmp_path: Path) -> None:
    bad = "\x1b[31m\u202e漢字漢字"
    hostile = Codebook(bad, (Category("1", bad, bad, bad),))
    store.write(lambda db: set_label(db, "ana", LANDLORD, 0, bad, hostile)).result()
    codebook, notice = codebook_and_notice(CODEBOOK, store, "ana")
    async with with_codebook(build_app(store, greeting=notice), codebook).run_test(size=(120, 36)) as pilot:
        for keys in ((), ("h",), ("right",), ("h",), ("j",)):
            await send(pilot, *keys)
            assert "\x1b" not in text(pilot)
            assert "\u202e" not in text(pilot)
            assert list_screen(pilot).items.count == 28
