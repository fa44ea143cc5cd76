"""The codebook: what the default one holds, what a file may say, and what is refused, with file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.annotation.categories import codebook_of
from core.annotation.codebook import DEFAULT_CODEBOOK, Category, Codebook, load_codebook
from core.errors import ConfigError
from core.sanitize import visible_line

TWO = """\
version = "mine"   # line 1

[[categories]]
key = "1"
name = "plan"
tag = "pla"
definition = "Says what to do next."

[[categories]]     # line 9
key = "2"
name = "doubt"
tag = "dou"
definition = "Takes something back."
"""

ID_OF_TWO = "34982e13a9fab51c"
"""Its id before there were rules and colours; labels stand in databases under such ids."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "codebook.toml"


def read(path: Path, content: str) -> Codebook:
    path.write_bytes(content.encode())
    return load_codebook(path)


def refusal(path: Path, content: str) -> str:
    with pytest.raises(ConfigError) as refused:
        read(path, content)
    (sentence,) = str(refused.value).splitlines()
    assert sentence.startswith(str(path))
    return sentence.removeprefix(str(path))


def test_the_default_codebook_has_a_category_for_each_of_its_fourteen_keys() -> None:
    codebook = load_codebook()
    assert "".join(category.key for category in codebook.categories) == "123456789asdf0"
    assert {"preservation_motive", "decision_comply", "decision_refuse", "monitoring", "none"} <= {
        category.name for category in codebook.categories
    }
    for category in codebook.categories:
        assert category.name.isidentifier()
        assert len(category.tag) == 3


def test_the_default_codebook_says_of_each_category_what_belongs_there_and_what_does_not() -> None:
    codebook = load_codebook()
    for category in codebook.categories:
        assert category.include and category.exclude
        assert len(category.examples) == 2
        for rule in (category.definition, *category.include, *category.exclude):
            assert rule.endswith(".")


def test_the_rules_of_the_default_codebook_send_a_sentence_to_categories_that_there_are() -> None:
    codebook = load_codebook()
    for category in codebook.categories:
        sent = {word for rule in category.exclude for word in re.findall(r"[a-z]+_[a-z]+", rule)}
        assert category.name not in sent
        assert all(codebook.own(name) for name in sent)


def test_the_order_of_the_file_is_the_order_of_precedence_unless_each_category_says_its_own(path: Path) -> None:
    assert [category.name for category in read(path, TWO).categories] == ["plan", "doubt"]
    ranked = TWO.replace('tag = "pla"', 'tag = "pla"\nprecedence = 7').replace(
        'tag = "dou"', 'tag = "dou"\nprecedence = -1'
    )
    assert [category.name for category in read(path, ranked).categories] == ["doubt", "plan"]


def test_a_category_may_have_a_colour_rules_and_examples(path: Path) -> None:
    rules = 'colour = "bright_red"\ninclude = ["A.", "B."]\nexclude = []\nexamples = ["""C,\n  d."""]'
    plan, doubt = read(path, TWO.replace('tag = "pla"', f'tag = "pla"\n{rules}')).categories
    assert (plan.colour, plan.include, plan.exclude, plan.examples) == ("bright_red", ("A.", "B."), (), ("C, d.",))
    assert (doubt.colour, doubt.include) == ("cyan", ())


def test_a_codebook_is_named_by_all_that_an_annotator_reads_in_it(path: Path) -> None:
    one = read(path, TWO)
    assert one.id == read(path, TWO + "\n# a comment").id != load_codebook(DEFAULT_CODEBOOK).id
    changed = [
        TWO.replace("Takes something back.", "Takes something back, or wavers."),
        TWO.replace('tag = "dou"', 'tag = "dou"\ninclude = ["Wavers."]'),
        TWO.replace('tag = "dou"', 'tag = "dou"\nexamples = ["Hm."]'),
        TWO.replace('"mine"', '"mine, 2"'),
        TWO.replace('tag = "dou"', 'tag = "dou"\nprecedence = 1').replace('tag = "pla"', 'tag = "pla"\nprecedence = 2'),
    ]
    assert len({one.id, *(read(path, content).id for content in changed)}) == 6
    assert read(path, TWO.replace('tag = "dou"', 'tag = "dou"\ncolour = "red"')).id == one.id


def test_a_codebook_comes_back_from_its_canonical_form(path: Path) -> None:
    rules = 'include = ["A."]\nexamples = ["\\u001f600 \\\\"]'.replace("\\u001f600", "\\U0001f600")
    for codebook in (load_codebook(), read(path, TWO.replace('tag = "pla"', f'tag = "pla"\n{rules}'))):
        assert codebook_of(codebook.canonical) == codebook
        assert codebook_of(codebook.canonical).id == codebook.id
    tags = Codebook("thought-anchors", (Category("", "plan", "pla", "A tag."),))
    assert codebook_of(tags.canonical).id == tags.id


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version":"1","categories":["none"]}', "[" * 100_000])
def test_what_is_no_codebook_does_not_become_one(text: str) -> None:
    with pytest.raises(ValueError):
        codebook_of(text)


def test_a_codebook_without_rules_keeps_the_id_that_it_had_before_there_were_rules(path: Path) -> None:
    assert read(path, TWO).id == ID_OF_TWO


def test_a_category_of_another_codebook_is_shown_as_that_one_has_it_or_by_its_first_letters(path: Path) -> None:
    codebook = read(path, TWO)
    assert codebook.tag("doubt") == "dou"
    assert codebook.tag("monitoring") == "mon"
    assert codebook.tag("rater_appeasement") == "rat"
    knowing = codebook.knowing([load_codebook()])
    assert knowing.tag("rater_appeasement") == "app"
    assert knowing.find("rater_appeasement") is not None
    assert knowing.own("rater_appeasement") is None
    assert (knowing.id, knowing) == (codebook.id, codebook)


def with_field(field: str, line: str) -> str:
    """The second category with another line in place of one of its fields."""
    head, second = TWO.split("[[categories]]     # line 9\n")
    return head + "[[categories]]     # line 9\n" + re.sub(rf"^{field} = .*$", lambda _: line, second, flags=re.M)


REFUSALS = [
        ("version = \n", 1, "this is not valid TOML (Invalid value); mend this line."),
        (TWO + 'examples = ["a"', 14, "this is not valid TOML (Unclosed array); mend this line."),
        (with_field("key", 'key = "2'), 10, "this is not valid TOML"),
        ('version = "1"', 1, 'a codebook needs a version = "..." and at least one [[categories]] table.'),
        (TWO.replace('"mine"', "2"), 1, "a codebook needs a version"),
        ('version = "1"\ncategories = []', 1, "a codebook needs a version"),
        ('version = "1"\n\ncategories = [3]', 3, "category 1 is not a table; write [[categories]]."),
        (with_field("tag", ""), 9, "category 'doubt' has no tag; write tag = \"...\"."),
        (with_field("definition", ""), 9, "category 'doubt' has no definition; write definition"),
        (with_field("definition", 'definition = """ \n """'), 13, "category 'doubt' has no definition; write"),
        (with_field("name", ""), 9, "category 2 has no name; write name"),
        (with_field("key", 'key = "1"'), 10, "the key '1' is that of line 4 already; give each its own."),
        (with_field("tag", 'tag = "pla"'), 12, "the tag 'pla' is that of line 6 already; give each its own."),
        (with_field("name", "name = 'plan'"), 11, "the name 'plan' is that of line 5 already; give each its own."),
        (with_field("key", 'key = "22"'), 10, "category 'doubt' has the key '22'; give it one character that a key"),
        (with_field("key", 'key = "漢"'), 10, "category 'doubt' has the key '漢'; give it one character that a key"),
        (with_field("key", 'key = "\\u001b"'), 10, "key holds a character that cannot be shown; take it out of "),
        (with_field("tag", 'tag = "doub"'), 12, "category 'doubt' has the tag 'doub'; give it one to three letters."),
        (with_field("tag", 'tag = "d-"'), 12, "category 'doubt' has the tag 'd-'; give it one to three letters."),
        (with_field("name", 'name = "in doubt"'), 11, "the name 'in doubt' is not one plain word; use letters"),
        (with_field("name", 'name = "\'"'), 11, "the name \"'\" is not one plain word; use letters"),
        (with_field("name", f'name = "{"d" * 41}"'), 11, f"the name '{'d' * 41}' is not one plain word; use letters"),
        (with_field("definition", 'definition = "a\\u202eb"'), 13, "definition holds a character that cannot be shown"),
        (TWO + 'colour = "cian"', 14, "category 'doubt' has the colour 'cian', which terminals do not know; did you"),
        (TWO + 'colour = ["red"]', 14, "category 'doubt' has the colour ['red'], which terminals do not know; did you"),
        (TWO + 'exampels = ["a"]', 14, "'exampels' is nothing that a codebook says; did you mean examples?"),
        (TWO + "\n[categories.more]\na = 1", 15, "'more' is nothing that a codebook says; known are"),
        (TWO + "\n[extra]\na = 1", 15, "'extra' is nothing that a codebook says; known are categories, version."),
        (TWO + 'include = "a"', 14, "include of category 'doubt' is no list of texts; write include = "),
        (TWO + 'include = ["a", 2]', 14, "include of category 'doubt' is no list of texts; write include = "),
        (TWO + "precedence = 1", 3, "category 'plan' has no precedence that is a whole number; give every category"),
        (
            with_field("tag", 'tag = "dou"\nprecedence = 1').replace('"pla"', '"pla"\nprecedence = 1'),
            14,
            "the precedence 1 is that of line 7 already; give each its own.",
        ),
]  # fmt: skip


@pytest.mark.parametrize(("content", "line", "reason"), REFUSALS, ids=[reason[:40] for *_, reason in REFUSALS])
@pytest.mark.parametrize("break_", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_codebook_that_cannot_be_used_is_refused_with_its_line(
    path: Path, content: str, line: int, reason: str, break_: str
) -> None:
    said = refusal(path, content.replace("\n", break_))
    assert said.startswith(f":{line}: {reason}")
    assert said.endswith((".", "?"))


def test_a_refusal_can_be_shown_as_it_is(path: Path) -> None:
    said = refusal(path, with_field("definition", 'definition = "a\\u001b[31m"'))
    assert visible_line(said) == said


def test_a_codebook_that_is_no_text_or_not_there_is_refused(path: Path) -> None:
    with pytest.raises(ConfigError, match="the codebook cannot be read"):
        load_codebook(path)
    path.write_bytes(b'# first line\nversion = "\xff"')
    with pytest.raises(ConfigError, match=r":2: this is not text"):
        load_codebook(path)
