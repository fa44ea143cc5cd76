"""What becomes of a label when its codebook changes, and which pairs of categories can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.annotation.annotation import Annotation, Circumstances, Suggested
from core.annotation.categories import Category, Codebook
from core.annotation.mapping import category_map, same_names
from core.annotation.pairs import load_pairs, read_pairs
from core.errors import ConfigError

PLAN = Category("1", "plan", "pla", "Says what to do next.")
DOUBT = Category("2", "doubt", "dou", "Takes something back.")
WISH = Category("3", "wish", "wis", "Says what it wants.", include=("A want.",))
OLD = Codebook("1", (PLAN, DOUBT, WISH))

STEP = Category("4", "step", "ste", PLAN.definition)
NEW = Codebook(
    "2", (STEP, Category("2", "doubt", "dou", "Wavers."), Category("3", "wish", "wis", WISH.definition, "red"))
)

GIVEN = Circumstances(suggested=Suggested("plan", "a model", 0.9), is_blind=True, seconds=2.5, ordered_by="random")


def test_a_renamed_category_stays_sure_and_a_redefined_one_has_to_be_looked_at() -> None:
    mapped = category_map(OLD, NEW, {"plan": "step", "doubt": "doubt", "wish": "wish"})
    assert [mapped.keeps_meaning(name) for name in ("plan", "doubt", "wish")] == [True, False, False]


def test_two_categories_that_become_one_have_to_be_looked_at() -> None:
    mapped = category_map(OLD, NEW, {"plan": "step", "doubt": "step"})
    assert not mapped.keeps_meaning("plan")


def test_a_note_a_doubt_and_the_second_category_come_along() -> None:
    mapped = category_map(OLD, NEW, {"plan": "step", "doubt": "doubt"})
    before = Annotation("plan", "doubt", is_unsure=True, note="which?")
    assert mapped.after(before) == Annotation("step", "doubt", is_unsure=True, note="which?")


def test_a_second_category_that_is_now_the_first_goes() -> None:
    mapped = category_map(OLD, NEW, {"plan": "step", "doubt": "step"})
    assert mapped.after(Annotation("plan", "doubt")) == Annotation("step")


def test_a_category_that_is_mapped_to_nothing_leaves_the_sentence_to_be_labelled_anew() -> None:
    mapped = category_map(OLD, NEW, {"plan": "", "doubt": "doubt"})
    assert mapped.after(Annotation("plan", "doubt", note="split")) == Annotation(note="split")
    assert mapped.after(Annotation("doubt", "plan")) == Annotation("doubt")


def test_a_label_of_which_the_map_says_nothing_is_left() -> None:
    mapped = category_map(OLD, NEW, {"plan": "step"})
    assert mapped.after(Annotation("plan", "wish")) is None
    assert mapped.unmapped(Annotation("doubt", "wish")) == ("doubt", "wish")


def test_how_the_label_was_given_is_kept_but_nobody_confirmed_it() -> None:
    mapped = category_map(OLD, NEW, {"plan": "step", "doubt": "doubt"})
    sure = mapped.circumstances(Annotation("plan"), GIVEN)
    assert (sure.source, sure.is_verified) == ("map", True)
    assert (sure.suggested, sure.is_blind, sure.seconds, sure.ordered_by) == (GIVEN.suggested, True, 2.5, "random")
    assert not mapped.circumstances(Annotation("plan", "doubt"), GIVEN).is_verified
    tag = Circumstances(source="import", is_verified=False)
    assert mapped.circumstances(Annotation("plan"), tag) == tag


def test_categories_called_the_same_are_found() -> None:
    assert same_names(OLD, NEW) == {"doubt": "doubt", "wish": "wish"}


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ({"plam": "step"}, "codebook 1 ({old}) has no category 'plam'; did you mean plan?"),
        ({"plan": "steps"}, "codebook 2 ({new}) has no category 'steps'; did you mean step?"),
    ],
)
def test_names_that_neither_codebook_has_are_refused(pairs: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigError) as refused:
        category_map(OLD, NEW, pairs)
    assert str(refused.value) == reason.format(old=OLD.id[:8], new=NEW.id[:8])


def test_a_codebook_is_not_mapped_onto_itself() -> None:
    with pytest.raises(ConfigError, match="name the changed one with --to"):
        category_map(OLD, OLD, {"plan": "plan"})


def test_pairs_are_read_from_a_line_a_table_and_a_csv(tmp_path: Path) -> None:
    pairs = {"plan": "step", "wish": ""}
    assert read_pairs("plan=step, wish=") == pairs
    (tmp_path / "map.toml").write_text('plan = "step"\nwish = ""\n', encoding="utf-8")
    (tmp_path / "map.csv").write_text("old,new\r\nplan,step\r\nwish,\r\n", encoding="utf-8-sig")
    assert load_pairs(tmp_path / "map.toml") == load_pairs(tmp_path / "map.csv") == pairs


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("plan", "'plan' is no pair of categories; write old=new, with commas between pairs."),
        ("=step", "'=step' is no pair of categories; write old=new, with commas between pairs."),
        ("plan=a,plan=b", "--pairs: 'plan' is mapped twice; a category becomes one other, or none."),
    ],
)
def test_pairs_that_are_none_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_pairs(text)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("map.csv", "from,to\na,b\n", ":1: a map has the columns old,new; write them as the first line."),
        ("map.csv", "", ":1: a map has the columns old,new; write them as the first line."),
        ("map.csv", "old,new\na,b\n,c\n", ":3: this line does not have an old and a new category; mend it."),
        ("map.csv", "old,new\na\n", ":2: this line does not have an old and a new category; mend it."),
        ("map.csv", "old,new\na,b,c\n", ":2: this line does not have an old and a new category; mend it."),
        ("map.csv", "old,new\na,b\na,c\n", ":3: 'a' is mapped twice; a category becomes one other, or none."),
        ("map.toml", "a = 1", ': a is mapped to no text; write a = "new", or "" to take labels off.'),
    ],
)
def test_a_file_of_pairs_that_cannot_be_used_is_refused(tmp_path: Path, name: str, content: str, reason: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_pairs(path)
    assert str(refused.value) == f"{path}{reason}"
