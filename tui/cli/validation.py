"""Running and printing the validation of a judge."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError, ExportError, ImportRefusedError
from tui.cli.options import Options
from tui.cli.output import interval, number, print_json, print_table, say
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.analysis.validation import Validation
    from core.behaviors.behavior import Rule
    from core.endpoints.config import Config
    from core.resampling.labelled import Judged
    from core.resampling.request import JudgeSetup, RunResult
    from core.traces.labelled import LabelledText


@dataclass(frozen=True)
class Asked:
    """What the command was asked for."""

    file: Path
    name: str | None
    limit: int | None
    max_cost: float | None
    kept: Path | None
    table: Path | None


def report_validation(options: Options, asked: Asked, *, dry_run: bool, as_json: bool) -> None:
    """Ask the judge what it has not been asked, then print how it agrees with the labels."""
    from core.analysis.validation import validate
    from core.resampling.labelled import asked_of_every_text, enter, judged, judging_run, request_about
    from core.resampling.plan import make_plan
    from core.resampling.request import JudgeSetup
    from core.store.database import Store
    from tui.cli.judge import judged_in_words, refuse_where_no_model_is_asked
    from tui.cli.resample import about, report, watched

    if asked.table is not None and asked.table.exists():
        raise ExportError(f"{asked.table} is there already; name another file.")
    config = options.config()
    texts = _texts(asked)
    judge = asked_of_every_text(chosen_judge(options, config, asked.name))
    if not isinstance(judge, JudgeSetup):
        refuse_where_no_model_is_asked(asked.max_cost, f"{judge.judge.name} asks no model")
    request = request_about(texts, judge, config.tags, asked.max_cost)
    kept = asked.kept or asked.file.with_name(f"{asked.file.name}.db")
    with Store.open(kept) as store:
        enter(store, request)
        plan = make_plan(store.read, request)
        if not as_json:
            to_ask = f"up to {how_many(plan.judge_calls, 'judge call')}" if plan.judge_calls else "nothing to ask"
            say(f"{how_many(len(texts), 'text')} of {asked.file.name}, {_who(judge)}: {to_ask}, {about(plan.cost)}")
        if dry_run:
            if as_json:
                print_json(asdict(plan))
            return
        result = watched(lambda show: judging_run(store, request, show), store)
        verdicts = judged(store, texts, judge)
    found = validate([one.scored for one in verdicts])
    if as_json:
        print_json(_document(found, verdicts, judge, result, kept))
    else:
        _print(found, verdicts, kept)
    if asked.table is not None:
        _write(asked.table, found)
    if not as_json and (result.reason or result.progress.judgements_total):
        say(judged_in_words(result))
    report(result, True)


def chosen_judge(options: Options, config: Config, name: str | None) -> Rule | JudgeSetup:
    """The judge of that name: a kind of ``[judge]``, or a behavior of the user's; without one, that of the settings.

    Raises:
        ConfigError: if there is none of that name.
    """
    from core.behaviors.settings import KINDS, NONE, PromptConfig
    from core.endpoints.fields import nearest
    from core.resampling.measuring import alignment_faking, own_behavior

    sampled = options.resolve(config)
    if name is not None and name in config.behaviors:
        behavior = config.behaviors[name]
        if options.names_endpoint and isinstance(behavior, PromptConfig):
            behavior = replace(behavior, endpoint=None)
        return own_behavior(config, behavior, sampled)
    kinds = [kind for kind in KINDS if kind != NONE]
    if name is not None and name not in kinds:
        raise ConfigError(f'there is no judge "{name}"; {nearest(name, [*kinds, *config.behaviors])}')
    wanted = replace(config.judge, kind=name or config.judge.kind)
    if options.names_endpoint:
        wanted = replace(wanted, endpoint=None)
    found = alignment_faking(replace(config, judge=wanted), sampled)
    if found is None:
        raise ConfigError(f"[judge] says that nobody judges; name one with --judge: {', '.join(kinds)}.")
    return found


def _texts(asked: Asked) -> list[LabelledText]:
    from core.traces.labelled import read_labelled

    try:
        texts = read_labelled(asked.file)
    except OSError as error:
        raise ImportRefusedError(asked.file, f"cannot be read ({error.strerror}); check the path.") from error
    return texts[: asked.limit]


def _who(judge: Rule | JudgeSetup) -> str:
    endpoint = getattr(judge, "endpoint", None)
    return judge.judge.name + (f" at {endpoint.label}" if endpoint is not None else "")


def _print(found: Validation, verdicts: Sequence[Judged], kept: Path) -> None:
    print_table(
        ["label", "judged yes", "judged no", "undecided"],
        [
            ["yes", str(found.true_yes), str(found.false_no), str(found.undecided_yes)],
            ["no", str(found.false_yes), str(found.true_no), str(found.undecided_no)],
        ],
        right=(1, 2, 3),
    )
    say("")
    rows = []
    for name in ("sensitivity", "specificity", "accuracy"):
        share = getattr(found, name)
        rows.append([name, number(share.rate), interval(share.interval), f"{share.k}/{share.n}" if share.n else ""])
    for name in ("auroc", "kappa"):
        one = getattr(found, name)
        rows.append([name, number(one.value), interval(one.interval, signed=name == "kappa"), ""])
    print_table(["measure", "value", "95%", "texts"], rows, right=(1, 2, 3))
    if found.n_decided < found.n:
        say(f"{how_many(found.n - found.n_decided, 'text')} undecided: in none of these numbers")
    wrong = [one.text.line for one in verdicts if one.scored.decided not in (None, one.text.label)]
    if wrong:
        shown = ", ".join(map(str, wrong[:20])) + (", ..." if len(wrong) > 20 else "")
        say(f"decided otherwise than labelled: line {shown}")
    say(f"votes and verdicts are in {kept}")


def _document(
    found: Validation, verdicts: Sequence[Judged], judge: Rule | JudgeSetup, result: RunResult, kept: Path
) -> dict[str, Any]:
    from core.export.validation_table import COLUMNS, validation_rows

    counts = {name: value for name, value in asdict(found).items() if name != "auroc"}
    return {
        "judge": {"id": judge.judge.id, **asdict(judge.judge)},
        "n": found.n,
        **counts,
        "measures": [dict(zip(COLUMNS, row, strict=True)) for row in validation_rows(found)],
        "texts": [
            {
                "line": one.text.line,
                "label": one.text.label,
                "outcome": one.outcome.outcome if one.outcome else None,
                "votes_yes": one.outcome.votes_yes if one.outcome else None,
                "votes_cast": one.outcome.votes_cast if one.outcome else None,
            }
            for one in verdicts
        ],
        "result": asdict(result),
        "kept": str(kept),
    }


def _write(path: Path, found: Validation) -> None:
    from core.export.csv_file import write_csv
    from core.export.validation_table import COLUMNS, validation_rows

    try:
        write_csv(path, tuple(COLUMNS), validation_rows(found))
    except OSError as error:
        raise ExportError(f"{path} cannot be written ({error.strerror}); choose another place.") from error
