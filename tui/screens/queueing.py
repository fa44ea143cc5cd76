"""Reading what is typed into the bar of a queue, and saying what it would hold."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection

from core.annotation.order import DEFAULT_SEED, IMPORTANCE, ORDERS, RANDOM, check_order
from core.annotation.queue import QueueProgress, QueueSpec
from core.annotation.stopping import ALL, StopRule, parse_stop
from core.errors import ConfigError, TurnpointError
from core.store.queues import count_sentences, load_decisions
from core.store.traces import known_ids, list_traces
from tui.views.numbers import how_many

DEFAULT = f"{IMPORTANCE} this"
OFF = "off"
USAGE = "`random seed 7 all until 20 per category unlabelled`, for one"
_UNTIL = re.compile(r"until +(all|[0-9]+ +labels?|[0-9]+ +per +category)(?= |$)")
_SEED = re.compile(r"seed +([0-9]{1,18})(?= |$)")


def read_queue(connection: sqlite3.Connection, this: str, text: str) -> QueueSpec:
    """Read an order, and after it ``seed 7``, ``this``, ``all`` or ids of traces, ``until ...`` and ``unlabelled``.

    Raises:
        ConfigError: if the text is something else, or names a trace that is not there.
    """
    text, until = _until(text)
    seed = _SEED.search(text)
    order, *words = _SEED.sub("", text).split() or [""]
    check_order(order)
    if seed is not None and order != RANDOM:
        raise ConfigError(f"a seed belongs to the order {RANDOM}, not to {order}; leave it out.")
    known, chosen, is_fresh = known_ids(connection), list[str](), False
    for word in words:
        if word == "unlabelled":
            is_fresh = True
        elif word == "all":
            chosen += [summary.id for summary in list_traces(connection) if summary.n_sentences]
        elif word == "this":
            chosen.append(this)
        elif word in known:
            chosen.append(word)
        else:
            raise ConfigError(f"{word[:40]!r} is neither a trace nor a word of a queue: type {USAGE}.")
    traces = tuple(dict.fromkeys(chosen or [this]))
    return QueueSpec(order, traces, until, DEFAULT_SEED if seed is None else int(seed[1]), is_fresh)


def _until(text: str) -> tuple[str, StopRule]:
    """The text without its place to stop, and that place."""
    found = _UNTIL.search(text)
    if found is not None:
        return _UNTIL.sub("", text, count=1), parse_stop(found[1])
    if "until" in text.split():
        raise ConfigError("until all, until 100 labels, or until 20 per category: type one of these.")
    return text, ALL


def typed(connection: sqlite3.Connection, spec: QueueSpec, this: str) -> str:
    """A queue as it would be typed."""
    if spec.trace_ids == (this,):
        where = "this"
    elif set(spec.trace_ids) >= {summary.id for summary in list_traces(connection) if summary.n_sentences}:
        where = "all"
    else:
        where = " ".join(spec.trace_ids)
    seed = f"{RANDOM} seed {spec.seed}" if spec.order == RANDOM else spec.order
    until = "" if spec.until is ALL else f"until {spec.until.name}"
    return " ".join(filter(None, (seed, where, until, "unlabelled" if spec.is_fresh else "")))


def queue_note(connection: sqlite3.Connection, annotator: str, this: str, text: str) -> str:
    """How many sentences the queue would hold, or what is wrong with the answer."""
    if text.strip() == OFF:
        return "ends the queue"
    if not text.strip() or text.strip() in _unfinished():
        return f"{', '.join(ORDERS)}; {OFF} ends"
    try:
        spec = read_queue(connection, this, text)
        counts = count_sentences(connection, spec.trace_ids)
    except TurnpointError as error:
        return str(error)
    except sqlite3.Error as error:
        return f"the database cannot be read now ({error})."
    done = len(load_decisions(connection, annotator, counts))
    n = sum(counts.values())
    left_out = f", {done} left out" if spec.is_fresh else f", {done} decided"
    return how_many(n - done if spec.is_fresh else n, "sentence") + (left_out if done else "")


def _unfinished() -> Collection[str]:
    """The beginnings of the words that come first, as long as they are typed."""
    return {word[:n] for word in (*ORDERS, OFF) for n in range(1, len(word))}


def begun(work: QueueProgress) -> str:
    """What a queue holds, in one sentence."""
    spec = work.queue.spec
    rests = f" ({spec.ranked_by})" if spec.ranked_by else ""
    until = f", until {spec.until.name}" if spec.until is not ALL else ""
    traces = how_many(len(spec.trace_ids), "trace")
    done = f", {work.n_decided} decided already" if work.n_decided else ""
    return f"queue by {spec.name}{rests}: {how_many(work.n, 'sentence')} of {traces}{done}{until}."
