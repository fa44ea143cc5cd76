"""Printing how judges do against people's verdicts on stored rollouts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ExportError, NotFoundError
from tui.cli.options import Options
from tui.cli.output import interval, interval_json, number, print_json, print_table, say
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from core.analysis.agreement.measures import Measured
    from core.analysis.verdict_validation import AnnotatorPair, VerdictValidation


@dataclass(frozen=True)
class AskedOfPeople:
    """What the command was asked for."""

    behavior: str
    judge: str | None
    annotators: tuple[str, ...]
    trace_ids: tuple[str, ...]
    any_order: bool
    table: Path | None


def report_verdicts(options: Options, asked: AskedOfPeople, *, as_json: bool) -> None:
    """Hold the judges of a behavior against what people say of the same rollouts."""
    from core.analysis.verdict_validation import alpha_of_people, pair_annotators, validate_judges
    from core.store.judges import choose_judge, judges_in_use
    from core.store.traces import check_known
    from core.store.verdicts import standing_verdicts

    if asked.table is not None and asked.table.exists():
        raise ExportError(f"{asked.table} is there already; name another file.")
    traces = asked.trace_ids or None
    with options.open_store() as store:
        check_known(store.read, asked.trace_ids)
        judges = judges_in_use(store.read, asked.behavior)
        if asked.judge is not None or not judges:
            judges = [choose_judge(judges, asked.behavior, asked.judge)]
        said = standing_verdicts(store.read, asked.behavior, traces)
        annotators = _annotators(asked, sorted({one.annotator for one in said}))
        found = validate_judges(store.read, judges, annotators, traces, any_order=asked.any_order)
    pairs = pair_annotators(said, annotators)
    alpha = alpha_of_people(said, annotators)
    if as_json:
        people = {"pairs": _pairs(pairs), "alpha": _alpha(alpha)}
        print_json({"behavior": asked.behavior, "validations": [_entry(one) for one in found], **people})
    else:
        for one in found:
            _print(one)
        _print_pairs(pairs, alpha)
    if asked.table is not None:
        _write(asked.table, found)


def _annotators(asked: AskedOfPeople, there: list[str]) -> list[str]:
    if not there:
        raise NotFoundError(
            f"nobody has judged {asked.behavior} on these rollouts; `turnpoint judge label` puts some before you."
        )
    for name in asked.annotators:
        if name not in there:
            raise NotFoundError(f"{name!r} has judged {asked.behavior} on none of them; there is: {', '.join(there)}.")
    return list(dict.fromkeys(asked.annotators)) or there


def _print(found: VerdictValidation) -> None:
    counts, judge = found.counts, found.judge
    model = f" at {judge.model}" if judge.model else ""
    say(f"{judge.behavior}: {judge.name} {judge.id}{model} against {found.annotator}")
    print_table(
        [found.annotator, "judged yes", "judged no", "undecided"],
        [
            ["yes", str(counts.true_yes), str(counts.false_no), str(counts.undecided_yes)],
            ["no", str(counts.false_yes), str(counts.true_no), str(counts.undecided_no)],
        ],
        right=(1, 2, 3),
    )
    say("")
    rows = [
        [name, number(one.value), interval(one.interval, signed=name == "kappa"), str(found.n_behind(name))]
        for name, one in found.measures.items()
    ]
    print_table(["measure", "value", "95%", "verdicts"], rows, right=(1, 2, 3))
    for sentence in _remarks(found):
        say(sentence)
    say("")


def _remarks(found: VerdictValidation) -> list[str]:
    """What a reader of the numbers should know of the verdicts behind them."""
    reached = found.n_decided - found.n_unreached
    said = [
        f"these are about the {how_many(reached, 'rollout')} that the judge decided: verdicts are weighted by how many"
        " of its yes and of its no they stand for"
    ]
    if found.n_unreached:
        said.append(f"{how_many(found.n_unreached, 'rollout')} more are like none that was judged, and left out")
    if found.counts.n:
        said.append(f"{found.n_blind} of {how_many(found.counts.n, 'verdict')} given blind")
    if found.n_chosen:
        said.append(
            f"{how_many(found.n_chosen, 'verdict')} on rollouts that were not drawn at random are in none of these"
            " numbers; --any-order counts them as if they were"
        )
    if found.n_unasked:
        said.append(f"{how_many(found.n_unasked, 'verdict')} on rollouts that this judge was not asked about left out")
    if found.n_skipped:
        said.append(f"{found.n_skipped} skipped")
    return said


def _print_pairs(pairs: list[AnnotatorPair], alpha: Measured | None) -> None:
    if not pairs:
        return
    rows = [
        [
            pair.first,
            pair.second,
            f"{pair.agree.k}/{pair.agree.n}",
            number(pair.kappa.value),
            interval(pair.kappa.interval, signed=True),
        ]
        for pair in pairs
    ]
    print_table(["annotator", "and", "agree", "kappa", "95%"], rows, right=(2, 3, 4))
    if alpha is not None:
        about = f"{how_many(alpha.n_units, 'rollout')} of {how_many(alpha.n_traces, 'trace')} that two or more judged"
        value = number(alpha.value) or "undefined"
        bounds = f" {interval(alpha.interval, signed=True)} over traces" if alpha.interval else ""
        say(f"Krippendorff's alpha of all: {value}{bounds}, {about}")


def _entry(found: VerdictValidation) -> dict[str, Any]:
    counts = {name: value for name, value in asdict(found.counts).items() if name != "auroc"}
    numbers = {name: value for name, value in asdict(found).items() if name.startswith("n_")}
    return {
        "judge": asdict(found.judge),
        "annotator": found.annotator,
        **counts,
        **numbers,
        "measures": {
            name: {"value": one.value, "interval": interval_json(one.interval)} for name, one in found.measures.items()
        },
    }


def _pairs(pairs: list[AnnotatorPair]) -> list[dict[str, Any]]:
    return [
        {
            **asdict(pair),
            "agree": pair.agree.k,
            "n": pair.agree.n,
            "kappa": pair.kappa.value,
            "interval": interval_json(pair.kappa.interval),
        }
        for pair in pairs
    ]


def _alpha(alpha: Measured | None) -> dict[str, Any] | None:
    if alpha is None:
        return None
    counts = {"n_rollouts": alpha.n_units, "n_traces": alpha.n_traces, "n_agree": alpha.n_agree}
    return {"value": alpha.value, "interval": interval_json(alpha.interval), **counts}


def _write(path: Path, found: list[VerdictValidation]) -> None:
    from core.export.csv_file import write_csv
    from core.export.validation_table import VERDICT_COLUMNS, verdict_validation_rows

    try:
        write_csv(path, tuple(VERDICT_COLUMNS), (row for one in found for row in verdict_validation_rows(one)))
    except OSError as error:
        raise ExportError(f"{path} cannot be written ({error.strerror}); choose another place.") from error
