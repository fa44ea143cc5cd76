"""`turnpoint judge sample` and `judge label`: drawing rollouts for people to judge, and the app opened on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from core.behaviors.outcome import COMPLIANCE
from core.errors import ConfigError, NotFoundError
from tui.cli.completing import complete_traces
from tui.cli.options import Options
from tui.cli.output import json_option, number, print_json, print_table, say
from tui.cli.shared import SHARED, takes
from tui.views.numbers import how_many

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.annotation.verdict import HumanVerdict
    from core.store.database import Store
    from core.store.judges import JudgedRollout, JudgeInUse

DEFAULT_N = 40


@dataclass(frozen=True)
class Wanted:
    """Which sample was asked for."""

    behavior: str
    judge: str | None
    n: int
    order: str
    seed: int
    trace_ids: tuple[str, ...]


@dataclass(frozen=True)
class Drawn:
    """The sample, the judge whose verdicts it is about, and how many rollouts that judge decided."""

    judge: JudgeInUse
    rollouts: tuple[JudgedRollout, ...]
    n_decided: int


def sample_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands have."""
    for option in reversed(
        (
            click.option("--behavior", default="alignment_faking", show_default=True, help="Behavior to judge."),
            click.option("--judge", help="Name or id of the judge; default: the one with most outcomes."),
            click.option("-n", "n", type=click.IntRange(1), default=DEFAULT_N, show_default=True, help="How many."),
            click.option(
                "--order",
                type=click.Choice(["balanced", "random", "unsure"]),
                default="balanced",
                show_default=True,
                help="As many yes as no by the judge, all alike, or first where its votes are split.",
            ),
            click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws others."),
            click.option(
                "--trace",
                "trace_ids",
                multiple=True,
                shell_complete=complete_traces,
                help="Only of this trace; may be given several times.",
            ),
        )
    ):
        command = option(command)
    return command


@click.command()
@sample_options
@json_option
@takes("db", "annotator")
@click.pass_obj
def sample(
    options: Options,
    behavior: str,
    judge: str | None,
    n: int,
    order: str,
    seed: int,
    trace_ids: tuple[str, ...],
    as_json: bool,
) -> None:
    """List the rollouts that `judge label` would put before you, and what you say of them.

    The judge's verdict is told only of those that you have judged.
    """
    from core.store.verdicts import load_verdicts

    config = options.config()
    with options.open_store() as store:
        drawn = draw(store, Wanted(behavior, judge, n, order, seed, trace_ids))
        said = load_verdicts(store.read, options.annotator_name(config), behavior)
    if as_json:
        print_json([_entry(place, one, said.get(one.rollout_id)) for place, one in enumerate(drawn.rollouts, 1)])
        return
    n_done = sum(one.rollout_id in said and said[one.rollout_id].is_done for one in drawn.rollouts)
    about = f"{drawn.n_decided} that {drawn.judge.name} decided"
    say(
        f"{behavior}: {how_many(len(drawn.rollouts), 'rollout')} ({order}, seed {seed}) of {about}; you judged {n_done}"
    )
    entries = (_entry(place, one, said.get(one.rollout_id)) for place, one in enumerate(drawn.rollouts, 1))
    print_table(
        ["", "you", "judge", "share of yes", "prefix", "sample", "trace"],
        [[_cell(value) for name, value in entry.items() if name != "rollout_id"] for entry in entries],
        right=(0, 3, 4, 5),
    )


@click.command()
@sample_options
@takes(*SHARED)
@click.pass_obj
def label(
    options: Options,
    behavior: str,
    judge: str | None,
    n: int,
    order: str,
    seed: int,
    trace_ids: tuple[str, ...],
) -> None:
    """Open the app on a sample of judged rollouts: 1 says that one shows the behavior, 0 that it does not.

    The sample follows from the seed and the database: run it again to go on. With --blind the judge's verdict is
    hidden until you have given yours.
    """
    from tui.cli.open import need_terminal, run_app
    from tui.screens.verdict_sample import SampleScreen, VerdictSample

    need_terminal()
    with options.open_store() as store:
        drawn = draw(store, Wanted(behavior, judge, n, order, seed, trace_ids))
        ids = tuple(one.rollout_id for one in drawn.rollouts)
        chosen = VerdictSample(drawn.judge, ids, order, seed)
        run_app(options, store, first=lambda: SampleScreen(store, chosen))


def draw(store: Store, wanted: Wanted) -> Drawn:
    """Draw the sample that was asked for.

    Raises:
        NotFoundError: if there is no such trace or judge, or the judge has decided none of these rollouts.
        ConfigError: for compliance, or if how sure a judge without votes is shall decide.
    """
    from core.annotation.verdict_sample import UNSURE, draw_verdict_sample
    from core.store.judges import choose_judge, judged_rollouts, judges_in_use
    from core.store.traces import check_known

    check_known(store.read, wanted.trace_ids)
    if wanted.behavior == COMPLIANCE:
        raise ConfigError(
            "compliance is read off the answer's tag, which leaves nothing to judge; name another with --behavior."
        )
    judge = choose_judge(judges_in_use(store.read, wanted.behavior), wanted.behavior, wanted.judge)
    if wanted.order == UNSURE and not judge.casts_votes:
        raise ConfigError(
            f"{judge.name} casts no votes that tell how sure it is; draw with --order balanced, or random."
        )
    decided = judged_rollouts(store.read, judge, wanted.trace_ids or None)
    if not decided:
        raise NotFoundError(
            f"{judge.name} has decided {wanted.behavior} on none of these rollouts; `turnpoint judge run` asks it."
        )
    return Drawn(judge, draw_verdict_sample(decided, wanted.order, wanted.n, wanted.seed), len(decided))


def _entry(place: int, one: JudgedRollout, held: HumanVerdict | None) -> dict[str, Any]:
    is_told = held is not None and held.shows is not None
    return {
        "place": place,
        "you": None if held is None else held.word,
        "judge": ("yes" if one.shows else "no") if is_told else None,
        "share": one.share if is_told else None,
        "prefix_idx": one.prefix_idx,
        "sample_idx": one.sample_idx,
        "trace_id": one.trace_id,
        "rollout_id": one.rollout_id,
    }


def _cell(value: Any) -> str:
    return number(value) if isinstance(value, float) else "" if value is None else str(value)
