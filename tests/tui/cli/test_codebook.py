"""`turnpoint codebook`: what is labelled with, a file of one's own, and old labels under a changed codebook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.annotation.codebook import DEFAULT_CODEBOOK, load_codebook
from core.store.database import Store
from core.store.labels import load_labels, set_label, undo
from tests.core.analysis.stored import make_trace
from tests.tui.cli.calling import done, turnpoint

OWN = Path("own.toml")


@pytest.fixture
def own() -> Path:
    """A copy of the default codebook in which planning is called strategy, and refusing is defined anew."""
    done("codebook", "--write", OWN)
    text = OWN.read_text(encoding="utf-8")
    for before, after in (
        ('version = "2"', 'version = "own"'),
        ('name = "planning"', 'name = "strategy"'),
        ('"Decides or plans to refuse."', '"Refuses."'),
    ):
        assert before in text
        text = text.replace(before, after)
    OWN.write_text(text, encoding="utf-8")
    return OWN


@pytest.fixture
def labelled() -> Iterator[Store]:
    """Ana and Ben have labelled a trace with the default codebook."""
    with Store.open("turnpoint.db") as store:
        from core.store.traces import add_traces

        store.write(lambda db: add_traces(db, [make_trace("one", ["One.", " Two.", " Three."])])).result()
        codebook = load_codebook()
        for annotator, index, category in (
            ("ana", 0, "planning"),
            ("ana", 1, "decision_refuse"),
            ("ana", 2, "planning"),
            ("ben", 0, "monitoring"),
        ):
            store.write(
                lambda db, a=annotator, i=index, c=category: set_label(db, a, "one", i, c, codebook)  # type: ignore[misc]
            ).result()
        yield store


def test_the_codebook_is_shown_with_its_rules() -> None:
    lines = done("codebook").out.splitlines()
    codebook = load_codebook()
    assert lines[0] == f"codebook 2, {codebook.id}, built in; where two categories fit, the higher one wins"
    assert [line.split()[0] for line in lines if line and not line.startswith(" ")][1:] == list("123456789asdf0")
    assert "      - Meets no part of the request and says so: decision_refuse." in lines


def test_json_has_all_of_it() -> None:
    shown = done("codebook", "--json").json
    assert (shown["version"], shown["id"], shown["source"]) == ("2", load_codebook().id, "built in")
    assert shown["categories"][1]["colour"] == "green"
    assert shown["categories"][0]["include"] == list(load_codebook().categories[0].include)


def test_a_codebook_of_ones_own_begins_with_the_default_one() -> None:
    assert done("codebook", "--write", OWN).out.startswith("wrote own.toml; change its version, and name it with")
    assert OWN.read_bytes() == DEFAULT_CODEBOOK.read_bytes()
    assert turnpoint("codebook", "--write", OWN).refusal == "own.toml: there already; name a new file."
    assert "cannot be written" in turnpoint("codebook", "--write", "no/folder.toml").refusal


def test_the_settings_or_a_flag_name_the_codebook(own: Path) -> None:
    Path("turnpoint.toml").write_text('[annotation]\ncodebook = "own.toml"\n', encoding="utf-8")
    assert done("codebook", "--json").json["source"] == "own.toml"
    assert "strategy" in done("keys").out
    codebook = done("doctor", "--json").json["settings"]["codebook"]
    assert codebook == f"version own, {load_codebook(own).id}, own.toml"


def test_check_says_what_a_file_is_or_what_is_wrong_with_it(own: Path) -> None:
    assert done("codebook", "check", own).out == f"own.toml: codebook own, {load_codebook(own).id}, 14 categories\n"
    lines = own.read_text(encoding="utf-8").splitlines()
    line = lines.index('key = "f"')
    lines[line] = 'key = "r"'
    own.write_text("\n".join(lines), encoding="utf-8")
    ran = turnpoint("codebook", "check", own)
    assert ran.code == 2
    assert ran.refusal.startswith(f"own.toml:{line + 1}: the key 'r' of request_parsing is that of the command res")
    Path("turnpoint.toml").write_text('[keys]\nresample = "E"\n', encoding="utf-8")
    assert done("codebook", "check", own, "--json").json["version"] == "own"


def test_options_of_showing_do_not_stand_before_a_command(own: Path) -> None:
    assert turnpoint("codebook", "--json", "check", own).refusal.startswith("--write and --json come alone, or after")


def test_labels_are_mapped_only_where_all_is_said(own: Path, labelled: Store) -> None:
    as_ana = ("--annotator", "ana", "--codebook", own, "codebook", "map")
    old = load_codebook()
    assert turnpoint(*as_ana, "2").refusal.startswith("nothing says which category becomes which; add --pairs")
    missing = turnpoint(*as_ana, "2", "--same-names").refusal
    assert missing.startswith(f"nothing is said of these categories of {old.title}: planning (2); map them")
    assert turnpoint(*as_ana, "2", "--same-names", "--dry-run").refusal == missing
    wrong = turnpoint(*as_ana, "2", "--pairs", "planing=strategy").refusal
    assert wrong == f"{old.title} has no category 'planing'; did you mean planning?"
    assert turnpoint(*as_ana, "7", "--same-names").refusal.startswith("the database knows no codebook '7'; known are")
    both = turnpoint(*as_ana, "2", "--pairs", "a=b", "--map", "m.csv").refusal
    assert both == "--pairs and --map say the same thing; leave one out."
    assert load_labels(labelled.read, "one", "ana") == {0: "planning", 1: "decision_refuse", 2: "planning"}


def test_mapping_counts_what_it_writes_and_a_second_one_finds_nothing(own: Path, labelled: Store) -> None:
    call = ("--annotator", "ana", "codebook", "map", load_codebook().id[:6], "--to", own, "--same-names")
    pairs = ("--pairs", "planning=strategy")
    new = load_codebook(own)
    expected = {
        "from": load_codebook().id,
        "to": new.id,
        "n": 3,
        "n_kept": 0,
        "mapped": [
            {"annotator": "ana", "before": "planning", "after": "strategy", "n": 2, "n_verified": 2},
            {"annotator": "ana", "before": "decision_refuse", "after": "decision_refuse", "n": 1, "n_verified": 0},
        ],
    }
    assert done(*call, *pairs, "--dry-run", "--json").json == expected | {"dry_run": True}
    assert done(*call, *pairs, "--json").json == expected | {"dry_run": False}
    assert load_labels(labelled.read, "one", "ana") == {0: "strategy", 1: "decision_refuse", 2: "strategy"}
    assert load_labels(labelled.read, "one", "ben") == {0: "monitoring"}
    assert done(*call, *pairs).out == f"nothing to map from {load_codebook().title} to {new.title}\n"
    listed = done("codebook", "list", "--json").json
    assert [(row["version"], row["labels"]) for row in listed] == [("2", {"ben": 1}), ("own", {"ana": 3})]
    labelled.write(lambda db: undo(db, "ana")).result()
    assert load_labels(labelled.read, "one", "ana") == {0: "planning", 1: "decision_refuse", 2: "planning"}


def test_pairs_may_come_from_a_file_and_labels_may_stay_or_go(own: Path, labelled: Store) -> None:
    Path("pairs.csv").write_text("old,new\nplanning,\n", encoding="utf-8")
    ran = done("codebook", "map", "2", "--to", own, "--map", "pairs.csv", "--keep", "--all-annotators")
    assert ran.out.splitlines() == [
        "annotator  category  becomes     labels  verified",
        "ana        planning  (no label)       2         0",
        f"2 labels mapped from {load_codebook().title} to {load_codebook(own).title}; 2 labels left under the old one",
    ]
    assert load_labels(labelled.read, "one", "ana") == {1: "decision_refuse"}


def test_a_database_without_labels_knows_no_codebook() -> None:
    Store.open("turnpoint.db").close()
    assert done("codebook", "list").out == "no labels yet.\n"
    refused = turnpoint("codebook", "map", "2", "--same-names").refusal
    assert refused == "the database knows no codebook '2'; no label was ever given in it."
