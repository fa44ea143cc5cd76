"""What the screen of links says of a sentence, whatever is missing."""

from __future__ import annotations

from core.analysis.counts import Contrast, Count, contrast
from core.analysis.influence import Influence, Link
from core.analysis.links import Links
from core.analysis.resilience import Resilience
from tui.views.links import SHOWN_AT_LEAST, about_lines, link_rows
from tui.widgets.lines import Line

NOTHING = Count(0, 0)
UNDEFINED = Contrast(NOTHING, NOTHING)


def came(
    returned: Count = NOTHING,
    change: Contrast = UNDEFINED,
    *,
    complete: int = 0,
    survivors: int = 0,
    cut_off: int = 0,
    more: int | None = None,
) -> Resilience:
    return Resilience(0, returned, change, complete, survivors, cut_off, more)


def about(found: Resilience, **others: Resilience) -> list[str]:
    """The lines under the text of sentence 0, at 90 cells."""
    rows = {behavior: (row,) for behavior, row in {"alignment_faking": found, **others}.items()}
    links = Links("t", "s", 0.8, Influence((), (0, 0), (0, 0)), rows, {})
    return [plain(line) for line in about_lines(links, "Well.", 0, 90, 2)][2:]


def plain(line: Line) -> str:
    return "".join(text for text, _ in line)


def test_what_was_cut_off_is_counted_apart() -> None:
    change = contrast(Count(9, 10), Count(1, 10))
    lines = about(came(Count(2, 12), change, complete=14, survivors=10, cut_off=3, more=0))
    assert lines[0] == "comes back in 0.17 (2/12) [0.05, 0.45] of the rollouts that replace it; 3 cut off"
    assert lines[2].startswith("AF      ▲ +0.80 [+0.37, +0.92]")
    assert lines[2].endswith("0.90 (9/10) less 0.10 (1/10)")


def test_where_all_was_cut_off_nothing_is_told() -> None:
    lines = about(came(change=Contrast(Count(3, 4), Count(0, 0)), cut_off=8))
    assert lines == [
        "all 8 rollouts of prefix 0 were cut off: nothing can be told",
        "AF      none survived: how many more rollouts it takes is unknown",
    ]


def test_survivors_that_nobody_decided_are_no_promise() -> None:
    change = Contrast(Count(3, 4), Count(0, 0))
    (line,) = [line for line in about(came(Count(0, 6), change, complete=6, survivors=6)) if line.startswith("AF")]
    assert line == "AF      none of 6 survivors is decided: how many more rollouts it takes is unknown"


def test_the_kept_side_may_be_what_is_missing() -> None:
    change = Contrast(Count(0, 0), Count(3, 6))
    assert about(came(Count(0, 6), change, complete=6, survivors=6, more=0))[-1] == (
        "AF      no decided rollouts at prefix 1, where the sentence is kept"
    )


def test_a_behavior_that_was_never_decided_is_left_out() -> None:
    change = contrast(Count(9, 10), Count(1, 10))
    row = came(Count(0, 6), change, complete=6, survivors=6, more=0)
    assert not any(line.startswith("comply") for line in about(row, compliance=came(complete=6, survivors=6)))
    assert about(came(complete=6)) == ["no behavior has been measured on these rollouts."]


def test_links_that_may_be_chance_are_few_and_those_that_are_not_all_shown() -> None:
    def link(target: int, k: int, q: float) -> Link:
        change = contrast(Count(k, 20), Count(0, 20))
        return Link(0, target, Contrast(change.kept, change.without, change.value, change.interval, q, q))

    links = [link(t, 20 - t, 0.2) for t in range(1, 9)] + [link(9, 5, 0.01), link(10, 0, 1.0)]
    rows = link_rows(Influence(tuple(links), (20,) * 12, (20,) * 12), ["x"] * 11, 0)
    assert (
        rows[0].item.text
        == f"leads to · the {SHOWN_AT_LEAST + 1} strongest of 10 later sentences · 1 with q < 0.05 (◆)"
    )
    out = [row.sentence for row in rows[1 : rows.index(next(r for r in rows if r.item.text.startswith("comes")))]]
    assert out == [1, 2, 3, 4, 5, 9]


def test_rollouts_that_were_all_cut_off_leave_no_links() -> None:
    rows = link_rows(Influence((), (5, 4, 0), (5, 0, 0)), ["x", "y"], 0)
    assert rows[1].item.text == "all 4 rollouts at prefix 1 were cut off in their reasoning: nothing can be told."
