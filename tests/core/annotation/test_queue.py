"""A queue: it never gives a sentence twice, leaves none out, and says why it ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.annotation.order import ORDERS
from core.annotation.place import Place
from core.annotation.queue import Queue, QueueProgress, QueueSpec
from core.annotation.stopping import ALL, Labels, PerCategory, StopRule

UNIT = st.builds(Place, st.sampled_from(["a", "b"]), st.integers(0, 9))
ITEMS = st.lists(UNIT, unique=True, max_size=12)
CATEGORY = st.sampled_from(["x", "y", None])
DECISIONS = st.dictionaries(UNIT, CATEGORY)
ITEM = [Place("a", 0), Place("b", 5), Place("a", 3)]


def queue_of(items: list[Place], until: StopRule = ALL) -> Queue:
    return Queue(1, "ana", QueueSpec("importance", ("a", "b"), until), tuple(items), "2026-01-31T12:00:00.000Z")


def progress(items: list[Place], decisions: dict[Place, str | None], until: StopRule = ALL) -> QueueProgress:
    return QueueProgress(queue_of(items, until), decisions, ("x", "y"))


@given(ITEMS, DECISIONS, UNIT, st.sampled_from([1, -1]))
def test_what_is_decided_is_never_given(
    items: list[Place], decisions: dict[Place, str | None], here: Place, step: int
) -> None:
    found = progress(items, decisions).next_open(here, step)
    others = [unit for unit in items if unit not in decisions and unit != here]
    assert (found in others) if others else (found is None)


@given(ITEMS, st.data())
def test_going_on_decides_every_sentence_once(items: list[Place], data: st.DataObject) -> None:
    decisions: dict[Place, str | None] = {}
    work, visited = progress(items, decisions), list[Place]()
    unit = work.next_open()
    while unit is not None:
        visited.append(unit)
        decisions[unit] = data.draw(CATEGORY)
        work = progress(items, decisions)
        unit = work.next_open(unit)
    assert visited == items
    assert work.n_decided == work.n == len(items)
    assert work.ending == "no sentence is left"


@given(ITEMS, DECISIONS, st.integers(1, 4))
def test_it_ends_when_enough_is_given_or_nothing_is_left(
    items: list[Place], decisions: dict[Place, str | None], n: int
) -> None:
    given_here = [decisions[unit] for unit in items if decisions.get(unit) is not None]
    is_done = all(unit in decisions for unit in items)
    assert bool(progress(items, decisions, Labels(n)).ending) == (len(given_here) >= n or is_done)
    enough = min(given_here.count("x"), given_here.count("y")) >= n
    assert bool(progress(items, decisions, PerCategory(n)).ending) == (enough or is_done)


@given(ITEMS, DECISIONS, UNIT, st.one_of(st.none(), UNIT), st.sampled_from([1, -1]))
def test_it_leads_to_something_open_and_never_nowhere(
    items: list[Place], decisions: dict[Place, str | None], here: Place, given_last: Place | None, step: int
) -> None:
    found = progress(items, decisions).following(here, given_last, step)
    others = [unit for unit in items if unit not in decisions and unit != here]
    assert (found in others) if others else (found is None)


def test_whoever_wandered_off_is_led_back() -> None:
    work = progress(ITEM, {})
    assert work.following(ITEM[2], ITEM[1]) == ITEM[1]
    assert work.following(Place("z", 0), ITEM[1], -1) == ITEM[1]
    assert work.following(ITEM[1], ITEM[1]) == ITEM[2]
    assert progress(ITEM, {ITEM[1]: "x"}).following(ITEM[0], ITEM[1]) == ITEM[2]
    assert work.following(ITEM[2], None) == ITEM[0]
    assert work.following(ITEM[0], None) == ITEM[1]


def test_from_a_place_it_goes_forth_and_back_and_round() -> None:
    work = progress(ITEM, {})
    assert work.next_open(ITEM[0]) == ITEM[1]
    assert work.next_open(ITEM[2]) == ITEM[0]
    assert work.next_open(ITEM[0], -1) == ITEM[2]
    assert work.next_open(Place("b", 0)) == work.next_open() == ITEM[0]
    assert progress(ITEM[:1], {}).next_open(ITEM[0]) is None


def test_it_says_which_categories_fell_short() -> None:
    decisions = {ITEM[0]: "x", ITEM[1]: None, ITEM[2]: "x"}
    assert progress(ITEM, decisions, PerCategory(2)).ending == "no sentence is left; short of 2 per category: y 0"
    assert progress(ITEM, {**decisions, ITEM[1]: "y"}, PerCategory(1)).ending == "1 per category reached"
    assert progress(ITEM, {ITEM[0]: "x"}, Labels(1)).ending == "1 label reached"


def test_labels_off_the_queue_and_of_other_codebooks_do_not_hold_it_up() -> None:
    decisions: dict[Place, str | None] = {ITEM[0]: "x", ITEM[1]: "y", Place("z", 1): "x", ITEM[2]: "gone"}
    work = progress(ITEM, decisions, PerCategory(1))
    assert work.tally.by_category == {"x": 1, "y": 1}
    assert work.tally.n_labelled == 3
    assert work.ending == "1 per category reached"


@given(st.sampled_from(ORDERS), st.lists(st.text(max_size=5), unique=True), st.integers(0, 10**12), st.booleans())
def test_a_spec_is_read_back_as_it_was_stored(order: str, traces: list[str], seed: int, is_fresh: bool) -> None:
    for until in (ALL, Labels(7), PerCategory(20)):
        spec = QueueSpec(order, tuple(traces), until, seed if order == "random" else 0, is_fresh, "resampling")
        assert QueueSpec.from_json(spec.canonical) == spec


def test_a_random_order_is_named_with_its_seed() -> None:
    assert QueueSpec("random", (), seed=7).name == "random 7"
    assert QueueSpec("importance", (), seed=7).name == "importance"
